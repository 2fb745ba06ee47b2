/*
 * Both threads hold locks that have nothing to do with the cycle, and use more of them on the way;
 * a third thread uses these too.
 * CAN: nothing orders the two threads.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
MUTEX(log_lock);
MUTEX(config);
MUTEX(stats);

static void use(pthread_mutex_t *m)
{
	pthread_mutex_lock(m);
	pthread_mutex_unlock(m);
}

static void left(void)
{
	lock(config);
	use(&log_lock);
	lock(a);
	use(&stats);
	lock(b);
	use(&log_lock);
	unlock(b);
	unlock(a);
	unlock(config);
}

static void right(void)
{
	ms(6);
	use(&config);
	lock(b);
	use(&log_lock);
	use(&stats);
	lock(a);
	unlock(a);
	unlock(b);
}

static void other(void)
{
	for (int i = 0; i < 30; i++) {
		use(i % 3 == 0 ? &log_lock : i % 3 == 1 ? &stats : &config);
		ms(0.3);
	}
}

int main(void)
{
	side_by_side(left, right, other);
}
