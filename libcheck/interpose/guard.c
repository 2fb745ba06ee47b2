/*
 * guard.c — the hidden guard of a C++ local static: acquired before its initializer runs, released
 * after. Special because a C program has no C++ runtime at the start and may load one later, when
 * it is too late to resolve the originals. If there was no runtime at the start, the guard is
 * implemented here, in the format of the C++ ABI and libstdc++, so that both may use one guard:
 * byte 0 is "done", byte 1 "being initialized", byte 2 "a thread waits".
 */
#include "libcheck/base/real.h"
#include "libcheck/interpose/export.h"
#include "libcheck/events/events.h"

#include <linux/futex.h>
#include <sys/syscall.h>

enum { DONE = 1, BUSY = 256, WAITED = 65536 };

static int acquire(uint64_t *o)
{
	int *word = (int *)o, seen = 0;

	while (!__atomic_compare_exchange_n(word, &seen, BUSY, false, __ATOMIC_ACQ_REL,
					    __ATOMIC_ACQUIRE)) {
		if (seen & DONE)
			return 0;
		int waited = seen | WAITED;
		if (seen == waited ||
		    __atomic_compare_exchange_n(word, &seen, waited, false, __ATOMIC_ACQ_REL,
						__ATOMIC_ACQUIRE))
			lh_syscall(SYS_futex, (long)word, FUTEX_WAIT, waited, 0, 0, 0);
		seen = 0;
	}
	return 1;
}

static void finish(uint64_t *o, int value)
{
	int *word = (int *)o;

	if (__atomic_exchange_n(word, value, __ATOMIC_ACQ_REL) & WAITED)
		lh_syscall(SYS_futex, (long)word, FUTEX_WAKE, INT32_MAX, 0, 0, 0);
}

/* The compiler reads byte 0 itself and calls only while the static is not initialized. */
LH_EXPORT int __cxa_guard_acquire(uint64_t *o)
{
	struct lh_call call = LH_CALL(o, GUARD, EXCLUSIVE, BLOCKING);

	lh_lock_free_probe(o, LH_GUARD, LH_BLOCKING);
	bool busy = __atomic_load_n((const uint32_t *)o, __ATOMIC_RELAXED) >> 8;
	lh_on_wait_begin(&call);
	int must_initialize =
		LH_REAL(__cxa_guard_acquire) ? lh_real.__cxa_guard_acquire(o) : acquire(o);
	/* no other thread was initializing, so there was no wait */
	if (must_initialize && !busy) {
		lh_on_wait_clear(&call);
		lh_on_acquired_slow(&call, 0);
	} else {
		lh_on_wait_end(&call, must_initialize ? 0 : EAGAIN);
	}
	return must_initialize;
}

#define END(fn, value)                                                                             \
	LH_EXPORT void fn(uint64_t *o)                                                             \
	{                                                                                          \
		lh_on_release(LH_CALL(o, GUARD, EXCLUSIVE, BLOCKING));                             \
		if (LH_REAL(fn))                                                                   \
			lh_real.fn(o);                                                             \
		else                                                                               \
			finish(o, value);                                                          \
	}

END(__cxa_guard_release, DONE)
END(__cxa_guard_abort, 0)
