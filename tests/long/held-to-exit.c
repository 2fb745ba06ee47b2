/* Held until the process ends.
 * REPORTS: T2 has held 'accounts' for .*\[long-hold\]
 * LATER: long-hold [0-9a-f]+: still held after .*, when the process ended
 * AFTER: T2 held 'accounts' for .* and did not release it
 * NOT: released */
#include "long.h"

static void *holder(void *none)
{
	pthread_mutex_lock(&accounts);
	for (;;)
		pause();
	return none;
}

int main(void)
{
	in_thread(holder);
	until_go();
	_exit(0);
}
