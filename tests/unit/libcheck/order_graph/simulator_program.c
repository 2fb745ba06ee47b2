/*
 * simulator_program.c — random programs: made, run once and written down, run in every
 * interleaving. See simulator.h.
 */
#include "tests/unit/libcheck/order_graph/simulator_internal.h"

#include <stdio.h>

/* ---- random programs ---- */

enum { OPS = 12, LOCKS = 4 };

struct op {
	enum { TAKE, GIVE, CREATE, JOIN } what;
	uint32_t on; /* lock 0..LOCKS, or thread */
	lh_site place;
};

struct program {
	uint32_t threads, locks;
	uint32_t flags[LOCKS];
	enum lh_kind kind[LOCKS];
	lh_thread_id creator[THREADS + 1];
	uint32_t n[THREADS + 1];
	struct op op[THREADS + 1][OPS + 2 * THREADS + LOCKS];
};

static uint64_t dice_state;

static uint32_t dice(uint32_t sides)
{
	dice_state = dice_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(dice_state >> 33) % sides;
}

static void op_add(struct program *p, lh_thread_id t, int what, uint32_t blockers, lh_site site)
{
	struct op *o = &p->op[t][p->n[t]++];

	o->what = what;
	o->on = blockers;
	o->place = site;
}

static void take_random(struct program *p, lh_thread_id t, uint32_t *held)
{
	uint32_t l = dice(p->locks);
	enum lh_how how = dice(8) ? LH_BLOCKING : dice(2) ? LH_TIMED : LH_TRY;
	enum lh_mode mode = p->kind[l] == LH_RWLOCK && dice(2) ? LH_SHARED : LH_EXCLUSIVE;

	if (*held >> l & 1)
		return;
	*held |= 1u << l;
	op_add(p, t, TAKE, l, LH_SITE(t * 16 + p->n[t], how, mode));
}

static void give_random(struct program *p, lh_thread_id t, uint32_t *held)
{
	uint32_t l = dice(p->locks);

	if (!(*held >> l & 1))
		return;
	*held &= ~(1u << l);
	op_add(p, t, GIVE, l, 0);
}

static void program_thread(struct program *p, lh_thread_id t)
{
	uint32_t held = 0, to_create = 0, to_join = 0;

	for (lh_thread_id c = t + 1; c <= p->threads; c++)
		if (p->creator[c] == t)
			to_create |= 1u << c;
	for (uint32_t i = 3 + dice(OPS - 3); i || to_create; i -= !!i) {
		uint32_t c = dice(p->threads) + 1, d = dice(8);
		if (d < 4 && i)
			take_random(p, t, &held);
		else if (d < 6 && i)
			give_random(p, t, &held);
		else if (to_create >> c & 1) {
			op_add(p, t, CREATE, c, 0);
			to_create &= ~(1u << c);
			to_join |= 1u << c;
		} else if ((to_join >> c & 1) && !dice(2)) {
			op_add(p, t, JOIN, c,
			       LH_SITE(t * 16 + p->n[t], dice(6) ? LH_BLOCKING : LH_TIMED, 0));
			to_join &= ~(1u << c);
		}
	}
	for (uint32_t l = 0; l < p->locks; l++)
		if (held >> l & 1)
			op_add(p, t, GIVE, l, 0);
}

struct program *program_random(uint64_t seed)
{
	struct program *p = calloc(1, sizeof *p);

	dice_state = seed;
	p->threads = 2 + dice(3);
	p->locks = 2 + dice(LOCKS - 1);
	for (uint32_t l = 0; l < p->locks; l++) {
		p->kind[l] = dice(3) ? LH_MUTEX : LH_RWLOCK;
		p->flags[l] = p->kind[l] == LH_RWLOCK && dice(2) ? LH_LOCK_PREFER_WRITER : 0;
	}
	for (lh_thread_id t = 2; t <= p->threads; t++)
		p->creator[t] = dice(3) ? 1 : 1 + dice(t - 1);
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
	static const char *const name[] = {"take", "give", "create", "join"};

	for (lh_thread_id t = 1; t <= p->threads; t++) {
		printf("\tthread %u:", t);
		for (uint32_t i = 0; i < p->n[t]; i++)
			printf(" %s %u%s%s%s;", name[p->op[t][i].what], p->op[t][i].on,
			       shared(p->op[t][i].place) ? " shared" : "",
			       LH_SITE_HOW(p->op[t][i].place) == LH_TIMED ? " timed" : "",
			       LH_SITE_HOW(p->op[t][i].place) == LH_TRY ? " try" : "");
		printf("\n");
	}
	for (uint32_t l = 0; l < p->locks; l++)
		printf("\tlock %u: kind %d flags %x\n", l, p->kind[l], p->flags[l]);
}

