/*
 * originals.c — the functions that the wrappers call in place of the originals while the process is
 * steered. Each tells pause.c what the thread does and calls the original.
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

static struct lh_real real; /* the originals */
static struct lh_outside outside;
static __typeof__(lh_lock_free_probe) free_probe;
static __typeof__(lh_sem_permit_probe) permit_probe;

enum { WRAPPER_BYTES = 64 }; /* at most, from its start to its first call */

/* The wrapper's frame: it has a frame pointer, because it passes it on itself. */
#define FRAME (*(const uintptr_t *)__builtin_frame_address(0))

static void at_stop(uintptr_t frame, const void *o, enum lh_kind kind, enum lh_mode mode)
{
	const struct lh_steer_call call = {o, frame, (uint8_t)kind, (uint8_t)mode, LH_BLOCKING, 0};

	lh_pause_at_stop(&call);
}

/* ---- acquisitions that are tried first ---- */

/* Is the caller the wrapper of this very function? Then the program itself tries. */
#define IS_TRY(fn) ((uintptr_t)__builtin_return_address(0) - wrapper_of.fn < WRAPPER_BYTES)

#define TRY_OF(fn, type, k, m, table)                                                              \
	static int steered_##fn(type *o)                                                           \
	{                                                                                          \
		if (IS_TRY(fn))                                                                    \
			lh_pause_tries(FRAME);                                                     \
		else                                                                               \
			at_stop(FRAME, (const void *)o, LH_##k, LH_##m);                           \
		return table.fn(o);                                                                \
	}
#define TRIES(ROW)                                                                                 \
	ROW(pthread_mutex_trylock, pthread_mutex_t, MUTEX, EXCLUSIVE, real)                        \
	ROW(pthread_rwlock_tryrdlock, pthread_rwlock_t, RWLOCK, SHARED, real)                      \
	ROW(pthread_rwlock_trywrlock, pthread_rwlock_t, RWLOCK, EXCLUSIVE, real)                   \
	ROW(pthread_spin_trylock, pthread_spinlock_t, SPIN, EXCLUSIVE, real)                       \
	ROW(mtx_trylock, mtx_t, MUTEX, EXCLUSIVE, real)
#define OUTSIDE_TRIES(ROW)                                                                         \
	ROW(g_mutex_trylock, void, G_MUTEX, EXCLUSIVE, outside)                                    \
	ROW(g_rec_mutex_trylock, void, G_REC_MUTEX, EXCLUSIVE, outside)                            \
	ROW(g_rw_lock_reader_trylock, void, G_RW_LOCK, SHARED, outside)                            \
	ROW(g_rw_lock_writer_trylock, void, G_RW_LOCK, EXCLUSIVE, outside)
#define WRAPPER(fn, ...) uintptr_t fn;
static struct {
	TRIES(WRAPPER)
	OUTSIDE_TRIES(WRAPPER)
} wrapper_of;
TRIES(TRY_OF)
OUTSIDE_TRIES(TRY_OF)

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

/* ---- waits ---- */

#define WAIT(fn, params, args, until, after)                                                       \
	static int steered_##fn params                                                             \
	{                                                                                          \
		uintptr_t frame = FRAME;                                                           \
		struct lh_steer_wait wait = lh_pause_wait_begins(frame, until);                    \
		int rc = real.fn args;                                                             \
		after;                                                                             \
		lh_pause_wait_ended(frame, wait);                                                  \
		return rc;                                                                         \
	}
#define UNTIL_T (t ? lh_limits_timed(t) : 0)
#define NOTHING (void)0
#define TAKES (rc == 0 && !wait.object ? lh_pause_takes(frame, o) : (void)0)
#define JOINED (rc == 0 ? lh_pause_joined(frame, wait) : (void)0)

WAIT(pthread_mutex_lock, (pthread_mutex_t * o), (o), 0, NOTHING)
WAIT(pthread_mutex_timedlock, (pthread_mutex_t * o, const struct timespec *t), (o, t), UNTIL_T,
     NOTHING)
WAIT(pthread_mutex_clocklock, (pthread_mutex_t * o, clockid_t k, const struct timespec *t),
     (o, k, t), UNTIL_T, NOTHING)
WAIT(pthread_rwlock_rdlock, (pthread_rwlock_t * o), (o), 0, NOTHING)
WAIT(pthread_rwlock_timedrdlock, (pthread_rwlock_t * o, const struct timespec *t), (o, t), UNTIL_T,
     NOTHING)
WAIT(pthread_rwlock_clockrdlock, (pthread_rwlock_t * o, clockid_t k, const struct timespec *t),
     (o, k, t), UNTIL_T, NOTHING)
WAIT(pthread_rwlock_wrlock, (pthread_rwlock_t * o), (o), 0, NOTHING)
WAIT(pthread_rwlock_timedwrlock, (pthread_rwlock_t * o, const struct timespec *t), (o, t), UNTIL_T,
     NOTHING)
WAIT(pthread_rwlock_clockwrlock, (pthread_rwlock_t * o, clockid_t k, const struct timespec *t),
     (o, k, t), UNTIL_T, NOTHING)
WAIT(pthread_spin_lock, (pthread_spinlock_t * o), (o), 0, NOTHING)
WAIT(mtx_lock, (mtx_t * o), (o), 0, NOTHING)
WAIT(mtx_timedlock, (mtx_t *restrict o, const struct timespec *restrict t), (o, t), UNTIL_T,
     NOTHING)
WAIT(sem_wait, (sem_t * o), (o), 0, TAKES)
WAIT(sem_timedwait, (sem_t *restrict o, const struct timespec *restrict t), (o, t), UNTIL_T, TAKES)
WAIT(sem_clockwait, (sem_t *restrict o, clockid_t k, const struct timespec *restrict t), (o, k, t),
     UNTIL_T, TAKES)
WAIT(pthread_cond_wait, (pthread_cond_t * v, pthread_mutex_t *o), (v, o), 0, NOTHING)
WAIT(pthread_cond_timedwait, (pthread_cond_t * v, pthread_mutex_t *o, const struct timespec *t),
     (v, o, t), UNTIL_T, NOTHING)
WAIT(pthread_cond_clockwait,
     (pthread_cond_t * v, pthread_mutex_t *o, clockid_t k, const struct timespec *t), (v, o, k, t),
     UNTIL_T, NOTHING)
WAIT(cnd_wait, (cnd_t * v, mtx_t *o), (v, o), 0, NOTHING)
WAIT(cnd_timedwait, (cnd_t *restrict v, mtx_t *restrict o, const struct timespec *restrict t),
     (v, o, t), UNTIL_T, NOTHING)
WAIT(pthread_join, (pthread_t o, void **result), (o, result), 0, JOINED)
WAIT(pthread_timedjoin_np, (pthread_t o, void **result, const struct timespec *t), (o, result, t),
     UNTIL_T, JOINED)
WAIT(pthread_clockjoin_np, (pthread_t o, void **result, clockid_t k, const struct timespec *t),
     (o, result, k, t), UNTIL_T, JOINED)
WAIT(thrd_join, (thrd_t o, int *result), (o, result), 0, JOINED)

static int steered_pthread_barrier_wait(pthread_barrier_t *o)
{
	uintptr_t frame = FRAME;

	lh_pause_signals(frame, o, LH_BARRIER, true);
	struct lh_steer_wait wait = lh_pause_wait_begins(frame, 0);
	int rc = real.pthread_barrier_wait(o);
	lh_pause_wait_ended(frame, wait);
	return rc;
}

static int steered_sem_trywait(sem_t *o)
{
	uintptr_t frame = FRAME;

	at_stop(frame, o, LH_SEM, LH_EXCLUSIVE);
	lh_pause_tries(frame);
	int rc = real.sem_trywait(o);
	if (rc == 0)
		lh_pause_takes(frame, o);
	return rc;
}

/* ---- signals, and new threads ---- */

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

#define UNLOCK_OF(fn, type)                                                                        \
	static int steered_##fn(type *o)                                                           \
	{                                                                                          \
		if (*lh_steer_guard_of((uintptr_t)o))                                              \
			lh_pause_releases(FRAME, o);                                               \
		return real.fn(o);                                                                 \
	}
UNLOCK_OF(pthread_mutex_unlock, pthread_mutex_t)
UNLOCK_OF(mtx_unlock, mtx_t)

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

#define STEER(fn) lh_real.fn = steered_##fn
#define STEER_TRY(fn, ...)                                                                         \
	wrapper_of.fn = (uintptr_t)dlsym(RTLD_DEFAULT, #fn);                                       \
	STEER(fn);

static void steer_waits(void)
{
	STEER(pthread_mutex_lock);
	STEER(pthread_mutex_timedlock);
	STEER(pthread_rwlock_rdlock);
	STEER(pthread_rwlock_timedrdlock);
	STEER(pthread_rwlock_wrlock);
	STEER(pthread_rwlock_timedwrlock);
	STEER(pthread_spin_lock);
	STEER(mtx_lock);
	STEER(mtx_timedlock);
	STEER(sem_wait);
	STEER(sem_timedwait);
	STEER(pthread_cond_wait);
	STEER(pthread_cond_timedwait);
	STEER(cnd_wait);
	STEER(cnd_timedwait);
	STEER(pthread_join);
	STEER(pthread_timedjoin_np);
	STEER(thrd_join);
	STEER(pthread_barrier_wait);
}

/* Of newer C libraries. */
static void steer_clock_waits(void)
{
#define STEER_IF(fn)                                                                               \
	if (real.fn)                                                                               \
	STEER(fn)
	STEER_IF(pthread_mutex_clocklock);
	STEER_IF(pthread_rwlock_clockrdlock);
	STEER_IF(pthread_rwlock_clockwrlock);
	STEER_IF(sem_clockwait);
	STEER_IF(pthread_cond_clockwait);
	STEER_IF(pthread_clockjoin_np);
}

static void replace(void)
{
	real = lh_real;
	outside = lh_outside_at_start;
	free_probe = lh_lock_free_probe;
	permit_probe = lh_sem_permit_probe;
	TRIES(STEER_TRY)
	steer_waits();
	steer_clock_waits();
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
#define STEER_OUTSIDE(fn, ...)                                                                     \
	wrapper_of.fn = (uintptr_t)dlsym(RTLD_DEFAULT, #fn);                                       \
	if (outside.fn)                                                                            \
		lh_outside_at_start.fn = steered_##fn;
	OUTSIDE_TRIES(STEER_OUTSIDE)
	lh_lock_free_probe = steered_probe;
	lh_sem_permit_probe = steered_permit_probe;
}

void lh_pause_init(void)
{
	if (lh_steering_start() &&
	    !lh_own_ledger.parent_ledger) /* a forked child has them already */
		replace();
}
