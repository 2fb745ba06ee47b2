/*
 * simulator_internal.h — what the files of the simulator share: views of a state, and the set of
 * states that are still to be looked at.
 */
#ifndef SIMULATOR_INSIDE_H
#define SIMULATOR_INSIDE_H

#include "tests/unit/libcheck/order_graph/simulator.h"

enum { THREADS = 5, HANDS = 8, STATES_MAX = 1 << 21, BITS = 12 };

/* ---- views: what a state means for locks ---- */

struct hand {
	lh_lock_id lock;
	lh_site place;
};

struct stand {
	uint32_t held_n;
	struct hand held[HANDS];
	struct hand want; /* lock 0: nothing */
	bool queued;      /* has asked already, and waits */
	bool known;       /* the book knows that this thread was here like this */
	bool done;
};

struct view {
	const struct lh_lock *lock; /* rows */
	const struct lh_thread *thread;
	uint32_t n; /* threads 1..n */
	struct stand at[THREADS + 1];
};

static inline bool shared(lh_site site)
{
	return LH_SITE_MODE(site) == LH_SHARED;
}

bool view_can_take(const struct view *v, lh_thread_id me, struct hand h);
void view_find_rings(const struct view *v, struct rings *out);
bool view_was_seen(const struct book *b, lh_chain_id chain, lh_thread_id t, uint32_t segment);

/* ---- all states ---- */

struct space {
	uint64_t *table, *work;
	uint32_t count, work_n;
	bool full;
};

void space_begin(struct space *s);
void space_add(struct space *s, uint64_t state);

static inline uint32_t local_of(uint64_t state, lh_thread_id t)
{
	return (uint32_t)(state >> (BITS * (t - 1))) & ((1 << BITS) - 1);
}

static inline uint64_t with_local(uint64_t state, lh_thread_id t, uint32_t local)
{
	uint64_t mask = (uint64_t)((1 << BITS) - 1) << (BITS * (t - 1));

	return (state & ~mask) | (uint64_t)local << (BITS * (t - 1));
}

#endif
