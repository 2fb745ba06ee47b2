/*
 * Waits on GConds that are right: only the mutex of the condition is held, or the wait has a limit;
 * the mutex is free during the wait, and held after it.
 * EXPECT: nothing
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static GMutex a, b;
static GCond c;
static volatile int waiting, given;

static gpointer gives(gpointer arg)
{
	for (int i = 0; i < 20; i++) {
		while (!waiting)
			sched_yield();
		g_mutex_lock(&a);
		g_mutex_lock(&b); /* under the condition's mutex, as nowhere else */
		g_mutex_unlock(&b);
		waiting = 0;
		given = 1;
		i % 2 ? g_cond_signal(&c) : g_cond_broadcast(&c);
		g_mutex_unlock(&a);
	}
	return arg;
}

int main(void)
{
	GThread *t = g_thread_new("gives", gives, NULL);

	for (int i = 0; i < 20; i++) {
		g_mutex_lock(&a);
		waiting = 1;
		while (!given)
			g_cond_wait(&c, &a);
		given = 0;
		g_mutex_unlock(&a);
	}
	g_thread_join(t);
	g_mutex_lock(&a);
	g_mutex_lock(&b);
	if (g_cond_wait_until(&c, &b, g_get_monotonic_time() + 2000))
		return 1;
	g_mutex_unlock(&b);
	GTimeVal soon;
	g_get_current_time(&soon);
	g_time_val_add(&soon, 2000);
	if (g_cond_timed_wait(&c, &a, &soon))
		return 1;
	g_mutex_unlock(&a);
}
