/*
 * early.c — locks before our constructor and after our destructor: in another library's constructor
 * and destructor, in the executable's preinit array, in constructors and atexit handlers.
 * PLUGIN:
 * FLAGS: @SO
 */
#include "observe.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int count;

static void body(void)
{
	count++;
}

static void *thread(void *arg)
{
	pthread_mutex_lock(&mutex);
	pthread_cond_signal(&cond);
	pthread_mutex_unlock(&mutex);
	return arg;
}

/* Every call that may be the first one, without stdio: libc may not be ready to print. */
static int everything(void)
{
	struct timespec past = {0, 0};
	sem_t s;
	pthread_spinlock_t spin;
	pthread_mutex_t own;
	int sum = 0;
	sum = sum * 3 + pthread_mutex_lock(&mutex);
	sum = sum * 3 + pthread_mutex_trylock(&mutex);
	sum = sum * 3 + pthread_cond_timedwait(&cond, &mutex, &past);
	sum = sum * 3 + pthread_mutex_unlock(&mutex);
	sum = sum * 3 + pthread_rwlock_rdlock(&rwlock) + pthread_rwlock_unlock(&rwlock);
	sum = sum * 3 + pthread_rwlock_wrlock(&rwlock) + pthread_rwlock_unlock(&rwlock);
	sum = sum * 3 + pthread_once(&once, body) + count;
	sum = sum * 3 + sem_init(&s, 0, 1) + sem_wait(&s) + sem_trywait(&s) + sem_post(&s);
	sum = sum * 3 + pthread_spin_init(&spin, 0) + pthread_spin_lock(&spin);
	sum = sum * 3 + pthread_spin_unlock(&spin) + pthread_spin_destroy(&spin);
	sum = sum * 3 + pthread_mutex_init(&own, NULL) + pthread_mutex_lock(&own);
	sum = sum * 3 + pthread_mutex_unlock(&own) + pthread_mutex_destroy(&own);
	return sum;
}

static int with_thread(void)
{
	pthread_t t;
	int sum = pthread_mutex_lock(&mutex);
	sum = sum * 3 + pthread_create(&t, NULL, thread, NULL);
	sum = sum * 3 + pthread_cond_wait(&cond, &mutex);
	sum = sum * 3 + pthread_mutex_unlock(&mutex);
	return sum * 3 + pthread_join(t, NULL);
}

#ifdef PLUGIN
int plugin_constructed, plugin_thread;
__attribute__((constructor)) static void construct(void)
{
	plugin_constructed = everything();
	plugin_thread = with_thread();
}
__attribute__((destructor)) static void destruct(void)
{
	say("library destructor %d %d\n", everything(), with_thread());
}
#else
extern int plugin_constructed, plugin_thread;
static int preinit_result, constructor_result, constructor_thread;

static void preinit(int argc UNUSED, char **argv UNUSED, char **env UNUSED)
{
	preinit_result = everything();
}
__attribute__((section(".preinit_array"),
	       used)) static void (*const run_preinit)(int, char **, char **) = preinit;

__attribute__((constructor)) static void construct(void)
{
	constructor_result = everything();
	constructor_thread = with_thread();
}
__attribute__((destructor)) static void destruct(void)
{
	say("destructor %d %d\n", everything(), with_thread());
}
static void at_exit(void)
{
	say("atexit %d %d\n", everything(), with_thread());
}

int main(void)
{
	observe("start");
	atexit(at_exit);
	say("library %d %d, preinit %d, constructor %d %d, main %d %d\n", plugin_constructed,
	    plugin_thread, preinit_result, constructor_result, constructor_thread, everything(),
	    with_thread());
	observe("end");
	return 3;
}
#endif
