/*
 * plugin.c — the lock functions are in an object that is loaded later, perhaps again at the same
 * address: they are redirected before the object's own code runs.
 *
 * plugin FILE TIMES: loads the plugin that often, and runs it.
 */
#include "turn.h"

#include <dlfcn.h>
#include <stdlib.h>

#ifdef PLUGIN
static int a, b;

CALLED void own_lock(int *o)
{
	while (__atomic_exchange_n(o, 1, __ATOMIC_ACQUIRE))
		usleep(10);
}

CALLED void own_unlock(int *o)
{
	__atomic_store_n(o, 0, __ATOMIC_RELEASE);
}

static void both(int *first, int *second)
{
	own_lock(first);
	own_lock(second);
	own_unlock(second);
	own_unlock(first);
}

static void forward(void)
{
	both(&a, &b);
}

static void backward(void)
{
	both(&b, &a);
}

__attribute__((constructor)) static void loaded(void)
{
	own_lock(&a);
	own_unlock(&a);
}

void run(void);
void run(void)
{
	in_turn(forward, backward);
}
#else
int main(int argc, char **argv)
{
	for (int i = argc > 2 ? atoi(argv[2]) : 0; i > 0; i--) {
		void *plugin = dlopen(argv[1], RTLD_NOW);
		void (*run)(void) = plugin ? (void (*)(void))dlsym(plugin, "run") : NULL;
		if (!run)
			return 1;
		run();
		dlclose(plugin);
	}
	return 0;
}
#endif
