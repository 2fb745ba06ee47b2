/*
 * test_dead_locks.c — locks that are destroyed and made again, in random sequences: the cycles that
 * the library finds, which forgets chains and uses rows again, are those of tables that forget
 * nothing; and the library's rows do not grow with the number of locks.
 *
 * The test stands for the events: it does what the files of events/ do with the chains.
 * LINKS: libcheck/thread/dependency_kind.c libcheck/thread/held_chain.c
 * libcheck/thread/known_chain.c libcheck/thread/dead_chain.c libcheck/thread/retired.c
 * libcheck/lock/lock.c libcheck/lock/contention.c libcheck/order_graph/
 */
#include "libcheck/stack/stack.h"
#include "libcheck/thread/retired.h"
#include "tests/unit/libcheck/order_graph/order_driver.h"

enum {
	THREADS = 3,
	STATICS = 3, /* objects that live for a whole round */
	FRESH = 8,   /* objects that come and go; the second half is never initialized by a call */
	OBJECTS = STATICS + FRESH,
	INNERMOST = STATICS - 1, /* seldom is anything acquired under it */
	CLASSES = 2,             /* init sites of the first half */
	SEGMENTS = 3,
	DEPTH = 4,
	ROWS = 1 << 19
};

/* ---- what the linked files use ---- */

struct lh_own_ledger lh_own_ledger;
struct lh_self lh_self_none;
static struct lh_ledger ledger;
static struct lh_live_thread live[THREADS + 1];
static struct lh_self *selves[THREADS + 1];

static uint32_t used[LH_TABLES];

uint32_t lh_rows_used(enum lh_table_name t)
{
	return used[t];
}
uint32_t lh_rows_max(enum lh_table_name t)
{
	return t ? ROWS : 0;
}
uint32_t lh_rows_mapped(enum lh_table_name t)
{
	return lh_rows_max(t);
}
void *lh_private_rows(size_t now, size_t whole)
{
	return now <= whole ? calloc(1, whole) : NULL;
}
const void *lh_row_in_parent(enum lh_table_name t, uint32_t row)
{
	return t + row ? NULL : NULL;
}
void *lh_private_alloc(size_t size)
{
	return calloc(1, size);
}
lh_stack_id lh_stack_from_parent(lh_stack_id id)
{
	return id;
}
bool lh_sys_copy(void *to, const void *from, size_t n)
{
	return to == from && n;
}
bool lh_sys_may_be(const uint32_t *word, uint32_t value)
{
	return *word == value;
}

uint64_t lh_clock_now(void)
{
	return 0;
}

uint32_t lh_row_add(enum lh_table_name t, uint32_t n)
{
	uint32_t at = used[t];

	if (at + n > ROWS)
		return 0;
	used[t] += n;
	return at;
}

void lh_self_forget_cached_chains(void)
{
	for (int i = 1; i <= THREADS; i++) {
		for (int k = 0; k < LH_CHAIN_CACHE; k++)
			selves[i]->chain_cache[k / 2][k % 2].chain = 0;
		lh_self_forget_own_acquisitions(selves[i]);
	}
}

void lh_retired_drop(struct lh_retired *r)
{
	while (r->first) {
		struct lh_lock *l = &LH_LOCKS[r->first];
		r->first = l->next;
		lh_lock_drop_retired(l);
	}
	r->n = 0;
}

void lh_self_forget_visits(struct lh_self *self)
{
	memset(self->chain_cache, 0, sizeof(self->chain_cache));
	memset(self->visited, 0, sizeof(self->visited));
	self->visited_used = 0;
	lh_self_forget_own_acquisitions(self);
}

/* ---- the two sides ---- */

static struct lh_order_graph *graph;
static struct cycle_set found;
static struct order_tables *tables; /* of this round; forget nothing */

struct object {
	pthread_mutex_t mutex;
	lh_lock_id naive; /* in `tables`; 0: it does not exist now */
	bool is_held;
};
static struct object objects[OBJECTS];

/* What a thread holds, in the library's chains and in those of `tables`. */
struct piece {
	lh_chain_id chain, naive;
	int held[DEPTH], n;
};
static bool is_ordered; /* in this round, objects are only acquired upwards */

