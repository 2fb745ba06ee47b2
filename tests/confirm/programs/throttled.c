/*
 * A semaphore lets two of the four threads work at a time.
 * CAN: two may work at a time, and two close the cycle.
 */
#include "scene.h"

MUTEX(a);
MUTEX(b);
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)
static sem_t permits;

static void work(scene_part part)
{
	for (int i = 0; i < 5; i++) {
		sem_wait(&permits);
		part();
		sem_post(&permits);
		ms(0.5);
	}
}

static void forwards(void)
{
	work(a_b);
}

static void backwards(void)
{
	ms(10);
	work(b_a);
}

int main(void)
{
	sem_init(&permits, 0, 2);
	side_by_side(forwards, forwards, forwards, backwards);
}
