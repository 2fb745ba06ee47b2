/*
 * unloaded-plugin.c — a library is opened, locks, and is closed, many times; another one may be
 * mapped at its address; threads lock meanwhile.
 * PLUGIN:
 */
#include "observe.h"

#ifdef PLUGIN
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static __thread int mine;
static void body(void)
{
	mine++;
}
int plugin_work(int (*callback)(void));
int plugin_work(int (*callback)(void))
{
	pthread_mutex_lock(&m);
	pthread_once(&once, body);
	int got = callback() + mine;
	pthread_mutex_unlock(&m);
	return got;
}
#else
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static volatile int stop;

static int callback(void)
{
	pthread_mutex_lock(&m);
	pthread_mutex_unlock(&m);
	return 1;
}

static void *busy(void *arg)
{
	while (!stop)
		callback();
	return arg;
}

int main(void)
{
	pthread_t t;
	int sum = 0;
	observe("start");
	pthread_create(&t, NULL, busy, NULL);
	for (int i = 0; i < 300; i++) {
		void *h = dlopen(PLUGIN_PATH, RTLD_NOW | RTLD_LOCAL);
		int (*work)(int (*)(void)) = (int (*)(int (*)(void)))dlsym(h, "plugin_work");
		sum += work(callback);
		sum += 10 * dlclose(h);
		void *page = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				  -1, 0);
		memset(page, i, 65536);
		if (i % 3)
			munmap(page, 65536);
	}
	stop = 1;
	pthread_join(t, NULL);
	show(sum);
	show(dlopen(PLUGIN_PATH, RTLD_NOW | RTLD_NOLOAD));
	return 0;
}
#endif
