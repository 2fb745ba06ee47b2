/*
 * One thread runs the initializer, which wants a lock; another thread holds the lock and waits for
 * the initializer.
 * EXPECT: deadlock a location
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static GMutex a;
static gsize location;
static volatile int inside;
static volatile int tid;

static gpointer first(gpointer arg)
{
	if (g_once_init_enter(&location)) {
		inside = 1;
		wait_asleep(&tid);
		g_mutex_lock(&a);
		g_once_init_leave(&location, 1);
	}
	return arg;
}

static gpointer under(gpointer arg)
{
	g_mutex_lock(&a);
	while (!inside)
		sched_yield();
	tid = my_tid();
	if (g_once_init_enter(&location))
		g_once_init_leave(&location, 1);
	g_mutex_unlock(&a);
	return arg;
}

int main(void)
{
	GThread *t = g_thread_new("first", first, NULL), *u = g_thread_new("under", under, NULL);
	g_thread_join(t);
	g_thread_join(u);
}
