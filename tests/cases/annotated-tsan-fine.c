/*
 * Locks annotated for ThreadSanitizer, used as they may be: tries, failed tries, recursion, all
 * levels released at once, a lock's code that calls other code, memory that is used for another
 * lock, and a lock that is never destroyed.
 * EXPECT: nothing
 */
#include "case.h"
#include "annotated.h"

static int a, b, c, d, e, s, t;
static int *twice = &c, *levels = &d, *reused = &e;
MUTEX(m);
MUTEX(n);

static void acquire(int *o, unsigned flags)
{
	__tsan_mutex_pre_lock(o, flags);
	__tsan_mutex_post_lock(o, flags, 0);
}
static void release(int *o)
{
	__tsan_mutex_pre_unlock(o, 0);
	__tsan_mutex_post_unlock(o, 0);
}

static void s_then_t(void)
{
	acquire(&s, 0);
	acquire(&t, 0);
	release(&t);
	release(&s);
}
static void t_then_try_s(void)
{
	acquire(&t, 0);
	acquire(&s, TRY_LOCK);
	release(&s);
	__tsan_mutex_pre_lock(&s, TRY_LOCK);
	__tsan_mutex_post_lock(&s, TRY_LOCK | TRY_LOCK_FAILED, 0);
	release(&t);
}

static void again(void)
{
	acquire(twice, WRITE_REENTRANT);
	acquire(twice, WRITE_REENTRANT);
	release(twice);
	acquire(&a, 0);
	release(&a);
	release(twice);
	acquire(&b, READ_LOCK);
	acquire(&b, READ_LOCK);
	__tsan_mutex_pre_unlock(&b, READ_LOCK);
	__tsan_mutex_post_unlock(&b, READ_LOCK);
	__tsan_mutex_pre_unlock(&b, READ_LOCK);
	__tsan_mutex_post_unlock(&b, READ_LOCK);

	for (int i = 0; i < 3; i++)
		acquire(levels, WRITE_REENTRANT);
	int n = __tsan_mutex_pre_unlock(levels, RECURSIVE_UNLOCK);
	__tsan_mutex_post_unlock(levels, 0);
	if (n != 3)
		abort();
	__tsan_mutex_pre_lock(levels, WRITE_REENTRANT);
	__tsan_mutex_post_lock(levels, WRITE_REENTRANT | RECURSIVE_LOCK, n);
	for (int i = 0; i < n; i++)
		release(levels);
}

/* the code that the lock calls is recorded: m -> n */
static void diverted(void)
{
	__tsan_mutex_pre_lock(&a, 0);
	__tsan_mutex_pre_divert(&a, 0);
	lock(&m);
	lock(&n);
	unlock(&n);
	unlock(&m);
	__tsan_mutex_post_divert(&a, 0);
	lock(&n); /* the lock's own code: not n -> m */
	lock(&m);
	unlock(&m);
	unlock(&n);
	__tsan_mutex_post_lock(&a, 0, 0);
	__tsan_mutex_pre_signal(&a, 0);
	lock(&n);
	lock(&m);
	unlock(&m);
	unlock(&n);
	__tsan_mutex_post_signal(&a, 0);
	release(&a);
}

static void reused_before(void)
{
	__tsan_mutex_create(reused, NOT_STATIC);
	acquire(reused, 0);
	acquire(&b, 0);
	release(&b);
	release(reused);
	__tsan_mutex_destroy(reused, NOT_STATIC);
}
static void reused_after(void)
{
	__tsan_mutex_create(reused, NOT_STATIC);
	acquire(&b, 0);
	acquire(reused, 0);
	release(reused);
	release(&b);
	__tsan_mutex_destroy(reused, NOT_STATIC);
}

int main(void)
{
	in_turn(s_then_t, t_then_try_s, again, diverted, reused_before, reused_after);
	return 0;
}
