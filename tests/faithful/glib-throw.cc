/*
 * glib-throw.cc — exceptions through the functions of g_once and through guards that hold GLib's
 * locks.
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include <glib.h>

#include "observe.h"

#include <stdexcept>

static GMutex a, b;
static GRecMutex r;
static GOnce once = G_ONCE_INIT;

struct Guard {
	Guard()
	{
		g_mutex_lock(&a);
		g_rec_mutex_lock(&r);
	}
	~Guard()
	{
		g_rec_mutex_unlock(&r);
		g_mutex_unlock(&a);
	}
};

static gpointer throws(gpointer arg)
{
	Guard guard;
	if (arg)
		throw std::runtime_error("from the initializer");
	return arg;
}

int main()
{
	observe("start");
	for (int i = 0; i < 3; i++) {
		try {
			throws(&a);
		} catch (const std::exception &e) {
			say("%s\n", e.what());
		}
	}
	try {
		g_once(&once, throws, &a);
	} catch (const std::exception &e) {
		say("%s, status %d\n", e.what(), (int)once.status);
	}
	for (int i = 0; i < 3; i++) {
		Guard guard;
		g_mutex_lock(&b);
		g_mutex_unlock(&b);
	}
	show(g_mutex_trylock(&a));
	g_mutex_unlock(&a);
	observe("end");
	return 0;
}
