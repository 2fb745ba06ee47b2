/* oracle.c — searches cycles and semaphore cycles by brute force. */
#include "tests/unit/libcheck/order_graph/oracle.h"

enum { LENGTH_MAX = 8, POINTS = 512, PHASES = 5 /* and phase 0 */ };

/* A point is one thread in one segment. before[x][y]: point x happens before point y. */
struct search {
	const struct order_tables *tables;
	struct cycle_set *out;
	uint32_t max;
	uint32_t points;
	struct point {
		lh_thread_id thread;
		uint32_t segment;
	} point[POINTS];
	bool before[POINTS][POINTS];
	/* the sequence that is being tried */
	uint32_t n;
	lh_chain_id chain[LENGTH_MAX + 4];
	lh_lock_id held[LENGTH_MAX + 4]; /* what the link before wants */
	uint32_t visit[LENGTH_MAX + 4];  /* the chosen visit */
};

/* ---- happens-before: the transitive closure ---- */

static uint32_t point_of(struct search *w, lh_thread_id t, uint32_t segment)
{
	for (uint32_t i = 0; i < w->points; i++)
		if (w->point[i].thread == t && w->point[i].segment == segment)
			return i;
	w->point[w->points] = (struct point){t, segment};
	return w->points++;
}

/*
 * What the edges of phases say, for one phase after the other. A set of threads that pass barriers
 * has a row, whose points are the phases: what a thread does before a phase comes before the row's
 * point, and that before what another thread does in the phase.
 */
static void order_phases(struct search *w, enum lh_hb_kind what)
{
	for (uint32_t i = 1; i < w->tables->hb_edges; i++) {
		const struct lh_hb_edge *e = &w->tables->hb_edge[i];
		uint32_t points = w->points;
		for (uint32_t p = 0; e->what == what && p <= PHASES * LH_PHASE; p += LH_PHASE) {
			uint32_t at = p > e->b_segment ? p : e->b_segment,
				 row = point_of(w, what == LH_HB_TEAM_FORK ? e->a : e->b, p);
			if (what == LH_HB_TEAM_FORK && at <= e->a_segment)
				w->before[row][point_of(w, e->b, at)] = true;
			for (uint32_t x = 0; what == LH_HB_TEAM_JOIN && x < points; x++)
				w->before[x][row] |=
					w->point[x].thread == e->a && w->point[x].segment <= p;
		}
	}
}

static bool is_of_phases(const struct lh_hb_edge *e)
{
	return e->what == LH_HB_TEAM_FORK || e->what == LH_HB_TEAM_JOIN;
}

static void add_points(struct search *w)
{
	const struct order_tables *tables = w->tables;

	for (uint32_t i = 1; i < tables->visits; i++) {
		point_of(w, tables->visit[i].thread, tables->visit[i].first);
		point_of(w, tables->visit[i].thread, tables->visit[i].last);
	}
	for (uint32_t i = 1; i < tables->hb_edges; i++) {
		if (lh_hb_is_mark(tables->hb_edge[i].what) || is_of_phases(&tables->hb_edge[i]))
			continue;
		uint32_t x = point_of(w, tables->hb_edge[i].a, tables->hb_edge[i].a_segment);
		uint32_t y = point_of(w, tables->hb_edge[i].b, tables->hb_edge[i].b_segment);
		w->before[x][y] = true;
	}
	order_phases(w, LH_HB_TEAM_FORK);
	order_phases(w, LH_HB_TEAM_JOIN);
}

static void order_points(struct search *w)
{
	add_points(w);
	for (uint32_t x = 0; x < w->points; x++)
		for (uint32_t y = 0; y < w->points; y++)
			if (w->point[x].thread == w->point[y].thread &&
			    w->point[x].segment <= w->point[y].segment)
				w->before[x][y] = true;
	for (uint32_t k = 0; k < w->points; k++)
		for (uint32_t x = 0; x < w->points; x++)
			for (uint32_t y = 0; y < w->points; y++)
				if (w->before[x][k] && w->before[k][y])
					w->before[x][y] = true;
}

/* ---- chains as lists ---- */

static const struct lh_lock *lock_row(const struct order_tables *tables, lh_lock_id id)
{
	return &tables->lock[LH_LOCK_ROW(id)];
}

static uint32_t chain(const struct order_tables *tables, lh_chain_id top, lh_chain_id *list)
{
	uint32_t n = 0;

	for (; top; top = tables->chain[top].parent)
		list[n++] = top;
	return n;
}

