/*
 * glib.c — GLib's calls that are not uniform: locks on the heap, conditions, g_once, and bits of
 * words as locks. Special because a condition releases a GMutex inside, because the program's code
 * runs while a once control is held, and because a bit of a word has no address.
 *
 * GLib calls its own functions directly, so that only calls of other objects come here. What its
 * functions do inside is part of the call and not recorded: calls of pthread functions (inner.h),
 * and waits by syscall(), which events/futex.c knows by the lock that the thread waits for.
 */
#include "libcheck/base/outside.h"
#include "libcheck/interpose/export.h"
#include "libcheck/interpose/inner.h"
#include "libcheck/events/events.h"

/* Makes `real` the original; returns `nothing` if no object defines it. */
#define ORIGINAL(fn, nothing)                                                                      \
	__typeof__(fn) *real = LH_OUTSIDE(fn);                                                     \
	if (LH_UNLIKELY(!real))                                                                    \
	return nothing

/* ---- locks begin and end ---- */

#define NEW(fn, k)                                                                                 \
	LH_EXPORT void *fn(void)                                                                   \
	{                                                                                          \
		ORIGINAL(fn, NULL);                                                                \
		void *o = real();                                                                  \
		if (o)                                                                             \
			lh_on_init(&LH_CALL(o, k, EXCLUSIVE, BLOCKING), 0, 0);                     \
		return o;                                                                          \
	}

NEW(g_mutex_new, G_MUTEX)
NEW(g_cond_new, G_COND)

/* A GStaticMutex begins with a pointer to its GMutex, NULL before the first use. */
LH_EXPORT void g_static_mutex_free(void *o)
{
	struct lh_call call = LH_CALL(*(void **)o, G_MUTEX, EXCLUSIVE, BLOCKING);

	ORIGINAL(g_static_mutex_free, );
	lh_on_destroy_begin(&call);
	INNER(G_MUTEX, real(o));
	lh_on_destroyed(&call, 0);
}

/* ---- conditions ---- */

/* In every case the caller holds the mutex afterwards. */
#define WAIT(fn, end_type, is_timed)                                                               \
	LH_EXPORT int fn(void *cond, void *o, end_type end)                                        \
	{                                                                                          \
		struct lh_call call = LH_CALL(o, G_MUTEX, EXCLUSIVE, TIMED);                       \
		int signalled = 0;                                                                 \
		ORIGINAL(fn, 0);                                                                   \
		call.how = (is_timed) ? LH_TIMED : LH_BLOCKING;                                    \
		lh_on_cond_wait(&call, cond, LH_G_COND);                                           \
		signalled = real(cond, o, end);                                                    \
		lh_on_cond_wait_end(&call, 0);                                                     \
		return signalled;                                                                  \
	}
#define SIGNAL(fn)                                                                                 \
	LH_EXPORT void fn(void *o)                                                                 \
	{                                                                                          \
		ORIGINAL(fn, );                                                                    \
		lh_on_cond_signal(&LH_CALL(o, G_COND, EXCLUSIVE, BLOCKING));                       \
		real(o);                                                                           \
	}

LH_EXPORT void g_cond_wait(void *cond, void *o)
{
	struct lh_call call = LH_CALL(o, G_MUTEX, EXCLUSIVE, BLOCKING);

	ORIGINAL(g_cond_wait, );
	lh_on_cond_wait(&call, cond, LH_G_COND);
	real(cond, o);
	lh_on_cond_wait_end(&call, 0);
}

WAIT(g_cond_wait_until, int64_t, true)
WAIT(g_cond_timed_wait, void *, end != NULL)
SIGNAL(g_cond_signal)
SIGNAL(g_cond_broadcast)

/* ---- once ---- */

/*
 * g_once runs the routine while the control is held: run() is passed in its place. If the routine
 * is left by a jump or an exception, GLib never resets the control: it stays held.
 */
struct once {
	const struct lh_call *call;
	lh_glib_routine *routine;
	void *argument;
	struct lh_self *inner;
};

static void *run(void *data)
{
	struct once *x = data;

	lh_inner_end(x->inner);
	lh_on_wait_clear(x->call); /* no other thread ran the routine, so there was no wait */
	lh_on_acquired_slow(x->call, 0);
	void *result = x->routine(x->argument);
	lh_on_release(*x->call);
	x->inner = lh_inner_begin(x->call->frame);
	x->call = NULL;
	return result;
}

