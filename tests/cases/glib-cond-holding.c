/*
 * A thread waits on a GCond while it holds another lock, which the signaller also acquires.
 * EXPECT: cond-wait-holding b
 * EXPECT-STACK: signals, waits
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static GMutex a, b;
static GCond c;
static volatile int waiting, gone_on;

static gpointer signals(gpointer arg)
{
	g_mutex_lock(&b);
	g_mutex_unlock(&b);
	meet(2);
	while (!waiting)
		sched_yield();
	g_mutex_lock(&a); /* acquired only when the other thread waits */
	gone_on = 1;
	g_cond_signal(&c);
	g_mutex_unlock(&a);
	return arg;
}

static gpointer waits(gpointer arg)
{
	meet(2);
	g_mutex_lock(&b);
	g_mutex_lock(&a);
	waiting = 1;
	while (!gone_on)
		g_cond_wait(&c, &a);
	g_mutex_unlock(&a);
	g_mutex_unlock(&b);
	return arg;
}

int main(void)
{
	GThread *t = g_thread_new("signals", signals, NULL),
		*u = g_thread_new("waits", waits, NULL);
	g_thread_join(t);
	g_thread_join(u);
}
