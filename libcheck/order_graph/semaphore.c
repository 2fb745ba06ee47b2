/*
 * semaphore.c — counting semaphores: threads that hold permits and wait for one more.
 *
 * If distinct threads that wait for a permit hold exactly all permits together, no thread is left
 * that could post one. The threads must be able to be there at the same time, as in a cycle. A
 * thread that takes all permits alone waits for itself, which is another rule.
 *
 * There is one finding for each semaphore: it shows one set of threads, not all sets.
 */
#include "libcheck/order_graph/order_graph_internal.h"

struct sem_query {
	struct lh_order_graph *graph;
	lh_lock_id lock;
	uint32_t first;   /* first witness */
	uint32_t permits; /* of the semaphore */
	uint32_t sum;     /* permits that the slots hold */
	uint32_t slots;
	uint32_t left[LH_CYCLE_MAX]; /* permits held at the visits that come after this slot's */
	enum lh_overlap_test test;
	bool gate_locks, timed;
};

static uint32_t held_permits(const struct sem_query *p, lh_chain_id chain)
{
	uint32_t held = 0;

	LH_FOR_EACH_HELD (p->graph, chain, h)
		held += p->graph->rows.chain[h].lock == p->lock;
	return held;
}

static bool may_wait(const struct sem_query *p, lh_chain_id chain)
{
	enum lh_how how = LH_SITE_HOW(p->graph->rows.chain[chain].site);

	return how == LH_BLOCKING || (p->timed && how == LH_TIMED);
}

static bool agrees(const struct sem_query *p)
{
	const struct lh_cycle_slot *slot = p->graph->slot;

	if (p->gate_locks && lh_slot_has_gate_lock(p->graph, p->slots))
		return false;
	for (uint32_t i = 0; i < p->slots; i++)
		if (!lh_overlap_possible(p->graph, &slot[i], &slot[p->slots], p->test))
			return false;
	return true;
}

/* The permits that all visits hold. */
static uint32_t all_permits(const struct sem_query *p)
{
	const struct lh_witness *w = p->graph->witness;
	uint32_t sum = 0;

	for (uint32_t i = p->first; i && lh_order_budget_spend(p->graph, 1); i = w[i].next)
		for (uint32_t visit = may_wait(p, w[i].chain) ? lh_visit_first(p->graph, w[i].chain)
							      : 0;
		     visit; visit = lh_visit_next(p->graph, visit))
			sum += held_permits(p, w[i].chain);
	return sum;
}

/* Moves the last slot to its next visit or witness; an empty slot to the first. False: there is
 * none, or too few permits are left. */
static bool advance(struct sem_query *p)
{
	const struct lh_witness *w = p->graph->witness;
	struct lh_cycle_slot *s = &p->graph->slot[p->slots];

	if (s->visit)
		s->visit = lh_visit_next(p->graph, s->visit);
	while (!s->visit) {
		s->witness = s->witness ? w[s->witness].next : p->first;
		if (!s->witness)
			return false;
		s->chain = w[s->witness].chain;
		s->visit = may_wait(p, s->chain) ? lh_visit_first(p->graph, s->chain) : 0;
	}
	if (p->sum + p->left[p->slots] < p->permits)
		return false;
	p->left[p->slots] -= held_permits(p, s->chain);
	return true;
}

/* Unless it is the first, a slot begins after the slot before it. */
static bool start(struct sem_query *p, bool first)
{
	struct lh_cycle_slot *s = &p->graph->slot[p->slots];

	*s = first ? (struct lh_cycle_slot){0} : s[-1];
	p->left[p->slots] = first ? p->left[0] : p->left[p->slots - 1];
	return advance(p);
}

