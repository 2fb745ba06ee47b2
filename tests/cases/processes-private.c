/*
 * Mutexes that are process-shared but in private memory: each process has its own, at the same
 * address. That the code uses two orders is only a prediction for other runs.
 * EXPECT: lock-order(warning) first second
 */
#include "processes.h"

static pthread_mutex_t first, second;

int main(void)
{
	struct shared *s = share();

	make_shared(&first, 0);
	make_shared(&second, 0);
	if (!fork()) {
		await(s, 1);
		nest(&second, &first);
		_exit(0);
	}
	nest(&first, &second);
	s->turn = 1;
	wait(NULL);
	return 0;
}
