/* held_chain.c — stores held chains and visits, and finds known ones without the internal lock. */
#include "libcheck/thread/held_chain_internal.h"
#include "libcheck/base/linear_hash.h"

enum {
	VISITS_MAX = 8,   /* rows of LH_T_VISIT per chain; beyond them the rows of some move on */
	FIRST_VISITS = 2, /* the rows that never do */
	OWN_MAX = 2,      /* by one thread: its first, and its last so far */
	COND_VISITS_MAX = 64,   /* of a condition: each signaller matters */
	PERMIT_VISITS_MAX = 64, /* of a counting semaphore: all its permits may be needed */
	TEAM_VISITS_MAX = 32,   /* by threads of teams; of further ones none is kept */
	CHILDREN_MANY = 60000,  /* from this number on, lh_chain.children is not counted */
	DEPTHS = 8,             /* free chains are kept by depth, see new_row */
	QUARANTINE = 256
};

/* About one hash list per chain that is in them: each one splits a list in two
 * (base/linear_hash.h). */
static uint32_t *heads;
static uint32_t lists;  /* number of lists in use */
static uint32_t hashed; /* chains in them */

/* Free rows, linked by hash_next. A thread's chain cache may still name those in quarantine. */
static lh_chain_id free_chains[DEPTHS], free_low[DEPTHS];
static struct {
	lh_chain_id first[2]; /* freed since the last flush of the caches; before it */
	uint32_t n;
} quarantine;
static uint32_t *free_visits; /* by thread: free rows of LH_T_VISIT, linked by `next` */
struct lh_chain_links *lh_chain_links;
bool (*lh_chain_on_change)(uint32_t id, enum lh_chain_change what);
const uint8_t *lh_chain_graph_rows;
uint32_t lh_visit_serial;

/* An array with an element for each row, which grows with the table. */
static void *rows_beside(enum lh_table_name name, size_t size)
{
	return lh_private_rows(lh_rows_mapped(name) * size, lh_rows_max(name) * size);
}

bool lh_held_chain_init(void)
{
	__builtin_memset(free_chains, 0, sizeof(free_chains));
	__builtin_memset(free_low, 0, sizeof(free_low));
	__builtin_memset(&quarantine, 0, sizeof(quarantine));
	heads = rows_beside(LH_T_CHAIN, sizeof(*heads));
	lh_chain_links = rows_beside(LH_T_CHAIN, sizeof(*lh_chain_links));
	free_visits = rows_beside(LH_T_THREAD, sizeof(*free_visits));
	lists = 1;
	hashed = 0;
	return lh_dependency_kind_init() && heads && lh_chain_links && free_visits;
}

static uint64_t hash(lh_chain_id parent, uint32_t a, uint32_t b)
{
	uint64_t h = ((uint64_t)parent << 32 | a) * 0x9e3779b97f4a7c15u;

	return (h ^ h >> 31 ^ b) * 0xbf58476d1ce4e5b9u;
}

/* All generations of a lock's row are in one list, so a chain can pass to the row's next lock. */
uint32_t *lh_chain_head(lh_chain_id parent, lh_lock_id lock, lh_site site)
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
	if (lists > hashed || lists >= lh_rows_max(LH_T_CHAIN))
		return;
	uint32_t fresh = lists++, *from = &heads[lh_linear_hash_split_from(fresh)];
	prefetch(fresh);
	lh_chain_id i = *from;

	*from = 0;
	while (i) {
		struct lh_chain *chain = &LH_CHAINS[i];
		lh_chain_id next = chain->hash_next;
		uint32_t *to = lh_chain_head(chain->parent, chain->lock, chain->site);
		chain->hash_next = *to;
		*to = i;
		i = next;
	}
}

static lh_chain_id find(const struct lh_lock *l, lh_chain_id parent, lh_lock_id lock, lh_site site)
{
	bool in_table = lh_chain_is_hashed(l);
	lh_chain_id i = in_table ? *lh_chain_head(parent, lock, site) : l->chains;

	for (; i; i = in_table ? LH_CHAINS[i].hash_next : LH_CHAINS[i].next) {
		const struct lh_chain *chain = &LH_CHAINS[i];
		if (chain->parent == parent && chain->lock == lock && chain->site == site)
			return i;
	}
	return 0;
}

