/*
 * The macros and inline functions of the headers: G_LOCK, G_TRYLOCK, lockers with g_autoptr.
 * EXPECT: lock-order a g__global_lock
 * EXPECT: lock-order a r
 * EXPECT: lock-order a w
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static GMutex a;
static GRecMutex r;
static GRWLock w;
G_LOCK_DEFINE_STATIC(global);

static void a_last(void)
{
	G_LOCK(global);
	g_mutex_lock(&a);
	g_mutex_unlock(&a);
	G_UNLOCK(global);
	{
		g_autoptr(GRecMutexLocker) l = g_rec_mutex_locker_new(&r);
		g_autoptr(GMutexLocker) m = g_mutex_locker_new(&a);
		(void)l, (void)m;
	}
	{
		g_autoptr(GRWLockWriterLocker) l = g_rw_lock_writer_locker_new(&w);
		g_autoptr(GMutexLocker) m = g_mutex_locker_new(&a);
		(void)l, (void)m;
	}
}

static void a_first(void)
{
	g_autoptr(GMutexLocker) m = g_mutex_locker_new(&a);
	G_LOCK(global);
	G_UNLOCK(global);
	if (G_TRYLOCK(global))
		G_UNLOCK(global);
	g_rec_mutex_locker_free(g_rec_mutex_locker_new(&r));
	g_rw_lock_reader_locker_free(g_rw_lock_reader_locker_new(&w));
	(void)m;
}

int main(void)
{
	in_turn(a_last, a_first);
}