/* ---- what a thread of a program holds and wants ---- */

/* One word a thread: operation reached (ABSENT_PC, DONE are special), locks got, has queued. */
enum { PC_BITS = 6, ABSENT_PC = 63 };

struct place_in {
	uint32_t pc, got;
	bool queued;
};

static struct place_in unpack(uint32_t local)
{
	return (struct place_in){local & ABSENT_PC, local >> PC_BITS & ((1 << LOCKS) - 1),
				 local >> (PC_BITS + LOCKS) & 1};
}

static uint32_t pack(struct place_in w)
{
	return w.pc | w.got << PC_BITS | (uint32_t)w.queued << (PC_BITS + LOCKS);
}

static lh_lock_id lock_name(const struct program *p, uint32_t l)
{
	return LH_LOCK_ID(p->threads + 1 + l, 1);
}

static lh_lock_id life_name(lh_thread_id t)
{
	return LH_LOCK_ID(t, 1);
}

/* Held locks in the order in which they were taken; `since`: the operation that took each. */
static void stand_of(const struct program *p, lh_thread_id t, struct place_in w, struct stand *s,
		     uint32_t *since)
{
	memset(s, 0, sizeof *s);
	if (w.pc == ABSENT_PC)
		return;
	s->done = w.pc == p->n[t];
	for (uint32_t i = 0; i < w.pc; i++) {
		const struct op *o = &p->op[t][i];
		bool last = o->what == TAKE && (w.got >> o->on & 1);
		for (uint32_t k = i + 1; last && k < w.pc; k++)
			last = p->op[t][k].what != TAKE || p->op[t][k].on != o->on;
		if (!last)
			continue;
		if (since)
			since[s->held_n] = i;
		s->held[s->held_n++] = (struct hand){lock_name(p, o->on), o->place};
	}
	if (!s->done && p->op[t][w.pc].what == TAKE)
		s->want = (struct hand){lock_name(p, p->op[t][w.pc].on), p->op[t][w.pc].place};
	if (!s->done && p->op[t][w.pc].what == JOIN)
		s->want = (struct hand){life_name(p->op[t][w.pc].on), p->op[t][w.pc].place};
	s->queued = w.queued;
}

/* Where t took the lock that it has, or may have, in its hands at pc; -1 nowhere. */
static int taken_at(const struct program *p, lh_thread_id t, uint32_t pc, uint32_t lock)
{
	int at = -1;

	for (uint32_t i = 0; i < pc; i++)
		if (p->op[t][i].on == lock && p->op[t][i].what <= GIVE)
			at = p->op[t][i].what == TAKE ? (int)i : -1;
	return at;
}

/* The create of c, and where it stands in its creator. */
static uint32_t created_at(const struct program *p, lh_thread_id c)
{
	lh_thread_id t = p->creator[c];
	uint32_t i = 0;

	while (p->op[t][i].what != CREATE || p->op[t][i].on != c)
		i++;
	return i;
}

/* Does t give back at pc what it has held over a create? */
static bool gives_over(const struct program *p, lh_thread_id t, uint32_t pc)
{
	int at = p->op[t][pc].what == GIVE ? taken_at(p, t, pc, p->op[t][pc].on) : -1;

	for (uint32_t i = at < 0 ? pc : (uint32_t)at; i < pc; i++)
		if (p->op[t][i].what == CREATE)
			return true;
	return false;
}

/* Of the line of its creators the next one from `c` on that held the lock when it made the line. */
static lh_thread_id made_under(const struct program *p, lh_thread_id *c, uint32_t lock)
{
	for (; p->creator[*c]; *c = p->creator[*c])
		if (taken_at(p, p->creator[*c], created_at(p, *c), lock) >= 0)
			return p->creator[*c];
	return 0;
}

static bool takes_over(const struct program *p, lh_thread_id t, uint32_t pc)
{
	const struct op *o = &p->op[t][pc];
	lh_thread_id c = t;

	return o->what == TAKE && LH_SITE_HOW(o->place) == LH_BLOCKING && made_under(p, &c, o->on);
}

/* The segment a thread is in: a created or joined thread begins a new one, and what was held
 * over a create when it is given back, and when it is taken by who was created. */
