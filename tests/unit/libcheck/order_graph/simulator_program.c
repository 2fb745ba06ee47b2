/*
 * simulator_program.c — makes random programs, records one run of a program, and runs a program in
 * every interleaving.
 */
#include "tests/unit/libcheck/order_graph/simulator_internal.h"

#include <stdio.h>

/* ---- random programs ---- */

enum { OPS = 12, LOCKS = 4 };

struct op {
	enum { ACQUIRE, RELEASE, CREATE, JOIN } what;
	uint32_t object; /* lock 0..LOCKS, or thread */
	lh_site site;
};

struct program {
	uint32_t threads, locks;
	uint32_t flags[LOCKS];
	enum lh_kind kind[LOCKS];
	lh_thread_id creator[THREADS + 1];
	uint32_t n[THREADS + 1];
	struct op op[THREADS + 1][OPS + 2 * THREADS + LOCKS];
};

static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random_state >> 33) % n;
}

static void op_add(struct program *p, lh_thread_id t, int what, uint32_t object, lh_site site)
{
	struct op *o = &p->op[t][p->n[t]++];

	o->what = what;
	o->object = object;
	o->site = site;
}

static void acquire_random(struct program *p, lh_thread_id t, uint32_t *held)
{
	uint32_t l = random_below(p->locks);
	enum lh_how how = random_below(8) ? LH_BLOCKING : random_below(2) ? LH_TIMED : LH_TRY;
	enum lh_mode mode = p->kind[l] == LH_RWLOCK && random_below(2) ? LH_SHARED : LH_EXCLUSIVE;

	if (*held >> l & 1)
		return;
	*held |= 1u << l;
	op_add(p, t, ACQUIRE, l, LH_SITE(t * 16 + p->n[t], how, mode));
}

static void release_random(struct program *p, lh_thread_id t, uint32_t *held)
{
	uint32_t l = random_below(p->locks);

	if (!(*held >> l & 1))
		return;
	*held &= ~(1u << l);
	op_add(p, t, RELEASE, l, 0);
}

static void program_thread(struct program *p, lh_thread_id t)
{
	uint32_t held = 0, to_create = 0, to_join = 0;

	for (lh_thread_id c = t + 1; c <= p->threads; c++)
		if (p->creator[c] == t)
			to_create |= 1u << c;
	for (uint32_t i = 3 + random_below(OPS - 3); i || to_create; i -= !!i) {
		uint32_t c = random_below(p->threads) + 1, d = random_below(8);
		if (d < 4 && i)
			acquire_random(p, t, &held);
		else if (d < 6 && i)
			release_random(p, t, &held);
		else if (to_create >> c & 1) {
			op_add(p, t, CREATE, c, 0);
			to_create &= ~(1u << c);
			to_join |= 1u << c;
		} else if ((to_join >> c & 1) && !random_below(2)) {
			op_add(p, t, JOIN, c,
			       LH_SITE(t * 16 + p->n[t], random_below(6) ? LH_BLOCKING : LH_TIMED,
				       0));
			to_join &= ~(1u << c);
		}
	}
	for (uint32_t l = 0; l < p->locks; l++)
		if (held >> l & 1)
			op_add(p, t, RELEASE, l, 0);
}

struct program *program_random(uint64_t seed)
{
	struct program *p = calloc(1, sizeof *p);

	random_state = seed;
	p->threads = 2 + random_below(3);
	p->locks = 2 + random_below(LOCKS - 1);
	for (uint32_t l = 0; l < p->locks; l++) {
		p->kind[l] = random_below(3) ? LH_MUTEX : LH_RWLOCK;
		p->flags[l] =
			p->kind[l] == LH_RWLOCK && random_below(2) ? LH_LOCK_PREFER_WRITER : 0;
	}
	for (lh_thread_id t = 2; t <= p->threads; t++)
		p->creator[t] = random_below(3) ? 1 : 1 + random_below(t - 1);
	for (lh_thread_id t = 1; t <= p->threads; t++)
		program_thread(p, t);
	return p;
}

void program_free(struct program *p)
{
	free(p);
}

void program_print(const struct program *p)
{
	static const char *const verb[] = {"take", "give", "create", "join"};

	for (lh_thread_id t = 1; t <= p->threads; t++) {
		printf("\tthread %u:", t);
		for (uint32_t i = 0; i < p->n[t]; i++)
			printf(" %s %u%s%s%s;", verb[p->op[t][i].what], p->op[t][i].object,
			       is_shared(p->op[t][i].site) ? " shared" : "",
			       LH_SITE_HOW(p->op[t][i].site) == LH_TIMED ? " timed" : "",
			       LH_SITE_HOW(p->op[t][i].site) == LH_TRY ? " try" : "");
		printf("\n");
	}
	for (uint32_t l = 0; l < p->locks; l++)
		printf("\tlock %u: kind %d flags %x\n", l, p->kind[l], p->flags[l]);
}