static void add_to_table(lh_chain_id id)
{
	struct lh_chain *chain = &LH_CHAINS[id];

	hashed++;
	split();
	uint32_t *head = lh_chain_head(chain->parent, chain->lock, chain->site);
	chain->hash_next = *head;
	__atomic_store_n(head, id, __ATOMIC_RELEASE);
}

/* The lock has so many chains now that its list would be slow. */
static void add_all_to_table(struct lh_lock *l)
{
	for (lh_chain_id i = l->chains; i; i = LH_CHAINS[i].next)
		add_to_table(i);
	l->many_chains = true;
}

static void unhash(lh_chain_id id)
{
	const struct lh_chain *chain = &LH_CHAINS[id];

	if (!lh_chain_is_hashed(&LH_LOCKS[LH_LOCK_ROW(chain->lock)]))
		return;
	uint32_t *at = lh_chain_head(chain->parent, chain->lock, chain->site);
	while (*at && *at != id)
		at = &LH_CHAINS[*at].hash_next;
	if (!*at)
		return;
	*at = chain->hash_next;
	hashed--;
}

/* ---- valid and stale ---- */

/* Threads that hold the parent's lock shared, or destroy other children, change it too. */
static void count_child(lh_chain_id parent, int by)
{
	if (parent &&
	    __atomic_load_n(&LH_CHAINS[parent].children, __ATOMIC_RELAXED) < CHILDREN_MANY)
		__atomic_fetch_add(&LH_CHAINS[parent].children, (uint16_t)by, __ATOMIC_SEQ_CST);
}

void lh_chain_set_stale(lh_chain_id id)
{
	struct lh_chain *chain = &LH_CHAINS[id];

	if (!chain->parent || (chain->flags & LH_CHAIN_STALE))
		return;
	__atomic_store_n(&chain->flags, chain->flags | LH_CHAIN_STALE, __ATOMIC_RELEASE);
	count_child(chain->parent, -1);
}

void lh_chain_set_valid(lh_chain_id id)
{
	struct lh_chain *chain = &LH_CHAINS[id];

	if (!(chain->flags & LH_CHAIN_STALE))
		return;
	__atomic_store_n(&chain->flags, chain->flags & ~(uint32_t)LH_CHAIN_STALE, __ATOMIC_RELEASE);
	count_child(chain->parent, 1);
}

/* ---- free rows ---- */

static void free_visits_of(lh_chain_id id)
{
	uint32_t next;

	for (uint32_t i = LH_CHAINS[id].visit; i; i = next) {
		uint32_t *list = &free_visits[LH_VISITS[i].thread];
		next = LH_VISITS[i].next;
		LH_VISITS[i].chain = 0;
		LH_VISITS[i].next = *list;
		*list = i;
	}
	LH_CHAINS[id].visit = 0;
}

static void unlink_from_parent(lh_chain_id id)
{
	struct lh_chain_links *k = &lh_chain_links[id];

	lh_chain_set_stale(id); /* the parent does not count it any more */
	if (!LH_CHAINS[id].parent)
		return;
	if (k->next)
		lh_chain_links[k->next].prev = k->prev;
	*(k->prev ? &lh_chain_links[k->prev].next : &lh_chain_links[LH_CHAINS[id].parent].child) =
		k->next;
}

static void unlink_from_lock(lh_chain_id id)
{
	struct lh_chain *chain = &LH_CHAINS[id];
	lh_chain_id prev = lh_chain_links[id].lock_prev;

	if (chain->next)
		lh_chain_links[chain->next].lock_prev = prev;
	__atomic_store_n(prev ? &LH_CHAINS[prev].next : &LH_LOCKS[LH_LOCK_ROW(chain->lock)].chains,
			 chain->next, __ATOMIC_RELEASE);
}

static lh_chain_id *free_list(lh_chain_id *lists_by_depth, uint32_t depth)
{
	return &lists_by_depth[depth < DEPTHS ? depth : DEPTHS - 1];
}

