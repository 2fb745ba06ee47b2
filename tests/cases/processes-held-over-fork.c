/*
 * The parent holds a process-shared lock over a fork. It is not the child's: the child waits for
 * it, gets it, and what it takes meanwhile it does not take under it.
 * EXPECT: nothing
 */
#include "processes.h"

int main(void)
{
	struct shared *s = share();

	lock(&s->m[0]);
	if (!fork()) {
		lock(&s->m[1]);
		s->turn = 1;
		lock(&s->m[0]);
		unlock(&s->m[0]);
		unlock(&s->m[1]);
		_exit(0);
	}
	await(s, 1);
	unlock(&s->m[0]);
	wait(NULL);
	return 0;
}
