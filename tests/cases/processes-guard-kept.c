/*
 * The parent holds two locks of its own across a fork and releases one while the child runs; it
 * holds the other one until the child has ended, and under it its other thread acquires the locks.
 * EXPECT: nothing
 * EXPECT-FILTERED: gate shared->m[0] shared->m[1]
 */
#include "processes.h"

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER, given = PTHREAD_MUTEX_INITIALIZER;
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
	lock(&given);
	lock(&gate);
	if (!fork()) {
		await(s, 1);
		nest(&s->m[0], &s->m[1]);
		_exit(0);
	}
	unlock(&given);
	s->turn = 1;
	wait(NULL);
	unlock(&gate);
	s->turn = 2;
	pthread_join(t, NULL);
	return 0;
}
