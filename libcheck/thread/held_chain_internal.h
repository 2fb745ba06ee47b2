/*
 * held_chain_internal.h — what the files about chains share; no other file includes it.
 *
 * Each uses only those above it in this list:
 *   dependency_kind.c   which kinds of dependencies are kept
 *   held_chain.c        stores chains and their visits
 *   known_chain.c       finds chains that a thread has visited, without the internal lock
 *   dead_chain.c        what remains of the chains of a destroyed lock
 *
 * All of it needs the internal lock unless said otherwise.
 */
#ifndef LH_THREAD_HELD_CHAIN_INTERNAL_H
#define LH_THREAD_HELD_CHAIN_INTERNAL_H

#include "libcheck/thread/held_chain.h"

/* Flags of a chain that may pass to another lock, or be removed. */
enum {
	LH_CHAIN_HARMLESS = LH_CHAIN_SIGNALS_BLOCKED | LH_CHAIN_REUSED | LH_CHAIN_HANDLER_CHECKED |
			    LH_CHAIN_STALE | LH_CHAIN_PROJECTED
};

/* The children of a chain, and the neighbours in its lock's list; private, by chain row. */
enum { LH_CHAIN_FEW = 24 /* chains of a lock that are tried without the internal lock */ };

struct lh_chain_links {
	lh_chain_id child; /* newest first */
	lh_chain_id next, prev;
	lh_chain_id lock_prev;
};
extern struct lh_chain_links *lh_chain_links LH_HIDDEN;

/* The chain shows a dependency no longer, or again. Takes no lock, if no other thread may acquire
 * through the chain now. */
void lh_chain_set_stale(lh_chain_id id) LH_HIDDEN;
void lh_chain_set_valid(lh_chain_id id) LH_HIDDEN;
/* Frees a chain and those below it, which must be stale. */
void lh_chain_free(lh_chain_id id) LH_HIDDEN;
/*
 * Are the chains that end in the lock in the hash table? Most locks have one or two, which the
 * lock's list shows. many_chains is set for good when a third chain comes. That of a futex says
 * something else.
 */
static inline bool lh_chain_is_hashed(const struct lh_lock *l)
{
	return l->many_chains || l->kind == LH_FUTEX;
}
/* The list of the hash table for this chain. All generations of a lock's row are in one list, so a
 * chain can pass to the row's next lock. */
uint32_t *lh_chain_head(lh_chain_id parent, lh_lock_id lock, lh_site site) LH_HIDDEN;
extern uint32_t lh_visit_serial LH_HIDDEN; /* of the rows of LH_T_VISIT, in the order of time */
/* True if the visit's thread, or one of its segments, is new at the chain. */
bool lh_chain_note(lh_chain_id id, struct lh_chain_visit v) LH_HIDDEN;
/* Adds the visits of one chain to those of another. True: there were new ones. */
bool lh_chain_copy_visits(lh_chain_id from, lh_chain_id to) LH_HIDDEN;
/* True for the first dependency of its kind, which is remembered by this call. */
bool lh_chain_is_new_kind(lh_chain_id id) LH_HIDDEN;
bool lh_dependency_kind_init(void) LH_HIDDEN;
bool lh_held_chain_init(void) LH_HIDDEN;

#endif
