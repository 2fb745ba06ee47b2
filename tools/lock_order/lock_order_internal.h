/*
 * lock_order_internal.h — the order query, and the merged rows of several ledgers. No file outside
 * of lock_order/ includes it.
 *
 *   order_query.c    asks the order graph about all chains of a set of rows
 *   by_class.c       cycles between classes of locks of one process (by_class.h)
 *   lock_class.c     which locks are of one class
 *   cross_process.c  cycles across the processes of a run (cross_process.h)
 *   cross_run.c      cycles across runs (cross_run.h)
 *   same_locks.c     which locks of different runs are the same in the code
 *   shared_locks.c   which process-shared locks are one
 *   order_rows.c     merges the rows of several ledgers
 *   process_order.c  happens-before edges between processes
 */
#ifndef LH_LOCK_ORDER_LOCK_ORDER_INTERNAL_H
#define LH_LOCK_ORDER_LOCK_ORDER_INTERNAL_H

#include "libcheck/order_graph/order_graph.h"
#include "tools/util/arena.h"
#include "tools/lock_order/cross_process.h"

/* A process and its part of the merged rows. */
struct lh_merged_process {
	struct lh_report_process *process;
	uint64_t boot;                  /* boot time: seconds since 1970, about */
	uint64_t first_seen, last_seen; /* monotonic nanoseconds: alive from, and at least until */
	struct lh_merged_process *from; /* the process that forked it */
	struct lh_merged_process
		*by; /* the process that started it in another way, or that it was before an exec */
	bool shares; /* it uses a lock that another process uses */
	bool merged; /* its rows have been merged */
	lh_thread_id base;  /* its threads are base + 1 and on */
	uint32_t threads;   /* rows, row 0 included */
	lh_thread_id end;   /* no thread: stands for the end of the process */
	lh_lock_id *lock;   /* by row of its ledger: merged lock; 0: none yet */
	lh_chain_id *chain; /* by row of its ledger: merged chain; 0: none */
	uint32_t locks, chains;
};

/* The source of a merged lock: the process that initialized it, if that is known. */
struct lh_merged_lock {
	const struct lh_merged_process *process;
	lh_lock_id id; /* in the ledger of the process */
	uint32_t users;
};

/* The source of a merged visit. */
struct lh_merged_visit {
	const struct lh_merged_process *process;
	lh_chain_id chain; /* in the ledger of the process */
};

struct lh_merged_run {
	struct lh_report *report;
	struct lh_arena *arena;
	struct lh_merged_process *process;
	uint32_t processes;
	bool alone; /* one process, by itself */

	struct lh_shm_entry *shm_entries; /* process-shared locks by their location */
	/* The rule by which locks are one: the number of the lock from 1 on, 0: one with no other.
	 * NULL: by location. */
	uint32_t (*same)(void *with, const struct lh_merged_process *, lh_lock_id);
	void *same_with;
	lh_lock_id *same_lock;       /* by that number: the merged lock */
	struct lh_stack_key *stacks; /* by the text of the frames: their number */
	struct lh_chain_key *keys;
	uint32_t stack_count;

	struct lh_lock *lock;
	struct lh_merged_lock *lock_of;
	struct lh_thread *thread;
	struct lh_chain *chain;
	struct lh_chain_visit *visit;
	struct lh_merged_visit *visit_of;
	struct lh_hb_edge *hb_edge;
	uint32_t locks, lock_ofs, threads, chains, visits, visit_ofs, hb_edges;
	uint32_t certain_hb_edges; /* the edges after these may be chance */
	uint32_t witnesses;
};

/* ---- order_query.c ---- */

/* The cycles that the order graph found, each once, sorted by lh_cycle_compare. */
struct lh_answers {
	struct lh_arena *arena;
	bool (*wanted)(void *with, const struct lh_cycle *); /* false: the cycle is not kept */
	void *with;
	struct lh_cycle *cycle;
	uint32_t n;
};
struct lh_cycle *lh_answer_find(const struct lh_answers *, uint64_t key);
/* `witnesses`: sum of the held locks of all chains. Returns how many searches were cut and rows
 * refused; UINT32_MAX: out of memory. */
uint32_t lh_order_query(const struct lh_order_input *, uint32_t witnesses, bool filtered,
			struct lh_answers *);

/* ---- shared_locks.c ---- */

/* lh_merged_find_shared finds the locks that several processes use and sets `shares`.
 * lh_merged_lock_get returns the merged lock of a lock, made if it is new; 0: none. */
void lh_merged_find_shared(struct lh_merged_run *);
void lh_merged_forget_shared(struct lh_merged_run *);
lh_lock_id lh_merged_lock_get(struct lh_merged_run *, struct lh_merged_process *, lh_lock_id);

/* ---- order_rows.c ---- */

void lh_merged_begin_rows(struct lh_merged_run *);
void lh_merged_take(struct lh_merged_run *, struct lh_merged_process *);
void lh_merged_end_rows(struct lh_merged_run *);
struct lh_order_input lh_merged_input(const struct lh_merged_run *, uint32_t hb_edges);
/* The merged chain with this parent, lock and site, made if it is new; 0: too deep. */
lh_chain_id lh_merged_node(struct lh_merged_run *, lh_chain_id parent, lh_lock_id, lh_site);
const struct lh_merged_process *lh_merged_process_of(const struct lh_merged_run *, lh_thread_id);
/* The source of the visit of this chain by this thread, 0: any thread. NULL: no such visit. */
const struct lh_merged_visit *lh_merged_visit_of(const struct lh_merged_run *, lh_chain_id,
						 lh_thread_id);

/* ---- process_order.c ---- */

void lh_merged_find_times(struct lh_merged_run *); /* sets `boot` and the times */
void lh_merged_find_parents(
	struct lh_merged_run *); /* sets `from` and `by`; quadratic in the number of processes */
void lh_merged_add_order(struct lh_merged_run *);

#endif
