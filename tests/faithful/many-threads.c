/*
 * many-threads.c — a thousand threads at once, each with a lock or two; each costs less than 28 KiB
 * more memory than without us (checked by the program itself: the limit is absolute, far above what
 * the threads need without us).
 * LIMIT: 30
 */
#include "observe.h"

enum { THREADS = 1000 };
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static int arrived, go;

static long rss_kib(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");
	if (!f || fscanf(f, "%*d %ld", &pages) != 1)
		pages = 0;
	fclose(f);
	return pages * 4;
}

static void *thread(void *arg)
{
	pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
	pthread_mutex_lock(&own);
	pthread_mutex_lock(&m);
	arrived++;
	pthread_cond_broadcast(&c);
	while (!go)
		pthread_cond_wait(&c, &m);
	pthread_mutex_unlock(&m);
	pthread_mutex_unlock(&own);
	return arg;
}

int main(void)
{
	static pthread_t t[THREADS];
	pthread_attr_t a;
	observe("start");
	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, 65536);
	long before = rss_kib(), wrong = 0;
	for (long i = 0; i < THREADS; i++)
		wrong += pthread_create(&t[i], &a, thread, (void *)i);
	pthread_mutex_lock(&m);
	while (arrived < THREADS)
		pthread_cond_wait(&c, &m);
	long each = (rss_kib() - before) / THREADS;
	show(thread_count());
	go = 1;
	pthread_cond_broadcast(&c);
	pthread_mutex_unlock(&m);
	for (long i = 0; i < THREADS; i++) {
		void *got;
		wrong += pthread_join(t[i], &got) + ((long)got != i);
	}
	show(wrong);
	say("KiB a thread: %s\n", each <= 28 ? "few" : "too many");
	observe("end");
	return 0;
}
