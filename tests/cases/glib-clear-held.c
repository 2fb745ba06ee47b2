/*
 * A GRecMutex and a GRWLock are cleared while they are held, and a GMutex, for which GLib ends the
 * program.
 * EXPECT: destroy-held r
 * EXPECT: destroy-held w
 * EXPECT: destroy-held a
 * EXPECT-STACK: ends, takes
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static GMutex a;
static GRecMutex r;
static GRWLock w;

static void takes(void)
{
	g_mutex_lock(&a);
	g_rec_mutex_lock(&r);
	g_rw_lock_writer_lock(&w);
}

static void ends(void)
{
	g_rec_mutex_clear(&r);
	g_rw_lock_clear(&w);
	g_mutex_clear(&a);
}

int main(void)
{
	case_outlives_abort();
	takes();
	ends();
}
