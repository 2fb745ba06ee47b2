/*
 * A bounded buffer with two semaphores: the producer uses two locks before it puts an item, the
 * consumer uses them the other way round before it makes room for the next one.
 * CANNOT: the buffer has one place, and the producer waits for it first.
 * NEAR CAN: the producer does not wait before its first item.
 */
#include "scene.h"

enum { ITEMS = 6 };

MUTEX(a);
MUTEX(b);
static sem_t places, items;
IN_ORDER(a_b, a, b)
IN_ORDER(b_a, b, a)

static void produce(void)
{
	for (int i = 0; i < ITEMS; i++) {
#ifdef NEAR
		if (i > 0)
#endif
			sem_wait(&places);
		a_b();
		sem_post(&items);
		ms(0.2);
	}
}

static void consume(void)
{
	for (int i = 0; i < ITEMS; i++) {
		sem_wait(&items);
		ms(0.5);
		b_a();
		sem_post(&places);
	}
}

int main(void)
{
	sem_init(&places, 0, 1);
	sem_init(&items, 0, 0);
	side_by_side(produce, consume);
}
