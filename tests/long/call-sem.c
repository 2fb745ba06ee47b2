/* Waits for a post by another thread.
 * REPORTS: in sem_wait, for a post by another thread while it held 'accounts' \[blocking-call\] */
#include "long.h"

static sem_t news;

static void *holder(void *none)
{
	sem_wait(&news); /* another thread posted it: a signal from now on, no lock */
	pthread_mutex_lock(&accounts);
	sem_wait(&news);
	pthread_mutex_unlock(&accounts);
	return none;
}

int main(void)
{
	sem_init(&news, 0, 0);
	pthread_t a = in_thread(holder);
	sem_post(&news);
	until_go();
	sem_post(&news);
	pthread_join(a, NULL);
}
