/*
 * dead_chain.c — what remains of the chains of a lock that was destroyed.
 *
 * Short-lived locks come and go by the million. No later event adds a dependency of a destroyed
 * lock, so what its chains show can be removed where no later cycle could need it. docs/theory.md
 * ("Destroyed locks") has the proof of the two rules:
 *
 * - a lock under which no lock is known to have been wanted, except others of this kind;
 * - a lock that only one thread ever acquired. What was wanted under it is then projected: the same
 *   chain without the destroyed lock gets the same visits.
 *
 * A removed chain stays as a stale row while the lock's row is retired, because the next lock of
 * the row will most likely use the chain again. When it is freed, the first of its kind is kept
 * (dependency_kind.c).
 */
#include "libcheck/thread/held_chain_internal.h"

enum { CHILDREN_TRIED = 32, NODES_MAX = 32 };

/* Is the chain, or one below it, the first of its kind? Remembers all of their kinds. */
static bool any_new_kind(lh_chain_id top)
{
	bool is_new = lh_chain_is_new_kind(top);

	for (lh_chain_id id = lh_chain_links[top].child, next; id; id = next) {
		is_new = lh_chain_is_new_kind(id) || is_new;
		next = lh_chain_links[id].child;
		while (!next && id != top) {
			next = lh_chain_links[id].next;
			id = LH_CHAINS[id].parent;
		}
	}
	return is_new;
}

/* ---- who acquired the lock ---- */

static bool visited_only_by(const struct lh_chain *chain, lh_thread_id thread)
{
	for (uint32_t i = chain->visit; i; i = LH_VISITS[i].next)
		if (LH_VISITS[i].thread != thread)
			return false;
	return !(chain->flags & ~(uint32_t)LH_CHAIN_HARMLESS);
}

/* The only thread that ever acquired the lock, 0: there are several, or it is not known. */
static lh_thread_id only_thread(const struct lh_lock *l)
{
	lh_lock_id id = lh_lock_id_of(l);
	lh_thread_id thread = 0;

	for (lh_chain_id i = l->chains; i; i = LH_CHAINS[i].next) {
		const struct lh_chain *chain = &LH_CHAINS[i];
		if (chain->lock != id)
			continue;
		if (!thread && chain->visit)
			thread = LH_VISITS[chain->visit].thread;
		if (!visited_only_by(chain, thread))
			return 0;
	}
	return thread;
}

/* Destroyed, and nothing is wanted under it any more: no cycle leads through it. */
static bool is_dead_leaf(lh_lock_id lock)
{
	const struct lh_lock *l = lh_lock_row(lock);

	return l && (l->address & LH_ADDRESS_FREED) && lh_chain_no_children(l);
}

/* ---- without the internal lock: the thread itself made the lock, and makes another ---- */

static void forget_cached(struct lh_self *self, lh_chain_id id)
{
	const struct lh_chain *chain = &LH_CHAINS[id];
	struct lh_chain_cache_entry *k =
		lh_chain_cache_line(self, chain->parent, chain->lock, chain->site);

	for (int i = 0; i < 2; i++)
		if (k[i].chain == id)
			k[i].chain = 0;
}

static bool acquired_only_by(const struct lh_self *self, const struct lh_lock *l)
{
	return only_thread(l) == self->live_saved->thread;
}

/* Other threads may remove children meanwhile: then the count does not agree. */
static bool may_release(const struct lh_self *self, const struct lh_lock *l, lh_chain_id id)
{
	uint32_t valid = 0, tried = 0;

	for (lh_chain_id i = lh_chain_links[id].child; i; i = lh_chain_links[i].next) {
		const struct lh_chain *child = &LH_CHAINS[i];
		if (tried++ == CHILDREN_TRIED || child->parent != id)
			return false;
		if (child->flags & LH_CHAIN_STALE)
			continue;
		if (child->children ||
		    (!is_dead_leaf(child->lock) &&
		     (!(child->flags & LH_CHAIN_PROJECTED) || !acquired_only_by(self, l) ||
		      !visited_only_by(child, self->live_saved->thread))))
			return false;
		valid++;
	}
	return valid == LH_CHAINS[id].children;
}

static void release_children(struct lh_self *self, lh_chain_id id)
{
	for (lh_chain_id i = lh_chain_links[id].child; i; i = lh_chain_links[i].next) {
		forget_cached(self, i);
		lh_chain_set_stale(i);
	}
}

/* The lock that holds the parent chain was ended, and waits until this chain is freed. */
static bool is_waited_for(lh_chain_id id)
{
	lh_chain_id parent = LH_CHAINS[id].parent;

	return parent && (LH_LOCKS[LH_LOCK_ROW(LH_CHAINS[parent].lock)].flags & LH_LOCK_DEAD);
}

bool lh_chain_is_waited_for(const struct lh_lock *l)
{
	for (lh_chain_id id = l->chains; id; id = LH_CHAINS[id].next)
		if (is_waited_for(id))
			return true;
	return false;
}

bool lh_chain_release(struct lh_self *self, const struct lh_lock *l)
{
	bool any = false; /* shows anything */
	int few = 0;

	for (lh_chain_id id = l->chains; id; id = LH_CHAINS[id].next) {
		const struct lh_chain *chain = &LH_CHAINS[id];
		if (few++ == LH_CHAIN_FEW || is_waited_for(id) ||
		    (chain->children && !may_release(self, l, id)))
			return false;
		any |= chain->children || chain->parent;
	}
	for (lh_chain_id id = any ? l->chains : 0; id; id = LH_CHAINS[id].next) {
		if (LH_CHAINS[id].children)
			release_children(self, id);
		lh_chain_set_stale(id); /* what its own chains show ends with it */
	}
	return true;
}

