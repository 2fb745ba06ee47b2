/*
 * simulator.c — see simulator.h.
 *
 * A state is a small number for each thread, packed into one word. What a state means for
 * locks is a view: who holds what, asks for what, and has queued. All knowledge about locks
 * is in the first part, about views; the rest moves threads.
 */
#include "simulator.h"

#include <stdio.h>

enum { THREADS = 5, HANDS = 8, STATES_MAX = 1 << 21, BITS = 12 };

/* ---- views ---- */

struct hand {
	lh_lock_id lock;
	lh_place place;
};

struct stand {
	uint32_t held_n;
	struct hand held[HANDS];
	struct hand want; /* lock 0: nothing */
	bool queued;      /* has asked already, and waits */
	bool known;       /* the book knows that this thread was here like this */
	bool done;
};

struct view {
	const struct lh_lock *lock; /* rows */
	const struct lh_thread *thread;
	uint32_t n; /* threads 1..n */
	struct stand at[THREADS + 1];
};

static bool shared(lh_place p)
{
	return LH_PLACE_MODE(p) == LH_SHARED;
}

static lh_thread_id life_of(const struct view *v, lh_lock_id lock)
{
	for (lh_thread_id t = 1; t <= v->n; t++)
		if (v->thread[t].life == lock)
			return t;
	return 0;
}

static const struct hand *holds(const struct stand *s, lh_lock_id lock)
{
	for (uint32_t i = 0; i < s->held_n; i++)
		if (s->held[i].lock == lock)
			return &s->held[i];
	return NULL;
}

static bool prefers_writers(const struct view *v, lh_lock_id lock)
{
	return v->lock[LH_LOCK_ROW(lock)].flags & LH_LOCK_PREFER_WRITER;
}

/* A writer other than `not_me` that has queued for this lock; one that waits for ever first. */
static lh_thread_id queued_writer(const struct view *v, lh_lock_id lock, lh_thread_id not_me)
{
	lh_thread_id timed = 0;

	for (lh_thread_id t = 1; t <= v->n; t++) {
		const struct stand *s = &v->at[t];
		if (t == not_me || !s->queued || s->want.lock != lock || shared(s->want.place))
			continue;
		if (LH_PLACE_HOW(s->want.place) == LH_WAITS)
			return t;
		timed = t;
	}
	return timed;
}

static bool can_take(const struct view *v, lh_thread_id me, struct hand h)
{
	lh_thread_id life = life_of(v, h.lock);

	if (life)
		return v->at[life].done;
	for (lh_thread_id t = 1; t <= v->n; t++) {
		const struct hand *o = t == me ? NULL : holds(&v->at[t], h.lock);
		if (o && !(shared(o->place) && shared(h.place)))
			return false;
		if (o && prefers_writers(v, h.lock) && queued_writer(v, h.lock, me))
			return false;
	}
	return true;
}

enum grip { FREE, HELD, BEHIND_TIMED, BEHIND };

/* Does `by` keep `me` from what it wants, and how: by holding it, or as a reader whom the
 * writer waits for behind which `me` waits? */
static enum grip keeps(const struct view *v, lh_thread_id me, lh_thread_id by)
{
	const struct hand *want = &v->at[me].want, *o;
	lh_thread_id writer;

	if (life_of(v, want->lock) == by && !v->at[by].done)
		return HELD;
	o = holds(&v->at[by], want->lock);
	if (!o)
		return FREE;
	if (!shared(o->place) || !shared(want->place))
		return HELD;
	writer = prefers_writers(v, want->lock) ? queued_writer(v, want->lock, me) : 0;
	if (!writer || !v->at[writer].known)
		return FREE;
	return LH_PLACE_HOW(v->at[writer].want.place) == LH_WAITS ? BEHIND : BEHIND_TIMED;
}

static bool stuck(const struct stand *s)
{
	return s->want.lock && s->known && LH_PLACE_HOW(s->want.place) != LH_TRIES;
}

/* Nobody could be left out: what one wants is held by the next and by no other. */
static bool minimal(const struct view *v, const lh_thread_id *ring, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < n; k++) {
			lh_lock_id want = v->at[ring[i]].want.lock;
			if (k != i && v->at[ring[k]].want.lock == want)
				return false;
			if (k != (i + 1) % n && holds(&v->at[ring[k]], want))
				return false;
		}
	return true;
}

