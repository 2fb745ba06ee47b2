/* Near miss: a semaphore of one permit that another thread posts is no lock, also before the post.
 * REPORTS: has held 'canary_lock' for .*\[long-hold\]
 * NOT: 'door' */
#include "long.h"

static sem_t door;

static void *consumer(void *none)
{
	sem_wait(&door);
	is_ready();
	sem_wait(&door);
	return none;
}

int main(void)
{
	sem_init(&door, 0, 1);
	pthread_t a = in_thread(consumer);
	canary(1);
	sem_post(&door);
	pthread_join(a, NULL);
}
