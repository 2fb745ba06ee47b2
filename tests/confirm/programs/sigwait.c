/*
 * A thread waits for a signal that the other one sends.
 * CANNOT: it is sent after the locks are released.
 * NEAR CAN: it is sent before they are acquired.
 */
#include "scene.h"
#include <signal.h>

MUTEX(a);
MUTEX(b);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)
static pthread_t waiter;
static sigset_t usr1;

static void first(void)
{
	ms(1);
#ifdef NEAR
	pthread_kill(waiter, SIGUSR1);
	a_b();
#else
	a_b();
	pthread_kill(waiter, SIGUSR1);
#endif
}

static void *second(void *arg)
{
	int number;

	sigwait(&usr1, &number);
#ifdef NEAR
	ms(4);
#endif
	b_a();
	return arg;
}

int main(void)
{
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &usr1, NULL);
	pthread_create(&waiter, NULL, second, NULL);
	side_by_side(first);
	pthread_join(waiter, NULL);
}
