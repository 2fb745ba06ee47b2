/* order_rows.c — merges the rows of several ledgers into one set, for the order graph. */
#include "tools/lock_order/lock_order_internal.h"

#include <string.h>

enum {
	VISITS_MAX = 64,     /* visits of one process at one chain; there are fewer */
	WITNESSES_MAX = 1024 /* of one chain, on average: most locks of a deep one need no edge */
};
/* In lh_merged_process.chain: all locks of the chain are left out. */
#define NOTHING_HELD UINT32_MAX

/* ---- stacks: the same in every process that runs the same code ---- */

static uint32_t stack_of(struct lh_merged_run *run, const struct lh_merged_process *m,
			 lh_stack_id id)
{
	uint64_t hash = run->alone ? 0 : lh_stack_hash(&m->stacks, id);
	uint32_t *number;

	if (!hash)
		return id;
	number = lh_map_get(&run->stacks, run->arena, &hash, sizeof(hash), sizeof(*number));
	if (!*number)
		*number = run->stacks.n;
	return *number;
}

/* ---- chains ---- */

lh_chain_id lh_merged_add_chain(struct lh_merged_run *run, lh_chain_id parent, lh_lock_id lock,
				lh_site site)
{
	struct lh_chain chain = {.parent = parent, .lock = lock, .site = site};

	chain.depth = (uint16_t)(run->chain[parent].depth + 1);
	run->witnesses += chain.depth < WITNESSES_MAX ? chain.depth : WITNESSES_MAX;
	LH_PUSH(run->arena, run->chain, run->chains, chain);
	return run->chains - 1;
}

lh_chain_id lh_merged_chain_get(struct lh_merged_run *run, lh_chain_id parent, lh_lock_id lock,
				lh_site site)
{
	const uint64_t key[] = {parent, lock, site};
	lh_chain_id *chain;

	if (run->chain[parent].depth >= LH_HELD_MAX)
		return 0;
	chain = lh_map_get(&run->known, run->arena, key, sizeof(key), sizeof(*chain));
	if (!*chain)
		*chain = lh_merged_add_chain(run, parent, lock, site);
	return *chain;
}

void lh_merged_add_visits(struct lh_merged_run *run, const struct lh_merged_process *m,
			  lh_chain_id id, lh_chain_id to)
{
	struct lh_chain from = {0};
	struct lh_chain_visit s;
	uint32_t next;

	lh_read_chain_row(m->process->ledger, id, &from);
	for (uint32_t i = from.visit, n = 0;
	     n < VISITS_MAX && lh_read_visit(m->process->ledger, i, &s); i = next, n++) {
		next = s.next; /* of the ledger */
		if (!s.thread || s.thread >= m->threads)
			continue;
		s.chain = to;
		s.thread += m->base;
		s.next = run->chain[to].visit;
		run->chain[to].visit = run->visits;
		LH_PUSH(run->arena, run->visit, run->visits, s);
		LH_PUSH(run->arena, run->visit_of, run->visit_ofs,
			((struct lh_merged_visit){m, id}));
	}
}

/* A chain of a forked child without visits was held by the parent at the fork. The child has a copy
 * of such a lock, which no other process knows. */
static bool is_inherited(const struct lh_ledger_view *r, const struct lh_chain *chain)
{
	return (r->head.flags & LH_LEDGER_FORKED) && !chain->visit;
}

/* A stale chain is one of an earlier lock, which counts only where locks stand for others. */
static bool read_chain(const struct lh_merged_run *run, const struct lh_merged_process *m,
		       lh_chain_id id, struct lh_chain *chain)
{
	if (run->same)
		return lh_read_chain_of_row(m->process->ledger, id, chain);
	return lh_read_chain_row(m->process->ledger, id, chain) && !(chain->flags & LH_CHAIN_STALE);
}

/*
 * Does a thread take the GIL while it holds nothing but Python's own locks? All Python programs do
 * that, with every lock. In the orders of different runs, where the locks of one place stand for
 * each other, it leads to cycles without number, of which none can happen.
 */
static bool takes_gil_for_python(const struct lh_ledger_view *r, lh_chain_id id)
{
	lh_chain_id path[LH_HELD_MAX];
	uint32_t n = lh_read_chain_path(r, id, path, LH_HELD_MAX);
	struct lh_chain row;
	struct lh_lock l;

	for (uint32_t i = n; i-- > 0;) {
		if (!lh_read_chain_of_row(r, path[i], &row) || !lh_read_lock(r, row.lock, &l))
			return false;
		bool last = i + 1 == n;
		if (last ? l.kind != LH_GIL : l.kind != LH_SEM || !(l.flags & LH_LOCK_INTERPRETER))
			return false;
	}
	return n > 1;
}

