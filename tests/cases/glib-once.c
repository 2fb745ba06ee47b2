/*
 * The functions of g_once and g_once_init_enter acquire a lock; elsewhere they are called while it
 * is held.
 * EXPECT: lock-order a location
 * EXPECT: lock-order a once
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static GMutex a;
static GOnce once = G_ONCE_INIT;
static gsize location;

static gpointer initialise(gpointer arg)
{
	g_mutex_lock(&a);
	g_mutex_unlock(&a);
	return arg;
}

static void first(void)
{
	g_once(&once, initialise, &a);
	if (g_once_init_enter(&location)) {
		initialise(NULL);
		g_once_init_leave(&location, 3);
	}
}

/* g_once and g_once_init_enter test in the caller's code whether all is done; the functions need
 * not. */
static void under(void)
{
	g_mutex_lock(&a);
	g_once_impl(&once, initialise, &a);
	(g_once_init_enter)(&location);
	g_mutex_unlock(&a);
}

int main(void)
{
	in_turn(first, under);
}
