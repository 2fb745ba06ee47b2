/*
 * contention.h — the contention of a lock: its row of LH_T_CONTENTION.
 *
 * The row counts waits and holds by length, acquisitions by other threads during a wait, the
 * longest queue, consecutive failed tries and each thread's share. Every function here is off the
 * fast path: behind a wait, a measured hold or many failed tries. A lock has no row before the
 * first of these.
 *
 * Functions marked B need the internal lock. The others may race with each other; a lost count does
 * no harm. Reads no clock and no byte of a lock.
 */
#ifndef LH_LOCK_CONTENTION_H
#define LH_LOCK_CONTENTION_H

#include "libcheck/ledger/own_ledger.h"

#define LH_CONTENTIONS ((struct lh_contention *)lh_own_ledger.table[LH_T_CONTENTION])

static inline struct lh_contention *lh_contention(const struct lh_lock *l)
{
	uint32_t row = LH_LOCK_STATS[l->stats].contention;

	return row ? &LH_CONTENTIONS[row] : NULL;
}

/* The lock's row, made if there is none. NULL: table full, or no row of LH_T_LOCK_STATS. B */
struct lh_contention *lh_contention_make(struct lh_lock *l, lh_lock_id id);
void lh_contention_free(struct lh_lock *l); /* frees the lock's row for another lock. B */
void lh_contention_init(void);
/* Can a wait for the lock be counted without a new row? */
bool lh_contention_is_ready(const struct lh_lock *l);

/* The thread begins to wait for a lock (B, unless lh_contention_is_ready); or its wait ended
 * without a report. */
void lh_contention_wait_begin(struct lh_lock *l, lh_lock_id id, struct lh_live_thread *live);
void lh_contention_wait_cancel(struct lh_live_thread *live);
/* The thread's wait ended after `ns`, with or without the lock. */
void lh_contention_wait_end(struct lh_lock *l, struct lh_live_thread *live, enum lh_mode,
			    uint64_t ns);

/* Adds `n` waits that a thread has kept (thread/own_waits.h), of which `measured` have these
 * lengths. */
void lh_contention_add_waits(struct lh_lock *l, lh_thread_id thread, enum lh_mode mode,
			     const uint32_t *ns, uint32_t measured, uint32_t n);

/* Adds waits to the totals of a lock. Threads may do that at the same time. */
static inline void lh_lock_stats_add_waits(struct lh_lock_stats *stats, uint32_t n, uint64_t ns,
					   uint64_t max_ns)
{
	__atomic_fetch_add(&stats->contended, n, __ATOMIC_RELAXED);
	__atomic_fetch_add(&stats->wait_ns, ns, __ATOMIC_RELAXED);
	if (max_ns > stats->wait_max_ns)
		stats->wait_max_ns = max_ns;
}

static inline void lh_lock_stats_add_owner(struct lh_lock_stats *stats, enum lh_mode mode,
					   uint32_t live_row)
{
	if (mode != LH_EXCLUSIVE)
		return;
	stats->owner_changes += stats->last_owner && stats->last_owner != live_row;
	stats->last_owner = live_row;
}

/* The lock was acquired; the lock was held for `ns`. Each counts `weight` times. */
void lh_contention_acquired(struct lh_lock *l, lh_thread_id thread, uint32_t weight);
void lh_contention_held(struct lh_lock *l, enum lh_mode, uint64_t ns, uint32_t weight);
/* The lock was acquired by a thread that already held it. */
void lh_contention_recursive(struct lh_lock *l);

/* Consecutive failed tries: the start of a busy wait (B), each further try (ns 0: not measured). */
void lh_contention_busy_begin(struct lh_lock *l, lh_lock_id id);
void lh_contention_busy_add(struct lh_lock *l, const struct lh_live_thread *live, uint64_t ns);

#endif