static void keep_ring(const struct view *v, const lh_thread_id *t, uint32_t n, struct rings *out)
{
	struct ring r = {.n = n, .filter = LH_F_NONE};

	if (!minimal(v, t, n))
		return;
	for (uint32_t i = 0; i < n; i++) {
		const struct stand *before = &v->at[t[(i + n - 1) % n]], *s = &v->at[t[i]];
		const struct hand *h = holds(s, before->want.lock);
		r.link[i] = (struct ring_link){before->want.lock, h ? h->place : 0, s->want.lock,
					       s->want.place};
		if (LH_PLACE_HOW(s->want.place) == LH_TIMED ||
		    keeps(v, t[i], t[(i + 1) % n]) == BEHIND_TIMED)
			r.filter = LH_F_TIMED;
	}
	rings_add(out, r);
}

/* All rings of stuck threads in this view. ring[0] has the smallest number. */
static void extend_ring(const struct view *v, lh_thread_id *ring, uint32_t n, struct rings *out)
{
	if (n > 1 && keeps(v, ring[n - 1], ring[0]))
		keep_ring(v, ring, n, out);
	for (lh_thread_id t = ring[0] + 1; t <= v->n; t++) {
		bool in = false;
		for (uint32_t i = 1; i < n; i++)
			in |= ring[i] == t;
		if (in || !stuck(&v->at[t]) || !keeps(v, ring[n - 1], t))
			continue;
		ring[n] = t;
		extend_ring(v, ring, n + 1, out);
	}
}

static void find_rings(const struct view *v, struct rings *out)
{
	lh_thread_id ring[THREADS + 1];

	for (lh_thread_id t = 1; t <= v->n; t++) {
		ring[0] = t;
		if (stuck(&v->at[t]))
			extend_ring(v, ring, 1, out);
	}
}

/* ---- all states ---- */

struct space {
	uint64_t *table, *work;
	uint32_t count, work_n;
	bool full;
};

static void space_add(struct space *s, uint64_t state)
{
	uint32_t i = (uint32_t)((state * 0x9e3779b97f4a7c15u) >> 40) & (STATES_MAX - 1);

	state++; /* 0 is an empty place */
	for (; s->table[i]; i = (i + 1) & (STATES_MAX - 1))
		if (s->table[i] == state)
			return;
	if (s->count >= STATES_MAX / 8) {
		s->full = true;
		return;
	}
	s->table[i] = state;
	s->count++;
	s->work[s->work_n++] = state - 1;
}

static void space_begin(struct space *s)
{
	static uint64_t *table, *work;

	if (!table) {
		table = malloc(sizeof *table * STATES_MAX);
		work = malloc(sizeof *work * STATES_MAX);
	}
	memset(table, 0, sizeof *table * STATES_MAX);
	*s = (struct space){.table = table, .work = work};
}

static uint32_t local_of(uint64_t state, lh_thread_id t)
{
	return (uint32_t)(state >> (BITS * (t - 1))) & ((1 << BITS) - 1);
}

static uint64_t with_local(uint64_t state, lh_thread_id t, uint32_t local)
{
	uint64_t mask = (uint64_t)((1 << BITS) - 1) << (BITS * (t - 1));

	return (state & ~mask) | (uint64_t)local << (BITS * (t - 1));
}

static bool was_seen(const struct book *b, lh_node_id n, lh_thread_id t, uint32_t segment)
{
	for (uint32_t i = b->node[n].seen; i; i = b->seen[i].next)
		if (b->seen[i].thread == t && b->seen[i].first <= segment &&
		    segment <= b->seen[i].last)
			return true;
	return false;
}

/* ---- a book as a program ---- */

/*
 * Each thread goes through its segments. In each it may run any piece that it was seen at
 * there: take the chain lock by lock, then the wanted lock, give all back. Between segments
 * it creates, or joins and waits for that. Over the segments in which it was a guard it
 * holds those locks all the time.
 */
struct local {
	enum { ABSENT, IDLE, PIECE, DONE } kind;
	uint32_t segment;
	lh_node_id top; /* the piece */
	uint32_t pos;   /* how many of its locks it has */
	bool queued;
};

enum { LOCALS = 1 << BITS, SEGMENTS = 16 };

struct play {
	const struct book *b;
	struct rings *out;
	struct space space;
	uint32_t n;
	uint32_t locals[THREADS + 1];
	struct local local[THREADS + 1][LOCALS];
	uint32_t segments[THREADS + 1];
	lh_node_id base[THREADS + 1][SEGMENTS]; /* chain held all the time in this segment */
	bool failed;
};

