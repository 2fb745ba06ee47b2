/*
 * simulator.c — all that is known about locks: who can take what, who keeps whom waiting, and
 * which threads of a state wait for each other in a ring. See simulator.h.
 */
#include "tests/unit/libcheck/order_graph/simulator_internal.h"

static lh_thread_id life_of(const struct view *v, lh_lock_id lock)
{
	for (lh_thread_id t = 1; t <= v->n; t++)
		if (v->thread[t].end_lock == lock)
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
		if (LH_SITE_HOW(s->want.place) == LH_BLOCKING)
			return t;
		timed = t;
	}
	return timed;
}

bool view_can_take(const struct view *v, lh_thread_id me, struct hand h)
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
	return LH_SITE_HOW(v->at[writer].want.place) == LH_BLOCKING ? BEHIND : BEHIND_TIMED;
}

static bool stuck(const struct stand *s)
{
	return s->want.lock && s->known && LH_SITE_HOW(s->want.place) != LH_TRY;
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
		if (LH_SITE_HOW(s->want.place) == LH_TIMED ||
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

void view_find_rings(const struct view *v, struct rings *out)
{
	lh_thread_id ring[THREADS + 1];

	for (lh_thread_id t = 1; t <= v->n; t++) {
		ring[0] = t;
		if (stuck(&v->at[t]))
			extend_ring(v, ring, 1, out);
	}
}

bool view_was_seen(const struct book *b, lh_chain_id chain, lh_thread_id t, uint32_t segment)
{
	for (uint32_t i = b->node[chain].visit; i; i = b->seen[i].next)
		if (b->seen[i].thread == t && b->seen[i].first <= segment &&
		    segment <= b->seen[i].last)
			return true;
	return false;
}

/* ---- all states ---- */

void space_add(struct space *s, uint64_t state)
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

void space_begin(struct space *s)
{
	static uint64_t *table, *work;

	if (!table) {
		table = malloc(sizeof *table * STATES_MAX);
		work = malloc(sizeof *work * STATES_MAX);
	}
	memset(table, 0, sizeof *table * STATES_MAX);
	*s = (struct space){.table = table, .work = work};
}
