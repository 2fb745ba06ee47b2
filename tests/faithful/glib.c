/*
 * glib.c — uses GLib's mutexes, conditions and queue (futexes of its own, pthreads inside).
 * NEEDS: /usr/lib/x86_64-linux-gnu/libglib-2.0.so.0
 * FLAGS: -l:libglib-2.0.so.0
 */
#include "observe.h"

/* Declared as in glib.h, whose package is not needed for six functions. */
typedef union {
	void *p;
	unsigned i[2];
} GMutex;
typedef struct {
	void *p;
	unsigned i[2];
} GRecMutex;
void g_mutex_lock(GMutex *), g_mutex_unlock(GMutex *);
int g_mutex_trylock(GMutex *);
void g_rec_mutex_lock(GRecMutex *), g_rec_mutex_unlock(GRecMutex *);
typedef struct queue GAsyncQueue;
GAsyncQueue *g_async_queue_new(void);
void g_async_queue_push(GAsyncQueue *, void *), g_async_queue_unref(GAsyncQueue *);
void *g_async_queue_pop(GAsyncQueue *), *g_async_queue_timeout_pop(GAsyncQueue *, uint64_t);
void *g_thread_new(const char *, void *(*)(void *), void *), *g_thread_join(void *);

static GMutex m;
static GRecMutex rec;
static GAsyncQueue *q;
static long total;

static void *thread(void *arg)
{
	for (;;) {
		long n = (long)g_async_queue_pop(q);
		g_rec_mutex_lock(&rec);
		g_rec_mutex_lock(&rec);
		g_mutex_lock(&m);
		total += n;
		g_mutex_unlock(&m);
		g_rec_mutex_unlock(&rec);
		g_rec_mutex_unlock(&rec);
		if (n == 1)
			return arg;
	}
}

int main(void)
{
	void *t[3];
	observe("start");
	q = g_async_queue_new();
	for (long i = 0; i < 3; i++)
		t[i] = g_thread_new("worker", thread, (void *)i);
	for (long i = 2; i < 3000; i++)
		g_async_queue_push(q, (void *)i);
	for (long i = 0; i < 3; i++)
		g_async_queue_push(q, (void *)1);
	for (int i = 0; i < 3; i++)
		show(g_thread_join(t[i]));
	show(total);
	show(g_async_queue_timeout_pop(q, 3000));
	show(g_mutex_trylock(&m));
	g_async_queue_unref(q);
	return 0;
}
