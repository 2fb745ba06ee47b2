/*
 * The child's lock is where an earlier lock was, which the parent acquired in the opposite order.
 * EXPECT: nothing
 */
#include "processes.h"

int main(void)
{
	struct shared *s = share();

	nest(&s->m[2], &s->m[3]); /* any */
	if (!fork()) {
		await(s, 1);
		pthread_mutex_destroy(&s->m[1]);
		make_shared(&s->m[1], 0);
		nest(&s->m[1], &s->m[0]);
		_exit(0);
	}
	nest(&s->m[0], &s->m[1]);
	s->turn = 1;
	wait(NULL);
	return 0;
}
