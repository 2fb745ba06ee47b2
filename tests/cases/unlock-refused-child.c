/*
 * A forked child has the thread id of no owner, so glibc refuses to unlock an errorcheck or a
 * recursive mutex that was locked before the fork. Both stay held, as often as before.
 * EXPECT: nothing
 * EXPECT-FILTERED: timed b checked
 * EXPECT-FILTERED: timed b recursive
 */
#include "case.h"

static pthread_mutex_t checked = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
static pthread_mutex_t recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
MUTEX(b);

static void refused(pthread_mutex_t *o)
{
	if (unlock(o) != EPERM)
		abort();
}

static void other_order(void)
{
	struct timespec soon = in_ms(CLOCK_REALTIME, 1);
	lock(&b);
	pthread_mutex_timedlock(&checked, &soon);
	pthread_mutex_timedlock(&recursive, &soon);
	unlock(&b);
}

static void child(void)
{
	pthread_t t;
	struct case_part p = {other_order, 0, 1};
	for (int i = 0; i < 3; i++) {
		refused(&checked);
		refused(&recursive);
	}
	pthread_create(&t, NULL, case_alone, &p);
	lock(&b); /* while both are held */
	unlock(&b);
	pthread_join(t, NULL);
}

int main(void)
{
	lock(&checked);
	lock(&recursive);
	lock(&recursive);
	if (!fork()) {
		child();
		_exit(0);
	}
	unlock(&recursive);
	unlock(&recursive);
	unlock(&checked);
	wait(NULL);
	return 0;
}
