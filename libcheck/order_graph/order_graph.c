/*
 * order_graph.c — the memory and the budget of an order graph, and its searches.
 */
#include "libcheck/order_graph/order_graph_internal.h"

enum { REFILL = 500, DEEP_REFILL = 16, BUDGET_MAX = 1 << 18 /* a step is 5 to 10 ns */, NEAR = 64 };

/* ---- memory ---- */

/* Where the pieces of the memory come from: one after the other from a block, or each from
 * `growing`. With neither, they are only counted. */
struct pieces {
	char *block;
	size_t at;
	const struct lh_order_memory *growing;
	bool refused;
};

static void *next_piece(struct pieces *p, size_t row_size, size_t now, size_t whole)
{
	void *piece = p->block ? p->block + p->at : NULL;

	if (p->growing) {
		piece = p->growing->at(row_size * now, row_size * whole);
		p->refused |= !piece;
	}
	p->at += (row_size * whole + 15) & ~(size_t)15;
	return piece;
}

/* Returns the rows of the index. */
static void *lay_out_index(struct lh_index *index, struct pieces *p, uint32_t row_size,
			   uint32_t now, uint32_t whole)
{
	uint32_t *head = next_piece(p, sizeof *head, now, whole);
	char *first = next_piece(p, row_size, now, whole);

	*index = (struct lh_index){head, first, .lists = 1, .row_size = row_size, .size = now};
	return first;
}

/* Sets where everything but the graph itself lies. */
static void lay_out(struct lh_order_graph *graph, struct pieces *p,
		    const struct lh_order_graph_size *whole)
{
	const struct lh_order_graph_size *now = &graph->size;
	const size_t slots = LH_CYCLE_MAX + LH_QUEUED_WRITERS_MAX;

	graph->vertex = lay_out_index(&graph->vertex_by_lock, p, sizeof *graph->vertex, now->locks,
				      whole->locks);
	graph->edge = lay_out_index(&graph->edge_by_ends, p, sizeof *graph->edge, now->edges,
				    whole->edges);
	graph->known = lay_out_index(&graph->known_by_key, p, sizeof *graph->known, now->cycles,
				     whole->cycles);
	graph->known_locks = lay_out_index(&graph->known_by_locks, p, sizeof *graph->known_locks,
					   4 * now->cycles, 4 * whole->cycles);
	graph->witness = next_piece(p, sizeof *graph->witness, now->witnesses, whole->witnesses);
	graph->thread = next_piece(p, sizeof *graph->thread, now->threads, whole->threads);
	graph->visit_next = next_piece(p, sizeof(uint32_t), now->visits, whole->visits);
	graph->visit_prev = next_piece(p, sizeof(uint32_t), now->visits, whole->visits);
	graph->hb_edge_next = next_piece(p, sizeof(uint32_t), now->hb_edges, whole->hb_edges);
	graph->knows = next_piece(p, sizeof *graph->knows, now->lock_rows, whole->lock_rows);
	for (int i = 0; i < 2; i++)
		graph->list[i] = next_piece(p, sizeof(uint32_t), now->locks, whole->locks);
	graph->closing = next_piece(p, sizeof(uint32_t), now->locks, whole->locks);
	graph->slot = next_piece(p, sizeof *graph->slot, slots, slots);
	graph->found = next_piece(p, sizeof *graph->found, LH_CYCLES_PER_CALL, LH_CYCLES_PER_CALL);
}

size_t lh_order_graph_bytes(const struct lh_order_graph_size *size)
{
	struct lh_order_graph graph = {.size = *size};
	struct pieces p = {0};

	next_piece(&p, sizeof graph, 1, 1);
	lay_out(&graph, &p, size);
	return p.at;
}

static struct lh_order_graph *init(struct pieces *p, const struct lh_order_graph_size *now,
				   const struct lh_order_graph_size *whole, uint32_t flags)
{
	struct lh_order_graph *graph = next_piece(p, sizeof *graph, 1, 1);

	if (!graph)
		return NULL;
	graph->size = *now;
	graph->flags = flags;
	if (!graph->size.refill)
		graph->size.refill = REFILL;
	if (!graph->size.budget_max)
		graph->size.budget_max = BUDGET_MAX;
	if (!(flags & LH_ORDER_LOCK_LISTS)) /* far edges could not be made later */
		graph->size.near = UINT32_MAX;
	else if (!graph->size.near)
		graph->size.near = NEAR;
	graph->budget = graph->size.budget_max;
	graph->more = p->growing ? p->growing->more : NULL;
	lay_out(graph, p, whole);
	/* the caller has no more rows than fit */
	graph->size.threads = whole->threads;
	graph->size.visits = whole->visits;
	graph->size.hb_edges = whole->hb_edges;
	graph->size.lock_rows = whole->lock_rows;
	return p->refused ? NULL : graph;
}

struct lh_order_graph *lh_order_graph_init(void *memory, const struct lh_order_graph_size *size,
					   uint32_t flags)
{
	struct pieces p = {.block = memory};

	return init(&p, size, size, flags);
}

struct lh_order_graph *lh_order_graph_init_growing(const struct lh_order_memory *memory,
						   const struct lh_order_graph_size *now,
						   const struct lh_order_graph_size *whole,
						   uint32_t flags)
{
	struct pieces p = {.growing = memory};

	return init(&p, now, whole, flags);
}

