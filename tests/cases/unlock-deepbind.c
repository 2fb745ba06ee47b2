/*
 * A plugin that bypasses us locked the mutex; the thread that unlocks it here may do so.
 * EXPECT: nothing
 */
#include "case.h"
#include <dlfcn.h>

#ifdef PLUGIN
int plugin_lock(pthread_mutex_t *m);
int plugin_lock(pthread_mutex_t *m)
{
	return pthread_mutex_lock(m);
}
#else
MUTEX(a);

int main(void)
{
	void *h = dlopen(PLUGIN_PATH, RTLD_NOW | RTLD_DEEPBIND);
	int (*plugin_lock)(pthread_mutex_t *) = (int (*)(pthread_mutex_t *))dlsym(h, "plugin_lock");
	for (int i = 0; i < 3; i++) {
		plugin_lock(&a);
		unlock(&a);
		lock(&a);
		unlock(&a);
	}
	return 0;
}
#endif
