/*
 * order_tables.h — input rows for an order graph, made by hand; and sets of cycles, in which the
 * results of order graph, oracle and simulator are compared.
 *
 * Knows the layout of the rows and nothing of the order graph. The caller frees the tables.
 */
#ifndef ORDER_TABLES_H
#define ORDER_TABLES_H

#include "libcheck/order_graph/order_graph.h"

#include <stdlib.h>
#include <string.h>

enum {
	TABLES_LOCKS = 128,
	TABLES_THREADS = 48,
	TABLES_CHAINS = 2048,
	TABLES_VISITS = 4096,
	TABLES_HB_EDGES = 256
};

/* The rows in the order in which they were added, so that they can be given one by one. */
struct tables_step {
	enum { STEP_CHAIN, STEP_VISIT, STEP_HB_EDGE } what;
	uint32_t row;
};

struct order_tables {
	struct lh_lock lock[TABLES_LOCKS];
	struct lh_thread thread[TABLES_THREADS];
	struct lh_chain chain[TABLES_CHAINS];
	struct lh_chain_visit visit[TABLES_VISITS];
	struct lh_hb_edge hb_edge[TABLES_HB_EDGES];
	uint32_t locks, threads, chains, visits, hb_edges;
	struct tables_step step[TABLES_CHAINS + TABLES_VISITS + TABLES_HB_EDGES];
	uint32_t steps;
	bool hb_edges_lost;
};

static inline struct order_tables *tables_new(void)
{
	struct order_tables *tables = calloc(1, sizeof *tables);

	tables->locks = tables->threads = tables->chains = tables->visits = tables->hb_edges = 1;
	return tables;
}

static inline lh_lock_id tables_add_lock(struct order_tables *tables, enum lh_kind kind,
					 uint32_t flags)
{
	uint32_t row = tables->locks++;

	tables->lock[row] = (struct lh_lock){.kind = (uint8_t)kind, .flags = flags, .gen = 1};
	return LH_LOCK_ID(row, 1);
}

static inline lh_thread_id tables_add_thread(struct order_tables *tables, lh_thread_id creator,
					     uint32_t segment)
{
	lh_thread_id t = tables->threads++;

	tables->thread[t] = (struct lh_thread){.creator = creator, .creator_segment = segment};
	tables->thread[t].end_lock = tables_add_lock(tables, LH_THREAD_END, 0);
	return t;
}

static inline void tables_log(struct order_tables *tables, int what, uint32_t row)
{
	tables->step[tables->steps].what = what;
	tables->step[tables->steps++].row = row;
}

static inline void tables_add_hb_edge(struct order_tables *tables, enum lh_hb_kind kind,
				      lh_thread_id a, uint32_t a_segment, lh_thread_id b,
				      uint32_t b_segment)
{
	tables->hb_edge[tables->hb_edges] = (struct lh_hb_edge){kind, a, a_segment, b, b_segment};
	tables_log(tables, STEP_HB_EDGE, tables->hb_edges++);
}

static inline lh_chain_id tables_add_chain(struct order_tables *tables, lh_chain_id parent,
					   lh_lock_id lock, lh_site site)
{
	struct lh_lock *l = &tables->lock[LH_LOCK_ROW(lock)];

	for (lh_chain_id i = 1; i < tables->chains; i++)
		if (tables->chain[i].parent == parent && tables->chain[i].lock == lock &&
		    tables->chain[i].site == site)
			return i;
	tables->chain[tables->chains] = (struct lh_chain){.parent = parent,
							  .lock = lock,
							  .site = site,
							  .depth = tables->chain[parent].depth + 1,
							  .next = l->chains};
	l->chains = tables->chains;
	if (l->kind == LH_RWLOCK && LH_SITE_MODE(site) == LH_EXCLUSIVE)
		l->flags |= LH_LOCK_HAS_WRITERS;
	tables_log(tables, STEP_CHAIN, tables->chains);
	return tables->chains++;
}

