/*
 * A process and its child acquire two mutexes in shared memory in opposite orders, and deadlock.
 * EXPECT: deadlock shared->a shared->b
 * EXPECT-STACK: parent, child
 */
#include "case.h"

struct shared {
	pthread_mutex_t a, b;
	volatile int arrived;
};
static struct shared *s;

static void both(pthread_mutex_t *first, pthread_mutex_t *second)
{
	lock(first);
	__atomic_add_fetch(&s->arrived, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&s->arrived, __ATOMIC_SEQ_CST) < 2)
		sched_yield();
	lock(second);
}

static void parent(void)
{
	both(&s->a, &s->b);
}

static void child(void)
{
	both(&s->b, &s->a);
}

int main(void)
{
	pthread_mutexattr_t attr;
	s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&s->a, &attr);
	pthread_mutex_init(&s->b, &attr);
	if (fork())
		parent();
	else
		child();
	return 0;
}