static uint32_t segment_at(const struct program *p, lh_thread_id t, uint32_t pc)
{
	uint32_t s = 0;

	for (uint32_t i = 0; i < pc; i++)
		s += p->op[t][i].what == CREATE ||
		     (p->op[t][i].what == JOIN && LH_SITE_HOW(p->op[t][i].place) == LH_BLOCKING) ||
		     gives_over(p, t, i) || takes_over(p, t, i);
	return s;
}

static void program_view(const struct program *p, uint64_t state, struct view *v)
{
	v->n = p->threads;
	for (lh_thread_id t = 1; t <= p->threads; t++)
		stand_of(p, t, unpack(local_of(state, t)), &v->at[t], NULL);
}

/* ---- moving a program's thread ---- */

/* The next states of t; `next` has room for two. Also sets a created thread going. */
static uint32_t moves(const struct program *p, uint64_t state, const struct view *v, lh_thread_id t,
		      uint64_t *next)
{
	struct place_in w = unpack(local_of(state, t)), on = w;
	const struct op *o;
	uint32_t n = 0;

	if (w.pc == ABSENT_PC || w.pc == p->n[t])
		return 0;
	o = &p->op[t][w.pc];
	on.pc++;
	on.queued = false;
	if (o->what == CREATE) {
		next[n++] = with_local(with_local(state, t, pack(on)), o->on, 0);
	} else if (o->what == GIVE) {
		on.got &= ~(1u << o->on);
		next[n++] = with_local(state, t, pack(on));
	} else if (view_can_take(v, t, v->at[t].want)) {
		if (o->what == TAKE)
			on.got |= 1u << o->on;
		next[n++] = with_local(state, t, pack(on));
	} else {
		if (LH_SITE_HOW(o->place) != LH_BLOCKING)
			next[n++] = with_local(state, t, pack(on));
		w.queued = true;
		if (LH_SITE_HOW(o->place) != LH_TRY)
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

/* ---- one run, written down ---- */

static lh_chain_id chain_node(struct book *b, const struct stand *s, uint32_t n)
{
	lh_chain_id at = 0;

	for (uint32_t i = 0; i < n; i++)
		at = book_node(b, at, s->held[i].lock, s->held[i].place);
	return at;
}

static void note_asked(const struct program *p, struct book *b, const struct stand *s,
		       lh_thread_id t, uint32_t pc)
{
	lh_chain_id chain = book_node(b, chain_node(b, s, s->held_n), s->want.lock, s->want.place);

	book_seen(b, chain, t, segment_at(p, t, pc));
}

/* What t has held since before it created c, up to now that it has joined it. */
static void note_guard(const struct program *p, struct book *b, lh_thread_id t, uint32_t pc,
		       struct place_in w, lh_thread_id c)
{
	struct stand s;
	uint32_t since[HANDS], created = 0, n = 0;

	if (p->creator[c] != t)
		return;
	stand_of(p, t, w, &s, since);
	for (uint32_t i = 0; i < pc; i++)
		if (p->op[t][i].what == CREATE && p->op[t][i].on == c)
			created = i;
	while (n < s.held_n && since[n] < created)
		n++;
	b->thread[c].creator_chain = chain_node(b, &s, n);
}

/* Where c's creator gives back what it held when it created c; its segment then. */
static uint32_t given_in(const struct program *p, lh_thread_id c, uint32_t lock)
{
	lh_thread_id t = p->creator[c];
	uint32_t i = created_at(p, c);

	while (p->op[t][i].what != GIVE || p->op[t][i].on != lock)
		i++;
	return segment_at(p, t, i);
}

/* The lock was in the creator's hands, and one of the two has it for itself alone. */
static void note_taken(const struct program *p, struct book *b, lh_thread_id t, uint32_t pc)
{
	const struct op *o = &p->op[t][pc];
	uint32_t segment = segment_at(p, t, pc);

	book_event(b, LH_HB_CREATOR_RELEASED, t, segment, 0, 0); /* a cut, at least */
	for (lh_thread_id c = t, k; (k = made_under(p, &c, o->on)); c = k) {
		const struct op *its = &p->op[k][taken_at(p, k, created_at(p, c), o->on)];
		if (LH_SITE_HOW(its->place) == LH_BLOCKING &&
		    !(shared(its->place) && shared(o->place)))
			book_event(b, LH_HB_ACQUIRED_FROM_CREATOR, k, given_in(p, c, o->on), t,
				   segment + 1);
	}
}

static void note_done(const struct program *p, struct book *b, lh_thread_id t,
		      struct place_in before, bool gone_on)
{
	const struct op *o = &p->op[t][before.pc];
	uint32_t segment = segment_at(p, t, before.pc);

	if (!gone_on)
		return;
	if (gives_over(p, t, before.pc))
		book_event(b, LH_HB_CREATOR_RELEASED, t, segment, 0, 0);
	if (takes_over(p, t, before.pc))
		note_taken(p, b, t, before.pc);
	if (o->what == CREATE) {
		b->thread[o->on].creator = t;
		b->thread[o->on].creator_segment = segment;
		book_event(b, LH_HB_CREATE, t, segment, o->on, 0);
	} else if (o->what == JOIN && LH_SITE_HOW(o->place) == LH_BLOCKING) {
		book_event(b, LH_HB_JOIN, o->on, segment_at(p, o->on, p->n[o->on]), t, segment + 1);
		note_guard(p, b, t, before.pc, before, o->on);
	}
}

static struct book *book_of(const struct program *p)
{
	struct book *b = book_new();

	for (lh_thread_id t = 1; t <= p->threads; t++)
		book_thread(b, 0, 0);
	for (uint32_t l = 0; l < p->locks; l++)
		book_lock(b, p->kind[l], p->flags[l]);
	return b;
}

struct book *program_run(const struct program *p, uint64_t seed)
{
	struct book *b = book_of(p);
	uint64_t state = first_state(p), next[2];
	struct view v = {.lock = b->lock, .thread = b->thread};
	uint32_t idle = 0;
	bool all_done = false;

	dice_state = seed;
	while (!all_done && idle < 1000) {
		lh_thread_id t = 1 + dice(p->threads);
		struct place_in w = unpack(local_of(state, t)), after;
		uint32_t n;
		program_view(p, state, &v);
		if (v.at[t].want.lock && !w.queued)
			note_asked(p, b, &v.at[t], t, w.pc);
		n = moves(p, state, &v, t, next);
		idle++;
		if (!n)
			continue;
		next[0] = next[dice(n)];
		if (next[0] != state)
			idle = 0;
		after = unpack(local_of(next[0], t));
		note_done(p, b, t, w, after.pc != w.pc);
		state = next[0];
		all_done = true;
		for (t = 1; t <= p->threads; t++) {
			uint32_t pc = unpack(local_of(state, t)).pc;
			all_done &= pc == p->n[t] || pc == ABSENT_PC;
		}
	}
	if (all_done)
		return b;
	free(b);
	return NULL;
}

/* ---- every run ---- */

static lh_chain_id find_node(const struct book *b, lh_chain_id parent, struct hand h)
{
	for (lh_chain_id i = 1; i < b->nodes; i++)
		if (b->node[i].parent == parent && b->node[i].lock == h.lock &&
		    b->node[i].site == h.place)
			return i;
	return 0;
}

/* Was this thread seen in this segment, holding exactly this and asking for that? */
static bool is_known(const struct book *b, const struct stand *s, lh_thread_id t, uint32_t segment)
{
	lh_chain_id chain = 0;

	for (uint32_t i = 0; i < s->held_n; i++) {
		chain = find_node(b, chain, s->held[i]);
		if (!chain)
			return false;
	}
	chain = find_node(b, chain, s->want);
	for (uint32_t i = chain ? b->node[chain].visit : 0; i; i = b->seen[i].next)
		if (b->seen[i].thread == t && b->seen[i].first <= segment &&
		    segment <= b->seen[i].last)
			return true;
	return false;
}

bool program_explore(const struct program *p, const struct book *b, bool any, struct rings *out)
{
	struct space space;
	struct view v = {.lock = b->lock, .thread = b->thread};

	space_begin(&space);
	space_add(&space, first_state(p));
	while (space.work_n && !space.full) {
		uint64_t state = space.work[--space.work_n], next[2];
		program_view(p, state, &v);
		for (lh_thread_id t = 1; t <= p->threads; t++)
			v.at[t].known =
				v.at[t].want.lock &&
				(any || is_known(b, &v.at[t], t,
						 segment_at(p, t, unpack(local_of(state, t)).pc)));
		view_find_rings(&v, out);
		for (lh_thread_id t = 1; t <= p->threads; t++)
			for (uint32_t n = moves(p, state, &v, t, next); n--;)
				space_add(&space, next[n]);
	}
	return !space.full;
}
