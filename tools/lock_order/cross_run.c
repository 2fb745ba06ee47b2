/* cross_run.c — queries the order graph for processes of different runs, and adds its cycles as
 * findings. */
#include "tools/lock_order/cross_run.h"
#include "tools/lock_order/lock_order_internal.h"
#include "tools/util/path.h"

#include <string.h>

enum { CHAINS_MAX = 100000, LINKS_MAX = LH_CYCLE_MAX + LH_QUEUED_WRITERS_MAX };

struct search {
	struct lh_merged_run run;
	struct lh_same_locks *same;
	struct lh_map shown;    /* orders that one process shows by itself */
	struct lh_map reported; /* hashes of cycles */
};

static uint32_t same(void *with, const struct lh_merged_process *m, lh_lock_id id)
{
	struct search *s = with;

	return lh_same_locks_of(s->same, (uint32_t)(m - s->run.process), id);
}

/* ---- what one process shows by itself ---- */

static void add_orders(struct search *s, const struct lh_merged_process *m)
{
	for (lh_chain_id i = 1; i < m->chains; i++) {
		lh_chain_id at = m->chain[i] < s->run.chains ? m->chain[i] : 0;

		if (LH_SITE_HOW(s->run.chain[at].site) != LH_BLOCKING)
			continue;
		for (lh_chain_id held = s->run.chain[at].parent; held;
		     held = s->run.chain[held].parent) {
			const uint64_t order[] = {m - s->run.process, s->run.chain[held].lock,
						  s->run.chain[at].lock};

			lh_map_get(&s->shown, s->run.arena, order, sizeof(order), 0);
		}
	}
}

/* True if one process shows all orders of the cycle: its own order graph decides, also if it has
 * filtered the cycle. */
static bool is_shown_by_one(const struct search *s, const struct lh_cycle *cycle)
{
	for (uint32_t p = 0; p < s->run.processes; p++) {
		bool all = true;

		for (uint32_t i = 0; i < cycle->n && all; i++) {
			const uint64_t order[] = {p, cycle->link[i].held, cycle->link[i].wanted};

			all = lh_map_find(&s->shown, order, sizeof(order));
		}
		if (all)
			return true;
	}
	return false;
}

/* True for a lock whose location is known: it is certain which locks are one, and cross_process.c
 * checks these. */
static bool is_located(const struct lh_ledger_view *r, lh_lock_id id)
{
	struct lh_lock_location at;
	struct lh_lock l;

	return lh_read_lock(r, id, &l) && (l.flags & LH_LOCK_PSHARED) &&
	       lh_read_lock_location(r, LH_LOCK_ROW(id), &l, &at);
}

/* ---- findings ---- */

/* The two ledger rows that a link of a cycle is made of. */
struct link {
	const struct lh_merged_process *process;
	struct lh_chain held, wanted;
	lh_thread_id thread;
};

/* False: no ledger has this link. `writer`: it is a queued writer, which holds nothing that
 * matters. */
static bool find_link(const struct lh_merged_run *run, const struct lh_cycle_link *k, bool writer,
		      struct link *out)
{
	const struct lh_merged_process *m;
	lh_chain_id path[LH_HELD_MAX];
	uint32_t depth = lh_merged_path_of(run, k, &m, path);

	*out = (struct link){0};
	if (!depth || !lh_read_chain_of_row(m->process->ledger, path[depth - 1], &out->wanted))
		return false;
	out->process = m;
	out->thread = k->thread ? k->thread - m->base : 0;
	for (uint32_t i = 0; i + 1 < depth && !writer; i++)
		if (m->chain[path[i]] < run->chains &&
		    run->chain[m->chain[path[i]]].lock == k->held)
			return lh_read_chain_of_row(m->process->ledger, path[i], &out->held);
	return writer;
}

static bool is_certain(const struct link *l)
{
	const struct lh_report_process *p = l->process->process;

	return p->united && is_located(p->ledger, l->held.lock) &&
	       is_located(p->ledger, l->wanted.lock);
}

static bool find_links(struct search *s, const struct lh_cycle *cycle, struct link *link)
{
	uint32_t i = 0;

	do { /* a cycle has a link */
		if (!find_link(&s->run, &cycle->link[i], i >= cycle->n, &link[i]) ||
		    is_certain(&link[i]))
			return false;
	} while (++i < (uint32_t)cycle->n + cycle->queued_writers);
	return true;
}

