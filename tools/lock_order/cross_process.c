#include "tools/lock_order/lock_order_internal.h"

#include <stdlib.h>

enum { EARN = 4000, BURST = 1 << 22 }; /* steps, of 5 to 10 ns */
enum { STEPS_MAX = 250 };              /* a finding's count of them is a byte */

static const char chance[] = " (these processes were not seen to run at the same time: can they?)";

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
static bool is_ours(const struct lh_merged_run *w, const struct lh_cycle *c)
{
	const struct lh_merged_process *first = lh_merged_process_of(w, c->link[0].thread);

	if (w->alone)
		return c->filter == LH_F_NONE;
	for (uint32_t i = 1; i < (uint32_t)c->n + c->queued_writers; i++)
		if (lh_merged_process_of(w, c->link[i].thread) != first)
			return true;
	return false;
}

/* A circle comes again when it turns out worse than it was. */
static void keep(const struct lh_merged_run *w, struct answers *a, const struct lh_cycle *c)
{
	struct lh_cycle *old = find(a, c->key);

	if (!is_ours(w, c))
		return;
	if (old)
		*old = *c;
	else
		LH_PUSH(w->arena, a->cycle, a->n, *c);
}

static void ask_all(struct lh_merged_run *w, struct lh_order_graph *j,
		    const struct lh_order_input *facts, struct answers *a)
{
	for (lh_chain_id i = 1; i < w->chains; i++) {
		uint32_t n = w->chain[i].visit || w->chain[i].flags
				     ? lh_order_check_chain(j, facts, i)
				     : 0;

		for (uint32_t k = 0; k < n; k++)
			keep(w, a, &lh_order_cycles(j)[k]);
	}
}

static bool orders_lost(const struct lh_merged_run *w)
{
	for (uint32_t i = 0; i < w->processes; i++)
		if (w->process[i].process->ledger->head.hb_edges_lost)
			return true;
	return false;
}

/* How many searches were given up. */
static uint32_t ask(struct lh_merged_run *w, struct answers *a, uint32_t events, bool filtered)
{
	const struct lh_order_input facts = {.lock = w->lock,
					     .thread = w->thread,
					     .chain = w->chain,
					     .visit = w->visit,
					     .hb_edge = w->hb_edge,
					     .locks = w->locks,
					     .threads = w->threads,
					     .chains = w->chains,
					     .visits = w->visits,
					     .hb_edges = events,
					     .hb_edges_lost = orders_lost(w)};
	const struct lh_order_graph_size room = {.locks = w->locks + 1,
						 .edges = w->witnesses + w->visits + 1,
						 .witnesses = 2 * (w->witnesses + w->visits) + 1,
						 .threads = w->threads,
						 .visits = w->visits,
						 .hb_edges = events,
						 .cycles = w->chains + 64,
						 .refill = EARN,
						 .budget_max = BURST};
	void *memory = calloc(1, lh_order_graph_bytes(&room));
	struct lh_order_counts counts;
	struct lh_order_graph *j;

	if (!memory)
		return UINT32_MAX;
	j = lh_order_graph_init(memory, &room, filtered ? LH_ORDER_KEEP_FILTERED : 0);
	ask_all(w, j, &facts, a);
	counts = lh_order_counts(j);
	free(memory);
	return counts.cut + counts.refused;
}

/* ---- telling ---- */

struct tale {
	struct lh_cross_step step[STEPS_MAX];
	uint32_t n;
};

static void add_step(struct lh_merged_run *w, struct tale *t, const struct lh_merged_process *m,
		     lh_thread_id thread, lh_chain_id id, enum lh_action action)
{
	struct lh_cross_step *s = &t->step[t->n];
	const struct lh_merged_lock *of;
	struct lh_chain node;

	if (t->n >= STEPS_MAX || !lh_read_chain_row(m->process->ledger, id, &node))
		return;
	of = &w->lock_of[LH_LOCK_ROW(w->chain[m->chain[id]].lock)];
	*s = (struct lh_cross_step){.process = m->process,
				    .step = {.thread = thread ? thread - m->base : 0,
					     .lock = node.lock,
					     .site = node.site,
					     .action = action}};
	if (of->users > 1) /* as one process calls it, so that it is one for the reader too */
		s->lock = lh_report_get_lock(w->report, of->process->process, of->id);
	t->n++;
}

