/*
 * held_chain.h — chains of held locks, each distinct one once.
 *
 * "While this chain was held, that lock was taken there" is a node; its parent is the
 * chain. A node with a parent is a dependency. A thread remembers the nodes that it has
 * been through (struct lh_me.known), so that the known path asks one cache line.
 *
 * Does not judge. lh_node_learn wants the big lock.
 */
#ifndef LH_NODE_H
#define LH_NODE_H

#include "libcheck/ledger/own_ledger.h"
#include "libcheck/thread/thread.h"

/* The later of the two is the first. */
static inline struct lh_known_node *lh_known_pair(struct lh_me *me, lh_node_id parent,
						  lh_lock_id lock, lh_place place)
{
	uint32_t h = (parent * 0x9e3779b1u) ^ (lock * 0x85ebca6bu) ^ (place * 0xc2b2ae35u);

	return me->known[(h >> 15 ^ h) & (LH_KNOWN / 2 - 1)];
}

static inline bool lh_known_is(const struct lh_known_node *k, lh_node_id parent, lh_lock_id lock,
			       lh_place place)
{
	return k->parent == parent && k->lock == lock && k->place == place;
}

/* The node of this acquisition if this thread has been through it, else 0. */
static inline lh_node_id lh_node_known(struct lh_me *me, lh_node_id parent, lh_lock_id lock,
				       lh_place place)
{
	const struct lh_known_node *k = lh_known_pair(me, parent, lock, place);

	if (LH_LIKELY(lh_known_is(k, parent, lock, place)))
		return k->node;
	return lh_known_is(k + 1, parent, lock, place) ? k[1].node : 0;
}

/*
 * Finds or makes the node and notes that this thread was there, in its present segment.
 * *fresh: this says something new, so that it must be judged. 0: no room, counted.
 */
lh_node_id lh_node_learn(struct lh_me *me, lh_node_id parent, lh_lock_id lock, lh_place place,
			 bool *fresh);

/* The same for a link that nobody took in this chain: what is left when a lock below was given
 * back. */
lh_node_id lh_node_link(lh_node_id parent, lh_lock_id lock, lh_place place);

/*
 * The node of an acquisition that this thread has been through before, in this segment, and
 * does not remember. No lock: 0 says nothing. `take_over`: also the node that it was through
 * when the lock was another one (lh_lock_return), which is this one's then.
 */
lh_node_id lh_node_again(struct lh_me *me, lh_node_id parent, lh_lock_id lock, lh_place place,
			 bool take_over);

/* Was nothing asked for while this lock was held? Then no circle goes through it. No lock. */
bool lh_node_all_leaves(const struct lh_lock *l);

/* A row that the judge knows has become another node; set by who asks the judge. */
extern void (*lh_node_renewed)(lh_node_id id);

bool lh_node_init(void); /* also in a forked child */

#endif