static void push(lh_chain_id *list, lh_chain_id id)
{
	LH_CHAINS[id].hash_next = *list;
	*list = id;
}

static lh_chain_id pop(lh_chain_id *list)
{
	lh_chain_id id = *list;

	if (id)
		*list = LH_CHAINS[id].hash_next;
	return id;
}

/*
 * A cache may have an entry "this lock, at this site, under that parent" for a freed chain of a
 * lock that lives on. Neither of the two rows is used before all caches have been flushed twice:
 * the owner of a cache may move an entry during the first flush.
 */
static void put_in_quarantine(lh_chain_id id)
{
	push(&quarantine.first[0], id);
	if (++quarantine.n < QUARANTINE)
		return;
	lh_self_forget_cached_chains();
	for (lh_chain_id i; (i = pop(&quarantine.first[1]));)
		push(free_list(free_chains, LH_CHAINS[i].depth), i);
	quarantine.first[1] = quarantine.first[0];
	quarantine.first[0] = quarantine.n = 0;
}

static void free_one(lh_chain_id id, bool cached)
{
	struct lh_chain *chain = &LH_CHAINS[id];

	unlink_from_parent(id);
	unlink_from_lock(id);
	unhash(id);
	free_visits_of(id);
	__atomic_store_n(&chain->lock, 0, __ATOMIC_RELEASE);
	if (cached)
		put_in_quarantine(id);
	else
		push(free_list(free_chains, chain->depth), id);
}

static bool is_alive(lh_lock_id lock)
{
	const struct lh_lock *l = lh_lock_row(lock);

	return l && lh_lock_is_live(l);
}

void lh_chain_free(lh_chain_id top)
{
	lh_chain_id id = top, next;
	bool cached = false;

	for (bool done = false; !done; id = next) {
		while (lh_chain_links[id].child)
			id = lh_chain_links[id].child;
		done = id == top;
		next = LH_CHAINS[id].parent;
		cached |= is_alive(LH_CHAINS[id].lock);
		free_one(id, cached);
	}
}

/* Frees chains of locks that had this row before, if there are many. The others may pass to the
 * present lock. */
static void forget_earlier_locks(struct lh_lock *l, lh_lock_id lock)
{
	enum { KEPT = LH_CHAIN_FEW - 4 };
	lh_chain_id id = l->gen > 1 ? l->chains : 0, next;

	for (int n = 0; id && n < LH_CHAIN_FEW; id = next, n++) {
		next = LH_CHAINS[id].next;
		if (n >= KEPT && LH_CHAINS[id].lock != lock && !LH_CHAINS[id].children &&
		    !lh_chain_is_new_kind(id))
			lh_chain_free(id);
	}
}

/*
 * A parent's row number is lower than its child's; code that walks up a chain relies on this. A row
 * that is too low for its parent goes to a second list, which is tried only if the first is empty:
 * so few rows are tried, and rows are not added forever.
 */
static lh_chain_id new_row(lh_chain_id parent)
{
	enum { TRIES = 4 };
	uint32_t depth = LH_CHAINS[parent].depth + 1u;
	lh_chain_id *first = free_list(free_chains, depth), *at = free_list(free_low, depth), id;

	for (int i = 0; i < TRIES && (id = pop(first)); i++) {
		if (id > parent)
			return id;
		push(at, id);
	}
	for (int i = 0; i < TRIES && *at; i++, at = &LH_CHAINS[*at].hash_next)
		if (*at > parent)
			return pop(at);
	return lh_row_add(LH_T_CHAIN, 1);
}

