/*
 * The parent holds a lock of its own as long as the child lives; its other thread acquires the
 * locks in the opposite order, but under that lock.
 * EXPECT: nothing
 * EXPECT-FILTERED: gate shared->m[0] shared->m[1]
 */
#include "processes.h"

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static struct shared *s;

static void *other(void *none)
{
	await(s, 1);
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
		nest(&s->m[0], &s->m[1]);
		_exit(0);
	}
	wait(NULL);
	unlock(&gate);
	s->turn = 1;
	pthread_join(t, NULL);
	return 0;
}
