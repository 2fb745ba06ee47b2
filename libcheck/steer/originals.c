/*
 * originals.c — the functions that the wrappers call in place of the originals while the process is
 * steered. Each tells what the thread does and calls the original.
 *
 * A try comes before most acquisitions, and a probe before the others: there is the stop. A
 * blocking original is called when the wait has been announced. A try of the program's own is no
 * stop.
 */
#include "libcheck/base/outside.h"
#include "libcheck/base/real.h"
#include "libcheck/lock/lock.h"
#include "libcheck/steer/pause.h"
#include "libcheck/steer/pause_internal.h"

#include <errno.h>

static struct lh_real real; /* the originals */
static void *outside[LH_OUTSIDES];
static __typeof__(lh_lock_free_probe) free_probe;
static __typeof__(lh_sem_permit_probe) permit_probe;

#define OF_OUTSIDE(fn) ((__typeof__(fn) *)outside[LH_OUTSIDE_##fn])

enum { WRAPPER_BYTES = 96 }; /* at most, from its start to the call of a try */

/*
 * The wrapper's frame: it has a frame pointer, because it passes it on itself. If it has called
 * this function in its last instruction, then this function's frame is where its own was.
 */
extern const char __ehdr_start[] LH_HIDDEN, etext[] LH_HIDDEN; /* of the library; by the linker */

static inline uintptr_t frame_of(uintptr_t own, uintptr_t return_address)
{
	bool in_wrapper = return_address - (uintptr_t)__ehdr_start <
			  (uintptr_t)etext - (uintptr_t)__ehdr_start;

	return in_wrapper ? *(const uintptr_t *)own : own;
}
#define FRAME                                                                                      \
	frame_of((uintptr_t)__builtin_frame_address(0), (uintptr_t)__builtin_return_address(0))

static void at_stop(uintptr_t frame, const void *o, enum lh_kind kind, enum lh_mode mode)
{
	const struct lh_steer_call call = {o, frame, (uint8_t)kind, (uint8_t)mode, LH_BLOCKING, 0};
	struct lh_self *self = lh_self_get();
	bool inner = self->inner && self->inside == frame && !self->cover;

	/* an original whose own calls are not recorded: this comes before them */
	if (inner)
		lh_inner_end(self);
	if (*lh_steer_flag_of(lh_steer_tried, (uintptr_t)o))
		lh_pause_uses(frame, o, kind);
	lh_pause_at_stop(&call);
	if (inner)
		lh_inner_begin(frame);
}

/* ---- acquisitions that are tried first ---- */

/* Is the caller the wrapper of this very function? Then the program itself tries. */
#define IS_TRY(fn) ((uintptr_t)__builtin_return_address(0) - wrapper_of.fn < WRAPPER_BYTES)

