/* simulator_tables.c — runs tables as a program, in every interleaving. */
#include "tests/unit/libcheck/order_graph/simulator_internal.h"

/*
 * Each thread goes through its segments. In a segment it may run each piece that it visited there:
 * acquire the locks of the chain one by one, then the wanted lock, then release all. Between
 * segments it creates a thread, waits for a join, or releases or acquires a lock that was held
 * across a create. In the segments of a creator-held chain it holds the locks of that chain all the
 * time.
 */
struct local {
	enum { ABSENT, IDLE, PIECE, DONE } kind;
	uint32_t segment;
	lh_chain_id top; /* the last chain row of the piece */
	uint32_t pos;    /* how many locks of the piece it holds */
	bool queued;
};

enum { LOCALS = 1 << BITS, SEGMENTS = 16 };

struct tables_run {
	const struct order_tables *tables;
	struct cycle_set *out;
	struct state_set states;
	uint32_t n;
	uint32_t locals[THREADS + 1];
	struct local local[THREADS + 1][LOCALS];
	uint32_t segments[THREADS + 1];
	lh_chain_id base[THREADS + 1]
			[SEGMENTS]; /* the chain that is held during the whole segment */
	bool failed;
};

static uint32_t local_find(struct tables_run *p, lh_thread_id t, struct local l)
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

static uint32_t path_of(const struct order_tables *tables, lh_chain_id top, lh_chain_id *path)
{
	uint32_t n = tables->chain[top].depth, i = n;

	for (; top; top = tables->chain[top].parent)
		path[--i] = top;
	return n;
}

static bool in_chain(const struct order_tables *tables, lh_chain_id chain, lh_lock_id lock)
{
	for (; chain; chain = tables->chain[chain].parent)
		if (tables->chain[chain].lock == lock)
			return true;
	return false;
}

static void add_held(const struct order_tables *tables, struct thread_view *s, lh_chain_id chain)
{
	s->held[s->held_n++] = (struct hold){tables->chain[chain].lock, tables->chain[chain].site};
}

/* The next lock to acquire in this piece, without the locks of the base chain. 0: none. */
static lh_chain_id next_lock_of(const struct tables_run *p, lh_thread_id t, const struct local *l,
				struct thread_view *s)
{
	lh_chain_id path[64], base = p->base[t][l->segment];
	uint32_t n = path_of(p->tables, l->top, path), pos = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (in_chain(p->tables, base, p->tables->chain[path[i]].lock))
			continue;
		if (pos++ == l->pos)
			return path[i];
		if (s)
			add_held(p->tables, s, path[i]);
	}
	return 0;
}

static void view_of_state(const struct tables_run *p, uint64_t state, struct view *v)
{
	memset(v, 0, sizeof *v);
	v->lock = p->tables->lock;
	v->thread = p->tables->thread;
	v->n = p->n;
	for (lh_thread_id t = 1; t <= p->n; t++) {
		const struct local *l = &p->local[t][local_of(state, t)];
		struct thread_view *s = &v->at[t];
		lh_chain_id want;
		s->done = l->kind == DONE;
		if (l->kind != IDLE && l->kind != PIECE)
			continue;
		for (lh_chain_id g = p->base[t][l->segment]; g; g = p->tables->chain[g].parent)
			add_held(p->tables, s, g);
		if (l->kind != PIECE)
			continue;
		want = next_lock_of(p, t, l, s);
		if (want)
			s->want = (struct hold){p->tables->chain[want].lock,
						p->tables->chain[want].site};
		s->queued = l->queued;
		/* A lock of the chain may have been acquired in an earlier segment. Then the wait
		 * for it here is only a way to reach the state, and not known. */
		s->known = want && view_was_visited(p->tables, want, t, l->segment);
	}
}

static void add_state(struct tables_run *p, uint64_t state, lh_thread_id t, struct local l)
{
	state_set_add(&p->states, with_local(state, t, local_find(p, t, l)));
}

static void move_piece(struct tables_run *p, uint64_t state, const struct view *v, lh_thread_id t)
{
	struct local l = p->local[t][local_of(state, t)],
		     idle = {.kind = IDLE, .segment = l.segment};
	struct hold want = v->at[t].want;
	enum lh_how how = LH_SITE_HOW(want.site);

	if (!want.lock) {
		add_state(p, state, t, idle);
		return;
	}
	if (view_can_acquire(v, t, want)) {
		l.pos++;
		l.queued = false;
		add_state(p, state, t, l);
		return;
	}
	if (how == LH_BLOCKING || how == LH_TIMED) {
		l.queued = true;
		add_state(p, state, t, l);
	}
	if (how == LH_TIMED || how == LH_TRY)
		add_state(p, state, t, idle);
}

static bool is_top(const struct order_tables *tables, lh_chain_id chain, lh_thread_id t,
		   uint32_t segment)
{
	for (uint32_t i = 1; i < tables->visits; i++)
		if (tables->chain[tables->visit[i].chain].parent == chain &&
		    tables->visit[i].thread == t && tables->visit[i].first <= segment &&
		    segment <= tables->visit[i].last)
			return false;
	return true;
}

