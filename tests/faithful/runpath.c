/*
 * runpath.c — dlopen of a bare name through the caller's own RUNPATH. With a dlopen wrapper the
 * wrapper would be the caller, and the library would not be found.
 * PLUGIN:
 * FLAGS: -Wl,-rpath,$ORIGIN,--enable-new-dtags
 */
#include "observe.h"

#ifdef PLUGIN
int plugin_answer(void);
int plugin_answer(void)
{
	static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	return pthread_mutex_lock(&m) + pthread_mutex_unlock(&m) + 7;
}
#else
int main(void)
{
	observe("start");
	void *h = dlopen("runpath.so", RTLD_NOW | RTLD_LOCAL);
	if (!h)
		return say("%s\n", dlerror()), 1;
	int (*answer)(void) = (int (*)(void))dlsym(h, "plugin_answer");
	show(answer());
	show(dlclose(h));
	show(dlopen("runpath.so", RTLD_NOW | RTLD_NOLOAD));
	observe("end");
	return 0;
}
#endif
