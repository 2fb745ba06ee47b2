/*
 * event.h — what the files of events/ share; no file outside of events/ includes it.
 *
 * Each file uses only the files above it in this list:
 *   event.c               the frame of an event: entry check, stack, internal lock, reports; waits
 *                         and happens-before edges
 *   event_orders.c        asks the order graph, and makes its cycles findings
 *   hold_sampling.c       the lengths of holds
 *   held_across_create.c  locks that a thread holds while it creates threads or forks
 *   long_hold.c           the release of a lock that was held for long
 *   fork.c                what a forked child inherits and what its fork did not copy
 *   new_chain.c           acquisitions that bring nothing new but their chain
 *   known_again.c         acquisitions and locks that return, without the internal lock
 *   known_wait.c          waits that bring no new row, without the internal lock
 *   known_hold.c          the same for acquisitions of a held lock, and of a permit
 *   mutex.c               the events of every lock
 *   cached_wait.c         waits that the thread's acquisition cache knows
 *   announced.c           the events of locks that the program announces
 *   python_sem.c          CPython's semaphores that stand for the end of a thread
 *   rounds.c              what the rounds of barriers order
 *   barrier.c             barriers
 *   cond_sem_once.c       conditions, semaphores, once
 *   futex.c               waits in futexes of the program's own
 *   gil.c                 CPython's GIL
 *   thread_life.c         create, join, thread end; start and end of this folder
 *
 * An event off the fast path runs like this:
 *   struct lh_event_frame event;
 *   if (!lh_event_begin(&event, call)) return;   entry check, stack walk, internal lock
 *   ...                                          rows of the ledger, private memory, tags
 *   lh_event_end(&event);                        release the internal lock, report, leave
 */
#ifndef LH_EVENTS_EVENT_H
#define LH_EVENTS_EVENT_H

#include "libcheck/rules/finding.h"
#include "libcheck/rules/signal_handler.h"
#include "libcheck/events/events.h"

struct lh_event_frame {
	struct lh_self *self;
	struct lh_live_thread *live;
	lh_stack_id stack;
	bool fresh;            /* the last lh_event_record_chain made a new visit */
	uint64_t open;         /* in a signal handler: signals not blocked where it struck */
	uint32_t reported[16]; /* findings to report after the internal lock is released */
	int n_reported;
	bool invalid; /* the last lh_event_lock found that the object is no lock */
};

/* A counting semaphore gives permits; any other lock has the mode of the call. */
static inline enum lh_mode lh_event_mode(const struct lh_call *call, const struct lh_lock *l)
{
	return l->kind == LH_SEM && (l->flags & LH_LOCK_COUNTING) ? LH_PERMIT
								  : (enum lh_mode)call->mode;
}

/* The stack of the call without a walk; LH_NO_STACK: it is not known, or goes through a signal
 * handler, where the stack differs each time. *x: its context, if it was looked up. */
static inline lh_stack_id lh_event_known_context(const struct lh_call *call,
						 const struct lh_context **x)
{
	*x = NULL;
	if (LH_UNLIKELY(call->stack))
		return call->stack == LH_NO_STACK ? 0 : call->stack;
	*x = lh_context_find(call->frame);
	return *x && !(LH_STACKS[(*x)->stack].flags & LH_STACK_HANDLER) ? (*x)->stack : LH_NO_STACK;
}
static inline lh_stack_id lh_event_known_stack(const struct lh_call *call)
{
	const struct lh_context *x;

	return lh_event_known_context(call, &x);
}

/* The chain of an acquisition that the thread has visited and need not check; 0: it has not, or
 * must.
 */
static inline lh_chain_id lh_event_visited_chain(struct lh_self *self, lh_chain_id parent,
						 lh_lock_id lock, lh_site site)
{
	lh_chain_id chain = lh_chain_find_visited(self, parent, lock, site);

	return chain && LH_UNLIKELY(lh_handler_must_check(chain)) ? 0 : chain;
}

/* Shows the front end that this process was alive at this time. */
static inline void lh_event_note_shared(const struct lh_lock *l)
{
	if (LH_UNLIKELY(l->flags & LH_LOCK_PSHARED))
		lh_own_ledger.ledger->shared_ns = lh_clock_now();
}

bool lh_event_begin(struct lh_event_frame *event, const struct lh_call *call);
/* The same for an event without which later reports would be false: it orders threads, or shows
 * that a semaphore is no lock. Waits longer for the internal lock; if the event is dropped, marks
 * the happens-before edges as lost. */
bool lh_event_begin_must(struct lh_event_frame *event, const struct lh_call *call);
/* The same for a call that may make the lock's row: finds the location of a process-shared lock
 * before the internal lock is taken. `flags`: of the lock that is initialized, otherwise 0. */
