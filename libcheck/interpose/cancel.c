/*
 * cancel.c — the calls that cancel a thread, or change how it can be cancelled. Special because
 * they are no lock calls: they are followed to know which waits a pending cancellation ends.
 *
 * pthread_cancel records before the original, because the thread that it cancels may go on, and be
 * joined, before the original returns; the other two record after the original, and not at all if
 * the original acts upon a cancellation and does not return.
 */
#include "libcheck/base/real.h"
#include "libcheck/interpose/export.h"
#include "libcheck/events/events.h"

LH_EXPORT int pthread_cancel(pthread_t thread)
{
	lh_on_cancel(&LH_CALL(NULL, THREAD_END, EXCLUSIVE, BLOCKING), thread);
	return LH_REAL(pthread_cancel)(thread);
}

#define MODE(fn, bit, value)                                                                       \
	LH_EXPORT int fn(int mode, int *old)                                                       \
	{                                                                                          \
		int rc = LH_REAL(fn)(mode, old);                                                   \
		if (rc == 0)                                                                       \
			lh_on_cancel_mode(&LH_CALL(NULL, THREAD_END, EXCLUSIVE, BLOCKING), bit,    \
					  mode == (value));                                        \
		return rc;                                                                         \
	}

MODE(pthread_setcancelstate, LH_CANCEL_DISABLED, PTHREAD_CANCEL_DISABLE)
MODE(pthread_setcanceltype, LH_CANCEL_ASYNCHRONOUS, PTHREAD_CANCEL_ASYNCHRONOUS)
