/* delay.c — draws the delays, keeps them within the time budget, and replaces the originals and
 * probes that delay. */
#include "libcheck/delay/delay.h"

#include "libcheck/ledger/own_ledger.h"
#include "libcheck/lock/lock.h"
#include "libcheck/base/options.h"
#include "libcheck/base/outside.h"
#include "libcheck/base/real.h"
#include "libcheck/stack/stack.h"
#include "libcheck/thread/held_chain.h"
#include "libcheck/thread/thread.h"

enum {
	DELAY_ONE_IN = 8,         /* points while no lock is held */
	DELAY_HOLDING_ONE_IN = 3, /* while a lock is held: lock orders meet here */
	LONG_ONE_IN = 8,          /* delays */
	FIRST_LONG_ONE_IN = 2,    /* delays of the first time */
	LONG_NS = 1000000,
	LATE_NS = 100000, /* how late a timer fires on an idle machine */
	SHARE = 5,        /* delays may use 1/SHARE of the time since the start */
	FREE_DELAYS = 64, /* outside that budget, for short programs; no clock is read */
	LIMIT_PARTS = 16, /* of the shortest time limit: no delay is longer than one */
};

static struct lh_real originals; /* the originals */
static struct lh_outside outside;
static uint64_t longest_ns = LONG_NS; /* atomic */

