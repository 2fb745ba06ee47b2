/*
 * The calls of before GLib 2.32, which are still there: g_mutex_new, GStaticMutex, GStaticRecMutex,
 * GStaticRWLock.
 * EXPECT: lock-order <unnamed> rec
 * EXPECT: lock-order rec rw
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static GStaticMutex m = G_STATIC_MUTEX_INIT;
static GStaticRecMutex rec = G_STATIC_REC_MUTEX_INIT;
static GStaticRWLock rw = G_STATIC_RW_LOCK_INIT;

static void forward(void)
{
	g_static_mutex_lock(&m);
	g_static_rec_mutex_lock(&rec);
	g_static_rec_mutex_lock(&rec);
	g_static_rec_mutex_unlock(&rec);
	g_static_rw_lock_writer_lock(&rw);
	g_static_rw_lock_writer_unlock(&rw);
	g_static_rec_mutex_unlock(&rec);
	g_static_mutex_unlock(&m);
}

static void backward(void)
{
	g_static_rw_lock_reader_lock(&rw);
	g_static_rec_mutex_lock_full(&rec, 3);
	if (g_static_mutex_trylock(&m))
		g_static_mutex_unlock(&m);
	g_static_mutex_lock(&m);
	g_static_mutex_unlock(&m);
	if (g_static_rec_mutex_unlock_full(&rec) != 3)
		exit(1);
	g_static_rw_lock_reader_unlock(&rw);
}

int main(void)
{
	in_turn(forward, backward);
	g_static_mutex_free(&m);
	g_static_rec_mutex_free(&rec);
	g_static_rw_lock_free(&rw);
}