/* ---- what a thread of a program holds and wants ---- */

/* One word for each thread: its next operation (ABSENT_PC: not created yet), the locks that it
 * holds, and whether it is queued. */
enum { PC_BITS = 6, ABSENT_PC = 63 };

struct position {
	uint32_t pc, acquired;
	bool queued;
};

static struct position unpack(uint32_t local)
{
	return (struct position){local & ABSENT_PC, local >> PC_BITS & ((1 << LOCKS) - 1),
				 local >> (PC_BITS + LOCKS) & 1};
}

static uint32_t pack(struct position w)
{
	return w.pc | w.acquired << PC_BITS | (uint32_t)w.queued << (PC_BITS + LOCKS);
}

static lh_lock_id lock_id(const struct program *p, uint32_t l)
{
	return LH_LOCK_ID(p->threads + 1 + l, 1);
}

static lh_lock_id end_lock_id(lh_thread_id t)
{
	return LH_LOCK_ID(t, 1);
}

/* Held locks in the order of acquisition; since_pc: the operation that acquired each. */
static void thread_view_of(const struct program *p, lh_thread_id t, struct position w,
			   struct thread_view *s, uint32_t *since_pc)
{
	memset(s, 0, sizeof *s);
	if (w.pc == ABSENT_PC)
		return;
	s->done = w.pc == p->n[t];
	for (uint32_t i = 0; i < w.pc; i++) {
		const struct op *o = &p->op[t][i];
		bool last = o->what == ACQUIRE && (w.acquired >> o->object & 1);
		for (uint32_t k = i + 1; last && k < w.pc; k++)
			last = p->op[t][k].what != ACQUIRE || p->op[t][k].object != o->object;
		if (!last)
			continue;
		if (since_pc)
			since_pc[s->held_n] = i;
		s->held[s->held_n++] = (struct hold){lock_id(p, o->object), o->site};
	}
	if (!s->done && p->op[t][w.pc].what == ACQUIRE)
		s->want = (struct hold){lock_id(p, p->op[t][w.pc].object), p->op[t][w.pc].site};
	if (!s->done && p->op[t][w.pc].what == JOIN)
		s->want = (struct hold){end_lock_id(p->op[t][w.pc].object), p->op[t][w.pc].site};
	s->queued = w.queued;
}

/* The operation by which t acquired the lock that it holds, or may hold, at pc; -1: none. */
static int acquired_at(const struct program *p, lh_thread_id t, uint32_t pc, uint32_t lock)
{
	int at = -1;

	for (uint32_t i = 0; i < pc; i++)
		if (p->op[t][i].object == lock && p->op[t][i].what <= RELEASE)
			at = p->op[t][i].what == ACQUIRE ? (int)i : -1;
	return at;
}

/* The operation in c's creator that creates c. */
static uint32_t created_at(const struct program *p, lh_thread_id c)
{
	lh_thread_id t = p->creator[c];
	uint32_t i = 0;

	while (p->op[t][i].what != CREATE || p->op[t][i].object != c)
		i++;
	return i;
}

/* True if t releases at pc a lock that it held across a create. */
static bool releases_over_create(const struct program *p, lh_thread_id t, uint32_t pc)
{
	int at = p->op[t][pc].what == RELEASE ? acquired_at(p, t, pc, p->op[t][pc].object) : -1;

	for (uint32_t i = at < 0 ? pc : (uint32_t)at; i < pc; i++)
		if (p->op[t][i].what == CREATE)
			return true;
	return false;
}

/* The nearest ancestor of *c that held the lock when it created its branch; *c: that branch. */
static lh_thread_id ancestor_that_held(const struct program *p, lh_thread_id *c, uint32_t lock)
{
	for (; p->creator[*c]; *c = p->creator[*c])
		if (acquired_at(p, p->creator[*c], created_at(p, *c), lock) >= 0)
			return p->creator[*c];
	return 0;
}

static bool acquires_over_create(const struct program *p, lh_thread_id t, uint32_t pc)
{
	const struct op *o = &p->op[t][pc];
	lh_thread_id c = t;

	return o->what == ACQUIRE && LH_SITE_HOW(o->site) == LH_BLOCKING &&
	       ancestor_that_held(p, &c, o->object);
}

/* The segment of a thread at pc. A new segment begins with a create, with a join, with the release
 * of a lock held across a create, and with the acquisition of such a lock by a descendant. */
static uint32_t segment_at(const struct program *p, lh_thread_id t, uint32_t pc)
{
	uint32_t s = 0;

	for (uint32_t i = 0; i < pc; i++)
		s += p->op[t][i].what == CREATE ||
		     (p->op[t][i].what == JOIN && LH_SITE_HOW(p->op[t][i].site) == LH_BLOCKING) ||
		     releases_over_create(p, t, i) || acquires_over_create(p, t, i);
	return s;
}

