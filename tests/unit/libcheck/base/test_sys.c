/*
 * test_sys.c — tests the internal lock: which thread gets it, and that a hold is marked as
 * abandoned after a thread waited for it in vain.
 * LINKS: libcheck/base/sys.c
 */
#include "libcheck/base/sys.h"
#include "tests/unit/unit.h"

static void test_free(void)
{
	struct lh_internal_lock l = {0};

	CHECK(lh_internal_lock_acquire(&l, 7));
	CHECK_EQ(l.owner, 7);
	CHECK(lh_internal_lock_acquire(&l, 7)); /* left by a jump: it was ours */
	lh_internal_lock_release(&l, 8);
	CHECK_EQ(l.owner, 7); /* only its owner releases it */
	lh_internal_lock_release(&l, 7);
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

int main(void)
{
	test_free();
	test_stuck();
	return unit_done();
}
