/*
 * known_chain.c — finds chains that a thread has visited before without the internal lock, and
 * passes those of destroyed locks to the next lock of the row; records the others.
 */
#include "libcheck/thread/held_chain_internal.h"

enum {
	FEW = 8,       /* entries of a list of the hash table that are tried */
	SHORT_LIST = 2 /* chains of a lock without many_chains */
};

/* This thread's visit row of a chain, NULL if there is none; no other thread writes that row. */
static struct lh_chain_visit *own_visit(const struct lh_self *self, lh_chain_id id)
{
	uint32_t i = __atomic_load_n(&LH_CHAINS[id].visit, __ATOMIC_ACQUIRE);

	for (int few = 0; i && few < FEW; i = LH_VISITS[i].next, few++)
		if (LH_VISITS[i].thread == self->live_saved->thread && LH_VISITS[i].chain == id)
			return &LH_VISITS[i];
	return NULL;
}

bool lh_chain_no_children(const struct lh_lock *l)
{
	lh_chain_id id = l->chains;

	for (int few = 0; id && few < LH_CHAIN_FEW; id = LH_CHAINS[id].next, few++)
		if (LH_CHAINS[id].children)
			return false;
	return !id;
}

/* by_class tells the two directions between locks of one class apart by addresses. */
static bool holds_same_class(lh_chain_id parent, const struct lh_lock *l)
{
	int few = 0;

	for (; parent; parent = LH_CHAINS[parent].parent)
		if (few++ == FEW ||
		    (l->init_stack &&
		     LH_LOCKS[LH_LOCK_ROW(LH_CHAINS[parent].lock)].init_stack == l->init_stack))
			return true;
	return false;
}

static inline void pass(const struct lh_self *self, lh_chain_id id, lh_lock_id lock)
{
	struct lh_chain_visit *visit = &LH_VISITS[LH_CHAINS[id].visit];

	visit->first = visit->last = self->live_saved->segment;
	visit->serial = lh_visit_serial; /* not earlier than any visit that is noted by now */
	__atomic_store_n(&LH_CHAINS[id].lock, lock, __ATOMIC_RELEASE);
	if (LH_CHAINS[id].flags & LH_CHAIN_STALE)
		lh_chain_set_valid(id);
}

static inline bool may_pass(const struct lh_self *self, lh_chain_id id)
{
	const struct lh_chain_visit *only = &LH_VISITS[LH_CHAINS[id].visit];

	return only->chain == id && only->thread == self->live_saved->thread && !only->next &&
	       !(LH_CHAINS[id].flags & ~(uint32_t)LH_CHAIN_HARMLESS);
}

/* The chain without its parent's lock passes too: it is needed once that lock is destroyed. */
static void pass_projection(const struct lh_self *self, struct lh_chain *chain, lh_lock_id lock)
{
	lh_chain_id parent = LH_CHAINS[chain->parent].parent;
	lh_chain_id id = LH_LOCKS[LH_LOCK_ROW(lock)].chains;

	for (int few = 0; id && few < LH_CHAIN_FEW; id = LH_CHAINS[id].next, few++)
		if (LH_CHAINS[id].parent == parent && LH_CHAINS[id].site == chain->site &&
		    may_pass(self, id)) {
			pass(self, id, lock);
			return;
		}
	chain->flags &= ~(uint32_t)LH_CHAIN_PROJECTED;
}

/*
 * Passes a chain of an earlier lock of the row, or under an earlier lock of the parent's row, to
 * `lock`, if only this thread ever visited it. No cycle goes through the chain, because no lock is
 * known to have been wanted under this one. If the lock is the same, other threads may acquire
 * locks under it now.
 */
