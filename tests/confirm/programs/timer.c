/*
 * A thread waits on a semaphore for the other one, and a timer's handler posts, too.
 * CAN: the timer posts after 400 ms, whatever the other thread holds then.
 */
#include "scene.h"

#include <signal.h>

MUTEX(a);
MUTEX(b);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)
static sem_t go;
static timer_t timer;

static void on_signal(int signal)
{
	(void)signal;
	sem_post(&go);
}

static void first(void)
{
	a_b();
	sem_post(&go);
}

static void second(void)
{
	while (sem_wait(&go))
		;
	timer_delete(timer);
	b_a();
}

int main(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	struct itimerspec at = {.it_value = {0, 400000000}};

	sem_init(&go, 0, 0);
	sigaction(SIGUSR1, &action, NULL);
	timer_create(CLOCK_MONOTONIC, &event, &timer);
	timer_settime(timer, 0, &at, NULL);
	side_by_side(first, second);
}
