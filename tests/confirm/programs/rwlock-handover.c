/*
 * Two rwlocks in two orders; a writer of a third one publishes that it has finished, and a reader
 * looks until it has.
 * CANNOT: that is published after the rwlocks are released.
 * NEAR CAN: the reader looks ten times at most.
 */
#include "scene.h"

RWLOCK(a);
RWLOCK(b);
RWLOCK(news);
static bool finished;

static void first(void)
{
	ms(3);
	pthread_rwlock_wrlock(&a);
	pthread_rwlock_rdlock(&b);
	pthread_rwlock_unlock(&b);
	pthread_rwlock_unlock(&a);
	pthread_rwlock_wrlock(&news);
	finished = true;
	pthread_rwlock_unlock(&news);
}

static void second(void)
{
	bool is = false;

#ifdef NEAR
	for (int i = 0; i < 10 && !is; i++)
#else
	while (!is)
#endif
	{
		ms(1);
		pthread_rwlock_rdlock(&news);
		is = finished;
		pthread_rwlock_unlock(&news);
	}
	pthread_rwlock_wrlock(&b);
	pthread_rwlock_rdlock(&a);
	pthread_rwlock_unlock(&a);
	pthread_rwlock_unlock(&b);
}

int main(void)
{
	side_by_side(first, second);
}