static void program_view(const struct program *p, uint64_t state, struct view *v)
{
	v->n = p->threads;
	for (lh_thread_id t = 1; t <= p->threads; t++)
		thread_view_of(p, t, unpack(local_of(state, t)), &v->at[t], NULL);
}

/* ---- steps of a program's thread ---- */

/* The next states after a step of t, at most two; a create also starts the created thread. */
static uint32_t next_states(const struct program *p, uint64_t state, const struct view *v,
			    lh_thread_id t, uint64_t *next)
{
	struct position w = unpack(local_of(state, t)), after = w;
	const struct op *o;
	uint32_t n = 0;

	if (w.pc == ABSENT_PC || w.pc == p->n[t])
		return 0;
	o = &p->op[t][w.pc];
	after.pc++;
	after.queued = false;
	if (o->what == CREATE) {
		next[n++] = with_local(with_local(state, t, pack(after)), o->object, 0);
	} else if (o->what == RELEASE) {
		after.acquired &= ~(1u << o->object);
		next[n++] = with_local(state, t, pack(after));
	} else if (view_can_acquire(v, t, v->at[t].want)) {
		if (o->what == ACQUIRE)
			after.acquired |= 1u << o->object;
		next[n++] = with_local(state, t, pack(after));
	} else {
		if (LH_SITE_HOW(o->site) != LH_BLOCKING)
			next[n++] = with_local(state, t, pack(after));
		w.queued = true;
		if (LH_SITE_HOW(o->site) != LH_TRY)
			next[n++] = with_local(state, t, pack(w));
	}
	return n;
}

static uint64_t first_state(const struct program *p)
{
	uint64_t state = 0;

	for (lh_thread_id t = 2; t <= p->threads; t++)
		state = with_local(state, t, ABSENT_PC);
	return state;
}

/* ---- recording one run ---- */

static lh_chain_id add_held_chain(struct order_tables *tables, const struct thread_view *s,
				  uint32_t n)
{
	lh_chain_id at = 0;

	for (uint32_t i = 0; i < n; i++)
		at = tables_add_chain(tables, at, s->held[i].lock, s->held[i].site);
	return at;
}

static void record_want(const struct program *p, struct order_tables *tables,
			const struct thread_view *s, lh_thread_id t, uint32_t pc)
{
	lh_chain_id chain = tables_add_chain(tables, add_held_chain(tables, s, s->held_n),
					     s->want.lock, s->want.site);

	tables_add_visit(tables, chain, t, segment_at(p, t, pc));
}

/* What t has held without a break from before it created c until it joined c. */
static void record_creator_chain(const struct program *p, struct order_tables *tables,
				 lh_thread_id t, uint32_t pc, struct position w, lh_thread_id c)
{
	struct thread_view s;
	uint32_t since_pc[HELD_MAX], created = 0, n = 0;

	if (p->creator[c] != t)
		return;
	thread_view_of(p, t, w, &s, since_pc);
	for (uint32_t i = 0; i < pc; i++)
		if (p->op[t][i].what == CREATE && p->op[t][i].object == c)
			created = i;
	while (n < s.held_n && since_pc[n] < created)
		n++;
	tables->thread[c].creator_chain = add_held_chain(tables, &s, n);
}

/* The segment in which c's creator releases the lock that it held when it created c. */
static uint32_t release_segment(const struct program *p, lh_thread_id c, uint32_t lock)
{
	lh_thread_id t = p->creator[c];
	uint32_t i = created_at(p, c);

	while (p->op[t][i].what != RELEASE || p->op[t][i].object != lock)
		i++;
	return segment_at(p, t, i);
}

/* Thread t acquired a lock that an ancestor held when it created t's branch. If one of the two
 * holds is exclusive, the ancestor's release happened before. */
static void record_acquired(const struct program *p, struct order_tables *tables, lh_thread_id t,
			    uint32_t pc)
{
	const struct op *o = &p->op[t][pc];
	uint32_t segment = segment_at(p, t, pc);

	tables_add_hb_edge(tables, LH_HB_CREATOR_RELEASED, t, segment, 0,
			   0); /* ends the segment in any case */
	for (lh_thread_id c = t, k; (k = ancestor_that_held(p, &c, o->object)); c = k) {
		const struct op *held_by_ancestor =
			&p->op[k][acquired_at(p, k, created_at(p, c), o->object)];
		if (LH_SITE_HOW(held_by_ancestor->site) == LH_BLOCKING &&
		    !(is_shared(held_by_ancestor->site) && is_shared(o->site)))
			tables_add_hb_edge(tables, LH_HB_ACQUIRED_FROM_CREATOR, k,
					   release_segment(p, c, o->object), t, segment + 1);
	}
}

