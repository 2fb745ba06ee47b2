/*
 * lock_stats.h — statistics of locks: wait and hold times, which sites made which sites wait, and
 * the spans of waits and holds.
 *
 * Lists only what ledgers have; does not sample. Two sources:
 * - lh_contention_stats: counted by the library. Waits are exact; holds and thread shares are
 *   sampled. Busy-wait CPU time is from the monitor.
 * - pairs and spans: samples of the monitor (ledger.h); a run without the front end has none. A
 *   lock's exact wait time is divided among its pairs in proportion to the sampled time. `worst_ns`
 *   is exact to one sampling interval.
 */
#ifndef LH_REPORT_LOCK_STATS_H
#define LH_REPORT_LOCK_STATS_H

#include "tools/report/report.h"

/* Waits at one stack for a lock acquired at another stack; or, without `waiter`, holds. */
struct lh_wait_pair_stats {
	const struct lh_report_process *process;
	const struct lh_report_lock *lock;     /* NULL: its row was reused */
	const struct lh_report_stack *waiter;  /* NULL: the row is about holds */
	const struct lh_report_stack *holder;  /* acquisition by the owner; NULL: not seen */
	const struct lh_report_thread *thread; /* of the longest wait or hold; NULL unknown */
	uint64_t ns, worst_ns; /* lh_report_finish scales `ns` to the lock's exact wait time */
	uint64_t seen_ns;      /* the sampled time */
	uint32_t samples;
	uint32_t queue; /* most waiters for the lock in one sample */
};

/* One hold (LH_WAIT_NONE) or wait. Times are CLOCK_MONOTONIC, so spans of processes compare. */
struct lh_report_span {
	const struct lh_report_process *process;
	const struct lh_report_thread *thread;
	const struct lh_report_lock *lock;
	const struct lh_report_stack *stack;
	const struct lh_report_thread *owner; /* a wait: of the lock; NULL unknown */
	enum lh_wait wait;
	uint64_t from_ns, to_ns;
};

/* Durations of waits or holds. n 0: nothing is known; p99_ns 0: no percentile is known. */
struct lh_time_summary {
	uint64_t n, mean_ns, p99_ns, max_ns;
};

/* One thread's share of a lock. */
struct lh_report_thread_share {
	const struct lh_report_thread *thread; /* NULL: all threads without a share of their own */
	uint64_t taken, waits, wait_ns, wait_max_ns, bypassed_max;
};

struct lh_contention_stats {
	struct lh_time_summary wait[2], hold[2]; /* exclusive, shared */
	struct lh_time_summary all_waits, all_holds;
	uint32_t queue; /* most threads that waited at once */
	/* acquisitions by other threads during a wait; of these, by threads that came later, at
	 * least: see struct lh_contention */
	uint64_t bypassed, bypassed_max, overtaken, overtaken_max;
	const struct lh_report_thread *bypassed_thread;
	uint64_t busy, busy_tries, busy_ns; /* busy waits: number, most tries, longest */
	const struct lh_report_thread *busy_thread;
	const struct lh_report_stack *busy_stack;
	/* sampled CPU time of busy waits and of waits for spinlocks */
	uint64_t busy_cpu_ns, busy_cpu_worst_ns;
	const struct lh_report_stack *busy_cpu_stack;
	/* most acquisitions first; the share of the other threads is last */
	const struct lh_report_thread_share *share;
	uint32_t shares;
	uint64_t taken; /* sum over the shares */
	/* the thread with the longest total wait; NULL: no thread waited */
	const struct lh_report_thread_share *starved;
	/* of the threads that wait now, the one that has waited longest; NULL none */
	const struct lh_report_thread *waiting;
	uint64_t waiting_ns;
};

/* The locks of one class. */
struct lh_class_stats {
	const char *name; /* kind and where the locks were initialized, or the class */
	const char *kind;
	uint32_t locks;
	uint64_t acquired, shared, contended, tries_failed, wait_ns;
	struct lh_time_summary wait, hold;
	uint32_t queue;
};

struct lh_wait_stats {
	struct lh_wait_pair_stats **pair; /* the longest first */
	uint32_t pairs;
	struct lh_report_span **span; /* in the order of their ends */
	uint32_t spans;
	struct lh_class_stats **class; /* of two locks or more; longest wait time first */
	uint32_t classes;
};

/* Work with and without `contention`; an unknown number is 0. */
struct lh_time_summary lh_report_lock_wait(const struct lh_report_lock *);
struct lh_time_summary lh_report_lock_hold(const struct lh_report_lock *);
uint32_t lh_report_lock_queue(const struct lh_report_lock *);

#endif
