/*
 * deadlocks_internal.h — what the files that implement deadlocks.h share; no other file includes
 * it.
 *
 *   wait_again.c         the wait of a live-thread row
 *   deadlocks.c          processes, the samples of their waits, one scan
 *   edges_ledger.c       edges of the wait-for graph, from the ledgers
 *   ended_owner.c        owners that have ended
 *   deadlock_findings.c  deadlocks to report, from the findings of the solved graph (findings.h)
 */
#ifndef LH_WAIT_GRAPH_DEADLOCKS_INTERNAL_H
#define LH_WAIT_GRAPH_DEADLOCKS_INTERNAL_H

#include "tools/wait_graph/solve.h"
#include "libcheck/rules/wait_rules.h"
#include "tools/util/map.h"
#include "tools/wait_graph/deadlocks.h"

#define LH_WAIT_AGAIN                                                                              \
	(1u << 31) /* in wait_seq: the condition wait has become one for the mutex                 \
		    */

enum { LH_DEAD_THREADS_MAX = 256 /* abandoned locks; then the oldest is replaced */ };

/* The wait of a live-thread row at the last scan. */
struct lh_wait_sample {
	lh_thread_id thread; /* 0: it did not wait */
	uint32_t seq;
	uint32_t samples;
	uint64_t first_ns;
	bool reported;
};

struct lh_deadlocks_process {
	const struct lh_ledger_view *ledger;
	const struct lh_deadlocks_queries *queries;
	void *with;
	struct lh_wait_sample *sample; /* by live-thread row */
	uint32_t n_samples, number;
};

/* Identifies a lock across processes. */
struct lh_wait_lock_key {
	uint64_t a, b, c;
};

struct lh_abandoned_lock {
	struct lh_wait_lock_key key;
	struct lh_dead_thread dead_thread;
	lh_site site; /* the mode only */
	uint32_t tick;
};

struct lh_deadlocks_holder {
	uint32_t waiter; /* index of the waiter that holds the lock */
	struct lh_step hold;
};

/* A lock that a waiter holds or waits for. */
struct lh_deadlocks_lock {
	struct lh_wait_lock_key key;
	struct lh_deadlocks_holder *holder; /* the waiters that hold it */
	uint32_t holders;
	uint32_t number;                          /* from 1 */
	bool checked;                             /* an owner that has ended was searched for */
	struct lh_step ended;                     /* what it holds; lock 0: there is none */
	const struct lh_dead_thread *dead_thread; /* owner that ended with its process */
};

/* A thread that two scans found in the same wait. */
struct lh_deadlocks_waiter {
	struct lh_deadlocks_process *process;
	struct lh_wait_sample *sample;
	uint32_t number; /* its live-thread row */
	struct lh_live_thread live;
	struct lh_lock row;
	struct lh_deadlocks_lock *lock; /* NULL: it waits for a thread's end */
	bool again;                     /* for the mutex of a condition, after its wait */
	bool aged;                      /* in this wait for LH_DEADLOCK_AFTER_NS */
	uint32_t *blockers, n_blockers;
};

struct lh_deadlocks {
	struct lh_deadlocks_queries queries;
	struct lh_deadlocks_process **list;
	uint32_t n, capacity, last_number;
	uint64_t waits_hash, solved_ns;      /* hash of the waits solved last; when */
	struct lh_abandoned_lock *abandoned; /* LH_DEAD_THREADS_MAX entries, or NULL */
	uint32_t n_abandoned;                /* entries ever added */
};

/* The data of one scan. */
struct lh_deadlocks_pass {
	struct lh_deadlocks *deadlocks;
	struct lh_arena *arena;
	uint64_t now_ns;
	struct lh_deadlocks_waiter *waiter;
	uint32_t waiters;
	struct lh_map locks;       /* struct lh_deadlocks_lock by its key */
	struct lh_wait_node *node; /* one for each waiter; the last stands for all ended owners */
	struct lh_deadlock *deadlock;
	uint32_t n_deadlocks;
};

/* wait_again.c. False: the row shows no wait without a limit. The first leaves out the held list.
 */
bool lh_deadlocks_read_head(const struct lh_deadlocks_process *, uint32_t row,
			    struct lh_live_thread *);
bool lh_deadlocks_read_wait(const struct lh_deadlocks_process *, uint32_t row,
			    struct lh_live_thread *);

/* edges_ledger.c: adds the edges of each waiter and solves the graph. Returns how many cycles. */
uint32_t lh_deadlocks_edges(struct lh_deadlocks_pass *);
/* Adds edges to the likely owners of futexes and solves it again. Returns 0 if there are none. */
uint32_t lh_deadlocks_likely_edges(struct lh_deadlocks_pass *);

/* ended_owner.c */
/* The location of a process-shared lock; of any other lock its process and id, and c is 0. */
struct lh_wait_lock_key lh_wait_lock_key_of(const struct lh_deadlocks_process *, lh_lock_id);
/* Remembers the process-shared locks that the threads of a process hold, which has ended. */
void lh_deadlocks_add_abandoned(struct lh_deadlocks *, const struct lh_deadlocks_process *);
/* True if the owner of the lock that the waiter waits for has ended; sets lock->ended. */
bool lh_deadlocks_owner_has_ended(struct lh_deadlocks_pass *, struct lh_deadlocks_waiter *);

/* deadlock_findings.c: makes the deadlocks to report. */
void lh_deadlocks_collect(struct lh_deadlocks_pass *, uint32_t cycles);

#endif
