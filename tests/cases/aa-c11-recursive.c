/*
 * A thread acquires a C11 recursive mutex twice.
 * EXPECT: nothing
 */
#include "case.h"

#include <threads.h>

static mtx_t a;

int main(void)
{
	mtx_init(&a, mtx_plain | mtx_recursive);
	mtx_lock(&a);
	mtx_lock(&a);
	mtx_unlock(&a);
	mtx_unlock(&a);
	mtx_destroy(&a);
	return 0;
}