static void add_chain(struct lh_merged_run *run, struct lh_merged_process *m, lh_chain_id id)
{
	lh_chain_id parent = 0;
	lh_lock_id lock;
	struct lh_chain chain;

	if (!read_chain(run, m, id, &chain) || chain.parent >= id)
		return;
	if (chain.parent)
		parent = m->chain[chain.parent];
	if (parent == NOTHING_HELD)
		chain.parent = parent = 0;
	if (run->same && is_inherited(m->process->ledger, &chain)) {
		m->chain[id] = chain.parent ? parent : NOTHING_HELD;
		return;
	}
	lock = lh_merged_lock_get(run, m, chain.lock);
	if (!lock || (chain.parent && !parent))
		return;
	if (run->same && takes_gil_for_python(m->process->ledger, id))
		chain.site = LH_SITE(LH_SITE_STACK(chain.site), LH_TRY, LH_SITE_MODE(chain.site));
	m->chain[id] = lh_merged_chain_get(
		run, parent, lock,
		LH_SITE_MOVED(chain.site, stack_of(run, m, LH_SITE_STACK(chain.site))));
	if (m->chain[id])
		lh_merged_add_visits(run, m, id, m->chain[id]);
}

/* ---- threads and happens-before edges ---- */

static void copy_threads(struct lh_merged_run *run, struct lh_merged_process *m)
{
	for (uint32_t i = 1; i < m->threads; i++) {
		struct lh_thread t = {0};

		lh_read_thread(m->process->ledger, i, &t);
		t.end_lock = run->add_chain ? 0 : lh_merged_lock_get(run, m, t.end_lock);
		t.creator_chain = t.creator_chain < m->chains ? m->chain[t.creator_chain] : 0;
		if (t.creator_chain == NOTHING_HELD)
			t.creator_chain = 0;
		t.creator = t.creator && t.creator < m->threads ? t.creator + m->base : 0;
		LH_PUSH(run->arena, run->thread, run->threads, t);
	}
}

static void copy_hb_edges(struct lh_merged_run *run, const struct lh_merged_process *m)
{
	uint32_t n = lh_read_used(m->process->ledger, LH_T_HB_EDGE);
	struct lh_hb_edge e;

	for (uint32_t i = 1; i < n; i++) {
		if (!lh_read_hb_edge(m->process->ledger, i, &e) || !e.a || !e.b ||
		    lh_hb_is_mark(e.what) || e.a >= m->threads || e.b >= m->threads)
			continue;
		e.a += m->base;
		e.b += m->base;
		LH_PUSH(run->arena, run->hb_edge, run->hb_edges, e);
	}
}

void lh_merged_add_process(struct lh_merged_run *run, struct lh_report_process *p)
{
	struct lh_merged_process m = {.process = p, .locks = lh_read_used(p->ledger, LH_T_LOCK)};

	LH_PUSH(run->arena, run->process, run->processes, m);
}

void lh_merged_begin_rows(struct lh_merged_run *run)
{
	/* row 0 is none */
	LH_PUSH(run->arena, run->lock, run->locks, (struct lh_lock){0});
	LH_PUSH(run->arena, run->lock_of, run->lock_ofs, (struct lh_merged_lock){0});
	LH_PUSH(run->arena, run->thread, run->threads, (struct lh_thread){0});
	LH_PUSH(run->arena, run->chain, run->chains, (struct lh_chain){0});
	LH_PUSH(run->arena, run->visit, run->visits, (struct lh_chain_visit){0});
	LH_PUSH(run->arena, run->visit_of, run->visit_ofs, (struct lh_merged_visit){0});
	LH_PUSH(run->arena, run->hb_edge, run->hb_edges, (struct lh_hb_edge){0});
}

void lh_merged_add_rows(struct lh_merged_run *run, struct lh_merged_process *m)
{
	m->merged = true;
	m->threads = lh_read_used(m->process->ledger, LH_T_THREAD);
	m->threads = m->threads ? m->threads : 1;
	m->chains = lh_read_used(m->process->ledger, LH_T_CHAIN);
	m->lock = lh_arena_alloc(run->arena, (m->locks + 1) * sizeof(*m->lock));
	m->chain = lh_arena_alloc(run->arena, (m->chains + 1) * sizeof(*m->chain));
	if (!run->alone && !m->stacks.ledger)
		m->stacks = lh_stack_hashes_new(run->arena, m->process->ledger);
	m->base = run->threads - 1;
	for (lh_chain_id i = 1; i < m->chains; i++)
		if (run->add_chain)
			run->add_chain(run->with, m, i);
		else
			add_chain(run, m, i);
	copy_threads(run, m);
	copy_hb_edges(run, m);
	m->end = run->threads;
	LH_PUSH(run->arena, run->thread, run->threads,
		(struct lh_thread){.flags = LH_THREAD_BARRIER_ROUND});
}

const struct lh_merged_process *lh_merged_process_of(const struct lh_merged_run *run,
						     lh_thread_id t)
{
	for (uint32_t i = 0; i < run->processes; i++) {
		const struct lh_merged_process *m = &run->process[i];

		if (m->merged && t > m->base && t < m->base + m->threads)
			return m;
	}
	return NULL;
}

uint32_t lh_merged_path_of(const struct lh_merged_run *run, const struct lh_cycle_link *link,
			   const struct lh_merged_process **m, lh_chain_id path[LH_HELD_MAX])
{
	for (uint32_t i = run->chain[link->chain].visit; i; i = run->visit[i].next) {
		if (link->thread && run->visit[i].thread != link->thread)
			continue;
		*m = run->visit_of[i].process;
		return lh_read_chain_path((*m)->process->ledger, run->visit_of[i].chain, path,
					  LH_HELD_MAX);
	}
	return 0;
}