static uint32_t local_find(struct play *p, lh_thread_id t, struct local l)
{
	uint32_t i;

	for (i = 0; i < p->locals[t]; i++) {
		const struct local *o = &p->local[t][i];
		if (o->kind == l.kind && o->segment == l.segment && o->top == l.top &&
		    o->pos == l.pos && o->queued == l.queued)
			return i;
	}
	if (i == LOCALS) {
		p->failed = true;
		return 0;
	}
	p->local[t][p->locals[t]++] = l;
	return i;
}

static uint32_t path_of(const struct book *b, lh_node_id top, lh_node_id *path)
{
	uint32_t n = b->node[top].depth, i = n;

	for (; top; top = b->node[top].parent)
		path[--i] = top;
	return n;
}

static bool in_chain(const struct book *b, lh_node_id chain, lh_lock_id lock)
{
	for (; chain; chain = b->node[chain].parent)
		if (b->node[chain].lock == lock)
			return true;
	return false;
}

static void hold(const struct book *b, struct stand *s, lh_node_id n)
{
	s->held[s->held_n++] = (struct hand){b->node[n].lock, b->node[n].place};
}

/* What the next lock of this piece is, counted over those not held by the base. 0 none. */
static lh_node_id next_of(const struct play *p, lh_thread_id t, const struct local *l,
			  struct stand *s)
{
	lh_node_id path[64], base = p->base[t][l->segment];
	uint32_t n = path_of(p->b, l->top, path), pos = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (in_chain(p->b, base, p->b->node[path[i]].lock))
			continue;
		if (pos++ == l->pos)
			return path[i];
		if (s)
			hold(p->b, s, path[i]);
	}
	return 0;
}

static void play_view(const struct play *p, uint64_t state, struct view *v)
{
	memset(v, 0, sizeof *v);
	v->lock = p->b->lock;
	v->thread = p->b->thread;
	v->n = p->n;
	for (lh_thread_id t = 1; t <= p->n; t++) {
		const struct local *l = &p->local[t][local_of(state, t)];
		struct stand *s = &v->at[t];
		lh_node_id want;
		s->done = l->kind == DONE;
		if (l->kind != IDLE && l->kind != PIECE)
			continue;
		for (lh_node_id g = p->base[t][l->segment]; g; g = p->b->node[g].parent)
			hold(p->b, s, g);
		if (l->kind != PIECE)
			continue;
		want = next_of(p, t, l, s);
		if (want)
			s->want = (struct hand){p->b->node[want].lock, p->b->node[want].place};
		s->queued = l->queued;
		/* A lock of the chain may have been taken in an earlier segment: to wait for
		 * it here is only our way of getting there. */
		s->known = want && was_seen(p->b, want, t, l->segment);
	}
}

static void go(struct play *p, uint64_t state, lh_thread_id t, struct local l)
{
	space_add(&p->space, with_local(state, t, local_find(p, t, l)));
}

static void move_piece(struct play *p, uint64_t state, const struct view *v, lh_thread_id t)
{
	struct local l = p->local[t][local_of(state, t)],
		     idle = {.kind = IDLE, .segment = l.segment};
	struct hand want = v->at[t].want;
	enum lh_how how = LH_PLACE_HOW(want.place);

	if (!want.lock) {
		go(p, state, t, idle);
		return;
	}
	if (can_take(v, t, want)) {
		l.pos++;
		l.queued = false;
		go(p, state, t, l);
		return;
	}
	if (how == LH_WAITS || how == LH_TIMED) {
		l.queued = true;
		go(p, state, t, l);
	}
	if (how == LH_TIMED || how == LH_TRIES)
		go(p, state, t, idle);
}

static bool is_top(const struct book *b, lh_node_id n, lh_thread_id t, uint32_t segment)
{
	for (uint32_t i = 1; i < b->seens; i++)
		if (b->node[b->seen[i].node].parent == n && b->seen[i].thread == t &&
		    b->seen[i].first <= segment && segment <= b->seen[i].last)
			return false;
	return true;
}

static void begin_pieces(struct play *p, uint64_t state, lh_thread_id t, uint32_t segment)
{
	const struct book *b = p->b;

	for (uint32_t i = 1; i < b->seens; i++) {
		const struct lh_seen *s = &b->seen[i];
		if (s->thread == t && s->first <= segment && segment <= s->last &&
		    is_top(b, s->node, t, segment))
			go(p, state, t,
			   (struct local){.kind = PIECE, .segment = segment, .top = s->node});
	}
}

