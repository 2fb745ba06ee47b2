/* held_chain.c — stores held chains and visits, and finds known ones without the internal lock. */
#include "libcheck/thread/held_chain.h"
#include "libcheck/base/linear_hash.h"

enum {
	VISITS_MAX = 6, /* rows of LH_T_VISIT per chain; beyond them LH_CHAIN_MANY_THREADS is set */
	COND_VISITS_MAX = 64, /* of a condition: each signaller matters */
	HARMLESS = LH_CHAIN_SIGNALS_BLOCKED | LH_CHAIN_REUSED | LH_CHAIN_HANDLER_CHECKED
};

/* About one hash list per chain: each new chain splits a list in two (base/linear_hash.h). */
static uint32_t *heads;
static uint32_t lists; /* number of lists in use */

/*
 * Short-lived locks come and go by the million. Under most of them no lock is ever acquired, so
 * their chains have no children and the order graph has no edges from them: such chains are reused
 * once their lock is destroyed. (The order graph keeps the rows of LH_T_VISIT in lists by thread,
 * so a visit row is reused only by its thread.)
 *
 * With by_class, the orders that these chains showed still count. So the first dependency of each
 * kind is kept; a kind is a class of locks, acquired at one site under one chain.
 */
static lh_chain_id free_chains; /* linked by hash_next */
static uint32_t *known_dependency_kinds;
enum { DEPENDENCY_KINDS_LOG = 14 };
void (*lh_chain_on_reuse)(lh_chain_id id);
static uint32_t serial; /* of the rows of LH_T_VISIT, in the order of time */
static void forget(struct lh_lock *l);

bool lh_chain_init(void)
{
	free_chains = 0;
	lh_lock_on_destroy = forget;
	known_dependency_kinds = lh_private_alloc(sizeof(uint32_t) << DEPENDENCY_KINDS_LOG);
	heads = lh_private_rows(lh_rows_mapped(LH_T_CHAIN) * sizeof(*heads),
				lh_rows_max(LH_T_CHAIN) * sizeof(*heads));
	lists = 1;
	return heads && known_dependency_kinds;
}

static uint64_t hash(lh_chain_id parent, uint32_t a, uint32_t b)
{
	uint64_t h = ((uint64_t)parent << 32 | a) * 0x9e3779b97f4a7c15u;

	return (h ^ h >> 31 ^ b) * 0xbf58476d1ce4e5b9u;
}

/* All generations of a lock's row are in one list, so a chain can pass to the row's next lock. */
static uint32_t *head_of(lh_chain_id parent, lh_lock_id lock, lh_site site)
{
	uint64_t h = hash(parent, LH_LOCK_ROW(lock), site);

	return &heads[lh_linear_hash_bucket((uint32_t)(h >> 32), lists)];
}

/* The chains of a list are scattered in memory: prefetches those that will be moved soon. */
static void prefetch(uint32_t fresh)
{
	enum { FAR = 6, NEAR = 3 };
	lh_chain_id far = heads[lh_linear_hash_split_from(fresh + FAR)],
		    near = heads[lh_linear_hash_split_from(fresh + NEAR)];

	__builtin_prefetch(&LH_CHAINS[far]);
	__builtin_prefetch(&LH_CHAINS[LH_CHAINS[near].hash_next]);
}

/* Adds a list, and moves to it the chains that belong there from the list that is split. */
static void split(void)
{
	if (lists >= lh_rows_used(LH_T_CHAIN) || lists >= lh_rows_max(LH_T_CHAIN))
		return;
	uint32_t fresh = lists++, *from = &heads[lh_linear_hash_split_from(fresh)];
	prefetch(fresh);
	lh_chain_id i = *from;

	*from = 0;
	while (i) {
		struct lh_chain *chain = &LH_CHAINS[i];
		lh_chain_id next = chain->hash_next;
		uint32_t *to = head_of(chain->parent, chain->lock, chain->site);
		chain->hash_next = *to;
		*to = i;
		i = next;
	}
}