/* Which lock of `tables` a lock of the library is. */
static struct {
	lh_lock_id lock, naive;
} names[TABLES_LOCKS];
static uint32_t names_n;

static struct {
	uint64_t locks, cycles, revived, passed;
} tally;

static struct lh_order_input input(void)
{
	return (struct lh_order_input){
		.lock = LH_LOCKS,
		.thread = LH_THREADS,
		.chain = LH_CHAINS,
		.visit = LH_VISITS,
		.hb_edge = LH_HB_EDGES,
		.locks = used[LH_T_LOCK],
		.threads = used[LH_T_THREAD],
		.chains = used[LH_T_CHAIN],
		.visits = used[LH_T_VISIT],
		.hb_edges = used[LH_T_HB_EDGE],
	};
}

static bool on_change(uint32_t id, enum lh_chain_change what)
{
	const struct lh_order_input rows = input();

	if (what == LH_CHAIN_ADDED)
		lh_order_add(graph, &rows, id);
	else if (what == LH_CHAIN_RENEWED)
		lh_order_chain_reused(graph, &rows, id);
	else if (what == LH_CHAIN_REMOVED)
		lh_order_remove_chain(graph, &rows, id);
	else if (what == LH_CHAIN_VISIT_RENEWED)
		lh_order_visit_reused(graph, &rows, id);
	else
		return lh_order_remove_lock(graph, id);
	return true;
}

static void set_up(void)
{
	static const size_t size[LH_TABLES] = {
		[LH_T_LOCK] = sizeof(struct lh_lock),
		[LH_T_THREAD] = sizeof(struct lh_thread),
		[LH_T_CHAIN] = sizeof(struct lh_chain),
		[LH_T_VISIT] = sizeof(struct lh_chain_visit),
		[LH_T_HB_EDGE] = sizeof(struct lh_hb_edge),
		[LH_T_LOCK_STATS] = sizeof(struct lh_lock_stats),
		[LH_T_CONTENTION] = sizeof(struct lh_contention),
	};
	const struct lh_order_graph_size most = {.locks = ROWS,
						 .edges = ROWS,
						 .witnesses = 2 * ROWS,
						 .threads = ROWS,
						 .visits = ROWS,
						 .hb_edges = ROWS,
						 .cycles = ROWS,
						 .lock_rows = ROWS,
						 .near = 2,
						 .refill = 1 << 22,
						 .budget_max = 1 << 22};

	for (int t = 0; t < LH_TABLES; t++) {
		used[t] = 1;
		lh_own_ledger.table[t] = size[t] ? calloc(ROWS, size[t]) : NULL;
	}
	lh_own_ledger.table[LH_T_LIVE_THREAD] = live;
	lh_own_ledger.lock_row_mask = ROWS - 1;
	lh_own_ledger.ledger = &ledger;
	for (int i = 1; i <= THREADS; i++)
		selves[i] = calloc(1, sizeof(struct lh_self));
	graph = lh_order_graph_init(calloc(1, lh_order_graph_bytes(&most)), &most,
				    LH_ORDER_LOCK_LISTS);
	lh_chain_on_change = on_change;
	lh_chain_graph_rows = lh_order_known_rows(graph);
	CHECK(lh_lock_init() && lh_chain_init());
}

/* ---- locks ---- */

static lh_lock_id naive_of(lh_lock_id lock)
{
	for (uint32_t i = names_n; i--;)
		if (names[i].lock == lock)
			return names[i].naive;
	return 0;
}

static void name(lh_lock_id lock, lh_lock_id naive)
{
	names[names_n].lock = lock;
	names[names_n++].naive = naive;
}

static bool has_init_call(int i)
{
	return i < STATICS + FRESH / 2;
}

