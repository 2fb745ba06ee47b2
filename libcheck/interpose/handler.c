/*
 * handler.c — the calls that install a signal handler. Special because they are no lock calls: they
 * are followed to know from when on a handler can run (rules/signal_handler.h). Async-signal-safe,
 * like the originals. The calls pass unchanged.
 */
#include "libcheck/interpose/export.h"
#include "libcheck/rules/signal_handler.h"
#include "libcheck/base/real.h"

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static bool is_handler(sighandler_t handler)
{
	return handler != SIG_DFL && handler != SIG_IGN && handler != SIG_ERR &&
	       handler != SIG_HOLD;
}

/* `old` may be `action` itself, so `action` is read before the call; for other numbers the original
 * does not read it. */
#define ACTION(fn)                                                                                 \
	LH_EXPORT int fn(int n, const struct sigaction *action, struct sigaction *old)             \
	{                                                                                          \
		bool installs = action && n > 0 && n < NSIG && is_handler(action->sa_handler);     \
		int rc = LH_REAL(fn)(n, action, old);                                              \
		if (rc == 0 && installs)                                                           \
			lh_handler_installed();                                                    \
		return rc;                                                                         \
	}
#define SIGNAL(fn)                                                                                 \
	LH_EXPORT sighandler_t fn(int n, sighandler_t handler)                                     \
	{                                                                                          \
		sighandler_t before = LH_REAL(fn)(n, handler);                                     \
		if (before != SIG_ERR && is_handler(handler))                                      \
			lh_handler_installed();                                                    \
		return before;                                                                     \
	}

ACTION(sigaction)
SIGNAL(signal)
SIGNAL(ssignal)
SIGNAL(bsd_signal)
SIGNAL(sysv_signal)
SIGNAL(__sysv_signal)

/* Also changes the mask, and does not return the old one: the thread's mask is unknown from now on.
 */
LH_EXPORT sighandler_t sigset(int n, sighandler_t handler)
{
	lh_mask = 0;
	sighandler_t before = LH_REAL(sigset)(n, handler);

	if (before != SIG_ERR && is_handler(handler))
		lh_handler_installed();
	return before;
}
