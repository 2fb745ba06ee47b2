/*
 * A thread acquires a C11 plain mutex twice.
 * EXPECT: self-deadlock a
 */
#include "case.h"

#include <threads.h>

static mtx_t a;

int main(void)
{
	mtx_init(&a, mtx_plain);
	mtx_lock(&a);
	mtx_lock(&a);
	return 0;
}