bool lh_event_begin_lock(struct lh_event_frame *event, const struct lh_call *call, uint32_t flags);
/* The row of an object that the program uses, like lh_lock_make. Reports an object that is no lock;
 * NULL for such a mutex, and for one that CPython makes the GIL of. */
struct lh_lock *lh_event_lock(struct lh_event_frame *event, const void *object, enum lh_kind kind);
void lh_event_end(struct lh_event_frame *event);
void lh_event_report(struct lh_event_frame *event, uint32_t finding);

/* The thread's held chain, without a mutex that a condition wait has released. */
lh_chain_id lh_event_chain(struct lh_event_frame *event);
/*
 * Removes pthread_once controls whose initializer ended by an exception, a jump or a cancellation.
 * glibc resets the control then, and no code of the library runs; so call this before the held list
 * of a thread is used for a chain.
 */
void lh_event_remove_left_once(struct lh_self *self);
/* The chain of acquiring this lock now; checked if the visit is new. */
lh_chain_id lh_event_record_chain(struct lh_event_frame *event, lh_lock_id lock, lh_site site);
/* The same while the thread holds the locks of the chain `parent`, as lh_event_chain says. */
lh_chain_id lh_event_record_under(struct lh_event_frame *event, lh_chain_id parent, lh_lock_id lock,
				  lh_site site);
/* More threads can wait for the lock than before. */
void lh_event_check_lock(struct lh_event_frame *event, lh_lock_id lock);
/* A wait or a signal of the condition is new, or the process ends: checks the waits. */
void lh_event_check_waits(struct lh_event_frame *event, const struct lh_lock *cond, bool at_end);
void lh_event_announce_wait(struct lh_event_frame *event, lh_lock_id lock, lh_site site,
			    enum lh_wait on, uint32_t with);
/* Ends the announced wait; returns its length if it was for a lock. */
uint64_t lh_event_wait_time(struct lh_self *self);
/* Before a wait inside a condition wait, which the row shows again afterwards. */
void lh_event_save_outer_wait(struct lh_self *self, const struct lh_live_thread *live);
/* The row shows no wait, or again the condition wait in which the wait happened. */
void lh_event_show_outer_wait(struct lh_self *self, struct lh_live_thread *live);
static inline void lh_event_clear_wait(struct lh_self *self, struct lh_live_thread *live)
{
	if (LH_UNLIKELY(live->wait_on == LH_WAIT_COND)) /* that wait goes on around this one */
		return;
	__atomic_store_n(&live->wait_lock, 0, __ATOMIC_RELEASE);
	live->wait_on = LH_WAIT_NONE;
	if (LH_UNLIKELY(self->outer_wait.lock))
		lh_event_show_outer_wait(self, live);
}
static inline void lh_event_end_cond_wait(struct lh_self *self, struct lh_live_thread *live)
{
	self->outer_wait.lock = 0;
	__atomic_store_n(&live->wait_lock, 0, __ATOMIC_RELEASE);
	live->wait_on = LH_WAIT_NONE;
}
/* Call before the announced wait is ended: it may have been part of a deadlock. */
void lh_event_end_deadlock_slow(const struct lh_call *call);
static inline void lh_event_end_deadlock(const struct lh_call *call)
{
	if (LH_UNLIKELY(lh_deadlocks_open))
		lh_event_end_deadlock_slow(call);
}
struct lh_lock_stats *lh_lock_stats_ensure(struct lh_self *self, struct lh_lock *l);
void lh_held_keep_lengths(struct lh_self *self, lh_lock_id id);
void lh_held_measure_end(const struct lh_held *h); /* before the release */
/* Is the hold measured that begins now? Of an acquisition under the internal lock. */
bool lh_held_is_sampled(struct lh_self *self, bool fresh, lh_site site);
/* From now on every cycle is filtered, because any two threads may be ordered. */
void lh_hb_edges_lost(void);
/* If the edge does not fit into the table, marks the edges as lost. */
void lh_hb_edge_add(enum lh_hb_kind kind, lh_thread_id a, uint32_t a_segment, lh_thread_id b,
		    uint32_t b_segment);
/* Call where a happens-before edge starts or ends in the thread. */
void lh_hb_next_segment(struct lh_self *self, struct lh_live_thread *live);
/* The thread's next segment has this number, or the one after it. */
void lh_segment_begin(struct lh_self *self, struct lh_live_thread *live, uint32_t segment);
void lh_phase_raise(uint32_t phase); /* lh_phase_next will be later */
uint32_t lh_phase_next(void);        /* later than all segments of all threads */
/* The thread acquired a robust mutex with EOWNERDEAD. Call before l->owner changes. In mutex.c. */
void lh_event_owner_died(struct lh_event_frame *event, const struct lh_lock *l);
/* The wait for the thread's end begins. */
void lh_event_join_begin(struct lh_event_frame *event, lh_thread_id thread, enum lh_how how);
/* Sets used[i] if, from segment from[i] of the thread to from[i + 1], a visit begins or an edge
 * leads away, unless that is of kind LH_HB_TEAM_JOIN; `from` is ascending. */
