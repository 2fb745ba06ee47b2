/*
 * The parent uses its order before the fork of the child that uses the other order.
 * EXPECT: nothing
 * EXPECT-FILTERED: ordered shared->m[0] shared->m[1]
 */
#include "processes.h"

int main(void)
{
	struct shared *s = share();

	nest(&s->m[0], &s->m[1]);
	if (!fork()) {
		nest(&s->m[1], &s->m[0]);
		_exit(0);
	}
	wait(NULL);
	return 0;
}
