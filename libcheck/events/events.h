/*
 * events.h — the conductor, and the hot path on one page.
 *
 * A wrapper says what is about to happen and what came of it:
 *
 *   LOCK   rc = try;  got(rc)                      nobody waits: the lock, and a page of ours
 *          rc = EBUSY: want; rc = real; waited(rc)  the wait is judged before it begins
 *   UNLOCK   drop; rc = real; dropped(rc)             after the real unlock the object is not
 * looked at
 *
 * What is known costs no lock, no clock, no call: the row by the word in the lock, the
 * stack by comparing it in place, the chain by one line of the thread's own. Whatever is
 * not known goes through the door (thread/thread.h) into event.c, where the big lock is:
 *
 *   Under the big lock we touch only our own memory. Stacks are walked before it and
 *   findings are told after it, and no real call, no loader call that waits and no
 *   code of the program ever runs inside it.
 *
 * The entry is reserved (held_n) before it is filled, so that a signal handler that
 * takes locks in between finds its own place above it.
 */
#ifndef LH_EVENTS_EVENTS_H
#define LH_EVENTS_EVENTS_H

#include "libcheck/ledger/own_ledger.h"
#include "libcheck/lock/lock.h"
#include "libcheck/thread/held_chain.h"
#include "libcheck/stack/stack.h"
#include "libcheck/thread/thread.h"

#include <errno.h>

struct lh_call {
	const void *object;
	uintptr_t frame; /* of the wrapper: its saved frame pointer, then its return address */
	uint8_t kind, mode, how;
	lh_stack_id stack; /* if the wrapper knows it already; 0: to be found out */
};

#define LH_CALL(object, k, m, h)                                                                   \
	(struct lh_call)                                                                           \
	{                                                                                          \
		(object), (uintptr_t)__builtin_frame_address(0), LH_##k, LH_##m, LH_##h, 0         \
	}

void lh_on_acquired_slow(const struct lh_call *call, int rc);
/* All is known but the chain. True: that was no news either. */
bool lh_on_acquired_new_chain(struct lh_self *self, const struct lh_call *call, lh_chain_id parent,
			      lh_lock_id id, lh_site site);
void lh_on_try_failed(const struct lh_call *call); /* only counted */
void lh_held_measure_begin(struct lh_self *self,
			   struct lh_held *h); /* of this hold the length is measured exactly */
void lh_on_release_slow(const struct lh_call *call);

/* Before a wait: announce it, note the dependency, judge it. */
void lh_on_wait_begin(const struct lh_call *call);
/* After it. Only rc says whether the lock is held now. */
void lh_on_wait_end(const struct lh_call *call, int rc);
/* After the real unlock. An error means that it is held still. */
void lh_on_release_done_slow(const struct lh_call *call, int rc);

/* A hold of more milliseconds goes the slow way, and is told if the clock says so too. */
extern uint32_t lh_long_hold_ticks LH_HIDDEN;

enum { LH_SLOW_FLAGS = LH_LOCK_COUNTING | LH_LOCK_SIGNAL };

/* Taken once, and nothing to be measured or told when it is given back. */
static inline bool lh_held_is_simple(const struct lh_held *h)
{
	uint32_t depth_and_flags;

	__builtin_memcpy(&depth_and_flags, &h->depth, sizeof(depth_and_flags));
	return depth_and_flags == 1;
}

/* One more in the list of what this thread holds; everything about it is known. */
static inline __attribute__((always_inline)) void lh_held_append(struct lh_self *self,
								 struct lh_live_thread *live,
								 struct lh_lock *l,
								 struct lh_held as)
{
	uint32_t n = live->held_n;
	struct lh_held *h = &live->held[n];

