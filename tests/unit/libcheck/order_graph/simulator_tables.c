/* simulator_tables.c — a book as a program, in every interleaving. See simulator.h. */
#include "tests/unit/libcheck/order_graph/simulator_internal.h"

/* ---- a book as a program ---- */

/*
 * Each thread goes through its segments. In each it may run any piece that it was seen at
 * there: take the chain lock by lock, then the wanted lock, give all back. Between segments
 * it creates, or joins and waits for that, or gives back or takes what was held over a create. Over
 * the segments in which it was a guard it holds those locks all the time.
 */
struct local {
	enum { ABSENT, IDLE, PIECE, DONE } kind;
	uint32_t segment;
	lh_chain_id top; /* the piece */
	uint32_t pos;    /* how many of its locks it has */
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
	lh_chain_id base[THREADS + 1][SEGMENTS]; /* chain held all the time in this segment */
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

static uint32_t path_of(const struct book *b, lh_chain_id top, lh_chain_id *path)
{
	uint32_t n = b->node[top].depth, i = n;

	for (; top; top = b->node[top].parent)
		path[--i] = top;
	return n;
}

static bool in_chain(const struct book *b, lh_chain_id chain, lh_lock_id lock)
{
	for (; chain; chain = b->node[chain].parent)
		if (b->node[chain].lock == lock)
			return true;
	return false;
}

static void hold(const struct book *b, struct stand *s, lh_chain_id chain)
{
	s->held[s->held_n++] = (struct hand){b->node[chain].lock, b->node[chain].site};
}

/* What the next lock of this piece is, counted over those not held by the base. 0 none. */
static lh_chain_id next_of(const struct play *p, lh_thread_id t, const struct local *l,
			   struct stand *s)
{
	lh_chain_id path[64], base = p->base[t][l->segment];
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
		lh_chain_id want;
		s->done = l->kind == DONE;
		if (l->kind != IDLE && l->kind != PIECE)
			continue;
		for (lh_chain_id g = p->base[t][l->segment]; g; g = p->b->node[g].parent)
			hold(p->b, s, g);
		if (l->kind != PIECE)
			continue;
		want = next_of(p, t, l, s);
		if (want)
			s->want = (struct hand){p->b->node[want].lock, p->b->node[want].site};
		s->queued = l->queued;
		/* A lock of the chain may have been taken in an earlier segment: to wait for
		 * it here is only our way of getting there. */
		s->known = want && view_was_seen(p->b, want, t, l->segment);
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
	enum lh_how how = LH_SITE_HOW(want.place);

	if (!want.lock) {
		go(p, state, t, idle);
		return;
	}
	if (view_can_take(v, t, want)) {
		l.pos++;
		l.queued = false;
		go(p, state, t, l);
		return;
	}
	if (how == LH_BLOCKING || how == LH_TIMED) {
		l.queued = true;
		go(p, state, t, l);
	}
	if (how == LH_TIMED || how == LH_TRY)
		go(p, state, t, idle);
}

static bool is_top(const struct book *b, lh_chain_id chain, lh_thread_id t, uint32_t segment)
{
	for (uint32_t i = 1; i < b->seens; i++)
		if (b->node[b->seen[i].chain].parent == chain && b->seen[i].thread == t &&
		    b->seen[i].first <= segment && segment <= b->seen[i].last)
			return false;
	return true;
}

static void begin_pieces(struct play *p, uint64_t state, lh_thread_id t, uint32_t segment)
{
	const struct book *b = p->b;

	for (uint32_t i = 1; i < b->seens; i++) {
		const struct lh_chain_visit *s = &b->seen[i];
		if (s->thread == t && s->first <= segment && segment <= s->last &&
		    is_top(b, s->chain, t, segment))
			go(p, state, t,
			   (struct local){.kind = PIECE, .segment = segment, .top = s->chain});
	}
}

/* Taking what the guard of the next segment holds more: at once, and it never waits. */
static bool may_enter(const struct play *p, const struct view *v, lh_thread_id t, uint32_t segment)
{
	for (lh_chain_id g = p->base[t][segment]; g; g = p->b->node[g].parent)
		if (!view_can_take(v, t, (struct hand){p->b->node[g].lock, p->b->node[g].site}))
			return false;
	return true;
}

/* What this segment begins with was taken from those who have gone on meanwhile. */
static bool may_take(const struct play *p, uint64_t state, lh_thread_id t, uint32_t segment)
{
	for (uint32_t i = 1; i < p->b->events; i++) {
		const struct lh_hb_edge *e = &p->b->event[i];
		const struct local *l = &p->local[e->a][local_of(state, e->a)];
		if (e->what == LH_HB_ACQUIRED_FROM_CREATOR && e->b == t &&
		    e->b_segment == segment && l->kind != DONE &&
		    (l->kind == ABSENT || l->segment <= e->a_segment))
			return false;
	}
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
		const struct lh_hb_edge *e = &b->event[i];
		if (e->what == LH_HB_CREATE && e->a == t && e->a_segment == segment)
			go(p, with_local(state, e->b, local_find(p, e->b, fresh)), t, next);
		if (e->what == LH_HB_JOIN && e->b == t && e->b_segment == segment + 1 &&
		    v->at[e->a].done)
			go(p, state, t, next);
		if (e->what == LH_HB_CREATOR_RELEASED && e->a == t && e->a_segment == segment &&
		    may_take(p, state, t, segment + 1))
			go(p, state, t, next);
	}
}

static void play_state(struct play *p, uint64_t state)
{
	struct view v;

	play_view(p, state, &v);
	view_find_rings(&v, p->out);
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
		const struct lh_hb_edge *e = &b->event[i];
		bool ends = e->what == LH_HB_CREATE || e->what == LH_HB_CREATOR_RELEASED;
		lh_thread_id t = ends ? e->a : e->b;
		uint32_t last = ends ? e->a_segment + 1 : e->b_segment;
		if (last > p->segments[t])
			p->segments[t] = last;
		if (e->what != LH_HB_JOIN || !b->thread[e->a].creator_chain ||
		    b->thread[e->a].creator != e->b)
			continue;
		for (uint32_t s = b->thread[e->a].creator_segment + 1; s < e->b_segment; s++)
			if (b->node[p->base[t][s]].depth <
			    b->node[b->thread[e->a].creator_chain].depth)
				p->base[t][s] = b->thread[e->a].creator_chain;
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
