/*
 * events.h — the events that the wrappers of interpose/ report, and the fast path of acquire and
 * release.
 *
 * A wrapper reports what is about to happen, calls the original and reports the result:
 *
 *   lock     rc = try-lock
 *            rc is not EBUSY: lh_on_acquired(rc); nobody waits
 *            rc is EBUSY: lh_on_wait_begin, rc = original, lh_on_wait_end(rc)
 *   unlock   lh_on_release, rc = original, lh_on_release_done(rc)
 *
 * The wait is checked before it begins. After an unlock that succeeded the object is not read: any
 * other thread may have destroyed it.
 *
 * The fast path takes no internal lock and, while a monitor runs, reads no clock. An acquisition
 * that the thread has made before is found in one line of its acquisition cache, and the stack is
 * compared in place; otherwise known_again.c looks for the lock, the stack and the chain.
 * Everything else passes the entry check (thread/thread.h) and takes the internal lock in event.c:
 *
 * - Under the internal lock the library writes only its own memory and the tags of locks. Stacks
 *   are walked before it is taken and findings are reported after it is released. No original, no
 *   loader call that waits and no code of the program runs under it.
 * - An entry of the held list is reserved (held_n) before it is filled, so that a signal handler
 *   that acquires locks in between uses the entry above.
 */
#ifndef LH_EVENTS_EVENTS_H
#define LH_EVENTS_EVENTS_H

#include "libcheck/ledger/own_ledger.h"
#include "libcheck/lock/lock.h"
#include "libcheck/thread/acquisition_cache.h"
#include "libcheck/thread/held_chain.h"
#include "libcheck/thread/own_reads.h"
#include "libcheck/stack/stack.h"
#include "libcheck/thread/thread.h"

#include <errno.h>

struct lh_call {
	const void *object;
	/* address of the wrapper's saved frame pointer; the return address follows it */
	uintptr_t frame;
	uint8_t kind, mode, how;
	bool announced;    /* LH_STACK_ANNOUNCED */
	lh_stack_id stack; /* 0: the wrapper does not know it; LH_NO_STACK: it does not matter */
};
#define LH_NO_STACK UINT32_MAX

#define LH_CALL(object, k, m, h)                                                                   \
	(struct lh_call)                                                                           \
	{                                                                                          \
		(object), (uintptr_t)__builtin_frame_address(0), LH_##k, LH_##m, LH_##h, false, 0  \
	}

void lh_on_acquired_slow(const struct lh_call *call, int rc);
/* An acquisition that is not in the thread's acquisition cache, or a try that failed. Returns rc.
 */
int lh_on_acquired_uncached(const void *object, uintptr_t frame, uint64_t how, int rc);
/* Makes an entry of an acquisition of which these are known: own, site, x, and the epoch of the
 * cache when the look-ups began. `python`: see lh_acquisition_key; `n`: held locks. */
void lh_on_acquired_cache(struct lh_self *self, const struct lh_call *call, uintptr_t python,
			  uint32_t n, const struct lh_acquisition *known);
/* For an acquisition of which only the held chain is not cached. True: the thread has visited the
 * chain before, and the acquisition is recorded. */
bool lh_on_acquired_new_chain(struct lh_self *self, const struct lh_call *call, lh_chain_id parent,
			      lh_lock_id id, lh_site site);
void lh_on_try_failed(const struct lh_call *call); /* counts the try */
/* Measures the length of this hold exactly. */
void lh_held_measure_begin(struct lh_self *self, struct lh_held *h);
void lh_on_release_slow(const struct lh_call *call);

/* Before a wait: announces it, records the dependency, checks both for deadlocks. */
void lh_on_wait_begin(const struct lh_call *call);
/* The same for a call that is in registers (lh_call_how), and for a lock that no program announces.
 */
void lh_on_wait_begin_of(const void *object, uintptr_t frame, uint64_t how);
void lh_on_wait_begin_uncached(const void *object, uintptr_t frame, uint64_t how);
/* The same as lh_on_wait_begin without the internal lock, for a lock that looks free;
 * lh_on_wait_end_free ends it. The wait is shown, because another thread may be faster, and not
 * counted. False: nothing was done, because something about the acquisition is new or the lock is
 * not free. */