void lh_order_graph_resize(struct lh_order_graph *graph, const struct lh_order_graph_size *now)
{
	graph->vertex_by_lock.size = now->locks;
	graph->edge_by_ends.size = now->edges;
	graph->known_by_key.size = now->cycles;
	graph->known_by_locks.size = 2 * now->cycles;
	graph->size.witnesses = now->witnesses;
}

/* ---- searches ---- */

static void refill(struct lh_order_graph *graph, lh_chain_id chain)
{
	if (graph->budget < 0)
		graph->budget = 0;
	graph->budget += graph->size.refill + DEEP_REFILL * lh_order_deep_steps(graph, chain);
	if (graph->budget > graph->size.budget_max)
		graph->budget = graph->size.budget_max;
}

/* A new writer that may queue: readers of this lock can now wait for readers. */
static void search_from_readers(struct lh_order_graph *graph, lh_chain_id chain)
{
	uint32_t v = lh_order_vertex_find(graph, graph->rows.chain[chain].lock);

	for (uint32_t e = v ? graph->vertex[v].in : 0; e && graph->budget > 0;
	     e = graph->edge[e].in_next)
		for (uint32_t w = graph->edge[e].witness; w; w = graph->witness[w].next) {
			lh_chain_id reader = graph->witness[w].chain;
			if (LH_SITE_MODE(graph->rows.chain[reader].site) == LH_SHARED)
				lh_cycle_search(graph, reader);
		}
}

/* Does the lock lie on a cycle of edges, or is it wanted while permits of it are held? */
static bool may_close_cycle(struct lh_order_graph *graph, lh_lock_id lock)
{
	uint32_t v = lh_order_vertex_find(graph, lock);

	return v && (graph->vertex[lh_component_find(graph, v)].members > 1 ||
		     (lh_order_lock(graph, lock)->flags & LH_LOCK_COUNTING));
}

static void search_from(struct lh_order_graph *graph, lh_chain_id chain)
{
	int64_t reserved;

	refill(graph, chain);
	if (!may_close_cycle(graph, graph->rows.chain[chain].lock))
		return;
	reserved = graph->budget / 2; /* no search may use up the budget */
	graph->budget -= reserved;
	lh_semaphore_search(graph, chain);
	lh_cycle_search(graph, chain);
	if (lh_order_wants_to_write(graph, chain))
		search_from_readers(graph, chain);
	graph->budget += reserved;
}

uint32_t lh_order_check_chain(struct lh_order_graph *graph, const struct lh_order_input *input,
			      lh_chain_id chain)
{
	graph->rows = *input;
	graph->found_n = 0;
	if (!chain || chain >= input->chains)
		return 0;
	lh_order_add_chain(graph, chain);
	search_from(graph, chain);
	return graph->found_n;
}

uint32_t lh_order_check_lock(struct lh_order_graph *graph, const struct lh_order_input *input,
			     lh_lock_id lock)
{
	uint32_t left = input->chains;

	graph->rows = *input;
	graph->found_n = 0;
	/* newest first, except for reused rows; `left`: a damaged list may be cyclic */
	for (lh_chain_id chain = lh_order_lock(graph, lock)->chains;
	     chain && chain < input->chains && left--; chain = input->chain[chain].next)
		if (chain <= graph->chain_high && input->chain[chain].lock == lock)
			search_from(graph, chain);
	return graph->found_n;
}

uint32_t lh_order_check_wait(struct lh_order_graph *graph, const struct lh_order_input *input,
			     lh_chain_id wait)
{
	graph->rows = *input;
	graph->found_n = 0;
	if (!wait || wait >= input->chains)
		return 0;
	lh_order_add_chain(graph, input->chains - 1); /* all writers that could queue */
	refill(graph, wait);
	lh_condition_search(graph, wait);
	return graph->found_n;
}

const struct lh_cycle *lh_order_cycles(const struct lh_order_graph *graph)
{
	return graph->found;
}

struct lh_order_counts lh_order_counts(const struct lh_order_graph *graph)
{
	struct lh_order_counts counts = graph->counts;

	counts.cycles = graph->known_by_key.rows;
	return counts;
}

/* Marks the part in which the segment is; none: it is before all of them. */
static void mark(uint32_t segment, const uint32_t *from, uint32_t n, bool *used)
{
	uint32_t low = 0, high = n; /* from[low] <= segment < from[high] */

	if (!n || segment < from[0])
		return;
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		*(from[middle] <= segment ? &low : &high) = middle;
	}
	used[low] = true;
}

void lh_order_mark_used(struct lh_order_graph *graph, const struct lh_order_input *input,
			lh_thread_id thread, const uint32_t *from, uint32_t n, bool *used)
{
	graph->rows = *input;
	lh_order_add_chain(graph, graph->chain_high); /* all visits and edges */
	for (uint32_t i = thread < graph->size.threads ? graph->thread[thread].visit : 0; i;
	     i = graph->visit_next[i])
		mark(input->visit[i].first, from, n, used);
	for (uint32_t i = thread < graph->size.threads ? graph->thread[thread].hb_edge : 0; i;
	     i = graph->hb_edge_next[i]) {
		const struct lh_hb_edge *e = &input->hb_edge[i];
		if (e->what == LH_HB_TEAM_FORK)
			for (uint32_t k = 0; k < n; k++)
				used[k] = true;
		else if (e->what != LH_HB_TEAM_JOIN)
			mark(e->a_segment, from, n, used);
	}
}
