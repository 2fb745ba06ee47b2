/* cross_process.c — queries the order graph for the processes that share locks, and adds its cycles
 * as findings. */
#include "tools/lock_order/lock_order_internal.h"

static const char chance[] = " (these processes were not seen to run at the same time)";

/* A cycle inside one process is left to the process's own order graph. */
static bool is_wanted(void *with, const struct lh_cycle *cycle)
{
	const struct lh_merged_run *run = with;
	const struct lh_merged_process *first = lh_merged_process_of(run, cycle->link[0].thread);

	if (run->alone)
		return cycle->filter == LH_F_NONE;
	for (uint32_t i = 1; i < (uint32_t)cycle->n + cycle->queued_writers; i++)
		if (lh_merged_process_of(run, cycle->link[i].thread) != first)
			return true;
	return false;
}

/* ---- findings ---- */

struct steps {
	struct lh_cross_step step[LH_STEPS_MAX];
	uint32_t n;
};

static void add_step(struct lh_merged_run *run, struct steps *t, const struct lh_merged_process *m,
		     lh_thread_id thread, lh_chain_id id, enum lh_action action)
{
	struct lh_cross_step *s = &t->step[t->n];
	const struct lh_merged_lock *source;
	struct lh_chain chain;

	if (t->n >= LH_STEPS_MAX || !lh_read_chain_row(m->process->ledger, id, &chain))
		return;
	source = &run->lock_of[LH_LOCK_ROW(run->chain[m->chain[id]].lock)];
	*s = (struct lh_cross_step){.process = m->process,
				    .step = {.thread = thread ? thread - m->base : 0,
					     .lock = chain.lock,
					     .site = chain.site,
					     .action = action}};
	if (source->users > 1) /* named as in one process, so that the reader sees one lock */
		s->lock = lh_report_get_lock(run->report, source->process->process, source->id);
	t->n++;
}

static bool is_thread_end(const struct lh_merged_run *run, lh_lock_id lock)
{
	return run->lock[LH_LOCK_ROW(lock)].kind == LH_THREAD_END;
}

/* The thread's own end, which the link before wants: held at no site. */
static void add_thread_end(struct lh_merged_run *run, struct steps *t,
			   const struct lh_merged_process *m, const struct lh_cycle_link *k)
{
	struct lh_thread thread = {0};

	if (t->n >= LH_STEPS_MAX || !k->thread || !is_thread_end(run, k->held))
		return;
	lh_read_thread(m->process->ledger, k->thread - m->base, &thread);
	t->step[t->n++] = (struct lh_cross_step){.process = m->process,
						 .step = {.thread = k->thread - m->base,
							  .lock = thread.end_lock,
							  .action = LH_HOLDS}};
}

/* The number of the lock that the link before wants; UINT32_MAX: it is not in the chain. */
static uint32_t own_of(const struct lh_merged_run *run, const struct lh_merged_process *m,
		       const struct lh_cycle_link *k, const lh_chain_id *chain, uint32_t n)
{
	for (uint32_t i = n; i-- > 0;)
		if (m->chain[chain[i]] < run->chains &&
		    run->chain[m->chain[chain[i]]].lock == k->held)
			return i;
	return UINT32_MAX;
}

static void add_link(struct lh_merged_run *run, struct steps *t, const struct lh_cycle_link *k,
		     uint32_t most)
{
	const struct lh_merged_process *m;
	lh_chain_id chain[LH_HELD_MAX];
	uint32_t depth = lh_merged_path_of(run, k, &m, chain), held = depth ? depth - 1 : 0,
		 own = depth ? own_of(run, m, k, chain, held) : 0;

	if (depth)
		add_thread_end(run, t, m, k);
	const uint32_t first = t->n;
	for (uint32_t i = 0; i < held; i++)
		if (lh_hold_is_shown(i, held, own, most))
			add_step(run, t, m, k->thread, chain[i], LH_HOLDS);
		else if (t->n > first)
			t->step[t->n - 1].step.left_out++;
	if (depth)
		add_step(run, t, m, k->thread, chain[held], LH_WANTS);
}

/* The signal by the thread of link `k`, found as a link that wants the condition. */
static void add_signal(struct lh_merged_run *run, struct steps *t, const struct lh_cycle_link *k,
		       lh_chain_id signal)
{
	const struct lh_cycle_link by = {.thread = k->thread, .chain = signal};
	const struct lh_merged_process *m;
	lh_chain_id chain[LH_HELD_MAX];
	uint32_t depth = lh_merged_path_of(run, &by, &m, chain);

	if (depth)
		add_step(run, t, m, k->thread, chain[depth - 1], LH_CALLS);
}

