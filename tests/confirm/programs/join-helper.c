/*
 * A helper thread joins the first thread, and then tells the second.
 * CANNOT: the second waits for the helper, and the helper for the first.
 * NEAR CAN: the helper tells the second before it joins.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
EVENT(joined);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)
static pthread_t first_thread;

static void *first(void *arg)
{
	a_b();
	return arg;
}

static void helper(void)
{
#ifdef NEAR
	raise_event(&joined);
#endif
	pthread_join(first_thread, NULL);
#ifndef NEAR
	raise_event(&joined);
#endif
}

static void second(void)
{
	await_event(&joined, 1);
	ms(4);
	b_a();
}

int main(void)
{
	pthread_create(&first_thread, NULL, first, NULL);
	side_by_side(helper, second);
}
