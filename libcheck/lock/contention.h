/*
 * contention.h — how a lock treats those who want it: its row of LH_T_CONTENTION.
 *
 * Waits and holds by length, entries of others during a wait, the longest queue, tries in a row
 * that failed, and what each thread got. Everything here lies on a slow way: behind a wait, a
 * hold that is measured, or a long row of tries. A lock that nobody waits for has no row.
 *
 * Those marked B want the big lock. The others may race with each other: a count that gets
 * lost is no loss. Reads no clock and no lock's bytes.
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

/* Its row, made if it has none. NULL: no room, or no row of LH_T_LOCK_STATS, which names it. B */
struct lh_contention *lh_contention_make(struct lh_lock *l, lh_lock_id id);
void lh_contention_free(struct lh_lock *l); /* its row may serve another lock. B */
void lh_contention_init(void);

/* This seat's thread begins to wait for a lock, or has ended its wait without our being told. */
void lh_contention_wait_begin(struct lh_lock *l, lh_lock_id id,
			      struct lh_live_thread *live); /* B */
void lh_contention_wait_cancel(struct lh_live_thread *live);
/* Its wait has ended after `ns`; it has got the lock, or given up: then it was passed as well. */
void lh_contention_wait_end(struct lh_lock *l, struct lh_live_thread *live, enum lh_mode,
			    uint64_t ns);

/* Taken, and held for `ns`; each stands for so many. */
void lh_contention_acquired(struct lh_lock *l, lh_thread_id thread, uint32_t stands_for);
void lh_contention_held(struct lh_lock *l, enum lh_mode, uint64_t ns, uint32_t stands_for);
/* Taken again by its holder. */
void lh_contention_recursive(struct lh_lock *l);

/* Tries of this seat's thread that failed without an end. */
void lh_contention_busy_begin(struct lh_lock *l, lh_lock_id id); /* B: they are many now */
void lh_contention_busy_add(struct lh_lock *l, const struct lh_live_thread *live,
			    uint64_t ns); /* 0: not asked */

#endif
