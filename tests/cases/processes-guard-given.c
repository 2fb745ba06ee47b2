/*
 * The parent holds a lock of its own across a fork and releases it while the child runs: the child
 * acquires the locks in one order after that, the parent's other thread in the other order, under
 * that lock.
 * EXPECT: lock-order shared->m[0] shared->m[1]
 */
#include "processes.h"

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static struct shared *s;

static void *other(void *none)
{
	await(s, 2);
	lock(&gate);
	nest(&s->m[1], &s->m[0]);
	unlock(&gate);
	return none;
}

int main(void)
{
	pthread_t t;

	s = share();
	pthread_create(&t, NULL, other, NULL);
	lock(&gate);
	if (!fork()) {
		await(s, 1);
		nest(&s->m[0], &s->m[1]);
		s->turn = 2;
		_exit(0);
	}
	unlock(&gate);
	s->turn = 1;
	pthread_join(t, NULL);
	wait(NULL);
	return 0;
}
