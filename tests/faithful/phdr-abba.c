/*
 * phdr-abba.c — a dl_iterate_phdr callback (which holds the loader's lock) acquires a mutex that
 * another thread holds while it locks in new code. A wrapper that walks the loader's list closes
 * the cycle.
 * TIMES: 5
 * PLUGIN:
 */
#include "observe.h"
#include <link.h>

#ifdef PLUGIN
void plugin_lock(pthread_mutex_t *m, int depth);
__attribute__((noinline)) void plugin_lock(pthread_mutex_t *m, int depth)
{
	if (depth)
		plugin_lock(m, depth - 1);
	pthread_mutex_lock(m);
	pthread_mutex_unlock(m);
	__asm__ volatile("" ::: "memory");
}
#else
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER, inner = PTHREAD_MUTEX_INITIALIZER;
static void (*plugin_lock)(pthread_mutex_t *, int);
static int modules;

static int callback(struct dl_phdr_info *info UNUSED, size_t size UNUSED, void *arg UNUSED)
{
	if (!modules++) {
		step_made();
		step_wait(2);
	}
	pthread_mutex_lock(&m);
	pthread_mutex_unlock(&m);
	return 0;
}

static void *iterate(void *arg)
{
	dl_iterate_phdr(callback, NULL);
	return arg;
}

int main(void)
{
	pthread_t t;
	observe("start");
	void *h = dlopen(PLUGIN_PATH, RTLD_NOW);
	plugin_lock = (void (*)(pthread_mutex_t *, int))dlsym(h, "plugin_lock");
	pthread_mutex_lock(&m);
	pthread_create(&t, NULL, iterate, NULL);
	step_wait(1);
	step_made();
	for (int depth = 0; depth < 40; depth++)
		plugin_lock(&inner, depth);
	pthread_mutex_unlock(&m);
	pthread_join(t, NULL);
	show(modules > 2);
	observe("end");
	return 0;
}
#endif
