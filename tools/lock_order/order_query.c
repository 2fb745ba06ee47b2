/* order_query.c — asks the order graph about each chain of a set of rows, and keeps each cycle
 * once. */
#include "tools/lock_order/lock_order_internal.h"

#include "libcheck/base/hash.h"

#include <stdlib.h>

enum { REFILL = 4000, BUDGET_MAX = 1 << 22 }; /* steps, of 5 to 10 ns */

struct lh_cycle *lh_answer_find(const struct lh_answers *a, uint64_t key)
{
	for (uint32_t i = 0; i < a->n; i++)
		if (a->cycle[i].key == key)
			return &a->cycle[i];
	return NULL;
}

/* A sum: a cycle has no first link. */
uint64_t lh_cycle_locks_hash(const struct lh_cycle *cycle)
{
	uint64_t h = cycle->filter;

	for (uint32_t i = 0; i < cycle->n; i++)
		h += lh_hash_mix(lh_hash_mix(1, cycle->link[i].held), cycle->link[i].wanted);
	return h;
}

/* The order graph returns a cycle again if the cycle passes more tests than before. */
static void store(struct lh_answers *a, struct lh_arena *arena, const struct lh_cycle *cycle)
{
	struct lh_cycle *old = lh_answer_find(a, cycle->key);

	if (!a->wanted(a->with, cycle))
		return;
	if (old)
		*old = *cycle;
	else
		LH_PUSH(arena, a->cycle, a->n, *cycle);
}

static int by_order(const void *a, const void *b)
{
	return lh_cycle_compare(a, b);
}

static struct lh_order_input input_of(const struct lh_merged_run *run, uint32_t hb_edges)
{
	struct lh_order_input input = {.lock = run->lock,
				       .thread = run->thread,
				       .chain = run->chain,
				       .visit = run->visit,
				       .hb_edge = run->hb_edge,
				       .locks = run->locks,
				       .threads = run->threads,
				       .chains = run->chains,
				       .visits = run->visits,
				       .hb_edges = hb_edges};

	for (uint32_t i = 0; i < run->processes; i++)
		input.hb_edges_lost |= run->process[i].process->ledger->head.hb_edges_lost != 0;
	return input;
}

/* The list of each lock's chains, newest first. */
static void list_chains(const struct lh_merged_run *run)
{
	for (uint32_t i = 0; i < run->locks; i++)
		run->lock[i].chains = 0;
	for (lh_chain_id i = 1; i < run->chains; i++) {
		uint32_t row = LH_LOCK_ROW(run->chain[i].lock);

		if (row >= run->locks)
			continue;
		run->chain[i].next = run->lock[row].chains;
		run->lock[row].chains = i;
	}
}

uint32_t lh_order_query(const struct lh_merged_run *run, uint32_t hb_edges, bool filtered,
			struct lh_answers *a)
{
	const struct lh_order_input input = input_of(run, hb_edges);
	const struct lh_order_graph_size size = {.locks = run->locks + 1,
						 .edges = run->witnesses + run->visits + 1,
						 .witnesses =
							 2 * (run->witnesses + run->visits) + 1,
						 .threads = run->threads,
						 .visits = run->visits,
						 .hb_edges = hb_edges,
						 .cycles = run->chains + 64,
						 .refill = REFILL,
						 .budget_max = BUDGET_MAX};
	void *memory = calloc(1, lh_order_graph_bytes(&size));
	struct lh_order_counts counts;
	struct lh_order_graph *graph;

	if (!memory)
		return UINT32_MAX;
	list_chains(run);
	graph = lh_order_graph_init(memory, &size,
				    LH_ORDER_LOCK_LISTS | (filtered ? LH_ORDER_KEEP_FILTERED : 0));
	for (lh_chain_id i = 1; i < run->chains; i++) {
		uint32_t n = run->chain[i].visit || run->chain[i].flags
				     ? lh_order_check_chain(graph, &input, i)
				     : 0;

		for (uint32_t k = 0; k < n; k++)
			store(a, run->arena, &lh_order_cycles(graph)[k]);
	}
	counts = lh_order_counts(graph);
	free(memory);
	if (a->n > 1)
		qsort(a->cycle, a->n, sizeof(*a->cycle), by_order);
	return counts.cut + counts.refused;
}
