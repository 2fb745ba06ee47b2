/*
 * The parent holds a process-shared lock across a fork. The child does not own it: the child waits
 * for it and gets it, and does not hold it before.
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
