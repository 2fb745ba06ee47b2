/*
 * A process and its child acquire process-shared mutexes in the same order.
 * EXPECT: nothing
 */
#include "processes.h"

int main(void)
{
	struct shared *s = share();

	if (!fork()) {
		await(s, 1);
		nest(&s->m[0], &s->m[1]);
		_exit(0);
	}
	nest(&s->m[0], &s->m[1]);
	s->turn = 1;
	wait(NULL);
	return 0;
}
