/*
 * A GThread ends by g_thread_exit while it holds locks.
 * EXPECT: exit-holding a r
 * EXPECT-STACK: forgets
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static GMutex a;
static GRecMutex r;

static gpointer forgets(gpointer arg)
{
	g_mutex_lock(&a);
	g_rec_mutex_lock(&r);
	g_thread_exit(arg);
	return arg;
}

int main(void)
{
	g_thread_join(g_thread_new("forgets", forgets, NULL));
}
