/*
 * GLib's locks in one order, and in the other order under a gate or by a try.
 * EXPECT: nothing
 * EXPECT-FILTERED: gate a b
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static GMutex a, b, c, d, gate, e, f;
static GRecMutex r;

static void forward(void)
{
	for (int i = 0; i < 2; i++) {
		g_mutex_lock(&gate);
		g_mutex_lock(&a);
		g_mutex_lock(&b);
		g_mutex_unlock(&b);
		g_mutex_unlock(&a);
		g_mutex_unlock(&gate);
		g_mutex_lock(&c);
		g_mutex_lock(&d);
		g_mutex_unlock(&d);
		g_mutex_unlock(&c);
		g_mutex_lock(&e);
		g_mutex_lock(&f);
		g_mutex_unlock(&e); /* not the last one first */
		g_mutex_unlock(&f);
	}
}

static void backward(void)
{
	g_mutex_lock(&gate);
	g_mutex_lock(&b);
	g_mutex_lock(&a);
	g_mutex_unlock(&a);
	g_mutex_unlock(&b);
	g_mutex_unlock(&gate);
	g_mutex_lock(&d);
	if (g_mutex_trylock(&c))
		g_mutex_unlock(&c);
	g_mutex_unlock(&d);
	g_rec_mutex_lock(&r);
	g_mutex_lock(&a);
	g_rec_mutex_lock(&r); /* again: no order of its own */
	g_rec_mutex_unlock(&r);
	g_mutex_unlock(&a);
	if (g_rec_mutex_trylock(&r))
		g_rec_mutex_unlock(&r);
	g_rec_mutex_unlock(&r);
}

int main(void)
{
	in_turn(forward, backward);
}
