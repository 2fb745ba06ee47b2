/*
 * As held-over-create, but the creator acquires both locks again while the new thread is alive.
 * EXPECT: lock-order a b
 */
#include "case.h"

MUTEX(a);
MUTEX(b);

static void *after(void *none)
{
	lock(&a);
	unlock(&a);
	lock(&b);
	lock(&a);
	unlock(&a);
	unlock(&b);
	return none;
}

IN_ORDER(both, a, b)

int main(void)
{
	pthread_t t;

	lock(&a);
	pthread_create(&t, NULL, after, NULL);
	lock(&b);
	unlock(&b);
	unlock(&a);
	both();
	pthread_join(t, NULL);
	return 0;
}
