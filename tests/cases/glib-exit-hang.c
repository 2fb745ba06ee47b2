/*
 * Threads end while they hold a GMutex and a GRecMutex, and another thread waits for each.
 * EXPECT: exit-holding a
 * EXPECT: exit-holding r
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static GMutex a;
static GRecMutex r;

static gpointer forgets(gpointer arg)
{
	if (arg)
		g_mutex_lock(&a);
	else
		g_rec_mutex_lock(&r);
	return arg;
}

static gpointer waits(gpointer arg)
{
	if (arg)
		g_mutex_lock(&a);
	else
		g_rec_mutex_lock(&r);
	return arg;
}

int main(void)
{
	g_thread_join(g_thread_new("forgets", forgets, &a));
	g_thread_join(g_thread_new("forgets", forgets, NULL));
	GThread *t = g_thread_new("waits", waits, &a), *u = g_thread_new("waits", waits, NULL);
	g_thread_join(t);
	g_thread_join(u);
}