	live->held_n = n + 1;
	LH_COMPILER_FENCE();
	h->address = as.address;
	h->lock = as.lock;
	h->site = as.site;
	h->tick = lh_clock_tick();
	h->chain = as.chain;
	h->depth = 1;
	h->flags = 0;
	if (LH_SITE_MODE(as.site) == LH_SHARED) {
		__atomic_fetch_add(&l->shared, 1, __ATOMIC_RELAXED);
	} else {
		l->owner = self->number;
		l->acquired++;
	}
	if (LH_UNLIKELY(--self->sample == 0))
		lh_held_measure_begin(self, h);
}

/*
 * The call comes by value, and is laid out in memory only where it goes the slow way, so
 * that its parts are constants of the wrapper.
 */
static inline __attribute__((always_inline)) void lh_on_acquired(struct lh_call call, int rc)
{
	struct lh_self *self = lh_self_get();
	struct lh_live_thread *live = self->live;
	const struct lh_context *x = NULL;

	if (LH_UNLIKELY(!live || rc))
		goto unknown;
	uint32_t row = LH_LOCK_ROW(lh_lock_read_tag(call.object, (enum lh_kind)call.kind));
	struct lh_lock *l = &LH_LOCKS[row];
	if (call.kind == LH_SEM && l->address == (uintptr_t)call.object &&
	    (l->flags & LH_LOCK_SIGNAL))
		return; /* not a lock: nothing is held */
	x = lh_context_find(call.frame);
	uint32_t n = live->held_n;
	if (LH_UNLIKELY(l->address != (uintptr_t)call.object || l->owner || !x ||
			n >= LH_HELD_MAX || (call.kind == LH_SEM && (l->flags & LH_SLOW_FLAGS))))
		goto unknown;
	lh_lock_id id = LH_LOCK_ID(row, l->gen);
	lh_site site = LH_SITE(x->stack, call.how, call.mode);
	lh_chain_id parent = n ? live->held[n - 1].chain : 0;
	lh_chain_id chain = lh_chain_cached(self, parent, id, site);
	if (LH_UNLIKELY(n &&
			(!parent || (call.mode == LH_SHARED && lh_held_find(live, call.object)))))
		goto unknown;
	if (LH_UNLIKELY(!chain)) {
		const struct lh_call near = call;
		if (lh_on_acquired_new_chain(self, &near, parent, id, site))
			return;
		goto unknown;
	}
	lh_held_append(self, live, l,
		       (struct lh_held){.address = (uintptr_t)call.object,
					.lock = id,
					.site = site,
					.chain = chain});
	return;
unknown:;
	struct lh_call slow = call;
	if (x)
		slow.stack = x->stack;
	if (rc == EBUSY && call.how == LH_TRY)
		lh_on_try_failed(&slow);
	else
		lh_on_acquired_slow(&slow, rc);
}

static inline __attribute__((always_inline)) void lh_on_release(struct lh_call call)
{
	struct lh_live_thread *live = lh_self_get()->live;
	uint32_t n = live ? live->held_n - 1 : 0;
	struct lh_held *h = live && n < LH_HELD_MAX ? &live->held[n] : NULL;

	if (LH_UNLIKELY(!h || h->address != (uintptr_t)call.object || !lh_held_is_simple(h) ||
			lh_clock_tick() - h->tick > lh_long_hold_ticks)) {
		const struct lh_call slow = call;
		lh_on_release_slow(&slow);
		return;
	}
	if (LH_SITE_MODE(h->site) == LH_EXCLUSIVE)
		LH_LOCKS[LH_LOCK_ROW(h->lock)].owner = 0;
	h->address = 0;
	h->lock = 0;
	LH_COMPILER_FENCE();
	live->held_n = n;
}

static inline __attribute__((always_inline)) void lh_on_release_done(struct lh_call call, int rc)
{
	if (LH_UNLIKELY(rc)) {
		const struct lh_call slow = call;
		lh_on_release_done_slow(&slow, rc);
	}
}

/* ---- the events that are not uniform ---- */

