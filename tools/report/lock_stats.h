/*
 * lock_stats.h — how locks treat those who want them, who made whom wait, and holds and waits in
 * time: part of the room `model`.
 *
 * What a lock's service says the library has counted: waits exactly, holds and shares by sample.
 * The rest comes from what the monitor saw at its looks (ledger.h: pairs and spans). A run without
 * the command has none of it. What a lock was waited for is divided up
 * as the looks have met it; `worst` is the longest that was seen, to one
 * look.
 */
#ifndef LH_REPORT_LOCK_STATS_H
#define LH_REPORT_LOCK_STATS_H

#include "tools/report/report.h"

/* Waits at one place for what was taken at another one; or holds of what was taken there. */
struct lh_wait_pair_stats {
	const struct lh_report_process *process;
	const struct lh_report_lock *lock;    /* NULL: it is gone */
	const struct lh_report_stack *waiter; /* NULL: these are holds */
	const struct lh_report_stack *holder; /* NULL: nobody was seen to hold it */
	const struct lh_report_thread
		*thread; /* whose wait or hold was the longest; NULL not known */
	uint64_t ns, worst_ns;
	uint64_t seen_ns; /* what the looks make of it, before all that a lock was waited for is
			     divided up */
	uint32_t samples;
	uint32_t queue; /* most who waited for the lock at once */
};

/* One hold (LH_WAIT_NONE) or wait, on the clock that all processes of a run share. */
struct lh_report_span {
	const struct lh_report_process *process;
	const struct lh_report_thread *thread;
	const struct lh_report_lock *lock;
	const struct lh_report_stack *stack;
	enum lh_wait wait;
	uint64_t from_ns, to_ns;
};

/* Lengths of waits or holds; n 0: nothing is known, p99_ns 0: of that nothing. */
struct lh_time_summary {
	uint64_t n, mean_ns, p99_ns, max_ns;
};

/* What one thread got of a lock. */
struct lh_report_thread_share {
	const struct lh_report_thread
		*thread; /* NULL: all those that have no portion of their own */
	uint64_t taken, waits, wait_ns, wait_max_ns, bypassed_max;
};

struct lh_lock_service_stats {
	struct lh_time_summary wait[2], hold[2]; /* exclusive, shared */
	struct lh_time_summary all_waits, all_holds;
	uint32_t queue; /* most who waited at once */
	/* Entries of others during a wait; those of who came later, at the least. */
	uint64_t bypassed, bypassed_max, overtaken, overtaken_max;
	const struct lh_report_thread *bypassed_thread;
	uint64_t busy, busy_tries, busy_ns; /* rows of failed tries: how many, the longest */
	const struct lh_report_thread *busy_thread;
	const struct lh_report_stack *busy_stack;
	uint64_t busy_cpu_ns,
		busy_cpu_worst_ns; /* CPU spent in them and in spinlocks, as it was seen */
	const struct lh_report_stack *busy_cpu_stack;
	const struct lh_report_thread_share
		*share; /* who took it most often first, the others last */
	uint32_t shares;
	uint64_t taken; /* the sum of them */
	const struct lh_report_thread_share
		*starved;                       /* who waited longest in all; NULL nobody did */
	const struct lh_report_thread *waiting; /* longest of those who wait still; NULL nobody */
	uint64_t waiting_ns;
};

/* Locks of one birthplace. */
struct lh_class_stats {
	const char *name; /* "mutex born at bank.c:41" */
	const char *kind;
	uint32_t locks;
	uint64_t acquired, shared, contended, tries_failed, wait_ns;
	struct lh_time_summary wait, hold;
	uint32_t queue;
};

struct lh_wait_stats {
	struct lh_wait_pair_stats **pair; /* those that took longest first */
	uint32_t pairs;
	struct lh_report_span **span; /* as they ended */
	uint32_t spans;
	struct lh_class_stats **class; /* of more than one lock; those waited for longest first */
	uint32_t classes;
};

/* With or without a service; what is not known is 0. */
struct lh_time_summary lh_report_lock_wait(const struct lh_report_lock *);
struct lh_time_summary lh_report_lock_hold(const struct lh_report_lock *);
uint32_t lh_report_lock_queue(const struct lh_report_lock *);

#endif