static void begin_life(struct lh_self *self, int i)
{
	struct object *o = &objects[i];
	lh_stack_id stack = (lh_stack_id)(1 + i % CLASSES);
	struct lh_lock *l;

	memset(&o->mutex, 0, sizeof(o->mutex));
	o->naive = tables_add_lock(tables, LH_MUTEX, 0);
	tally.locks++;
	if (!has_init_call(i))
		return;
	l = lh_retired_pop(self, stack, LH_MUTEX, LH_LOCK_INITED);
	if (l) {
		lh_lock_revive(l, &o->mutex);
		tally.revived++;
	} else {
		lh_retired_end(self, stack);
		l = lh_lock_reinit(&o->mutex, LH_MUTEX, LH_LOCK_INITED, 0);
		l->init_stack = stack;
	}
	name(lh_lock_id_of(l), o->naive);
}

static void end_life(struct lh_self *self, int i)
{
	if (!objects[i].naive)
		return;
	struct lh_lock *l = lh_lock_known(&objects[i].mutex, LH_MUTEX);

	objects[i].naive = 0;
	if (has_init_call(i) && !lh_retired_push(self, l))
		lh_retired_push_or_end(self, l);
}

/* The row of an object whose memory has no tag: see events/known_again.c. */
static struct lh_lock *row_of(struct lh_self *self, int i)
{
	struct lh_lock *l = lh_lock_known(&objects[i].mutex, LH_MUTEX);
	uint32_t row = l ? 0 : lh_lock_find(&objects[i].mutex);

	if (l)
		return l;
	if (row && lh_retired_is_over(self, &LH_LOCKS[row], 0)) {
		l = &LH_LOCKS[row];
		lh_lock_revive(l, &objects[i].mutex);
		tally.revived++;
	} else {
		l = lh_lock_make(&objects[i].mutex, LH_MUTEX);
		l->first_stack = 1;
	}
	name(lh_lock_id_of(l), objects[i].naive);
	return l;
}

static void collect_cycles(lh_chain_id chain)
{
	const struct lh_order_input rows = input();
	uint32_t n;

	do {
		n = lh_order_check_chain(graph, &rows, chain);
		for (uint32_t i = 0; i < n; i++) {
			struct cycle r = cycle_of(&lh_order_cycles(graph)[i]);
			for (uint32_t k = 0; k < r.n; k++) {
				r.link[k].held = naive_of(r.link[k].held);
				r.link[k].wanted = naive_of(r.link[k].wanted);
			}
			cycle_set_add(&found, r);
		}
	} while (n == LH_CYCLES_PER_CALL);
}

/* What the acquisition cache of a thread remembers: see events/known_again.c. */
static struct remembered {
	lh_chain_id parent, chain;
	lh_lock_id top, lock;
	lh_site site;
	uint32_t epoch;
} cache[THREADS + 1][64];

static struct remembered *cached(const struct lh_self *self, lh_chain_id parent, lh_lock_id lock,
				 lh_site site)
{
	return &cache[self->number][(parent * 7 + LH_LOCK_ROW(lock) * 3 + site / 16) % 64];
}

static void remember(const struct lh_self *self, lh_chain_id parent, lh_lock_id lock, lh_site site,
		     lh_chain_id chain)
{
	*cached(self, parent, lock, site) = (struct remembered){
		parent, chain, LH_CHAINS[parent].lock, lock, site, self->acquisition_epoch};
}

/* The chain of an earlier lock of the row that this thread acquired in the same way passes to the
 * lock. 0: there is none. */
static lh_chain_id pass(const struct lh_self *self, lh_chain_id parent, lh_lock_id lock,
			lh_site site)
{
	const struct remembered *a = cached(self, parent, lock, site);

	if (!a->chain || a->parent != parent || a->top != LH_CHAINS[parent].lock ||
	    a->site != site || a->epoch != self->acquisition_epoch || LH_LOCK_ROW(a->lock ^ lock) ||
	    !lh_chain_pass(self, a->chain, a->lock, lock))
		return 0;
	tally.passed++;
	return a->chain;
}

/* What acquiring a lock does to the chains. */
static lh_chain_id acquire(struct lh_self *self, lh_chain_id parent, lh_lock_id lock, lh_site site,
			   bool first)
{
	lh_chain_id chain = first ? 0 : lh_chain_cached(self, parent, lock, site);
	bool fresh = false;

	if (!chain && !first)
		chain = pass(self, parent, lock, site);
	if (!chain && !first)
		chain = lh_chain_find_visited(self, parent, lock, site);
	if (chain) {
		remember(self, parent, lock, site, chain);
		return chain;
	}
	chain = lh_chain_record(self, parent, lock, site, &fresh);
	if (fresh && LH_SITE_HOW(site) != LH_TRY)
		collect_cycles(chain);
	return chain;
}

