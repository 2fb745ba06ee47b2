/*
 * An initializer ends by an exception. The control is reset, so the thread that called it holds
 * nothing: neither an order nor a deadlock follows from the locks that it acquires then.
 * EXPECT: nothing
 */
#include "case.h"
#include <mutex>

static std::once_flag flag;
MUTEX(a);
MUTEX(b);
static volatile int step;

static void reach(int n)
{
	while (step != n)
		sched_yield();
}

/* deeper in the stack than the call that ended */
__attribute__((noinline)) static void lock_deeper(pthread_mutex_t *o, int calls)
{
	volatile char room[256];
	room[0] = 0;
	if (calls) {
		lock_deeper(o, calls - 1);
	} else {
		lock(o);
		unlock(o);
	}
	room[1] = room[0];
}

static void throws()
{
	try {
		std::call_once(flag, [] { throw 1; });
	} catch (int) {
	}
}

static volatile int tid;

static void *thrown(void *unused)
{
	throws();
	throws();            /* the thread does not wait for itself */
	lock_deeper(&b, 20); /* not flag -> b */
	step = 1;
	reach(2);
	tid = my_tid();
	lock(&a); /* waits for `under`, which runs the initializer */
	unlock(&a);
	return unused;
}

static void *under(void *unused)
{
	reach(1);
	lock(&a);
	step = 2;
	wait_asleep(&tid);
	std::call_once(flag, [] {});
	unlock(&a);
	lock(&b);
	std::call_once(flag, [] {});
	unlock(&b);
	return unused;
}

int main()
{
	pthread_t t, u;
	pthread_create(&t, NULL, thrown, NULL);
	pthread_create(&u, NULL, under, NULL);
	pthread_join(t, NULL);
	pthread_join(u, NULL);
}
