#include "tools/lock_order/lock_order_internal.h"

#include <stdlib.h>

enum { EARN = 4000, BURST = 1 << 22 }; /* steps, of 5 to 10 ns */
enum { STEPS_MAX = 250 };              /* a finding's count of them is a byte */

static const char chance[] = " (these processes were not seen to run at the same time)";

/* ---- asking ---- */

struct answers {
	struct lh_cycle *cycle;
	uint32_t n;
};

static struct lh_cycle *find(const struct answers *a, uint64_t key)
{
	for (uint32_t i = 0; i < a->n; i++)
		if (a->cycle[i].key == key)
			return &a->cycle[i];
	return NULL;
}

/* What one process shows by itself is its own judge's business. */
static bool is_ours(const struct lh_merged_run *run, const struct lh_cycle *cycle)
{
	const struct lh_merged_process *first = lh_merged_process_of(run, cycle->link[0].thread);

	if (run->alone)
		return cycle->filter == LH_F_NONE;
	for (uint32_t i = 1; i < (uint32_t)cycle->n + cycle->queued_writers; i++)
		if (lh_merged_process_of(run, cycle->link[i].thread) != first)
			return true;
	return false;
}

/* A circle comes again when it turns out worse than it was. */
static void store_cycles(const struct lh_merged_run *run, struct answers *a,
			 const struct lh_cycle *cycle)
{
	struct lh_cycle *old = find(a, cycle->key);

	if (!is_ours(run, cycle))
		return;
	if (old)
		*old = *cycle;
	else
		LH_PUSH(run->arena, a->cycle, a->n, *cycle);
}

static void query_all(struct lh_merged_run *run, struct lh_order_graph *graph,
		      const struct lh_order_input *facts, struct answers *a)
{
	for (lh_chain_id i = 1; i < run->chains; i++) {
		uint32_t n = run->chain[i].visit || run->chain[i].flags
				     ? lh_order_check_chain(graph, facts, i)
				     : 0;

		for (uint32_t k = 0; k < n; k++)
			store_cycles(run, a, &lh_order_cycles(graph)[k]);
	}
}

static bool orders_lost(const struct lh_merged_run *run)
{
	for (uint32_t i = 0; i < run->processes; i++)
		if (run->process[i].process->ledger->head.hb_edges_lost)
			return true;
	return false;
}

/* How many searches were given up. */
static uint32_t query(struct lh_merged_run *run, struct answers *a, uint32_t events, bool filtered)
{
	const struct lh_order_input facts = {.lock = run->lock,
					     .thread = run->thread,
					     .chain = run->chain,
					     .visit = run->visit,
					     .hb_edge = run->hb_edge,
					     .locks = run->locks,
					     .threads = run->threads,
					     .chains = run->chains,
					     .visits = run->visits,
					     .hb_edges = events,
					     .hb_edges_lost = orders_lost(run)};
	const struct lh_order_graph_size room = {.locks = run->locks + 1,
						 .edges = run->witnesses + run->visits + 1,
						 .witnesses =
							 2 * (run->witnesses + run->visits) + 1,
						 .threads = run->threads,
						 .visits = run->visits,
						 .hb_edges = events,
						 .cycles = run->chains + 64,
						 .refill = EARN,
						 .budget_max = BURST};
	void *memory = calloc(1, lh_order_graph_bytes(&room));
	struct lh_order_counts counts;
	struct lh_order_graph *graph;

	if (!memory)
		return UINT32_MAX;
	graph = lh_order_graph_init(memory, &room, filtered ? LH_ORDER_KEEP_FILTERED : 0);
	query_all(run, graph, &facts, a);
	counts = lh_order_counts(graph);
	free(memory);
	return counts.cut + counts.refused;
}

/* ---- telling ---- */

struct steps {
	struct lh_cross_step step[STEPS_MAX];
	uint32_t n;
};

static void add_step(struct lh_merged_run *run, struct steps *t, const struct lh_merged_process *m,
		     lh_thread_id thread, lh_chain_id id, enum lh_action action)
{
	struct lh_cross_step *s = &t->step[t->n];
	const struct lh_merged_lock *of;
	struct lh_chain chain;

	if (t->n >= STEPS_MAX || !lh_read_chain_row(m->process->ledger, id, &chain))
		return;
	of = &run->lock_of[LH_LOCK_ROW(run->chain[m->chain[id]].lock)];
	*s = (struct lh_cross_step){.process = m->process,
				    .step = {.thread = thread ? thread - m->base : 0,
					     .lock = chain.lock,
					     .site = chain.site,
					     .action = action}};
	if (of->users > 1) /* as one process calls it, so that it is one for the reader too */
		s->lock = lh_report_get_lock(run->report, of->process->process, of->id);
	t->n++;
}

static void add_link(struct lh_merged_run *run, struct steps *t, const struct lh_cycle_link *k)
{
	const struct lh_merged_visit *at = lh_merged_visit_of(run, k->chain, k->thread);
	lh_chain_id chain[LH_HELD_MAX];
	uint32_t depth;

	if (!at)
		return;
	depth = lh_read_chain_path(at->process->process->ledger, at->chain, chain, LH_HELD_MAX);
	for (uint32_t i = 0; i < depth; i++)
		add_step(run, t, at->process, k->thread, chain[i],
			 i + 1 == depth ? LH_WANTS : LH_HOLDS);
}

