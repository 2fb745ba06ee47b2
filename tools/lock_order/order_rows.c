/* order_rows.c — merges the rows of several ledgers into one set, for the order graph. */
#include "tools/lock_order/lock_order_internal.h"

#include <string.h>
#include <uthash.h>

enum { VISITS_MAX = 64 /* visits of one process at one chain; there are fewer */ };
#define NOTHING_HELD                                                                               \
	UINT32_MAX /* of lh_merged_process.chain: all locks of the chain are left out */

struct lh_stack_key {
	const char *text;
	uint32_t number;
	UT_hash_handle hh;
};

struct lh_chain_key {
	struct {
		lh_chain_id parent;
		lh_lock_id lock;
		lh_site site;
	} key;
	lh_chain_id chain;
	UT_hash_handle hh;
};

/* ---- stacks: the same in every process that runs the same code ---- */

static const char *frame_text(struct lh_merged_run *run, const struct lh_ledger_view *r,
			      uint64_t frame)
{
	struct lh_module m;
	const char *function = "";

	if (!lh_read_module(r, LH_FRAME_MODULE(frame), &m))
		return lh_arena_printf(run->arena, "?%llx", (unsigned long long)LH_FRAME_PC(frame));
	if (m.flags & LH_MODULE_SCRIPT && strlen(m.path) + 1 < sizeof(m.path))
		function = m.path + strlen(m.path) + 1;
	return lh_arena_printf(run->arena, "%s %s+%llx", m.path, function,
			       (unsigned long long)(LH_FRAME_PC(frame) - m.base));
}

static uint32_t stack_of(struct lh_merged_run *run, const struct lh_merged_process *m,
			 lh_stack_id id)
{
	uint64_t frame[LH_FRAMES_MAX];
	uint32_t n = lh_read_frames(m->process->ledger, id, frame);
	const char *text = "";
	struct lh_stack_key *k;

	if (!n || run->alone)
		return id;
	for (uint32_t i = 0; i < n; i++)
		text = lh_arena_printf(run->arena, "%s\n%s", text,
				       frame_text(run, m->process->ledger, frame[i]));
	HASH_FIND_STR(run->stacks, text, k);
	if (!k) {
		k = lh_arena_alloc(run->arena, sizeof(*k));
		k->text = text;
		k->number = ++run->stack_count;
		HASH_ADD_KEYPTR(hh, run->stacks, k->text, strlen(k->text), k);
	}
	return k->number;
}

/* ---- chains ---- */

lh_chain_id lh_merged_node(struct lh_merged_run *run, lh_chain_id parent, lh_lock_id lock,
			   lh_site site)
{
	struct lh_chain fresh = {.parent = parent, .lock = lock, .site = site, .depth = 1};
	struct lh_chain_key ask, *k;

	memset(&ask, 0, sizeof(ask));
	ask.key.parent = parent;
	ask.key.lock = lock;
	ask.key.site = site;
	HASH_FIND(hh, run->keys, &ask.key, sizeof(ask.key), k);
	if (k)
		return k->chain;
	fresh.depth = parent ? (uint16_t)(run->chain[parent].depth + 1) : 1;
	if (fresh.depth > LH_HELD_MAX)
		return 0;
	k = lh_arena_alloc(run->arena, sizeof(*k));
	k->key = ask.key;
	k->chain = run->chains;
	fresh.next = run->lock[LH_LOCK_ROW(lock)].chains; /* chains that want it, newest first */
	run->lock[LH_LOCK_ROW(lock)].chains = k->chain;
	HASH_ADD(hh, run->keys, key, sizeof(k->key), k);
	run->witnesses += fresh.depth;
	LH_PUSH(run->arena, run->chain, run->chains, fresh);
	return k->chain;
}

static void copy_visits(struct lh_merged_run *run, const struct lh_merged_process *m,
			lh_chain_id from, uint32_t first, lh_chain_id to)
{
	struct lh_chain_visit s;

	for (uint32_t i = first, n = 0; n < VISITS_MAX && lh_read_visit(m->process->ledger, i, &s);
	     i = s.next, n++) {
		if (!s.thread || s.thread >= m->threads)
			continue;
		s.chain = to;
		s.thread += m->base;
		s.next = run->chain[to].visit;
		run->chain[to].visit = run->visits;
		LH_PUSH(run->arena, run->visit, run->visits, s);
		LH_PUSH(run->arena, run->visit_of, run->visit_ofs,
			((struct lh_merged_visit){m, from}));
	}
}

/* A chain of a forked child without visits was held by the parent at the fork. The child has a copy
 * of such a lock, which no other process knows. */
static bool is_inherited(const struct lh_ledger_view *r, const struct lh_chain *chain)
{
	return (r->head.flags & LH_LEDGER_FORKED) && !chain->visit &&
	       !(chain->flags & LH_CHAIN_MANY_THREADS);
}

/* LH_CHAIN_MANY_THREADS is left out unless one process is checked alone: the flag does not say when
 * the further threads were there. */
