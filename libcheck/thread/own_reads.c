/* own_reads.c — counts the shared acquisitions of a thread that makes many. */
#include "libcheck/thread/own_reads.h"

/* Of each tick, the first ones are counted at once. */
static const struct lh_own_rule rule = {.first = 16, .keep = 64};

static void add_to_lock(struct lh_own_count *r)
{
	uint32_t n = lh_own_take(r);
	struct lh_lock *l = n ? lh_lock_row(r->lock) : NULL;

	if (l)
		__atomic_fetch_add(&l->shared, n, __ATOMIC_RELAXED);
}

void lh_own_read_count(struct lh_self *self, struct lh_lock *l, lh_lock_id lock)
{
	struct lh_own_count *r = lh_own_reads_of(self, lock);

	if (r->kept)
		add_to_lock(r);
	if (lh_own_keep(r, lock, lh_clock_tick(), rule))
		r->room--;
	else
		__atomic_fetch_add(&l->shared, 1, __ATOMIC_RELAXED);
}

void lh_own_reads_end(struct lh_self *self)
{
	for (uint32_t i = 0; i < LH_OWN_READS; i++)
		add_to_lock(&self->own_reads[i]);
}
