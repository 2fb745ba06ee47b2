/*
 * order_driver.h — shows a book to the judge, whole or piece by piece, and compares rings.
 *
 * LH_SEED and LH_ROUNDS in the environment change what the random tests try.
 */
#ifndef JUDGE_DRIVE_H
#define JUDGE_DRIVE_H

#include "tests/unit/libcheck/order_graph/order_tables.h"
#include "tests/unit/unit.h"

#include <stdint.h>

/* ---- driving the judge ---- */

static const struct lh_order_graph_size room = {.locks = 512,
						.edges = 8192,
						.witnesses = 16384,
						.threads = BOOK_THREADS,
						.visits = BOOK_SEENS,
						.hb_edges = BOOK_EVENTS,
						.cycles = RINGS_MAX,
						.refill = 1 << 22,
						.budget_max = 1 << 22};

static inline struct lh_order_graph *judge_new(uint32_t flags)
{
	return lh_order_graph_init(calloc(1, lh_order_graph_bytes(&room)), &room, flags);
}

static inline struct ring ring_of(const struct lh_cycle *cycle)
{
	struct ring r = {.n = cycle->n, .filter = cycle->filter};

	for (uint32_t i = 0; i < cycle->n; i++)
		r.link[i] = (struct ring_link){cycle->link[i].held, cycle->link[i].held_site,
					       cycle->link[i].wanted, cycle->link[i].wanted_site};
	return r;
}

static uint32_t pool_filter; /* of the last pool finding; 255 none */

static inline void collect(struct lh_order_graph *graph, const struct lh_order_input *input,
			   lh_chain_id chain, struct rings *out)
{
	const struct lh_cycle *cycle = lh_order_cycles(graph);
	uint32_t n;

	do {
		n = lh_order_check_chain(graph, input, chain);
		for (uint32_t i = 0; i < n; i++)
			if (cycle[i].rule == LH_RULE_POOL_DEADLOCK)
				pool_filter = cycle[i].filter;
			else if (cycle[i].n <= RING_MAX)
				rings_add(out, ring_of(&cycle[i]));
	} while (n == LH_CYCLES_PER_CALL);
}

/* All at once, as the front end does. */
static inline struct lh_order_counts judge_whole(const struct book *b, uint32_t flags,
						 struct rings *out)
{
	/* with lists and without: there is no difference to be seen */
	struct lh_order_graph *graph = judge_new(flags | (b->steps % 2 ? LH_ORDER_LOCK_LISTS : 0));
	struct lh_order_input input = book_facts(b);
	struct lh_order_counts counts;

	pool_filter = 255;
	for (lh_chain_id chain = 1; chain < input.chains; chain++)
		collect(graph, &input, chain, out);
	if (!CHECK(lh_order_graph_is_consistent(graph)))
		printf("\torder between locks broken\n");
	counts = lh_order_counts(graph);
	free(graph);
	return counts;
}

/* Piece by piece in the order of arrival, as the library does. Only the order of threads is
 * known from the beginning: here events come at random, in a program before what they order. */
static inline void judge_growing(const struct book *b, uint32_t flags, struct rings *out)
{
	struct lh_order_graph *graph = judge_new(flags | LH_ORDER_LOCK_LISTS);
	struct book *g = book_new();

	memcpy(g->lock, b->lock, sizeof g->lock);
	for (uint32_t i = 0; i < b->locks; i++)
		g->lock[i].chains = 0;
	memcpy(g->thread, b->thread, sizeof g->thread);
	g->locks = b->locks;
	memcpy(g->event, b->event, sizeof g->event);
	g->threads = b->threads;
	g->events = b->events;
	g->orders_lost = b->orders_lost;
	pool_filter = 255;
	for (uint32_t i = 0; i < b->steps; i++) {
		uint32_t row = b->step[i].row;
		lh_chain_id ask = 0;
		switch (b->step[i].what) {
		case STEP_NODE:
			g->node[row] = b->node[row];
			g->node[row].visit = 0;
			g->node[row].flags = 0;
			g->nodes = row + 1;
			g->lock[LH_LOCK_ROW(g->node[row].lock)].chains = row;
			ask = row;
			break;
		case STEP_SEEN:
			g->seen[row] = b->seen[row];
			ask = g->seen[row].chain;
			g->seen[row].next = g->node[ask].visit;
			g->node[ask].visit = row;
			g->seens = row + 1;
			break;
		case STEP_MANY:
			g->node[row].flags |= LH_CHAIN_MANY_THREADS;
			ask = row;
			break;
		case STEP_EVENT:
			break;
		}
		struct lh_order_input input = book_facts(g);
		if (ask)
			collect(graph, &input, ask, out);
	}
	CHECK(lh_order_graph_is_consistent(graph));
	free(graph);
	free(g);
}

