/*
 * solve.h — the wait-for graph: which threads are deadlocked, and in which cycles.
 *
 * The files of hang.h call it for one inspected process, those of deadlocks.h for a watched run.
 * Knows nothing of processes or locks: threads are numbers. Keeps no memory after the return, and
 * prints nothing. Out of memory: `deadlocked` is set, but no cycle is found.
 *
 * A thread is deadlocked if it waits without a time limit and no thread outside the deadlocked set
 * can end its wait. The deadlocked threads are the largest set with this property: it starts with
 * all waiting threads, and a thread that one outside the set can free is removed, until nothing
 * changes. No thread of the process can free those that remain.
 */
#ifndef LH_WAIT_GRAPH_SOLVE_H
#define LH_WAIT_GRAPH_SOLVE_H

#include <stdbool.h>
#include <stdint.h>

struct lh_wait_node {
	/* given */
	bool waits;  /* without a time limit, in a wait that two samples found unchanged */
	bool gone;   /* the thread has ended: what it holds is never released */
	bool anyone; /* any thread may end the wait */
	bool one_of; /* one of `blockers` can end the wait; otherwise all must */
	const uint32_t *blockers;
	uint32_t n_blockers;
	/* given, for findings.h */
	uint32_t lock; /* that it waits for: the same number for the same lock */
	uint32_t rank; /* a cycle is reported from its lowest rank on */
	bool reported; /* its wait is in a finding */
	/* found */
	bool deadlocked;
	uint32_t cycle; /* number of its cycle, from 1; 0: in no cycle */
	uint32_t next;  /* in its cycle: the thread it waits for */
};

/* Returns the number of cycles; a thread is in at most one. */
uint32_t lh_wait_graph_solve(struct lh_wait_node *node, uint32_t n);

#endif