/* A visit covers every segment from first to last: extends a row by one segment, or adds a row. */
static inline void tables_add_visit(struct order_tables *tables, lh_chain_id chain,
				    lh_thread_id thread, uint32_t segment)
{
	for (uint32_t i = tables->chain[chain].visit; i; i = tables->visit[i].next) {
		struct lh_chain_visit *s = &tables->visit[i];
		if (s->thread != thread || segment < s->first || segment > s->last + 1)
			continue;
		if (segment > s->last)
			s->last = segment;
		return;
	}
	tables->visit[tables->visits] = (struct lh_chain_visit){
		chain, thread, segment, segment, tables->chain[chain].visit, tables->visits};
	tables->chain[chain].visit = tables->visits;
	tables_log(tables, STEP_VISIT, tables->visits++);
}

static inline struct lh_order_input tables_input(const struct order_tables *tables)
{
	return (struct lh_order_input){.lock = tables->lock,
				       .thread = tables->thread,
				       .chain = tables->chain,
				       .visit = tables->visit,
				       .hb_edge = tables->hb_edge,
				       .locks = tables->locks,
				       .threads = tables->threads,
				       .chains = tables->chains,
				       .visits = tables->visits,
				       .hb_edges = tables->hb_edges,
				       .hb_edges_lost = tables->hb_edges_lost};
}

/* ---- what a thread acquires ---- */

enum {
	X = LH_EXCLUSIVE,
	S = LH_SHARED,
	P = LH_PERMIT,
	WAIT = LH_BLOCKING << 4,
	TIMED = LH_TIMED << 4,
	TRY = LH_TRY << 4
};

struct acquisition {
	lh_lock_id lock;
	uint32_t mode_how; /* mode | how */
};

/* The thread acquires these locks one after the other in this segment, and holds them. */
static inline void tables_acquire(struct order_tables *tables, lh_thread_id t, uint32_t segment,
				  uint32_t n, const struct acquisition *k)
{
	lh_chain_id at = 0;

	for (uint32_t i = 0; i < n; i++) {
		at = tables_add_chain(tables, at, k[i].lock,
				      (lh_site)(n * 16 + i + 1) << 8 | k[i].mode_how);
		tables_add_visit(tables, at, t, segment);
	}
}

/* ---- cycles ---- */

enum { CYCLE_LINKS_MAX = 24, CYCLES_MAX = 4096 };

struct cycle {
	uint32_t n, filter;
	struct cycle_link {
		lh_lock_id held;
		lh_site held_site; /* without how */
		lh_lock_id wanted;
		lh_site wanted_site;
	} link[CYCLE_LINKS_MAX];
};

struct cycle_set {
	uint32_t n, lost;
	struct cycle cycle[CYCLES_MAX];
};

/* A cycle that fails a later filter is closer to counting. */
static inline uint32_t filter_rank(uint32_t filter)
{
	return filter == LH_F_NONE ? LH_FILTERS : filter;
}

static inline void cycle_rotate_to_first(struct cycle *r)
{
	struct cycle_link rotated[CYCLE_LINKS_MAX];
	uint32_t first = 0;

	for (uint32_t i = 1; i < r->n; i++)
		if (memcmp(&r->link[i], &r->link[first], sizeof r->link[0]) < 0)
			first = i;
	for (uint32_t i = 0; i < r->n; i++)
		rotated[i] = r->link[(first + i) % r->n];
	memcpy(r->link, rotated, r->n * sizeof rotated[0]);
}

static inline struct cycle *cycle_set_find(struct cycle_set *s, const struct cycle *r)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (s->cycle[i].n == r->n &&
		    !memcmp(s->cycle[i].link, r->link, r->n * sizeof r->link[0]))
			return &s->cycle[i];
	return NULL;
}

/* A cycle that is in the set already keeps the filter of the higher rank. */
static inline void cycle_set_add(struct cycle_set *s, struct cycle r)
{
	struct cycle *old;

	for (uint32_t i = 0; i < r.n; i++)
		r.link[i].held_site &= ~(lh_site)0xf0;
	cycle_rotate_to_first(&r);
	old = cycle_set_find(s, &r);
	if (old) {
		if (filter_rank(r.filter) > filter_rank(old->filter))
			old->filter = r.filter;
	} else if (s->n < CYCLES_MAX) {
		s->cycle[s->n++] = r;
	} else {
		s->lost++;
	}
}

#endif
