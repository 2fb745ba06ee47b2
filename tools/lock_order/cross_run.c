/* cross_run.c — queries the order graph for processes of different runs, and adds its cycles as
 * findings. */
#include "tools/lock_order/cross_run.h"
#include "libcheck/base/hash.h"
#include "tools/lock_order/lock_order_internal.h"
#include "tools/util/path.h"

#include <string.h>
#include <uthash.h>

enum { CHAINS_MAX = 100000, LINKS_MAX = LH_CYCLE_MAX + LH_QUEUED_WRITERS_MAX };

/* An order that one process shows by itself, or the key of a cycle that was reported. */
struct shown {
	struct {
		uint64_t what, from, to;
	} key;
	UT_hash_handle hh;
};

struct search {
	struct lh_merged_run run;
	struct lh_same_locks *same;
	struct shown *shown;
};

static uint32_t same(void *with, const struct lh_merged_process *m, lh_lock_id id)
{
	struct search *s = with;

	return lh_same_locks_of(s->same, (uint32_t)(m - s->run.process), id);
}

/* ---- what one process shows by itself ---- */

/* True: it is new. */
static bool add_shown(struct search *s, uint64_t what, uint64_t from, uint64_t to)
{
	struct shown ask, *x;

	memset(&ask, 0, sizeof(ask));
	ask.key.what = what;
	ask.key.from = from;
	ask.key.to = to;
	HASH_FIND(hh, s->shown, &ask.key, sizeof(ask.key), x);
	if (x)
		return false;
	x = lh_arena_alloc(s->run.arena, sizeof(*x));
	x->key = ask.key;
	HASH_ADD(hh, s->shown, key, sizeof(x->key), x);
	return true;
}

static bool is_shown(struct search *s, uint64_t what, uint64_t from, uint64_t to)
{
	struct shown ask, *x;

	memset(&ask, 0, sizeof(ask));
	ask.key.what = what;
	ask.key.from = from;
	ask.key.to = to;
	HASH_FIND(hh, s->shown, &ask.key, sizeof(ask.key), x);
	return x != NULL;
}

static void add_orders(struct search *s, const struct lh_merged_process *m)
{
	for (lh_chain_id i = 1; i < m->chains; i++) {
		lh_chain_id at = m->chain[i] < s->run.chains ? m->chain[i] : 0;

		if (LH_SITE_HOW(s->run.chain[at].site) != LH_BLOCKING)
			continue;
		for (lh_chain_id held = s->run.chain[at].parent; held;
		     held = s->run.chain[held].parent)
			add_shown(s, (uint64_t)(m - s->run.process) + 1, s->run.chain[held].lock,
				  s->run.chain[at].lock);
	}
}

/* True if one process shows all orders of the cycle: its own order graph decides, also if it has
 * filtered the cycle. */
