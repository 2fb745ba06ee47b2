/*
 * profile.h — who made whom wait, and holds and waits in time: part of the room `model`.
 *
 * Comes from what the monitor saw at its looks (ledger.h: pairs and spans). A run without the
 * command has none of it. Sums are estimates; `worst` is the longest that was seen, to one look.
 */
#ifndef LH_PROFILE_H
#define LH_PROFILE_H

#include "model.h"

/* Waits at one place for what was taken at another one; or holds of what was taken there. */
struct lh_contact {
	const struct lh_process *process;
	const struct lh_thing *lock;    /* NULL: it is gone */
	const struct lh_trace *waiter;  /* NULL: these are holds */
	const struct lh_trace *holder;  /* NULL: nobody was seen to hold it */
	const struct lh_person *thread; /* whose wait or hold was the longest; NULL not known */
	uint64_t ns, worst_ns;
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

struct lh_profile {
	struct lh_contact **contact; /* those that took longest first */
	uint32_t contacts;
	struct lh_stretch **stretch; /* as they ended */
	uint32_t stretches;
};

#endif
