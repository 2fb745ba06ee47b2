/*
 * A lock that comes and goes, taken now outside, now inside another, by two threads: each time
 * it is a new one, and no two of one kind can meet.
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
