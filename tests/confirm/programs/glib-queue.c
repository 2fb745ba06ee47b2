/*
 * A consumer pops a message of a GAsyncQueue that the producer pushes.
 * CANNOT: it is pushed after the GMutexes are released.
 * NEAR CAN: a second producer pushes one as well.
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "scene.h"
#include <glib.h>

static GMutex a, b;
static GAsyncQueue *queue;

static void produce(void)
{
	ms(1);
	g_mutex_lock(&a);
	g_mutex_lock(&b);
	g_mutex_unlock(&b);
	g_mutex_unlock(&a);
	g_async_queue_push(queue, queue);
}

#ifdef NEAR
static void other_produce(void)
{
	ms(3);
	g_async_queue_push(queue, queue);
}
#endif

static void consume(void)
{
	g_async_queue_pop(queue);
	ms(4);
	g_mutex_lock(&b);
	g_mutex_lock(&a);
	g_mutex_unlock(&a);
	g_mutex_unlock(&b);
}

int main(void)
{
	queue = g_async_queue_new();
#ifdef NEAR
	side_by_side(produce, other_produce, consume);
#else
	side_by_side(produce, consume);
#endif
}
