/*
 * order_graph_internal.h — what the files of the room `judge` share. Nobody else includes it.
 *
 *   order_graph.c         memory, questions
 *   cycle_findings.c      the cycles that were found
 *   add.c    takes new rows in
 *   edges.c   which lock was asked for while which was held
 *   topo_order.c     groups of locks that lie on circles, and the order between groups
 *   happens_before.c  what came before what
 *   overlap.c     can these dependencies stand at their places at the same time
 *   cycle_search.c  walks the circles through one dependency, shortest first
 *   cycle.c    one circle that has closed: does it count, and if not why not
 *   semaphore.c    counting semaphores
 *
 * - Everything lies in the caller's memory; rows name each other by number, 0 is none.
 * - A vertex is a lock by its full number: a row that was used again is another lock. A lock
 *   that was never held while another was asked for needs none: see `inner` in add.c.
 * - An edge says that its `to` was asked for while its `from` was held; its witnesses are
 *   the nodes that say so. A recursive acquisition is no edge.
 * - A vertex of a thread's life has edges to what that thread asks for, but only once it
 *   matters: see `active`.
 */
#ifndef LH_ORDER_GRAPH_ORDER_GRAPH_INTERNAL_H
#define LH_ORDER_GRAPH_ORDER_GRAPH_INTERNAL_H

#include "libcheck/base/hash.h"
#include "libcheck/order_graph/order_graph.h"

enum lh_direction {
	LH_FORWARD,
	LH_BACKWARD
}; /* along the edges from held to wanted, and against them */

/* A group's edges to other groups, linked through lh_edge.outer_next. */
struct lh_component_edges {
	uint32_t first, last;
};

struct lh_vertex {
	lh_lock_id lock;
	lh_thread_id thread_end;       /* it is the life of this thread */
	uint32_t parent;               /* towards the head of its group; the head names itself */
	uint32_t next_member;          /* next member of the group */
	uint32_t members;              /* of a head */
	uint32_t out, in;              /* edges */
	uint32_t writers;              /* witnesses: who queues for it as a writer */
	uint64_t order;                /* of a head: every edge between groups goes upwards */
	uint32_t topo_prev, topo_next; /* of a head: its neighbours in the row */
	struct lh_component_edges component_edges[2]; /* of a head, by way */
	uint32_t side_mark[2], cycle_mark;
	uint32_t distance; /* edges from here to where the circle closes, if marked far_seen */
	uint32_t distance_mark;
	uint32_t hash_next;
	bool has_in_edges; /* somebody who held it has asked for another: edges lead into it */
};

struct lh_edge {
	uint32_t from, to, out_next, in_next, hash_next;
	uint32_t component_next[2];
	uint32_t witness;
};

struct lh_witness {
	lh_chain_id chain;
	uint32_t next;
};

/* What the judge remembers of a thread. */
struct lh_order_thread {
	uint32_t visit;                        /* its rows of LH_T_VISIT, newest first */
	uint32_t hb_edge;                      /* the events that begin in it, newest first */
	uint32_t vertex;                       /* once active */
	uint32_t todo;                         /* list of lives to be made active */
	uint32_t reached, reached_seen, queue; /* of lh_happens_before */
	bool wanted;                           /* somebody joins it */
	bool active; /* somebody joins it who holds a lock or is himself wanted */
};

/* A finding that was made. */
struct lh_known_cycle {
	uint64_t key;
	uint32_t count;
	uint32_t filter;
	uint32_t hash_next;
};

/* One dependency of the circle that is being built. */
struct lh_cycle_slot {
	lh_chain_id chain;
	uint32_t from, want;             /* vertices: what the slot before wants; what it wants */
	lh_thread_id required_thread;    /* it holds a life: it can only be this thread. 0: any */
	uint32_t visit;                  /* the seen row taken for it, or LH_ANY_THREAD */
	uint32_t edge, witness, closing; /* where the walk stands */
	bool queue; /* shared waits for shared: a writer must stand between this one and the last */
};