static bool pass_to_next_lock(const struct lh_self *self, lh_chain_id id, lh_lock_id lock)
{
	struct lh_chain *chain = &LH_CHAINS[id];
	const struct lh_lock *l = &LH_LOCKS[LH_LOCK_ROW(lock)];
	const struct lh_chain_visit *visit = &LH_VISITS[chain->visit];
	uint32_t segment = self->live_saved->segment;
	bool same = chain->lock == lock;

	if (!may_pass(self, id) || lh_chain_graph_knows(l) || !lh_chain_no_children(l) ||
	    (chain->parent && holds_same_class(chain->parent, l)) ||
	    (same && (visit->first != segment || visit->last != segment)))
		return false;
	pass(self, id, lock);
	if (same && (lh_chain_graph_knows(l) || !lh_chain_no_children(l))) {
		lh_chain_set_stale(id);
		return false;
	}
	if (chain->flags & LH_CHAIN_PROJECTED && !same)
		pass_projection(self, chain, lock);
	return true;
}

bool lh_chain_pass(const struct lh_self *self, lh_chain_id id, lh_lock_id from, lh_lock_id to)
{
	const struct lh_chain *chain = &LH_CHAINS[id];
	const struct lh_lock *l = &LH_LOCKS[LH_LOCK_ROW(to)];

	if (from == to || chain->lock != from)
		return false;
	/* most often it is the row's only chain, and of a lock that is acquired alone */
	if (chain->parent || chain->children || chain->next || l->chains != id)
		return pass_to_next_lock(self, id, to);
	if (!may_pass(self, id) || lh_chain_graph_knows(l))
		return false;
	pass(self, id, to);
	return true;
}

/* The lock that acquires this chain, if the chain has this parent and site; otherwise 0. */
static inline lh_lock_id lock_if_matches(const struct lh_chain *chain, lh_chain_id parent,
					 lh_site site)
{
	lh_lock_id of = __atomic_load_n(&chain->lock, __ATOMIC_ACQUIRE);

	return chain->parent == parent && chain->site == site ? of : 0;
}

/*
 * Searches while other threads may add chains and move them to other lists: a chain may be missed,
 * and the caller checks what is found again. If there is no chain of the lock itself, returns one
 * of an earlier lock of the same row.
 */
static lh_chain_id find_unlocked(lh_chain_id parent, lh_lock_id lock, lh_site site)
{
	lh_chain_id id = __atomic_load_n(lh_chain_head(parent, lock, site), __ATOMIC_ACQUIRE),
		    old = 0;

	for (int few = 0; id && few < FEW; id = LH_CHAINS[id].hash_next, few++) {
		lh_lock_id of = lock_if_matches(&LH_CHAINS[id], parent, site);
		if (of == lock)
			return id;
		if (!LH_LOCK_ROW(of ^ lock))
			old = id;
	}
	return old;
}

/* The same in the list of a lock whose chains are not in the hash table. */
static lh_chain_id find_listed(lh_chain_id parent, lh_lock_id lock, lh_site site)
{
	lh_chain_id id = __atomic_load_n(&LH_LOCKS[LH_LOCK_ROW(lock)].chains, __ATOMIC_ACQUIRE),
		    old = 0;

	for (int few = 0; id && few < SHORT_LIST; id = LH_CHAINS[id].next, few++) {
		lh_lock_id of = lock_if_matches(&LH_CHAINS[id], parent, site);
		if (of == lock)
			return id;
		if (!LH_LOCK_ROW(of ^ lock))
			old = id;
	}
	return old;
}

static inline lh_chain_id find_known(lh_chain_id parent, lh_lock_id lock, lh_site site)
{
	const struct lh_lock *l = &LH_LOCKS[LH_LOCK_ROW(lock)];

	return lh_chain_is_hashed(l) ? find_unlocked(parent, lock, site)
				     : find_listed(parent, lock, site);
}

lh_chain_id lh_chain_find(lh_chain_id parent, lh_lock_id lock, lh_site site)
{
	lh_chain_id id = find_known(parent, lock, site);
	const struct lh_chain *chain = &LH_CHAINS[id];

	return id && chain->lock == lock && !(chain->flags & LH_CHAIN_STALE) ? id : 0;
}