static bool is_shown_by_one(struct search *s, const struct lh_cycle *cycle)
{
	for (uint32_t p = 1; p <= s->run.processes; p++) {
		uint32_t i = 0;

		while (i < cycle->n && is_shown(s, p, cycle->link[i].held, cycle->link[i].wanted))
			i++;
		if (i == cycle->n)
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
	const struct lh_merged_visit *at = lh_merged_visit_of(run, k->chain, k->thread);
	lh_chain_id path[LH_HELD_MAX];
	uint32_t depth = 0;

	memset(out, 0, sizeof(*out));
	if (!at)
		return false;
	out->process = at->process;
	out->thread = k->thread ? k->thread - at->process->base : 0;
	depth = lh_read_chain_path(at->process->process->ledger, at->chain, path, LH_HELD_MAX);
	if (!depth ||
	    !lh_read_chain_row(at->process->process->ledger, path[depth - 1], &out->wanted))
		return false;
	for (uint32_t i = 0; i + 1 < depth && !writer; i++)
		if (at->process->chain[path[i]] < run->chains &&
		    run->chain[at->process->chain[path[i]]].lock == k->held)
			return lh_read_chain_row(at->process->process->ledger, path[i], &out->held);
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
	for (uint32_t i = 0; i < (uint32_t)cycle->n + cycle->queued_writers; i++)
		if (!find_link(&s->run, &cycle->link[i], i >= cycle->n, &link[i]) ||
		    is_certain(&link[i]))
			return false;
	return true;
}

static struct lh_cross_step step_of(struct search *s, const struct link *l, bool wanted)
{
	const struct lh_chain *chain = wanted ? &l->wanted : &l->held;
	uint32_t number = same(s, l->process, chain->lock);

	return (struct lh_cross_step){.process = l->process->process,
				      .lock = number ? lh_same_locks_lock(s->same, number) : NULL,
				      .step = {.thread = l->thread,
					       .lock = chain->lock,
					       .site = chain->site,
					       .action = wanted ? LH_WANTS : LH_HOLDS}};
}

static void report_cycle(struct search *s, const struct lh_cycle *cycle, const struct link *link)
{
	const struct lh_finding row = {.rule = LH_RULE_LOCK_ORDER, .severity = LH_WARNING};
	struct lh_cross_step step[2 * LINKS_MAX];
	const char *where = "";
	uint32_t n = 0;

	for (uint32_t i = 0; i < (uint32_t)cycle->n + cycle->queued_writers; i++) {
		if (i < cycle->n)
			step[n++] = step_of(s, &link[i], false);
		step[n++] = step_of(s, &link[i], true);
		if (i < cycle->n)
			where = lh_arena_printf(s->run.arena, "%s%s%s", where, *where ? ", " : "",
						lh_path_base(link[i].process->process->exe));
	}
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

/* Equal for the same locks in the same order, at any sites. A sum: a cycle has no first link. */
static uint64_t hash_of(const struct lh_cycle *cycle)
{
	uint64_t h = 0;

	for (uint32_t i = 0; i < cycle->n; i++)
		h += lh_hash_mix(lh_hash_mix(1, cycle->link[i].held), cycle->link[i].wanted);
	return h;
}

static void search(struct search *s)
{
	struct lh_answers a = {s->run.arena, is_wanted, s, NULL, 0};
	struct link link[LINKS_MAX];
	struct lh_order_input input;
	uint32_t cut;

	lh_merged_begin_rows(&s->run);
	for (uint32_t i = 0; i < s->run.processes; i++)
		lh_merged_take(&s->run, &s->run.process[i]);
	lh_merged_end_rows(&s->run);
	for (uint32_t i = 0; i < s->run.processes; i++)
		add_orders(s, &s->run.process[i]);
	input = lh_merged_input(&s->run, s->run.hb_edges);
	cut = lh_order_query(&input, s->run.witnesses, false, &a);
	for (uint32_t i = 0; i < a.n; i++)
		if (find_links(s, &a.cycle[i], link) && add_shown(s, 0, hash_of(&a.cycle[i]), 0))
			report_cycle(s, &a.cycle[i], link);
	if (cut)
		lh_report_note(s->run.report,
			       "different runs: %u cycle searches were stopped at their limit",
			       cut);
}

static void add_processes(struct search *s)
{
	struct lh_report_process *p;

	for (uint32_t i = 0; (p = lh_same_locks_process(s->same, i)); i++) {
		struct lh_merged_process m = {.process = p,
					      .locks = lh_read_used(p->ledger, LH_T_LOCK)};

		LH_PUSH(s->run.arena, s->run.process, s->run.processes, m);
	}
}

void lh_cross_run_check(struct lh_report *report)
{
	struct search s = {.run = {.report = report, .arena = lh_arena_new(), .same = same}};
	uint32_t numbers;

	s.run.same_with = &s;
	s.same = lh_same_locks_new(report, s.run.arena);
	add_processes(&s);
	if (lh_same_locks_chains(s.same) > CHAINS_MAX) {
		lh_report_note(report,
			       "%u chains of locks: cycles across processes were not looked for",
			       lh_same_locks_chains(s.same));
	} else if (s.run.processes > 1) {
		numbers = lh_same_locks_name(s.same);
		s.run.same_lock = lh_arena_alloc(s.run.arena, numbers * sizeof(*s.run.same_lock));
		search(&s);
	}
	HASH_CLEAR(hh, s.shown);
	lh_same_locks_free(s.same);
	lh_arena_free(s.run.arena);
}