static bool is_no_lock(const struct order_tables *tables, lh_lock_id id)
{
	return lock_row(tables, id)->flags & (LH_LOCK_SIGNAL | LH_LOCK_COUNTING);
}

static bool exclude_each_other(const struct order_tables *tables, lh_chain_id top_a,
			       lh_chain_id top_b)
{
	lh_chain_id x[64], y[64];
	uint32_t nx = chain(tables, top_a, x), ny = chain(tables, top_b, y);

	for (uint32_t i = 0; i < nx; i++)
		for (uint32_t k = 0; k < ny; k++) {
			const struct lh_chain *p = &tables->chain[x[i]], *q = &tables->chain[y[k]];
			if (p->lock == q->lock && !is_no_lock(tables, p->lock) &&
			    !(LH_SITE_MODE(p->site) == LH_SHARED &&
			      LH_SITE_MODE(q->site) == LH_SHARED))
				return true;
		}
	return false;
}

static lh_chain_id held_link(const struct order_tables *tables, lh_chain_id n, lh_lock_id lock)
{
	for (lh_chain_id h = tables->chain[n].parent; h; h = tables->chain[h].parent)
		if (tables->chain[h].lock == lock)
			return h;
	return 0;
}

static bool is_waiting(const struct order_tables *tables, lh_chain_id chain)
{
	return LH_SITE_HOW(tables->chain[chain].site) != LH_TRY;
}

static lh_thread_id thread_of_end_lock(const struct order_tables *tables, lh_lock_id lock)
{
	for (lh_thread_id t = 1; t < tables->threads; t++)
		if (tables->thread[t].end_lock == lock)
			return t;
	return 0;
}

/* ---- assigning threads ---- */

static lh_thread_id thread_at(const struct search *w, uint32_t i)
{
	return w->tables->visit[w->visit[i]].thread;
}

static bool creator_chains_exclude(const struct search *w, uint32_t i, uint32_t k)
{
	const struct order_tables *tables = w->tables;
	lh_thread_id t = thread_at(w, i), u = thread_at(w, k);
	lh_chain_id gt = tables->thread[t].creator_chain, gu = tables->thread[u].creator_chain;

	if (gt && tables->thread[t].creator != u &&
	    exclude_each_other(tables, gt, tables->chain[w->chain[k]].parent))
		return true;
	if (gu && tables->thread[u].creator != t &&
	    exclude_each_other(tables, gu, tables->chain[w->chain[i]].parent))
		return true;
	return gt && gu && tables->thread[t].creator != tables->thread[u].creator &&
	       exclude_each_other(tables, gt, gu);
}

static bool pair_compatible(struct search *w, uint32_t i, uint32_t k, int level)
{
	const struct lh_chain_visit *x, *y;

	if (thread_at(w, i) && thread_at(w, i) == thread_at(w, k))
		return false;
	if (level >= 1 && creator_chains_exclude(w, i, k))
		return false;
	if (level < 2 || !thread_at(w, i) || !thread_at(w, k))
		return true;
	x = &w->tables->visit[w->visit[i]];
	y = &w->tables->visit[w->visit[k]];
	return !w->before[point_of(w, x->thread, x->last)][point_of(w, y->thread, y->first)] &&
	       !w->before[point_of(w, y->thread, y->last)][point_of(w, x->thread, x->first)];
}

/* True if threads can be assigned to the links from i to n - 1. (A test may recurse.) */
static bool assign_threads(struct search *w, uint32_t i, uint32_t n, int level)
{
	const struct lh_chain *chain = &w->tables->chain[w->chain[i]];
	lh_thread_id required;

	if (i == n)
		return true;
	required = w->held[i] ? thread_of_end_lock(w->tables, w->held[i]) : 0;
	for (uint32_t r = chain->visit; r; r = w->tables->visit[r].next) {
		bool ok = !required || w->tables->visit[r].thread == required;
		w->visit[i] = r;
		for (uint32_t k = 0; ok && k < i; k++)
			ok = pair_compatible(w, k, i, level);
		if (ok && assign_threads(w, i + 1, n, level))
			return true;
	}
	return false;
}

/* ---- readers ---- */

/* True if link i waits for a shared hold of a lock that the next link holds shared. */
static bool is_reader_behind_reader(const struct search *w, uint32_t i)
{
	uint32_t next = (i + 1) % w->n;
	lh_chain_id h = held_link(w->tables, w->chain[next], w->tables->chain[w->chain[i]].lock);

	return h && LH_SITE_MODE(w->tables->chain[h].site) == LH_SHARED &&
	       LH_SITE_MODE(w->tables->chain[w->chain[i]].site) == LH_SHARED;
}

