/*
 * Readers of a GRWLock share it: read locks in a cycle, inside each other and in several threads.
 * EXPECT: nothing
 * EXPECT-FILTERED: readers a w
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static GRWLock w, v;
static GMutex a;

static void w_a(void)
{
	g_rw_lock_reader_lock(&w);
	g_rw_lock_reader_lock(&w);
	g_mutex_lock(&a);
	g_mutex_unlock(&a);
	if (g_rw_lock_reader_trylock(&v))
		g_rw_lock_reader_unlock(&v);
	if (g_rw_lock_writer_trylock(&v))
		g_rw_lock_writer_unlock(&v);
	g_rw_lock_reader_unlock(&w);
	g_rw_lock_reader_unlock(&w);
}

static void a_w(void)
{
	g_mutex_lock(&a);
	g_rw_lock_reader_lock(&w);
	g_rw_lock_reader_unlock(&w);
	g_mutex_unlock(&a);
}

int main(void)
{
	in_turn(w_a, a_w);
}
