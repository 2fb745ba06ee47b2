/*
 * condition.c — waits on a condition while a lock is held that the signallers need.
 *
 * A condition is like a lock that its signallers hold until they signal: the wait holds L and wants
 * the condition, and a signaller that wants L before it signals "holds" the condition. These two
 * dependencies are a cycle, and pass or fail the tests of every cycle (cycle.c). But any signaller
 * can end the wait. So a visit of the wait counts if each thread that could signal meanwhile has
 * such a dependency, made before its first signal, and the cycle with it counts.
 *
 * A signal that is ordered before or after the wait cannot end the wait.
 */
#include "libcheck/order_graph/order_graph_internal.h"

struct wait_query {
	struct lh_order_graph *graph;
	lh_chain_id wait, held; /* `held`: an ancestor of `wait`; acquired the lock in question */
	uint32_t visit;         /* of the wait */
	bool can_end;           /* the signal in question can end the wait */
	/* The signaller to show: of several the one that is nearest to an error. */
	uint32_t wanted_visit, signal_visit; /* 0: no signaller wants the lock before it signals */
	enum lh_filter filter;
};

static bool is_signal(const struct lh_chain *chain)
{
	return LH_SITE_MODE(chain->site) == LH_COND_SIGNALS;
}

/* A thread ends by itself, and any thread may post a semaphore: CPython waits on its own conditions
 * while it holds a semaphore. */
static bool matters(const struct lh_lock *l)
{
	return l->kind != LH_NOTHING && l->kind != LH_THREAD_END &&
	       lh_kind_acts(l->kind) != LH_COND && l->kind != LH_SEM;
}

/* Another thread's signal that comes neither before the wait nor after it. */
static bool can_end_wait(const struct wait_query *q, uint32_t signal_visit)
{
	const struct lh_chain_visit *s = &q->graph->rows.visit[signal_visit],
				    *w = &q->graph->rows.visit[q->visit];

	return s->thread != w->thread &&
	       !lh_happens_before(q->graph, s->thread, s->last, w->thread, w->first, false) &&
	       !lh_happens_before(q->graph, w->thread, w->last, s->thread, s->first, false);
}

/* The first test that fails for the cycle of the wait and the dependency of this visit. */
static enum lh_filter filter_of(const struct wait_query *q, uint32_t wanted_visit)
{
	struct lh_order_graph *graph = q->graph;
	lh_chain_id wanted = graph->rows.visit[wanted_visit].chain;
	uint32_t cond = lh_order_vertex_get(graph, graph->rows.chain[q->wait].lock),
		 lock = lh_order_vertex_get(graph, graph->rows.chain[q->held].lock);

	enum lh_filter filter;

	if (!cond || !lock)
		return LH_F_ORDERED; /* no room: not known */
	graph->length = 2;
	graph->slot[0] = (struct lh_cycle_slot){
		.chain = wanted, .from = cond, .want = lock, .required_visit = wanted_visit};
	graph->slot[1] = (struct lh_cycle_slot){
		.chain = q->wait, .from = lock, .want = cond, .required_visit = q->visit};
	filter = lh_cycle_filter(graph);
	if ((!q->can_end || graph->rows.hb_edges_lost) &&
	    lh_cycle_tests_passed(filter) > lh_cycle_tests_passed(LH_F_ORDERED))
		filter = LH_F_ORDERED;
	return filter;
}

/* Shows this signaller if the one that is shown so far is further from an error. */
static void show(struct wait_query *q, uint32_t wanted_visit, uint32_t signal_visit,
		 enum lh_filter filter)
{
	if (q->signal_visit && lh_cycle_tests_passed(filter) <= lh_cycle_tests_passed(q->filter))
		return;
	q->wanted_visit = wanted_visit;
	q->signal_visit = signal_visit;
	q->filter = filter;
}

/* True if the thread wanted the lock before it signalled, through this chain, and the cycle counts.
 */
static bool wanted_through(struct wait_query *q, lh_chain_id chain, uint32_t signal_visit)
{
	const struct lh_chain_visit *visit = q->graph->rows.visit, *s = &visit[signal_visit];

	for (uint32_t i = q->graph->rows.chain[chain].visit;
	     i && lh_order_budget_spend(q->graph, 2); i = visit[i].next) {
		if (visit[i].thread != s->thread || visit[i].serial >= s->serial)
			continue;
		enum lh_filter filter = filter_of(q, i);
		show(q, i, signal_visit, filter);
		if (filter == LH_F_NONE)
			return true;
	}
	return false;
}

/*
 * Does the wait block the thread before it signals? A lock that the thread wants only afterwards
 * cannot delay the signal: a new thread signals that it has started, and acquires its creator's
 * lock later.
 */
static bool blocks_signaller(struct wait_query *q, uint32_t signal_visit)
{
	struct lh_order_graph *graph = q->graph;
	lh_lock_id lock = graph->rows.chain[q->held].lock;

	for (lh_chain_id i = lh_order_lock(graph, lock)->chains;
	     i && lh_order_budget_spend(graph, 2 + lh_order_deep_steps(graph, i) / 4);
	     i = graph->rows.chain[i].next)
		if (graph->rows.chain[i].lock == lock && !lh_chain_holds(graph, i, lock) &&
		    wanted_through(q, i, signal_visit))
			return true;
	return false;
}

