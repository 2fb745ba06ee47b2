/*
 * Bits of words as locks, in memory that is allocated anew each time, in both orders: each is a new
 * lock. GLib has no call that says so.
 * EXPECT: nothing
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

enum { APART = 16 };

static void *locks(void *order)
{
	for (int i = 0; i < 50; i++) {
		int *words = calloc(2 * APART, sizeof(int));
		int *first = words + (order ? APART : 0), *second = words + (order ? 0 : APART);
		g_bit_lock(first, 0);
		g_bit_lock(second, 0);
		g_bit_unlock(second, 0);
		g_bit_unlock(first, 0);
		free(words);
	}
	return NULL;
}

static void one(void)
{
	locks(NULL);
}

static void other(void)
{
	locks((void *)1);
}

int main(void)
{
	in_turn(one, other);
}
