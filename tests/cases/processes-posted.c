/*
 * A process-shared semaphore of one permit, taken by one process and posted by the other, with a
 * lock in hand in both orders: a signal, no lock.
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
