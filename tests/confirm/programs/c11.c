/*
 * Two mutexes of C11 in two orders.
 * CAN: nothing orders the threads.
 */
#include "scene.h"
#include <threads.h>

static mtx_t a, b;

static int a_b(void *arg)
{
	(void)arg;
	mtx_lock(&a);
	mtx_lock(&b);
	mtx_unlock(&b);
	mtx_unlock(&a);
	return 0;
}

static int b_a(void *arg)
{
	(void)arg;
	ms(5);
	mtx_lock(&b);
	mtx_lock(&a);
	mtx_unlock(&a);
	mtx_unlock(&b);
	return 0;
}

int main(void)
{
	thrd_t t1, t2;

	mtx_init(&a, mtx_plain);
	mtx_init(&b, mtx_plain);
	thrd_create(&t1, a_b, NULL);
	thrd_create(&t2, b_a, NULL);
	thrd_join(t1, NULL);
	thrd_join(t2, NULL);
}
