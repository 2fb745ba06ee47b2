/* Near miss: reads from a pipe after it has released the lock.
 * REPORTS: while it held 'canary_lock' \[blocking-call\]
 * NOT: a pipe
 * NOT: 'accounts' */
#include "long.h"

static int ends[2];

static void *reader(void *none)
{
	char c;
	pthread_mutex_lock(&accounts);
	pthread_mutex_unlock(&accounts);
	is_ready();
	if (read(ends[0], &c, 1) != 1)
		exit(3);
	return none;
}

int main(void)
{
	if (pipe(ends))
		return 1;
	pthread_t a = in_thread(reader);
	canary(1);
	if (write(ends[1], "x", 1) != 1)
		return 1;
	pthread_join(a, NULL);
}