/* ---- dice, comparing, printing ---- */

static uint64_t state;

static inline uint32_t dice(uint32_t sides)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % sides;
}

static inline void print_ring(const struct book *b, const struct ring *r)
{
	static const char *const name[] = {"counts",  "threads", "gate", "ordered",
					   "readers", "try",     "timed"};

	printf("\t%s:", name[r->filter]);
	for (uint32_t i = 0; i < r->n; i++)
		printf(" [holds %u/%x wants %u/%x]", LH_LOCK_ROW(r->link[i].held),
		       r->link[i].held_place, LH_LOCK_ROW(r->link[i].wanted),
		       r->link[i].wanted_place);
	printf("\n");
	(void)b;
}

static inline void print_book(const struct book *b)
{
	for (uint32_t i = 1; i < b->locks; i++)
		printf("\tlock %u kind %u flags %x initial %u\n", i, b->lock[i].kind,
		       b->lock[i].flags, b->lock[i].initial);
	for (uint32_t i = 1; i < b->threads; i++)
		printf("\tthread %u creator %u guard %u\n", i, b->thread[i].creator,
		       b->thread[i].creator_chain);
	for (uint32_t i = 1; i < b->nodes; i++) {
		printf("\tnode %u parent %u lock %u place %x%s seen", i, b->node[i].parent,
		       LH_LOCK_ROW(b->node[i].lock), b->node[i].site,
		       b->node[i].flags & LH_CHAIN_MANY_THREADS ? " many" : "");
		for (uint32_t s = b->node[i].visit; s; s = b->seen[s].next)
			printf(" %u@%u-%u", b->seen[s].thread, b->seen[s].first, b->seen[s].last);
		printf("\n");
	}
	for (uint32_t i = 1; i < b->events; i++)
		printf("\tevent %u@%u -> %u@%u\n", b->event[i].a, b->event[i].a_segment,
		       b->event[i].b, b->event[i].b_segment);
}

/* Everything in `a` that `wanted` says is in `b` with the same filter. */
static inline bool contained(const struct book *b, struct rings *a, struct rings *other,
			     bool counting_only, const char *who)
{
	for (uint32_t i = 0; i < a->n; i++) {
		const struct ring *r = &a->ring[i], *o = rings_find(other, r);
		if (counting_only && r->filter != LH_F_NONE && r->filter != LH_F_TIMED)
			continue;
		if (o && o->filter == r->filter)
			continue;
		printf("\tonly %s says so (the other: %d)\n", who, o ? (int)o->filter : -1);
		print_ring(b, r);
		return false;
	}
	return true;
}

static inline bool same_rings(const struct book *b, struct rings *judge, struct rings *oracle,
			      bool counting)
{
	return contained(b, judge, oracle, counting, "the judge") &&
	       contained(b, oracle, judge, counting, "the oracle");
}

static inline uint32_t rounds(uint32_t usual)
{
	const char *more = getenv("LH_ROUNDS");

	return more ? (uint32_t)strtoul(more, NULL, 10) : usual;
}

static inline uint64_t seed(uint64_t i)
{
	const char *given = getenv("LH_SEED");

	return given ? strtoull(given, NULL, 10) : i * 0x9e3779b97f4a7c15u + 1;
}

#endif