lh_chain_id lh_held_chain_search(struct lh_live_thread *live)
{
	lh_chain_id parent = 0;

	for (uint32_t i = 0; i < lh_held_count(live); i++) {
		struct lh_held *h = lh_held_at(live, i);
		const struct lh_lock *l = lh_lock_row(h->lock);
		if (!l || l->kind == LH_ONCE || (h->flags & LH_HELD_IN_COND_WAIT))
			return 0;
		parent = h->chain ? h->chain
				  : lh_chain_find(parent, h->lock,
						  LH_SITE(LH_SITE_STACK(h->site), LH_TRY,
							  LH_SITE_MODE(h->site)));
		h->chain = parent;
		if (!parent)
			return 0;
	}
	return parent;
}

/*
 * A bit of the thread's own means the same as its visit row, which is in a list that other threads
 * write too. The bit of a reused chain may be of the earlier chain, so there the list is searched.
 */
static bool was_visited(const struct lh_self *self, lh_chain_id id)
{
	return id < LH_VISITED_BITS && (self->visited[id / 64] >> id % 64 & 1) &&
	       !(LH_CHAINS[id].flags & LH_CHAIN_REUSED);
}

/* Bit 0, of no chain, says that there are visits to forget. */
static void mark_visited(struct lh_self *self, lh_chain_id id)
{
	if (id >= LH_VISITED_BITS)
		id = 0;
	self->visited[id / 64] |= 1ull << id % 64;
	if (self->visited_used <= id / 64)
		self->visited_used = id / 64 + 1;
}

static void remember(struct lh_self *self, struct lh_chain_cache_entry k)
{
	struct lh_chain_cache_entry *pair = lh_chain_cache_line(self, k.parent, k.lock, k.site);

	if (LH_LOCK_ROW(pair[0].lock ^ k.lock)) /* keep no older entry of the lock row */
		pair[1] = pair[0];
	pair[0] = k;
	size_t line = (size_t)(pair - self->chain_cache[0]) / 2;
	self->cache_used[line / 64] |= 1ull << line % 64;
	mark_visited(self, k.chain);
}

/* True if this thread has visited the chain in this segment, so the acquisition is not new. */
static inline bool visited_in_segment(const struct lh_self *self, lh_chain_id id, lh_lock_id lock)
{
	const struct lh_chain *chain = &LH_CHAINS[id];
	bool same = __atomic_load_n(&chain->lock, __ATOMIC_ACQUIRE) == lock &&
		    !(chain->flags & LH_CHAIN_STALE);

	if (same && was_visited(self, id))
		return true;
	if (!same)
		return pass_to_next_lock(self, id, lock);
	const struct lh_chain_visit *visit = own_visit(self, id);
	return visit && visit->last >= self->live_saved->segment;
}

lh_chain_id lh_chain_find_visited(struct lh_self *self, lh_chain_id parent, lh_lock_id lock,
				  lh_site site)
{
	lh_chain_id id = find_known(parent, lock, site);

	if (!id || !visited_in_segment(self, id, lock))
		return 0;
	remember(self, (struct lh_chain_cache_entry){parent, lock, site, id});
	return id;
}

/* ---- with the internal lock ---- */

lh_chain_id lh_chain_record(struct lh_self *self, lh_chain_id parent, lh_lock_id lock, lh_site site,
			    bool *fresh)
{
	const struct lh_live_thread *live = self->live_saved;
	lh_chain_id id = lh_chain_cached(self, parent, lock, site);

	*fresh = false;
	if (id)
		return id;
	id = lh_chain_make(parent, lock, site);
	if (!id)
		return 0;
	*fresh = lh_chain_note(id, (struct lh_chain_visit){.thread = live->thread,
							   .first = live->segment,
							   .last = live->segment,
							   .serial = ++lh_visit_serial});
	remember(self, (struct lh_chain_cache_entry){parent, lock, site, id});
	return id;
}