static void link_chain(struct lh_lock *l, lh_chain_id id)
{
	lh_chain_id parent = LH_CHAINS[id].parent;
	struct lh_chain_links *k = &lh_chain_links[id];

	*k = (struct lh_chain_links){0};
	if (parent) {
		k->next = lh_chain_links[parent].child;
		if (k->next)
			lh_chain_links[k->next].prev = id;
		lh_chain_links[parent].child = id;
		count_child(parent, 1);
	}
	if (l->chains)
		lh_chain_links[l->chains].lock_prev = id;
	__atomic_store_n(&l->chains, id, __ATOMIC_RELEASE);
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
	LH_CHAINS[id] = (struct lh_chain){.parent = parent,
					  .site = site,
					  .depth = (uint16_t)(LH_CHAINS[parent].depth + 1),
					  .next = l->chains,
					  .flags = renewed ? LH_CHAIN_REUSED : 0};
	__atomic_store_n(&LH_CHAINS[id].lock, lock, __ATOMIC_RELEASE);
	link_chain(l, id);
	if (lh_chain_is_hashed(l))
		add_to_table(id);
	else if (LH_CHAINS[LH_CHAINS[id].next].next)
		add_all_to_table(l);
	if (renewed)
		lh_chain_on_change(id, LH_CHAIN_RENEWED);
	return id;
}

/* The order graph keeps the rows of LH_T_VISIT in lists by thread, so a row is used again only for
 * its thread. */
static uint32_t new_visit(lh_thread_id thread)
{
	uint32_t at = free_visits[thread];

	if (!at)
		return lh_row_add(LH_T_VISIT, 1);
	free_visits[thread] = LH_VISITS[at].next;
	return at;
}

/* Grows the row so that it covers the other one's segments. */
static void merge_visit(struct lh_chain_visit *into, const struct lh_chain_visit *v)
{
	into->first = v->first < into->first ? v->first : into->first;
	into->last = v->last > into->last ? v->last : into->last;
}

/* The row shows this visit, and the thread's earlier one no more. */
static void move_visit(struct lh_chain_visit *row, const struct lh_chain_visit *v)
{
	row->first = v->first;
	row->last = v->last;
	row->serial = v->serial;
}

/* The visits of a chain, and among them those of the thread of a new visit. */
struct visits {
	struct lh_chain_visit *near; /* the new visit's segments, or the ones beside them */
	struct lh_chain_visit *last; /* the thread's last */
	uint32_t own, of_teams, of_others;
	bool known; /* one of them has the new visit's segments */
};

static bool in_team(lh_thread_id thread)
{
	return LH_THREADS[thread].flags & LH_THREAD_TEAM;
}

static struct visits visits_of(const struct lh_chain *chain, const struct lh_chain_visit *v)
{
	struct visits all = {0};

	for (uint32_t i = chain->visit; i; i = LH_VISITS[i].next) {
		struct lh_chain_visit *s = &LH_VISITS[i];
		if (in_team(s->thread))
			all.of_teams++;
		else
			all.of_others++;
		if (s->thread != v->thread)
			continue;
		all.own++;
		all.known |= v->first >= s->first && v->last <= s->last;
		if (v->first <= s->last + 1 && s->first <= v->last + 1)
			all.near = s;
		if (!all.last || s->last > all.last->last)
			all.last = s;
	}
	return all;
}

static bool add_visit(lh_chain_id id, struct lh_chain_visit v)
{
	uint32_t at = new_visit(v.thread);
	bool renewed = at && LH_VISITS[at].thread != 0;

	if (!at) {
		lh_own_ledger.ledger->dropped_chains++;
		return false;
	}
	v.chain = id;
	v.next = LH_CHAINS[id].visit;
	LH_VISITS[at] = v;
	__atomic_store_n(&LH_CHAINS[id].visit, at, __ATOMIC_RELEASE);
	if (renewed)
		lh_chain_on_change(at, LH_CHAIN_VISIT_RENEWED);
	return true;
}

/*
 * The row of another thread that a new visit takes: the oldest of a thread that has ended, or the
 * oldest. What happens before the new visit also happens before all that can follow it, so such a
 * row shows nothing that the new one does not show.
 */
static uint32_t row_to_take(const struct lh_chain *chain, const struct lh_chain_visit *v)
{
	uint32_t oldest = 0, ended = 0, behind = 0;

	for (uint32_t i = chain->visit; i; i = LH_VISITS[i].next)
		behind++;
	for (uint32_t i = chain->visit; i && behind-- > FIRST_VISITS; i = LH_VISITS[i].next) {
		const struct lh_chain_visit *s = &LH_VISITS[i];
		if (s->thread == v->thread || in_team(s->thread) || s->serial > v->serial)
			continue;
		if (!oldest || s->serial < LH_VISITS[oldest].serial)
			oldest = i;
		if ((LH_THREADS[s->thread].flags & LH_THREAD_ENDED) &&
		    (!ended || s->serial < LH_VISITS[ended].serial))
			ended = i;
	}
	return ended ? ended : oldest;
}

