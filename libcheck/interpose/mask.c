/*
 * mask.c — the calls that change a thread's signal mask. Special because they are no lock calls:
 * they are followed to know which signals are open while a lock is held (rules/signal_handler.h).
 * The calls pass unchanged, except that the wrapper asks for the old mask, in the same call, if the
 * program does not.
 *
 * Async-signal-safe, like the originals: after the start the wrappers write one word of ours and
 * nothing else.
 */
#include "libcheck/interpose/export.h"
#include "libcheck/rules/signal_handler.h"
#include "libcheck/base/real.h"

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static void follow(int how, bool changes, uint64_t wanted, const sigset_t *before)
{
	uint64_t old;

	__builtin_memcpy(&old, before, sizeof(old));
	if (changes && how == SIG_BLOCK)
		old |= wanted;
	else if (changes && how == SIG_UNBLOCK)
		old &= ~wanted;
	else if (changes)
		old = wanted;
	lh_mask = old | LH_MASK_KNOWN;
}

/* `old` may be `set` itself, so `set` is read before the call. */
#define MASK(fn)                                                                                   \
	LH_EXPORT int fn(int how, const sigset_t *set, sigset_t *old)                              \
	{                                                                                          \
		sigset_t before;                                                                   \
		uint64_t wanted = 0;                                                               \
		if (set)                                                                           \
			__builtin_memcpy(&wanted, set, sizeof(wanted));                            \
		int rc = LH_REAL(fn)(how, set, old ? old : &before);                               \
		if (rc == 0)                                                                       \
			follow(how, set != NULL, wanted, old ? old : &before);                     \
		return rc;                                                                         \
	}

MASK(pthread_sigmask)
MASK(sigprocmask)

/* These rare calls are not followed: after one of them this thread's mask is unknown. */
#define LOSES(result, fn, params, args)                                                            \
	LH_EXPORT result fn params                                                                 \
	{                                                                                          \
		lh_mask = 0;                                                                       \
		return LH_REAL(fn) args;                                                           \
	}

LOSES(int, sigblock, (int mask), (mask))
LOSES(int, sigsetmask, (int mask), (mask))
LOSES(int, sighold, (int n), (n))
LOSES(int, sigrelse, (int n), (n))
