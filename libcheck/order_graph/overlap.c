/*
 * overlap.c — can these dependencies stand at their places at the same time?
 *
 * Two can if they are of distinct threads, hold nothing that excludes the other, and neither
 * came before the other. A circle can if threads can be picked so that every two of it can.
 */
#include "libcheck/order_graph/order_graph_internal.h"

bool lh_chain_holds(const struct lh_order_input *f, lh_chain_id n, lh_lock_id lock)
{
	LH_FOR_EACH_HELD(f, n, h)
	if (lh_order_same_lock(f, f->node[h].lock) == lock)
		return true;
	return false;
}

/* Does this chain, its last lock included, exclude that somebody else holds `lock` as at `place`?
 */
static bool excludes(const struct lh_order_input *f, lh_chain_id chain, lh_lock_id lock,
		     lh_site place)
{
	for (lh_chain_id h = chain; h; h = lh_chain_parent(f, h))
		if (lh_order_same_lock(f, f->node[h].lock) == lock &&
		    !lh_both_shared(f->node[h].place, place))
			return lh_order_is_lock(f, lock);
	return false;
}

/* The same for all locks of another chain. */
static bool exclude(const struct lh_order_input *f, lh_chain_id chain, lh_chain_id other)
{
	for (lh_chain_id h = other; h; h = lh_chain_parent(f, h))
		if (excludes(f, chain, lh_order_same_lock(f, f->node[h].lock), f->node[h].place))
			return true;
	return false;
}

bool lh_overlap_no_gate_lock(const struct lh_order_input *f, lh_chain_id a, lh_chain_id b)
{
	return !exclude(f, lh_chain_parent(f, a), lh_chain_parent(f, b));
}

/* ---- guards: what a thread's creator holds over the thread's whole life ---- */

static lh_chain_id guard_of(const struct lh_order_input *f, lh_thread_id t)
{
	lh_chain_id g = t && t < f->threads ? f->thread[t].guard : 0;

	return g < f->nodes ? g : 0;
}

/*
 * While t lives, its creator holds these locks, so whoever else holds one of them does not
 * meet t. The creator itself does: it is the one that holds them.
 */
static bool guarded(const struct lh_order_input *f, lh_thread_id t, lh_thread_id other,
		    lh_chain_id n)
{
	return guard_of(f, t) && f->thread[t].creator != other &&
	       exclude(f, guard_of(f, t), lh_chain_parent(f, n));
}

/* Two threads, each under a guard; the guards are held by two creators and exclude each other. */
static bool guards_exclude(const struct lh_order_input *f, lh_thread_id t, lh_thread_id u)
{
	return guard_of(f, t) && guard_of(f, u) && f->thread[t].creator != f->thread[u].creator &&
	       exclude(f, guard_of(f, t), guard_of(f, u));
}

/* ---- picking threads ---- */

lh_thread_id lh_slot_thread(const struct lh_order_input *f, const struct lh_cycle_slot *s)
{
	return s->at == LH_ANY_THREAD ? 0 : f->seen[s->at].thread;
}

static uint32_t row_or_anybody(const struct lh_order_input *f, lh_chain_id n, uint32_t row)
{
	if (row && row < f->seens)
		return row;
	return f->node[n].flags & LH_CHAIN_MANY_THREADS ? LH_ANY_THREAD : 0;
}

uint32_t lh_visit_first(const struct lh_order_input *f, lh_chain_id n)
{
	return row_or_anybody(f, n, f->node[n].seen);
}

uint32_t lh_visit_next(const struct lh_order_input *f, lh_chain_id n, uint32_t at)
{
	return at == LH_ANY_THREAD ? 0 : row_or_anybody(f, n, f->seen[at].next);
}

static bool came_before(struct lh_order_graph *j, const struct lh_order_input *f, uint32_t a,
			uint32_t b)
{
	const struct lh_chain_visit *x = &f->seen[a], *y = &f->seen[b];

	return lh_happens_before(j, f, x->thread, x->last, y->thread, y->first);
}

bool lh_overlap_possible(struct lh_order_graph *j, const struct lh_order_input *f,
			 const struct lh_cycle_slot *a, const struct lh_cycle_slot *b,
			 enum lh_overlap_test ask)
{
	lh_thread_id t = lh_slot_thread(f, a), u = lh_slot_thread(f, b);

	if (t && t == u)
		return false;
	if (ask >= LH_OVERLAP_CREATOR_LOCKS &&
	    (guarded(f, t, u, b->node) || guarded(f, u, t, a->node) || guards_exclude(f, t, u)))
		return false;
	if (ask < LH_OVERLAP_HAPPENS_BEFORE || !t || !u)
		return true;
	return !came_before(j, f, a->at, b->at) && !came_before(j, f, b->at, a->at);
}

/* Can the row taken for slot i stand beside those taken for the slots before it? */
static bool agrees(struct lh_order_graph *j, const struct lh_order_input *f, uint32_t i,
		   enum lh_overlap_test ask)
{
	const struct lh_cycle_slot *s = &j->slot[i];

	if (s->must && lh_slot_thread(f, s) != s->must)
		return false;
	for (uint32_t k = 0; k < i; k++)
		if (!lh_overlap_possible(j, f, &j->slot[k], s, ask))
			return false;
	return true;
}

bool lh_overlap_assign_threads(struct lh_order_graph *j, const struct lh_order_input *f, uint32_t n,
			       enum lh_overlap_test ask)
{
	uint32_t i = 0;
	struct lh_cycle_slot *s = j->slot;

	s[0].at = lh_visit_first(f, s[0].node);
	while (lh_order_budget_spend(j, 4 + 4 * i)) {
		if (!s[i].at) {
			if (!i--)
				return false;
			s[i].at = lh_visit_next(f, s[i].node, s[i].at);
		} else if (!agrees(j, f, i, ask)) {
			s[i].at = lh_visit_next(f, s[i].node, s[i].at);
		} else if (++i == n) {
			return j->purse > 0;
		} else {
			s[i].at = lh_visit_first(f, s[i].node);
		}
	}
	return false;
}
