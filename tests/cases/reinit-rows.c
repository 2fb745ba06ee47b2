/*
 * The rows of many short-lived locks are reused: two locks that get such rows are still found in
 * both orders.
 * EXPECT: lock-order a b
 */
#include "case.h"

enum { MANY = 200 };
MUTEX(a);
MUTEX(b);
static pthread_mutex_t many[MANY];

static void come_and_go(void)
{
	for (int turn = 0; turn < 2; turn++) {
		for (int i = 0; i < MANY; i++) {
			pthread_mutex_init(&many[i], NULL);
			lock(&a);
			lock(&many[i]);
			unlock(&many[i]);
			unlock(&a);
		}
		for (int i = 0; i < MANY; i++)
			pthread_mutex_destroy(&many[i]);
	}
}

IN_ORDER(ba, b, a)
IN_ORDER(ab, a, b)

int main(void)
{
	in_turn(come_and_go, ba, come_and_go, ab);
	return 0;
}