bool lh_on_wait_begin_free(const struct lh_call *call);
void lh_on_wait_end_free(const struct lh_call *call);
/* After a wait. Only rc shows whether the thread holds the lock now. */
void lh_on_wait_end(const struct lh_call *call, int rc);
/* The same after lh_on_wait_begin_of. False: nothing was done, and lh_on_wait_end_uncached does it,
 * which returns rc. */
bool lh_on_wait_end_cached(const void *object, int rc);
int lh_on_wait_end_uncached(const void *object, uintptr_t frame, uint64_t how, int rc);
/* After an unlock that failed: the thread still holds the lock. */
void lh_on_release_failed(const struct lh_call *call);

/* The release of a hold of more milliseconds takes the slow path, where the exact clock decides
 * whether the hold is reported. */
extern uint32_t lh_long_hold_ticks LH_HIDDEN;

enum { LH_SLOW_FLAGS = LH_LOCK_COUNTING | LH_LOCK_SIGNAL };

/* Acquired once, and the release has nothing to measure or to report. */
static inline bool lh_held_is_simple(const struct lh_held *h)
{
	uint32_t depth_and_flags;

	__builtin_memcpy(&depth_and_flags, &h->depth, sizeof(depth_and_flags));
	return depth_and_flags == 1;
}

/*
 * Adds an acquisition to the thread's held list. Lock and chain lie beside each other here and
 * there, and are copied as one.
 */
static inline __attribute__((always_inline)) struct lh_held *
lh_held_put(struct lh_live_thread *live, struct lh_held entry)
{
	uint32_t n = live->held_n;
	struct lh_held *h = LH_IN_REGISTER(&live->held[n]);
	const uint32_t depth_and_flags = 1;

	live->held_n = n + 1;
	LH_COMPILER_FENCE();
	h->address = entry.address;
	LH_COMPILER_FENCE(); /* no vectors: they would be put together from registers first */
	__builtin_memcpy(&h->lock, &entry.lock, sizeof(h->lock) + sizeof(h->chain));
	LH_COMPILER_FENCE();
	h->site = entry.site;
	LH_COMPILER_FENCE();
	h->tick = entry.tick;
	LH_COMPILER_FENCE();
	__builtin_memcpy(&h->depth, &depth_and_flags, sizeof(depth_and_flags));
	return h;
}

static inline __attribute__((always_inline)) void lh_held_own(const struct lh_self *self,
							      struct lh_lock *l)
{
	l->owner = self->number;
	l->acquired++;
}

/* Adds an acquisition of which everything is known. */
static inline __attribute__((always_inline)) struct lh_held *
lh_held_fill(struct lh_self *self, struct lh_live_thread *live, struct lh_lock *l,
	     enum lh_mode mode, struct lh_held entry)
{
	struct lh_held *h = lh_held_put(live, entry);

	if (mode == LH_EXCLUSIVE)
		lh_held_own(self, l);
	else
		__atomic_fetch_add(&l->shared, 1, __ATOMIC_RELAXED);
	return h;
}

/* Of some acquisitions, the hold is measured. */
static inline __attribute__((always_inline)) void lh_held_sample(struct lh_self *self,
								 struct lh_held *h)
{
	if (LH_UNLIKELY(--self->sample == 0))
		lh_held_measure_begin(self, h);
}

static inline __attribute__((always_inline)) void
lh_held_append(struct lh_self *self, struct lh_live_thread *live, struct lh_lock *l,
	       enum lh_mode mode, struct lh_held entry)
{
	lh_held_sample(self, lh_held_fill(self, live, l, mode, entry));
}

/* The fields of a call behind `frame`, in one register. */
static inline __attribute__((always_inline)) uint64_t lh_call_how(struct lh_call call)
{
	uint64_t how;

	_Static_assert(sizeof(call) == offsetof(struct lh_call, kind) + sizeof(how), "call");
	__builtin_memcpy(&how, &call.kind, sizeof(how));
	return how;
}

static inline __attribute__((always_inline)) struct lh_call
lh_call_of(const void *object, uintptr_t frame, uint64_t how)
{
	struct lh_call call = {.object = object, .frame = frame};

	__builtin_memcpy(&call.kind, &how, sizeof(how));
	return call;
}

