/*
 * order_graph.c — the memory and the budget of an order graph, and its searches.
 */
#include "libcheck/order_graph/order_graph_internal.h"

enum { REFILL = 500, BUDGET_MAX = 1 << 18 }; /* a step is 5 to 10 ns */

/* ---- memory ---- */

static uint32_t buckets(uint32_t rows)
{
	uint32_t n = 64;

	while (n < rows && n < 1u << 24)
		n *= 2;
	return n;
}

/* The next piece of the memory. Without memory it only counts. */
static void *next_piece(char *memory, size_t *at, size_t row_size, size_t n)
{
	void *p = memory ? memory + *at : NULL;

	*at += (row_size * n + 15) & ~(size_t)15;
	return p;
}

static size_t set_table_offsets(struct lh_order_tables *t, char *memory,
				const struct lh_order_graph_size *size)
{
	size_t at = 0;
	uint32_t known = buckets(size->cycles);

	next_piece(memory, &at, sizeof(struct lh_order_graph), 1);
	t->known_mask = known - 1;
	t->vertex_head = next_piece(memory, &at, sizeof(uint32_t), size->locks);
	t->edge_head = next_piece(memory, &at, sizeof(uint32_t), size->edges);
	t->known_head = next_piece(memory, &at, sizeof(uint32_t), known);
	t->vertex = next_piece(memory, &at, sizeof *t->vertex, size->locks);
	t->edge = next_piece(memory, &at, sizeof *t->edge, size->edges);
	t->witness = next_piece(memory, &at, sizeof *t->witness, size->witnesses);
	t->known = next_piece(memory, &at, sizeof *t->known, size->cycles);
	t->thread = next_piece(memory, &at, sizeof *t->thread, size->threads);
	t->visit_next = next_piece(memory, &at, sizeof(uint32_t), size->visits);
	t->hb_edge_next = next_piece(memory, &at, sizeof(uint32_t), size->hb_edges);
	for (int i = 0; i < 2; i++)
		t->list[i] = next_piece(memory, &at, sizeof(uint32_t), size->locks);
	return at;
}

size_t lh_order_graph_bytes(const struct lh_order_graph_size *size)
{
	struct lh_order_tables at;

	return set_table_offsets(&at, NULL, size);
}

struct lh_order_graph *lh_order_graph_init(void *memory, const struct lh_order_graph_size *size,
					   uint32_t flags)
{
	struct lh_order_graph *graph = memory;

	graph->size = *size;
	graph->flags = flags;
	if (!graph->size.refill)
		graph->size.refill = REFILL;
	if (!graph->size.budget_max)
		graph->size.budget_max = BUDGET_MAX;
	graph->budget = graph->size.budget_max;
	graph->vertex_lists = graph->edge_lists = 1;
	set_table_offsets(&graph->tables, memory, size);
	return graph;
}

/* ---- searches ---- */

static void refill(struct lh_order_graph *graph)
{
	if (graph->budget < 0)
		graph->budget = 0;
	graph->budget += graph->size.refill;
	if (graph->budget > graph->size.budget_max)
		graph->budget = graph->size.budget_max;
}

/* A new writer that may queue: readers of this lock can now wait for readers. */
static void search_from_readers(struct lh_order_graph *graph, const struct lh_order_input *input,
				lh_chain_id chain)
{
	uint32_t v = lh_order_vertex_find(graph, input->chain[chain].lock);

	for (uint32_t e = v ? graph->tables.vertex[v].in : 0; e && graph->budget > 0;
	     e = graph->tables.edge[e].in_next)
		for (uint32_t w = graph->tables.edge[e].witness; w;
		     w = graph->tables.witness[w].next) {
			lh_chain_id reader = graph->tables.witness[w].chain;
			if (LH_SITE_MODE(input->chain[reader].site) == LH_SHARED)
				lh_cycle_search(graph, input, reader);
		}
}

static void search_from(struct lh_order_graph *graph, const struct lh_order_input *input,
			lh_chain_id chain)
{
	int64_t reserved;

	refill(graph);
	reserved = graph->budget / 2; /* no search may use up the budget */
	graph->budget -= reserved;
	lh_semaphore_search(graph, input, chain);
	lh_cycle_search(graph, input, chain);
	if (lh_order_asks_as_writer(input, chain))
		search_from_readers(graph, input, chain);
	graph->budget += reserved;
}

uint32_t lh_order_check_chain(struct lh_order_graph *graph, const struct lh_order_input *input,
			      lh_chain_id chain)
{
	graph->found_n = 0;
	if (!chain || chain >= input->chains)
		return 0;
	lh_order_add_chain(graph, input, chain);
	search_from(graph, input, chain);
	return graph->found_n;
}

uint32_t lh_order_check_lock(struct lh_order_graph *graph, const struct lh_order_input *input,
			     lh_lock_id lock)
{
	uint32_t left = input->chains;

	graph->found_n = 0;
	/* newest first, except for reused rows; `left`: a damaged list may be cyclic */
	for (lh_chain_id chain = lh_order_lock_row(input, lock)->chains;
	     chain && chain < input->chains && left--; chain = input->chain[chain].next)
		if (chain <= graph->chain_high && input->chain[chain].lock == lock)
			search_from(graph, input, chain);
	return graph->found_n;
}

const struct lh_cycle *lh_order_cycles(const struct lh_order_graph *graph)
{
	return graph->found;
}

struct lh_order_counts lh_order_counts(const struct lh_order_graph *graph)
{
	return graph->counts;
}
