/*
 * A lock is destroyed and another one initialized at its address: no cycle of orders of both.
 * EXPECT: nothing
 */
#include "case.h"

static pthread_mutex_t x;
MUTEX(b);

static void x_b(void)
{
	pthread_mutex_init(&x, NULL);
	lock(&x);
	lock(&b);
	unlock(&b);
	unlock(&x);
	pthread_mutex_destroy(&x);
}

static void b_x(void)
{
	pthread_mutex_init(&x, NULL);
	lock(&b);
	lock(&x);
	unlock(&x);
	unlock(&b);
	pthread_mutex_destroy(&x);
}

int main(void)
{
	in_turn(x_b, b_x);
	return 0;
}
