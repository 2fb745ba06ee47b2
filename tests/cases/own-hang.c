/*
 * Two pairs of threads are deadlocked in locks of the program's own. In the first pair both wait
 * for a lock that is held; in the second, one announces its wait for a free lock, at a place where
 * it has acquired that lock before, and the other acquires the lock first.
 * FLAGS: -Ilibcheck
 * EXPECT: deadlock a b
 * EXPECT: deadlock c d
 * EXPECT: lock-order a b
 * EXPECT-STACK: a_then_b, b_then_a, c_then_d, d_then_c
 */
#include "own.h"

static own a, b, c, d;
static volatile int step;

static void reach(int n)
{
	while (step < n)
		sched_yield();
}

static void *a_then_b(void *unused)
{
	own_lock(&a);
	own_lock(&b);
	own_unlock(&b);
	step = 1;
	reach(2);
	lockhound_wants(&b, 0);
	step = 3;
	own_spin(&b);
	return unused;
}

static void *b_then_a(void *unused)
{
	reach(1);
	own_lock(&b);
	lockhound_wants(&a, 0);
	step = 2;
	own_spin(&a);
	return unused;
}

static void *c_then_d(void *unused)
{
	own_lock(&c);
	for (int i = 0; i < 2; i++) {
		lockhound_wants(&d, 0);
		if (i == 1) {
			step = 4;
			reach(5);
		}
		own_spin(&d);
		lockhound_got(&d, 0);
		own_unlock(&d);
	}
	return unused;
}

static void *d_then_c(void *unused)
{
	reach(4);
	own_lock(&d);
	step = 5;
	own_lock(&c);
	return unused;
}

int main(void)
{
	pthread_t t;
	pthread_create(&t, NULL, a_then_b, NULL);
	pthread_create(&t, NULL, b_then_a, NULL);
	reach(3);
	pthread_create(&t, NULL, c_then_d, NULL);
	pthread_create(&t, NULL, d_then_c, NULL);
	pthread_join(t, NULL);
	return 0;
}
