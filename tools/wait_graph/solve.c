/* solve.c — finds the deadlocked threads by iteration, and their cycles by breadth-first search. */
#include "tools/wait_graph/solve.h"

#include <stdlib.h>

#define NOT_REACHED UINT32_MAX

/* ---- deadlocked threads ---- */

static bool is_freed(const struct lh_wait_node *all, const struct lh_wait_node *self,
		     uint32_t not_deadlocked)
{
	uint32_t deadlocked = 0;

	if (self->gone)
		return false;
	for (uint32_t i = 0; i < self->n_blockers; i++)
		deadlocked += all[self->blockers[i]].deadlocked;
	if (self->anyone)
		return not_deadlocked > 0 && !(deadlocked && !self->one_of);
	if (!self->n_blockers)
		return true; /* whom the thread waits for is unknown */
	return self->one_of ? deadlocked < self->n_blockers : !deadlocked;
}

static void find_deadlocked(struct lh_wait_node *node, uint32_t n)
{
	uint32_t not_deadlocked = 0;
	bool changed = true;

	for (uint32_t i = 0; i < n; i++) {
		node[i].deadlocked = node[i].waits;
		not_deadlocked += !node[i].deadlocked;
	}
	while (changed) {
		changed = false;
		for (uint32_t i = 0; i < n; i++)
			if (node[i].deadlocked && is_freed(node, &node[i], not_deadlocked)) {
				node[i].deadlocked = false;
				not_deadlocked++;
				changed = true;
			}
	}
}

/* ---- cycles ---- */

/* If one of several threads can end the wait, no single one of them blocks the thread. */
static bool has_edges(const struct lh_wait_node *node)
{
	return node->deadlocked && !node->cycle && !(node->one_of && node->n_blockers > 1);
}

/* Searches the shortest cycle through `start`, breadth first. from[i]: the node from which i was
 * reached. */
static bool find_cycle(struct lh_wait_node *node, uint32_t n, uint32_t start, uint32_t *queue,
		       uint32_t *from)
{
	uint32_t head = 0, tail = 0;

	for (uint32_t i = 0; i < n; i++)
		from[i] = NOT_REACHED;
	queue[tail++] = start;
	while (head < tail) {
		uint32_t at = queue[head++];

		for (uint32_t k = 0; has_edges(&node[at]) && k < node[at].n_blockers; k++) {
			uint32_t to = node[at].blockers[k];

			if (from[to] != NOT_REACHED || !has_edges(&node[to]))
				continue;
			from[to] = at;
			if (to == start)
				return true;
			queue[tail++] = to;
		}
	}
	return false;
}

static void mark_cycle(struct lh_wait_node *node, uint32_t start, const uint32_t *from,
		       uint32_t cycle)
{
	uint32_t at = start;

	do {
		node[from[at]].next = at;
		node[from[at]].cycle = cycle;
		at = from[at];
	} while (at != start);
}

uint32_t lh_wait_graph_solve(struct lh_wait_node *node, uint32_t n)
{
	uint32_t *queue = malloc((n + 1) * sizeof(*queue)), *from = malloc((n + 1) * sizeof(*from));
	uint32_t cycles = 0;

	find_deadlocked(node, n);
	for (uint32_t i = 0; i < n; i++)
		node[i].cycle = 0;
	for (uint32_t i = 0; i < n && queue && from; i++)
		if (has_edges(&node[i]) && find_cycle(node, n, i, queue, from))
			mark_cycle(node, i, from, ++cycles);
	free(queue);
	free(from);
	return cycles;
}