static void begin_pieces(struct tables_run *p, uint64_t state, lh_thread_id t, uint32_t segment)
{
	const struct order_tables *tables = p->tables;

	for (uint32_t i = 1; i < tables->visits; i++) {
		const struct lh_chain_visit *s = &tables->visit[i];
		if (s->thread == t && s->first <= segment && segment <= s->last &&
		    is_top(tables, s->chain, t, segment))
			add_state(
				p, state, t,
				(struct local){.kind = PIECE, .segment = segment, .top = s->chain});
	}
}

/* True if the base chain of the next segment can be acquired at once, without a wait. */
static bool may_enter(const struct tables_run *p, const struct view *v, lh_thread_id t,
		      uint32_t segment)
{
	for (lh_chain_id g = p->base[t][segment]; g; g = p->tables->chain[g].parent)
		if (!view_can_acquire(
			    v, t,
			    (struct hold){p->tables->chain[g].lock, p->tables->chain[g].site}))
			return false;
	return true;
}

/* True if the ancestors whose locks this segment begins with have left the segments in which they
 * held them. */
static bool may_acquire(const struct tables_run *p, uint64_t state, lh_thread_id t,
			uint32_t segment)
{
	for (uint32_t i = 1; i < p->tables->hb_edges; i++) {
		const struct lh_hb_edge *e = &p->tables->hb_edge[i];
		const struct local *l = &p->local[e->a][local_of(state, e->a)];
		if (e->what == LH_HB_ACQUIRED_FROM_CREATOR && e->b == t &&
		    e->b_segment == segment && l->kind != DONE &&
		    (l->kind == ABSENT || l->segment <= e->a_segment))
			return false;
	}
	return true;
}

static void next_segment(struct tables_run *p, uint64_t state, const struct view *v, lh_thread_id t,
			 uint32_t segment)
{
	const struct order_tables *tables = p->tables;
	struct local next = {.kind = IDLE, .segment = segment + 1}, fresh = {.kind = IDLE};

	if (segment == p->segments[t]) {
		add_state(p, state, t, (struct local){.kind = DONE});
		return;
	}
	if (!may_enter(p, v, t, segment + 1))
		return;
	for (uint32_t i = 1; i < tables->hb_edges; i++) {
		const struct lh_hb_edge *e = &tables->hb_edge[i];
		if (e->what == LH_HB_CREATE && e->a == t && e->a_segment == segment)
			add_state(p, with_local(state, e->b, local_find(p, e->b, fresh)), t, next);
		if (e->what == LH_HB_JOIN && e->b == t && e->b_segment == segment + 1 &&
		    v->at[e->a].done)
			add_state(p, state, t, next);
		if (e->what == LH_HB_CREATOR_RELEASED && e->a == t && e->a_segment == segment &&
		    may_acquire(p, state, t, segment + 1))
			add_state(p, state, t, next);
	}
}

static void explore_state(struct tables_run *p, uint64_t state)
{
	struct view v;

	view_of_state(p, state, &v);
	view_find_cycles(&v, p->out);
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

static void set_base_chains(struct tables_run *p)
{
	const struct order_tables *tables = p->tables;

	for (uint32_t i = 1; i < tables->hb_edges; i++) {
		const struct lh_hb_edge *e = &tables->hb_edge[i];
		bool ends = e->what == LH_HB_CREATE || e->what == LH_HB_CREATOR_RELEASED;
		lh_thread_id t = ends ? e->a : e->b;
		uint32_t last = ends ? e->a_segment + 1 : e->b_segment;
		if (last > p->segments[t])
			p->segments[t] = last;
		if (e->what != LH_HB_JOIN || !tables->thread[e->a].creator_chain ||
		    tables->thread[e->a].creator != e->b)
			continue;
		for (uint32_t s = tables->thread[e->a].creator_segment + 1; s < e->b_segment; s++)
			if (tables->chain[p->base[t][s]].depth <
			    tables->chain[tables->thread[e->a].creator_chain].depth)
				p->base[t][s] = tables->thread[e->a].creator_chain;
	}
}

bool tables_explore(const struct order_tables *tables, struct cycle_set *out)
{
	static struct tables_run p;
	uint64_t state = 0;

	memset(&p, 0, sizeof p);
	p.tables = tables;
	p.out = out;
	p.n = tables->threads - 1;
	state_set_init(&p.states);
	set_base_chains(&p);
	for (lh_thread_id t = 1; t <= p.n; t++)
		local_find(&p, t, (struct local){.kind = ABSENT});
	state = with_local(state, 1, local_find(&p, 1, (struct local){.kind = IDLE}));
	state_set_add(&p.states, state);
	while (p.states.todo_n && !p.states.full && !p.failed)
		explore_state(&p, p.states.todo[--p.states.todo_n]);
	return !p.states.full && !p.failed;
}
