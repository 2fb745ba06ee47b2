/* order_query.c — asks the order graph about each chain of a set of rows, and keeps each cycle
 * once. */
#include "tools/lock_order/lock_order_internal.h"

#include <stdlib.h>

enum { REFILL = 4000, BUDGET_MAX = 1 << 22 }; /* steps, of 5 to 10 ns */

struct lh_cycle *lh_answer_find(const struct lh_answers *a, uint64_t key)
{
	for (uint32_t i = 0; i < a->n; i++)
		if (a->cycle[i].key == key)
			return &a->cycle[i];
	return NULL;
}

/* The order graph returns a cycle again if the cycle passes more tests than before. */
static void store(struct lh_answers *a, const struct lh_cycle *cycle)
{
	struct lh_cycle *old = lh_answer_find(a, cycle->key);

	if (!a->wanted(a->with, cycle))
		return;
	if (old)
		*old = *cycle;
	else
		LH_PUSH(a->arena, a->cycle, a->n, *cycle);
}

static int by_order(const void *a, const void *b)
{
	return lh_cycle_compare(a, b);
}

uint32_t lh_order_query(const struct lh_order_input *input, uint32_t witnesses, bool filtered,
			struct lh_answers *a)
{
	const struct lh_order_graph_size size = {.locks = input->locks + 1,
						 .edges = witnesses + input->visits + 1,
						 .witnesses = 2 * (witnesses + input->visits) + 1,
						 .threads = input->threads,
						 .visits = input->visits,
						 .hb_edges = input->hb_edges,
						 .cycles = input->chains + 64,
						 .refill = REFILL,
						 .budget_max = BUDGET_MAX};
	void *memory = calloc(1, lh_order_graph_bytes(&size));
	struct lh_order_counts counts;
	struct lh_order_graph *graph;

	if (!memory)
		return UINT32_MAX;
	graph = lh_order_graph_init(memory, &size, filtered ? LH_ORDER_KEEP_FILTERED : 0);
	for (lh_chain_id i = 1; i < input->chains; i++) {
		uint32_t n = input->chain[i].visit || input->chain[i].flags
				     ? lh_order_check_chain(graph, input, i)
				     : 0;

		for (uint32_t k = 0; k < n; k++)
			store(a, &lh_order_cycles(graph)[k]);
	}
	counts = lh_order_counts(graph);
	free(memory);
	if (a->n > 1)
		qsort(a->cycle, a->n, sizeof(*a->cycle), by_order);
	return counts.cut + counts.refused;
}
