/*
 * spin.c — spin locks, readers and writers, times and tries by hand: no call of a library inside.
 * The functions are static, and one has the lock as its second argument.
 *
 * RUN: right nothing
 * RUN: order lock-order: a, b
 * RUN: hang deadlock: a, b
 * RUN: tried nothing
 * RUN: timed nothing
 * RUN: readers nothing
 * RUN: writer lock-order: a, table
 * RUN: world lock-order: a, world
 */
#include "turn.h"

#include <time.h>

struct spin {
	int word;
};

struct rw {
	int readers; /* -1: a writer */
};

static struct spin a, b;
static struct rw table;
static int world;

CALLED static void spin_lock(struct spin *s)
{
	while (__atomic_exchange_n(&s->word, 1, __ATOMIC_ACQUIRE))
		;
}

CALLED static int spin_try(struct spin *s)
{
	return __atomic_exchange_n(&s->word, 1, __ATOMIC_ACQUIRE) == 0;
}

/* -1: not acquired in time. */
CALLED static int spin_timed(int ms, struct spin *s)
{
	for (; ms > 0; ms--) {
		if (!__atomic_exchange_n(&s->word, 1, __ATOMIC_ACQUIRE))
			return ms;
		usleep(1000);
	}
	return -1;
}

CALLED static void spin_unlock(struct spin *s)
{
	__atomic_store_n(&s->word, 0, __ATOMIC_RELEASE);
}

CALLED static void rw_read(struct rw *r)
{
	for (int n = 0;;) {
		n = __atomic_load_n(&r->readers, __ATOMIC_RELAXED);
		if (n >= 0 && __atomic_compare_exchange_n(&r->readers, &n, n + 1, 0,
							  __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return;
	}
}

CALLED static int rw_try_read(struct rw *r)
{
	int n = __atomic_load_n(&r->readers, __ATOMIC_RELAXED);

	return n >= 0 && __atomic_compare_exchange_n(&r->readers, &n, n + 1, 0, __ATOMIC_ACQUIRE,
						     __ATOMIC_RELAXED);
}

CALLED static void rw_write(struct rw *r)
{
	int n = 0;

	while (!__atomic_compare_exchange_n(&r->readers, &n, -1, 0, __ATOMIC_ACQUIRE,
					    __ATOMIC_RELAXED))
		n = 0;
}

CALLED static void rw_unlock(struct rw *r)
{
	if (__atomic_load_n(&r->readers, __ATOMIC_RELAXED) < 0)
		__atomic_store_n(&r->readers, 0, __ATOMIC_RELEASE);
	else
		__atomic_fetch_sub(&r->readers, 1, __ATOMIC_RELEASE);
}

CALLED static void world_lock(void)
{
	while (__atomic_exchange_n(&world, 1, __ATOMIC_ACQUIRE))
		usleep(10);
}

CALLED static void world_unlock(void)
{
	__atomic_store_n(&world, 0, __ATOMIC_RELEASE);
}

static void forward(void)
{
	spin_lock(&a);
	turn();
	spin_lock(&b);
	spin_unlock(&b);
	spin_unlock(&a);
}

static void backward(void)
{
	spin_lock(&b);
	turn();
	spin_lock(&a);
	spin_unlock(&a);
	spin_unlock(&b);
}

static void try_backward(void)
{
	spin_lock(&b);
	if (spin_try(&a))
		spin_unlock(&a);
	spin_unlock(&b);
}

static void timed_backward(void)
{
	spin_lock(&b);
	turn();
	if (spin_timed(20, &a) >= 0)
		spin_unlock(&a);
	spin_unlock(&b);
}

static void read_first(void)
{
	rw_read(&table);
	spin_lock(&a);
	spin_unlock(&a);
	rw_unlock(&table);
}

static void read_second(void)
{
	spin_lock(&a);
	if (rw_try_read(&table))
		rw_unlock(&table);
	rw_read(&table);
	rw_unlock(&table);
	spin_unlock(&a);
}

static void write_second(void)
{
	spin_lock(&a);
	rw_write(&table);
	rw_unlock(&table);
	spin_unlock(&a);
}

static void world_first(void)
{
	world_lock();
	spin_lock(&a);
	spin_unlock(&a);
	world_unlock();
}

static void world_second(void)
{
	spin_lock(&a);
	world_lock();
	world_unlock();
	spin_unlock(&a);
}

int main(int argc, char **argv)
{
	if (is_run(argc, argv, "right"))
		in_turn(forward, forward);
	if (is_run(argc, argv, "order"))
		in_turn(forward, backward);
	if (is_run(argc, argv, "hang"))
		at_once(forward, backward);
	if (is_run(argc, argv, "tried"))
		in_turn(forward, try_backward);
	if (is_run(argc, argv, "timed"))
		at_once(forward, timed_backward);
	if (is_run(argc, argv, "readers"))
		in_turn(read_first, read_second);
	if (is_run(argc, argv, "writer"))
		in_turn(read_first, write_second);
	if (is_run(argc, argv, "world"))
		in_turn(world_first, world_second);
	return 0;
}