static lh_chain_id find(lh_chain_id parent, lh_lock_id lock, lh_site site)
{
	for (lh_chain_id i = *head_of(parent, lock, site); i; i = LH_CHAINS[i].hash_next) {
		const struct lh_chain *chain = &LH_CHAINS[i];
		if (chain->parent == parent && chain->lock == lock && chain->site == site)
			return i;
	}
	return 0;
}

static void unhash(lh_chain_id id)
{
	const struct lh_chain *chain = &LH_CHAINS[id];
	uint32_t *at = head_of(chain->parent, chain->lock, chain->site);

	while (*at && *at != id)
		at = &LH_CHAINS[*at].hash_next;
	if (*at)
		*at = chain->hash_next;
}

static void free_visits(struct lh_self *self, lh_chain_id id)
{
	lh_thread_id thread = self->live_saved ? self->live_saved->thread : 0;
	uint32_t next;

	for (uint32_t i = LH_CHAINS[id].visit; i; i = next) {
		next = LH_VISITS[i].next;
		LH_VISITS[i].chain = 0;
		if (LH_VISITS[i].thread != thread)
			continue;
		LH_VISITS[i].next = self->free_visit;
		self->free_visit = i;
	}
}

static void free_chain(uint32_t *at)
{
	lh_chain_id id = *at;
	struct lh_chain *chain = &LH_CHAINS[id];

	*at = chain->next;
	unhash(id);
	chain->lock = 0;
	free_visits(lh_self_get(), id);
	chain->hash_next = free_chains;
	free_chains = id;
}

/* True for the first dependency of its kind, which is remembered by this call. */
static bool is_new_dependency_kind(const struct lh_chain *chain, const struct lh_lock *l)
{
	uint64_t h = hash(chain->parent, chain->site, l->init_stack);
	uint32_t *at = &known_dependency_kinds[h >> (64 - DEPENDENCY_KINDS_LOG)],
		 tag = (uint32_t)h | 1;
	bool is_new = chain->parent && *at != tag;

	if (is_new)
		*at = tag;
	return is_new;
}

static bool may_free_chains(const struct lh_lock *l)
{
	bool is_new = false;

	if (l->flags & (LH_LOCK_PINNED | LH_LOCK_PREFER_WRITER))
		return false;
	for (lh_chain_id i = l->chains; i; i = LH_CHAINS[i].next) {
		if (LH_CHAINS[i].children || (LH_CHAINS[i].flags & ~(uint32_t)HARMLESS))
			return false;
		is_new = is_new_dependency_kind(&LH_CHAINS[i], l) || is_new;
	}
	return !is_new;
}

static void forget(struct lh_lock *l)
{
	bool all = may_free_chains(l);

	for (uint32_t *at = &l->chains; *at;) {
		struct lh_chain *chain = &LH_CHAINS[*at];
		if (all || (!chain->parent && !chain->children && !(l->flags & LH_LOCK_PINNED)))
			free_chain(at);
		else
			at = &chain->next;
	}
}

/* Frees, from the head of the list, chains of the lock that had this row before. */
static void forget_earlier_locks(struct lh_lock *l, lh_lock_id lock)
{
	while (l->chains && LH_CHAINS[l->chains].lock != lock && !LH_CHAINS[l->chains].children &&
	       !is_new_dependency_kind(&LH_CHAINS[l->chains], l))
		free_chain(&l->chains);
}

/* A parent's row number is lower than its child's; code that walks up a chain relies on this. */
static lh_chain_id new_row(lh_chain_id parent)
{
	enum { TRIES = 4 };
	lh_chain_id *at = &free_chains;

	for (int i = 0; i < TRIES && *at; i++, at = &LH_CHAINS[*at].hash_next) {
		lh_chain_id id = *at;
		if (id < parent)
			continue;
		*at = LH_CHAINS[id].hash_next;
		return id;
	}
	return lh_row_add(LH_T_CHAIN, 1);
}

