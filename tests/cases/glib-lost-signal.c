/*
 * The signal comes before the wait, whose thread tests no flag; main joins it.
 * EXPECT: lost-signal <thread>
 * EXPECT-STACK: waits, main
 * OPTIONS: --lost-signal=100ms
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static GMutex m;
static GCond c;

static gpointer signals(gpointer arg)
{
	g_mutex_lock(&m);
	g_cond_signal(&c);
	g_mutex_unlock(&m);
	return arg;
}

static gpointer waits(gpointer arg)
{
	g_mutex_lock(&m);
	g_cond_wait(&c, &m);
	g_mutex_unlock(&m);
	return arg;
}

int main(void)
{
	g_thread_join(g_thread_new("signals", signals, NULL));
	g_thread_join(g_thread_new("waits", waits, NULL));
}
