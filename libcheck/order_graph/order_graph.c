/*
 * order_graph.c — the memory and the budget of an order graph, and its searches.
 */
#include "libcheck/order_graph/order_graph_internal.h"

enum { REFILL = 500, BUDGET_MAX = 1 << 18 }; /* a step is 5 to 10 ns */

/* ---- memory ---- */

/* The next piece of the memory. Without memory it only counts. */
static void *next_piece(char *memory, size_t *at, size_t row_size, size_t n)
{
	void *p = memory ? memory + *at : NULL;

	*at += (row_size * n + 15) & ~(size_t)15;
	return p;
}

/* Returns the rows of the index. */
static void *lay_out_index(struct lh_index *index, char *memory, size_t *at, uint32_t row_size,
			   uint32_t size)
{
	uint32_t *head = next_piece(memory, at, sizeof *head, size);
	char *first = next_piece(memory, at, row_size, size);

	*index = (struct lh_index){head, first, .lists = 1, .row_size = row_size, .size = size};
	return first;
}

/* Sets where everything lies. Returns how many bytes that needs. */
static size_t lay_out(struct lh_order_graph *graph, char *memory)
{
	const struct lh_order_graph_size *size = &graph->size;
	size_t at = 0;

	next_piece(memory, &at, sizeof *graph, 1);
	graph->vertex = lay_out_index(&graph->vertex_by_lock, memory, &at, sizeof *graph->vertex,
				      size->locks);
	graph->edge =
		lay_out_index(&graph->edge_by_ends, memory, &at, sizeof *graph->edge, size->edges);
	graph->known = lay_out_index(&graph->known_by_key, memory, &at, sizeof *graph->known,
				     size->cycles);
	graph->known_locks = lay_out_index(&graph->known_by_locks, memory, &at,
					   sizeof *graph->known_locks, 4 * size->cycles);
	graph->witness = next_piece(memory, &at, sizeof *graph->witness, size->witnesses);
	graph->thread = next_piece(memory, &at, sizeof *graph->thread, size->threads);
	graph->visit_next = next_piece(memory, &at, sizeof(uint32_t), size->visits);
	graph->hb_edge_next = next_piece(memory, &at, sizeof(uint32_t), size->hb_edges);
	for (int i = 0; i < 2; i++)
		graph->list[i] = next_piece(memory, &at, sizeof(uint32_t), size->locks);
	graph->slot =
		next_piece(memory, &at, sizeof *graph->slot, LH_CYCLE_MAX + LH_QUEUED_WRITERS_MAX);
	graph->found = next_piece(memory, &at, sizeof *graph->found, LH_CYCLES_PER_CALL);
	return at;
}

size_t lh_order_graph_bytes(const struct lh_order_graph_size *size)
{
	struct lh_order_graph graph = {.size = *size};

	return lay_out(&graph, NULL);
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
	lay_out(graph, memory);
	return graph;
}

void lh_order_graph_touch(struct lh_order_graph *graph)
{
	void *const first[] = {graph->vertex_by_lock.head,
			       graph->vertex,
			       graph->edge_by_ends.head,
			       graph->edge,
			       graph->witness,
			       graph->thread,
			       graph->visit_next,
			       graph->list[0],
			       graph->list[1]};

	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
		__atomic_fetch_or((char *)first[i], 0, __ATOMIC_RELAXED);
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

static void search_from(struct lh_order_graph *graph, lh_chain_id chain)
{
	int64_t reserved;

	refill(graph);
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
	refill(graph);
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
