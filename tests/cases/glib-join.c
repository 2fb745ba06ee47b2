/*
 * A GThread is joined while a GMutex is held that it acquires.
 * EXPECT: lock-order <thread> a
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static GMutex a;
static volatile int done;

static gpointer takes(gpointer arg)
{
	g_mutex_lock(&a);
	g_mutex_unlock(&a);
	done = 1;
	return arg;
}

int main(void)
{
	GThread *t = g_thread_new("worker", takes, NULL);
	while (!done)
		sched_yield();
	g_mutex_lock(&a);
	g_thread_join(t);
	g_mutex_unlock(&a);
}
