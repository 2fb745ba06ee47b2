/*
 * A GMutex, a GRecMutex and a GRWLock are released by another thread than the one that locked.
 * (GLib's GRecMutex is a recursive pthread mutex, which refuses; GLib does not say so.)
 * EXPECT: unlock-not-owner a
 * EXPECT: unlock-not-owner r
 * EXPECT: unlock-not-owner w
 * EXPECT-STACK: gives
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static GMutex a;
static GRecMutex r;
static GRWLock w;

static void gives(void)
{
	g_mutex_unlock(&a);
	g_rec_mutex_unlock(&r);
	g_rw_lock_writer_unlock(&w);
}

int main(void)
{
	g_mutex_lock(&a);
	g_rec_mutex_lock(&r);
	g_rw_lock_writer_lock(&w);
	in_thread(gives);
}