/* Assigns queued writers to the links from i on, behind the cycle; `extra` of them so far. */
static bool assign_writers(struct search *w, uint32_t i, uint32_t extra, bool timed)
{
	const struct order_tables *tables = w->tables;
	lh_lock_id lock;

	if (i == w->n)
		return assign_threads(w, 0, w->n + extra, 2);
	if (!is_reader_behind_reader(w, i))
		return assign_writers(w, i + 1, extra, timed);
	lock = tables->chain[w->chain[i]].lock;
	if (!(lock_row(tables, lock)->flags & LH_LOCK_PREFER_WRITER))
		return false;
	for (lh_chain_id q = 1; q < tables->chains; q++) {
		enum lh_how how = LH_SITE_HOW(tables->chain[q].site);
		bool ok = tables->chain[q].lock == lock &&
			  LH_SITE_MODE(tables->chain[q].site) == LH_EXCLUSIVE &&
			  (how == LH_BLOCKING || (how == LH_TIMED && timed));
		for (uint32_t k = 0; ok && k < w->n + extra; k++)
			ok = !exclude_each_other(tables, tables->chain[w->chain[k]].parent,
						 tables->chain[q].parent);
		if (!ok)
			continue;
		w->chain[w->n + extra] = q;
		w->held[w->n + extra] = 0;
		if (assign_writers(w, i + 1, extra + 1, timed))
			return true;
	}
	return false;
}

/* ---- one sequence ---- */

static bool has_gate(const struct search *w)
{
	for (uint32_t i = 0; i < w->n; i++)
		for (uint32_t k = 0; k < i; k++)
			if (exclude_each_other(w->tables, w->tables->chain[w->chain[i]].parent,
					       w->tables->chain[w->chain[k]].parent))
				return true;
	return false;
}

static enum lh_filter filter_of(struct search *w)
{
	bool timed = false, tried = false;

	for (uint32_t i = 0; i < w->n; i++) {
		timed |= LH_SITE_HOW(w->tables->chain[w->chain[i]].site) == LH_TIMED;
		tried |= !is_waiting(w->tables, w->chain[i]);
	}
	if (!assign_threads(w, 0, w->n, 0))
		return LH_F_THREADS;
	if (has_gate(w) || !assign_threads(w, 0, w->n, 1))
		return LH_F_GATE;
	if (!assign_threads(w, 0, w->n, 2))
		return LH_F_ORDERED;
	if (!assign_writers(w, 0, 0, true))
		return LH_F_READERS;
	if (tried)
		return LH_F_TRY;
	return timed || !assign_writers(w, 0, 0, false) ? LH_F_TIMED : LH_F_NONE;
}

static bool minimal(const struct search *w)
{
	for (uint32_t i = 0; i < w->n; i++) {
		lh_lock_id want = w->tables->chain[w->chain[i]].lock;
		if (held_link(w->tables, w->chain[i], want))
			return false;
		for (uint32_t k = 0; k < w->n; k++) {
			if (k != i && w->tables->chain[w->chain[k]].lock == want)
				return false;
			if (k != (i + 1) % w->n && held_link(w->tables, w->chain[k], want))
				return false;
		}
	}
	return true;
}

static void add_found(struct search *w)
{
	struct cycle r = {.n = w->n};

	for (uint32_t i = 0; i < w->n; i++) {
		lh_chain_id h = held_link(w->tables, w->chain[i], w->held[i]);
		r.link[i] = (struct cycle_link){w->held[i], h ? w->tables->chain[h].site : 0,
						w->tables->chain[w->chain[i]].lock,
						w->tables->chain[w->chain[i]].site};
	}
	r.filter = filter_of(w);
	cycle_set_add(w->out, r);
}

/* True if the chain can hold that lock: as a link, or as the end lock of a visiting thread. */
static bool can_hold(const struct order_tables *tables, lh_chain_id chain, lh_lock_id lock)
{
	if (held_link(tables, chain, lock))
		return true;
	for (uint32_t r = tables->chain[chain].visit; r; r = tables->visit[r].next)
		if (tables->thread[tables->visit[r].thread].end_lock == lock)
			return true;
	return false;
}

static bool is_usable(const struct order_tables *tables, lh_chain_id chain)
{
	return !is_no_lock(tables, tables->chain[chain].lock) && tables->chain[chain].visit;
}

