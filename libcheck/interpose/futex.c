/*
 * futex.c — a futex call that the program makes through libc's `syscall`, as Rust's std, Qt, absl,
 * folly and the C++ library do in their own locks. sandbox.c jumps here only for SYS_futex, and as
 * it would to the original: the caller's return address is that of this function.
 *
 * The lock behind the word is not known: its fast path makes no call. So what is recorded is the
 * wait, and who wakes. FUTEX_FD and FUTEX_WAIT_REQUEUE_PI pass unrecorded: the first does not wait,
 * the second waits for a word and ends with another. So does SYS_futex_waitv, which waits for any
 * of several words, as poll does, and comes not even here.
 */
#include "libcheck/base/real.h"
#include "libcheck/events/events.h"

#include <linux/futex.h>

lh_real_call lh_futex_by_syscall; /* called by the assembler code of sandbox.c */

#define CALL_NEXT lh_real_next_syscall(n, word, op, value, timeout, word2, value3)

/* EAGAIN: the word had another value, and the call did not sleep; other errors are no waits. */
static bool has_slept(long rc)
{
	return rc >= 0 || errno == EINTR || errno == ETIMEDOUT;
}

static long wait(struct lh_call *call, long n, long word, long op, long value, long timeout,
		 long word2, long value3)
{
	struct lh_futex_wait wait = lh_on_futex_wait(call);
	long rc = CALL_NEXT;

	if (wait.lock)
		lh_on_futex_wait_end(call, &wait, has_slept(rc), rc >= 0);
	return rc;
}

static void wake(const struct lh_call *call, long word)
{
	struct lh_call other = *call;

	other.object = (const void *)word;
	lh_on_futex_wake(&other);
}

long lh_futex_by_syscall(long n, long word, long op, long value, long timeout, long word2,
			 long value3)
{
	struct lh_call call = LH_CALL((const void *)word, FUTEX, EXCLUSIVE, BLOCKING);

	switch (op & FUTEX_CMD_MASK) {
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
	case FUTEX_LOCK_PI:
	case FUTEX_LOCK_PI2:
		call.how = timeout ? LH_TIMED : LH_BLOCKING;
		return wait(&call, n, word, op, value, timeout, word2, value3);
	case FUTEX_WAKE_OP:
		wake(&call, word2);
		wake(&call, word);
		break;
	case FUTEX_REQUEUE: /* it wakes at the first word; those moved to the other wait on */
	case FUTEX_CMP_REQUEUE:
	case FUTEX_CMP_REQUEUE_PI:
	case FUTEX_WAKE:
	case FUTEX_WAKE_BITSET:
	case FUTEX_UNLOCK_PI:
		wake(&call, word);
		break;
	default:
		break;
	}
	return CALL_NEXT;
}
