/* The thread sleeps once. The monitor stops it to read its stack, and afterwards threads of higher
 * priority keep it off the CPU for long, until it sleeps again: one sleep, one finding.
 * REPORTS: T2 blocked for .* in clock_nanosleep .*\[blocking-call\]
 * REPORTS: T2 has held 'accounts' for .*\[long-hold\]
 * AFTER: released 'accounts' after
 * NOT: seen [0-9]+ times */
#include "long.h"

#include <sys/resource.h>

enum { HOGS = 3 };

static void *holder(void *none)
{
	setpriority(PRIO_PROCESS, (id_t)gettid(), 19);
	pthread_mutex_lock(&accounts);
	sleep_long();
	pthread_mutex_unlock(&accounts);
	return none;
}

static void *hog(void *none)
{
	while (!go)
		;
	return none;
}

/* Restricts all threads of this process to one CPU; the front end may use any. */
static void share_a_cpu(void)
{
	cpu_set_t may, one;

	sched_getaffinity(0, sizeof(may), &may);
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &may)) {
			CPU_ZERO(&one);
			CPU_SET(i, &one);
		}
	sched_setaffinity(0, sizeof(one), &one);
}

int main(void)
{
	pthread_t a, hogs[HOGS];

	let_wake();
	share_a_cpu();
	a = in_thread(holder);
	for (int i = 0; i < HOGS; i++)
		hogs[i] = in_thread(hog);
	until_go();
	wake_and_join(a);
	for (int i = 0; i < HOGS; i++)
		pthread_join(hogs[i], NULL);
}
