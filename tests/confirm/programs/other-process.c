/*
 * A thread waits on a semaphore for the other one, and another process posts, too.
 * CAN: the other process posts after 400 ms, whatever the thread holds then.
 */
#include "scene.h"

#include <signal.h>
#include <sys/mman.h>

MUTEX(a);
MUTEX(b);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)
static sem_t *go;
static pid_t child;

static void first(void)
{
	a_b();
	sem_post(go);
}

static void second(void)
{
	sem_wait(go);
	kill(child, SIGKILL);
	b_a();
}

int main(void)
{
	go = mmap(NULL, sizeof(*go), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	sem_init(go, 1, 0);
	child = fork();
	if (child == 0) {
		ms(400);
		sem_post(go);
		_exit(0);
	}
	side_by_side(first, second);
	waitpid(child, NULL, 0);
}
