/*
 * order_driver.h — gives tables to an order graph, all at once or row by row, and compares cycles.
 *
 * LH_SEED and LH_ROUNDS in the environment change what the random tests try; with LH_PART=5 they
 * try a fifth.
 */
#ifndef ORDER_DRIVER_H
#define ORDER_DRIVER_H

#include "tests/unit/libcheck/order_graph/order_tables.h"
#include "tests/unit/unit.h"

#include <stdint.h>

/* ---- running the order graph ---- */

static const struct lh_order_graph_size graph_size = {.locks = 512,
						      .edges = 8192,
						      .witnesses = 16384,
						      .threads = TABLES_THREADS,
						      .visits = TABLES_VISITS,
						      .hb_edges = TABLES_HB_EDGES,
						      .cycles = CYCLES_MAX,
						      .refill = 1 << 22,
						      .budget_max = 1 << 22};

/* In turn with the usual number of near locks, which no chain here exceeds, and with few. */
static inline struct lh_order_graph *graph_new(uint32_t flags)
{
	enum { NEARS = 4 };
	static uint32_t turn;
	struct lh_order_graph_size size = graph_size;

	size.near = turn++ % NEARS;
	return lh_order_graph_init(calloc(1, lh_order_graph_bytes(&size)), &size, flags);
}

static inline struct cycle cycle_of(const struct lh_cycle *cycle)
{
	struct cycle r = {.n = cycle->n, .filter = cycle->filter};

	for (uint32_t i = 0; i < cycle->n; i++)
		r.link[i] = (struct cycle_link){cycle->link[i].held, cycle->link[i].held_site,
						cycle->link[i].wanted, cycle->link[i].wanted_site};
	return r;
}

static uint32_t sem_filter; /* of the last semaphore cycle; 255: none */

static inline void collect(struct lh_order_graph *graph, const struct lh_order_input *input,
			   lh_chain_id chain, struct cycle_set *out)
{
	const struct lh_cycle *cycle = lh_order_cycles(graph);
	uint32_t n;

	do {
		n = lh_order_check_chain(graph, input, chain);
		for (uint32_t i = 0; i < n; i++)
			if (cycle[i].rule == LH_RULE_POOL_DEADLOCK)
				sem_filter = cycle[i].filter;
			else if (cycle[i].n <= CYCLE_LINKS_MAX)
				cycle_set_add(out, cycle_of(&cycle[i]));
	} while (n == LH_CYCLES_PER_CALL);
}

/* Gives all rows at once, as the front end does. */
static inline struct lh_order_counts check_all(const struct order_tables *tables, uint32_t flags,
					       struct cycle_set *out)
{
	/* with lock lists or without: the result must be the same */
	struct lh_order_graph *graph =
		graph_new(flags | (tables->steps % 2 ? LH_ORDER_LOCK_LISTS : 0));
	struct lh_order_input input = tables_input(tables);
	struct lh_order_counts counts;

	sem_filter = 255;
	for (lh_chain_id chain = 1; chain < input.chains; chain++)
		collect(graph, &input, chain, out);
	if (!CHECK(lh_order_graph_is_consistent(graph)))
		printf("\torder graph inconsistent\n");
	counts = lh_order_counts(graph);
	free(graph);
	return counts;
}

/*
 * Gives the rows one by one in the order of arrival, as the library does. Only the happens-before
 * edges are all there from the start: in a program an edge comes before the visits that it orders,
 * but here edges are added at random.
 */
static inline void check_growing(const struct order_tables *tables, uint32_t flags,
				 struct cycle_set *out)
{
	struct lh_order_graph *graph = graph_new(flags | LH_ORDER_LOCK_LISTS);
	struct order_tables *growing = tables_new();

