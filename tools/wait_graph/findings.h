/*
 * findings.h — the findings of a solved wait-for graph: cycles, locks whose owner has ended, and
 * counting semaphores whose permits are all held by deadlocked threads.
 *
 * Knows only the graph: the caller decides which findings to report, and makes rows from them. No
 * finding has a thread that was reported; a cycle with such a thread counts as reported, and so
 * does a wait for a lock of an ended owner that a finding has already.
 */
#ifndef LH_WAIT_GRAPH_FINDINGS_H
#define LH_WAIT_GRAPH_FINDINGS_H

#include "libcheck/ledger.h"
#include "tools/util/arena.h"
#include "tools/wait_graph/solve.h"

struct lh_wait_step {
	uint32_t thread;
	bool holds; /* what `waiter` waits for; otherwise `thread` waits */
	uint32_t waiter;
};

struct lh_wait_finding {
	enum lh_rule rule;
	struct lh_wait_step *step;
	uint32_t steps;
	uint32_t *thread; /* the threads that wait; if reported, the caller sets node.reported */
	uint32_t threads;
};

struct lh_wait_findings {
	struct lh_wait_node *node;
	uint32_t n, cycles;   /* as lh_wait_graph_solve got and returned them */
	uint32_t threads_max; /* threads of a finding that is no cycle */
	struct lh_arena *arena;
	uint32_t next; /* 0 at first */
};

/* The next finding. False: there is none. */
bool lh_wait_findings_next(struct lh_wait_findings *, struct lh_wait_finding *);

#endif
