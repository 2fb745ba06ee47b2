/*
 * solve.h — who waits for whom: which threads are blocked for good, and in what circles.
 *
 * Knows nothing of processes or locks: threads are numbers. Allocates nothing that lasts
 * and prints nothing.
 *
 * A thread is blocked for good if it waits without limit and all who could end the wait
 * are blocked for good or do not exist. That is the largest set for which this holds:
 * it begins with all who wait, and takes out whoever somebody outside of it can free,
 * until nothing changes. What remains cannot be freed from inside the process.
 */
#ifndef LH_WAIT_GRAPH_SOLVE_H
#define LH_WAIT_GRAPH_SOLVE_H

#include <stdbool.h>
#include <stdint.h>

struct lh_wait_node {
	/* given */
	bool waits;  /* without limit, in a wait that was seen to stand still */
	bool gone;   /* for somebody who does not exist any more */
	bool anyone; /* for any other thread that may come */
	bool one_of; /* for one of `on`; else for each of them */
	const uint32_t *blockers;
	uint32_t n_blockers;
	/* found */
	bool deadlocked;
	uint32_t cycle; /* number of its circle, from 1; 0 in none */
	uint32_t next;  /* in its circle: the thread it waits for */
};

/* How many circles there are; a thread stands in one at most. */
uint32_t lh_wait_graph_solve(struct lh_wait_node *node, uint32_t n);

#endif