	memcpy(growing->lock, tables->lock, sizeof growing->lock);
	for (uint32_t i = 0; i < tables->locks; i++)
		growing->lock[i].chains = 0;
	memcpy(growing->thread, tables->thread, sizeof growing->thread);
	growing->locks = tables->locks;
	memcpy(growing->hb_edge, tables->hb_edge, sizeof growing->hb_edge);
	growing->threads = tables->threads;
	growing->hb_edges = tables->hb_edges;
	growing->hb_edges_lost = tables->hb_edges_lost;
	sem_filter = 255;
	for (uint32_t i = 0; i < tables->steps; i++) {
		uint32_t row = tables->step[i].row;
		lh_chain_id chain_to_check = 0;
		switch (tables->step[i].what) {
		case STEP_CHAIN:
			growing->chain[row] = tables->chain[row];
			growing->chain[row].visit = 0;
			growing->chain[row].flags &= LH_CHAIN_UNCANCELLABLE;
			growing->chains = row + 1;
			growing->lock[LH_LOCK_ROW(growing->chain[row].lock)].chains = row;
			chain_to_check = row;
			break;
		case STEP_VISIT:
			growing->visit[row] = tables->visit[row];
			chain_to_check = growing->visit[row].chain;
			growing->visit[row].next = growing->chain[chain_to_check].visit;
			growing->chain[chain_to_check].visit = row;
			growing->visits = row + 1;
			break;
		case STEP_HB_EDGE:
			break;
		}
		struct lh_order_input input = tables_input(growing);
		if (chain_to_check)
			collect(graph, &input, chain_to_check, out);
	}
	CHECK(lh_order_graph_is_consistent(graph));
	free(graph);
	free(growing);
}

/* ---- random numbers, comparing, printing ---- */

static uint64_t random_state;

static inline uint32_t random_below(uint32_t n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random_state >> 33) % n;
}

static inline void print_cycle(const struct cycle *r)
{
	static const char *const name[] = {"counts",  "threads", "gate", "ordered",
					   "readers", "try",     "timed"};

	printf("\t%s:", name[r->filter]);
	for (uint32_t i = 0; i < r->n; i++)
		printf(" [holds %u/%x wants %u/%x]", LH_LOCK_ROW(r->link[i].held),
		       r->link[i].held_site, LH_LOCK_ROW(r->link[i].wanted),
		       r->link[i].wanted_site);
	printf("\n");
}

static inline void print_tables(const struct order_tables *tables)
{
	for (uint32_t i = 1; i < tables->locks; i++)
		printf("\tlock %u kind %u flags %x initial %u\n", i, tables->lock[i].kind,
		       tables->lock[i].flags, tables->lock[i].initial);
	for (uint32_t i = 1; i < tables->threads; i++)
		printf("\tthread %u creator %u creator chain %u\n", i, tables->thread[i].creator,
		       tables->thread[i].creator_chain);
	for (uint32_t i = 1; i < tables->chains; i++) {
		printf("\tchain %u parent %u lock %u site %x visits", i, tables->chain[i].parent,
		       LH_LOCK_ROW(tables->chain[i].lock), tables->chain[i].site);
		for (uint32_t s = tables->chain[i].visit; s; s = tables->visit[s].next)
			printf(" %u@%u-%u", tables->visit[s].thread, tables->visit[s].first,
			       tables->visit[s].last);
		printf("\n");
	}
	for (uint32_t i = 1; i < tables->hb_edges; i++)
		printf("\thb edge %u@%u -> %u@%u\n", tables->hb_edge[i].a,
		       tables->hb_edge[i].a_segment, tables->hb_edge[i].b,
		       tables->hb_edge[i].b_segment);
}

/* True if each cycle of `a` is in `others` with the same filter; only_counted: checks only cycles
 * that count or are timed. `name` says what found `a`. */
static inline bool contained(struct cycle_set *a, struct cycle_set *others, bool only_counted,
			     const char *name)
{
	for (uint32_t i = 0; i < a->n; i++) {
		const struct cycle *r = &a->cycle[i], *o = cycle_set_find(others, r);
		if (only_counted && r->filter != LH_F_NONE && r->filter != LH_F_TIMED)
			continue;
		if (o && o->filter == r->filter)
			continue;
		printf("\tonly %s finds this (filter in the other: %d)\n", name,
		       o ? (int)o->filter : -1);
		print_cycle(r);
		return false;
	}
	return true;
}

static inline bool same_cycles(struct cycle_set *found, struct cycle_set *oracle, bool only_counted)
{
	return contained(found, oracle, only_counted, "the order graph") &&
	       contained(oracle, found, only_counted, "the oracle");
}

static inline uint32_t rounds(uint32_t usual)
{
	const char *text = getenv("LH_ROUNDS"), *part = getenv("LH_PART");

	if (text)
		return (uint32_t)strtoul(text, NULL, 10);
	return part ? usual / (uint32_t)strtoul(part, NULL, 10) : usual;
}

/* Otherwise a test cannot say how often it must have met a case. */
static inline bool are_usual_rounds(void)
{
	return !getenv("LH_ROUNDS") && !getenv("LH_PART");
}

static inline uint64_t seed(uint64_t i)
{
	const char *text = getenv("LH_SEED");

	return text ? strtoull(text, NULL, 10) : i * 0x9e3779b97f4a7c15u + 1;
}

#endif
