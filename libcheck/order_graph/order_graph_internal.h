/*
 * order_graph_internal.h — what the files of order_graph/ share; no file outside of order_graph/
 * includes it.
 *
 * Each file uses only the files above it in this list:
 *   topo_order.c      components: which locks lie on cycles; topological order of the components
 *   edges.c           vertices, edges, witnesses
 *   happens_before.c  does one segment happen before another?
 *   overlap.c         can these dependencies be in progress at the same time?
 *   add.c             adds new rows of the ledger to the graph
 *   told.c            was the joiner told that the joined thread needs the lock no more?
 *   cycle.c           tests a closed cycle: it counts, or is filtered; the cycles that were found
 *   cycle_search.c    searches the cycles through one dependency, shortest first
 *   semaphore.c       counting semaphores
 *   condition.c       waits on a condition that hold a lock which the signallers need
 *   order_graph.c     memory, budget, the calls of order_graph.h
 *
 * - Everything lies in the caller's memory; rows name each other by number, 0 is none.
 * - A vertex is a lock, by its id with the generation: a reused row is another lock. A lock needs
 *   no vertex until another lock is wanted while it is held (`has_in_edges` in add.c).
 * - An edge says that its `to` was wanted while its `from` was held; its witnesses are the chains
 *   that show this. A recursive acquisition is no edge.
 * - The vertex of a thread's end has edges to what that thread wants, but only once it matters
 *   (lh_order_thread.active).
 */
#ifndef LH_ORDER_GRAPH_ORDER_GRAPH_INTERNAL_H
#define LH_ORDER_GRAPH_ORDER_GRAPH_INTERNAL_H

#include "libcheck/order_graph/order_graph.h"

/* Along the edges from held to wanted, and against them. */
enum lh_direction { LH_FORWARD, LH_BACKWARD };

/* A component's edges to other components, linked through lh_edge.component_next. */
struct lh_component_edges {
	uint32_t first, last;
};

/* Begins each row that an index finds. The key has two halves: an edge's vertices, 0 and a vertex's
 * lock, or those of lh_cycle.key or of a hash. */
struct lh_key {
	uint32_t from, to;
	uint32_t next; /* row of the same list */
};

/* Finds a row by its key: a hash table of lists. */
struct lh_index {
	uint32_t *head;
	char *first;    /* row 0 */
	uint32_t lists; /* lists in use, see base/linear_hash.h */
	uint32_t row_size, rows, size;
	uint32_t free; /* removed rows, linked by `next` */
};

struct lh_vertex {
	struct lh_key key;
	lh_lock_id lock;
	uint64_t order;                /* of a root: rises along every edge between components */
	lh_thread_id thread_end;       /* the lock is the end of this thread; 0: it is not */
	uint32_t parent;               /* towards the root of its component; a root names itself */
	uint32_t next_member;          /* next member of the component; the last names the first */
	uint32_t members;              /* of a root */
	uint32_t out, in;              /* first edges */
	uint32_t writers;              /* witnesses: chains that want it as a writer */
	uint32_t topo_prev, topo_next; /* of a root: its neighbours in topological order */
	struct lh_component_edges component_edges[2]; /* of a root, by direction */
	uint32_t search_mark[2], cycle_mark;
	/* edges from here to where the cycle closes; valid if distance_mark is the search's */
	uint32_t distance : 30;
	uint32_t has_in_edges : 1; /* edges into it are made: see add.c */
	uint32_t has_merged : 1;   /* it is in the list of merged_todo */
	uint32_t distance_mark;
	uint32_t todo; /* next vertex whose in-edges are to be made */
	uint32_t merged_todo;
	uint32_t far_members;  /* of a root: members for which its far edges were made */
	uint32_t closing_mark; /* slot[0] holds it in this search */
	uint32_t gate_mark;    /* a chain holds it; `gate_shared`: only shared */
	bool gate_shared;
};

struct lh_edge {
	struct lh_key key;
	uint32_t out_next, in_next, out_prev, in_prev;
	uint32_t component_next[2], component_prev[2];
	uint32_t component_listed; /* bit 1 << direction: it is in that list of its component */
	uint32_t witness;
};

struct lh_witness {
	lh_chain_id chain;
	uint32_t next;
};

/* What the graph knows of a thread. */
struct lh_order_thread {
	uint32_t visit;                        /* its visits, newest first */
	uint32_t hb_edge;                      /* happens-before edges from it, newest first */
	uint32_t vertex;                       /* vertex of its end, once active */
	uint32_t todo;                         /* next thread to activate */
	uint32_t reached, reached_seen, queue; /* of lh_happens_before */
	bool wanted;                           /* a thread joins it */
	bool active; /* a thread that holds a lock or is itself wanted joins it */
};

