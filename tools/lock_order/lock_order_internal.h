/*
 * lock_order_internal.h — the order query, and the merged rows of several ledgers. No file outside
 * of lock_order/ includes it.
 *
 *   order_query.c    asks the order graph about all chains of a set of rows
 *   by_class.c       cycles between classes of locks of one process (by_class.h)
 *   lock_class.c     which locks are of one class
 *   cross_process.c  cycles across the processes of a run (cross_process.h)
 *   cross_run.c      cycles across runs (cross_run.h)
 *   stack_hash.c     which stacks of different processes are the same
 *   same_locks.c     which locks of different runs are the same in the code
 *   shared_locks.c   which process-shared locks are one
 *   order_rows.c     merges the rows of several ledgers
 *   process_order.c  happens-before edges between processes
 */
#ifndef LH_LOCK_ORDER_LOCK_ORDER_INTERNAL_H
#define LH_LOCK_ORDER_LOCK_ORDER_INTERNAL_H

#include "libcheck/order_graph/order_graph.h"
#include "tools/util/map.h"
#include "tools/lock_order/cross_process.h"

/* A held lock, acquired after that of the last step, is not shown. */
static inline void lh_steps_leave_out(struct lh_step *step, uint32_t n)
{
	if (n)
		step[n - 1].left_out++;
}

/* ---- stack_hash.c ---- */

struct lh_hashed_module {
	uint64_t start, end, base;
	uint64_t path; /* of a script: and the function */
	bool gone;
};

/* The stacks of one ledger by their contents, without numbers that change from run to run. */
struct lh_stack_hashes {
	const struct lh_ledger_view *ledger;
	struct lh_hashed_module *module; /* by row */
	uint64_t *stack;                 /* by row; 0: not computed yet */
};

struct lh_stack_hashes lh_stack_hashes_new(struct lh_arena *, const struct lh_ledger_view *);
uint64_t lh_stack_hash(const struct lh_stack_hashes *, lh_stack_id); /* 0: no such stack */
uint64_t lh_hash_text(uint64_t hash, const char *text);

/* A process and its part of the merged rows. */
struct lh_merged_process {
	struct lh_report_process *process;
	uint64_t boot;                  /* boot time: seconds since 1970, about */
	uint64_t first_seen, last_seen; /* monotonic nanoseconds: alive from, and at least until */
	struct lh_merged_process *from; /* the process that forked it */
	struct lh_merged_process *by;   /* that started it in another way, or before an exec */
	bool shares;                    /* it uses a lock that another process uses */
	bool merged;                    /* its rows have been merged */
	lh_thread_id base;              /* its threads are base + 1 and on */
	uint32_t threads;               /* rows, row 0 included */
	lh_thread_id end;               /* no thread: stands for the end of the process */
	lh_lock_id *lock;               /* by row of its ledger: merged lock; 0: none yet */
	lh_chain_id *chain;             /* by row of its ledger: merged chain; 0: none */
	struct lh_stack_hashes stacks;
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

	/* The rule by which locks are one: the number of the lock from 1 on, 0: one with no other.
	 * NULL: by location. */
	uint32_t (*same)(void *with, const struct lh_merged_process *, lh_lock_id);
	lh_lock_id *same_lock; /* by that number: the merged lock */
	/* Adds the merged chains of one chain; NULL: one chain of the merged locks. The threads of
	 * other chains have no end locks. */
	void (*add_chain)(void *with, struct lh_merged_process *, lh_chain_id);
	void *with;

	struct lh_map locations; /* of process-shared locks, see shared_locks.c */
	struct lh_map stacks;    /* numbers of stacks, by their hashes */
	struct lh_map known;     /* chains by parent, lock and site */

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
	bool (*wanted)(void *with, const struct lh_cycle *); /* false: the cycle is not kept */
	void *with;
	struct lh_cycle *cycle;
	uint32_t n;
};
struct lh_cycle *lh_answer_find(const struct lh_answers *, uint64_t key);
/* Asks with the first `hb_edges` edges. Returns how many searches were cut and rows refused;
 * UINT32_MAX: out of memory. */
uint32_t lh_order_query(const struct lh_merged_run *, uint32_t hb_edges, bool filtered,
			struct lh_answers *);
/* Equal for the same locks in the same order and the same filter, at any sites. */
uint64_t lh_cycle_locks_hash(const struct lh_cycle *);

/* ---- shared_locks.c ---- */

/* lh_merged_find_shared finds the locks that several processes use and sets `shares`.
 * lh_merged_lock_get returns the merged lock of a lock, made if it is new; 0: none. */
void lh_merged_find_shared(struct lh_merged_run *);
lh_lock_id lh_merged_lock_get(struct lh_merged_run *, struct lh_merged_process *, lh_lock_id);

/* The flags of two locks that count as one: each flag that one has, but both must prefer writers.
 */
static inline uint32_t lh_merged_flags(uint32_t a, uint32_t b)
{
	return (a | b) & ~((a ^ b) & (uint32_t)LH_LOCK_PREFER_WRITER);
}

/* ---- order_rows.c ---- */

void lh_merged_add_process(struct lh_merged_run *, struct lh_report_process *);
void lh_merged_begin_rows(struct lh_merged_run *);
void lh_merged_add_rows(struct lh_merged_run *, struct lh_merged_process *);
lh_chain_id lh_merged_add_chain(struct lh_merged_run *, lh_chain_id parent, lh_lock_id, lh_site);
/* The merged chain with this parent, lock and site, made if it is new; 0: too deep. */
lh_chain_id lh_merged_chain_get(struct lh_merged_run *, lh_chain_id parent, lh_lock_id, lh_site);
/* Adds the visits and flags of a chain of the process's ledger to a merged chain. */
void lh_merged_add_visits(struct lh_merged_run *, const struct lh_merged_process *, lh_chain_id,
			  lh_chain_id to);
const struct lh_merged_process *lh_merged_process_of(const struct lh_merged_run *, lh_thread_id);
/* The path of the chain that a link was seen at, in the ledger of the process. Returns its length;
 * 0: no thread was seen there. */
uint32_t lh_merged_path_of(const struct lh_merged_run *, const struct lh_cycle_link *,
			   const struct lh_merged_process **, lh_chain_id path[LH_HELD_MAX]);

/* ---- process_order.c ---- */

void lh_merged_find_times(struct lh_merged_run *); /* sets `boot` and the times */
/* Sets `from` and `by`; quadratic in the number of processes. */
void lh_merged_find_parents(struct lh_merged_run *);
void lh_merged_add_order(struct lh_merged_run *);

#endif