void lh_event_mark_used(lh_thread_id thread, const uint32_t *from, uint32_t n, bool *used);
void lh_event_orders_init(void);
void lh_event_orders_prepare(void); /* makes the order graph, if there is none yet */

/* long_hold.c. Call before each release off the fast path. */
void lh_long_hold_init(void);
void lh_long_hold_on_release(const struct lh_call *call);
bool lh_may_read_clock(void); /* the exact clock; in hold_sampling.c */

/* held_across_create.c: at a create; before the release of a lock held across a create or a fork;
 * after the acquisition of a lock that a thread held across a create. */
void lh_across_create_mark(struct lh_event_frame *event);
void lh_across_create_on_release(const struct lh_call *call);
void lh_across_fork_on_release(struct lh_event_frame *event, struct lh_held *h);
void lh_across_create_on_acquire(struct lh_event_frame *event, lh_lock_id lock);

/*
 * Events of the mutex and the conditions that CPython makes the GIL of: such an object is no lock
 * by itself, and its events belong to gil.c. That file is above the files which find them, so it
 * sets the pointer.
 */
enum lh_gil_event {
	LH_GIL_INIT,
	LH_GIL_DESTROYED,
	LH_GIL_WAIT,  /* on this condition */
	LH_GIL_UNLOCK /* before the original */
};
extern void (*lh_gil_event)(enum lh_gil_event what, const struct lh_call *call,
			    const void *cond) LH_HIDDEN;
void lh_gil_init(void);

/* True: it was such an event, and there is nothing else to do. */
static inline bool lh_is_gil_event(enum lh_gil_event what, const struct lh_call *call,
				   const void *cond)
{
	if (LH_LIKELY(!lh_python_in_gil(call->object)) || call->kind == LH_GIL)
		return false;
	lh_gil_event(what, call, cond);
	return true;
}
/* The same for events that say nothing of the GIL. */
static inline bool lh_is_part_of_gil(const struct lh_call *call)
{
	return LH_UNLIKELY(lh_python_in_gil(call->object)) && call->kind != LH_GIL;
}

/* ---- known_*.c: events that need no internal lock; false: take the slow path
 * ---- */
bool lh_on_wait_begin_known(const struct lh_call *call);
bool lh_on_wait_end_known(const struct lh_call *call, int rc);
/* The wait is announced, and another thread may wait for this one: follows the owners. */
void lh_wait_follow(const struct lh_call *call);
/* A wait begins that is counted at once. False: the lock has no row that counts the wait. */
bool lh_wait_count_begin(struct lh_lock *l, lh_lock_id id, struct lh_live_thread *live);
/* Counts the wait that has ended, after which the thread has the lock, and the hold if it is
 * measured. NULL: a signal, which is not held. */
void lh_wait_count(struct lh_self *self, struct lh_lock *l, lh_lock_id id, struct lh_held *h);
/* The lock, which this thread does not hold, and the stack are known, and the chain is new to this
 * thread. Takes the internal lock. In new_chain.c. */
bool lh_on_acquired_add_chain(struct lh_self *self, const struct lh_call *call, lh_lock_id id,
			      lh_site site);
/* Gives the context of the call too, if it is known. */
bool lh_on_acquired_looked_up(struct lh_self *self, const struct lh_call *call,
			      const struct lh_context **x);
bool lh_on_acquired_known(const struct lh_call *call); /* in known_hold.c */
bool lh_on_acquired_revived(const struct lh_call *call);
bool lh_on_acquired_deep(const struct lh_call *call);
/* *stack: that of the call, set if it is known. */
bool lh_on_init_revived(const struct lh_call *call, uint32_t flags, lh_stack_id *stack);
bool lh_on_destroyed_retire(const struct lh_call *call);

/*
 * rounds.c: a thread arrives at a barrier, which needs the internal lock; and leaves it. The last
 * thread that arrives records the round.
 */
void lh_round_arrive(struct lh_self *self, struct lh_lock *barrier);
void lh_round_leave(struct lh_self *self);
void lh_rounds_init(void);

void lh_sem_mark_signal(struct lh_lock *l); /* the semaphore is a signal, not a lock, for good */
/* A semaphore that stands for a thread's end is posted. */
void lh_thread_end_posted(const struct lh_call *call, struct lh_lock *l);

/* In a forked child: locks that are never released, because the fork did not copy the threads that
 * held them. */
bool lh_fork_has_not_copied(bool waits);
extern bool lh_fork_uncopied LH_HIDDEN; /* there are such locks */
void lh_fork_report_not_copied(struct lh_event_frame *event, const struct lh_lock *l,
			       lh_site wanted);

#endif
