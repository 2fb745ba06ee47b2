/* sample.c — computes the table from two samples of a ledger. */
#include "tools/top/top.h"

#include <stdlib.h>
#include <string.h>

struct lh_top_previous {
	uint32_t gen;
	uint64_t samples, sampled_ns;
	struct lh_top_sum all;
};

/* What the live-thread rows contain about one lock. */
struct lock_hold {
	uint32_t row;            /* index in the table + 1; 0 none */
	uint64_t held_ns;        /* by current owners */
	uint64_t held_within_ns; /* the part of it since the previous sample */
	uint32_t begun;          /* holds that began since then */
};

struct sampling {
	struct lh_top *top;
	const struct lh_ledger_view *ledger;
	struct lock_hold *hold_sample; /* by lock row of the ledger */
	uint32_t locks;
};

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0; /* a sample is not atomic: a sum may seem to shrink */
}

static struct lh_top_sum difference(const struct lh_top_sum *a, const struct lh_top_sum *b)
{
	return (struct lh_top_sum){less(a->taken, b->taken), less(a->contended, b->contended),
				   less(a->wait_ns, b->wait_ns), less(a->hold_ns, b->hold_ns)};
}

static void add(struct lh_top_sum *to, const struct lh_top_sum *s)
{
	to->taken += s->taken;
	to->contended += s->contended;
	to->wait_ns += s->wait_ns;
	to->hold_ns += s->hold_ns;
}

static bool is_lock(const struct lh_lock *l)
{
	switch (lh_kind_acts(l->kind)) {
	case LH_NOTHING:
	case LH_THREAD_END:
	case LH_COND:
	case LH_BARRIER:
		return false;
	default:
		return !(l->kind == LH_SEM && l->flags & LH_LOCK_SIGNAL);
	}
}

/* ---- rows ---- */

static void add_row(struct sampling *w, uint32_t i, const struct lh_lock *l)
{
	struct lh_top *t = w->top;
	struct lh_top_row *r = &t->row[t->rows];
	struct lh_lock_stats stats;

	lh_read_lock_stats(w->ledger, l, &stats);
	*r = (struct lh_top_row){.lock = LH_LOCK_ID(i, l->gen),
				 .kind = (enum lh_kind)l->kind,
				 .address = lh_lock_address(l),
				 .all = {.taken = l->acquired + l->shared,
					 .contended = stats.contended,
					 .wait_ns = stats.wait_ns},
				 .wait_max_ns = stats.wait_max_ns,
				 .hold_max_ns = stats.hold_max_ns};
	w->hold_sample[i].row = ++t->rows;
}

static void add_rows(struct sampling *w)
{
	struct lh_lock l;
	struct lh_lock_stats stats;

	for (uint32_t i = 1; i < w->locks; i++) {
		if (!lh_read_lock_row(w->ledger, i, &l) || !is_lock(&l))
			continue;
		w->top->locks += lh_lock_is_live(&l) != 0;
		if (lh_lock_is_live(&l)) {
			add_row(w, i, &l);
			continue;
		}
		/* a dead lock: its row may mean another lock soon */
		lh_read_lock_stats(w->ledger, &l, &stats);
		add(&w->top->all,
		    &(struct lh_top_sum){l.acquired + l.shared, stats.contended, stats.wait_ns, 0});
	}
}

static struct lh_top_row *row_of(const struct sampling *w, lh_lock_id id)
{
	uint32_t i = LH_LOCK_ROW(id);
	struct lh_top_row *r = id && i < w->locks && w->hold_sample[i].row
				       ? &w->top->row[w->hold_sample[i].row - 1]
				       : NULL;

	return r && r->lock == id ? r : NULL;
}

/* ---- live threads ---- */

