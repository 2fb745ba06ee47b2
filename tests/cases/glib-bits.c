/*
 * Two bits of one word are two locks, and so are bits of pointers.
 * EXPECT: lock-order word:bit0 word:bit7
 * EXPECT: lock-order a pointer:bit1
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static gint word;
static gpointer pointer;
static GMutex a;

static void forward(void)
{
	g_bit_lock(&word, 0);
	g_bit_lock(&word, 7);
	g_bit_unlock(&word, 7);
	g_bit_unlock(&word, 0);
	g_pointer_bit_lock(&pointer, 1);
	g_mutex_lock(&a);
	g_mutex_unlock(&a);
	g_pointer_bit_unlock(&pointer, 1);
}

static void backward(void)
{
	g_bit_lock(&word, 7);
	g_bit_lock(&word, 0);
	g_bit_unlock(&word, 0);
	g_bit_unlock(&word, 7);
	g_mutex_lock(&a);
	g_pointer_bit_lock(&pointer, 1);
	g_pointer_bit_unlock(&pointer, 1);
	g_mutex_unlock(&a);
}

int main(void)
{
	in_turn(forward, backward);
}
