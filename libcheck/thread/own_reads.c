/* own_reads.c — counts the shared acquisitions of a thread that makes many. */
#include "libcheck/thread/own_reads.h"

enum {
	FIRST = 16, /* in one tick that are counted at once */
	KEPT = 64
};

/* The process may end meanwhile, in another thread: each acquisition is added once, but for those
 * that the thread makes while this happens. */
static void add_to_lock(struct lh_own_reads *r)
{
	uint16_t room = __atomic_exchange_n(&r->room, 0, __ATOMIC_RELAXED);
	uint16_t kept = __atomic_exchange_n(&r->kept, 0, __ATOMIC_RELAXED);
	struct lh_lock *l = kept > room ? lh_lock_row(r->lock) : NULL;

	if (l)
		__atomic_fetch_add(&l->shared, kept - room, __ATOMIC_RELAXED);
}

void lh_own_read_count(struct lh_self *self, struct lh_lock *l, lh_lock_id lock)
{
	struct lh_own_reads *r = lh_own_reads_of(self, lock);
	uint32_t tick = lh_clock_tick();

	if (r->kept)
		add_to_lock(r);
	if (r->lock != lock || r->tick != tick) {
		r->lock = lock;
		r->tick = tick;
		r->in_tick = 0;
	}
	__atomic_fetch_add(&l->shared, 1, __ATOMIC_RELAXED);
	if (++r->in_tick >= FIRST)
		r->room = r->kept = KEPT;
}

void lh_own_reads_end(struct lh_self *self)
{
	for (uint32_t i = 0; i < LH_OWN_READS; i++)
		add_to_lock(&self->own_reads[i]);
}
