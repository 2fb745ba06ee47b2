/*
 * A process-shared semaphore of one permit that one process waits for and the other posts, used
 * inside and outside of a lock: a signal, not a lock.
 * EXPECT: nothing
 */
#include "processes.h"

int main(void)
{
	struct shared *s = share();

	sem_init(&s->sem, 1, 1);
	if (!fork()) {
		await(s, 1);
		lock(&s->m[0]);
		sem_post(&s->sem);
		sem_wait(&s->sem);
		unlock(&s->m[0]);
		_exit(0);
	}
	sem_wait(&s->sem);
	lock(&s->m[0]);
	unlock(&s->m[0]);
	s->turn = 1;
	wait(NULL);
	return 0;
}
