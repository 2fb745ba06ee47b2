/*
 * Two rwlocks, written in two orders.
 * CAN: nothing orders the threads.
 */
#include "scene.h"

RWLOCK(a);
RWLOCK(b);

static void a_b(void)
{
	pthread_rwlock_wrlock(&a);
	pthread_rwlock_wrlock(&b);
	pthread_rwlock_unlock(&b);
	pthread_rwlock_unlock(&a);
}

static void b_a(void)
{
	ms(5);
	pthread_rwlock_wrlock(&b);
	pthread_rwlock_wrlock(&a);
	pthread_rwlock_unlock(&a);
	pthread_rwlock_unlock(&b);
}

int main(void)
{
	side_by_side(a_b, b_a);
}
