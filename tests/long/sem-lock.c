/* A semaphore that is used as a lock: the thread has waited for it and posted it before.
 * REPORTS: T2 has held 'door' for .*\[long-hold\]
 * AFTER: released 'door' after */
#include "long.h"

static sem_t door;

static void *holder(void *none)
{
	sem_wait(&door);
	sem_post(&door);
	sem_wait(&door);
	sleep_long();
	sem_post(&door);
	return none;
}

int main(void)
{
	let_wake();
	sem_init(&door, 0, 1);
	pthread_t a = in_thread(holder);
	until_go();
	wake_and_join(a);
}
