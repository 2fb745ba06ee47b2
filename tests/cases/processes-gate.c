/*
 * Two orders, but both processes hold a third shared lock.
 * EXPECT: nothing
 * EXPECT-FILTERED: gate shared->m[0] shared->m[1]
 */
#include "processes.h"

int main(void)
{
	struct shared *s = share();

	if (!fork()) {
		await(s, 1);
		lock(&s->m[7]);
		nest(&s->m[1], &s->m[0]);
		unlock(&s->m[7]);
		_exit(0);
	}
	lock(&s->m[7]);
	nest(&s->m[0], &s->m[1]);
	unlock(&s->m[7]);
	s->turn = 1;
	wait(NULL);
	return 0;
}