static void see_wait(struct sampling *w, const struct lh_live_thread *live)
{
	struct lh_top_row *r = row_of(w, live->wait_lock);
	uint64_t ns = less(w->top->at_ns, live->wait_since_ns);

	if (!r || (live->wait_on != LH_WAIT_LOCK && live->wait_on != LH_WAIT_SEM &&
		   live->wait_on != LH_WAIT_ONCE))
		return;
	r->queue++;
	r->all.contended++;
	r->all.wait_ns += ns;
	if (ns > r->wait_max_ns)
		r->wait_max_ns = ns;
	w->top->waiting++;
}

static void see_hold(struct sampling *w, const struct lh_live_thread *live,
		     const struct lh_held *held)
{
	struct lh_top_row *r = held->flags & LH_HELD_IN_COND_WAIT ? NULL : row_of(w, held->lock);
	uint64_t ns = lh_held_for(held, NULL, w->top->at_ns), span = w->top->span_ns;
	struct lock_hold *g;

	if (!r)
		return;
	g = &w->hold_sample[LH_LOCK_ROW(held->lock)];
	g->held_ns += ns;
	g->held_within_ns += ns < span ? ns : span;
	g->begun += ns < span;
	if (ns > r->hold_max_ns)
		r->hold_max_ns = ns;
	if (r->holders++ && ns <= r->held_ns)
		return;
	r->holder = live->thread;
	r->tid = live->tid;
	r->held_ns = ns;
	r->site = held->site;
}

static void read_live_threads(struct sampling *w)
{
	uint32_t n = lh_read_used(w->ledger, LH_T_LIVE_THREAD);
	struct lh_live_thread live;
	struct lh_held held;

	for (uint32_t i = 1; i < n; i++) {
		if (!lh_read_live_thread(w->ledger, i, &live) ||
		    (live.state != LH_LIVE_ATTACHED && live.state != LH_LIVE_ENDING))
			continue;
		w->top->threads++;
		see_wait(w, &live);
		for (uint32_t k = 0; lh_read_held(w->ledger, &live, k, &held); k++)
			see_hold(w, &live, &held);
	}
}

/* ---- hold times ---- */

static bool is_exclusive(const struct lh_lock *l)
{
	enum lh_kind acts = lh_kind_acts(l->kind);

	return acts == LH_MUTEX || acts == LH_SPIN || acts == LH_ONCE || acts == LH_GUARD ||
	       (l->kind == LH_SEM && !(l->flags & LH_LOCK_COUNTING));
}

static uint64_t product(double mean, uint64_t n, uint64_t open_ns, uint64_t most)
{
	double ns = mean * (double)n + (double)open_ns;

	return ns < (double)most ? (uint64_t)ns : most;
}

static double mean_of(uint64_t ns, uint64_t samples)
{
	return samples ? (double)ns / (double)samples : 0;
}

/* Hold time: ended holds are estimated by their mean, current holds are exact. */
static void estimate(struct sampling *w, struct lh_top_row *r, const struct lh_lock *l,
		     const struct lh_top_previous *b)
{
	const struct lock_hold *g = &w->hold_sample[LH_LOCK_ROW(r->lock)];
	uint64_t many = is_exclusive(l) ? 1 : w->top->threads + 1;
	struct lh_lock_stats stats;

	lh_read_lock_stats(w->ledger, l, &stats);
	uint64_t samples = less(stats.hold_samples, b->samples),
		 sampled = less(stats.hold_ns, b->sampled_ns);
	double mean = mean_of(stats.hold_ns, stats.hold_samples),
	       recent = samples ? mean_of(sampled, samples) : mean;
	uint64_t ended = less(r->last.taken, g->begun);

	r->all.hold_ns =
		product(mean, less(r->all.taken, r->holders), g->held_ns, w->top->at_ns * many);
	/*
	 * A hold that began before the previous sample and has ended is not among the acquisitions
	 * since.
	 */
	r->last.hold_ns = product(recent, ended > samples ? ended : samples, g->held_within_ns,
				  w->top->span_ns * many);
}

