/*
 * Cycles of a GLib lock and a pthread lock, of each kind and in both directions; and one through
 * four kinds.
 * EXPECT: lock-order a m
 * EXPECT: lock-order m rec
 * EXPECT: lock-order m rw
 * EXPECT: lock-order s t u v
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static GMutex a, s;
static GRecMutex rec, u;
static GRWLock rw, v;
MUTEX(m);
MUTEX(t);

static void glib_first(void)
{
	g_mutex_lock(&a);
	lock(&m);
	unlock(&m);
	g_mutex_unlock(&a);
	g_rec_mutex_lock(&rec);
	g_rec_mutex_lock(&rec);
	lock(&m);
	unlock(&m);
	g_rec_mutex_unlock(&rec);
	g_rec_mutex_unlock(&rec);
	g_rw_lock_reader_lock(&rw);
	lock(&m);
	unlock(&m);
	g_rw_lock_reader_unlock(&rw);
}

static void pthread_first(void)
{
	lock(&m);
	g_mutex_lock(&a);
	g_mutex_unlock(&a);
	g_rec_mutex_lock(&rec);
	g_rec_mutex_unlock(&rec);
	g_rw_lock_writer_lock(&rw);
	g_rw_lock_writer_unlock(&rw);
	unlock(&m);
}

static void s_t(void)
{
	g_mutex_lock(&s);
	lock(&t);
	unlock(&t);
	g_mutex_unlock(&s);
}

static void t_u(void)
{
	lock(&t);
	g_rec_mutex_lock(&u);
	g_rec_mutex_unlock(&u);
	unlock(&t);
}

static void u_v(void)
{
	g_rec_mutex_lock(&u);
	g_rw_lock_writer_lock(&v);
	g_rw_lock_writer_unlock(&v);
	g_rec_mutex_unlock(&u);
}

static void v_s(void)
{
	g_rw_lock_writer_lock(&v);
	g_mutex_lock(&s);
	g_mutex_unlock(&s);
	g_rw_lock_writer_unlock(&v);
}

int main(void)
{
	in_turn(glib_first, pthread_first, s_t, t_u, u_v, v_s);
}
