/*
 * Two threads run at the same time and wait for each other: a GMutex and a GRecMutex.
 * EXPECT: deadlock a b
 * EXPECT-STACK: a_b, b_a
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static GMutex a;
static GRecMutex b;

static gpointer a_b(gpointer arg)
{
	g_mutex_lock(&a);
	meet(2);
	g_rec_mutex_lock(&b);
	return arg;
}

static gpointer b_a(gpointer arg)
{
	g_rec_mutex_lock(&b);
	meet(2);
	g_mutex_lock(&a);
	return arg;
}

int main(void)
{
	GThread *t = g_thread_new("left", a_b, NULL), *u = g_thread_new("right", b_a, NULL);
	g_thread_join(t);
	g_thread_join(u);
}