/* Counts a shared acquisition that the thread does not keep, and perhaps measures its hold. */
void lh_held_count_read(struct lh_self *self, struct lh_lock *l, struct lh_held *h);

/*
 * The hot path: this thread has made the same acquisition before. False: it is not in the cache.
 * The call is passed by value and nothing is called, so its fields are constants of the wrapper,
 * which needs a register of its own only for the object.
 */
static inline __attribute__((always_inline)) bool
lh_on_acquired_cached_with(struct lh_self *self, struct lh_live_thread *live, struct lh_call call,
			   uintptr_t python)
{
	uint32_t n = live->held_n;
	if (LH_UNLIKELY(n >= LH_HELD_INLINE))
		return false;
	uint64_t top = lh_acquisition_top(live, n);
	uintptr_t key = lh_acquisition_key(call.frame, python);
	const struct lh_acquisition *a = lh_acquisition_at(self, key, call.frame, call.object, top);
	struct lh_lock *l = a->l;
	size_t unused = lh_glibc_unused((enum lh_kind)call.kind);
	if (LH_UNLIKELY(
		    a->key != key || a->frame != call.frame ||
		    lh_acquisition_word(&a->top) != top || a->epoch != self->acquisition_epoch ||
		    (uint8_t)a->site != LH_SITE(0, call.how, call.mode) ||
		    l->address != (uintptr_t)call.object ||
		    lh_acquisition_lock_state(l) != a->state ||
		    (unused && LH_LOCK_ROW(*lh_glibc_word(call.object, unused) ^ a->own.lock)) ||
		    (call.kind == LH_SEM && (l->flags & LH_SLOW_FLAGS))))
		return false;
	if (LH_UNLIKELY(!lh_context_still_same(a->x, call.frame)))
		return false;
	const uint32_t *tick = lh_own_ledger.tick;
	if (LH_UNLIKELY(!tick))
		return false;
	LH_COMPILER_FENCE(); /* held_n is read again, rather than kept in a register */
	uint32_t now = *(const volatile uint32_t *)tick;
	struct lh_own_count *reads = lh_own_reads_of(self, a->own.lock);
	bool kept = call.mode == LH_SHARED && lh_own_is_kept(reads, a->own.lock, now);
	struct lh_held *h = lh_held_put(live, (struct lh_held){.address = (uintptr_t)call.object,
							       .lock = a->own.lock,
							       .chain = a->own.chain,
							       .site = a->site,
							       .tick = now});
	if (call.mode != LH_SHARED) {
		lh_held_own(self, l);
	} else if (LH_LIKELY(kept)) {
		reads->room--;
	} else {
		lh_held_count_read(self, l, h);
		return true;
	}
	lh_held_sample(self, h);
	return true;
}

static inline __attribute__((always_inline)) bool lh_on_acquired_cached(struct lh_call call)
{
	struct lh_self *self = lh_self_get();
	struct lh_live_thread *live = self->live;

	return LH_LIKELY(live) && lh_on_acquired_cached_with(self, live, call, self->python);
}

static inline __attribute__((always_inline)) void lh_on_acquired(struct lh_call call, int rc)
{
	if (LH_UNLIKELY(rc || !lh_on_acquired_cached(call))) {
		lh_on_acquired_uncached(call.object, call.frame, lh_call_how(call), rc);
		LH_NO_JUMP();
	}
}

/* Removes entry `n`, the last one, of a lock that is held once. */
static inline __attribute__((always_inline)) void lh_held_take_off(struct lh_live_thread *live,
								   struct lh_held *h, uint32_t n)
{
	if (LH_SITE_MODE(h->site) == LH_EXCLUSIVE)
		LH_LOCKS[LH_LOCK_ROW(h->lock)].owner = 0;
	h->address = 0;
	h->lock = 0;
	LH_COMPILER_FENCE();
	live->held_n = n;
}

/* What lh_on_release does not do inline. */
void lh_on_release_uncached(const void *object, uintptr_t frame, uint64_t how);

