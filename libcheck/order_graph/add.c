/*
 * add.c — takes new rows in.
 *
 * Taking a node in adds its edges; whether they close a circle is then a question of groups
 * (edges.c), and only if they do the circles are walked (cycle_search.c).
 *
 * A thread's life is a lock that it holds in everything it does, so it would have an edge to
 * everything the thread asks for. Nearly no thread is ever waited for under a lock, so these
 * edges are made only for a life that is *active*: someone joins it who holds a lock, or
 * whose own life is wanted. Without that no circle can go through it.
 */
#include "libcheck/order_graph/order_graph_internal.h"

/* ---- lives ---- */

/* Whose life is it? The lock's `initial` may say so; else we look. */
static lh_thread_id thread_of_life(const struct lh_order_graph *j, const struct lh_order_input *f,
				   lh_lock_id lock)
{
	uint32_t hint = lh_order_lock_row(f, lock)->initial;
	uint32_t n = f->threads < j->size.threads ? f->threads : j->size.threads;

	if (hint && hint < n && f->thread[hint].end_lock == lock)
		return hint;
	for (uint32_t t = n; t-- > 1;)
		if (f->thread[t].end_lock == lock)
			return t;
	return 0;
}

/* Several rows of one thread at one node stand for one witness: the oldest. */
static bool oldest_row(const struct lh_order_input *f, uint32_t row)
{
	const struct lh_chain_visit *s = &f->visit[row];

	for (uint32_t i = f->chain[s->chain].visit; i && i < f->visits; i = f->visit[i].next)
		if (i < row && f->visit[i].thread == s->thread)
			return false;
	return true;
}

static bool is_dependency(const struct lh_order_graph *j, const struct lh_order_input *f,
			  lh_chain_id n)
{
	const struct lh_lock *l = lh_order_lock_row(f, f->chain[n].lock);
	bool tries = LH_SITE_HOW(f->chain[n].site) == LH_TRY;

	/* A failed try of a semaphore may be followed by a wait later on. */
	if (tries && l->kind != LH_SEM && !(j->flags & LH_ORDER_KEEP_FILTERED))
		return false;
	return !(l->flags & (LH_LOCK_SIGNAL | LH_LOCK_COUNTING)) && l->kind != LH_COND &&
	       l->kind != LH_BARRIER;
}

/* ---- locks that lie inside ---- */

/*
 * Under most locks nothing is ever asked for. No circle goes through such a lock, so edges
 * into it would only cost memory: it gets no vertex until it is *inner*, held by somebody
 * who asks for another. From then on each node that wants it gives its edges at once, and
 * the list of those that have wanted it so far gives the ones that were left out.
 * (Of locks that are one and the same in several ledgers there is no such list.)
 *
 * One that is wanted in many places gets its vertex before it is needed: or the call that
 * makes it inner would pay for all of them at once.
 */
static bool has_lists(const struct lh_order_graph *j, const struct lh_order_input *f)
{
	return (j->flags & LH_ORDER_LOCK_LISTS) && !f->same;
}

enum { MANY_WANT = 48, LOOK_EVERY = 16 };

static bool many_want(const struct lh_order_input *f, lh_chain_id n)
{
	uint32_t count = 0;

	for (; n && n < f->chains && count < MANY_WANT; n = f->chain[n].next)
		count++;
	return count == MANY_WANT;
}

/* The vertex that edges lead into, or 0: there is no need of any yet. */
static uint32_t wanted_vertex(struct lh_order_graph *j, const struct lh_order_input *f,
			      lh_lock_id lock)
{
	uint32_t v;

	if (!has_lists(j, f))
		return lh_order_vertex_get(j, lock);
	v = lh_order_vertex_find(j, lock);
	return j->tables.vertex[v].has_in_edges ? v : 0;
}

static void life_edge(struct lh_order_graph *j, const struct lh_order_input *f, uint32_t row)
{
	const struct lh_chain_visit *s = &f->visit[row];
	lh_lock_id lock = lh_order_same_lock(f, f->chain[s->chain].lock);

	if (!is_dependency(j, f, s->chain) || lh_chain_holds(f, s->chain, lock) ||
	    !oldest_row(f, row))
		return;
	lh_order_edge_add(j, j->tables.thread[s->thread].vertex, wanted_vertex(j, f, lock),
			  s->chain);
}