static void add_chain(struct lh_merged_run *run, struct lh_merged_process *m, lh_chain_id id)
{
	lh_chain_id parent = 0, to;
	lh_lock_id lock;
	struct lh_chain chain;

	if (!lh_read_chain_row(m->process->ledger, id, &chain) || chain.parent >= id)
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
	to = lh_merged_node(run, parent, lock,
			    LH_SITE(stack_of(run, m, LH_SITE_STACK(chain.site)),
				    LH_SITE_HOW(chain.site), LH_SITE_MODE(chain.site)));
	m->chain[id] = to;
	if (!to)
		return;
	run->chain[to].flags |= chain.flags & (run->alone ? ~0u : ~(uint32_t)LH_CHAIN_MANY_THREADS);
	copy_visits(run, m, id, chain.visit, to);
}

/* ---- threads and happens-before edges ---- */

static void copy_threads(struct lh_merged_run *run, struct lh_merged_process *m)
{
	m->base = run->threads - 1;
	for (uint32_t i = 1; i < m->threads; i++) {
		struct lh_thread t = {0};

		lh_read_thread(m->process->ledger, i, &t);
		t.end_lock = t.end_lock ? lh_merged_lock_get(run, m, t.end_lock) : 0;
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
		    e.what >= LH_HB_CREATOR_RELEASED || e.a >= m->threads || e.b >= m->threads)
			continue;
		e.a += m->base;
		e.b += m->base;
		LH_PUSH(run->arena, run->hb_edge, run->hb_edges, e);
	}
}

void lh_merged_begin_rows(struct lh_merged_run *run)
{
	run->locks = run->lock_ofs = run->threads = run->chains = run->visits = run->visit_ofs =
		run->hb_edges = 0;
	run->witnesses = 0;
	run->lock = NULL, run->lock_of = NULL, run->thread = NULL, run->chain = NULL;
	run->visit = NULL, run->visit_of = NULL, run->hb_edge = NULL;
	/* row 0 is none */
	LH_PUSH(run->arena, run->lock, run->locks, (struct lh_lock){0});
	LH_PUSH(run->arena, run->lock_of, run->lock_ofs, (struct lh_merged_lock){0});
	LH_PUSH(run->arena, run->thread, run->threads, (struct lh_thread){0});
	LH_PUSH(run->arena, run->chain, run->chains, (struct lh_chain){0});
	LH_PUSH(run->arena, run->visit, run->visits, (struct lh_chain_visit){0});
	LH_PUSH(run->arena, run->visit_of, run->visit_ofs, (struct lh_merged_visit){0});
	LH_PUSH(run->arena, run->hb_edge, run->hb_edges, (struct lh_hb_edge){0});
}

void lh_merged_take(struct lh_merged_run *run, struct lh_merged_process *m)
{
	m->merged = true;
	m->threads = lh_read_used(m->process->ledger, LH_T_THREAD);
	m->threads = m->threads ? m->threads : 1;
	m->chains = lh_read_used(m->process->ledger, LH_T_CHAIN);
	m->lock = lh_arena_alloc(run->arena, (m->locks + 1) * sizeof(*m->lock));
	m->chain = lh_arena_alloc(run->arena, (m->chains + 1) * sizeof(*m->chain));
	m->base = run->threads - 1;
	for (lh_chain_id i = 1; i < m->chains; i++)
		add_chain(run, m, i);
	copy_threads(run, m);
	copy_hb_edges(run, m);
	m->end = run->threads;
	LH_PUSH(run->arena, run->thread, run->threads,
		(struct lh_thread){.flags = LH_THREAD_BARRIER_ROUND});
}

void lh_merged_end_rows(struct lh_merged_run *run)
{
	HASH_CLEAR(hh, run->keys);
	HASH_CLEAR(hh, run->stacks);
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

const struct lh_merged_visit *lh_merged_visit_of(const struct lh_merged_run *run, lh_chain_id chain,
						 lh_thread_id t)
{
	for (uint32_t i = run->chain[chain].visit; i; i = run->visit[i].next)
		if (!t || run->visit[i].thread == t)
			return &run->visit_of[i];
	return NULL;
}

static bool hb_edges_lost(const struct lh_merged_run *run)
{
	for (uint32_t i = 0; i < run->processes; i++)
		if (run->process[i].process->ledger->head.hb_edges_lost)
			return true;
	return false;
}

struct lh_order_input lh_merged_input(const struct lh_merged_run *run, uint32_t hb_edges)
{
	return (struct lh_order_input){.lock = run->lock,
				       .thread = run->thread,
				       .chain = run->chain,
				       .visit = run->visit,
				       .hb_edge = run->hb_edge,
				       .locks = run->locks,
				       .threads = run->threads,
				       .chains = run->chains,
				       .visits = run->visits,
				       .hb_edges = hb_edges,
				       .hb_edges_lost = hb_edges_lost(run)};
}