#define TRY_OF(fn, k, m, params, args, original, acquired)                                         \
	static int steered_##fn params                                                             \
	{                                                                                          \
		if (!IS_TRY(fn))                                                                   \
			at_stop(FRAME, (const void *)o, LH_##k, LH_##m);                           \
		int rc = original args;                                                            \
		if (IS_TRY(fn))                                                                    \
			lh_pause_tries(FRAME, (const void *)o, LH_##k, acquired);                  \
		return rc;                                                                         \
	}
static struct {
#define LOCK(fn, ...)
#define TIMEDLOCK(fn, ...)
#define TRYLOCK(fn, ...) uintptr_t fn;
#define UNLOCK(fn, ...)
#define BOOLTRY(fn, ...) uintptr_t fn;
#define VOIDLOCK(fn, ...)
#define VOIDUNLOCK(fn, ...)
#define VOIDINIT(fn, ...)
#define VOIDEND(fn, ...)
#include "libcheck/calls.def"
} wrapper_of; /* where each begins */
#define LOCK(fn, ...)
#define TIMEDLOCK(fn, ...)
#define TRYLOCK(fn, k, m, params, args) TRY_OF(fn, k, m, params, args, real.fn, rc == 0)
#define UNLOCK(fn, ...)
#define BOOLTRY(fn, k, m, params, args) TRY_OF(fn, k, m, params, args, OF_OUTSIDE(fn), rc != 0)
#define VOIDLOCK(fn, ...)
#define VOIDUNLOCK(fn, ...)
#define VOIDINIT(fn, ...)
#define VOIDEND(fn, ...)
#include "libcheck/calls.def"

#define BIT_TRY(fn)                                                                                \
	static int steered_##fn(void *o, int bit)                                                  \
	{                                                                                          \
		at_stop(FRAME, lh_glib_bit_object(o, (uint32_t)bit), LH_G_BIT_LOCK, LH_EXCLUSIVE); \
		return OF_OUTSIDE(fn)(o, bit);                                                     \
	}
BIT_TRY(g_bit_trylock)
BIT_TRY(g_pointer_bit_trylock)

/* ---- acquisitions that are not ---- */

static bool steered_probe(const void *o, enum lh_kind kind, enum lh_how how)
{
	if (how == LH_BLOCKING)
		at_stop(FRAME, o, kind, LH_EXCLUSIVE);
	return free_probe(o, kind, how);
}

static bool steered_permit_probe(const void *o, enum lh_how how)
{
	if (how == LH_BLOCKING)
		at_stop(FRAME, o, LH_SEM, LH_EXCLUSIVE);
	return permit_probe(o, how);
}

/* A critical section: its wait is announced already. */
#define SECTION(fn, object, params, args)                                                          \
	static void steered_##fn params                                                            \
	{                                                                                          \
		at_stop(FRAME, (const void *)(object), LH_OMP_CRITICAL, LH_EXCLUSIVE);             \
		OF_OUTSIDE(fn) args;                                                               \
	}
SECTION(GOMP_critical_start, steered_GOMP_critical_start, (void), ())
SECTION(GOMP_critical_name_start, o, (void *o), (o))
SECTION(GOMP_atomic_start, steered_GOMP_atomic_start, (void), ())
SECTION(__kmpc_critical, o, (void *place, int thread, void *o), (place, thread, o))
SECTION(__kmpc_critical_with_hint, o, (void *place, int thread, void *o, uint32_t hint),
	(place, thread, o, hint))
SECTION(__kmpc_atomic_start, steered___kmpc_atomic_start, (void), ())

/* ---- waits ---- */

#define WAIT_OF(type, fn, params, args, until, before, after, original)                            \
	static type steered_##fn params                                                            \
	{                                                                                          \
		uintptr_t frame = FRAME;                                                           \
		before;                                                                            \
		struct lh_steer_wait wait = lh_pause_wait_begins(frame, until);                    \
		type rc = original args;                                                           \
		after;                                                                             \
		lh_pause_wait_ended(frame, wait);                                                  \
		return rc;                                                                         \
	}
#define UNTIL_T (t ? lh_limits_timed(t) : 0)
#define NOTHING (void)0
#define TAKES (rc == 0 && !wait.object ? lh_pause_takes(frame, o) : (void)0)
#define JOINED (rc == 0 ? lh_pause_joined(frame, wait) : (void)0)

#define LOCK(fn, first, k, m, h, params, args)                                                     \
	WAIT_OF(int, fn, params, args, 0, NOTHING, NOTHING, real.fn)
#define TIMEDLOCK(fn, k, m, params, args)                                                          \
	WAIT_OF(int, fn, params, args, UNTIL_T, NOTHING, NOTHING, real.fn)
#define TRYLOCK(fn, ...)
#define UNLOCK(fn, ...)
#include "libcheck/calls.def"

#define SEM_WAIT(fn, until, params, args)                                                          \
	WAIT_OF(int, fn, params, args, until, NOTHING, TAKES, real.fn)
SEM_WAIT(sem_wait, 0, (sem_t * o), (o))
SEM_WAIT(sem_timedwait, UNTIL_T, (sem_t *restrict o, const struct timespec *restrict t), (o, t))
SEM_WAIT(sem_clockwait, UNTIL_T,
	 (sem_t *restrict o, clockid_t k, const struct timespec *restrict t), (o, k, t))

/* CPython waits for the GIL with a limit, again and again. */
#define UNTIL_T_OF(o) (lh_python_in_gil(o) ? 0 : UNTIL_T)
#define COND_WAIT(fn, until, params, args)                                                         \
	WAIT_OF(int, fn, params, args, until, NOTHING, NOTHING, real.fn)
COND_WAIT(pthread_cond_wait, 0, (pthread_cond_t * v, pthread_mutex_t *o), (v, o))
COND_WAIT(pthread_cond_timedwait, UNTIL_T_OF(o),
	  (pthread_cond_t * v, pthread_mutex_t *o, const struct timespec *t), (v, o, t))
COND_WAIT(pthread_cond_clockwait, UNTIL_T_OF(o),
	  (pthread_cond_t * v, pthread_mutex_t *o, clockid_t k, const struct timespec *t),
	  (v, o, k, t))
COND_WAIT(cnd_wait, 0, (cnd_t * v, mtx_t *o), (v, o))
COND_WAIT(cnd_timedwait, UNTIL_T_OF(o),
	  (cnd_t *restrict v, mtx_t *restrict o, const struct timespec *restrict t), (v, o, t))

#define JOIN(fn, until, before, params, args)                                                      \
	WAIT_OF(int, fn, params, args, until, before, JOINED, real.fn)
JOIN(pthread_join, 0, lh_pause_before_join(frame), (pthread_t o, void **result), (o, result))
JOIN(pthread_timedjoin_np, UNTIL_T, NOTHING, (pthread_t o, void **result, const struct timespec *t),
     (o, result, t))
JOIN(pthread_clockjoin_np, UNTIL_T, NOTHING,
     (pthread_t o, void **result, clockid_t k, const struct timespec *t), (o, result, k, t))
JOIN(thrd_join, 0, lh_pause_before_join(frame), (thrd_t o, int *result), (o, result))

WAIT_OF(int, pthread_barrier_wait, (pthread_barrier_t * o), (o), 0,
	lh_pause_signals(frame, o, LH_BARRIER, true), NOTHING, real.pthread_barrier_wait)

static void steered_g_cond_wait(void *cond, void *o)
{
	uintptr_t frame = FRAME;
	struct lh_steer_wait wait = lh_pause_wait_begins(frame, 0);

	OF_OUTSIDE(g_cond_wait)(cond, o);
	lh_pause_wait_ended(frame, wait);
}
WAIT_OF(int, g_cond_wait_until, (void *cond, void *o, int64_t end), (cond, o, end),
	lh_limits_timed_us(end), NOTHING, NOTHING, OF_OUTSIDE(g_cond_wait_until))
/* The type of the time is not known: no limit of the program may run out because of a pause. */
WAIT_OF(int, g_cond_timed_wait, (void *cond, void *o, void *end), (cond, o, end),
	end ? lh_limits_timed_us(0) : 0, NOTHING, NOTHING, OF_OUTSIDE(g_cond_timed_wait))

static int steered_sem_trywait(sem_t *o)
{
	uintptr_t frame = FRAME;

	if (lh_python.on && lh_pause_defers(frame, o)) {
		errno = EAGAIN;
		return -1;
	}
	bool tries = !lh_python.on || lh_python_read_intent() == LH_PYTHON_TRY;
	int rc = real.sem_trywait(o), error = errno;
	if (tries)
		lh_pause_tries(frame, o, LH_SEM, rc == 0);
	if (rc == 0)
		lh_pause_takes(frame, o);
	errno = error;
	return rc;
}

/* ---- signals, releases, and new threads ---- */

#define SIGNAL_OF(fn, type, k, all)                                                                \
	static int steered_##fn(type *o)                                                           \
	{                                                                                          \
		lh_pause_signals(FRAME, o, LH_##k, all);                                           \
		return real.fn(o);                                                                 \
	}
SIGNAL_OF(pthread_cond_signal, pthread_cond_t, COND, false)
SIGNAL_OF(pthread_cond_broadcast, pthread_cond_t, COND, true)
SIGNAL_OF(cnd_signal, cnd_t, COND, false)
SIGNAL_OF(cnd_broadcast, cnd_t, COND, true)
SIGNAL_OF(sem_post, sem_t, SEM, false)

#define SIGNAL_OUTSIDE(fn, all)                                                                    \
	static void steered_##fn(void *o)                                                          \
	{                                                                                          \
		lh_pause_signals(FRAME, o, LH_G_COND, all);                                        \
		OF_OUTSIDE(fn)(o);                                                                 \
	}
SIGNAL_OUTSIDE(g_cond_signal, false)
SIGNAL_OUTSIDE(g_cond_broadcast, true)

#define UNLOCK_OF(type, fn, object, original)                                                      \
	static type steered_##fn(object *o)                                                        \
	{                                                                                          \
		if (*lh_steer_flag_of(lh_steer_guards, (uintptr_t)o))                              \
			lh_pause_releases(FRAME, o);                                               \
		return original(o);                                                                \
	}
UNLOCK_OF(int, pthread_mutex_unlock, pthread_mutex_t, real.pthread_mutex_unlock)
UNLOCK_OF(int, mtx_unlock, mtx_t, real.mtx_unlock)
UNLOCK_OF(void, g_mutex_unlock, void, OF_OUTSIDE(g_mutex_unlock))

static int steered_pthread_create(pthread_t *thread, const pthread_attr_t *a,
				  void *(*routine)(void *), void *argument)
{
	lh_pause_creates(FRAME);
	return real.pthread_create(thread, a, routine, argument);
}

static int steered_thrd_create(thrd_t *thread, thrd_start_t routine, void *argument)
{
	lh_pause_creates(FRAME);
	return real.thrd_create(thread, routine, argument);
}

/* ---- the start ---- */

/* A C library may lack newer functions. */
#define STEER(fn)                                                                                  \
	if (real.fn)                                                                               \
	lh_real.fn = steered_##fn

static void steer_uniform(void)
{
#define LOCK(fn, ...) STEER(fn);
#define TIMEDLOCK(fn, ...) STEER(fn);
#define TRYLOCK(fn, ...)                                                                           \
	wrapper_of.fn = (uintptr_t)dlsym(RTLD_DEFAULT, #fn);                                       \
	STEER(fn);
#define UNLOCK(fn, ...)
#define BOOLTRY(fn, ...) wrapper_of.fn = (uintptr_t)dlsym(RTLD_DEFAULT, #fn);
#define VOIDLOCK(fn, ...)
#define VOIDUNLOCK(fn, ...)
#define VOIDINIT(fn, ...)
#define VOIDEND(fn, ...)
#include "libcheck/calls.def"
}

static void steer_waits(void)
{
	STEER(sem_wait);
	STEER(sem_timedwait);
	STEER(sem_clockwait);
	STEER(pthread_cond_wait);
	STEER(pthread_cond_timedwait);
	STEER(pthread_cond_clockwait);
	STEER(cnd_wait);
	STEER(cnd_timedwait);
	STEER(pthread_join);
	STEER(pthread_timedjoin_np);
	STEER(pthread_clockjoin_np);
	STEER(thrd_join);
	STEER(pthread_barrier_wait);
}

static void steer_others(void)
{
	STEER(sem_trywait);
	STEER(sem_post);
	STEER(pthread_cond_signal);
	STEER(pthread_cond_broadcast);
	STEER(cnd_signal);
	STEER(cnd_broadcast);
	STEER(pthread_mutex_unlock);
	STEER(mtx_unlock);
	STEER(pthread_create);
	STEER(thrd_create);
	lh_lock_free_probe = steered_probe;
	lh_sem_permit_probe = steered_permit_probe;
}

/* Two libraries may bring a function each: the second one is not steered. */
static void *replace_outside(unsigned function, void *original)
{
#define STEERED(fn) [LH_OUTSIDE_##fn] = (void *)steered_##fn
	static void *const steered[LH_OUTSIDES] = {
#define BOOLTRY(fn, ...) STEERED(fn),
#define VOIDLOCK(fn, ...)
#define VOIDUNLOCK(fn, ...)
#define VOIDINIT(fn, ...)
#define VOIDEND(fn, ...)
#include "libcheck/calls.def"
		STEERED(g_bit_trylock),
		STEERED(g_pointer_bit_trylock),
		STEERED(GOMP_critical_start),
		STEERED(GOMP_critical_name_start),
		STEERED(GOMP_atomic_start),
		STEERED(__kmpc_critical),
		STEERED(__kmpc_critical_with_hint),
		STEERED(__kmpc_atomic_start),
		STEERED(g_cond_wait),
		STEERED(g_cond_wait_until),
		STEERED(g_cond_timed_wait),
		STEERED(g_cond_signal),
		STEERED(g_cond_broadcast),
		STEERED(g_mutex_unlock),
	};

	if (!steered[function] || (outside[function] && outside[function] != original))
		return original;
	outside[function] = original;
	return steered[function];
}

static void steer_outside(void)
{
	void **at_start = (void **)(void *)&lh_outside_at_start;

	for (unsigned i = 0; i < LH_OUTSIDES; i++)
		if (at_start[i])
			at_start[i] = replace_outside(i, at_start[i]);
	lh_outside_replace = replace_outside;
}

void lh_pause_init(void)
{
	if (!lh_steering_start() ||
	    lh_own_ledger.parent_ledger) /* a forked child has them already */
		return;
	real = lh_real;
	free_probe = lh_lock_free_probe;
	permit_probe = lh_sem_permit_probe;
	steer_uniform();
	steer_waits();
	steer_others();
	steer_outside();
	lh_late_init();
}
