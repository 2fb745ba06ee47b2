/* deadlocks_internal.h — what the files of the room `still` share with each other only. */
#ifndef LH_WAIT_GRAPH_DEADLOCKS_INTERNAL_H
#define LH_WAIT_GRAPH_DEADLOCKS_INTERNAL_H

#include "tools/wait_graph/solve.h"
#include "libcheck/rules/wait_rules.h"
#include "tools/wait_graph/deadlocks.h"

#include <uthash.h>

enum { LH_DEAD_THREADS_MAX = 256 /* of the last processes that ended */ };

/* What was seen of a seat at the last look. */
struct lh_wait_sample {
	lh_thread_id thread; /* 0: it did not wait */
	uint32_t seq;
	uint32_t samples;
	uint64_t first_ns;
	bool reported;
};

struct lh_deadlocks_process {
	const struct lh_ledger_view *ledger;
	void *with;
	struct lh_wait_sample *sample; /* by seat */
	uint32_t n_samples, number;
};

/* Which lock it is, in all processes. */
struct lh_wait_lock_key {
	uint64_t a, b, c;
};

struct lh_abandoned_lock {
	struct lh_wait_lock_key key;
	struct lh_dead_thread dead_thread;
	lh_site site; /* its mode only */
	uint32_t tick;
};

struct lh_deadlocks_holder {
	uint32_t waiter; /* index; the one after the last is whoever has ended */
	enum lh_mode mode;
	lh_site site;
	uint32_t tick;
	lh_lock_id lock; /* as its process calls it */
};

/* A lock that somebody here holds or waits for. */
struct lh_deadlocks_lock {
	struct lh_wait_lock_key key;
	struct lh_deadlocks_holder *holder; /* among those who stand still */
	uint32_t holders;
	bool checked; /* for an owner that has ended */
	struct lh_deadlocks_holder ended;
	lh_thread_id ended_thread;                /* 0: none */
	const struct lh_dead_thread *dead_thread; /* it has ended together with its process */
	UT_hash_handle hh;
};

/* A thread that stands still. */
struct lh_deadlocks_waiter {
	struct lh_deadlocks_process *process;
	struct lh_wait_sample *sample;
	uint32_t number; /* its seat */
	struct lh_live_thread live;
	struct lh_lock row;
	struct lh_deadlocks_lock *lock; /* NULL: it waits for a thread's end */
	bool aged;                      /* for LH_DEADLOCK_AFTER_NS */
	uint32_t *blockers, n_blockers;
};

struct lh_deadlocks {
	struct lh_deadlocks_queries queries;
	struct lh_deadlocks_process **list;
	uint32_t n, capacity, last_number;
	uint64_t seen, solved_ns;            /* a number for what was judged last */
	struct lh_abandoned_lock *abandoned; /* LH_DEAD_THREADS_MAX of them, once there is one */
	uint32_t n_abandoned;                /* ever */
};

/* One look's work. */
struct lh_deadlocks_pass {
	struct lh_deadlocks *deadlocks;
	struct lh_arena *arena;
	uint64_t now_ns;
	struct lh_deadlocks_waiter *waiter;
	uint32_t waiters;
	struct lh_deadlocks_lock *locks;
	struct lh_wait_node *node; /* one for each waiter, and the last for those who have ended */
	struct lh_deadlock *deadlock;
	uint32_t n_deadlocks;
};

/* edges_ledger.c: whom each waiter waits for, and what the graph makes of it. */
void lh_deadlocks_edges(struct lh_deadlocks_pass *, uint32_t *rings);

/* Of a lock in shared memory the place of its bytes; of any other its process and number. */
struct lh_wait_lock_key lh_wait_lock_key_of(const struct lh_deadlocks_process *, lh_lock_id);

/* deadlock_findings.c: what is to be told. */
void lh_deadlocks_collect(struct lh_deadlocks_pass *, uint32_t rings);

#endif