/* ---- threads ---- */

static void join(struct lh_self *self, lh_chain_id parent, lh_chain_id naive_parent, int t)
{
	lh_thread_id thread = live[t].thread;
	lh_site site = LH_SITE(3, LH_BLOCKING, LH_EXCLUSIVE);
	const void *object = (const void *)(LH_ADDRESS_NONE | (uint64_t)thread << 4);
	struct lh_lock *l = lh_lock_make(object, LH_THREAD_END);

	l->initial = thread;
	l->flags |= LH_LOCK_PINNED;
	LH_THREADS[thread].end_lock = lh_lock_id_of(l);
	if (!naive_of(lh_lock_id_of(l)))
		name(lh_lock_id_of(l), tables->thread[t].end_lock);
	acquire(self, parent, lh_lock_id_of(l), site, true);
	tables_add_visit(tables,
			 tables_add_chain(tables, naive_parent, tables->thread[t].end_lock, site),
			 self->number, self->live_saved->segment);
}

/* In ordered rounds few: the first dependency of each kind is kept. */
static lh_site random_site(void)
{
	enum lh_how how = random_below(8) ? LH_BLOCKING : random_below(2) ? LH_TIMED : LH_TRY;

	return is_ordered ? LH_SITE(1, LH_BLOCKING, LH_EXCLUSIVE)
			  : LH_SITE(1 + random_below(2), how, LH_EXCLUSIVE);
}

/* A thread acquires an object while it holds others. */
static void acquire_object(struct lh_self *self, struct piece *p, int i, lh_site site)
{
	struct object *o = &objects[i];

	if (!o->naive)
		begin_life(self, i);
	p->chain = acquire(self, p->chain, lh_lock_id_of(row_of(self, i)), site, false);
	p->naive = tables_add_chain(tables, p->naive, o->naive, site);
	tables_add_visit(tables, p->naive, self->number, self->live_saved->segment);
	o->is_held = true;
	p->held[p->n++] = i;
}

static void release_all(struct piece *p)
{
	while (p->n--)
		objects[p->held[p->n]].is_held = false;
}

/* A thread acquires some locks, each while it holds those before; in between locks come and go. */
static void random_piece(void)
{
	struct lh_self *self = selves[1 + random_below(THREADS)];
	struct piece p = {0};

	for (int depth = 1 + (int)random_below(DEPTH); p.n < depth;) {
		int i = (int)random_below(OBJECTS);
		if (objects[i].is_held || (is_ordered && p.n && i < p.held[p.n - 1]))
			break;
		acquire_object(self, &p, i, random_site());
		if (i == INNERMOST && random_below(8))
			break;
	}
	if (!is_ordered && !random_below(12))
		join(self, p.chain, p.naive, 1 + (int)random_below(THREADS));
	release_all(&p);
}

/* What a thread does again and again, with a new lock each time: most often it also acquires a lock
 * that stays, under the new one. */
static void habit(int t)
{
	int fresh = STATICS + t;
	int stays = is_ordered ? t % STATICS : INNERMOST;
	lh_site site = LH_SITE(1, LH_BLOCKING, LH_EXCLUSIVE);
	struct piece p = {0};

	acquire_object(selves[t], &p, is_ordered ? stays : fresh, site);
	if (random_below(4))
		acquire_object(selves[t], &p, is_ordered ? fresh : stays, site);
	release_all(&p);
	if (random_below(3))
		end_life(selves[t], fresh);
}

/* Another thread acquires the new lock of the thread's habit under the lock that stays. */
static void cross(int t)
{
	struct lh_self *self = selves[1 + t % THREADS];
	struct piece p = {0};

	if (!objects[STATICS + t].naive)
		return;
	acquire_object(self, &p, INNERMOST, random_site());
	acquire_object(self, &p, STATICS + t, random_site());
	release_all(&p);
}

static bool has_room(void)
{
	return tables->locks < TABLES_LOCKS - DEPTH;
}