static struct lh_cross_step step_of(struct search *s, const struct link *l, bool wanted)
{
	const struct lh_chain *chain = wanted ? &l->wanted : &l->held;
	uint32_t number = same(s, l->process, chain->lock);

	return (struct lh_cross_step){.process = l->process->process,
				      .lock = number ? s->run.report->lock[number - 1] : NULL,
				      .step = {.thread = l->thread,
					       .lock = chain->lock,
					       .site = chain->site,
					       .action = wanted ? LH_WANTS : LH_HOLDS}};
}

/* The link whose held lock has the first name. A cycle has no first link, and which one the order
 * graph begins with depends on which thread was faster. */
static uint32_t first_link(struct search *s, const struct link *link, uint32_t n)
{
	const char *name, *least = NULL;
	uint32_t first = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct lh_cross_step step = step_of(s, &link[i], false);

		name = step.lock ? step.lock->name : "";
		if (!least || strcmp(name, least) < 0) {
			least = name;
			first = i;
		}
	}
	return first;
}

static void report_cycle(struct search *s, const struct lh_cycle *cycle, const struct link *link)
{
	const struct lh_finding row = {.rule = LH_RULE_LOCK_ORDER, .severity = LH_WARNING};
	struct lh_cross_step step[2 * LINKS_MAX];
	const char *where = "";
	uint32_t n = 0, first = first_link(s, link, cycle->n);

	for (uint32_t i = 0; i < cycle->n; i++) {
		const struct link *l = &link[(first + i) % cycle->n];

		step[n++] = step_of(s, l, false);
		step[n++] = step_of(s, l, true);
		where = lh_arena_printf(s->run.arena, "%s%s%s", where, *where ? ", " : "",
					lh_path_base(l->process->process->exe));
	}
	for (uint32_t i = cycle->n; i < (uint32_t)cycle->n + cycle->queued_writers; i++)
		step[n++] = step_of(s, &link[i], true);
	lh_report_add_cross_finding(
		s->run.report, &row, step, n,
		lh_arena_printf(s->run.arena, " (seen in different runs: %s)", where));
}

/* ---- the search ---- */

static bool is_wanted(void *with, const struct lh_cycle *cycle)
{
	struct search *s = with;

	return cycle->filter == LH_F_NONE && cycle->rule == LH_RULE_LOCK_ORDER &&
	       !is_shown_by_one(s, cycle);
}

/* Is the cycle reported, at these sites or at others? */
static bool *is_reported(struct search *s, const struct lh_cycle *cycle)
{
	uint64_t hash = lh_cycle_locks_hash(cycle);

	return lh_map_get(&s->reported, s->run.arena, &hash, sizeof(hash), sizeof(bool));
}

static void search(struct search *s)
{
	struct lh_answers a = {is_wanted, s, NULL, 0};
	struct link link[LINKS_MAX];
	uint32_t cut;

	lh_merged_begin_rows(&s->run);
	for (uint32_t i = 0; i < s->run.processes; i++)
		lh_merged_add_rows(&s->run, &s->run.process[i]);
	for (uint32_t i = 0; i < s->run.processes; i++)
		add_orders(s, &s->run.process[i]);
	cut = lh_order_query(&s->run, s->run.hb_edges, false, &a);
	for (uint32_t i = 0; i < a.n; i++) {
		bool *reported = is_reported(s, &a.cycle[i]);

		if (*reported || !find_links(s, &a.cycle[i], link))
			continue;
		*reported = true;
		report_cycle(s, &a.cycle[i], link);
	}
	if (cut)
		lh_report_note(s->run.report,
			       "different runs: %u cycle searches were stopped at their limit",
			       cut);
}

void lh_cross_run_check(struct lh_report *report)
{
	struct search s = {.run = {.report = report, .arena = lh_arena_new(), .same = same}};
	uint32_t numbers;

	s.run.with = &s;
	s.same = lh_same_locks_new(report, s.run.arena);
	lh_same_locks_add_processes(s.same, &s.run);
	if (lh_same_locks_chains(s.same) > CHAINS_MAX) {
		lh_report_note(report,
			       "%u chains of locks: cycles across processes were not looked for",
			       lh_same_locks_chains(s.same));
	} else if (s.run.processes > 1) {
		numbers = lh_same_locks_name(s.same);
		s.run.same_lock = lh_arena_alloc(s.run.arena, numbers * sizeof(*s.run.same_lock));
		search(&s);
	}
	lh_arena_free(s.run.arena);
}
