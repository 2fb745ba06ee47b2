/*
 * changed.c — the compiler knows that `take` always gets the same lock, and removes the parameter:
 * gcc under another name, clang under the same.
 */
#include "turn.h"

static int word, other;

static __attribute__((noinline)) void take(int *o)
{
	while (__atomic_exchange_n(o, 1, __ATOMIC_ACQUIRE))
		usleep(10);
}

CALLED static void give(int *o)
{
	__atomic_store_n(o, 0, __ATOMIC_RELEASE);
}

int main(int argc, char **argv)
{
	(void)argv;
	take(&word);
	if (argc > 1)
		take(&word);
	give(argc > 1 ? &other : &word);
	return 0;
}