static bool take_row(const struct lh_chain *chain, const struct lh_chain_visit *v)
{
	uint32_t at = row_to_take(chain, v);
	struct lh_chain_visit *row = &LH_VISITS[at];

	if (!at)
		return false;
	lh_chain_on_change(at, LH_CHAIN_VISIT_REMOVED);
	row->thread = v->thread;
	move_visit(row, v);
	lh_chain_on_change(at, LH_CHAIN_VISIT_RENEWED);
	return true;
}

static bool note_of_signal(lh_chain_id id, const struct visits *all, struct lh_chain_visit v)
{
	struct lh_chain *chain = &LH_CHAINS[id];
	bool full = all->of_teams + all->of_others >= COND_VISITS_MAX;

	if (all->near || (all->own && full)) {
		merge_visit(all->near ? all->near : all->last, &v);
		return true;
	}
	if (chain->flags & LH_CHAIN_MORE_SIGNALLERS)
		return false;
	if (full || !add_visit(id, v))
		chain->flags |= LH_CHAIN_MORE_SIGNALLERS;
	return true;
}

/*
 * True if the visit's thread, or one of its segments, is new at the chain. A visit row means "in
 * every segment from first to last", so a row grows, or another row is added. A gap between two
 * visits never counts as visited: what happens there may be ordered. Once a thread has OWN_MAX
 * rows, or the chain is full, the thread's last row moves along with it.
 */
bool lh_chain_note(lh_chain_id id, struct lh_chain_visit v)
{
	const struct lh_chain *chain = &LH_CHAINS[id];
	const struct lh_lock *l = &LH_LOCKS[LH_LOCK_ROW(chain->lock)];

	if (!chain->visit && lh_kind_acts(l->kind) != LH_COND)
		return add_visit(id, v);
	struct visits all = visits_of(chain, &v);
	uint32_t max = l->flags & LH_LOCK_COUNTING ? PERMIT_VISITS_MAX : VISITS_MAX;
	bool full = all.of_others >= max;

	if (all.known)
		return false;
	if (lh_kind_acts(l->kind) == LH_COND)
		return note_of_signal(id, &all, v);
	if (all.near) {
		merge_visit(all.near, &v);
		return true;
	}
	if (all.own >= OWN_MAX || (all.own && full && !in_team(v.thread))) {
		if (v.last < all.last->last)
			return false;
		move_visit(all.last, &v);
		return true;
	}
	if (in_team(v.thread))
		return all.of_teams < TEAM_VISITS_MAX && add_visit(id, v);
	return (!full && add_visit(id, v)) || take_row(chain, &v);
}

bool lh_chain_copy_visits(lh_chain_id from, lh_chain_id to)
{
	bool any = false;

	for (uint32_t i = LH_CHAINS[from].visit; i; i = LH_VISITS[i].next)
		any = lh_chain_note(to, LH_VISITS[i]) || any;
	return any;
}

/* What the stale chain showed is kept in its projection. */
static void begin_again(lh_chain_id id)
{
	free_visits_of(id);
	LH_CHAINS[id].flags &= ~(uint32_t)LH_CHAIN_PROJECTED;
	lh_chain_set_valid(id);
	lh_chain_on_change(id, LH_CHAIN_RENEWED);
}

lh_chain_id lh_chain_make(lh_chain_id parent, lh_lock_id lock, lh_site site)
{
	const struct lh_lock *l = lh_lock_row(lock);
	lh_chain_id id = l && l->chains ? find(l, parent, lock, site) : 0;

	if (id && (LH_CHAINS[id].flags & LH_CHAIN_STALE))
		begin_again(id);
	return id ? id : new_chain(parent, lock, site);
}
