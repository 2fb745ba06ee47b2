/*
 * held_chain.h — chains of held locks, each distinct one once.
 *
 * "While this chain was held, that lock was taken there" is a node; its parent is the
 * chain. A node with a parent is a dependency. A thread remembers the nodes that it has
 * been through (struct lh_self.known), so that the known path asks one cache line.
 *
 * Does not judge. lh_chain_record wants the big lock.
 */
#ifndef LH_THREAD_HELD_CHAIN_H
#define LH_THREAD_HELD_CHAIN_H

#include "libcheck/ledger/own_ledger.h"
#include "libcheck/thread/thread.h"

/* The later of the two is the first. */
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

/* The node of this acquisition if this thread has been through it, else 0. */
static inline lh_chain_id lh_chain_cached(struct lh_self *self, lh_chain_id parent, lh_lock_id lock,
					  lh_site site)
{
	const struct lh_chain_cache_entry *k = lh_chain_cache_line(self, parent, lock, site);

	if (LH_LIKELY(lh_chain_cache_match(k, parent, lock, site)))
		return k->chain;
	return lh_chain_cache_match(k + 1, parent, lock, site) ? k[1].chain : 0;
}

/*
 * Finds or makes the node and notes that this thread was there, in its present segment.
 * *fresh: this says something new, so that it must be judged. 0: no room, counted.
 */
lh_chain_id lh_chain_record(struct lh_self *self, lh_chain_id parent, lh_lock_id lock, lh_site site,
			    bool *fresh);

/* The same for a link that nobody took in this chain: what is left when a lock below was given
 * back. */
lh_chain_id lh_chain_make(lh_chain_id parent, lh_lock_id lock, lh_site site);

/*
 * The node of an acquisition that this thread has been through before, in this segment, and
 * does not remember. No lock: 0 says nothing. `take_over`: also the node that it was through
 * when the lock was another one (lh_lock_revive), which is this one's then.
 */
lh_chain_id lh_chain_find_visited(struct lh_self *self, lh_chain_id parent, lh_lock_id lock,
				  lh_site site, bool take_over);

/* Was nothing asked for while this lock was held? Then no circle goes through it. No lock. */
bool lh_chain_no_children(const struct lh_lock *l);

/* A row that the judge knows has become another node; set by who asks the judge. */
extern void (*lh_chain_on_reuse)(lh_chain_id id);

bool lh_chain_init(void); /* also in a forked child */

#endif
