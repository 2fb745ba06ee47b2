/* oracle.c — see oracle.h. */
#include "tests/unit/libcheck/order_graph/oracle.h"

enum { LENGTH_MAX = 8, POINTS = 256 };

/* A point: one thread in one segment. before[a][b]: a came before b. */
struct world {
	const struct book *b;
	struct rings *out;
	uint32_t max;
	uint32_t points;
	struct point {
		lh_thread_id thread;
		uint32_t segment;
	} point[POINTS];
	bool before[POINTS][POINTS];
	/* the sequence being tried */
	uint32_t n;
	lh_chain_id node[LENGTH_MAX + 4];
	lh_lock_id held[LENGTH_MAX + 4]; /* what the one before wants */
	uint32_t row[LENGTH_MAX + 4];    /* seen row chosen; UINT32_MAX anybody */
};

/* ---- order: the closure of all pairs ---- */

static uint32_t point_of(struct world *w, lh_thread_id t, uint32_t segment)
{
	for (uint32_t i = 0; i < w->points; i++)
		if (w->point[i].thread == t && w->point[i].segment == segment)
			return i;
	w->point[w->points] = (struct point){t, segment};
	return w->points++;
}

static void order_points(struct world *w)
{
	const struct book *b = w->b;

	for (uint32_t i = 1; i < b->seens; i++) {
		point_of(w, b->seen[i].thread, b->seen[i].first);
		point_of(w, b->seen[i].thread, b->seen[i].last);
	}
	for (uint32_t i = 1; i < b->events; i++) {
		if (b->event[i].what == LH_HB_CREATOR_RELEASED)
			continue;
		uint32_t x = point_of(w, b->event[i].a, b->event[i].a_segment);
		uint32_t y = point_of(w, b->event[i].b, b->event[i].b_segment);
		w->before[x][y] = true;
	}
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

/* ---- chains as plain lists ---- */

static const struct lh_lock *row(const struct book *b, lh_lock_id id)
{
	return &b->lock[LH_LOCK_ROW(id)];
}

static uint32_t chain(const struct book *b, lh_chain_id top, lh_chain_id *list)
{
	uint32_t n = 0;

	for (; top; top = b->node[top].parent)
		list[n++] = top;
	return n;
}

static bool no_lock(const struct book *b, lh_lock_id id)
{
	return row(b, id)->flags & (LH_LOCK_SIGNAL | LH_LOCK_COUNTING);
}

static bool clash(const struct book *b, lh_chain_id top_a, lh_chain_id top_b)
{
	lh_chain_id x[64], y[64];
	uint32_t nx = chain(b, top_a, x), ny = chain(b, top_b, y);

	for (uint32_t i = 0; i < nx; i++)
		for (uint32_t k = 0; k < ny; k++) {
			const struct lh_chain *p = &b->node[x[i]], *q = &b->node[y[k]];
			if (p->lock == q->lock && !no_lock(b, p->lock) &&
			    !(LH_SITE_MODE(p->site) == LH_SHARED &&
			      LH_SITE_MODE(q->site) == LH_SHARED))
				return true;
		}
	return false;
}

static lh_chain_id holds(const struct book *b, lh_chain_id n, lh_lock_id lock)
{
	for (lh_chain_id h = b->node[n].parent; h; h = b->node[h].parent)
		if (b->node[h].lock == lock)
			return h;
	return 0;
}

static bool waits(const struct book *b, lh_chain_id chain)
{
	return LH_SITE_HOW(b->node[chain].site) != LH_TRY;
}

static lh_thread_id life_of(const struct book *b, lh_lock_id lock)
{
	for (lh_thread_id t = 1; t < b->threads; t++)
		if (b->thread[t].end_lock == lock)
			return t;
	return 0;
}

/* ---- choosing threads ---- */

static lh_thread_id who(const struct world *w, uint32_t i)
{
	return w->row[i] == UINT32_MAX ? 0 : w->b->seen[w->row[i]].thread;
}

static bool guards_clash(const struct world *w, uint32_t i, uint32_t k)
{
	const struct book *b = w->b;
	lh_thread_id t = who(w, i), u = who(w, k);
	lh_chain_id gt = b->thread[t].creator_chain, gu = b->thread[u].creator_chain;

	if (gt && b->thread[t].creator != u && clash(b, gt, b->node[w->node[k]].parent))
		return true;
	if (gu && b->thread[u].creator != t && clash(b, gu, b->node[w->node[i]].parent))
		return true;
	return gt && gu && b->thread[t].creator != b->thread[u].creator && clash(b, gt, gu);
}

static bool pair_fits(struct world *w, uint32_t i, uint32_t k, int level)
{
	const struct lh_chain_visit *x, *y;

	if (who(w, i) && who(w, i) == who(w, k))
		return false;
	if (level >= 1 && guards_clash(w, i, k))
		return false;
	if (level < 2 || !who(w, i) || !who(w, k))
		return true;
	x = &w->b->seen[w->row[i]];
	y = &w->b->seen[w->row[k]];
	return !w->before[point_of(w, x->thread, x->last)][point_of(w, y->thread, y->first)] &&
	       !w->before[point_of(w, y->thread, y->last)][point_of(w, x->thread, x->first)];
}

/* Is there a choice of threads for the first n? (Recursion is fine in a test.) */
static bool choose(struct world *w, uint32_t i, uint32_t n, int level)
{
	const struct lh_chain *chain = &w->b->node[w->node[i]];
	lh_thread_id must;

	if (i == n)
		return true;
	must = w->held[i] ? life_of(w->b, w->held[i]) : 0;
	for (uint32_t r = chain->visit; r; r = w->b->seen[r].next) {
		bool good = !must || w->b->seen[r].thread == must;
		w->row[i] = r;
		for (uint32_t k = 0; good && k < i; k++)
			good = pair_fits(w, k, i, level);
		if (good && choose(w, i + 1, n, level))
			return true;
	}
	w->row[i] = UINT32_MAX;
	if (must || !(chain->flags & LH_CHAIN_MANY_THREADS))
		return false;
	for (uint32_t k = 0; k < i; k++)
		if (!pair_fits(w, k, i, level))
			return false;
	return choose(w, i + 1, n, level);
}

/* ---- readers ---- */

/* Does i wait for shared what the next holds shared? */
static bool shares(const struct world *w, uint32_t i)
{
	uint32_t next = (i + 1) % w->n;
	lh_chain_id h = holds(w->b, w->node[next], w->b->node[w->node[i]].lock);

	return h && LH_SITE_MODE(w->b->node[h].site) == LH_SHARED &&
	       LH_SITE_MODE(w->b->node[w->node[i]].site) == LH_SHARED;
}

/* Finds writers for the links from i on; they stand behind the ring, `extra` of them so far. */
static bool queue(struct world *w, uint32_t i, uint32_t extra, bool timed)
{
	const struct book *b = w->b;
	lh_lock_id lock;

	if (i == w->n)
		return choose(w, 0, w->n + extra, 2);
	if (!shares(w, i))
		return queue(w, i + 1, extra, timed);
	lock = b->node[w->node[i]].lock;
	if (!(row(b, lock)->flags & LH_LOCK_PREFER_WRITER))
		return false;
	for (lh_chain_id q = 1; q < b->nodes; q++) {
		enum lh_how how = LH_SITE_HOW(b->node[q].site);
		bool good = b->node[q].lock == lock &&
			    LH_SITE_MODE(b->node[q].site) == LH_EXCLUSIVE &&
			    (how == LH_BLOCKING || (how == LH_TIMED && timed));
		for (uint32_t k = 0; good && k < w->n + extra; k++)
			good = !clash(b, b->node[w->node[k]].parent, b->node[q].parent);
		if (!good)
			continue;
		w->node[w->n + extra] = q;
		w->held[w->n + extra] = 0;
		if (queue(w, i + 1, extra + 1, timed))
			return true;
	}
	return false;
}

/* ---- one sequence ---- */

static bool gated(const struct world *w)
{
	for (uint32_t i = 0; i < w->n; i++)
		for (uint32_t k = 0; k < i; k++)
			if (clash(w->b, w->b->node[w->node[i]].parent,
				  w->b->node[w->node[k]].parent))
				return true;
	return false;
}

static enum lh_filter judge(struct world *w)
{
	bool timed = false, tried = false;

	for (uint32_t i = 0; i < w->n; i++) {
		timed |= LH_SITE_HOW(w->b->node[w->node[i]].site) == LH_TIMED;
		tried |= !waits(w->b, w->node[i]);
	}
	if (!choose(w, 0, w->n, 0))
		return LH_F_THREADS;
	if (gated(w) || !choose(w, 0, w->n, 1))
		return LH_F_GATE;
	if (!choose(w, 0, w->n, 2))
		return LH_F_ORDERED;
	if (!queue(w, 0, 0, true))
		return LH_F_READERS;
	if (tried)
		return LH_F_TRY;
	return timed || !queue(w, 0, 0, false) ? LH_F_TIMED : LH_F_NONE;
}

static bool minimal(const struct world *w)
{
	for (uint32_t i = 0; i < w->n; i++) {
		lh_lock_id want = w->b->node[w->node[i]].lock;
		if (holds(w->b, w->node[i], want))
			return false;
		for (uint32_t k = 0; k < w->n; k++) {
			if (k != i && w->b->node[w->node[k]].lock == want)
				return false;
			if (k != (i + 1) % w->n && holds(w->b, w->node[k], want))
				return false;
		}
	}
	return true;
}

static void keep(struct world *w)
{
	struct ring r = {.n = w->n};

	for (uint32_t i = 0; i < w->n; i++) {
		lh_chain_id h = holds(w->b, w->node[i], w->held[i]);
		r.link[i] = (struct ring_link){w->held[i], h ? w->b->node[h].site : 0,
					       w->b->node[w->node[i]].lock,
					       w->b->node[w->node[i]].site};
	}
	r.filter = judge(w);
	rings_add(w->out, r);
}

/* Can this node hold that lock: in its chain, or as the life of a thread that was seen there? */
static bool can_hold(const struct book *b, lh_chain_id chain, lh_lock_id lock)
{
	if (holds(b, chain, lock))
		return true;
	for (uint32_t r = b->node[chain].visit; r; r = b->seen[r].next)
		if (b->thread[b->seen[r].thread].end_lock == lock)
			return true;
	return false;
}

static bool stands(const struct book *b, lh_chain_id chain)
{
	return !no_lock(b, b->node[chain].lock) &&
	       (b->node[chain].visit || b->node[chain].flags & LH_CHAIN_MANY_THREADS);
}

/* The first node has the smallest number: each ring is tried once. */
static void extend(struct world *w)
{
	lh_lock_id want = w->b->node[w->node[w->n - 1]].lock;

	if (w->n > 1 && can_hold(w->b, w->node[0], want)) {
		w->held[0] = want;
		if (minimal(w))
			keep(w);
	}
	if (w->n == w->max)
		return;
	for (lh_chain_id chain = w->node[0] + 1; chain < w->b->nodes; chain++) {
		bool used = !stands(w->b, chain) || !can_hold(w->b, chain, want);
		for (uint32_t i = 1; i < w->n; i++)
			used |= w->node[i] == chain;
		if (used)
			continue;
		w->held[w->n] = want;
		w->node[w->n++] = chain;
		extend(w);
		w->n--;
	}
}

void oracle_rings(const struct book *b, uint32_t max_length, struct rings *out)
{
	struct world *w = calloc(1, sizeof *w);

	w->b = b;
	w->out = out;
	w->max = max_length;
	order_points(w);
	for (lh_chain_id chain = 1; chain < b->nodes; chain++) {
		if (!stands(b, chain))
			continue;
		w->n = 1;
		w->node[0] = chain;
		extend(w);
	}
	free(w);
}

/* ---- pools ---- */

static uint32_t permits_at(const struct book *b, lh_chain_id chain, lh_lock_id semaphore)
{
	uint32_t held = 0;

	for (lh_chain_id h = b->node[chain].parent; h; h = b->node[h].parent)
		held += b->node[h].lock == semaphore;
	return held;
}

struct pool {
	struct world *w;
	lh_lock_id semaphore;
	int level; /* 0 distinct threads, 1 and gates, 2 and order */
	bool timed;
};

static bool use_up(struct pool *p, uint32_t i, uint32_t held)
{
	struct world *w = p->w;
	const struct book *b = w->b;

	if (held == row(b, p->semaphore)->initial)
		return i > 1;
	if (i == LENGTH_MAX || held > row(b, p->semaphore)->initial)
		return false;
	for (lh_chain_id chain = 1; chain < b->nodes; chain++) {
		uint32_t more = permits_at(b, chain, p->semaphore);
		enum lh_how how = LH_SITE_HOW(b->node[chain].site);
		if (b->node[chain].lock != p->semaphore || !more || how == LH_TRY ||
		    (how == LH_TIMED && !p->timed))
			continue;
		w->node[i] = chain;
		for (uint32_t r = b->node[chain].visit; r; r = b->seen[r].next) {
			bool good = true;
			w->row[i] = r;
			for (uint32_t k = 0; good && k < i; k++)
				good = pair_fits(w, k, i, p->level) &&
				       !(p->level && clash(b, b->node[w->node[k]].parent,
							   b->node[chain].parent));
			if (good && use_up(p, i + 1, held + more))
				return true;
		}
	}
	return false;
}

int oracle_pool(const struct book *b, lh_lock_id semaphore)
{
	struct pool p = {.w = calloc(1, sizeof *p.w), .semaphore = semaphore};
	int answer = -1;

	p.w->b = b;
	order_points(p.w);
	for (lh_chain_id chain = 1; chain < b->nodes; chain++)
		if (b->node[chain].lock == semaphore && b->node[chain].visit &&
		    LH_SITE_HOW(b->node[chain].site) != LH_TRY && permits_at(b, chain, semaphore) &&
		    permits_at(b, chain, semaphore) < row(b, semaphore)->initial)
			answer = LH_F_THREADS;
	if (answer < 0)
		goto out;
	p.timed = true;
	if (use_up(&p, 0, 0))
		answer = LH_F_GATE;
	p.level = 1;
	if (answer == LH_F_GATE && use_up(&p, 0, 0))
		answer = LH_F_ORDERED;
	p.level = 2;
	if (answer == LH_F_ORDERED && use_up(&p, 0, 0))
		answer = LH_F_TIMED;
	p.timed = false;
	if (answer == LH_F_TIMED && use_up(&p, 0, 0))
		answer = LH_F_NONE;
out:
	free(p.w);
	return answer;
}
