/*
 * Two orders of two GMutexes in GThreads of which one is joined before the other begins.
 * EXPECT: nothing
 * EXPECT-FILTERED: ordered a b
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static GMutex a, b;

G_IN_ORDER(a_b, &a, &b)
G_IN_ORDER(b_a, &b, &a)

static gpointer forward(gpointer arg)
{
	a_b();
	return arg;
}

static gpointer backward(gpointer arg)
{
	b_a();
	return arg;
}

int main(void)
{
	g_thread_join(g_thread_new("forward", forward, NULL));
	g_thread_join(g_thread_new("backward", backward, NULL));
}