static lh_chain_id new_chain(lh_chain_id parent, lh_lock_id lock, lh_site site)
{
	struct lh_lock *l = lh_lock_row(lock);
	if (l)
		forget_earlier_locks(l, lock);
	lh_chain_id id = l ? new_row(parent) : 0;
	bool renewed = id && LH_CHAINS[id].depth;

	if (!id) {
		lh_own_ledger.ledger->dropped_chains++;
		return 0;
	}
	split();
	uint32_t *head = head_of(parent, lock, site);
	LH_CHAINS[id] = (struct lh_chain){.parent = parent,
					  .site = site,
					  .depth = (uint16_t)(LH_CHAINS[parent].depth + 1),
					  .next = l->chains,
					  .hash_next = *head,
					  .flags = renewed ? LH_CHAIN_REUSED : 0};
	if (parent && LH_CHAINS[parent].children < UINT16_MAX)
		LH_CHAINS[parent].children++;
	__atomic_store_n(&LH_CHAINS[id].lock, lock, __ATOMIC_RELEASE);
	__atomic_store_n(&l->chains, id, __ATOMIC_RELEASE);
	*head = id;
	if (LH_CHAINS[LH_CHAINS[id].next].next)
		l->many_chains = true;
	if (renewed && lh_chain_on_reuse)
		lh_chain_on_reuse(id);
	return id;
}

static uint32_t new_visit(struct lh_self *self)
{
	uint32_t at = self->free_visit;

	if (!at)
		return lh_row_add(LH_T_VISIT, 1);
	self->free_visit = LH_VISITS[at].next;
	return at;
}

static uint32_t visits_max(const struct lh_chain *chain)
{
	return LH_LOCKS[LH_LOCK_ROW(chain->lock)].kind == LH_COND ? COND_VISITS_MAX : VISITS_MAX;
}

/*
 * True if this thread, or this segment of the thread, is new at the chain. A visit row means "in
 * every segment from first to last", so the row grows by one segment, or another row is added.
 */
static bool note(lh_chain_id id, lh_thread_id thread, uint32_t segment)
{
	struct lh_chain *chain = &LH_CHAINS[id];
	struct lh_chain_visit *own = NULL;
	uint32_t count = 0;

	for (uint32_t i = chain->visit; i; i = LH_VISITS[i].next, count++) {
		struct lh_chain_visit *s = &LH_VISITS[i];
		if (s->thread != thread)
			continue;
		if (segment <= s->last)
			return false;
		if (!own || s->last > own->last)
			own = s;
	}
	/* if the chain may have no further row, the segments in between count as visited too */
	if (own && (segment == own->last + 1 || count >= visits_max(chain))) {
		own->last = segment;
		return true;
	}
	if (chain->flags & LH_CHAIN_MANY_THREADS)
		return false;
	uint32_t at = count < visits_max(chain) ? new_visit(lh_self_get()) : 0;
	if (!at) {
		chain->flags |= LH_CHAIN_MANY_THREADS;
		return true;
	}
	LH_VISITS[at] =
		(struct lh_chain_visit){id, thread, segment, segment, chain->visit, ++serial};
	__atomic_store_n(&chain->visit, at, __ATOMIC_RELEASE);
	return true;
}

/* ---- without the internal lock ---- */

enum {
	FEW = 8,       /* entries of a list that are tried */
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

	for (int few = 0; id && few < FEW; id = LH_CHAINS[id].next, few++)
		if (LH_CHAINS[id].children)
			return false;
	return !id;
}

