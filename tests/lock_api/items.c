/*
 * items.c — locks of a cache: a table of pthread mutexes that is indexed by a hash, as in
 * memcached. The value of the argument is the lock; the mutex inside is hidden behind it.
 *
 * RUN: right nothing
 * RUN: order lock-order: item 1, item 2
 * RUN: hang deadlock: item 1, item 2
 * RUN: again self-deadlock: item 1
 * RUN: tried nothing
 * RUN: other nothing
 */
#include "turn.h"

#include <stdint.h>
#include <stdlib.h>

enum { POWER = 13 };
static pthread_mutex_t item_locks[1 << POWER];

CALLED void item_lock(uint32_t hv)
{
	pthread_mutex_lock(&item_locks[hv & ((1 << POWER) - 1)]);
}

/* The lock that was acquired, or NULL. */
CALLED void *item_trylock(uint32_t hv)
{
	pthread_mutex_t *lock = &item_locks[hv & ((1 << POWER) - 1)];

	return pthread_mutex_trylock(lock) == 0 ? lock : NULL;
}

CALLED void item_unlock(uint32_t hv)
{
	pthread_mutex_unlock(&item_locks[hv & ((1 << POWER) - 1)]);
}

static void both(uint32_t first, uint32_t second)
{
	item_lock(first);
	turn();
	item_lock(second);
	item_unlock(second);
	item_unlock(first);
}

static void forward(void)
{
	both(1, 2);
}

/* The same two locks: only the lower 13 bits count. */
static void backward(void)
{
	both(2 | 1 << POWER, 1);
}

static void try_backward(void)
{
	item_lock(2);
	if (item_trylock(1))
		item_unlock(1);
	item_unlock(2);
}

static void release(void)
{
	item_unlock(1);
}

static void nothing(void)
{
}

int main(int argc, char **argv)
{
	if (is_run(argc, argv, "order"))
		in_turn(forward, backward);
	if (is_run(argc, argv, "hang"))
		at_once(forward, backward);
	if (is_run(argc, argv, "right"))
		in_turn(forward, forward);
	if (is_run(argc, argv, "tried"))
		in_turn(forward, try_backward);
	if (is_run(argc, argv, "again"))
		both(1, 1);
	if (is_run(argc, argv, "other")) {
		item_lock(1);
		in_turn(release, nothing);
	}
	return 0;
}
