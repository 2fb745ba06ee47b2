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
#ifndef LH_PROFILE_H
#define LH_PROFILE_H

#include "tools/report/report.h"

/* Waits at one place for what was taken at another one; or holds of what was taken there. */
struct lh_contact {
	const struct lh_process *process;
	const struct lh_thing *lock;    /* NULL: it is gone */
	const struct lh_trace *waiter;  /* NULL: these are holds */
	const struct lh_trace *holder;  /* NULL: nobody was seen to hold it */
	const struct lh_person *thread; /* whose wait or hold was the longest; NULL not known */
	uint64_t ns, worst_ns;
	uint64_t seen_ns; /* what the looks make of it, before all that a lock was waited for is
			     divided up */
	uint32_t looks;
	uint32_t queue; /* most who waited for the lock at once */
};

/* One hold (LH_WAIT_NONE) or wait, on the clock that all processes of a run share. */
struct lh_stretch {
	const struct lh_process *process;
	const struct lh_person *thread;
	const struct lh_thing *lock;
	const struct lh_trace *stack;
	enum lh_wait wait;
	uint64_t from_ns, to_ns;
};

/* Lengths of waits or holds; n 0: nothing is known, p99_ns 0: of that nothing. */
struct lh_spread {
	uint64_t n, mean_ns, p99_ns, max_ns;
};

/* What one thread got of a lock. */
struct lh_portion {
	const struct lh_person *thread; /* NULL: all those that have no portion of their own */
	uint64_t taken, waits, wait_ns, wait_max_ns, passed_max;
};

struct lh_service {
	struct lh_spread wait[2], hold[2]; /* exclusive, shared */
	struct lh_spread all_waits, all_holds;
	uint32_t queue; /* most who waited at once */
	/* Entries of others during a wait; those of who came later, at the least. */
	uint64_t passed, passed_max, overtaken, overtaken_max;
	const struct lh_person *passed_thread;
	uint64_t busy, busy_tries, busy_ns; /* rows of failed tries: how many, the longest */
	const struct lh_person *busy_thread;
	const struct lh_trace *busy_place;
	uint64_t burnt_ns, burnt_worst_ns; /* CPU spent in them and in spinlocks, as it was seen */
	const struct lh_trace *burnt_place;
	const struct lh_portion *portion; /* who took it most often first, the others last */
	uint32_t portions;
	uint64_t taken;                   /* the sum of them */
	const struct lh_portion *starved; /* who waited longest in all; NULL nobody did */
	const struct lh_person *waiting;  /* longest of those who wait still; NULL nobody */
	uint64_t waiting_ns;
};

/* Locks of one birthplace. */
struct lh_birth {
	const char *name; /* "mutex born at bank.c:41" */
	const char *kind;
	uint32_t locks;
	uint64_t acquired, shared, contended, tries_failed, wait_ns;
	struct lh_spread wait, hold;
	uint32_t queue;
};

struct lh_profile {
	struct lh_contact **contact; /* those that took longest first */
	uint32_t contacts;
	struct lh_stretch **stretch; /* as they ended */
	uint32_t stretches;
	struct lh_birth **birth; /* of more than one lock; those waited for longest first */
	uint32_t births;
};

/* With or without a service; what is not known is 0. */
struct lh_spread lh_thing_wait(const struct lh_thing *);
struct lh_spread lh_thing_hold(const struct lh_thing *);
uint32_t lh_thing_queue(const struct lh_thing *);

#endif
