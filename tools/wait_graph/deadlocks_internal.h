/* deadlocks_internal.h — what the files of the room `still` share with each other only. */
#ifndef LH_STILL_INSIDE_H
#define LH_STILL_INSIDE_H

#include "tools/wait_graph/solve.h"
#include "tools/wait_graph/deadlocks.h"

#include <uthash.h>

enum { LH_GHOSTS = 256 /* of the last processes that ended */ };

/* What was seen of a seat at the last look. */
struct lh_still_sight {
	lh_thread_id thread; /* 0: it did not wait */
	uint32_t seq;
	uint32_t looks;
	uint64_t first_ns;
	bool told;
};

struct lh_still_process {
	const struct lh_record *record;
	void *with;
	struct lh_still_sight *sight; /* by seat */
	uint32_t sights, number;
};

/* Which lock it is, in all processes. */
struct lh_still_name {
	uint64_t a, b, c;
};

struct lh_still_kept {
	struct lh_still_name name;
	struct lh_still_ghost ghost;
	lh_place place; /* its mode only */
	uint32_t tick;
};

struct lh_still_holder {
	uint32_t waiter; /* index; the one after the last is whoever has ended */
	enum lh_mode mode;
	lh_place place;
	uint32_t tick;
	lh_lock_id lock; /* as its process calls it */
};

/* A lock that somebody here holds or waits for. */
struct lh_still_lock {
	struct lh_still_name name;
	struct lh_still_holder *holder; /* among those who stand still */
	uint32_t holders;
	bool looked; /* for an owner that has ended */
	struct lh_still_holder ended;
	lh_thread_id ended_thread;          /* 0: none */
	const struct lh_still_ghost *ghost; /* it has ended together with its process */
	UT_hash_handle hh;
};

/* A thread that stands still. */
struct lh_still_waiter {
	struct lh_still_process *process;
	struct lh_still_sight *sight;
	uint32_t number; /* its seat */
	struct lh_seat seat;
	struct lh_lock row;
	struct lh_still_lock *lock; /* NULL: it waits for a thread's end */
	bool aged;                  /* for LH_STILL_NS */
	uint32_t *on, ons;
};

struct lh_still {
	struct lh_still_asks asks;
	struct lh_still_process **list;
	uint32_t n, room, numbers;
	uint64_t seen, judged_ns;   /* a number for what was judged last */
	struct lh_still_kept *kept; /* LH_GHOSTS of them, once there is one */
	uint32_t kepts;             /* ever */
};

/* One look's work. */
struct lh_still_work {
	struct lh_still *still;
	struct lh_pool *pool;
	uint64_t now_ns;
	struct lh_still_waiter *waiter;
	uint32_t waiters;
	struct lh_still_lock *locks;
	struct lh_hang_node *node; /* one for each waiter, and the last for those who have ended */
	struct lh_knot *knot;
	uint32_t knots;
};

/* edges_ledger.c: whom each waiter waits for, and what the graph makes of it. */
void lh_still_edges(struct lh_still_work *, uint32_t *rings);

bool lh_still_is_kept(const struct lh_lock *); /* for ever, once its owner is gone */
/* Of a lock in shared memory the place of its bytes; of any other its process and number. */
struct lh_still_name lh_still_name_of(const struct lh_still_process *, lh_lock_id);

/* deadlock_findings.c: what is to be told. */
void lh_still_knots(struct lh_still_work *, uint32_t rings);

#endif
