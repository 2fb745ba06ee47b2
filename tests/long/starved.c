/* Near miss: the holder is ready to run, but other threads have the CPU.
 * FLAGS: -v
 * REPORTS: held a lock for .*, but for .* of that the thread was ready to run and had no CPU: not reported as long
 * NOT: \[long-hold\] */
#include "long.h"

static void bind_to_first(void)
{
	cpu_set_t set, one;
	sched_getaffinity(0, sizeof(set), &set);
	CPU_ZERO(&one);
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &set)) {
			CPU_SET(i, &one);
			break;
		}
	sched_setaffinity(0, sizeof(one), &one);
}

static void *hog(void *none)
{
	bind_to_first();
	while (!go)
		is_ready();
	return none;
}

static void *holder(void *none)
{
	const struct sched_param idle = {0};
	bind_to_first();
	until_ready(100000);
	sched_setscheduler(0, SCHED_IDLE, &idle);
	pthread_mutex_lock(&accounts);
	while (!go)
		;
	pthread_mutex_unlock(&accounts);
	return none;
}

int main(void)
{
	pthread_t hogs[6];
	for (int i = 0; i < 6; i++)
		hogs[i] = in_thread(hog);
	pthread_t a = in_thread(holder);
	until_go();
	for (int i = 0; i < 6; i++)
		pthread_join(hogs[i], NULL);
	pthread_join(a, NULL);
}