/* The first chain has the smallest number, so each cycle is tried once. */
static void extend(struct search *w)
{
	lh_lock_id want = w->tables->chain[w->chain[w->n - 1]].lock;

	if (w->n > 1 && can_hold(w->tables, w->chain[0], want)) {
		w->held[0] = want;
		if (minimal(w))
			add_found(w);
	}
	if (w->n == w->max)
		return;
	for (lh_chain_id chain = w->chain[0] + 1; chain < w->tables->chains; chain++) {
		bool used = !is_usable(w->tables, chain) || !can_hold(w->tables, chain, want);
		for (uint32_t i = 1; i < w->n; i++)
			used |= w->chain[i] == chain;
		if (used)
			continue;
		w->held[w->n] = want;
		w->chain[w->n++] = chain;
		extend(w);
		w->n--;
	}
}

void oracle_cycles(const struct order_tables *tables, uint32_t max_length, struct cycle_set *out)
{
	struct search *w = calloc(1, sizeof *w);

	w->tables = tables;
	w->out = out;
	w->max = max_length;
	order_points(w);
	for (lh_chain_id chain = 1; chain < tables->chains; chain++) {
		if (!is_usable(tables, chain))
			continue;
		w->n = 1;
		w->chain[0] = chain;
		extend(w);
	}
	free(w);
}

/* ---- counting semaphores ---- */

static uint32_t permits_at(const struct order_tables *tables, lh_chain_id chain,
			   lh_lock_id semaphore)
{
	uint32_t held = 0;

	for (lh_chain_id h = tables->chain[chain].parent; h; h = tables->chain[h].parent)
		held += tables->chain[h].lock == semaphore;
	return held;
}

struct sem_query {
	struct search *w;
	lh_lock_id semaphore;
	int level; /* 0: distinct threads; 1: and no gate lock; 2: and not ordered */
	bool timed;
};

static bool can_use_up(struct sem_query *p, uint32_t i, uint32_t held)
{
	struct search *w = p->w;
	const struct order_tables *tables = w->tables;

	if (held == lock_row(tables, p->semaphore)->initial)
		return i > 1;
	if (i == LENGTH_MAX || held > lock_row(tables, p->semaphore)->initial)
		return false;
	for (lh_chain_id chain = 1; chain < tables->chains; chain++) {
		uint32_t more = permits_at(tables, chain, p->semaphore);
		enum lh_how how = LH_SITE_HOW(tables->chain[chain].site);
		if (tables->chain[chain].lock != p->semaphore || !more || how == LH_TRY ||
		    (how == LH_TIMED && !p->timed))
			continue;
		w->chain[i] = chain;
		for (uint32_t r = tables->chain[chain].visit; r; r = tables->visit[r].next) {
			bool ok = true;
			w->visit[i] = r;
			for (uint32_t k = 0; ok && k < i; k++)
				ok = pair_compatible(w, k, i, p->level) &&
				     !(p->level &&
				       exclude_each_other(tables, tables->chain[w->chain[k]].parent,
							  tables->chain[chain].parent));
			if (ok && can_use_up(p, i + 1, held + more))
				return true;
		}
	}
	return false;
}

int oracle_sem_cycle(const struct order_tables *tables, lh_lock_id semaphore)
{
	struct sem_query p = {.w = calloc(1, sizeof *p.w), .semaphore = semaphore};
	int answer = -1;

	p.w->tables = tables;
	order_points(p.w);
	for (lh_chain_id chain = 1; chain < tables->chains; chain++)
		if (tables->chain[chain].lock == semaphore && tables->chain[chain].visit &&
		    LH_SITE_HOW(tables->chain[chain].site) != LH_TRY &&
		    permits_at(tables, chain, semaphore) &&
		    permits_at(tables, chain, semaphore) < lock_row(tables, semaphore)->initial)
			answer = LH_F_THREADS;
	if (answer < 0)
		goto out;
	p.timed = true;
	if (can_use_up(&p, 0, 0))
		answer = LH_F_GATE;
	p.level = 1;
	if (answer == LH_F_GATE && can_use_up(&p, 0, 0))
		answer = LH_F_ORDERED;
	p.level = 2;
	if (answer == LH_F_ORDERED && can_use_up(&p, 0, 0))
		answer = LH_F_TIMED;
	p.timed = false;
	if (answer == LH_F_TIMED && can_use_up(&p, 0, 0))
		answer = LH_F_NONE;
out:
	free(p.w);
	return answer;
}
