/*
 * plugin-throw.c — a C program opens a C++ library that throws: the unwinder of the exception must
 * be libgcc's, and its own lock calls pass through us.
 * TIMES: 5
 * PLUGIN: c++
 */
#ifdef PLUGIN
#include <pthread.h>
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
extern "C" int plugin_throws(int n)
{
	int caught = 0;
	for (int i = 0; i < n; i++) {
		try {
			pthread_mutex_lock(&m);
			throw i;
		} catch (int got) {
			caught += got;
			pthread_mutex_unlock(&m);
		}
	}
	return caught;
}
#else
#include "observe.h"

static int (*throws)(int);

static void *thread(void *arg)
{
	return (void *)(long)throws((int)(long)arg);
}

int main(void)
{
	observe("start");
	void *h = dlopen(PLUGIN_PATH, RTLD_NOW);
	if (!h)
		return say("%s\n", dlerror()), 1;
	throws = (int (*)(int))dlsym(h, "plugin_throws");
	show(throws(10));
	show(in_thread(thread, (void *)100));
	pthread_t t[3];
	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, thread, (void *)300);
	for (int i = 0; i < 3; i++) {
		void *got;
		pthread_join(t[i], &got);
		show(got);
	}
	/* The object that has the unwinder's entry: it must be libgcc. */
	Dl_info info = {0};
	void *raise = dlsym(RTLD_DEFAULT, "_Unwind_RaiseException");
	if (!raise)
		raise = dlsym(h, "_Unwind_RaiseException");
	dladdr(raise, &info);
	say("%s\n", info.dli_fname ? strrchr(info.dli_fname, '/') : "none");
	observe("end");
	return 0;
}
#endif