/* A cycle that was found. */
struct lh_known_cycle {
	struct lh_key key;
	uint32_t count;
	uint32_t filter;
};

/* The cycles of the same locks with the same filter; or those of them that a search for one
 * dependency has found. */
struct lh_known_locks {
	struct lh_key key;
	uint32_t count;
};

/* One dependency of the cycle that is being built. */
struct lh_cycle_slot {
	lh_chain_id chain;
	uint32_t from, want; /* vertices: what it holds and the slot before wants; what it wants */
	lh_thread_id required_thread; /* it holds the end of this thread. 0: any thread will do */
	uint32_t required_visit;      /* 0: any visit will do */
	uint32_t visit;               /* the visit assigned to it */
	uint32_t edge, witness, closing; /* state of the walk */
	bool skip;                       /* the walk leaves the other witnesses of the edge out */
	/* the slot before wants shared what this slot holds shared: a writer must be queued */
	bool queue;
};

/* Which tests the threads assigned to a cycle must pass; each includes the ones before it. */
enum lh_overlap_test { LH_OVERLAP_DISTINCT, LH_OVERLAP_CREATOR_LOCKS, LH_OVERLAP_HAPPENS_BEFORE };

/* Does the thread hold the lock that it wants at the end of the chain? */
struct lh_held_again {
	lh_chain_id chain; /* 0: not known */
	lh_lock_id lock;
	bool again;
};

struct lh_order_graph {
	struct lh_order_input rows; /* of the current call */
	struct lh_index vertex_by_lock, edge_by_ends, known_by_key, known_by_locks;
	struct lh_vertex *vertex;
	struct lh_edge *edge;
	struct lh_witness *witness;
	struct lh_known_cycle *known;
	struct lh_known_locks *known_locks;
	struct lh_order_thread *thread;
	uint32_t *visit_next, *visit_prev, *hb_edge_next;
	uint32_t *list[2]; /* scratch: one entry for each vertex */
	uint32_t *closing; /* vertices that slot[0] holds; as long */
	uint8_t *knows;    /* by row of LH_T_LOCK: how many locks of the row have a vertex */
	struct lh_cycle_slot *slot;
	struct lh_cycle *found;

	struct lh_order_graph_size size; /* rows that can be used now; of the indexes: there */
	bool (*more)(void);              /* or NULL: the memory does not grow */
	uint32_t flags;
	struct lh_order_counts counts;
	int64_t budget;                 /* steps that may be spent */
	uint32_t topo_first, topo_last; /* the components in topological order */
	uint32_t mark;                  /* of the current walk */
	lh_chain_id chain_high;         /* chains added so far */
	uint32_t visit_high, hb_edge_high;
	uint32_t todo;        /* first thread to activate */
	uint32_t vertex_todo; /* first vertex whose in-edges are to be made */
	uint32_t held_last;   /* the vertex that held_vertex returned last; 0: none */
	/* Deep chains were added; the first component that has grown since its far edges were made.
	 */
	bool deep;
	uint32_t merged_todo, merged_at; /* the next member of that component; 0: the first */
	int64_t far_left;                /* steps */
	struct lh_held_again again[2];   /* see add.c */
	uint32_t free_witness;
	uint32_t found_n;
	/* The search for the cycles through slot[0], see cycle_search.c: */
	bool strict; /* only cycles that count or are timed */
	bool cut;    /* given up before the end */
	bool longer; /* a path was left because of `length`: there may be longer cycles */
	uint32_t length;
	uint32_t distance_mark; /* of lh_vertex.distance; 0: not measured */
	uint32_t closings, closing_mark;
};

/* ---- rows ---- */

static inline const struct lh_lock *lh_order_lock(const struct lh_order_graph *graph, lh_lock_id id)
{
	static const struct lh_lock none = {.kind = LH_NOTHING};
	uint32_t row = LH_LOCK_ROW(id);

	if (row >= graph->rows.locks || LH_LOCK_ID(row, graph->rows.lock[row].gen) != id)
		return &none;
	return &graph->rows.lock[row];
}

/* The lock that the chain acquires. */
static inline const struct lh_lock *lh_order_lock_of(const struct lh_order_graph *graph,
						     lh_chain_id chain)
{
	return lh_order_lock(graph, graph->rows.chain[chain].lock);
}