/* Passes the chain of an earlier lock of the row to `lock`, if only this thread ever visited it. */
static bool pass_to_next_lock(const struct lh_self *self, struct lh_chain *chain,
			      struct lh_chain_visit *visit, lh_lock_id lock)
{
	if ((chain->flags & ~(uint32_t)HARMLESS) || &LH_VISITS[chain->visit] != visit ||
	    visit->next || !lh_chain_no_children(&LH_LOCKS[LH_LOCK_ROW(lock)]))
		return false;
	visit->first = visit->last = self->live_saved->segment;
	visit->serial = serial; /* not earlier than any visit that is noted by now */
	__atomic_store_n(&chain->lock, lock, __ATOMIC_RELEASE);
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
 * and the caller checks what is found again. `or_earlier`: if there is no chain of the lock itself,
 * also returns one of an earlier lock of the same row.
 */
static lh_chain_id find_unlocked(lh_chain_id parent, lh_lock_id lock, lh_site site, bool or_earlier)
{
	lh_chain_id id = __atomic_load_n(head_of(parent, lock, site), __ATOMIC_ACQUIRE), old = 0;

	for (int few = 0; id && few < FEW; id = LH_CHAINS[id].hash_next, few++) {
		lh_lock_id of = lock_if_matches(&LH_CHAINS[id], parent, site);
		if (of == lock)
			return id;
		if (or_earlier && !LH_LOCK_ROW(of ^ lock))
			old = id;
	}
	return old;
}

/* Like find_unlocked, in the list of a lock without many_chains; returns the first that matches. */
static lh_chain_id find_listed(lh_chain_id parent, lh_lock_id lock, lh_site site, bool or_earlier)
{
	lh_chain_id id = __atomic_load_n(&LH_LOCKS[LH_LOCK_ROW(lock)].chains, __ATOMIC_ACQUIRE);

	for (int few = 0; id && few < SHORT_LIST; id = LH_CHAINS[id].next, few++) {
		lh_lock_id of = lock_if_matches(&LH_CHAINS[id], parent, site);
		if (of == lock || (or_earlier && !LH_LOCK_ROW(of ^ lock)))
			return id;
	}
	return 0;
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

static void mark_visited(struct lh_self *self, lh_chain_id id)
{
	if (id >= LH_VISITED_BITS)
		return;
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
	mark_visited(self, k.chain);
}

/* True if this thread has visited the chain in this segment, so the acquisition is not new. */
static inline bool visited_in_segment(const struct lh_self *self, lh_chain_id id, lh_lock_id lock)
{
	struct lh_chain *chain = &LH_CHAINS[id];
	bool same = __atomic_load_n(&chain->lock, __ATOMIC_ACQUIRE) == lock;

	if (same && was_visited(self, id))
		return true;
	struct lh_chain_visit *visit = own_visit(self, id);

	return visit && (same ? visit->last >= self->live_saved->segment
			      : pass_to_next_lock(self, chain, visit, lock));
}

/* A short list is near the lock in memory; a long one is slower than the hash table. */
lh_chain_id lh_chain_find_visited(struct lh_self *self, lh_chain_id parent, lh_lock_id lock,
				  lh_site site, bool take_over)
{
	const struct lh_lock *l = &LH_LOCKS[LH_LOCK_ROW(lock)];
	lh_chain_id id = l->many_chains ? 0 : find_listed(parent, lock, site, take_over);

	if (!id && l->chains)
		id = find_unlocked(parent, lock, site, take_over);
	if (!id || !visited_in_segment(self, id, lock))
		return 0;
	remember(self, (struct lh_chain_cache_entry){parent, lock, site, id});
	return id;
}

lh_chain_id lh_chain_make(lh_chain_id parent, lh_lock_id lock, lh_site site)
{
	const struct lh_lock *l = lh_lock_row(lock);
	lh_chain_id id = l && l->chains ? find(parent, lock, site) : 0;

	return id ? id : new_chain(parent, lock, site);
}

lh_chain_id lh_chain_record(struct lh_self *self, lh_chain_id parent, lh_lock_id lock, lh_site site,
			    bool *fresh)
{
	const struct lh_live_thread *live = self->live_saved;
	lh_chain_id id = lh_chain_make(parent, lock, site);

	if (!id)
		return 0;
	*fresh = note(id, live->thread, live->segment);
	remember(self, (struct lh_chain_cache_entry){parent, lock, site, id});
	return id;
}