static void record_move(const struct program *p, struct order_tables *tables, lh_thread_id t,
			struct position before, bool moved)
{
	const struct op *o = &p->op[t][before.pc];
	uint32_t segment = segment_at(p, t, before.pc);

	if (!moved)
		return;
	if (releases_over_create(p, t, before.pc))
		tables_add_hb_edge(tables, LH_HB_CREATOR_RELEASED, t, segment, 0, 0);
	if (acquires_over_create(p, t, before.pc))
		record_acquired(p, tables, t, before.pc);
	if (o->what == CREATE) {
		tables->thread[o->object].creator = t;
		tables->thread[o->object].creator_segment = segment;
		tables_add_hb_edge(tables, LH_HB_CREATE, t, segment, o->object, 0);
	} else if (o->what == JOIN && LH_SITE_HOW(o->site) == LH_BLOCKING) {
		tables_add_hb_edge(tables, LH_HB_JOIN, o->object,
				   segment_at(p, o->object, p->n[o->object]), t, segment + 1);
		record_creator_chain(p, tables, t, before.pc, before, o->object);
	}
}

static struct order_tables *new_tables(const struct program *p)
{
	struct order_tables *tables = tables_new();

	for (lh_thread_id t = 1; t <= p->threads; t++)
		tables_add_thread(tables, 0, 0);
	for (uint32_t l = 0; l < p->locks; l++)
		tables_add_lock(tables, p->kind[l], p->flags[l]);
	return tables;
}

struct order_tables *program_run(const struct program *p, uint64_t seed)
{
	struct order_tables *tables = new_tables(p);
	uint64_t state = first_state(p), next[2];
	struct view v = {.lock = tables->lock, .thread = tables->thread};
	uint32_t idle = 0;
	bool all_done = false;

	random_state = seed;
	while (!all_done && idle < 1000) {
		lh_thread_id t = 1 + random_below(p->threads);
		struct position w = unpack(local_of(state, t)), after;
		uint32_t n;
		program_view(p, state, &v);
		if (v.at[t].want.lock && !w.queued)
			record_want(p, tables, &v.at[t], t, w.pc);
		n = next_states(p, state, &v, t, next);
		idle++;
		if (!n)
			continue;
		next[0] = next[random_below(n)];
		if (next[0] != state)
			idle = 0;
		after = unpack(local_of(next[0], t));
		record_move(p, tables, t, w, after.pc != w.pc);
		state = next[0];
		all_done = true;
		for (t = 1; t <= p->threads; t++) {
			uint32_t pc = unpack(local_of(state, t)).pc;
			all_done &= pc == p->n[t] || pc == ABSENT_PC;
		}
	}
	if (all_done)
		return tables;
	free(tables);
	return NULL;
}

/* ---- all runs ---- */

static lh_chain_id find_chain(const struct order_tables *tables, lh_chain_id parent, struct hold h)
{
	for (lh_chain_id i = 1; i < tables->chains; i++)
		if (tables->chain[i].parent == parent && tables->chain[i].lock == h.lock &&
		    tables->chain[i].site == h.site)
			return i;
	return 0;
}

/* True if the tables have a visit of this thread in this segment with exactly these locks. */
static bool is_known(const struct order_tables *tables, const struct thread_view *s, lh_thread_id t,
		     uint32_t segment)
{
	lh_chain_id chain = 0;

	for (uint32_t i = 0; i < s->held_n; i++) {
		chain = find_chain(tables, chain, s->held[i]);
		if (!chain)
			return false;
	}
	chain = find_chain(tables, chain, s->want);
	for (uint32_t i = chain ? tables->chain[chain].visit : 0; i; i = tables->visit[i].next)
		if (tables->visit[i].thread == t && tables->visit[i].first <= segment &&
		    segment <= tables->visit[i].last)
			return true;
	return false;
}

bool program_explore(const struct program *p, const struct order_tables *tables, bool any,
		     struct cycle_set *out)
{
	struct state_set states;
	struct view v = {.lock = tables->lock, .thread = tables->thread};

	state_set_init(&states);
	state_set_add(&states, first_state(p));
	while (states.todo_n && !states.full) {
		uint64_t state = states.todo[--states.todo_n], next[2];
		program_view(p, state, &v);
		for (lh_thread_id t = 1; t <= p->threads; t++)
			v.at[t].known =
				v.at[t].want.lock &&
				(any || is_known(tables, &v.at[t], t,
						 segment_at(p, t, unpack(local_of(state, t)).pc)));
		view_find_cycles(&v, out);
		for (lh_thread_id t = 1; t <= p->threads; t++)
			for (uint32_t n = next_states(p, state, &v, t, next); n--;)
				state_set_add(&states, next[n]);
	}
	return !states.full;
}
