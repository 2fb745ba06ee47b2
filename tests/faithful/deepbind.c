/*
 * deepbind.c — libraries opened with RTLD_DEEPBIND or into a namespace of their own bypass us:
 * locks acquired there are released here, and the other way round.
 * PLUGIN:
 */
#include "observe.h"

#ifdef PLUGIN
int plugin_lock(pthread_mutex_t *m);
int plugin_unlock(pthread_mutex_t *m);
int plugin_lock(pthread_mutex_t *m)
{
	return pthread_mutex_lock(m);
}
int plugin_unlock(pthread_mutex_t *m)
{
	return pthread_mutex_unlock(m);
}
#else
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int (*plugin_lock)(pthread_mutex_t *), (*plugin_unlock)(pthread_mutex_t *);

static void *other(void *arg UNUSED)
{
	show(pthread_mutex_trylock(&m));
	return NULL;
}

static void both_ways(void *h)
{
	plugin_lock = (int (*)(pthread_mutex_t *))dlsym(h, "plugin_lock");
	plugin_unlock = (int (*)(pthread_mutex_t *))dlsym(h, "plugin_unlock");
	for (int i = 0; i < 3; i++) {
		show(plugin_lock(&m));
		in_thread(other, NULL);
		show(pthread_mutex_unlock(&m));
		show(pthread_mutex_lock(&m));
		in_thread(other, NULL);
		show(plugin_unlock(&m));
	}
}

int main(void)
{
	observe("start");
	void *deep = dlopen(PLUGIN_PATH, RTLD_NOW | RTLD_DEEPBIND | RTLD_LOCAL);
	show(deep != NULL);
	both_ways(deep);
	show(dlclose(deep));
	void *apart = dlmopen(LM_ID_NEWLM, PLUGIN_PATH, RTLD_NOW | RTLD_LOCAL);
	show(apart != NULL);
	if (apart)
		both_ways(apart);
	observe("end");
	return 0;
}
#endif