LH_EXPORT void *g_once_impl(void *o, lh_glib_routine *routine, void *argument)
{
	struct lh_call call = LH_CALL(o, G_ONCE, EXCLUSIVE, BLOCKING);
	struct once x = {&call, routine, argument, NULL};

	ORIGINAL(g_once_impl, NULL);
	if (lh_glib_once_is_done(o) && lh_once_adds_nothing(&call))
		return real(o, routine, argument);
	lh_lock_free_probe(o, LH_G_ONCE, LH_BLOCKING);
	lh_on_wait_begin(&call);
	x.inner = lh_inner_begin(call.frame);
	void *result = real(o, run, &x);
	lh_inner_end(x.inner);
	if (x.call)
		lh_on_wait_end(&call, EAGAIN);
	return result;
}

/* g_once_init_enter, by each of its names; the headers test first whether all is done. */
static inline __attribute__((always_inline)) int init_enter(int (*enter)(void *),
							    const struct lh_call *call)
{
	void *o = (void *)(uintptr_t)call->object;
	int must_initialize = 0;

	if (!enter || (lh_glib_location_is_set(o) && lh_once_adds_nothing(call)))
		return enter ? enter(o) : 1;
	lh_lock_free_probe(o, LH_G_ONCE, LH_BLOCKING);
	lh_on_wait_begin(call);
	struct lh_self *inner = lh_inner_begin(call->frame);
	must_initialize = enter(o);
	lh_inner_end(inner);
	if (must_initialize) { /* no other thread was initializing, so there was no wait */
		lh_on_wait_clear(call);
		lh_on_acquired_slow(call, 0);
	} else {
		lh_on_wait_end(call, EAGAIN);
	}
	return must_initialize;
}

/* `older` does the same in a GLib that does not have `fn` yet. */
#define ENTER(fn, older)                                                                           \
	LH_EXPORT int fn(void *o)                                                                  \
	{                                                                                          \
		__typeof__(fn) *real = LH_OUTSIDE(fn);                                             \
		if (LH_UNLIKELY(!real))                                                            \
			real = LH_OUTSIDE(older);                                                  \
		return init_enter(real, &LH_CALL(o, G_ONCE, EXCLUSIVE, BLOCKING));                 \
	}
#define LEAVE(fn, older, type)                                                                     \
	LH_EXPORT void fn(void *o, type result)                                                    \
	{                                                                                          \
		__typeof__(fn) *real = LH_OUTSIDE(fn);                                             \
		if (LH_UNLIKELY(!real))                                                            \
			real = (__typeof__(fn) *)(void *)LH_OUTSIDE(older);                        \
		if (!real)                                                                         \
			return;                                                                    \
		lh_on_release(LH_CALL(o, G_ONCE, EXCLUSIVE, BLOCKING));                            \
		real(o, result);                                                                   \
	}
ENTER(g_once_init_enter, g_once_init_enter)
ENTER(g_once_init_enter_impl, g_once_init_enter)
ENTER(g_once_init_enter_pointer, g_once_init_enter)
LEAVE(g_once_init_leave, g_once_init_leave, size_t)
LEAVE(g_once_init_leave_pointer, g_once_init_leave, void *)

/* ---- bits of words ---- */

#define BIT_CALL(h) LH_CALL(lh_glib_bit_object(o, (uint32_t)bit), G_BIT_LOCK, EXCLUSIVE, h)

/* `free`: tests the bit, and sets it if it is free. */
#define BIT_LOCK(fn, free, params, args)                                                           \
	LH_EXPORT void fn params                                                                   \
	{                                                                                          \
		const struct lh_call call = BIT_CALL(BLOCKING);                                    \
		ORIGINAL(fn, );                                                                    \
		if ((uint32_t)bit >= LH_GLIB_BITS) {                                               \
			real args;                                                                 \
		} else if (free) {                                                                 \
			lh_on_acquired(call, 0);                                                   \
		} else {                                                                           \
			lh_on_wait_begin(&call);                                                   \
			real args;                                                                 \
			lh_on_wait_end(&call, 0);                                                  \
		}                                                                                  \
	}
#define BIT_TRY(fn)                                                                                \
	LH_EXPORT int fn(void *o, int bit)                                                         \
	{                                                                                          \
		ORIGINAL(fn, 1);                                                                   \
		int acquired = real(o, bit);                                                       \
		if ((uint32_t)bit < LH_GLIB_BITS)                                                  \
			lh_on_acquired(BIT_CALL(TRY), acquired ? 0 : EBUSY);                       \
		return acquired;                                                                   \
	}