/* A parent has a lower number than its child, so a walk ends. */
static inline lh_chain_id lh_chain_parent(const struct lh_order_graph *graph, lh_chain_id chain)
{
	lh_chain_id p = graph->rows.chain[chain].parent;

	return p < chain ? p : 0;
}

/* Does the thread release the lock of the chain `held` before it waits at the end of the chain? */
static inline bool lh_chain_lets_go(const struct lh_order_graph *graph, lh_chain_id chain,
				    lh_chain_id held)
{
	return LH_SITE_WITHOUT_GIL(graph->rows.chain[chain].site) &&
	       lh_order_lock_of(graph, held)->kind == LH_GIL;
}

/* The locks that are held while the thread waits at the end of the chain, innermost first. */
#define LH_FOR_EACH_HELD(graph, chain, h)                                                          \
	for (lh_chain_id h = lh_chain_parent(graph, chain); h; h = lh_chain_parent(graph, h))      \
		if (!lh_chain_lets_go(graph, chain, h))

/* Can an acquisition of this chain wait, forever or for a time? */
static inline bool lh_order_may_block(const struct lh_order_graph *graph, lh_chain_id chain)
{
	return LH_SITE_HOW(graph->rows.chain[chain].site) != LH_TRY;
}

/* False for a semaphore that is a signal, or that has several permits. */
static inline bool lh_order_is_lock(const struct lh_order_graph *graph, lh_lock_id id)
{
	return !(lh_order_lock(graph, id)->flags & (LH_LOCK_SIGNAL | LH_LOCK_COUNTING));
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

static inline bool lh_chain_is_deep(const struct lh_order_graph *graph, lh_chain_id chain)
{
	return graph->rows.chain[chain].depth > graph->size.near;
}

/* What a walk up the chain costs beyond that up a usual one. */
static inline uint32_t lh_order_deep_steps(const struct lh_order_graph *graph, lh_chain_id chain)
{
	enum { USUAL = 64 };
	uint32_t depth = graph->rows.chain[chain].depth;

	return depth > USUAL ? depth : 0;
}

/*
 * For the keys of cycles. Which link a cycle begins with depends on it, and so do the fingerprints
 * of cycles through a thread's end: a change of it makes known findings new ones.
 */
static inline uint64_t lh_order_mix(uint64_t h, uint64_t word)
{
	h = (h ^ (word + 0x9e3779b97f4a7c15u + (h << 6) + (h >> 2))) * 0xbf58476d1ce4e5b9u;
	return h ^ h >> 29;
}

/* The component with this root has more members than before. The far edges of a large one are made
 * when it has grown to twice its size. */
static inline void lh_order_note_merged(struct lh_order_graph *graph, uint32_t root)
{
	enum { SMALL = 64 };
	struct lh_vertex *v = &graph->vertex[root];

	if (v->members > SMALL && v->members < 2 * v->far_members)
		return;
	v->far_members = v->members;
	graph->merged_at = 0; /* new members may lie before it */
	if (v->has_merged)
		return;
	v->has_merged = true;
	v->merged_todo = graph->merged_todo;
	graph->merged_todo = root;
}

/* ---- edges.c ---- */

uint32_t lh_index_find(const struct lh_index *index, uint32_t from, uint32_t to); /* 0: none */
/* The row for a new key; 0: full, counted. */
uint32_t lh_index_add(struct lh_order_graph *graph, struct lh_index *index, uint32_t from,
		      uint32_t to);
uint32_t lh_order_vertex_find(const struct lh_order_graph *graph, lh_lock_id lock); /* 0: none */
/* Makes the vertex if there is none; 0: full. */
uint32_t lh_order_vertex_get(struct lh_order_graph *graph, lh_lock_id lock);
uint32_t lh_order_edge_find(const struct lh_order_graph *graph, uint32_t from, uint32_t to);
void lh_order_edge_add(struct lh_order_graph *graph, uint32_t from, uint32_t to, lh_chain_id chain);
/* Adds the chain to the list of witnesses that begins at *head. */
void lh_order_witness_add(struct lh_order_graph *graph, uint32_t *head, lh_chain_id chain);
/* Removes the chain from the witnesses of the edge, and the edge with its last witness. */
void lh_order_edge_withdraw(struct lh_order_graph *graph, uint32_t e, lh_chain_id chain);
/* Removes a vertex that is a component by itself, with the edges into it. False: it is not, or it
 * has edges to others. */
bool lh_order_vertex_remove(struct lh_order_graph *graph, uint32_t v);

/* ---- topo_order.c ---- */

uint32_t lh_component_find(struct lh_order_graph *graph, uint32_t vertex);
void lh_topo_remove(struct lh_order_graph *graph, uint32_t v);
void lh_topo_insert(struct lh_order_graph *graph, uint32_t v, uint32_t prev); /* 0: first of all */
/* Adds edge e to those of the component of vertex v in this direction. */
void lh_component_edge_add(struct lh_order_graph *graph, uint32_t v, enum lh_direction, uint32_t e);
void lh_component_edge_remove(struct lh_order_graph *graph, uint32_t v, enum lh_direction,
			      uint32_t e);
void lh_topo_add_edge(struct lh_order_graph *graph, uint32_t from, uint32_t to);

/* ---- happens_before.c ---- */

/* Does what thread a did up to a_segment happen before what thread b did from b_segment on?
 * `cancellable`: it is a wait that a cancellation of thread a ends. */
bool lh_happens_before(struct lh_order_graph *graph, lh_thread_id a, uint32_t a_segment,
		       lh_thread_id b, uint32_t b_segment, bool cancellable);

/* ---- overlap.c ---- */

/* Is a lock held in slot c and in a slot before it, in modes that exclude each other? */
bool lh_slot_has_gate_lock(struct lh_order_graph *graph, uint32_t c);
/* The innermost acquisition of `lock` that is held in the chain; 0: none. */
lh_chain_id lh_chain_holds(const struct lh_order_graph *graph, lh_chain_id chain, lh_lock_id lock);
/* Assigns a visit to each of the first n slots so that all can be in progress at once. */
bool lh_overlap_assign_threads(struct lh_order_graph *graph, uint32_t n, enum lh_overlap_test test);
bool lh_overlap_possible(struct lh_order_graph *graph, const struct lh_cycle_slot *a,
			 const struct lh_cycle_slot *b, enum lh_overlap_test test);
lh_thread_id lh_slot_thread(const struct lh_order_graph *graph, const struct lh_cycle_slot *s);
uint32_t lh_visit_first(const struct lh_order_graph *graph, lh_chain_id chain);
uint32_t lh_visit_next(const struct lh_order_graph *graph, uint32_t visit);

/* ---- told.c ---- */

/* The chain of a signal by which a thread that is joined in the cycle may have told the joiner that
 * it will not acquire the lock that it wants any more; 0: there is none. *joins: the joiner's slot.
 */
lh_chain_id lh_cycle_signal(struct lh_order_graph *graph, uint32_t *joins);

/* ---- cycle.c ---- */

/* Counts the cycle; returns its entry in `found`. NULL: it is not new, or there is no room. */
struct lh_cycle *lh_order_finding_add(struct lh_order_graph *graph, uint64_t key,
				      enum lh_filter filter);

/* The row of the chain in slot c. */
static inline const struct lh_chain *lh_slot_chain(const struct lh_order_graph *graph, uint32_t c)
{
	return &graph->rows.chain[graph->slot[c].chain];
}

/* Is the acquisition of one of the first n slots of this kind? */
bool lh_any_slot_is(const struct lh_order_graph *graph, uint32_t n, enum lh_how how);
/* Does slot c make the slot before it wait? Sets its `queue` if that needs a queued writer. */
bool lh_cycle_slot_blocks(struct lh_order_graph *graph, uint32_t c);
/* The first test that the cycle in the slots fails; LH_F_NONE: it counts. */
enum lh_filter lh_cycle_filter(struct lh_order_graph *graph);
/* The later the test that failed, the nearer the cycle is to an error. */
uint32_t lh_cycle_tests_passed(enum lh_filter filter);
void lh_cycle_report_counted(struct lh_order_graph *graph);  /* if it counts or is timed */
void lh_cycle_report_filtered(struct lh_order_graph *graph); /* with the filter, if it has one */

/* ---- cycle_search.c, semaphore.c, condition.c ---- */

void lh_cycle_search(struct lh_order_graph *graph, lh_chain_id chain);
void lh_semaphore_search(struct lh_order_graph *graph, lh_chain_id chain);
void lh_condition_search(struct lh_order_graph *graph, lh_chain_id wait);

/* ---- add.c ---- */

void lh_order_add_chain(struct lh_order_graph *graph, lh_chain_id chain);
/* Does it want a writer-preferring rwlock as a writer? Then readers can wait behind it. */
bool lh_order_wants_to_write(const struct lh_order_graph *graph, lh_chain_id chain);

#endif
