/*
 * One bit at a time, in one order, and by tries.
 * EXPECT: nothing
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static gint word;
static gpointer pointer;
static GMutex a;

static void forward(void)
{
	for (int bit = 0; bit < 32; bit++) {
		g_bit_lock(&word, bit);
		g_bit_unlock(&word, bit);
	}
	g_bit_lock(&word, 0);
	g_bit_lock(&word, 31);
	g_bit_unlock(&word, 31);
	g_bit_unlock(&word, 0);
	g_pointer_bit_lock(&pointer, 0);
	g_mutex_lock(&a);
	g_mutex_unlock(&a);
	g_pointer_bit_unlock(&pointer, 0);
}

static void other_bit(void)
{
	g_mutex_lock(&a);
	g_pointer_bit_lock(&pointer, 1);
	g_pointer_bit_unlock(&pointer, 1);
	g_mutex_unlock(&a);
	g_bit_lock(&word, 31);
	if (g_bit_trylock(&word, 0))
		g_bit_unlock(&word, 0);
	g_bit_unlock(&word, 31);
}

int main(void)
{
	in_turn(forward, other_bit);
}
