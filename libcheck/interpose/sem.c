/*
 * sem.c — semaphores. Special because they set errno instead of returning it, because the waits are
 * cancellation points (so no try comes first: a pending cancellation must act as it does without
 * us), and because any thread may post.
 *
 * CPython tries its lock first, whichever way it acquires it, and waits after a failed try:
 *   with lock, acquire()        sem_trywait, then sem_wait
 *   acquire(timeout=...)        sem_trywait, then sem_clockwait
 *   acquire(blocking=False)     sem_trywait
 * So a try that succeeds counts as a wait if the Python instruction would have waited; where the
 * instruction cannot be read, with the option python=all; with python=waited never. CPython
 * waits without the GIL, when Python frames may not be read, so the wait gets the stack of the try.
 */
#include "libcheck/base/options.h"
#include "libcheck/base/real.h"
#include "libcheck/interpose/export.h"
#include "libcheck/stack/python.h"
#include "libcheck/events/events.h"

#include <fcntl.h>
#include <stdarg.h>

/* rc is 0 or -1; EAGAIN, "no permit", is the only error that matters to us. */
static int outcome(int rc)
{
	return rc == 0 ? 0 : errno == EAGAIN ? EBUSY : EINVAL;
}

/* CPython only: this thread's last failed try, until its wait or another try follows. */
static __thread struct {
	const void *o;
	lh_stack_id stack;
} refused __attribute__((tls_model("initial-exec")));

/* A try by CPython. If it succeeds for a semaphore that is posted at a thread's end, it is a join
 * that did not wait. */
static __attribute__((noinline)) void tried(const void *o, uintptr_t frame, int rc)
{
	enum lh_python_intent intent =
		rc || !lh_python.on ? LH_PYTHON_TRY : lh_python_read_intent_once(frame);
	bool waits = lh_python.on
			     ? intent == LH_PYTHON_BLOCKING && lh_options.python != LH_PYTHON_WAITED
			     : lh_options.python == LH_PYTHON_ALL && lh_sem_is_of_interpreter(o);
	uint8_t how = !waits ? LH_TRY : lh_python.on ? LH_BLOCKING | LH_WITHOUT_GIL : LH_BLOCKING;
	const struct lh_call call = {o, frame, LH_SEM, LH_EXCLUSIVE, how, false, 0};

	refused.o = NULL;
	if (intent == LH_PYTHON_UNTIL_THREAD_END) {
		lh_on_thread_end_sem(&call);
	} else if (!lh_sem_is_thread_end(o)) {
		/* with the GIL, it is in no cache that lh_on_acquired looks at */
		lh_on_acquired_uncached(o, frame, lh_call_how(call), rc);
	} else if (!rc) {
		if (intent == LH_PYTHON_BLOCKING)
			lh_on_sem_join_begin(&call);
		lh_on_sem_join_end(&call, 0);
	}
	if (rc == EBUSY && lh_python.on) {
		refused.stack = lh_call_stack(&call);
		refused.o = o;
	}
	lh_python_kept.frame = 0;
}

/* A wait by CPython after that try. True if it waits for a thread's end. */
static __attribute__((noinline)) bool joins(struct lh_call *call)
{
	call->stack = refused.o == call->object ? refused.stack : 0;
	refused.o = NULL;
	return call->stack && lh_on_sem_join_begin(call);
}

static inline void wait_begins(const struct lh_call *c)
{
	if (LH_UNLIKELY(c->stack)) /* which the cache would look up */
		lh_on_wait_begin(c);
	else
		lh_on_wait_begin_of(c->object, c->frame, lh_call_how(*c));
}

#define WAIT(fn, h, params, args)                                                                  \
	LH_EXPORT int fn params                                                                    \
	{                                                                                          \
		struct lh_call c = LH_CALL(o, SEM, EXCLUSIVE, h);                                  \
		int rc;                                                                            \
		if (LH_UNLIKELY(refused.o != NULL) && joins(&c)) {                                 \
			rc = LH_REAL(fn) args;                                                     \
			lh_on_sem_join_end(&c, outcome(rc));                                       \
		} else if (LH_LIKELY(lh_sem_permit_probe(o, LH_##h)) && !c.stack) {                \
			rc = LH_REAL(fn) args;                                                     \
			lh_on_acquired(c, outcome(rc));                                            \
		} else {                                                                           \
			wait_begins(&c);                                                           \
			rc = LH_REAL(fn) args;                                                     \
			if (!lh_on_wait_end_cached(o, outcome(rc)))                                \
				lh_on_wait_end_uncached(o, c.frame, lh_call_how(c), outcome(rc));  \
		}                                                                                  \
		return rc;                                                                         \
	}

WAIT(sem_wait, BLOCKING, (sem_t * o), (o))
WAIT(sem_timedwait, TIMED, (sem_t *restrict o, const struct timespec *restrict t), (o, t))
WAIT(sem_clockwait, TIMED, (sem_t *restrict o, clockid_t k, const struct timespec *restrict t),
     (o, k, t))

LH_EXPORT int sem_trywait(sem_t *o)
{
	int rc = LH_REAL(sem_trywait)(o);

	if (LH_UNLIKELY(lh_python.kind != LH_PYTHON_NONE))
		tried(o, (uintptr_t)__builtin_frame_address(0), outcome(rc));
	else
		lh_on_acquired(LH_CALL(o, SEM, EXCLUSIVE, TRY), outcome(rc));
	return rc;
}

/* Recorded before the original: a thread that it wakes may acquire the semaphore and destroy it. */
LH_EXPORT int sem_post(sem_t *o)
{
	lh_on_sem_release(LH_CALL(o, SEM, EXCLUSIVE, BLOCKING));
	return LH_REAL(sem_post)(o);
}

static uint32_t behaviour(unsigned value)
{
	return value == 0 ? LH_LOCK_SIGNAL : value > 1 ? LH_LOCK_COUNTING : 0;
}

LH_EXPORT int sem_init(sem_t *o, int shared, unsigned value)
{
	struct lh_call call = LH_CALL(o, SEM, EXCLUSIVE, BLOCKING);

	lh_on_reinit_begin(&call);
	int rc = LH_REAL(sem_init)(o, shared, value);

	if (rc == 0)
		lh_on_init(&call, behaviour(value) | (shared ? LH_LOCK_SIGNAL : 0), value);
	return rc;
}

LH_EXPORT int sem_destroy(sem_t *o)
{
	struct lh_call call = LH_CALL(o, SEM, EXCLUSIVE, BLOCKING);

	lh_on_destroy_begin(&call);
	int rc = LH_REAL(sem_destroy)(o);
	lh_on_destroyed(&call, rc);
	return rc;
}

/* Any process may post a named semaphore, and opening one name twice gives the same address. */
LH_EXPORT sem_t *sem_open(const char *name, int flags, ...)
{
	mode_t mode = 0;
	unsigned value = 0;

	if (flags & O_CREAT) {
		va_list more;
		va_start(more, flags);
		mode = va_arg(more, mode_t);
		value = va_arg(more, unsigned);
		va_end(more);
	}
	sem_t *o = LH_REAL(sem_open)(name, flags, mode, value);
	if (o != SEM_FAILED)
		lh_on_sem_open(&LH_CALL(o, SEM, EXCLUSIVE, BLOCKING));
	return o;
}

LH_EXPORT int sem_close(sem_t *o)
{
	return LH_REAL(sem_close)(o);
}
