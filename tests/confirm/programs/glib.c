/*
 * Two GMutexes in two orders.
 * CAN: nothing orders the threads.
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "scene.h"
#include <glib.h>

static GMutex a, b;

static gpointer a_b(gpointer data)
{
	g_mutex_lock(&a);
	g_mutex_lock(&b);
	g_mutex_unlock(&b);
	g_mutex_unlock(&a);
	return data;
}

static gpointer b_a(gpointer data)
{
	ms(5);
	g_mutex_lock(&b);
	g_mutex_lock(&a);
	g_mutex_unlock(&a);
	g_mutex_unlock(&b);
	return data;
}

int main(void)
{
	GThread *first = g_thread_new("a_b", a_b, NULL), *second = g_thread_new("b_a", b_a, NULL);

	g_thread_join(first);
	g_thread_join(second);
}
