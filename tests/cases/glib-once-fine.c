/*
 * No lock is held around the initializers, or the one that they acquire is acquired afterwards.
 * EXPECT: nothing
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static GMutex a, b;
static GOnce once = G_ONCE_INIT, other = G_ONCE_INIT;
static gsize location;

static gpointer nothing(gpointer arg)
{
	return arg;
}

/* The initializer of one may use another. */
static gpointer initialise(gpointer arg)
{
	g_mutex_lock(&a);
	g_mutex_unlock(&a);
	return g_once(&other, nothing, arg);
}

static void uses(void)
{
	g_once(&once, initialise, &a);
	if (g_once_init_enter(&location)) {
		g_mutex_lock(&a);
		g_mutex_unlock(&a);
		g_once_init_leave(&location, 1);
	}
	g_mutex_lock(&a);
	g_mutex_unlock(&a);
	g_mutex_lock(&b);
	g_once(&once, initialise, &a);
	if (g_once_init_enter(&location))
		g_once_init_leave(&location, 1);
	g_mutex_unlock(&b);
}

int main(void)
{
	in_turn(uses, uses, uses);
}