static void random_step(void)
{
	int t = 1 + (int)random_below(THREADS), i = STATICS + (int)random_below(FRESH);

	switch (random_below(10)) {
	case 0:
		if (random_below(4) == 0 && live[t].segment < SEGMENTS) {
			live[t].segment++;
			lh_self_forget_visits(selves[t]);
		}
		break;
	case 1:
	case 2:
	case 3:
		end_life(selves[t], i);
		break;
	case 4:
	case 5:
		for (uint32_t n = 1 + random_below(6); n && has_room(); n--)
			habit(t);
		if (!is_ordered && !random_below(4))
			cross(t);
		break;
	default:
		random_piece();
	}
}

static void begin_round(void)
{
	tables = tables_new();
	found.n = names_n = 0;
	for (int t = 1; t <= THREADS; t++) {
		tables_add_thread(tables, 0, 0);
		live[t] = (struct lh_live_thread){.thread = lh_row_add(LH_T_THREAD, 1)};
		for (int i = 0; i < LH_RETIRED_KINDS; i++)
			lh_retired_drop(&selves[t]->retired[i]);
		lh_self_forget_visits(selves[t]);
		selves[t]->live_saved = &live[t];
		selves[t]->number = (uint32_t)t;
	}
	for (int i = 0; i < OBJECTS; i++) {
		if (objects[i].naive)
			end_life(selves[1], i);
		objects[i].naive = 0;
	}
	for (uint32_t i = random_below(3); i; i--) {
		struct lh_hb_edge e = {LH_HB_CREATE, 1 + random_below(THREADS),
				       random_below(SEGMENTS), 1 + random_below(THREADS),
				       random_below(SEGMENTS)};
		tables_add_hb_edge(tables, (enum lh_hb_kind)e.what, e.a, e.a_segment, e.b,
				   e.b_segment);
		e.a = live[e.a].thread;
		e.b = live[e.b].thread;
		LH_HB_EDGES[lh_row_add(LH_T_HB_EDGE, 1)] = e;
	}
	for (int i = 0; i < STATICS; i++)
		begin_life(selves[1], i);
}

static bool random_round(void)
{
	static struct cycle_set naive;

	begin_round();
	for (uint32_t i = 10 + random_below(60); i && has_room(); i--)
		random_step();
	naive.n = 0;
	check_all(tables, 0, &naive);
	tally.cycles += naive.n;
	bool ok = CHECK(same_cycles(&found, &naive, true)) &&
		  CHECK(lh_order_graph_is_consistent(graph));
	if (!ok)
		print_tables(tables);
	free(tables);
	return ok;
}

static void random_rounds(uint32_t n)
{
	for (uint32_t i = 0; i < n && !unit_failed; i++) {
		random_state = seed(i);
		if (!random_round())
			printf("\tround %u%s\n", i, is_ordered ? ", ordered" : "");
	}
}

/* Locks on cycles stay forever; all others leave nothing. */
static void rows_are_used_again(uint32_t n)
{
	uint32_t locks, chains, visits, vertices;
	uint64_t made;

	is_ordered = true;
	random_rounds(n);
	locks = used[LH_T_LOCK];
	chains = used[LH_T_CHAIN];
	visits = used[LH_T_VISIT];
	vertices = lh_order_counts(graph).locks;
	made = tally.locks;
	random_rounds(n);
	made = tally.locks - made;
	printf("\t%llu more locks: rows for %u locks, %u chains, %u visits, %u vertices\n",
	       (unsigned long long)made, used[LH_T_LOCK] - locks, used[LH_T_CHAIN] - chains,
	       used[LH_T_VISIT] - visits, lh_order_counts(graph).locks - vertices);
	CHECK((used[LH_T_LOCK] - locks) * 20 < made);
	CHECK((used[LH_T_CHAIN] - chains) * 8 < made);
}

int main(void)
{
	set_up();
	random_rounds(rounds(3000));
	CHECK(!are_usual_rounds() ||
	      (tally.cycles > 5000 && tally.revived > 5000 && tally.passed > 1000));
	rows_are_used_again(rounds(1000));
	return unit_done();
}
