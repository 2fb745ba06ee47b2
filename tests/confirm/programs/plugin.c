/*
 * The two orders are those of two plugins, which are loaded at another place in each run.
 * CAN: nothing orders the threads.
 * FLAGS: -ldl
 */
#include "scene.h"

#ifdef PLUGIN
void use(pthread_mutex_t *first, pthread_mutex_t *second);

void use(pthread_mutex_t *first, pthread_mutex_t *second)
{
	pthread_mutex_lock(first);
	pthread_mutex_lock(second);
	pthread_mutex_unlock(second);
	pthread_mutex_unlock(first);
}
#else
#include <dlfcn.h>

MUTEX(a);
MUTEX(b);
static void (*use)(pthread_mutex_t *, pthread_mutex_t *);

static void a_b(void)
{
	use(&a, &b);
}

static void b_a(void)
{
	ms(5);
	use(&b, &a);
}

int main(void)
{
	void *plugin = dlopen(PLUGIN_PATH, RTLD_NOW);

	if (!plugin)
		return 1;
	*(void **)&use = dlsym(plugin, "use");
	side_by_side(a_b, b_a);
}
#endif
