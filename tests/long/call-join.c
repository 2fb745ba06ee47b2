/* Joins a thread that needs none of the held locks: no deadlock, but a blocking call.
 * REPORTS: in pthread_join, for the end of a thread while it held 'accounts' \[blocking-call\]
 * NOT: deadlock */
#include "long.h"

static void *other(void *none)
{
	while (!go)
		usleep(1000);
	return none;
}

static void *holder(void *none)
{
	pthread_t t = in_thread(other);
	pthread_mutex_lock(&accounts);
	pthread_join(t, NULL);
	pthread_mutex_unlock(&accounts);
	return none;
}

int main(void)
{
	pthread_t a = in_thread(holder);
	until_go();
	pthread_join(a, NULL);
}