/* A dependency's edges: from each lock that is held, and from the lives of its threads. */
static void edges_into(struct lh_order_graph *j, const struct lh_order_input *f, lh_chain_id n,
		       uint32_t to)
{
	lh_lock_id lock = lh_order_same_lock(f, f->chain[n].lock);

	if (lh_chain_holds(f, n, lock))
		return;
	LH_FOR_EACH_HELD(f, n, h)
	if (lh_order_is_lock(f, f->chain[h].lock))
		lh_order_edge_add(
			j, lh_order_vertex_find(j, lh_order_same_lock(f, f->chain[h].lock)), to, n);
	for (uint32_t i = f->chain[n].visit; i && i < f->visits; i = f->visit[i].next)
		if (f->visit[i].thread < j->size.threads &&
		    j->tables.thread[f->visit[i].thread].vertex)
			life_edge(j, f, i);
}

static uint32_t inner_vertex(struct lh_order_graph *j, const struct lh_order_input *f,
			     lh_lock_id lock)
{
	uint32_t v = lh_order_vertex_get(j, lock), left = f->chains;

	if (!v || j->tables.vertex[v].has_in_edges)
		return v;
	j->tables.vertex[v].has_in_edges = true;
	if (!has_lists(j, f))
		return v;
	/* whoever wrote the rows: a list that goes in circles ends */
	for (lh_chain_id n = lh_order_lock_row(f, lock)->chains; n && n < f->chains && left--;
	     n = f->chain[n].next)
		if (n <= j->chain_high && f->chain[n].lock == lock && is_dependency(j, f, n))
			edges_into(j, f, n, v); /* not one of the lock that the row was before */
	return v;
}

bool lh_order_thread_end_matters(const struct lh_order_graph *j, lh_thread_id thread)
{
	return thread < j->size.threads && j->tables.thread[thread].active;
}

static void activate(struct lh_order_graph *j, lh_thread_id t)
{
	if (!t || j->tables.thread[t].active)
		return;
	j->tables.thread[t].active = true;
	j->tables.thread[t].todo = j->todo;
	j->todo = t;
}

static bool wants_life(const struct lh_order_graph *j, const struct lh_order_input *f,
		       lh_chain_id n)
{
	return lh_order_lock_row(f, f->chain[n].lock)->kind == LH_THREAD_END &&
	       is_dependency(j, f, n);
}

/* This thread is waited for from now on, so the lives that it waits for matter too. */
static void now_wanted(struct lh_order_graph *j, const struct lh_order_input *f, lh_thread_id t)
{
	j->tables.thread[t].wanted = true;
	for (uint32_t i = j->tables.thread[t].visit; i; i = j->tables.visit_next[i]) {
		lh_chain_id n = f->visit[i].chain;
		if (n <= j->chain_high && wants_life(j, f, n))
			activate(j, thread_of_life(j, f, f->chain[n].lock));
	}
}

static bool seen_by_a_wanted(const struct lh_order_graph *j, const struct lh_order_input *f,
			     lh_chain_id n)
{
	for (uint32_t i = f->chain[n].visit; i && i < f->visits; i = f->visit[i].next)
		if (f->visit[i].thread < j->size.threads &&
		    j->tables.thread[f->visit[i].thread].wanted)
			return true;
	return false;
}

/* Node n wants a life, and is new or was seen by one more. */
static void life_wanted(struct lh_order_graph *j, const struct lh_order_input *f, lh_chain_id n)
{
	lh_thread_id t = thread_of_life(j, f, f->chain[n].lock);

	if (!t)
		return;
	if (!j->tables.thread[t].wanted)
		now_wanted(j, f, t);
	if (lh_chain_parent(f, n) || seen_by_a_wanted(j, f, n))
		activate(j, t);
}

/* Gives lives that have become active their edges. */
static void make_active(struct lh_order_graph *j, const struct lh_order_input *f)
{
	while (j->todo) {
		lh_thread_id t = j->todo;
		struct lh_order_thread *l = &j->tables.thread[t];
		j->todo = l->todo;
		l->vertex =
			t ? inner_vertex(j, f, lh_order_same_lock(f, f->thread[t].end_lock)) : 0;
		if (!l->vertex)
			continue;
		j->tables.vertex[l->vertex].thread_end = t;
		for (uint32_t i = l->visit; i; i = j->tables.visit_next[i])
			if (f->visit[i].chain <= j->chain_high)
				life_edge(j, f, i);
	}
}

