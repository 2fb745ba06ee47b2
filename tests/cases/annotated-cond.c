/*
 * annotated-cond.c — a lock that is made of a mutex, announces itself to ThreadSanitizer and has
 * the mutex's address: a condition wait on the mutex releases the lock and acquires it again.
 * EXPECT: lock-order a b
 */
#include "case.h"

#pragma weak __tsan_mutex_pre_lock
#pragma weak __tsan_mutex_post_lock
#pragma weak __tsan_mutex_pre_unlock
#pragma weak __tsan_mutex_post_unlock
void __tsan_mutex_pre_lock(void *, unsigned), __tsan_mutex_post_lock(void *, unsigned, int);
void __tsan_mutex_post_unlock(void *, unsigned);
int __tsan_mutex_pre_unlock(void *, unsigned);

struct wrapper {
	pthread_mutex_t m;
};
static struct wrapper a = {PTHREAD_MUTEX_INITIALIZER}, b = {PTHREAD_MUTEX_INITIALIZER};
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int waiting, done;

static void acquire(struct wrapper *w)
{
	__tsan_mutex_pre_lock(w, 0);
	pthread_mutex_lock(&w->m);
	__tsan_mutex_post_lock(w, 0, 0);
}

static void release(struct wrapper *w)
{
	__tsan_mutex_pre_unlock(w, 0);
	pthread_mutex_unlock(&w->m);
	__tsan_mutex_post_unlock(w, 0);
}

static void *wait_in_a(void *arg)
{
	acquire(&a);
	waiting = 1;
	pthread_cond_broadcast(&changed);
	while (!done)
		pthread_cond_wait(&changed, &a.m);
	release(&a);
	return arg;
}

static void a_b(void)
{
	acquire(&a);
	acquire(&b);
	release(&b);
	release(&a);
}

static void b_a(void)
{
	acquire(&b);
	acquire(&a);
	release(&a);
	release(&b);
}

int main(void)
{
	pthread_t waiter;

	pthread_create(&waiter, NULL, wait_in_a, NULL);
	acquire(&a);
	while (!waiting)
		pthread_cond_wait(&changed, &a.m);
	release(&a);
	in_turn(a_b, b_a);
	acquire(&a);
	done = 1;
	pthread_cond_broadcast(&changed);
	release(&a);
	pthread_join(waiter, NULL);
}