static inline __attribute__((always_inline)) void lh_on_release(struct lh_call call)
{
	struct lh_live_thread *live = lh_self_get()->live;

	if (LH_UNLIKELY(!live))
		goto uncached;
	uint32_t n = live->held_n - 1;
	struct lh_held *h = LH_IN_REGISTER(&live->held[n]);
	const uint32_t *tick = lh_own_ledger.tick;
	if (LH_UNLIKELY(n >= LH_HELD_INLINE || h->address != (uintptr_t)call.object ||
			!lh_held_is_simple(h) || !tick ||
			*(const volatile uint32_t *)tick - h->tick > lh_long_hold_ticks))
		goto uncached;
	lh_held_take_off(live, h, n);
	return;
uncached:
	lh_on_release_uncached(call.object, call.frame, lh_call_how(call));
	LH_NO_JUMP();
}

static inline void lh_on_release_done(struct lh_call call, int rc)
{
	if (LH_UNLIKELY(rc))
		lh_on_release_failed(&call);
}

/* ---- locks that cannot be tried ---- */

/*
 * A critical section may make the thread wait, and nothing says beforehand whether it will. So the
 * wait is always announced, but without the internal lock if no thread holds the lock: a thread
 * that acquires it meanwhile, and then waits for a lock of this thread, sees the announcement.
 */
struct lh_untried {
	struct lh_lock *lock; /* NULL: lh_on_wait_begin has announced the wait */
	lh_site site;
};

static inline __attribute__((always_inline)) struct lh_untried
lh_on_untried_begin(struct lh_call call)
{
	struct lh_live_thread *live = lh_self_get()->live;
	struct lh_lock *l = live ? lh_lock_known(call.object, (enum lh_kind)call.kind) : NULL;
	const struct lh_context *x = l ? lh_context_find(call.frame) : NULL;
	const struct lh_call slow = call;

	if (LH_LIKELY(x && !l->owner && l->kind == call.kind && live->wait_on == LH_WAIT_NONE)) {
		lh_live_thread_waits(live, lh_lock_id_of(l), LH_SITE(x->stack, call.how, call.mode),
				     LH_WAIT_LOCK, 0, (uint64_t)lh_clock_tick() * 1000000u);
		if (live->held_n) /* other threads may wait for this one */
			__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (LH_LIKELY(!__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE)))
			return (struct lh_untried){l, live->wait_site};
		live->wait_on = LH_WAIT_NONE;
	}
	lh_on_wait_begin(&slow);
	return (struct lh_untried){NULL, 0};
}

static inline __attribute__((always_inline)) void lh_on_untried_end(struct lh_call call,
								    struct lh_untried u)
{
	struct lh_self *self = lh_self_get();
	struct lh_live_thread *live = self->live;
	const struct lh_call slow = call;

	if (LH_UNLIKELY(!u.lock || !live)) {
		lh_on_wait_end(&slow, 0);
		return;
	}
	__atomic_store_n(&live->wait_lock, 0, __ATOMIC_RELEASE);
	live->wait_on = LH_WAIT_NONE;
	uint32_t n = live->held_n;
	lh_chain_id parent = n && n < LH_HELD_INLINE ? live->held[n - 1].chain : 0;
	lh_lock_id id = lh_lock_id_of(u.lock);
	lh_chain_id chain = !n || parent ? lh_chain_cached(self, parent, id, u.site) : 0;
	if (LH_LIKELY(chain && !u.lock->owner && u.lock->address == (uintptr_t)call.object))
		lh_held_append(self, live, u.lock, (enum lh_mode)call.mode,
			       (struct lh_held){.address = (uintptr_t)call.object,
						.lock = id,
						.site = u.site,
						.tick = lh_clock_tick(),
						.chain = chain});
	else
		lh_on_acquired(call, 0);
}

/* ---- the other events ---- */

void lh_on_init(const struct lh_call *call, uint32_t flags, uint32_t initial); /* initialized */
void lh_on_reinit_begin_slow(const struct lh_call *call);
void lh_on_destroy_begin_slow(const struct lh_call *call);
/* Before a lock is initialized, perhaps again, or destroyed. Usually it is a mutex without an
 * owner. */