static bool has_thread(const struct lh_report_finding *f, int32_t tid)
{
	for (uint32_t i = 0; i < f->threads; i++)
		if (f->thread[i]->tid == tid)
			return true;
	return false;
}

/* True if these threads are reported as deadlocked: that they can deadlock is not reported too. */
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
	/* the joiner comes first, see LH_FINDING_TOLD */
	uint32_t first = cycle->signal ? cycle->joins : 0;
	struct lh_finding row = {.rule = cycle->rule,
				 .level = LH_POTENTIAL,
				 .severity = sure ? cycle->severity : LH_WARNING,
				 .filter = cycle->filter,
				 .flags = cycle->signal ? LH_FINDING_TOLD : 0};

	if (has_happened(run, cycle))
		return;
	for (uint32_t i = 0; i < (uint32_t)cycle->n + cycle->queued_writers; i++)
		add_link(run, &t, &cycle->link[i < cycle->n ? (first + i) % cycle->n : i],
			 lh_holds_shown((uint32_t)cycle->n + cycle->queued_writers));
	if (cycle->signal)
		add_signal(run, &t, &cycle->link[first + 1 < cycle->n ? first + 1 : 0],
			   cycle->signal);
	if (t.n)
		lh_report_add_cross_finding(run->report, &row, t.step, t.n, sure ? "" : chance);
}

/* ---- several processes ---- */

/* Adds each process that shares a lock, together with its ancestors: their order is needed. */
static void add_with_ancestors(struct lh_merged_run *run)
{
	for (bool more = true; more;) {
		more = false;
		for (struct lh_merged_process *m = run->process; m < run->process + run->processes;
		     m++) {
			struct lh_merged_process *ancestor[] = {m->from, m->by};

			for (int i = 0; i < 2; i++)
				if (m->shares && ancestor[i] && !ancestor[i]->shares)
					more = ancestor[i]->shares = true;
		}
	}
	for (struct lh_merged_process *m = run->process; m < run->process + run->processes; m++) {
		m->process->united = m->shares;
		if (m->shares)
			lh_merged_add_rows(run, m);
	}
}

static void check_together(struct lh_merged_run *run, bool filtered)
{
	struct lh_answers sure = {is_wanted, run, NULL, 0}, all = sure;
	uint32_t cut;

	lh_merged_find_parents(run);
	lh_merged_begin_rows(run);
	add_with_ancestors(run);
	lh_merged_add_order(run);
	cut = lh_order_query(run, run->hb_edges, filtered, &sure);
	cut += lh_order_query(run, run->certain_hb_edges, false, &all);
	for (uint32_t i = 0; i < sure.n; i++) {
		const struct lh_cycle *maybe = lh_answer_find(&all, sure.cycle[i].key);

		if (!sure.cycle[i].filter || !maybe || maybe->filter)
			report_cycle(run, &sure.cycle[i], true);
	}
	for (uint32_t i = 0; i < all.n; i++) {
		const struct lh_cycle *certain = lh_answer_find(&sure, all.cycle[i].key);

		if (!all.cycle[i].filter && (!certain || certain->filter))
			report_cycle(run, &all.cycle[i], false);
	}
	if (cut)
		lh_report_note(run->report,
			       "across processes: %u cycle searches were stopped at their limit",
			       cut);
}

/* ---- one process ---- */

static void check_alone(struct lh_report *report, struct lh_report_process *p)
{
	struct lh_merged_run run = {.report = report, .arena = lh_arena_new(), .alone = true};
	struct lh_answers a = {is_wanted, &run, NULL, 0};

	lh_merged_add_process(&run, p);
	lh_merged_begin_rows(&run);
	lh_merged_add_rows(&run, run.process);
	p->searches_cut = lh_order_query(&run, run.hb_edges, false, &a);
	for (uint32_t i = 0; i < a.n; i++)
		report_cycle(&run, &a.cycle[i], true);
	lh_arena_free(run.arena);
}

void lh_cross_process_check(struct lh_report *report, bool filtered)
{
	struct lh_merged_run run = {.report = report, .arena = lh_arena_new()};
	bool shared = false;

	for (uint32_t i = 0; i < report->processes; i++) {
		if (report->process[i]->searches_cut)
			check_alone(report, report->process[i]);
		lh_merged_add_process(&run, report->process[i]);
	}
	lh_merged_find_times(&run);
	lh_merged_find_shared(&run);
	for (uint32_t i = 0; i < run.processes; i++)
		shared |= run.process[i].shares;
	if (shared)
		check_together(&run, filtered);
	lh_arena_free(run.arena);
}