/* ---- taking in ---- */

static void take_seen(struct lh_order_graph *j, const struct lh_order_input *f, uint32_t row)
{
	const struct lh_chain_visit *s = &f->visit[row];

	if (s->thread >= j->size.threads || s->thread >= f->threads || !s->chain ||
	    s->chain >= f->chains)
		return;
	j->tables.visit_next[row] = j->tables.thread[s->thread].visit;
	j->tables.thread[s->thread].visit = row;
	if (s->chain > j->chain_high)
		return;
	if (j->tables.thread[s->thread].vertex)
		life_edge(j, f, row);
	if (wants_life(j, f, s->chain))
		life_wanted(j, f, s->chain);
}

static void take_event(struct lh_order_graph *j, const struct lh_order_input *f, uint32_t row)
{
	lh_thread_id a = f->hb_edge[row].a;

	if (a >= j->size.threads ||
	    f->hb_edge[row].what >= LH_HB_CREATOR_RELEASED) /* they order nothing */
		return;
	j->tables.hb_edge_next[row] = j->tables.thread[a].hb_edge;
	j->tables.thread[a].hb_edge = row;
}

/* Permits wanted while permits are held: an edge from the semaphore to itself. */
static void take_pool(struct lh_order_graph *j, const struct lh_order_input *f, lh_chain_id n,
		      lh_lock_id lock)
{
	uint32_t v;

	if (!(lh_order_lock_row(f, lock)->flags & LH_LOCK_COUNTING) || !lh_chain_holds(f, n, lock))
		return;
	v = lh_order_vertex_get(j, lock);
	lh_order_edge_add(j, v, v, n);
}

bool lh_order_asks_as_writer(const struct lh_order_input *f, lh_chain_id n)
{
	return LH_SITE_MODE(f->chain[n].site) == LH_EXCLUSIVE &&
	       (lh_order_lock_row(f, f->chain[n].lock)->flags & LH_LOCK_PREFER_WRITER);
}

static void take_edges(struct lh_order_graph *j, const struct lh_order_input *f, lh_chain_id n,
		       lh_lock_id lock)
{
	if (!lh_chain_holds(f, n, lock))
		LH_FOR_EACH_HELD(f, n, h)
	if (lh_order_is_lock(f, f->chain[h].lock))
		inner_vertex(j, f, lh_order_same_lock(f, f->chain[h].lock));
	uint32_t to = wanted_vertex(j, f, lock);
	if (!to && n % LOOK_EVERY == 0 && many_want(f, n))
		inner_vertex(j, f, lock);
	else
		edges_into(j, f, n, to);
}

static void take_node(struct lh_order_graph *j, const struct lh_order_input *f, lh_chain_id n)
{
	lh_lock_id lock = lh_order_same_lock(f, f->chain[n].lock);
	const struct lh_lock *l = lh_order_lock_row(f, lock);

	take_pool(j, f, n, lock);
	if (lh_order_asks_as_writer(f, n)) {
		uint32_t v = lh_order_vertex_get(j, lock);
		if (v)
			lh_order_writer_add(j, v, n);
	}
	if (!is_dependency(j, f, n))
		return;
	take_edges(j, f, n, lock);
	if (l->kind == LH_THREAD_END)
		life_wanted(j, f, n);
}

void lh_order_chain_reused(struct lh_order_graph *j, const struct lh_order_input *f, lh_chain_id n)
{
	if (n <= j->chain_high)
		take_node(j, f, n);
}

/* Everything new, of nodes only those up to n. */
void lh_order_add_chain(struct lh_order_graph *j, const struct lh_order_input *f, lh_chain_id n)
{
	while (j->hb_edge_high + 1 < f->hb_edges && j->hb_edge_high + 1 < j->size.hb_edges)
		take_event(j, f, ++j->hb_edge_high);
	while (j->visit_high + 1 < f->visits && j->visit_high + 1 < j->size.visits)
		take_seen(j, f, ++j->visit_high);
	while (j->chain_high < n)
		take_node(j, f, ++j->chain_high);
	make_active(j, f);
}
