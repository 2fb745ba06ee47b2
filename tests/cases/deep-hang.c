/*
 * Two threads with 180 locks each wait for each other.
 * EXPECT: deadlock a b
 * EXPECT-STACK: a_then_b, b_then_a
 */
#include "deep.h"

MUTEX(a);
MUTEX(b);

static void *a_then_b(void *arg)
{
	go_down(0);
	lock(&a);
	meet(2);
	lock(&b);
	return arg;
}

static void *b_then_a(void *arg)
{
	go_down(1);
	lock(&b);
	meet(2);
	lock(&a);
	return arg;
}

int main(void)
{
	pthread_t t, u;
	pthread_create(&t, NULL, a_then_b, NULL);
	pthread_create(&u, NULL, b_then_a, NULL);
	pthread_join(t, NULL);
	pthread_join(u, NULL);
	return 0;
}
