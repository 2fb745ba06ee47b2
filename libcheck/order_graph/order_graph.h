/*
 * order_graph.h — the lock-order graph: finds the cycles of dependencies in which threads could
 * wait for each other forever.
 *
 * Rows of the ledger in, cycles out as values. Does not print, allocate, lock, wait or recurse;
 * keeps its data in memory that the caller passes, and copies no rows. The library calls it under
 * the internal lock for each new dependency; the front end calls it for one or many ledgers.
 * docs/theory.md says what a cycle claims, and why.
 *
 * - Ownership: one caller at a time; nothing here is atomic.
 * - Rows must stay where they are, and may only be added. A call reads the new rows of LH_T_VISIT
 *   and LH_T_HB_EDGE.
 * - Bounds: every call does a bounded number of steps. Each call adds some steps to a budget, and
 *   unused steps are saved, so that one search may cost more although the average does not. `cut`
 *   counts the searches that were given up, `refused` the rows that did not fit.
 *
 * What the rows must contain:
 * - a chain for every acquisition that can wait, also if no lock is held: a joined thread holds its
 *   own end, and a writer that waits while it holds no lock can block readers;
 * - in each visit, as segment, the one in which the thread began to wait. A visit covers every
 *   segment from `first` to `last`, and a chain may have several visits by one thread. So raise
 *   `last` only to last + 1, otherwise add a row, or move one that a later visit makes needless;
 * - each lock's chains in its list (lh_lock.chains, lh_chain.next), newest first;
 * - happens-before edges, in any order.
 */
#ifndef LH_ORDER_GRAPH_ORDER_GRAPH_H
#define LH_ORDER_GRAPH_ORDER_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcheck/kinds.h"

#define LH_CYCLE_MAX 64         /* dependencies in one cycle; longer cycles are not searched */
#define LH_QUEUED_WRITERS_MAX 4 /* queued writers, behind which readers wait, in one cycle */
#define LH_CYCLES_PER_CALL 32   /* cycles returned by one call */
/* Cycles of the same locks: from this number on, each dependency and each combination of places is
 * returned in one cycle only, not with every other dependency that closes it; from the second
 * number on only each dependency. */
#define LH_CYCLES_PER_LOCKS 256
#define LH_PLACES_PER_LOCKS 4096

/* Cycles of the same places through deep chains, whatever their locks: a thread that acquires a
 * thousand locks in a loop makes one mistake, but half a million cycles. */
#define LH_CYCLES_PER_DEEP_PLACES 64

/* Where the rows lie. The counts are rows in use, row 0 included. Refresh before each call. */
struct lh_order_input {
	const struct lh_lock *lock;
	const struct lh_thread *thread;
	const struct lh_chain *chain;
	const struct lh_chain_visit *visit;
	const struct lh_hb_edge *hb_edge;
	const struct lh_stack *stack; /* with their frames; NULL: all places are one */
	const uint64_t *frame;
	uint32_t locks, threads, chains, visits, hb_edges;
	bool hb_edges_lost; /* edges are missing: any two threads may be ordered */
};

/* One dependency of a cycle: `thread` holds `held` and wants `wanted`, held by the next link. */
struct lh_cycle_link {
	lh_thread_id thread;
	lh_chain_id chain; /* the whole chain of held locks, and `wanted` */
	lh_lock_id held;   /* the lock that the link before wants; a thread's end has site 0 */
	lh_site held_site;
	lh_lock_id wanted;
	lh_site wanted_site;
};

/*
 * A cycle. link[0..n) are its dependencies, from the one with the smallest key on, so that the
 * order of arrival does not matter. link[n..n+queued_writers) are the writers behind which readers
 * of the cycle must wait; they hold no lock that another link wants.
 */
struct lh_cycle {
	uint64_t key;     /* equal keys: the same locks at the same sites, the same finding */
	uint32_t rule;    /* LH_RULE_LOCK_ORDER or LH_RULE_POOL_DEADLOCK */
	uint32_t count;   /* times that it was found, this one included */
	uint8_t severity; /* enum lh_severity */
	uint8_t filter;   /* enum lh_filter; LH_F_NONE: it counts */
	uint8_t n, queued_writers;
	/* by a thread that is joined in this cycle, and that may have told the joiner so that it
	 * will not acquire the lock that it wants any more: LH_WARNING; 0: an error */
	lh_chain_id signal;
	uint32_t joins; /* with `signal`: the joiner's link; the next one is that of the thread */
	struct lh_cycle_link link[LH_CYCLE_MAX + LH_QUEUED_WRITERS_MAX];
};

/* Capacities. Memory is only touched as it is needed. */
struct lh_order_graph_size {
	uint32_t locks;     /* distinct locks that are wanted, or held while another is wanted */
	uint32_t edges;     /* distinct pairs (held, wanted) */
	uint32_t witnesses; /* sum of the held locks of all chains; of a deep chain fewer, see add.c
			     */
	uint32_t threads, visits, hb_edges; /* rows of these tables */
	uint32_t cycles;                    /* distinct cycles */
	uint32_t lock_rows;  /* rows of LH_T_LOCK, for lh_order_known_rows; 0: it is not used */
	uint32_t near;       /* see add.c; 0: default */
	uint32_t refill;     /* steps that each call adds to the budget; 0: default */
	uint32_t budget_max; /* bound of the budget; 0: default */
};

/*
 * Memory that grows. `at` returns zero-filled memory of `whole` bytes, of which the first `now` can
 * be used, or NULL. `more` is called when rows are used up: it makes more memory usable, calls
 * lh_order_graph_resize and returns true; or it returns false.
 */
struct lh_order_memory {
	void *(*at)(size_t now, size_t whole);
	bool (*more)(void);
};