static inline void lh_on_reinit_begin(const struct lh_call *call)
{
	/* nothing in the memory shows that a lock of OpenMP lies there and is in use */
	if (lh_kind_row(call->kind)->family == LH_FAMILY_OPENMP)
		return;
	const struct lh_lock *l =
		lh_self_get()->live ? lh_lock_known(call->object, (enum lh_kind)call->kind) : NULL;

	if (l && (l->owner || l->kind != LH_MUTEX))
		lh_on_reinit_begin_slow(call);
}
/* glibc does not look at a semaphore or rwlock that it destroys, so that NULL does no harm there.
 * Its headers tell the compiler otherwise. */
static inline bool lh_is_null(const void *object)
{
	__asm__("" : "+r"(object));
	return !object;
}
static inline void lh_on_destroy_begin(const struct lh_call *call)
{
	bool live = lh_self_get()->live != NULL && !lh_is_null(call->object);
	const struct lh_lock *l =
		live ? lh_lock_known(call->object, (enum lh_kind)call->kind) : NULL;

	if (live && (!l || l->owner || l->kind != LH_MUTEX))
		lh_on_destroy_begin_slow(call);
}
void lh_on_destroyed(const struct lh_call *call, int rc); /* after the call; rc 0: destroyed */

/*
 * Locks of kind LH_CUSTOM, which the program announces. `flags`: the LH_LOCK_* that the
 * announcement gives the lock. The depth is how often this thread holds the lock, 0: not at all.
 */
void lh_on_announced_init(const struct lh_call *call, uint32_t flags);
void lh_on_announced_wait(const struct lh_call *call, uint32_t flags);
void lh_on_announced_acquired(const struct lh_call *call, uint32_t flags);
void lh_on_announced_quit(const struct lh_call *call); /* the wait or the try failed */
void lh_on_announced_release(const struct lh_call *call, uint32_t flags);
/* if_initialized: only if the library saw lh_on_announced_init */
void lh_on_announced_destroyed(const struct lh_call *call, bool if_initialized);
bool lh_announced_is_known(const void *object);
/* The thread runs the lock's own code: its calls are part of it, and are not recorded. A wait and a
 * release begin this for a lock with LH_LOCK_COVERS. */
void lh_on_cover_begin(const struct lh_call *call);
void lh_on_cover_end(const void *object);
uint32_t lh_announced_depth(const void *object);
void lh_announced_set_depth(const void *object, uint32_t depth);
void lh_on_name(const struct lh_call *call, const char *name); /* any kind of lock */

/* Condition waits: `call` names the mutex, `cond` the condition of kind `kind`. In
 * lh_on_cond_signal `call` names the condition. */
void lh_on_cond_wait(const struct lh_call *call, const void *cond, enum lh_kind kind);
void lh_on_cond_wait_end(const struct lh_call *call, int rc);
void lh_on_cond_signal(const struct lh_call *call);

/* The announced wait has ended or did not begin; counts no wait. */
void lh_on_wait_clear(const struct lh_call *call);

void lh_on_barrier_arrive(const struct lh_call *call);
void lh_on_barrier_leave(const struct lh_call *call);

/*
 * Teams of OpenMP threads. The leader is the thread that begins a parallel region: lh_on_team_fork
 * before the call that runs the region, lh_on_team_join after it. Every thread of the team, the
 * leader too, runs the region between lh_on_team_begin and lh_on_team_end. A team of one thread
 * orders nothing.
 */
struct lh_team {
	lh_thread_id leader; /* 0: not known */
	uint32_t phase;      /* in which the region begins */
	bool shared;         /* the leader has begun, and not alone */
};
void lh_on_team_fork(const struct lh_call *call, struct lh_team *team);
/* Returns what lh_on_team_end must be given. */
uint32_t lh_on_team_begin(const struct lh_call *call, struct lh_team *team, bool alone);
void lh_on_team_end(const struct lh_call *call, uint32_t outer_phase);
void lh_on_team_join(const struct lh_call *call, const struct lh_team *team);
/* After a barrier of the team that the thread works in. */
void lh_on_team_barrier_slow(const struct lh_call *call);
static inline void lh_on_team_barrier(struct lh_call call)
{
	const struct lh_call copy = call;

	if (lh_self_get()->team_phase)
		lh_on_team_barrier_slow(&copy);
}