static uint64_t scramble(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* The next number of this thread's random stream. */
static uint64_t next(struct lh_self *self)
{
	if (!self->delay_state)
		self->delay_state = scramble(lh_options.shake << 20 ^ self->live_saved->thread) | 1;
	return scramble(self->delay_state += 0x9e3779b97f4a7c15u);
}

/* True for the address that a handler returns to: rt_sigreturn as every C library writes it. */
static bool returns_from_signal(uintptr_t pc)
{
#if defined(__x86_64__)
	static const uint8_t code[] = {0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05};

	return __builtin_memcmp((const void *)pc, code, sizeof(code)) == 0;
#else
	(void)pc;
	return false;
#endif
}

/* True if this thread may be in a handler, which includes every thread on another stack than its
 * own. */
static bool in_handler(struct lh_self *self, uintptr_t frame)
{
	const struct lh_live_thread *live = self->live_saved;
	bool found = frame < live->stack_low || frame >= live->stack_high;

	if (found || !lh_enter(frame))
		return true;
	lh_stack_walk(frame, live->stack_low, live->stack_high, self->walked);
	/* the walk continued from each pc but the last, so it is code; the last may be anything */
	for (int i = 0; i + 1 < self->walked->n && !found; i++)
		found = returns_from_signal(self->walked->at[i].pc);
	lh_leave(self);
	return found;
}

/*
 * Books `ns` if the budget allows it. A timer fires late, so LATE_NS is booked in advance. A third
 * of the budget is kept for acquisitions that come for the first time.
 */
static bool afford(uint64_t ns, bool first_time)
{
	struct lh_ledger *l = lh_own_ledger.ledger;
	uint64_t spent = __atomic_load_n(&l->shaken_ns, __ATOMIC_RELAXED) + ns + LATE_NS;

	if (__atomic_load_n(&l->shakes, __ATOMIC_RELAXED) >= FREE_DELAYS / (first_time ? 1 : 2) &&
	    spent + (first_time ? 0 : spent / 2) > lh_clock_now() / SHARE)
		return false;
	__atomic_fetch_add(&l->shaken_ns, ns + LATE_NS, __ATOMIC_RELAXED);
	__atomic_fetch_add(&l->shakes, 1, __ATOMIC_RELAXED);
	return true;
}

static void delay(uint64_t ns)
{
	uint64_t before = lh_clock_now();

	lh_sys_sleep(ns);
	__atomic_fetch_add(&lh_own_ledger.ledger->shaken_ns, lh_clock_now() - before - ns - LATE_NS,
			   __ATOMIC_RELAXED);
}

enum delay_kind { NO_DELAY, SHORT, ANY, FIRST_TIME };

/* Always draws a number, so that the n-th point of a thread gets the n-th number. */
static void draw_delay(uintptr_t frame, enum delay_kind most)
{
	struct lh_self *self = lh_self_get();
	struct lh_live_thread *live = self->live;

	if (!live || !lh_own_ledger.ledger)
		return;
	uint64_t x = next(self), ns = 1; /* the shortest delay only yields the processor */
	uint32_t one_in = most == FIRST_TIME ? 1
			  : live->held_n     ? DELAY_HOLDING_ONE_IN
					     : DELAY_ONE_IN;
	if (most == NO_DELAY || (uint32_t)x % one_in)
		return;
	if ((x >> 32) % (most == FIRST_TIME ? FIRST_LONG_ONE_IN : LONG_ONE_IN) == 0 && most >= ANY)
		ns = (x >> 40) % LONG_NS;
	if (ns > __atomic_load_n(&longest_ns, __ATOMIC_RELAXED))
		ns = 1;
	/* row 0 is none, row 1 the first thread: a single thread meets no other */
	if (lh_rows_used(LH_T_THREAD) > 2 && !in_handler(self, frame) &&
	    afford(ns, most == FIRST_TIME))
		delay(ns);
}

/*
 * Is this the thread's first acquisition of the lock here, with what it holds? An order of locks
 * that comes once in a run would hardly get a delay otherwise. `wrapper`: the frame of the wrapper.
 */
static bool is_first(uintptr_t wrapper, const void *o, enum lh_mode mode)
{
	struct lh_self *self = lh_self_get();
	uint32_t n = self->live ? self->live->held_n : 0;

	if (!n || lh_held_find(self->live, o))
		return false;
	uint32_t row = lh_lock_find(o);
	const struct lh_context *x = row ? lh_context_find(wrapper) : NULL;
	if (!x)
		return true;
	lh_chain_id parent = lh_held_chain(self->live);
	lh_lock_id lock = lh_lock_id_of(&LH_LOCKS[row]);
	return !lh_chain_cached(self, parent, lock, LH_SITE(x->stack, LH_BLOCKING, mode)) &&
	       !lh_chain_cached(self, parent, lock, LH_SITE(x->stack, LH_TRY, mode));
}

/* The program waits until `end`: delays must not be what makes such a limit run out. */
static void note_limit(const struct timespec *end)
{
	uint64_t left_ns = end ? lh_sys_time_left(end) : 0;
	uint64_t most = left_ns / LIMIT_PARTS,
		 seen = __atomic_load_n(&longest_ns, __ATOMIC_RELAXED);

	while (left_ns && most < seen &&
	       !__atomic_compare_exchange_n(&longest_ns, &seen, most, true, __ATOMIC_RELAXED,
					    __ATOMIC_RELAXED))
		;
}

/* ---- the functions that are called in place of the originals ---- */

#define POINT(most) draw_delay((uintptr_t)__builtin_frame_address(0), most)

/* Before an acquisition. */
#define DELAYED_TRY(fn, type, mode, table)                                                         \
	static int delayed_##fn(type *o)                                                           \
	{                                                                                          \
		uintptr_t wrapper = *(const uintptr_t *)__builtin_frame_address(0);                \
		POINT(is_first(wrapper, (const void *)o, LH_##mode) ? FIRST_TIME : ANY);           \
		return table.fn(o);                                                                \
	}
/* After a release, and after the wait for a semaphore. */
#define DELAYED_AFTER(fn, params, args)                                                            \
	static int delayed_##fn params                                                             \
	{                                                                                          \
		int rc = originals.fn args;                                                        \
		POINT(rc == 0 ? ANY : NO_DELAY);                                                   \
		return rc;                                                                         \
	}
/* Before and after a signal, a post, and the wait on a condition. */
#define DELAYED_AROUND(fn, params, args)                                                           \
	static int delayed_##fn params                                                             \
	{                                                                                          \
		POINT(ANY);                                                                        \
		int rc = originals.fn args;                                                        \
		POINT(ANY);                                                                        \
		return rc;                                                                         \
	}
/* A wait until a time gets no delay here. */
#define LIMITED(fn, params, args)                                                                  \
	static int delayed_##fn params                                                             \
	{                                                                                          \
		note_limit(t);                                                                     \
		return originals.fn args;                                                          \
	}
#define OUTSIDE_AFTER(fn)                                                                          \
	static void delayed_##fn(void *o)                                                          \
	{                                                                                          \
		outside.fn(o);                                                                     \
		POINT(ANY);                                                                        \
	}
#define OUTSIDE_AROUND(fn, params, args)                                                           \
	static void delayed_##fn params                                                            \
	{                                                                                          \
		POINT(ANY);                                                                        \
		outside.fn args;                                                                   \
		POINT(ANY);                                                                        \
	}

#define T const struct timespec *t
#define REPLACED(TRY, AFTER, AROUND, LIMITED)                                                      \
	TRY(pthread_mutex_trylock, pthread_mutex_t, EXCLUSIVE, originals)                          \
	TRY(pthread_rwlock_tryrdlock, pthread_rwlock_t, SHARED, originals)                         \
	TRY(pthread_rwlock_trywrlock, pthread_rwlock_t, EXCLUSIVE, originals)                      \
	TRY(pthread_spin_trylock, pthread_spinlock_t, EXCLUSIVE, originals)                        \
	TRY(sem_trywait, sem_t, EXCLUSIVE, originals)                                              \
	TRY(mtx_trylock, mtx_t, EXCLUSIVE, originals)                                              \
	AFTER(pthread_mutex_unlock, (pthread_mutex_t * o), (o))                                    \
	AFTER(pthread_rwlock_unlock, (pthread_rwlock_t * o), (o))                                  \
	AFTER(pthread_spin_unlock, (pthread_spinlock_t * o), (o))                                  \
	AFTER(mtx_unlock, (mtx_t * o), (o))                                                        \
	AFTER(sem_wait, (sem_t * o), (o))                                                          \
	AROUND(sem_post, (sem_t * o), (o))                                                         \
	AROUND(pthread_cond_wait, (pthread_cond_t * v, pthread_mutex_t * o), (v, o))               \
	AROUND(pthread_cond_signal, (pthread_cond_t * v), (v))                                     \
	AROUND(pthread_cond_broadcast, (pthread_cond_t * v), (v))                                  \
	AROUND(cnd_wait, (cnd_t * v, mtx_t * o), (v, o))                                           \
	AROUND(cnd_signal, (cnd_t * v), (v))                                                       \
	AROUND(cnd_broadcast, (cnd_t * v), (v))                                                    \
	LIMITED(pthread_mutex_timedlock, (pthread_mutex_t * o, T), (o, t))                         \
	LIMITED(pthread_mutex_clocklock, (pthread_mutex_t * o, clockid_t k, T), (o, k, t))         \
	LIMITED(pthread_rwlock_timedrdlock, (pthread_rwlock_t * o, T), (o, t))                     \
	LIMITED(pthread_rwlock_clockrdlock, (pthread_rwlock_t * o, clockid_t k, T), (o, k, t))     \
	LIMITED(pthread_rwlock_timedwrlock, (pthread_rwlock_t * o, T), (o, t))                     \
	LIMITED(pthread_rwlock_clockwrlock, (pthread_rwlock_t * o, clockid_t k, T), (o, k, t))     \
	LIMITED(mtx_timedlock, (mtx_t * o, T), (o, t))                                             \
	LIMITED(sem_timedwait, (sem_t * o, T), (o, t))                                             \
	LIMITED(sem_clockwait, (sem_t * o, clockid_t k, T), (o, k, t))                             \
	LIMITED(pthread_cond_timedwait, (pthread_cond_t * v, pthread_mutex_t * o, T), (v, o, t))   \
	LIMITED(pthread_cond_clockwait, (pthread_cond_t * v, pthread_mutex_t * o, clockid_t k, T), \
		(v, o, k, t))                                                                      \
	LIMITED(cnd_timedwait, (cnd_t * v, mtx_t * o, T), (v, o, t))
REPLACED(DELAYED_TRY, DELAYED_AFTER, DELAYED_AROUND, LIMITED)

#define REPLACED_OUTSIDE(TRY, AFTER, AROUND)                                                       \
	TRY(g_mutex_trylock, void, EXCLUSIVE, outside)                                             \
	TRY(g_rec_mutex_trylock, void, EXCLUSIVE, outside)                                         \
	TRY(g_rw_lock_reader_trylock, void, SHARED, outside)                                       \
	TRY(g_rw_lock_writer_trylock, void, EXCLUSIVE, outside)                                    \
	AFTER(g_mutex_unlock)                                                                      \
	AFTER(g_rec_mutex_unlock)                                                                  \
	AFTER(g_rw_lock_reader_unlock)                                                             \
	AFTER(g_rw_lock_writer_unlock)                                                             \
	AROUND(g_cond_wait, (void *v, void *o), (v, o))                                            \
	AROUND(g_cond_signal, (void *v), (v))                                                      \
	AROUND(g_cond_broadcast, (void *v), (v))
REPLACED_OUTSIDE(DELAYED_TRY, OUTSIDE_AFTER, OUTSIDE_AROUND)

/* `end` is in microseconds of CLOCK_MONOTONIC. */
static int delayed_g_cond_wait_until(void *v, void *o, int64_t end)
{
	const struct timespec t = {end / 1000000, end % 1000000 * 1000};

	note_limit(&t);
	return outside.g_cond_wait_until(v, o, end);
}

/* The creator and the new thread. */
static void delay_at_create(uintptr_t frame)
{
	draw_delay(frame, ANY);
}

/*
 * Calls that are not tried first delay only if the object looks free, then probe it again;
 * otherwise the wait would begin unannounced. A thread that must wait gets no delay: the signal
 * meant to end its wait would come before the wait.
 */
static enum delay_kind longest_delay(bool free, enum lh_how how)
{
	return !free ? NO_DELAY : how == LH_TIMED ? SHORT : ANY;
}

static bool delayed_probe(const void *object, enum lh_kind kind, enum lh_how how)
{
	bool free = lh_lock_is_free_now(object, kind);

	draw_delay((uintptr_t)__builtin_frame_address(0), longest_delay(free, how));
	return free && lh_lock_is_free_now(object, kind);
}

static bool delayed_permit_probe(const void *object, enum lh_how how)
{
	bool free = lh_sem_is_positive(object);

	draw_delay((uintptr_t)__builtin_frame_address(0), longest_delay(free, how));
	return free && lh_sem_is_positive(object);
}

void lh_delay_init(void)
{
	if (!lh_options.shake || lh_sys_seccomp_at_start() || lh_sys_seccomp_active())
		return;
	lh_own_ledger.ledger->shake = (uint32_t)lh_options.shake;
	originals = lh_real;
	outside = lh_outside_at_start; /* functions that a plugin brings later are not delayed */
#define REPLACE(fn, ...)                                                                           \
	if (originals.fn)                                                                          \
		lh_real.fn = delayed_##fn;
#define REPLACE_OUTSIDE(fn, ...)                                                                   \
	if (outside.fn)                                                                            \
		lh_outside_at_start.fn = delayed_##fn;
	REPLACED(REPLACE, REPLACE, REPLACE, REPLACE)
	REPLACED_OUTSIDE(REPLACE_OUTSIDE, REPLACE_OUTSIDE, REPLACE_OUTSIDE)
	REPLACE_OUTSIDE(g_cond_wait_until)
	lh_lock_free_probe = delayed_probe;
	lh_sem_permit_probe = delayed_permit_probe;
	lh_thread_at_create = delay_at_create;
}
