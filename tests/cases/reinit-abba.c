/*
 * A lock that is initialized again and again, acquired outside or inside another lock by two
 * threads: each time it is a new lock, so no lock is acquired in both orders.
 * EXPECT: nothing
 */
#include "case.h"

MUTEX(a);
static pthread_mutex_t m;

static void inside(void)
{
	for (int i = 0; i < 3; i++) {
		pthread_mutex_init(&m, NULL);
		lock(&a);
		lock(&m);
		unlock(&m);
		unlock(&a);
		pthread_mutex_destroy(&m);
	}
}

static void outside(void)
{
	for (int i = 0; i < 3; i++) {
		pthread_mutex_init(&m, NULL);
		lock(&m);
		lock(&a);
		unlock(&a);
		unlock(&m);
		pthread_mutex_destroy(&m);
	}
}

int main(void)
{
	in_turn(inside, outside, inside, outside);
	return 0;
}
