/*
 * Locks at one address, one after the other, in both orders with another lock: each is a new lock
 * after g_mutex_init, after g_mutex_clear, after g_mutex_new, after g_mutex_free; so is one in a
 * new object.
 * EXPECT: nothing
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static GMutex b, x;
static GRecMutex r;
static GRWLock w;

static void x_b(void)
{
	GMutex *n = g_mutex_new();

	g_mutex_init(&x);
	g_rec_mutex_init(&r);
	g_rw_lock_init(&w);
	g_mutex_lock(&x);
	g_rec_mutex_lock(&r);
	g_rw_lock_writer_lock(&w);
	g_mutex_lock(n);
	g_mutex_lock(&b);
	g_mutex_unlock(&b);
	g_mutex_unlock(n);
	g_rw_lock_writer_unlock(&w);
	g_rec_mutex_unlock(&r);
	g_mutex_unlock(&x);
	g_rw_lock_clear(&w);
	g_rec_mutex_clear(&r);
	g_mutex_clear(&x);
	g_mutex_free(n);
}

static void b_x(void)
{
	GMutex *n = g_mutex_new();

	g_mutex_init(&x);
	g_rec_mutex_init(&r);
	g_rw_lock_init(&w);
	g_mutex_lock(&b);
	g_mutex_lock(n);
	g_rw_lock_writer_lock(&w);
	g_rec_mutex_lock(&r);
	g_mutex_lock(&x);
	g_mutex_unlock(&x);
	g_rec_mutex_unlock(&r);
	g_rw_lock_writer_unlock(&w);
	g_mutex_unlock(n);
	g_mutex_unlock(&b);
	g_rw_lock_clear(&w);
	g_rec_mutex_clear(&r);
	g_mutex_clear(&x);
	g_mutex_free(n);
}

/* Cleared, and never initialized: a static lock in a memory that is used again. */
static void cleared_x_b(void)
{
	g_mutex_lock(&x);
	g_mutex_lock(&b);
	g_mutex_unlock(&b);
	g_mutex_unlock(&x);
	g_mutex_clear(&x);
}

static void cleared_b_x(void)
{
	g_mutex_lock(&b);
	g_mutex_lock(&x);
	g_mutex_unlock(&x);
	g_mutex_unlock(&b);
	g_mutex_clear(&x);
}

int main(void)
{
	in_turn(x_b, b_x, x_b, cleared_x_b, cleared_b_x);
}