enum {
	/* Returns filtered cycles too. Without this flag only cycles that count and those filtered
	 * as LH_F_TIMED are searched, which is faster. */
	LH_ORDER_KEEP_FILTERED = 1 << 0,
	/* From lh_lock.chains on, lh_chain.next leads to every chain that acquires this lock, so
	 * edges can be added later from that list, see add.c. Without it deep chains cost more. */
	LH_ORDER_LOCK_LISTS = 1 << 1,
};

struct lh_order_counts {
	uint32_t cut;     /* searches given up */
	uint32_t refused; /* rows that did not fit */
	uint32_t locks, edges, witnesses, cycles;
};

struct lh_order_graph;

size_t lh_order_graph_bytes(const struct lh_order_graph_size *size);
/* memory: lh_order_graph_bytes() bytes, zero-filled, aligned to 16 */
struct lh_order_graph *lh_order_graph_init(void *memory, const struct lh_order_graph_size *size,
					   uint32_t flags);
/* The same in memory that grows, from the size `now` to the size `whole`. NULL: refused. */
struct lh_order_graph *lh_order_graph_init_growing(const struct lh_order_memory *memory,
						   const struct lh_order_graph_size *now,
						   const struct lh_order_graph_size *whole,
						   uint32_t flags);
void lh_order_graph_resize(struct lh_order_graph *graph, const struct lh_order_graph_size *now);

/*
 * Call when a chain is new, or when a visit of the chain was added, moved or grew: searches the
 * cycles that the chain closes. Returns how many are in lh_order_cycles(), until the next call. A
 * cycle is returned when it is new, and again when it passes more tests than before.
 * LH_CYCLES_PER_CALL: there may be more; call again with this chain.
 */
uint32_t lh_order_check_chain(struct lh_order_graph *graph, const struct lh_order_input *input,
			      lh_chain_id chain);

/* Call when the row of a chain was reused. The lock of the old chain is destroyed, and no lock was
 * acquired under it. Without this call the new chain would get no edges. */
void lh_order_chain_reused(struct lh_order_graph *graph, const struct lh_order_input *input,
			   lh_chain_id chain);

/* Call when a row of LH_T_VISIT was used again: for the same thread, or for another one, and then
 * call lh_order_remove_visit before the row changes. */
void lh_order_remove_visit(struct lh_order_graph *graph, const struct lh_order_input *input,
			   uint32_t visit);
void lh_order_visit_reused(struct lh_order_graph *graph, const struct lh_order_input *input,
			   uint32_t visit);

/*
 * For locks that are destroyed. A cycle goes through a lock that another lock leads to and that
 * leads to another, so a lock without one of the two may be removed (docs/theory.md); the caller
 * knows which.
 *
 * lh_order_remove_chain: the chain shows nothing any more. Call before its rows change.
 * lh_order_remove_lock: removes the lock and the edges into it. False: nothing is removed, because
 * edges lead from it, or it lies or lay on a cycle.
 * lh_order_known_rows: for each of the first `lock_rows` rows of locks, not 0 if the graph knows a
 * lock of the row; may be read at any time. lh_order_add: adds new rows up to this chain and
 * searches nothing.
 */
void lh_order_remove_chain(struct lh_order_graph *graph, const struct lh_order_input *input,
			   lh_chain_id chain);
bool lh_order_remove_lock(struct lh_order_graph *graph, lh_lock_id lock);
const uint8_t *lh_order_known_rows(const struct lh_order_graph *graph);
void lh_order_add(struct lh_order_graph *graph, const struct lh_order_input *input,
		  lh_chain_id chain);

/* Call when the flags of a lock changed so that more threads can wait for it (LH_LOCK_HAS_WRITERS):
 * searches again from the chains that acquire it. Returns as lh_order_check_chain. */
uint32_t lh_order_check_lock(struct lh_order_graph *graph, const struct lh_order_input *input,
			     lh_lock_id lock);

/* Sets used[i] if, from segment from[i] of the thread to from[i + 1], a visit begins or an edge
 * leads away, unless that is of kind LH_HB_TEAM_JOIN; `from` is ascending. */
void lh_order_mark_used(struct lh_order_graph *graph, const struct lh_order_input *input,
			lh_thread_id thread, const uint32_t *from, uint32_t n, bool *used);

/*
 * Checks a chain that waits on a condition, again whenever a wait or a signal of that condition was
 * visited anew. Returns as lh_order_check_chain, but every time, and with rule
 * LH_RULE_COND_WAIT_HOLDING:
 * - link[0] is the wait, which holds `held` and wants the condition;
 * - severity LH_ERROR: every thread that could signal meanwhile wants `held` first. link[1] is one
 *   of them; its `held` is the condition, at the site of its signal;
 * - severity LH_WARNING: no link[1]; that is so of no lock of the chain. `held` is the last one;
 * - with a filter: a thread wants `held` before it signals, but cannot be blocked by the wait.
 * Needs LH_ORDER_LOCK_LISTS.
 */
uint32_t lh_order_check_wait(struct lh_order_graph *graph, const struct lh_order_input *input,
			     lh_chain_id wait);

const struct lh_cycle *lh_order_cycles(const struct lh_order_graph *graph);
struct lh_order_counts lh_order_counts(const struct lh_order_graph *graph);

/* Order for reports: cycles that count first, then the later the filter, then shorter, then by key.
 * <0, 0, >0. */
int lh_cycle_compare(const struct lh_cycle *a, const struct lh_cycle *b);

/* Checks the invariants of the topological order; slow; for tests. */
bool lh_order_graph_is_consistent(struct lh_order_graph *graph);

#endif
