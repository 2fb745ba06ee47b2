/*
 * wait_bytes.h — what a blocked thread waits for, from its system call, the lock's own bytes and
 * the C library's functions on its stack.
 *
 * Does not decide whether the thread waits forever.
 *
 * Without a stack the answer is a guess from the bytes, good enough to choose which threads to
 * unwind; with a stack the function names decide. If names and bytes contradict each other, the
 * kind is LH_NOTHING.
 */
#ifndef LH_WAIT_GRAPH_WAIT_BYTES_H
#define LH_WAIT_GRAPH_WAIT_BYTES_H

#include "tools/process/peek.h"

struct lh_hang_wait {
	enum lh_kind kind; /* LH_NOTHING: an unknown futex wait; LH_THREAD_END: a join */
	enum lh_mode mode;
	bool timed;       /* has a time limit */
	bool shared;      /* another process may end it */
	uint64_t address; /* of the lock; of an unknown object, of the futex word */
	uint32_t flags;   /* LH_LOCK_* */
	pid_t owner;      /* exclusive owner or joined thread, by its own_tid; 0: unknown */
	uint32_t readers; /* how many hold it; which threads is not known */
	uint32_t missing; /* barrier: arrivals that are missing, 0: unknown */
	uint32_t call;    /* index of the frame of the waiting call */
	bool called;      /* `call` is valid */
	bool unread;      /* its bytes could not be read: nothing is known of it */
};

/* False: the task does not wait on a futex. */
bool lh_hang_wait_of(const struct lh_peek *, const struct lh_peek_task *, struct lh_hang_wait *);

/* wait_glib.c: false if the thread does not sleep in a function of libglib. Sets the kind, the
 * address and the call. */
bool lh_hang_wait_in_glib(const struct lh_peek_task *, int op, struct lh_hang_wait *);
/* The wait is for the lock inside a lock of GLib: names GLib's kind. */
void lh_hang_rename_for_glib(const struct lh_peek *, const struct lh_peek_task *,
			     struct lh_hang_wait *);

/* wait_openmp.c: false if the thread does not sleep in libgomp. */
bool lh_hang_wait_in_libgomp(const struct lh_peek *, const struct lh_peek_task *, int op,
			     struct lh_hang_wait *);

/* The task that runs the initialiser that `waiter` waits for (pthread_once, guard of a static
 * variable): the only task whose stack shows it. NULL: none, or more than one. Needs all stacks. */
const struct lh_peek_task *lh_once_owner(const struct lh_peek *, const struct lh_peek_task *waiter,
					 const struct lh_hang_wait *);

#endif
