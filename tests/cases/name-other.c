/*
 * A name belongs to the lock to which it was given: a mutex at the address of a destroyed lock does
 * not inherit the name, whether that was a home-made lock or a mutex.
 * EXPECT: lock-order a b
 * FLAGS: -Ilibcheck
 */
#include "case.h"
#include "lockhound.h"

static pthread_mutex_t a, b;

IN_ORDER(abba, a, b)
IN_ORDER(baab, b, a)

int main(void)
{
	lockhound_name(&a, "mine");
	lockhound_got(&a, 0);
	lockhound_gives(&a);
	lockhound_ends(&a);
	pthread_mutex_init(&b, NULL);
	lockhound_name(&b, "before");
	lock(&b);
	unlock(&b);
	pthread_mutex_destroy(&b);
	pthread_mutex_init(&a, NULL);
	pthread_mutex_init(&b, NULL);
	in_turn(abba, baab);
	return 0;
}