static void finish_row(struct sampling *w, struct lh_top_row *r)
{
	static const struct lh_top_previous none;
	struct lh_top *t = w->top;
	uint32_t i = LH_LOCK_ROW(r->lock);
	const struct lh_top_previous *b = i < t->n_previous ? &t->previous[i] : &none;
	struct lh_lock l;

	if (!lh_read_lock_row(w->ledger, i, &l))
		return;
	if (b->gen != l.gen) /* the lock is new since the previous sample */
		b = &none;
	r->last = difference(&r->all, &b->all);
	estimate(w, r, &l, b);
	add(&t->all, &r->all);
	if (r->holder && (!t->longest || r->held_ns > t->longest->held_ns))
		t->longest = r;
}

/* For the next sample. */
static void remember(struct sampling *w)
{
	struct lh_top *t = w->top;
	struct lh_lock l;
	struct lh_lock_stats stats;

	free(t->previous);
	t->previous = calloc(w->locks + 1, sizeof(*t->previous));
	t->n_previous = t->previous ? w->locks : 0;
	for (uint32_t i = 0; i < t->rows && t->previous; i++) {
		uint32_t k = LH_LOCK_ROW(t->row[i].lock);

		if (!lh_read_lock_row(w->ledger, k, &l))
			continue;
		lh_read_lock_stats(w->ledger, &l, &stats);
		t->previous[k] = (struct lh_top_previous){l.gen, stats.hold_samples, stats.hold_ns,
							  t->row[i].all};
	}
	t->all_before = t->all;
}

/* Drops locks that were initialized and never used. */
static void drop_unused(struct lh_top *t)
{
	uint32_t n = 0, longest = t->longest ? (uint32_t)(t->longest - t->row) : UINT32_MAX;

	for (uint32_t i = 0; i < t->rows; i++) {
		if (!t->row[i].all.taken && !t->row[i].queue && !t->row[i].holders)
			continue;
		if (i == longest)
			t->longest = &t->row[n];
		t->row[n++] = t->row[i];
	}
	t->rows = n;
}

/* ---- a sample ---- */

static void begin(struct lh_top *t, const struct lh_ledger_view *r, uint64_t now_ns)
{
	struct lh_top old = *t;

	*t = (struct lh_top){.at_ns = now_ns, .start_ns = r->head.start_ns, .first = true};
	free(old.row);
	if (old.arena)
		lh_arena_free(old.arena);
	t->arena = lh_arena_new();
	if (old.at_ns && old.start_ns == t->start_ns && now_ns > old.at_ns) {
		t->first = false;
		t->previous = old.previous;
		t->n_previous = old.n_previous;
		t->all_before = old.all_before;
	} else {
		free(old.previous);
	}
	t->span_ns = t->first ? now_ns : now_ns - old.at_ns;
	t->all.taken = r->head.retired_acquired;
	t->all.contended = r->head.retired_contended;
}

void lh_top_sample(struct lh_top *t, const struct lh_ledger_view *r, uint64_t now_ns)
{
	struct sampling w = {.top = t, .ledger = r, .locks = lh_read_used(r, LH_T_LOCK)};

	begin(t, r, now_ns);
	t->row = calloc(w.locks + 1, sizeof(*t->row));
	w.hold_sample = calloc(w.locks + 1, sizeof(*w.hold_sample));
	if (t->row && w.hold_sample) {
		add_rows(&w);
		read_live_threads(&w);
		for (uint32_t i = 0; i < t->rows; i++)
			finish_row(&w, &t->row[i]);
		t->last = difference(&t->all, &t->all_before);
		remember(&w);
		drop_unused(t);
	}
	free(w.hold_sample);
}

void lh_top_free(struct lh_top *t)
{
	free(t->row);
	free(t->previous);
	if (t->arena)
		lh_arena_free(t->arena);
	memset(t, 0, sizeof(*t));
}
