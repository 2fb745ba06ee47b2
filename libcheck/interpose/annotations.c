/*
 * annotations.c — what programs tell ThreadSanitizer and Valgrind's tools about their own locks:
 * the __tsan_mutex_* functions, and AnnotateRWLock* of the dynamic annotations.
 *
 * If another object defines the function, it is called too: ThreadSanitizer's runtime still hears
 * everything. Of the dynamic annotations only those of locks are here: others, such as
 * RunningOnValgrind or AnnotateHappensBefore, would make a program believe that such a tool runs.
 */
#include "libcheck/base/outside.h"
#include "libcheck/interpose/export.h"
#include "libcheck/events/events.h"

#define CALL(m, h)                                                                                 \
	(struct lh_call)                                                                           \
	{                                                                                          \
		(const void *)o, (uintptr_t)__builtin_frame_address(0), LH_CUSTOM, (m), (h), true, \
			0                                                                          \
	}

/* ---- ThreadSanitizer. Between `pre` and `post` the thread runs the lock's own code. ---- */

/* The bits of `flags`, as sanitizer/tsan_interface.h describes them. */
enum {
	LINKER_INIT = 1 << 0, /* never destroyed */
	WRITE_REENTRANT = 1 << 1,
	READ_LOCK = 1 << 3,
	TRY_LOCK = 1 << 4,
	TRY_LOCK_FAILED = 1 << 5,
	RECURSIVE_LOCK = 1 << 6, /* acquires as many times as `levels` says */
	RECURSIVE_UNLOCK = 1 << 7,
	NOT_STATIC = 1 << 8, /* with it, only a lock that was created with it is destroyed */
};

#define TSAN_CALL(flags)                                                                           \
	CALL((flags)&READ_LOCK ? LH_SHARED : LH_EXCLUSIVE, (flags)&TRY_LOCK ? LH_TRY : LH_BLOCKING)

static uint32_t lock_flags(unsigned flags)
{
	return LH_LOCK_COVERS | (flags & WRITE_REENTRANT ? LH_LOCK_RECURSIVE : 0u);
}

LH_EXPORT void __tsan_mutex_create(void *o, unsigned flags)
{
	LH_FORWARD(__tsan_mutex_create, o, flags);
	if (!(flags & LINKER_INIT))
		lh_on_announced_init(&TSAN_CALL(0), lock_flags(flags));
}

LH_EXPORT void __tsan_mutex_destroy(void *o, unsigned flags)
{
	LH_FORWARD(__tsan_mutex_destroy, o, flags);
	if (!(flags & LINKER_INIT))
		lh_on_announced_destroyed(&TSAN_CALL(0), flags & NOT_STATIC);
}

LH_EXPORT void __tsan_mutex_pre_lock(void *o, unsigned flags)
{
	LH_FORWARD(__tsan_mutex_pre_lock, o, flags);
	lh_on_announced_wait(&TSAN_CALL(flags), lock_flags(flags));
}

LH_EXPORT void __tsan_mutex_post_lock(void *o, unsigned flags, int levels)
{
	struct lh_call call = TSAN_CALL(flags);

	LH_FORWARD(__tsan_mutex_post_lock, o, flags, levels);
	if (flags & TRY_LOCK_FAILED) {
		lh_on_announced_quit(&call);
		return;
	}
	lh_on_announced_acquired(&call, lock_flags(flags));
	if (flags & RECURSIVE_LOCK)
		lh_announced_set_depth(o, levels > 0 ? (uint32_t)levels : 1);
}

LH_EXPORT int __tsan_mutex_pre_unlock(void *o, unsigned flags)
{
	__typeof__(__tsan_mutex_pre_unlock) *forward = LH_OUTSIDE(__tsan_mutex_pre_unlock);
	int levels = flags & RECURSIVE_UNLOCK ? (int)lh_announced_depth(o) : 1;

	if (flags & RECURSIVE_UNLOCK)
		lh_announced_set_depth(o, 1);
	lh_on_announced_release(&TSAN_CALL(flags), LH_LOCK_COVERS);
	return forward ? forward(o, flags) : levels;
}

LH_EXPORT void __tsan_mutex_post_unlock(void *o, unsigned flags)
{
	LH_FORWARD(__tsan_mutex_post_unlock, o, flags);
	lh_on_cover_end(o);
}

LH_EXPORT void __tsan_mutex_pre_signal(void *o, unsigned flags)
{
	LH_FORWARD(__tsan_mutex_pre_signal, o, flags);
	lh_on_cover_begin(&TSAN_CALL(0));
}

LH_EXPORT void __tsan_mutex_post_signal(void *o, unsigned flags)
{
	LH_FORWARD(__tsan_mutex_post_signal, o, flags);
	lh_on_cover_end(o);
}

/* Inside one of the other pairs: the lock's code calls code that is not its own. */
LH_EXPORT void __tsan_mutex_pre_divert(void *o, unsigned flags)
{
	LH_FORWARD(__tsan_mutex_pre_divert, o, flags);
	lh_on_cover_end(o);
}

LH_EXPORT void __tsan_mutex_post_divert(void *o, unsigned flags)
{
	LH_FORWARD(__tsan_mutex_post_divert, o, flags);
	lh_on_cover_begin(&TSAN_CALL(0));
}

/*
 * ---- dynamic annotations ----
 *
 * There is one call after an acquisition and one before a release. They do not tell a try from an
 * acquisition that may wait, nor a recursive lock from another.
 */

enum { RW_FLAGS = LH_LOCK_RECURSIVE | LH_LOCK_MAY_TRY };

#define RW_CALL(writes) CALL((writes) ? LH_EXCLUSIVE : LH_SHARED, LH_BLOCKING)

LH_EXPORT void AnnotateRWLockCreate(const char *file, int line, const volatile void *o)
{
	LH_FORWARD(AnnotateRWLockCreate, file, line, o);
	lh_on_announced_init(&RW_CALL(1), RW_FLAGS);
}

LH_EXPORT void AnnotateRWLockCreateStatic(const char *file, int line, const volatile void *o)
{
	LH_FORWARD(AnnotateRWLockCreateStatic, file, line, o);
}

LH_EXPORT void AnnotateRWLockDestroy(const char *file, int line, const volatile void *o)
{
	LH_FORWARD(AnnotateRWLockDestroy, file, line, o);
	lh_on_announced_destroyed(&RW_CALL(1), false);
}

LH_EXPORT void AnnotateRWLockAcquired(const char *file, int line, const volatile void *o,
				      long writes)
{
	LH_FORWARD(AnnotateRWLockAcquired, file, line, o, writes);
	lh_on_announced_acquired(&RW_CALL(writes), RW_FLAGS);
}

LH_EXPORT void AnnotateRWLockReleased(const char *file, int line, const volatile void *o,
				      long writes)
{
	LH_FORWARD(AnnotateRWLockReleased, file, line, o, writes);
	lh_on_announced_release(&RW_CALL(writes), 0);
}
