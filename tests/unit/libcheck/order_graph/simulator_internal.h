/*
 * simulator_internal.h — what the files of the simulator share: views of a state, and the set of
 * visited states with those still to be explored.
 */
#ifndef SIMULATOR_INTERNAL_H
#define SIMULATOR_INTERNAL_H

#include "tests/unit/libcheck/order_graph/simulator.h"

enum { THREADS = 5, HELD_MAX = 8, STATES_MAX = 1 << 21, BITS = 12 };

/* ---- views: what each thread holds and wants in a state ---- */

struct hold {
	lh_lock_id lock;
	lh_site site;
};

struct thread_view {
	uint32_t held_n;
	struct hold held[HELD_MAX];
	struct hold want; /* lock 0: nothing */
	bool queued;      /* waits for `want` */
	bool known;       /* the tables have a visit of this thread with these locks */
	bool done;
};

struct view {
	const struct lh_lock *lock; /* rows */
	const struct lh_thread *thread;
	uint32_t n; /* threads 1..n */
	struct thread_view at[THREADS + 1];
};

static inline bool is_shared(lh_site site)
{
	return LH_SITE_MODE(site) == LH_SHARED;
}

bool view_can_acquire(const struct view *v, lh_thread_id self, struct hold h);
void view_find_cycles(const struct view *v, struct cycle_set *out);
bool view_was_visited(const struct order_tables *tables, lh_chain_id chain, lh_thread_id t,
		      uint32_t segment);

/* ---- the set of states ---- */

struct state_set {
	uint64_t *table, *todo;
	uint32_t count, todo_n;
	bool full;
};

void state_set_init(struct state_set *s);
void state_set_add(struct state_set *s, uint64_t state);

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
