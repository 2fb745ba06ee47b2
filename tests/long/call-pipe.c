/* Reads from a pipe with the lock held.
 * REPORTS: T2 blocked for .* in read \(a pipe\) while it held 'accounts' \[blocking-call\]
 * REPORTS: fetch
 * AFTER: blocked in read \(a pipe\) */
#include "long.h"

static int ends[2];

NOINLINE static void fetch(void)
{
	char c;
	if (read(ends[0], &c, 1) != 1)
		exit(3);
}

static void *holder(void *none)
{
	pthread_mutex_lock(&accounts);
	fetch();
	pthread_mutex_unlock(&accounts);
	return none;
}

int main(void)
{
	if (pipe(ends))
		return 1;
	pthread_t a = in_thread(holder);
	until_go();
	if (write(ends[1], "x", 1) != 1)
		return 1;
	pthread_join(a, NULL);
}
