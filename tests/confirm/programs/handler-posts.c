/*
 * A thread waits on a semaphore for the other one, and another process may send a signal, whose
 * handler posts.
 * CAN: the signal comes after 400 ms, whatever the thread holds then.
 */
#include "scene.h"

#include <signal.h>

MUTEX(a);
MUTEX(b);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)
static sem_t go;
static pid_t child;

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
	kill(child, SIGKILL);
	b_a();
}

int main(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	sem_init(&go, 0, 0);
	sigaction(SIGUSR1, &action, NULL);
	child = fork();
	if (child == 0) {
		ms(400);
		kill(getppid(), SIGUSR1);
		_exit(0);
	}
	side_by_side(first, second);
	waitpid(child, NULL, 0);
}
