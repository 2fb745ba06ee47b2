/*
 * held_chain.h — chains of held locks, each distinct one stored once.
 *
 * A chain is a row of LH_T_CHAIN: this lock was acquired at this site while the parent chain was
 * held. A chain with a parent is a dependency. A thread remembers the chains that it has visited
 * (struct lh_self.chain_cache), so that the known path reads one cache line.
 *
 * Does not check orders. lh_chain_record and lh_chain_make need the internal lock.
 */
#ifndef LH_THREAD_HELD_CHAIN_H
#define LH_THREAD_HELD_CHAIN_H

#include "libcheck/ledger/own_ledger.h"
#include "libcheck/thread/thread.h"

/* The two entries of a cache line; the newer one is first. */
static inline struct lh_chain_cache_entry *
lh_chain_cache_line(struct lh_self *self, lh_chain_id parent, lh_lock_id lock, lh_site site)
{
	uint32_t h = (parent * 0x9e3779b1u) ^ (lock * 0x85ebca6bu) ^ (site * 0xc2b2ae35u);

	return self->chain_cache[(h >> 15 ^ h) & (LH_CHAIN_CACHE / 2 - 1)];
}

static inline bool lh_chain_cache_match(const struct lh_chain_cache_entry *k, lh_chain_id parent,
					lh_lock_id lock, lh_site site)
{
	return k->parent == parent && k->lock == lock && k->site == site;
}

/* The chain of this acquisition if this thread has visited it, otherwise 0. */
static inline lh_chain_id lh_chain_cached(struct lh_self *self, lh_chain_id parent, lh_lock_id lock,
					  lh_site site)
{
	const struct lh_chain_cache_entry *k = lh_chain_cache_line(self, parent, lock, site);

	if (LH_LIKELY(lh_chain_cache_match(k, parent, lock, site)))
		return k->chain;
	return lh_chain_cache_match(k + 1, parent, lock, site) ? k[1].chain : 0;
}

/*
 * The chain of the thread's held locks; 0: it is not known. An entry has no chain if a lock below
 * it was released first, as in a list whose nodes are locked hand over hand; the slow path has made
 * the chain the first time. It stays while the thread holds its locks, but for a semaphore that
 * another thread posts or destroys. Takes no lock.
 */
lh_chain_id lh_held_chain_search(struct lh_live_thread *live);
static inline lh_chain_id lh_held_chain_found(struct lh_live_thread *live)
{
	lh_chain_id id = lh_held_chain(live);

	return LH_LIKELY(id || !live->held_n) ? id : lh_held_chain_search(live);
}

/*
 * Finds or makes the chain and notes that this thread visited it in its present segment. *fresh:
 * the visit is new, so the order graph must check the chain. 0: the table is full, counted.
 */
lh_chain_id lh_chain_record(struct lh_self *self, lh_chain_id parent, lh_lock_id lock, lh_site site,
			    bool *fresh);

/* Finds or makes the chain without a visit: for a chain that no thread acquired in this form, which
 * remains when a lock below was released. 0: the table is full, counted. */
lh_chain_id lh_chain_make(lh_chain_id parent, lh_lock_id lock, lh_site site);

/* The same chain, if there is one that is not stale. Takes no lock; 0 means "not known". */
lh_chain_id lh_chain_find(lh_chain_id parent, lh_lock_id lock, lh_site site);

/*
 * The chain of an acquisition that this thread has visited before, in this segment, but does not
 * have in its cache. Takes no lock; 0 means "not known". A chain that only this thread visited, and
 * for an earlier lock of the row (retired.h), passes to this lock.
 */
lh_chain_id lh_chain_find_visited(struct lh_self *self, lh_chain_id parent, lh_lock_id lock,
				  lh_site site);

/* Passes a chain that this thread has visited in this segment from an earlier lock of the row to
 * the row's present lock, which this thread has acquired. False: it is not known that it may. */
bool lh_chain_pass(const struct lh_self *self, lh_chain_id id, lh_lock_id from, lh_lock_id to);

/* True if no lock was acquired while this lock was held, or only such that were destroyed and show
 * nothing any more; so no cycle contains it. False also if the lock has too many chains to try.
 * Takes no lock. */
bool lh_chain_no_children(const struct lh_lock *l);

/* ---- destroyed locks (dead_chain.c) ---- */

/*
 * For a lock that is destroyed, before its row serves another lock of the same kind: makes the
 * chains under it, and its own, stale. False: something that they show is still needed, or it
 * cannot be seen without the internal lock. Only for the thread that makes the next lock.
 */
bool lh_chain_release(struct lh_self *self, const struct lh_lock *l);

/* The same under the internal lock, which can keep what is needed in other chains, and removes the
 * lock from the order graph. Leaves the lock's own chains. *cached: another thread's cache may name
 * a chain that is stale now. */
bool lh_chain_clean(struct lh_self *self, const struct lh_lock *l, bool *cached);

/* Do destroyed locks wait until the chains of this one are freed? */
bool lh_chain_is_waited_for(const struct lh_lock *l);

/* Tells the order graph of a change; set by events/. `id` is a chain, a row of LH_T_VISIT or a
 * lock. LH_CHAIN_LOCK_REMOVED: false if the lock must stay in the graph. */
enum lh_chain_change {
	LH_CHAIN_ADDED,   /* it, or a visit of it, is new */
	LH_CHAIN_RENEWED, /* the row shows another dependency than before */
	LH_CHAIN_REMOVED,
	LH_CHAIN_VISIT_REMOVED, /* another thread's visit takes the row: said before that */
	LH_CHAIN_VISIT_RENEWED, /* a visit's row is used again */
	LH_CHAIN_LOCK_REMOVED
};
extern bool (*lh_chain_on_change)(uint32_t id, enum lh_chain_change what);

/* For each lock row, not 0 if the order graph knows a lock of it; NULL: there is no graph yet. Set
 * by events/. */
extern const uint8_t *lh_chain_graph_rows LH_HIDDEN;
static inline bool lh_chain_graph_knows(const struct lh_lock *l)
{
	const uint8_t *rows = __atomic_load_n(&lh_chain_graph_rows, __ATOMIC_ACQUIRE);

	return rows && __atomic_load_n(&rows[l - LH_LOCKS], __ATOMIC_ACQUIRE);
}

bool lh_chain_init(void); /* at start, and again in a forked child */

#endif
