/*
 * test_sys.c — tests the internal lock: which thread gets it, that a hold is marked as abandoned
 * after a thread waited for it in vain, and that no thread of many waits in vain.
 * LINKS: libcheck/base/sys.c
 */
#include <pthread.h>
#include <sys/mman.h>

#include "libcheck/base/sys.h"
#include "tests/unit/unit.h"

static void test_free(void)
{
	uint64_t taken = 0;
	struct lh_internal_lock l = {.taken = &taken};

	CHECK(lh_internal_lock_acquire(&l, 7));
	CHECK_EQ(l.owner, 7);
	CHECK(lh_internal_lock_acquire(&l, 7)); /* left by a jump: it was ours */
	lh_internal_lock_release(&l, 8);
	CHECK_EQ(l.owner, 7); /* only its owner releases it */
	CHECK_EQ(taken, 0);
	lh_internal_lock_release(&l, 7);
	CHECK_EQ(taken, 1);
	CHECK_EQ(l.owner, 0);
	CHECK_EQ(l.waiters, 0);
}

/* After one wait in vain no thread waits for this hold again; the owner's next hold is another. */
static void test_stuck(void)
{
	struct lh_internal_lock l = {0};
	uint32_t first;

	CHECK(lh_internal_lock_acquire(&l, 7));
	CHECK(!lh_internal_lock_acquire(&l, 8));
	first = l.abandoned[0];
	CHECK(first != 0);
	CHECK(!lh_internal_lock_acquire(&l, 9));
	CHECK_EQ(l.abandoned[0], first);
	CHECK_EQ(l.abandoned[1], 0); /* a long wait would still wait */
	lh_internal_lock_release(&l, 7);
	CHECK(lh_internal_lock_acquire(&l, 7));
	CHECK(!lh_internal_lock_acquire(&l, 8));
	CHECK(l.abandoned[0] != first);
	CHECK(!lh_internal_lock_acquire_long(&l, 8));
	CHECK_EQ(l.abandoned[1], l.abandoned[0]);
	lh_internal_lock_release(&l, 7);
	CHECK(lh_internal_lock_acquire_long(&l, 8));
	CHECK_EQ(l.waiters, 0);
}

/* A waiter that has gone, and one that does not sleep yet: the lock does not stay handed over. */
static void test_handed_over_to_none(void)
{
	struct lh_internal_lock l = {.impatient = 1};

	for (l.waiters = 0; l.waiters < 2; l.waiters++) {
		CHECK(lh_internal_lock_acquire(&l, 7));
		lh_internal_lock_release(&l, 7);
		CHECK_EQ(l.owner, 0);
	}
}

enum { CROWD = 200, TIMES = 500 };

static struct lh_internal_lock shared;
static unsigned long entries, refused;

static void *enter_often(void *number)
{
	for (int i = 0; i < TIMES; i++) {
		if (!lh_internal_lock_acquire(&shared, (uint32_t)(uintptr_t)number)) {
			__atomic_fetch_add(&refused, 1, __ATOMIC_RELAXED);
			continue;
		}
		entries++;
		if (i % 100 == 0)
			sched_yield(); /* the others begin to wait */
		lh_internal_lock_release(&shared, (uint32_t)(uintptr_t)number);
	}
	return NULL;
}

static void test_crowd(void)
{
	pthread_t threads[CROWD];

	for (uintptr_t i = 0; i < CROWD; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, enter_often, (void *)(i + 1)), 0);
	for (int i = 0; i < CROWD; i++)
		pthread_join(threads[i], NULL);
	CHECK_EQ(entries, (unsigned long)CROWD * TIMES);
	CHECK_EQ(refused, 0);
	CHECK_EQ(shared.waiters, 0);
	CHECK_EQ(shared.impatient, 0);
}

static void test_may_be(void)
{
	uint32_t *page =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	page[3] = 5;
	CHECK(lh_sys_may_be(&page[3], 5));
	CHECK(!lh_sys_may_be(&page[3], 6));
	mprotect(page, 4096, PROT_NONE);
	CHECK(!lh_sys_may_be(&page[3], 5));
	munmap(page, 4096);
	CHECK(!lh_sys_may_be(&page[3], 5));
}

int main(void)
{
	test_may_be();
	test_free();
	test_stuck();
	test_handed_over_to_none();
	test_crowd();
	return unit_done();
}
