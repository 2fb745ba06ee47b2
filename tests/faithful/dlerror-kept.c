/*
 * dlerror-kept.c — a failing dlopen leaves its text for dlerror; any dlsym in between, also ours,
 * would destroy the text.
 */
#include "observe.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t r = PTHREAD_RWLOCK_INITIALIZER;

static void *nothing(void *arg)
{
	pthread_mutex_lock(&m);
	pthread_mutex_unlock(&m);
	return arg;
}

int main(void)
{
	pthread_mutex_t fresh;
	struct timespec past = {0, 0};
	observe("start");
	show(dlopen("/no/such/library.so", RTLD_NOW));
	pthread_mutex_lock(&m);
	pthread_cond_timedwait(&c, &m, &past);
	pthread_mutex_unlock(&m);
	pthread_rwlock_rdlock(&r);
	pthread_rwlock_unlock(&r);
	pthread_mutex_init(&fresh, NULL);
	pthread_mutex_timedlock(&fresh, &past);
	pthread_mutex_unlock(&fresh);
	pthread_mutex_destroy(&fresh);
	in_thread(nothing, NULL);
	say("%s\n", dlerror());
	show(dlsym(RTLD_DEFAULT, "no_such_symbol_here"));
	pthread_mutex_lock(&m);
	pthread_mutex_unlock(&m);
	say("%s\n", strstr(dlerror(), "undefined"));
	say("%s\n", dlerror() ? "again" : "gone");
	observe("end");
	return 0;
}