/* Does this visit of the wait block every thread that could end it? */
static bool blocks_all(struct wait_query *q)
{
	const struct lh_order_input *rows = &q->graph->rows;
	lh_lock_id cond = rows->chain[q->wait].lock;
	bool all = true, any = false, keep = q->graph->flags & LH_ORDER_KEEP_FILTERED;

	for (lh_chain_id i = lh_order_lock(q->graph, cond)->chains; i; i = rows->chain[i].next) {
		const struct lh_chain *chain = &rows->chain[i];
		if (chain->lock != cond || !is_signal(chain))
			continue;
		if (chain->flags & LH_CHAIN_MORE_SIGNALLERS)
			return false; /* one of them may not want the lock */
		for (uint32_t s = chain->visit; s && lh_order_budget_spend(q->graph, 4);
		     s = rows->visit[s].next) {
			q->can_end = can_end_wait(q, s);
			any |= q->can_end;
			if (q->can_end || keep)
				all &= blocks_signaller(q, s) || !q->can_end;
			if (!all && !keep)
				return false;
		}
	}
	return any && all && q->graph->budget > 0;
}

static struct lh_cycle_link link_of(const struct wait_query *q, bool signaller)
{
	const struct lh_order_input *rows = &q->graph->rows;
	uint32_t visit = signaller ? q->wanted_visit : q->visit;
	lh_chain_id chain = signaller ? rows->visit[visit].chain : q->wait,
		    held = signaller ? rows->visit[q->signal_visit].chain : q->held;

	return (struct lh_cycle_link){
		.thread = rows->visit[visit].thread,
		.chain = chain,
		.held = rows->chain[held].lock,
		.held_site = rows->chain[held].site,
		.wanted = rows->chain[chain].lock,
		.wanted_site = rows->chain[chain].site,
	};
}

static struct lh_cycle *answer(struct lh_order_graph *graph)
{
	return graph->found_n < LH_CYCLES_PER_CALL ? &graph->found[graph->found_n++] : NULL;
}

/* An answer for each wait and each lock held there. */
static uint64_t key_of(const struct wait_query *q)
{
	const struct lh_chain *chain = q->graph->rows.chain;
	uint64_t key = lh_order_mix(LH_RULE_COND_WAIT_HOLDING, chain[q->wait].lock);

	key = lh_order_mix(lh_order_mix(key, q->wait), chain[q->wait].site);
	return lh_order_mix(lh_order_mix(key, q->held), chain[q->held].lock) | 1;
}

/* Severity LH_NOTE: with the filter. */
static void report(const struct wait_query *q, enum lh_severity severity)
{
	bool filtered = severity == LH_NOTE, signaller = severity != LH_WARNING;
	struct lh_cycle *out =
		filtered ? lh_order_finding_add(q->graph, lh_order_mix(key_of(q), LH_NOTE),
						q->filter)
			 : answer(q->graph);

	if (!out)
		return;
	out->key = filtered ? lh_order_mix(key_of(q), LH_NOTE) : key_of(q);
	out->rule = LH_RULE_COND_WAIT_HOLDING;
	out->severity = (uint8_t)severity;
	out->filter = (uint8_t)(filtered ? q->filter : LH_F_NONE);
	out->count = 1;
	out->n = signaller ? 2 : 1;
	out->queued_writers = 0;
	out->signal = 0;
	out->link[0] = link_of(q, false);
	if (signaller)
		out->link[1] = link_of(q, true);
}

/* True if the wait is an error because of the lock that `q->held` acquired. */
static bool check_held(struct wait_query *q)
{
	const struct lh_order_input *rows = &q->graph->rows;

	q->wanted_visit = q->signal_visit = 0;
	for (q->visit = rows->chain[q->wait].visit; q->visit; q->visit = rows->visit[q->visit].next)
		if (blocks_all(q)) {
			report(q, LH_ERROR);
			return true;
		}
	q->visit = rows->chain[q->wait].visit;
	if (q->signal_visit && q->filter != LH_F_NONE &&
	    ((q->graph->flags & LH_ORDER_KEEP_FILTERED) || q->filter == LH_F_TIMED))
		report(q, LH_NOTE);
	return false;
}

/* The chain of a wait leaves out the mutex that the wait releases, so each of its locks counts. */
void lh_condition_search(struct lh_order_graph *graph, lh_chain_id wait)
{
	struct wait_query q = {.graph = graph, .wait = wait};
	lh_chain_id last = 0;
	bool error = false;

	if (is_signal(&graph->rows.chain[wait]) ||
	    LH_SITE_HOW(graph->rows.chain[wait].site) != LH_BLOCKING ||
	    !graph->rows.chain[wait].visit)
		return;
	LH_FOR_EACH_HELD (graph, wait, h) {
		if (!matters(lh_order_lock(graph, graph->rows.chain[h].lock)))
			continue;
		q.held = h;
		last = last ? last : h;
		error |= check_held(&q);
	}
	graph->counts.cut += graph->budget <= 0;
	q.held = last;
	q.visit = graph->rows.chain[wait].visit;
	if (last && !error)
		report(&q, LH_WARNING);
}
