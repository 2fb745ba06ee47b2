/* A C11 mutex is held for long.
 * REPORTS: T2 has held 'm' for .*\[long-hold\]
 * AFTER: released 'm' after */
#include "long.h"
#include <threads.h>

static mtx_t m;

static void *holder(void *none)
{
	mtx_lock(&m);
	sleep_long();
	mtx_unlock(&m);
	return none;
}

int main(void)
{
	let_wake();
	mtx_init(&m, mtx_plain);
	pthread_t a = in_thread(holder);
	until_go();
	wake_and_join(a);
}
