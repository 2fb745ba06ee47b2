/*
 * cycle_findings.c — the cycles that were found so far, each once, and those that the current call
 * returns.
 */
#include "libcheck/order_graph/order_graph_internal.h"

const struct lh_lock lh_order_no_lock = {.kind = LH_NOTHING};

static struct lh_known_cycle *find_known(const struct lh_order_graph *graph, uint64_t key)
{
	uint32_t i = graph->tables.known_head[(uint32_t)key & graph->tables.known_mask];

	while (i && graph->tables.known[i].key != key)
		i = graph->tables.known[i].hash_next;
	return i ? &graph->tables.known[i] : NULL;
}

static struct lh_known_cycle *new_known(struct lh_order_graph *graph, uint64_t key)
{
	uint32_t *head = &graph->tables.known_head[(uint32_t)key & graph->tables.known_mask],
		 i = graph->counts.cycles + 1;

	if (i >= graph->size.cycles) {
		graph->counts.refused++;
		return NULL;
	}
	graph->counts.cycles = i;
	graph->tables.known[i] = (struct lh_known_cycle){.key = key, .hash_next = *head};
	*head = i;
	return &graph->tables.known[i];
}

/* The later the test that failed, the nearer the cycle is to an error. */
static uint32_t tests_passed(enum lh_filter filter)
{
	return filter == LH_F_NONE ? LH_FILTERS : filter;
}

struct lh_cycle *lh_order_finding_add(struct lh_order_graph *graph,
				      const struct lh_order_input *input, uint64_t key,
				      enum lh_filter filter)
{
	struct lh_known_cycle *known = find_known(graph, key);
	struct lh_cycle *out;

	if (input->hb_edges_lost && tests_passed(filter) > tests_passed(LH_F_ORDERED))
		filter = LH_F_ORDERED;
	bool is_better = !known || tests_passed(filter) > tests_passed(known->filter);
	if (!known)
		known = new_known(graph, key);
	if (!known)
		return NULL;
	known->count++;
	if (!is_better || graph->found_n == LH_CYCLES_PER_CALL)
		return NULL;
	known->filter = filter;
	out = &graph->found[graph->found_n++];
	out->key = key;
	out->count = known->count;
	out->filter = (uint8_t)filter;
	out->severity = filter == LH_F_NONE ? LH_ERROR : LH_NOTE;
	return out;
}

int lh_cycle_compare(const struct lh_cycle *a, const struct lh_cycle *b)
{
	if (a->filter != b->filter)
		return tests_passed(a->filter) > tests_passed(b->filter) ? -1 : 1;
	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	return a->key < b->key ? -1 : a->key > b->key;
}