/*
 * GLib has no call that begins or ends a bit lock. So one that is no variable ends when it is
 * released: the next one in this memory may be another lock. If a thread waits for the lock, it is
 * the same one.
 */
static void release_bit(const struct lh_call *call, const void *word)
{
	lh_on_release(*call);
	const struct lh_lock *l =
		lh_self_get()->live ? lh_lock_known(call->object, LH_G_BIT_LOCK) : NULL;
	if (l && !l->owner && !lh_outside_is_variable(word) && !lh_chain_is_waited_for(l))
		lh_on_destroyed(call, 0);
}
#define BIT_UNLOCK(fn, params, args)                                                               \
	LH_EXPORT void fn params                                                                   \
	{                                                                                          \
		const struct lh_call call = BIT_CALL(BLOCKING);                                    \
		ORIGINAL(fn, );                                                                    \
		if ((uint32_t)bit < LH_GLIB_BITS)                                                  \
			release_bit(&call, o);                                                     \
		real args;                                                                         \
	}
static bool try_bit(int (*try)(void *, int), void *o, int bit)
{
	return try && try(o, bit);
}
/* The calls that return the word must acquire the lock themselves. */
#define LOOKS_FREE(call)                                                                           \
	(lh_lock_free_probe(lh_glib_bit_object(o, bit), LH_G_BIT_LOCK, LH_BLOCKING) && ((call), 1))

BIT_LOCK(g_bit_lock, try_bit(LH_OUTSIDE(g_bit_trylock), o, bit), (void *o, int bit), (o, bit))
BIT_LOCK(g_bit_lock_and_get, LOOKS_FREE(real(o, bit, value)), (void *o, unsigned bit, int *value),
	 (o, bit, value))
BIT_TRY(g_bit_trylock)
BIT_UNLOCK(g_bit_unlock, (void *o, int bit), (o, bit))
BIT_UNLOCK(g_bit_unlock_and_set, (void *o, unsigned bit, int value, int preserved),
	   (o, bit, value, preserved))
BIT_LOCK(g_pointer_bit_lock, try_bit(LH_OUTSIDE(g_pointer_bit_trylock), o, bit), (void *o, int bit),
	 (o, bit))
BIT_LOCK(g_pointer_bit_lock_and_get, LOOKS_FREE(real(o, bit, value)),
	 (void *o, unsigned bit, uintptr_t *value), (o, bit, value))
BIT_TRY(g_pointer_bit_trylock)
BIT_UNLOCK(g_pointer_bit_unlock, (void *o, int bit), (o, bit))
BIT_UNLOCK(g_pointer_bit_unlock_and_set, (void *o, unsigned bit, void *value, uintptr_t preserved),
	   (o, bit, value, preserved))

/* ---- before GLib 2.32 ---- */

/* Acquires the lock `depth` times. */
LH_EXPORT void g_static_rec_mutex_lock_full(void *o, unsigned depth)
{
	const struct lh_call call = LH_CALL(o, G_STATIC_REC_MUTEX, EXCLUSIVE, BLOCKING);
	int acquired = 0;

	ORIGINAL(g_static_rec_mutex_lock_full, );
	__typeof__(g_static_rec_mutex_trylock) *try = LH_OUTSIDE(g_static_rec_mutex_trylock);
	if (!try || !depth)
		return;
	INNER(G_STATIC_REC_MUTEX, acquired = try(o));
	if (acquired) {
		lh_on_acquired(call, 0);
	} else {
		lh_on_wait_begin(&call);
		INNER(G_STATIC_REC_MUTEX, real(o, 1));
		lh_on_wait_end(&call, 0);
	}
	INNER(G_STATIC_REC_MUTEX, real(o, depth - 1));
	while (--depth)
		lh_on_acquired_slow(&call, 0);
}

/* Releases the lock as often as it is acquired. */
LH_EXPORT unsigned g_static_rec_mutex_unlock_full(void *o)
{
	unsigned depth = 0;

	ORIGINAL(g_static_rec_mutex_unlock_full, 0);
	struct lh_live_thread *live = lh_self_get()->live;
	const struct lh_held *h = live ? lh_held_find(live, o) : NULL;
	for (unsigned n = h ? h->depth : 1; n; n--)
		lh_on_release(LH_CALL(o, G_STATIC_REC_MUTEX, EXCLUSIVE, BLOCKING));
	INNER(G_STATIC_REC_MUTEX, depth = real(o));
	return depth;
}
