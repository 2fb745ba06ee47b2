/*
 * lockhound.h — announces the locks that a program implements itself.
 *
 * A program calls these macros to report what its own locks do. There is no library to link: the
 * functions are weak, and a macro costs one test if the checker is not loaded. The calls never
 * fail. Does not lock anything. lockhound.hpp makes the calls for a C++ lock.
 *
 *	lockhound_wants(&l, 0);           before a wait for the lock
 *	lockhound_got(&l, 0);             the lock is acquired
 *	lockhound_quits(&l, 0);           or: the wait has ended without the lock
 *	lockhound_gives(&l);              before the lock is released
 *	lockhound_ends(&l);               the lock is destroyed
 *	lockhound_name(&l, "accounts");   the name of any lock, also a pthread one, in reports
 *	lockhound_makes(&l, 0, "accounts");   the lock is initialized; NULL: it has no name
 *
 * The flags of a call are 0 or the sum of:
 *
 *	LOCKHOUND_SHARED     several threads can hold the lock together in this way
 *	LOCKHOUND_TIMED      the wait has a time limit
 *	LOCKHOUND_TRY        the call does not wait. A try that succeeds is only `got`; one that
 *	                     fails is only `quits`
 *	LOCKHOUND_RECURSIVE  a thread can acquire the lock again while it holds the lock. In each
 *	                     call, or in `makes` only
 *	LOCKHOUND_COVERS     the lock is made of other locks, which are not reported: what the
 *thread does from `wants` to `got` or `quits`, and from `gives` to lockhound_gave(&l), belongs to
 *this lock
 *
 * A lock that one thread acquires and another releases: the first calls `gives` where it hands the
 * lock over, the second `got` with LOCKHOUND_TRY, and `gives` when it releases the lock. A lock
 * that is released by a thread which does not hold it counts as a signal from then on.
 *
 * Copyright (c) 2026 the lockhound authors. SPDX-License-Identifier: MIT
 */
#ifndef LOCKHOUND_H
#define LOCKHOUND_H

/* Programs of earlier versions of this header have any number that is not 0 for SHARED. */
#define LOCKHOUND_SHARED 1
#define LOCKHOUND_TRY 0x100
#define LOCKHOUND_TIMED 0x200
#define LOCKHOUND_RECURSIVE 0x400
#define LOCKHOUND_COVERS 0x800

#ifdef __cplusplus
extern "C" {
#endif

extern void lockhound_want(const void *lock, int flags) __attribute__((weak));
extern void lockhound_take(const void *lock, int flags) __attribute__((weak));
extern void lockhound_quit(const void *lock, int flags) __attribute__((weak));
extern void lockhound_give(const void *lock) __attribute__((weak));
extern void lockhound_given(const void *lock) __attribute__((weak));
extern void lockhound_make(const void *lock, int flags, const char *name) __attribute__((weak));
extern void lockhound_end(const void *lock) __attribute__((weak));
extern void lockhound_call(const void *lock, const char *name) __attribute__((weak));

#ifdef __cplusplus
}
#endif

#define LOCKHOUND_TELL(fn, ...)                                                                    \
	do {                                                                                       \
		if (fn)                                                                            \
			fn(__VA_ARGS__);                                                           \
	} while (0)

#define lockhound_wants(lock, flags) LOCKHOUND_TELL(lockhound_want, (lock), (flags))
#define lockhound_got(lock, flags) LOCKHOUND_TELL(lockhound_take, (lock), (flags))
#define lockhound_quits(lock, flags) LOCKHOUND_TELL(lockhound_quit, (lock), (flags))
#define lockhound_gives(lock) LOCKHOUND_TELL(lockhound_give, (lock))
#define lockhound_gave(lock) LOCKHOUND_TELL(lockhound_given, (lock))
#define lockhound_makes(lock, flags, name) LOCKHOUND_TELL(lockhound_make, (lock), (flags), (name))
#define lockhound_ends(lock) LOCKHOUND_TELL(lockhound_end, (lock))
#define lockhound_name(lock, name) LOCKHOUND_TELL(lockhound_call, (lock), (name))

#endif