/* Taking what the guard of the next segment holds more: at once, and it never waits. */
static bool may_enter(const struct play *p, const struct view *v, lh_thread_id t, uint32_t segment)
{
	for (lh_node_id g = p->base[t][segment]; g; g = p->b->node[g].parent)
		if (!can_take(v, t, (struct hand){p->b->node[g].lock, p->b->node[g].place}))
			return false;
	return true;
}

static void next_segment(struct play *p, uint64_t state, const struct view *v, lh_thread_id t,
			 uint32_t segment)
{
	const struct book *b = p->b;
	struct local next = {.kind = IDLE, .segment = segment + 1}, fresh = {.kind = IDLE};

	if (segment == p->segments[t]) {
		go(p, state, t, (struct local){.kind = DONE});
		return;
	}
	if (!may_enter(p, v, t, segment + 1))
		return;
	for (uint32_t i = 1; i < b->events; i++) {
		const struct lh_event *e = &b->event[i];
		if (e->what == LH_EVENT_CREATE && e->a == t && e->a_segment == segment)
			go(p, with_local(state, e->b, local_find(p, e->b, fresh)), t, next);
		if (e->what == LH_EVENT_JOIN && e->b == t && e->b_segment == segment + 1 &&
		    v->at[e->a].done)
			go(p, state, t, next);
	}
}

static void play_state(struct play *p, uint64_t state)
{
	struct view v;

	play_view(p, state, &v);
	find_rings(&v, p->out);
	for (lh_thread_id t = 1; t <= p->n; t++) {
		const struct local l = p->local[t][local_of(state, t)];
		if (l.kind == PIECE) {
			move_piece(p, state, &v, t);
		} else if (l.kind == IDLE) {
			begin_pieces(p, state, t, l.segment);
			next_segment(p, state, &v, t, l.segment);
		}
	}
}

static void set_bases(struct play *p)
{
	const struct book *b = p->b;

	for (uint32_t i = 1; i < b->events; i++) {
		const struct lh_event *e = &b->event[i];
		lh_thread_id t = e->what == LH_EVENT_CREATE ? e->a : e->b;
		uint32_t last = e->what == LH_EVENT_CREATE ? e->a_segment + 1 : e->b_segment;
		if (last > p->segments[t])
			p->segments[t] = last;
		if (e->what != LH_EVENT_JOIN || !b->thread[e->a].guard ||
		    b->thread[e->a].creator != e->b)
			continue;
		for (uint32_t s = b->thread[e->a].creator_segment + 1; s < e->b_segment; s++)
			if (b->node[p->base[t][s]].depth < b->node[b->thread[e->a].guard].depth)
				p->base[t][s] = b->thread[e->a].guard;
	}
}

bool book_explore(const struct book *b, struct rings *out)
{
	static struct play p;
	uint64_t state = 0;

	memset(&p, 0, sizeof p);
	p.b = b;
	p.out = out;
	p.n = b->threads - 1;
	space_begin(&p.space);
	set_bases(&p);
	for (lh_thread_id t = 1; t <= p.n; t++)
		local_find(&p, t, (struct local){.kind = ABSENT});
	state = with_local(state, 1, local_find(&p, 1, (struct local){.kind = IDLE}));
	space_add(&p.space, state);
	while (p.space.work_n && !p.space.full && !p.failed)
		play_state(&p, p.space.work[--p.space.work_n]);
	return !p.space.full && !p.failed;
}

/* ---- random programs ---- */

enum { OPS = 12, LOCKS = 4 };

struct op {
	enum { TAKE, GIVE, CREATE, JOIN } what;
	uint32_t on; /* lock 0..LOCKS, or thread */
	lh_place place;
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

static void op_add(struct program *p, lh_thread_id t, int what, uint32_t on, lh_place place)
{
	struct op *o = &p->op[t][p->n[t]++];

	o->what = what;
	o->on = on;
	o->place = place;
}

static void take_random(struct program *p, lh_thread_id t, uint32_t *held)
{
	uint32_t l = dice(p->locks);
	enum lh_how how = dice(8) ? LH_WAITS : dice(2) ? LH_TIMED : LH_TRIES;
	enum lh_mode mode = p->kind[l] == LH_RWLOCK && dice(2) ? LH_SHARED : LH_EXCLUSIVE;

	if (*held >> l & 1)
		return;
	*held |= 1u << l;
	op_add(p, t, TAKE, l, LH_PLACE(t * 16 + p->n[t], how, mode));
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
			       LH_PLACE(t * 16 + p->n[t], dice(6) ? LH_WAITS : LH_TIMED, 0));
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
			       LH_PLACE_HOW(p->op[t][i].place) == LH_TIMED ? " timed" : "",
			       LH_PLACE_HOW(p->op[t][i].place) == LH_TRIES ? " try" : "");
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

