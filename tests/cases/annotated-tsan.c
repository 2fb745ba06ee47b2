/*
 * Locks annotated for ThreadSanitizer, made of a mutex and a condition, in conflicting orders. What
 * they are made of is not reported beside them, also where another function announces the lock.
 * EXPECT: lock-order a b
 * EXPECT: lock-order c d
 * EXPECT: lock-order e m
 * EXPECT-STACK: a_then_b, b_then_a, c_then_d, d_then_c
 */
#include "case.h"
#include "annotated.h"

struct lock {
	pthread_mutex_t mutex; /* at the address of the lock itself */
	pthread_cond_t freed;
	int taken;
	void (*lock)(
		struct lock *o); /* so that the report names the lock and not its first member */
};

#define LOCK(name)                                                                                 \
	static struct lock name = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0}
LOCK(a);
LOCK(b);
static struct {
	long before; /* not at its address */
	struct lock in;
} c = {0, {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0}},
  d = {0, {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0}};
LOCK(e);
MUTEX(m);

__attribute__((noinline)) static void announce(void *o)
{
	__tsan_mutex_pre_lock(o, 0);
}

static void acquire(void *o, struct lock *l)
{
	announce(o);
	pthread_mutex_lock(&l->mutex);
	while (l->taken)
		pthread_cond_wait(&l->freed, &l->mutex);
	l->taken = 1;
	pthread_mutex_unlock(&l->mutex);
	__tsan_mutex_post_lock(o, 0, 0);
}

static void release(void *o, struct lock *l)
{
	__tsan_mutex_pre_unlock(o, 0);
	pthread_mutex_lock(&l->mutex);
	l->taken = 0;
	pthread_cond_signal(&l->freed);
	pthread_mutex_unlock(&l->mutex);
	__tsan_mutex_post_unlock(o, 0);
}

static void both(void *x, struct lock *lx, void *y, struct lock *ly)
{
	acquire(x, lx);
	acquire(y, ly);
	release(y, ly);
	release(x, lx);
}

static void a_then_b(void)
{
	both(&a, &a, &b, &b);
}
static void b_then_a(void)
{
	both(&b, &b, &a, &a);
}
static void c_then_d(void)
{
	both(&c, &c.in, &d, &d.in);
}
static void d_then_c(void)
{
	both(&d, &d.in, &c, &c.in);
}
static void e_then_m(void)
{
	acquire(&e, &e);
	lock(&m);
	unlock(&m);
	release(&e, &e);
}
static void m_then_e(void)
{
	lock(&m);
	acquire(&e, &e);
	release(&e, &e);
	unlock(&m);
}

int main(void)
{
	in_turn(a_then_b, b_then_a, c_then_d, d_then_c, e_then_m, m_then_e);
	return 0;
}
