/*
 * Each thread holds three locks when it wants a fourth. Other threads use the locks between, one
 * by one.
 * CAN: nothing orders the two threads.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
MUTEX(left_outer);
MUTEX(left_inner);
MUTEX(right_outer);
MUTEX(right_inner);

static void left(void)
{
	lock(left_outer);
	lock(a);
	lock(left_inner);
	lock(b);
	unlock(b);
	unlock(left_inner);
	unlock(a);
	unlock(left_outer);
}

static void right(void)
{
	ms(5);
	lock(right_outer);
	lock(b);
	lock(right_inner);
	lock(a);
	unlock(a);
	unlock(right_inner);
	unlock(b);
	unlock(right_outer);
}

static void others(void)
{
	pthread_mutex_t *each[] = {&left_outer, &a, &left_inner, &right_outer, &b, &right_inner};

	for (int i = 0; i < 60; i++) {
		pthread_mutex_lock(each[i % 6]);
		pthread_mutex_unlock(each[i % 6]);
		ms(0.2);
	}
}

int main(void)
{
	side_by_side(left, right, others);
}
