/*
 * More plugins than most programs have, loaded and unloaded one after the other: the places in the
 * last one are known as those in the first.
 * EXPECT: lock-order a b
 * EXPECT-STACK: of_plugin_forward, of_plugin_backward
 */
#ifdef PLUGIN
#include <pthread.h>

static void of_plugin_forward(pthread_mutex_t *a, pthread_mutex_t *b)
{
	pthread_mutex_lock(a);
	pthread_mutex_lock(b);
	pthread_mutex_unlock(b);
	pthread_mutex_unlock(a);
}

static void of_plugin_backward(pthread_mutex_t *a, pthread_mutex_t *b)
{
	pthread_mutex_lock(b);
	pthread_mutex_lock(a);
	pthread_mutex_unlock(a);
	pthread_mutex_unlock(b);
}

void use(pthread_mutex_t *a, pthread_mutex_t *b, int backward)
{
	(backward ? of_plugin_backward : of_plugin_forward)(a, b);
}
#else
#include "case.h"

#include <dlfcn.h>

enum { PLUGINS = 5000 };

MUTEX(a);
MUTEX(b);

/* The loader and lockhound know a plugin by its path. */
static void use_plugin(int number, int backward)
{
	char path[sizeof(PLUGIN_PATH) + 32];

	snprintf(path, sizeof(path), "%s.links/%d.so", PLUGIN_PATH, number);
	if (symlink(PLUGIN_PATH, path) != 0 && errno != EEXIST)
		abort();
	void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!plugin)
		abort();
	void (*use)(pthread_mutex_t *, pthread_mutex_t *, int) =
		(void (*)(pthread_mutex_t *, pthread_mutex_t *, int))dlsym(plugin, "use");
	use(&a, &b, backward);
	dlclose(plugin);
}

static void all_but_the_last(void)
{
	for (int i = 0; i + 1 < PLUGINS; i++)
		use_plugin(i, 0);
}

static void the_last(void)
{
	use_plugin(PLUGINS - 1, 1);
}

int main(void)
{
	mkdir(PLUGIN_PATH ".links", 0755);
	in_turn(all_but_the_last, the_last);
	return 0;
}
#endif
