/*
 * hold_sampling.c — measures the length of some holds: of those with a new chain (of many at one
 * site, of some), of those after a wait, and of one in LH_SAMPLE_EVERY of the others.
 */
#include "libcheck/events/event.h"
#include "libcheck/lock/contention.h"

enum {
	HOLDS_FEW = 8 /* measured holds of a lock after which its lengths go into a histogram */
};

/*
 * The exact clock needs an instruction that a process in strict seccomp mode may not use. Such a
 * process has one thread, and the hold times of a single thread are of no use.
 */
bool lh_may_read_clock(void)
{
	return lh_rows_used(LH_T_THREAD) > 2;
}

/*
 * Is a hold with a new chain measured? A loop acquires many new locks, or pairs of locks, at one
 * site: of these only the first ones and a part of the others, because two readings of the clock
 * are a good part of what such an acquisition costs. Sites that share an entry reset each other.
 */
static bool is_measured_fresh(struct lh_self *self, lh_site site)
{
	enum { FIRST = 64, ONE_IN = 16 };
	uint32_t at = site * 0x9e3779b1u >> 16 & (LH_FRESH_SITES - 1);

	if (self->fresh[at].site != site) {
		self->fresh[at].site = site;
		self->fresh[at].n = 0;
	}
	uint32_t n = ++self->fresh[at].n;
	return n <= FIRST || n % ONE_IN == 0;
}

bool lh_held_is_sampled(struct lh_self *self, bool fresh, lh_site site)
{
	if (self->sample > 1 && !(fresh && is_measured_fresh(self, site))) {
		self->sample--;
		return false;
	}
	self->sample = lh_self_next_sample(self);
	return lh_may_read_clock();
}

void lh_held_measure_begin(struct lh_self *self, struct lh_held *h)
{
	self->sample = lh_self_next_sample(self);
	if (!lh_may_read_clock())
		return;
	lh_contention_acquired(&LH_LOCKS[LH_LOCK_ROW(h->lock)], self->live_saved->thread,
			       LH_SAMPLE_EVERY);
	h->since_ns = lh_clock_now();
	h->flags = LH_HELD_EXACT_TIME | LH_HELD_WEIGHTED;
}

/* The lock's row of LH_T_LOCK_STATS, made if there is none. Called after lh_enter, without the
 * internal lock. */
struct lh_lock_stats *lh_lock_stats_ensure(struct lh_self *self, struct lh_lock *l)
{
	if (!l->stats && lh_internal_lock_acquire(&lh_own_ledger.lock, self->number)) {
		lh_lock_stats_get(l);
		lh_internal_lock_release(&lh_own_ledger.lock, self->number);
	}
	return l->stats ? &LH_LOCK_STATS[l->stats] : NULL;
}

void lh_held_measure_end(const struct lh_held *h)
{
	struct lh_lock *l = lh_lock_row(h->lock);
	uint32_t weight = h->flags & LH_HELD_WEIGHTED ? LH_SAMPLE_EVERY : 1;

	if (!l || !(h->flags & LH_HELD_EXACT_TIME) || !h->since_ns)
		return;
	uint64_t ns = lh_clock_now() - h->since_ns;
	if (!l->stats && !l->held_ns && ns && ns < UINT32_MAX) {
		l->held_ns = (uint32_t)ns; /* most locks are measured once */
		return;
	}
	struct lh_lock_stats *stats = lh_lock_stats_ensure(lh_self_get(), l);
	if (!stats)
		return;
	stats->hold_ns += ns;
	stats->hold_samples++;
	if (ns > stats->hold_max_ns)
		stats->hold_max_ns = ns;
	lh_contention_held(l, LH_SITE_MODE(h->site), ns, weight);
}

/* Makes the lock's row of LH_T_CONTENTION when HOLDS_FEW holds were measured. */
void lh_held_keep_lengths(struct lh_self *self, lh_lock_id id)
{
	struct lh_lock *l = lh_lock_row(id);

	struct lh_lock_stats *stats = l && l->stats ? &LH_LOCK_STATS[l->stats] : NULL;

	if (!stats || stats->contention || !stats->hold_samples ||
	    stats->hold_samples % HOLDS_FEW ||
	    !lh_internal_lock_acquire(&lh_own_ledger.lock, self->number))
		return;
	if (lh_lock_row(id) == l)
		lh_contention_make(l, id);
	lh_internal_lock_release(&lh_own_ledger.lock, self->number);
}