#define LH_ANY_THREAD UINT32_MAX

/* How much is asked of the threads that are picked for a circle. */
enum lh_overlap_test { LH_OVERLAP_DISTINCT, LH_OVERLAP_CREATOR_LOCKS, LH_OVERLAP_HAPPENS_BEFORE };

/* Where the judge's own rows lie. */
struct lh_order_tables {
	uint32_t known_mask;
	uint32_t *vertex_head, *edge_head, *known_head;
	struct lh_vertex *vertex;
	struct lh_edge *edge;
	struct lh_witness *witness;
	struct lh_known_cycle *known;
	struct lh_order_thread *thread;
	uint32_t *visit_next, *hb_edge_next;
	uint32_t *list[2]; /* each as long as there are vertices */
};

struct lh_order_graph {
	struct lh_order_tables tables;
	struct lh_order_graph_size size;
	uint32_t flags;
	struct lh_order_counts counts;
	uint32_t vertex_lists, edge_lists; /* hash lists in use, see base/linear_hash.h */
	int64_t budget;                    /* steps that may be spent */
	uint32_t cycles;
	uint32_t topo_first, topo_last; /* the groups in order, lowest first */
	uint32_t mark;                  /* of the walk that goes on */
	lh_chain_id chain_high;         /* nodes taken in */
	uint32_t visit_high, hb_edge_high;
	uint32_t todo; /* lives to be made active */

	struct lh_cycle_slot slot[LH_CYCLE_MAX + LH_QUEUED_WRITERS_MAX];
	uint32_t closing[LH_HELD_MAX * 2]; /* vertices that the first slot holds */
	uint32_t closings;
	uint32_t found_n;
	struct lh_cycle found[LH_CYCLES_PER_CALL];
};

/* ---- rows ---- */

extern const struct lh_lock lh_order_no_lock;

static inline const struct lh_lock *lh_order_lock_row(const struct lh_order_input *input,
						      lh_lock_id id)
{
	uint32_t row = LH_LOCK_ROW(id);

	if (row >= input->locks || LH_LOCK_ID(row, input->lock[row].gen) != id)
		return &lh_order_no_lock;
	return &input->lock[row];
}

/* The locks held at a node, innermost first. A parent is older than its child: it ends. */
static inline lh_chain_id lh_chain_parent(const struct lh_order_input *input, lh_chain_id chain)
{
	lh_chain_id p = input->chain[chain].parent;

	return p < chain ? p : 0;
}
#define LH_FOR_EACH_HELD(f, n, h)                                                                  \
	for (lh_chain_id h = lh_chain_parent(f, n); h; h = lh_chain_parent(f, h))

/* Can somebody who asks like this wait for ever, or at least for a while? */
static inline bool lh_order_may_block(const struct lh_order_input *input, lh_chain_id chain)
{
	return LH_SITE_HOW(input->chain[chain].site) != LH_TRY;
}

/* A semaphore that somebody else posted is a signal; one with several permits is a pool. */
static inline bool lh_order_is_lock(const struct lh_order_input *input, lh_lock_id id)
{
	return !(lh_order_lock_row(input, id)->flags & (LH_LOCK_SIGNAL | LH_LOCK_COUNTING));
}

static inline bool lh_both_shared(lh_site a, lh_site b)
{
	return LH_SITE_MODE(a) == LH_SHARED && LH_SITE_MODE(b) == LH_SHARED;
}

static inline bool lh_order_budget_spend(struct lh_order_graph *graph, uint32_t steps)
{
	graph->budget -= steps;
	return graph->budget > 0;
}

/* ---- edges.c ---- */