/* ---- under the internal lock ---- */

/* The chains below those of a destroyed lock, parents first. */
struct removal {
	lh_thread_id thread; /* the only one that acquired the lock, 0: several */
	uint32_t n;
	lh_chain_id node[NODES_MAX];
	lh_chain_id without[NODES_MAX]; /* for children: the chain's path without the lock */
};

static bool add_children(struct removal *r, lh_chain_id id, lh_chain_id without)
{
	for (lh_chain_id i = LH_CHAINS[id].children ? lh_chain_links[id].child : 0; i;
	     i = lh_chain_links[i].next) {
		if (LH_CHAINS[i].flags & LH_CHAIN_STALE)
			continue;
		if (r->n == NODES_MAX)
			return false;
		r->node[r->n] = i;
		r->without[r->n++] = without;
	}
	return true;
}

/* A wait on a condition is reported at the end, with the locks that are held meanwhile. */
static bool is_removable(const struct removal *r, lh_chain_id id)
{
	enum lh_kind acts = lh_kind_acts(LH_LOCKS[LH_LOCK_ROW(LH_CHAINS[id].lock)].kind);

	return is_dead_leaf(LH_CHAINS[id].lock) ||
	       (r->thread && acts != LH_COND && acts != LH_BARRIER &&
		visited_only_by(&LH_CHAINS[id], r->thread));
}

/* False: something under the lock is still needed. */
static bool collect(struct removal *r, const struct lh_lock *l)
{
	*r = (struct removal){.thread = only_thread(l)};
	for (lh_chain_id i = l->chains; i; i = LH_CHAINS[i].next)
		if (!add_children(r, i, LH_CHAINS[i].parent))
			return false;
	for (uint32_t i = 0; i < r->n; i++)
		if (!is_removable(r, r->node[i]) || !add_children(r, r->node[i], r->node[i]))
			return false;
	return true;
}

/* Makes the chain of this node without the destroyed lock. False: the table is full. */
static bool project(struct removal *r, uint32_t at)
{
	const struct lh_chain *chain = &LH_CHAINS[r->node[at]];

	if (is_dead_leaf(chain->lock))
		return true;
	lh_chain_id to = lh_chain_make(r->without[at], chain->lock, chain->site);
	if (!to)
		return false;
	lh_chain_copy_visits(r->node[at], to);
	lh_chain_on_change(to, LH_CHAIN_ADDED);
	for (uint32_t i = at + 1; i < r->n; i++)
		if (r->without[i] == r->node[at])
			r->without[i] = to;
	return true;
}

bool lh_chain_clean(struct lh_self *self, const struct lh_lock *l, bool *cached)
{
	struct removal r;

	*cached = false;
	if (!collect(&r, l))
		return false;
	for (uint32_t i = 0; i < r.n; i++)
		if (!project(&r, i))
			return false;
	for (uint32_t i = r.n; i--;) {
		lh_chain_id id = r.node[i];
		bool dead = is_dead_leaf(LH_CHAINS[id].lock);
		lh_chain_on_change(id, LH_CHAIN_REMOVED);
		lh_chain_set_stale(id);
		if (!dead && LH_CHAINS[LH_CHAINS[id].parent].lock == lh_lock_id_of(l))
			LH_CHAINS[id].flags |= LH_CHAIN_PROJECTED;
		if (self && r.thread == self->live_saved->thread)
			forget_cached(self, id);
		else
			*cached |= !dead;
	}
	if (self && r.n)
		lh_self_forget_own_acquisitions(self);
	return lh_chain_on_change(lh_lock_id_of(l), LH_CHAIN_LOCK_REMOVED);
}

static bool may_forget(const struct lh_lock *l)
{
	bool cached, is_new = false;

	if (l->flags & (LH_LOCK_PINNED | LH_LOCK_PREFER_WRITER))
		return false;
	for (lh_chain_id i = l->chains; i; i = LH_CHAINS[i].next)
		if (LH_CHAINS[i].flags & LH_CHAIN_KEPT)
			return false;
	if (!lh_chain_clean(NULL, l, &cached))
		return false;
	for (lh_chain_id i = l->chains; i; i = LH_CHAINS[i].next)
		is_new = any_new_kind(i) || is_new;
	return !is_new;
}

/* Locks that wait to be forgotten until nothing is known to be wanted under them. */
struct waiting {
	uint32_t n;
	struct lh_lock *l[NODES_MAX];
};

static void forget_lock(struct lh_lock *l, struct waiting *waiting)
{
	if (!may_forget(l))
		return;
	while (l->chains) {
		lh_chain_id parent = LH_CHAINS[l->chains].parent;
		struct lh_lock *p = parent ? &LH_LOCKS[LH_LOCK_ROW(LH_CHAINS[parent].lock)] : NULL;
		lh_chain_free(l->chains);
		if (p && p != l && (p->flags & LH_LOCK_DEAD) && waiting->n < NODES_MAX)
			waiting->l[waiting->n++] = p;
	}
}

/* Frees the chains of a destroyed lock, and those of destroyed locks that waited for it, unless
 * they are needed. */
static void forget(struct lh_lock *l)
{
	struct waiting waiting = {0};

	forget_lock(l, &waiting);
	while (waiting.n) {
		struct lh_lock *p = waiting.l[--waiting.n];
		if (!p->chains)
			continue;
		forget_lock(p, &waiting);
		if (!p->chains)
			lh_lock_free_row(p);
	}
}

bool lh_chain_init(void)
{
	lh_lock_on_destroy = forget;
	return lh_held_chain_init();
}
