/*
 * exit-locks.c — destructors of a thread's keys lock in all four rounds, cleanup handlers before
 * them, atexit handlers and a thread that still runs after main; then pthread_exit from main.
 * STEERED: yes
 */
#include "observe.h"

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_key_t keys[3];
static int rounds[3];

static void destroy(void *value)
{
	long k = (long)value - 1;
	pthread_mutex_lock(&m);
	rounds[k]++;
	pthread_mutex_unlock(&m);
	pthread_setspecific(keys[k], value);
	sem_t s;
	sem_init(&s, 0, 1);
	sem_wait(&s);
	sem_post(&s);
}

static void cleanup(void *arg)
{
	pthread_mutex_lock(&m);
	rounds[0] += *(int *)arg;
	pthread_mutex_unlock(&m);
}

static void *thread(void *arg)
{
	int add = 100;
	for (long k = 0; k < 3; k++)
		pthread_setspecific(keys[k], (void *)(k + 1));
	pthread_cleanup_push(cleanup, &add);
	if (arg)
		pthread_exit(NULL);
	pthread_cleanup_pop(1);
	return NULL;
}

static void *outlives(void *arg)
{
	pthread_join(*(pthread_t *)arg, NULL);
	pthread_mutex_lock(&m);
	say("after main: %d\n", thread_count());
	pthread_mutex_unlock(&m);
	exit(5);
}

static void at_exit(void)
{
	pthread_mutex_lock(&m);
	say("at exit\n");
	pthread_mutex_unlock(&m);
}

int main(void)
{
	static pthread_t self;
	pthread_t t;
	observe("start");
	atexit(at_exit);
	for (int k = 0; k < 3; k++)
		show(pthread_key_create(&keys[k], destroy));
	for (long i = 0; i < 10; i++)
		in_thread(thread, (void *)(i & 1));
	for (int k = 0; k < 3; k++)
		show(rounds[k]);
	observe("end");
	self = pthread_self();
	pthread_create(&t, NULL, outlives, &self);
	pthread_exit(NULL);
}
