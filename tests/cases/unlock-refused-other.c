/*
 * A thread that has released a mutex is refused when it unlocks the mutex again, which another
 * thread has acquired meanwhile. The other thread keeps its hold, and the first has none when it
 * ends.
 * EXPECT: lock-order a b
 */
#include "case.h"

static pthread_mutex_t a = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
MUTEX(b);
static volatile int step;

static void reach(int n)
{
	while (step != n)
		sched_yield();
}

static void *refused(void *unused)
{
	lock(&a);
	unlock(&a);
	step = 1;
	reach(2);
	if (unlock(&a) != EPERM)
		abort();
	step = 3;
	return unused;
}

static void a_to_b(void)
{
	pthread_t t;
	pthread_create(&t, NULL, refused, NULL);
	reach(1);
	lock(&a);
	step = 2;
	reach(3);
	lock(&b); /* while `a` is still held */
	unlock(&b);
	unlock(&a);
	pthread_join(t, NULL);
}

IN_ORDER(b_to_a, b, a)

int main(void)
{
	in_turn(a_to_b, b_to_a);
	return 0;
}
