/*
 * C11 mutexes in two orders.
 * EXPECT: lock-order a b
 */
#include "case.h"

#include <threads.h>

static mtx_t a, b;

static void a_b(void)
{
	mtx_lock(&a);
	mtx_lock(&b);
	mtx_unlock(&b);
	mtx_unlock(&a);
}

static void b_a(void)
{
	mtx_lock(&b);
	mtx_lock(&a);
	mtx_unlock(&a);
	mtx_unlock(&b);
}

int main(void)
{
	mtx_init(&a, mtx_plain);
	mtx_init(&b, mtx_plain);
	in_turn(a_b, b_a);
	return 0;
}
