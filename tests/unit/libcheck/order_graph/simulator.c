/*
 * simulator.c — the rules of locks: which thread can acquire a lock, which thread blocks another,
 * and which threads of a state wait for each other in a cycle.
 */
#include "tests/unit/libcheck/order_graph/simulator_internal.h"

static lh_thread_id thread_of_end_lock(const struct view *v, lh_lock_id lock)
{
	for (lh_thread_id t = 1; t <= v->n; t++)
		if (v->thread[t].end_lock == lock)
			return t;
	return 0;
}

static const struct hold *held_by(const struct thread_view *s, lh_lock_id lock)
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

/* A writer other than this thread that is queued for the lock; preferably one without a timeout. */
static lh_thread_id queued_writer(const struct view *v, lh_lock_id lock, lh_thread_id other_than)
{
	lh_thread_id timed = 0;

	for (lh_thread_id t = 1; t <= v->n; t++) {
		const struct thread_view *s = &v->at[t];
		if (t == other_than || !s->queued || s->want.lock != lock ||
		    is_shared(s->want.site))
			continue;
		if (LH_SITE_HOW(s->want.site) == LH_BLOCKING)
			return t;
		timed = t;
	}
	return timed;
}

bool view_can_acquire(const struct view *v, lh_thread_id self, struct hold h)
{
	lh_thread_id ended = thread_of_end_lock(v, h.lock);

	if (ended)
		return v->at[ended].done;
	for (lh_thread_id t = 1; t <= v->n; t++) {
		const struct hold *o = t == self ? NULL : held_by(&v->at[t], h.lock);
		if (o && !(is_shared(o->site) && is_shared(h.site)))
			return false;
		if (o && prefers_writers(v, h.lock) && queued_writer(v, h.lock, self))
			return false;
	}
	return true;
}

enum block { NOT_BLOCKED, BLOCKED_BY_OWNER, BEHIND_TIMED_WRITER, BEHIND_WRITER };

/* Whether and how `blocker` blocks `self`: as the lock's owner, or as a reader for which the queued
 * writer waits that `self` waits behind. */
static enum block block_of(const struct view *v, lh_thread_id self, lh_thread_id blocker)
{
	const struct hold *want = &v->at[self].want, *o;
	lh_thread_id writer;

	if (thread_of_end_lock(v, want->lock) == blocker && !v->at[blocker].done)
		return BLOCKED_BY_OWNER;
	o = held_by(&v->at[blocker], want->lock);
	if (!o)
		return NOT_BLOCKED;
	if (!is_shared(o->site) || !is_shared(want->site))
		return BLOCKED_BY_OWNER;
	writer = prefers_writers(v, want->lock) ? queued_writer(v, want->lock, self) : 0;
	if (!writer || !v->at[writer].known)
		return NOT_BLOCKED;
	return LH_SITE_HOW(v->at[writer].want.site) == LH_BLOCKING ? BEHIND_WRITER
								   : BEHIND_TIMED_WRITER;
}

static bool is_blocked(const struct thread_view *s)
{
	return s->want.lock && s->known && LH_SITE_HOW(s->want.site) != LH_TRY;
}

/* True if no thread can be left out: the next thread, and no other, holds what a thread wants. */
static bool minimal(const struct view *v, const lh_thread_id *cycle, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < n; k++) {
			lh_lock_id want = v->at[cycle[i]].want.lock;
			if (k != i && v->at[cycle[k]].want.lock == want)
				return false;
			if (k != (i + 1) % n && held_by(&v->at[cycle[k]], want))
				return false;
		}
	return true;
}

static void add_cycle(const struct view *v, const lh_thread_id *t, uint32_t n,
		      struct cycle_set *out)
{
	struct cycle r = {.n = n, .filter = LH_F_NONE};

	if (!minimal(v, t, n))
		return;
	for (uint32_t i = 0; i < n; i++) {
		const struct thread_view *before = &v->at[t[(i + n - 1) % n]], *s = &v->at[t[i]];
		const struct hold *h = held_by(s, before->want.lock);
		r.link[i] = (struct cycle_link){before->want.lock, h ? h->site : 0, s->want.lock,
						s->want.site};
		if (LH_SITE_HOW(s->want.site) == LH_TIMED ||
		    block_of(v, t[i], t[(i + 1) % n]) == BEHIND_TIMED_WRITER)
			r.filter = LH_F_TIMED;
	}
	cycle_set_add(out, r);
}

/* Finds all cycles of blocked threads in this view. cycle[0] has the smallest number. */
static void extend_cycle(const struct view *v, lh_thread_id *cycle, uint32_t n,
			 struct cycle_set *out)
{
	if (n > 1 && block_of(v, cycle[n - 1], cycle[0]))
		add_cycle(v, cycle, n, out);
	for (lh_thread_id t = cycle[0] + 1; t <= v->n; t++) {
		bool in = false;
		for (uint32_t i = 1; i < n; i++)
			in |= cycle[i] == t;
		if (in || !is_blocked(&v->at[t]) || !block_of(v, cycle[n - 1], t))
			continue;
		cycle[n] = t;
		extend_cycle(v, cycle, n + 1, out);
	}
}

void view_find_cycles(const struct view *v, struct cycle_set *out)
{
	lh_thread_id cycle[THREADS + 1];

	for (lh_thread_id t = 1; t <= v->n; t++) {
		cycle[0] = t;
		if (is_blocked(&v->at[t]))
			extend_cycle(v, cycle, 1, out);
	}
}

bool view_was_visited(const struct order_tables *tables, lh_chain_id chain, lh_thread_id t,
		      uint32_t segment)
{
	for (uint32_t i = tables->chain[chain].visit; i; i = tables->visit[i].next)
		if (tables->visit[i].thread == t && tables->visit[i].first <= segment &&
		    segment <= tables->visit[i].last)
			return true;
	return false;
}

/* ---- the set of states ---- */

void state_set_add(struct state_set *s, uint64_t state)
{
	uint32_t i = (uint32_t)((state * 0x9e3779b97f4a7c15u) >> 40) & (STATES_MAX - 1);

	state++; /* 0 is an empty slot */
	for (; s->table[i]; i = (i + 1) & (STATES_MAX - 1))
		if (s->table[i] == state)
			return;
	if (s->count >= STATES_MAX / 8) {
		s->full = true;
		return;
	}
	s->table[i] = state;
	s->count++;
	s->todo[s->todo_n++] = state - 1;
}

void state_set_init(struct state_set *s)
{
	static uint64_t *slots, *todo;

	if (!slots) {
		slots = malloc(sizeof *slots * STATES_MAX);
		todo = malloc(sizeof *todo * STATES_MAX);
	}
	memset(slots, 0, sizeof *slots * STATES_MAX);
	*s = (struct state_set){.table = slots, .todo = todo};
}