/* The segment a thread is in: a created or joined thread begins a new one. */
static uint32_t segment_at(const struct program *p, lh_thread_id t, uint32_t pc)
{
	uint32_t s = 0;

	for (uint32_t i = 0; i < pc; i++)
		s += p->op[t][i].what == CREATE ||
		     (p->op[t][i].what == JOIN && LH_PLACE_HOW(p->op[t][i].place) == LH_WAITS);
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
	} else if (can_take(v, t, v->at[t].want)) {
		if (o->what == TAKE)
			on.got |= 1u << o->on;
		next[n++] = with_local(state, t, pack(on));
	} else {
		if (LH_PLACE_HOW(o->place) != LH_WAITS)
			next[n++] = with_local(state, t, pack(on));
		w.queued = true;
		if (LH_PLACE_HOW(o->place) != LH_TRIES)
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

static lh_node_id chain_node(struct book *b, const struct stand *s, uint32_t n)
{
	lh_node_id at = 0;

	for (uint32_t i = 0; i < n; i++)
		at = book_node(b, at, s->held[i].lock, s->held[i].place);
	return at;
}

static void note_asked(const struct program *p, struct book *b, const struct stand *s,
		       lh_thread_id t, uint32_t pc)
{
	lh_node_id n = book_node(b, chain_node(b, s, s->held_n), s->want.lock, s->want.place);

	book_seen(b, n, t, segment_at(p, t, pc));
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
	b->thread[c].guard = chain_node(b, &s, n);
}

static void note_done(const struct program *p, struct book *b, lh_thread_id t,
		      struct place_in before, bool gone_on)
{
	const struct op *o = &p->op[t][before.pc];
	uint32_t segment = segment_at(p, t, before.pc);

	if (!gone_on)
		return;
	if (o->what == CREATE) {
		b->thread[o->on].creator = t;
		b->thread[o->on].creator_segment = segment;
		book_event(b, LH_EVENT_CREATE, t, segment, o->on, 0);
	} else if (o->what == JOIN && LH_PLACE_HOW(o->place) == LH_WAITS) {
		book_event(b, LH_EVENT_JOIN, o->on, segment_at(p, o->on, p->n[o->on]), t,
			   segment + 1);
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

static lh_node_id find_node(const struct book *b, lh_node_id parent, struct hand h)
{
	for (lh_node_id i = 1; i < b->nodes; i++)
		if (b->node[i].parent == parent && b->node[i].lock == h.lock &&
		    b->node[i].place == h.place)
			return i;
	return 0;
}

/* Was this thread seen in this segment, holding exactly this and asking for that? */
static bool is_known(const struct book *b, const struct stand *s, lh_thread_id t, uint32_t segment)
{
	lh_node_id n = 0;

	for (uint32_t i = 0; i < s->held_n; i++) {
		n = find_node(b, n, s->held[i]);
		if (!n)
			return false;
	}
	n = find_node(b, n, s->want);
	for (uint32_t i = n ? b->node[n].seen : 0; i; i = b->seen[i].next)
		if (b->seen[i].thread == t && b->seen[i].first <= segment &&
		    segment <= b->seen[i].last)
			return true;
	return false;
}

bool program_explore(const struct program *p, const struct book *b, struct rings *out)
{
	struct space space;
	struct view v = {.lock = b->lock, .thread = b->thread};

	space_begin(&space);
	space_add(&space, first_state(p));
	while (space.work_n && !space.full) {
		uint64_t state = space.work[--space.work_n], next[2];
		program_view(p, state, &v);
		for (lh_thread_id t = 1; t <= p->threads; t++)
			v.at[t].known = v.at[t].want.lock &&
					is_known(b, &v.at[t], t,
						 segment_at(p, t, unpack(local_of(state, t)).pc));
		find_rings(&v, out);
		for (lh_thread_id t = 1; t <= p->threads; t++)
			for (uint32_t n = moves(p, state, &v, t, next); n--;)
				space_add(&space, next[n]);
	}
	return !space.full;
}
