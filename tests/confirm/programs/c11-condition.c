/*
 * A thread of C11 waits on a cnd_t until the other one is ready.
 * CANNOT: it is ready after it has released its locks.
 * NEAR CAN: it is ready between its two locks.
 */
#include "scene.h"
#include <threads.h>

static mtx_t a, b, m;
static cnd_t changed;
static bool ready;

static void set_ready(void)
{
	mtx_lock(&m);
	ready = true;
	cnd_broadcast(&changed);
	mtx_unlock(&m);
}

static int first(void *arg)
{
	(void)arg;
	ms(1);
	mtx_lock(&a);
#ifdef NEAR
	set_ready();
#endif
	mtx_lock(&b);
	mtx_unlock(&b);
	mtx_unlock(&a);
	set_ready();
	return 0;
}

static int second(void *arg)
{
	(void)arg;
	mtx_lock(&m);
	while (!ready)
		cnd_wait(&changed, &m);
	mtx_unlock(&m);
	ms(3);
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
	mtx_init(&m, mtx_plain);
	cnd_init(&changed);
	thrd_create(&t1, first, NULL);
	thrd_create(&t2, second, NULL);
	thrd_join(t1, NULL);
	thrd_join(t2, NULL);
}
