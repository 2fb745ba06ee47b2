/*
 * order_graph.h — turns dependencies into circles: which threads could wait for each other for
 * ever.
 *
 * Pure: rows of the ledger in, findings out as values. Does not print, allocate, lock, wait or
 * recurse, keeps its scratch in memory that the caller hands in, and copies no rows. Linked by
 * the library, which calls it under its own lock for each new dependency, and by the front end,
 * which drives it over one or many ledgers. docs/theory.md says what is claimed and why.
 *
 * - Ownership: one caller at a time; nothing here is atomic.
 * - The rows it was shown must stay where they are and may only be added to. New rows of
 *   LH_T_VISIT and LH_T_HB_EDGE are noticed by themselves at the next call.
 * - Bounded: every call does a bounded number of steps. Calls save up what they did not need,
 *   so that one hard question may cost more, but the average stays. A question that is given
 *   up is counted in `cut`; a row that found no room is counted in `refused`.
 *
 * What the judge needs to be in the ledger:
 * - a node for every acquisition that can wait, also with nothing held: a thread that is joined
 *   holds its own life, and a writer that queues with empty hands can stop readers;
 * - the segment of a seen row is the thread's when it *asked* (before the wait);
 * - a thread may have several seen rows at one node. A row says: seen in every segment from
 *   `first` to `last`. So raise `last` only to last + 1, else add a row while there is room;
 *   what is merged over a gap is judged as if it had happened inside the gap too;
 * - the nodes that want a lock in its list (lh_lock.nodes, lh_chain.next), newest first;
 * - events in any order.
 */
#ifndef LH_ORDER_GRAPH_ORDER_GRAPH_H
#define LH_ORDER_GRAPH_ORDER_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcheck/ledger.h"

#define LH_CYCLE_MAX 64         /* dependencies in one circle; longer ones are not looked for */
#define LH_QUEUED_WRITERS_MAX 4 /* writers that must queue to stop readers, in one circle */
#define LH_CYCLES_PER_CALL 32   /* circles handed back by one call */

/* Where the rows lie. Counts are rows in use, row 0 included. Refresh before each call. */
struct lh_order_input {
	const struct lh_lock *lock;
	const struct lh_thread *thread;
	const struct lh_chain *chain;
	const struct lh_chain_visit *visit;
	const struct lh_hb_edge *hb_edge;
	uint32_t locks, threads, chains, visits, hb_edges;
	bool hb_edges_lost; /* events are missing: any two threads may be ordered */
};

/* One dependency of a circle: `thread`, holding `held`, asks for `wanted`, which the next holds. */
struct lh_cycle_link {
	lh_thread_id thread; /* 0: any of the many that were seen there */
	lh_chain_id chain;   /* the whole chain: everything this thread holds */
	lh_lock_id held;     /* what the link before waits for; a thread's life has place 0 */
	lh_site held_site;
	lh_lock_id wanted;
	lh_site wanted_site;
};

/*
 * A finding. links[0..n) is the ring, beginning at a link that does not depend on the order
 * of arrival. links[n..n+queuers) are the writers that must queue so that a reader of the
 * ring waits behind them; they hold nothing that anyone waits for.
 */
struct lh_cycle {
	uint64_t key;     /* the same locks at the same places: the same finding */
	uint32_t rule;    /* LH_RULE_LOCK_ORDER or LH_RULE_POOL_DEADLOCK */
	uint32_t count;   /* how often it was found so far, this time included */
	uint8_t severity; /* enum lh_severity */
	uint8_t filter;   /* enum lh_filter; LH_F_NONE: it counts */
	uint8_t n, queued_writers;
	struct lh_cycle_link link[LH_CYCLE_MAX + LH_QUEUED_WRITERS_MAX];
};

/* How much room to give. Memory is only touched as it is needed. */
struct lh_order_graph_size {
	uint32_t locks; /* distinct locks that are held while another is asked for, or so asked */
	uint32_t edges; /* distinct pairs (held, wanted) */
	uint32_t witnesses;                 /* sum over all nodes of the locks held there */
	uint32_t threads, visits, hb_edges; /* rows of these tables */
	uint32_t cycles;                    /* distinct findings */
	uint32_t refill;     /* steps that each call adds to what may be spent; 0: default */
	uint32_t budget_max; /* steps that can be saved up; 0: default */
};

enum {
	/* Hand back the circles that a filter set aside as well. Without it only circles that
	 * count and those filed as `timed` are looked for, which is quicker. */
	LH_ORDER_KEEP_FILTERED = 1 << 0,
	/* From lh_lock.nodes on, lh_chain.next leads to every node that wants this lock: what such
	 * a list gives later need not be remembered, see add.c. */
	LH_ORDER_LOCK_LISTS = 1 << 1,
};

struct lh_order_counts {
	uint32_t cut;     /* questions given up */
	uint32_t refused; /* rows that found no room */
	uint32_t locks, edges, witnesses, cycles;
};

struct lh_order_graph;

size_t lh_order_graph_bytes(const struct lh_order_graph_size *room);
/* memory: lh_order_graph_bytes() of it, zero-filled, aligned to 16 */
struct lh_order_graph *lh_order_graph_init(void *memory, const struct lh_order_graph_size *room,
					   uint32_t flags);

/*
 * Node n is new, or a seen row was added to it or grew, or LH_CHAIN_MANY_THREADS was set: which
 * circles does it close? Answers how many lie in lh_order_cycles() until the next call. A circle is
 * handed out when it is new and again when it turns out worse than it was filed.
 * LH_CYCLES_PER_CALL: there may be more; ask again for the same node.
 */
uint32_t lh_order_check_chain(struct lh_order_graph *graph, const struct lh_order_input *input,
			      lh_chain_id chain);

/* The row of node n was used again: its lock is dead, and nothing was ever asked for under it.
 * Without a word the judge would take the row for what it was. */
void lh_order_chain_reused(struct lh_order_graph *graph, const struct lh_order_input *input,
			   lh_chain_id chain);

/* Flags of a lock changed so that more can wait for it (LH_LOCK_HAS_WRITERS):
 * judges again the nodes that want it. */
uint32_t lh_order_check_lock(struct lh_order_graph *graph, const struct lh_order_input *input,
			     lh_lock_id lock);

const struct lh_cycle *lh_order_cycles(const struct lh_order_graph *graph);
struct lh_order_counts lh_order_counts(const struct lh_order_graph *graph);

/* Did (a, a_segment) come before (b, b_segment) by create, join and barrier? */
bool lh_happens_before(struct lh_order_graph *graph, const struct lh_order_input *input,
		       lh_thread_id a, uint32_t a_segment, lh_thread_id b, uint32_t b_segment);

/* Is the end of this thread waited for such that a circle could go through it? One byte is read;
 * it may be asked at any time. */
bool lh_order_thread_end_matters(const struct lh_order_graph *graph, lh_thread_id thread);

/* Order for reports: what counts first, then shorter, then by key. <0, 0, >0. */
int lh_cycle_compare(const struct lh_cycle *a, const struct lh_cycle *b);

/* Invariants of the order that is kept between locks; slow; for tests. */
bool lh_order_graph_is_consistent(const struct lh_order_graph *graph);

#endif
