/*
 * wait_bytes.h — what a blocked thread waits for, from its system call, the lock's own bytes
 * and the C library's functions on its stack.
 *
 * Does not judge whether it waits for ever.
 *
 * Without a stack the answer is a guess by what the bytes look like, good enough to choose
 * whose stacks to look at; with one it is as the functions say. Where the two do not fit
 * together nothing is claimed: the kind is LH_NOTHING.
 */
#ifndef LH_WAIT_GRAPH_WAIT_BYTES_H
#define LH_WAIT_GRAPH_WAIT_BYTES_H

#include "tools/process/peek.h"

struct lh_hang_wait {
	enum lh_kind kind; /* LH_NOTHING: something that sleeps on a futex; LH_THREAD_END: joins */
	enum lh_mode mode;
	bool timed;       /* ends by itself */
	bool shared;      /* other processes may end it */
	uint64_t address; /* of the lock; of an unknown thing, the word */
	uint32_t flags;   /* LH_LOCK_* */
	pid_t owner;      /* holds it exclusively, or is joined; as it calls itself; 0 not known */
	uint32_t readers; /* that hold it, number known but not who */
	uint32_t missing; /* barrier: arrivals that it still needs, 0 not known */
	uint32_t call;    /* index of the frame of the call that waits */
	bool called;      /* there is such a frame */
	bool unread;      /* its bytes could not be had: nothing is known of it */
};

/* False: the task does not wait on a futex. */
bool lh_hang_wait_of(const struct lh_peek *, const struct lh_peek_task *, struct lh_hang_wait *);

/*
 * Who runs the initialiser that `waiter` waits for (once, guard of a static): the one
 * task whose stack shows it. NULL: not known, or more than one. All stacks are needed.
 */
const struct lh_peek_task *lh_once_owner(const struct lh_peek *, const struct lh_peek_task *waiter,
					 const struct lh_hang_wait *);

#endif