static void add_link(struct lh_merged_run *w, struct tale *t, const struct lh_cycle_link *k)
{
	const struct lh_merged_visit *at = lh_merged_visit_of(w, k->chain, k->thread);
	lh_chain_id chain[LH_HELD_MAX];
	uint32_t depth;

	if (!at)
		return;
	depth = lh_read_chain_path(at->process->process->ledger, at->chain, chain, LH_HELD_MAX);
	for (uint32_t i = 0; i < depth; i++)
		add_step(w, t, at->process, k->thread, chain[i],
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
static bool has_happened(const struct lh_merged_run *w, const struct lh_cycle *c)
{
	for (uint32_t i = 0; i < w->report->findings; i++) {
		const struct lh_report_finding *f = w->report->finding[i];
		bool all = f->rule == LH_RULE_DEADLOCK;

		for (uint32_t k = 0; k < c->n && all; k++)
			all = has_thread(f, w->thread[c->link[k].thread].tid);
		if (all)
			return true;
	}
	return false;
}

static void tell(struct lh_merged_run *w, const struct lh_cycle *c, bool sure)
{
	struct tale t = {.n = 0};
	struct lh_finding row = {.rule = c->rule,
				 .level = LH_POTENTIAL,
				 .severity = sure ? c->severity : LH_WARNING,
				 .filter = c->filter};

	if (has_happened(w, c))
		return;
	for (uint32_t i = 0; i < (uint32_t)c->n + c->queued_writers; i++)
		add_link(w, &t, &c->link[i]);
	if (t.n)
		lh_report_add_cross_finding(w->report, &row, t.step, t.n, sure ? "" : chance);
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
static void take_with_ancestors(struct lh_merged_run *w)
{
	for (bool more = true; more;) {
		more = false;
		for (struct lh_merged_process *m = w->process; m < w->process + w->processes; m++) {
			struct lh_merged_process *kin[] = {m->from, m->by};

			for (int i = 0; i < 2; i++)
				if (m->shares && kin[i] && !kin[i]->shares)
					more = kin[i]->shares = true;
		}
	}
	for (struct lh_merged_process *m = w->process; m < w->process + w->processes; m++) {
		m->process->united = m->shares;
		if (m->shares)
			lh_merged_take(w, m);
	}
}

static void judge_together(struct lh_merged_run *w, bool filtered)
{
	struct answers sure = {0}, all = {0};
	uint32_t cut;

	lh_merged_find_parents(w);
	lh_merged_begin_rows(w);
	take_with_ancestors(w);
	lh_merged_add_order(w);
	lh_merged_end_rows(w);
	cut = ask(w, &sure, w->hb_edges, filtered);
	cut += ask(w, &all, w->certain_hb_edges, false);
	sort(&sure);
	sort(&all);
	for (uint32_t i = 0; i < sure.n; i++) {
		const struct lh_cycle *maybe = find(&all, sure.cycle[i].key);

		if (!sure.cycle[i].filter || !maybe || maybe->filter)
			tell(w, &sure.cycle[i], true);
	}
	for (uint32_t i = 0; i < all.n; i++) {
		const struct lh_cycle *certain = find(&sure, all.cycle[i].key);

		if (!all.cycle[i].filter && (!certain || certain->filter))
			tell(w, &all.cycle[i], false);
	}
	if (cut)
		lh_report_note(w->report,
			       "processes together: %u searches for circles were given up", cut);
}

static void add_members(struct lh_merged_run *w)
{
	struct lh_report *m = w->report;

	w->processes = m->processes;
	w->process = lh_arena_alloc(w->arena, (w->processes + 1) * sizeof(*w->process));
	for (uint32_t i = 0; i < w->processes; i++) {
		w->process[i].process = m->process[i];
		w->process[i].locks = lh_read_used(m->process[i]->ledger, LH_T_LOCK);
	}
}

/* ---- one process again ---- */

static void judge_alone(struct lh_report *m, struct lh_report_process *p)
{
	struct lh_merged_process one = {.process = p, .locks = lh_read_used(p->ledger, LH_T_LOCK)};
	struct lh_merged_run w = {.report = m,
				  .arena = lh_arena_new(),
				  .process = &one,
				  .processes = 1,
				  .alone = true};
	struct answers a = {0};

	lh_merged_begin_rows(&w);
	lh_merged_take(&w, &one);
	lh_merged_end_rows(&w);
	p->searches_cut = ask(&w, &a, w.hb_edges, false);
	sort(&a);
	for (uint32_t i = 0; i < a.n; i++)
		tell(&w, &a.cycle[i], true);
	lh_arena_free(w.arena);
}

void lh_cross_process_check(struct lh_report *m, bool filtered)
{
	struct lh_merged_run w = {.report = m, .arena = lh_arena_new()};
	bool shared = false;

	for (uint32_t i = 0; i < m->processes; i++)
		if (m->process[i]->searches_cut)
			judge_alone(m, m->process[i]);
	add_members(&w);
	lh_merged_find_times(&w);
	lh_merged_find_shared(&w);
	for (uint32_t i = 0; i < w.processes; i++)
		shared |= w.process[i].shares;
	if (shared)
		judge_together(&w, filtered);
	lh_merged_forget_shared(&w);
	lh_arena_free(w.arena);
}