/* Semaphores. */
lh_stack_id lh_call_stack(const struct lh_call *call); /* stack of this hook, 0 not known */
/* A semaphore was acquired that CPython posts when this thread ends. */
void lh_on_thread_end_sem(const struct lh_call *call);
/* Is the semaphore posted at the end of a thread? */
static inline bool lh_sem_is_thread_end(const void *object)
{
	const struct lh_lock *l = lh_self_get()->live ? lh_lock_known(object, LH_SEM) : NULL;

	return l && (l->flags & LH_LOCK_THREAD_END_SEM);
}
/* Was the semaphore made by CPython, as a lock of the program that it runs? */
static inline bool lh_sem_is_of_interpreter(const void *object)
{
	const struct lh_lock *l = lh_self_get()->live ? lh_lock_known(object, LH_SEM) : NULL;

	return l && (l->flags & LH_LOCK_INTERPRETER);
}
/* The thread waits for the end of another thread. False: the semaphore stands for no such end. */
bool lh_on_sem_join_begin(const struct lh_call *call);
void lh_on_sem_join_end(const struct lh_call *call, int rc);
void lh_on_sem_post(const struct lh_call *call);
void lh_on_sem_open(const struct lh_call *call); /* by sem_open: never a lock */

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

/* pthread_once. False: nothing to record; the wrapper calls the original with the program's
 * routine. */
bool lh_on_once_call(const struct lh_call *call, void (*routine)(void));
const struct lh_call *lh_on_once_routine_begin(void (**routine)(void));
void lh_on_once_routine_end(const struct lh_call *call);
void lh_on_once_return(const struct lh_call *call);

/* Of a control whose routine has run, so that no thread waits here: is there nothing to record? */
bool lh_once_adds_nothing(const struct lh_call *call);

/* Threads. lh_on_thread_create returns the live-thread row of the new thread, 0: none. */
uint32_t lh_on_thread_create(const struct lh_call *call, bool detached);
/* `id`: the thread for which the row was reserved; `handle`: where the program has its handle,
 * NULL: there is no thread. */
void lh_on_thread_create_done(const struct lh_call *call, uint32_t live_row, lh_thread_id id,
			      const pthread_t *handle);
void lh_on_thread_start(uint32_t live_row, uintptr_t frame, uint64_t stack_size);
void lh_on_thread_exit(void);
uint32_t lh_on_join_begin(const struct lh_call *call, pthread_t handle, enum lh_how how);
void lh_on_join_end(const struct lh_call *call, uint32_t live_row, int rc);
void lh_on_detach(const struct lh_call *call, pthread_t handle);
/* A thread is cancelled; before the call. */
void lh_on_cancel(const struct lh_call *call, pthread_t handle);
/* Sets or clears a bit of LH_CANCEL_* for the calling thread. */
void lh_on_cancel_mode(const struct lh_call *call, uint16_t bit, bool set);
void lh_on_thread_name(const struct lh_call *call, pthread_t handle, const char *name);

/* Fork: before and after it in the parent; in the child, where false means that the child is not
 * recorded. */
void lh_on_fork_prepare(void);
void lh_on_fork_parent(void);
bool lh_on_fork_child(uintptr_t frame);

/*
 * Waits of the program in a futex of its own (events/futex.c). A wait that is not recorded has
 * lock 0. `slept`: the call did not return at once. `woken`: another thread ended the wait.
 */
struct lh_futex_wait {
	lh_lock_id lock;
	uint32_t seq;
	uint64_t since_ns;
};
struct lh_futex_wait lh_on_futex_wait(const struct lh_call *call);
void lh_on_futex_wait_end(const struct lh_call *call, const struct lh_futex_wait *wait, bool slept,
			  bool woken);
/* Before the thread wakes others. */
void lh_on_futex_wake(const struct lh_call *call);

/* Before a call that sets a seccomp filter: what needs system calls later is done ahead. */
void lh_on_sandbox(uintptr_t frame);

bool lh_events_init(void); /* also in a forked child */
void lh_events_end(void);  /* the process ends: reports what is left */

#endif
