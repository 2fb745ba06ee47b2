/*
 * Recursive mutexes, acquired twice by their owners, in two orders.
 * CAN: nothing orders the threads.
 */
#include "scene.h"

static pthread_mutex_t a = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP,
		       b = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

static void twice(pthread_mutex_t *first, pthread_mutex_t *second)
{
	pthread_mutex_lock(first);
	pthread_mutex_lock(first);
	pthread_mutex_lock(second);
	pthread_mutex_lock(second);
	for (int i = 0; i < 2; i++) {
		pthread_mutex_unlock(second);
		pthread_mutex_unlock(first);
	}
}

static void a_b(void)
{
	twice(&a, &b);
}

static void b_a(void)
{
	ms(5);
	twice(&b, &a);
}

int main(void)
{
	side_by_side(a_b, b_a);
}