void lh_on_init(const struct lh_call *call, uint32_t flags, uint32_t initial); /* initialised */
void lh_on_destroy_begin_slow(const struct lh_call *call);
/* About to be destroyed or initialised anew. A mutex that nobody holds is the usual case. */
static inline void lh_on_destroy_begin(const struct lh_call *call)
{
	const struct lh_lock *l =
		lh_self_get()->live ? lh_lock_known(call->object, (enum lh_kind)call->kind) : NULL;

	if (l && (l->owner || l->kind != LH_MUTEX))
		lh_on_destroy_begin_slow(call);
}
void lh_on_name(const struct lh_call *call, const char *name); /* of whatever kind it is */
void lh_on_destroyed(const struct lh_call *call, int rc);      /* it is destroyed, if rc says so */

/* Condition waits: `c` names the mutex. */
void lh_on_cond_wait(const struct lh_call *call, const void *cond, enum lh_how how);
void lh_on_cond_wait_end(const struct lh_call *call);
void lh_on_cond_signal(const struct lh_call *call);

void lh_on_wait_clear(const struct lh_call *call);

/* Barriers: the round that this thread has come to, and gone on from. */
lh_thread_id lh_on_barrier_arrive(const struct lh_call *call);
void lh_on_barrier_leave(const struct lh_call *call, lh_thread_id round);

/* Semaphores. */
lh_stack_id lh_call_stack(const struct lh_call *call); /* the stack of this hook, 0 not known */
void lh_on_thread_end_sem(
	const struct lh_call *call); /* taken; it will be posted when this thread ends */
/* Does this semaphore stand for the end of a thread? */
static inline bool lh_sem_is_thread_end(const void *object)
{
	const struct lh_lock *l = lh_self_get()->live ? lh_lock_known(object, LH_SEM) : NULL;

	return l && (l->flags & LH_LOCK_THREAD_END_SEM);
}
/* Waits until that thread ends. False: this semaphore says no such thing. */
bool lh_on_sem_join_begin(const struct lh_call *call);
void lh_on_sem_join_end(const struct lh_call *call, int rc);
void lh_on_sem_post(const struct lh_call *call);
void lh_on_sem_open(const struct lh_call *call);

static inline void lh_on_sem_release(struct lh_call call)
{
	struct lh_live_thread *live = lh_self_get()->live;

	if (LH_LIKELY(live && live->held_n &&
		      live->held[live->held_n - 1].address == (uintptr_t)call.object)) {
		lh_on_release(call);
	} else {
		const struct lh_call slow = call;
		lh_on_sem_post(&slow);
	}
}

/* pthread_once. False: nothing to watch, call the original with the program's routine. */
bool lh_on_once_call(const struct lh_call *call, void (*routine)(void));
const struct lh_call *lh_on_once_routine_begin(void (**routine)(void));
void lh_on_once_routine_end(const struct lh_call *call);
void lh_on_once_return(const struct lh_call *call);

/* Thread life. lh_on_thread_create gives the number of a seat for the new thread, 0: none. */
uint32_t lh_on_thread_create(const struct lh_call *call, bool detached);
void lh_on_thread_create_done(const struct lh_call *call, uint32_t live_row, pthread_t handle,
			      int rc);
void lh_on_thread_start(uint32_t live_row, uintptr_t frame, uint64_t stack_size);
void lh_on_thread_exit(void);
uint32_t lh_on_join_begin(const struct lh_call *call, pthread_t handle, enum lh_how how);
void lh_on_join_end(const struct lh_call *call, uint32_t live_row, int rc);
void lh_on_detach(const struct lh_call *call, pthread_t handle);
void lh_on_thread_name(const struct lh_call *call, pthread_t handle, const char *name);

/* Fork: prepare in the parent, and the child made ours. */
void lh_on_fork_prepare(void);
void lh_on_fork_parent(void);
bool lh_on_fork_child(uintptr_t frame);

bool lh_events_init(void); /* also in a forked child */
void lh_events_end(void);  /* the process ends: what is still to be said */

#endif