static bool has_thread(const struct lh_report_finding *f, int32_t tid)
{
	for (uint32_t i = 0; i < f->threads; i++)
		if (f->thread[i]->tid == tid)
			return true;
	return false;
}

/* These very threads have come to wait for each other: that is told, and not besides that they can.
 */
static bool has_happened(const struct lh_merged_run *run, const struct lh_cycle *cycle)
{
	for (uint32_t i = 0; i < run->report->findings; i++) {
		const struct lh_report_finding *f = run->report->finding[i];
		bool all = f->rule == LH_RULE_DEADLOCK;

		for (uint32_t k = 0; k < cycle->n && all; k++)
			all = has_thread(f, run->thread[cycle->link[k].thread].tid);
		if (all)
			return true;
	}
	return false;
}

static void report_cycle(struct lh_merged_run *run, const struct lh_cycle *cycle, bool sure)
{
	struct steps t = {.n = 0};
	struct lh_finding row = {.rule = cycle->rule,
				 .level = LH_POTENTIAL,
				 .severity = sure ? cycle->severity : LH_WARNING,
				 .filter = cycle->filter};

	if (has_happened(run, cycle))
		return;
	for (uint32_t i = 0; i < (uint32_t)cycle->n + cycle->queued_writers; i++)
		add_link(run, &t, &cycle->link[i]);
	if (t.n)
		lh_report_add_cross_finding(run->report, &row, t.step, t.n, sure ? "" : chance);
}

static int by_order(const void *a, const void *b)
{
	return lh_cycle_compare(a, b);
}

static void sort(struct answers *a)
{
	if (a->n > 1)
		qsort(a->cycle, a->n, sizeof(*a->cycle), by_order);
}

/* ---- processes together ---- */

/* With every process those whose past is its own. */
static void take_with_ancestors(struct lh_merged_run *run)
{
	for (bool more = true; more;) {
		more = false;
		for (struct lh_merged_process *m = run->process; m < run->process + run->processes;
		     m++) {
			struct lh_merged_process *kin[] = {m->from, m->by};

			for (int i = 0; i < 2; i++)
				if (m->shares && kin[i] && !kin[i]->shares)
					more = kin[i]->shares = true;
		}
	}
	for (struct lh_merged_process *m = run->process; m < run->process + run->processes; m++) {
		m->process->united = m->shares;
		if (m->shares)
			lh_merged_take(run, m);
	}
}

static void check_together(struct lh_merged_run *run, bool filtered)
{
	struct answers sure = {0}, all = {0};
	uint32_t cut;

	lh_merged_find_parents(run);
	lh_merged_begin_rows(run);
	take_with_ancestors(run);
	lh_merged_add_order(run);
	lh_merged_end_rows(run);
	cut = query(run, &sure, run->hb_edges, filtered);
	cut += query(run, &all, run->certain_hb_edges, false);
	sort(&sure);
	sort(&all);
	for (uint32_t i = 0; i < sure.n; i++) {
		const struct lh_cycle *maybe = find(&all, sure.cycle[i].key);

		if (!sure.cycle[i].filter || !maybe || maybe->filter)
			report_cycle(run, &sure.cycle[i], true);
	}
	for (uint32_t i = 0; i < all.n; i++) {
		const struct lh_cycle *certain = find(&sure, all.cycle[i].key);

		if (!all.cycle[i].filter && (!certain || certain->filter))
			report_cycle(run, &all.cycle[i], false);
	}
	if (cut)
		lh_report_note(run->report,
			       "across processes: %u cycle searches were stopped at their limit",
			       cut);
}

static void add_members(struct lh_merged_run *run)
{
	struct lh_report *report = run->report;

	run->processes = report->processes;
	run->process = lh_arena_alloc(run->arena, (run->processes + 1) * sizeof(*run->process));
	for (uint32_t i = 0; i < run->processes; i++) {
		run->process[i].process = report->process[i];
		run->process[i].locks = lh_read_used(report->process[i]->ledger, LH_T_LOCK);
	}
}

/* ---- one process again ---- */

static void check_alone(struct lh_report *report, struct lh_report_process *p)
{
	struct lh_merged_process one = {.process = p, .locks = lh_read_used(p->ledger, LH_T_LOCK)};
	struct lh_merged_run run = {.report = report,
				    .arena = lh_arena_new(),
				    .process = &one,
				    .processes = 1,
				    .alone = true};
	struct answers a = {0};

	lh_merged_begin_rows(&run);
	lh_merged_take(&run, &one);
	lh_merged_end_rows(&run);
	p->searches_cut = query(&run, &a, run.hb_edges, false);
	sort(&a);
	for (uint32_t i = 0; i < a.n; i++)
		report_cycle(&run, &a.cycle[i], true);
	lh_arena_free(run.arena);
}

void lh_cross_process_check(struct lh_report *report, bool filtered)
{
	struct lh_merged_run run = {.report = report, .arena = lh_arena_new()};
	bool shared = false;

	for (uint32_t i = 0; i < report->processes; i++)
		if (report->process[i]->searches_cut)
			check_alone(report, report->process[i]);
	add_members(&run);
	lh_merged_find_times(&run);
	lh_merged_find_shared(&run);
	for (uint32_t i = 0; i < run.processes; i++)
		shared |= run.process[i].shares;
	if (shared)
		check_together(&run, filtered);
	lh_merged_forget_shared(&run);
	lh_arena_free(run.arena);
}
