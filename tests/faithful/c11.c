/*
 * c11.c — every C11 thread call with its result, mutex kinds, conditions, once; glibc's own C11
 * calls bypass the pthread symbols.
 */
#include "observe.h"
#include <threads.h>

static mtx_t plain, recursive, timed;
static cnd_t cnd;
static once_flag flag = ONCE_FLAG_INIT;
static tss_t tss;
static int ready, onces;

static void body(void)
{
	onces++;
}

static void gone(void *value)
{
	say("tss destructor %s, lock %d\n", (char *)value, mtx_lock(&recursive));
	mtx_unlock(&recursive);
}

static int other(void *arg)
{
	struct timespec past = {1, 0};
	tss_set(tss, "value");
	call_once(&flag, body);
	show(mtx_trylock(&plain));
	show(mtx_trylock(&recursive));
	show(mtx_unlock(&recursive));
	show(mtx_timedlock(&timed, &past));
	if (arg)
		thrd_exit(77);
	return 66;
}

static int signaller(void *arg UNUSED)
{
	mtx_lock(&plain);
	ready = 1;
	cnd_broadcast(&cnd);
	mtx_unlock(&plain);
	return 1;
}

int main(void)
{
	thrd_t t;
	int got = -1;
	struct timespec past = {1, 0};
	observe("start");
	show(mtx_init(&plain, mtx_plain));
	show(mtx_init(&recursive, mtx_plain | mtx_recursive));
	show(mtx_init(&timed, mtx_timed));
	show(mtx_init(&(mtx_t){0}, 99));
	show(cnd_init(&cnd));
	show(tss_create(&tss, gone));
	show(mtx_lock(&plain));
	show(mtx_trylock(&plain));
	show(mtx_lock(&recursive));
	show(mtx_lock(&recursive));
	show(mtx_trylock(&recursive));
	show(mtx_unlock(&recursive));
	show(mtx_lock(&timed));
	show(mtx_timedlock(&timed, &past));
	show(mtx_unlock(&recursive));
	show(mtx_unlock(&recursive));
	for (long i = 0; i < 2; i++) {
		int made = thrd_create(&t, other, (void *)i);
		show(thrd_join(t, &got));
		show(made);
		show(got);
	}
	mtx_unlock(&timed);
	show(thrd_create(&t, signaller, NULL));
	while (!ready)
		cnd_wait(&cnd, &plain);
	show(cnd_timedwait(&cnd, &plain, &past));
	show(cnd_signal(&cnd));
	show(mtx_unlock(&plain));
	show(thrd_join(t, NULL));
	show(onces);
	cnd_destroy(&cnd);
	mtx_destroy(&timed);
	observe("end");
	return 0;
}