uint32_t lh_order_vertex_find(struct lh_order_graph *graph, lh_lock_id lock); /* 0: not known */
uint32_t lh_order_vertex_get(struct lh_order_graph *graph, lh_lock_id lock);  /* 0: no room */
uint32_t lh_order_edge_find(const struct lh_order_graph *graph, uint32_t from, uint32_t to);
void lh_order_edge_add(struct lh_order_graph *graph, uint32_t from, uint32_t to,
		       lh_chain_id witness);
void lh_order_writer_add(struct lh_order_graph *graph, uint32_t vertex, lh_chain_id witness);

/* ---- topo_order.c ---- */

uint32_t lh_component_find(struct lh_order_graph *graph, uint32_t vertex);
void lh_topo_insert(struct lh_order_graph *graph, uint32_t v,
		    uint32_t below); /* 0: lowest of all */
void lh_component_edge_add(struct lh_component_edges *o, struct lh_order_graph *graph,
			   enum lh_direction way, uint32_t e);
void lh_topo_add_edge(struct lh_order_graph *graph, uint32_t from, uint32_t to);

/* ---- overlap.c ---- */

/* No lock is held in both chains in modes that exclude each other. */
bool lh_overlap_no_gate_lock(const struct lh_order_input *input, lh_chain_id a, lh_chain_id b);
bool lh_chain_holds(const struct lh_order_input *input, lh_chain_id chain, lh_lock_id lock);
/* Takes a seen row for each of the first n slots, so that all of them can be at once. */
bool lh_overlap_assign_threads(struct lh_order_graph *graph, const struct lh_order_input *input,
			       uint32_t n, enum lh_overlap_test ask);
bool lh_overlap_possible(struct lh_order_graph *graph, const struct lh_order_input *input,
			 const struct lh_cycle_slot *a, const struct lh_cycle_slot *b,
			 enum lh_overlap_test ask);
lh_thread_id lh_slot_thread(const struct lh_order_input *input, const struct lh_cycle_slot *s);
uint32_t lh_visit_first(const struct lh_order_input *input, lh_chain_id chain);
uint32_t lh_visit_next(const struct lh_order_input *input, lh_chain_id chain, uint32_t at);

/* ---- cycle.c ---- */

/* What goes on while the circles through slot[0] are walked. */
struct lh_cycle_query {
	struct lh_order_graph *graph;
	const struct lh_order_input *input;
	bool strict;
	bool cut;    /* given up before the end */
	bool longer; /* a path was left because of the length: longer circles may be */
	uint32_t length;
	uint32_t mark; /* of lh_vertex.far; 0: not measured */
};

static inline const struct lh_chain *lh_cycle_slot_chain(const struct lh_cycle_query *q,
							 uint32_t slot)
{
	return &q->input->chain[q->graph->slot[slot].chain];
}

/* Does slot c make the slot before it wait? Marks it if that takes a writer who queues. */
bool lh_cycle_slot_blocks(const struct lh_cycle_query *q, uint32_t c);
void lh_cycle_report_counted(struct lh_cycle_query *q); /* files it if it counts */
void lh_cycle_report_filtered(
	struct lh_cycle_query *q); /* files it if it does not, with the reason */

/* ---- cycle_search.c, semaphore.c ---- */

void lh_cycle_search(struct lh_order_graph *graph, const struct lh_order_input *input,
		     lh_chain_id chain);
void lh_semaphore_search(struct lh_order_graph *graph, const struct lh_order_input *input,
			 lh_chain_id chain);

/* ---- add.c ---- */

void lh_order_add_chain(struct lh_order_graph *graph, const struct lh_order_input *input,
			lh_chain_id chain);
/* Does it ask for a writer-preferring rwlock as a writer? Then it can stop readers. */
bool lh_order_asks_as_writer(const struct lh_order_input *input, lh_chain_id chain);

/* ---- cycle_findings.c ---- */

/* Room in `found` for this finding, or NULL: nothing new, or none left. */
struct lh_cycle *lh_order_finding_add(struct lh_order_graph *graph,
				      const struct lh_order_input *input, uint64_t key,
				      enum lh_filter filter);

#endif