/* Fills slots until they hold every permit. Slot 0 is the new chain. */
static bool fill(struct sem_query *p)
{
	struct lh_order_graph *graph = p->graph;
	bool found;

	p->slots = 1;
	p->sum = held_permits(p, graph->slot[0].chain);
	found = start(p, true);
	while (lh_order_budget_spend(graph, p->slots)) {
		if (!found) {
			if (p->slots == 1)
				return false;
			p->slots--;
			p->sum -= held_permits(p, graph->slot[p->slots].chain);
			found = advance(p);
		} else if (!agrees(p)) {
			found = advance(p);
		} else {
			p->sum += held_permits(p, graph->slot[p->slots].chain);
			p->slots++;
			if (p->sum == p->permits)
				return true;
			found = p->sum < p->permits && p->slots < LH_CYCLE_MAX && start(p, false);
		}
	}
	return false;
}

/* Tries each visit of slot 0. */
static bool fill_any(struct sem_query *p, lh_chain_id chain, enum lh_overlap_test test,
		     bool gate_locks)
{
	p->test = test;
	p->gate_locks = gate_locks;
	p->left[0] = all_permits(p);
	for (uint32_t visit = lh_visit_first(p->graph, chain); visit;
	     visit = lh_visit_next(p->graph, visit)) {
		p->graph->slot[0] = (struct lh_cycle_slot){.chain = chain, .visit = visit};
		if (fill(p))
			return true;
	}
	return false;
}

static enum lh_filter filter_reason(struct sem_query *p, lh_chain_id chain)
{
	if (!fill_any(p, chain, LH_OVERLAP_DISTINCT, false))
		return LH_F_THREADS;
	if (!fill_any(p, chain, LH_OVERLAP_CREATOR_LOCKS, true))
		return LH_F_GATE;
	return LH_F_ORDERED;
}

static struct lh_cycle_link link_of(const struct sem_query *p, const struct lh_cycle_slot *s)
{
	const struct lh_chain *chain = p->graph->rows.chain;
	lh_chain_id h = lh_chain_holds(p->graph, s->chain, p->lock);

	return (struct lh_cycle_link){
		.thread = lh_slot_thread(p->graph, s),
		.chain = s->chain,
		.held = h ? p->lock : 0,
		.held_site = h ? chain[h].site : 0,
		.wanted = chain[s->chain].lock,
		.wanted_site = chain[s->chain].site,
	};
}

static void report(const struct sem_query *p, enum lh_filter filter)
{
	uint64_t key = lh_order_mix(lh_order_mix(LH_RULE_POOL_DEADLOCK, p->lock), 0);
	struct lh_cycle *out = lh_order_finding_add(p->graph, key, filter);

	if (!out)
		return;
	out->rule = LH_RULE_POOL_DEADLOCK;
	out->n = (uint8_t)p->slots;
	out->queued_writers = 0;
	for (uint32_t i = 0; i < p->slots; i++)
		out->link[i] = link_of(p, &p->graph->slot[i]);
}

void lh_semaphore_search(struct lh_order_graph *graph, lh_chain_id chain)
{
	lh_lock_id lock = graph->rows.chain[chain].lock;
	uint32_t v = lh_order_vertex_find(graph, lock), e = v ? lh_order_edge_find(graph, v, v) : 0;
	const struct lh_lock *l = lh_order_lock(graph, lock);
	struct sem_query p = {.graph = graph, .lock = lock, .permits = l->initial};

	if (!e || !(l->flags & LH_LOCK_COUNTING) || (l->flags & LH_LOCK_SIGNAL) ||
	    !lh_order_may_block(graph, chain))
		return;
	uint32_t held = held_permits(&p, chain);
	if (!held || held >= p.permits)
		return;
	p.first = graph->edge[e].witness;
	if (may_wait(&p, chain) && fill_any(&p, chain, LH_OVERLAP_HAPPENS_BEFORE, true)) {
		report(&p, LH_F_NONE);
		return;
	}
	p.timed = true;
	if (fill_any(&p, chain, LH_OVERLAP_HAPPENS_BEFORE, true))
		report(&p, lh_any_slot_is(graph, p.slots, LH_TIMED) ? LH_F_TIMED : LH_F_NONE);
	else if (graph->budget > 0 && (graph->flags & LH_ORDER_KEEP_FILTERED)) {
		enum lh_filter filter = filter_reason(&p, chain);
		if (graph->budget > 0)
			report(&p, filter);
	}
	graph->counts.cut += graph->budget <= 0;
}
