/*
 * lock_order_internal.h — what the files of the room `whole` share. Nobody else includes it.
 *
 *   cross_process.c        who is judged together, what the judge answers, telling it
 *   shared_locks.c   which process-shared locks are one
 *   order_rows.c   the rows of several ledgers as one
 *   process_order.c  what of one process came before what of another
 */
#ifndef LH_WHOLE_INSIDE_H
#define LH_WHOLE_INSIDE_H

#include "libcheck/order_graph/order_graph.h"
#include "tools/util/arena.h"
#include "tools/lock_order/cross_process.h"

/* A process and its rows among those of all. */
struct lh_member_of {
	struct lh_process *process;
	uint64_t boot;             /* seconds since 1970, about */
	uint64_t born, lived;      /* monotonic nanoseconds: from, and until then for sure */
	struct lh_member_of *from; /* it was forked from this one */
	struct lh_member_of *by; /* or started by it otherwise, or it was this one before an exec */
	bool shares;             /* it uses a lock that another process uses */
	bool taken;              /* its rows are among those of all */
	lh_thread_id base;       /* its threads are base + 1 and on */
	uint32_t threads;        /* rows, row 0 included */
	lh_thread_id end;        /* no thread: stands for the end of the process */
	lh_lock_id *lock;        /* by row of its record: row of all; 0 none yet */
	lh_node_id *node;        /* by row of its record; 0: not taken over */
	uint32_t locks, nodes;
};

/* A lock of all: the process that made it if that is known. */
struct lh_lock_of {
	const struct lh_member_of *member;
	lh_lock_id id; /* in the member's record */
	uint32_t users;
};

/* Where a seen row comes from. */
struct lh_seen_of {
	const struct lh_member_of *member;
	lh_node_id node; /* in the member's record */
};

struct lh_whole {
	struct lh_model *model;
	struct lh_pool *pool;
	struct lh_member_of *member;
	uint32_t members;
	bool alone; /* one process, by itself */

	struct lh_spot *spots;       /* shared memory: which lock lies there */
	struct lh_stack_key *stacks; /* by what the frames say: their number */
	struct lh_node_key *keys;
	uint32_t stack_count;

	struct lh_lock *lock;
	struct lh_lock_of *lock_of;
	struct lh_thread *thread;
	struct lh_node *node;
	struct lh_seen *seen;
	struct lh_seen_of *seen_of;
	struct lh_event *event;
	uint32_t locks, lock_ofs, threads, nodes, seens, seen_ofs, events;
	uint32_t sure_events; /* those behind them are orders that may be chance */
	uint32_t witnesses;
};

/* ---- shared_locks.c ---- */

/* Finds the locks that several members use; sets `shares`. Which lock of all a lock is: 0 none. */
void lh_whole_find_shared(struct lh_whole *);
void lh_whole_forget_shared(struct lh_whole *);
lh_lock_id lh_whole_lock(struct lh_whole *, struct lh_member_of *, lh_lock_id);

/* ---- order_rows.c ---- */

void lh_whole_begin_rows(struct lh_whole *);
void lh_whole_take(struct lh_whole *, struct lh_member_of *);
void lh_whole_end_rows(struct lh_whole *);
/* The node of this lock above that chain, made if it is new. */
lh_node_id lh_whole_node(struct lh_whole *, lh_node_id parent, lh_lock_id, lh_place);
const struct lh_member_of *lh_whole_whose(const struct lh_whole *, lh_thread_id);
/* Of this thread at this node. NULL: it was not seen there. */
const struct lh_seen_of *lh_whole_seen(const struct lh_whole *, lh_node_id, lh_thread_id);

/* ---- process_order.c ---- */

void lh_whole_find_times(struct lh_whole *);   /* when each lived */
void lh_whole_find_parents(struct lh_whole *); /* who comes from whom; of so many, the square */
void lh_whole_add_order(struct lh_whole *);

#endif
