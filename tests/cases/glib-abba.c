/*
 * Two GMutexes in two orders: static ones that no call initializes.
 * EXPECT: lock-order a b
 * EXPECT-STACK: a_b, b_a
 * FLAGS: -isystem /usr/include/glib-2.0 -lglib-2.0
 * FLAGS: -isystem /usr/lib/x86_64-linux-gnu/glib-2.0/include
 */
#include "glib_case.h"

static GMutex a, b;

G_IN_ORDER(a_b, &a, &b)
G_IN_ORDER(b_a, &b, &a)

int main(void)
{
	in_turn(a_b, b_a);
}
