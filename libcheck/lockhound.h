/*
 * lockhound.h — announces the locks that a program implements itself.
 *
 * A program calls these macros to report what its own locks do. There is no library to link: the
 * functions are weak, and a macro costs one test if the checker is not loaded. The calls never
 * fail. Does not lock anything.
 *
 *	lockhound_wants(&l, 0);           before a wait for the lock
 *	lockhound_got(&l, 0);             the lock is acquired
 *	lockhound_gives(&l);              before the lock is released
 *	lockhound_ends(&l);               the lock is destroyed
 *	lockhound_name(&l, "accounts");   the name of any lock, also a pthread one, in reports
 */
#ifndef LOCKHOUND_H
#define LOCKHOUND_H

#ifdef __cplusplus
extern "C" {
#endif

/* shared: not 0 if several threads can hold the lock together in this way */
extern void lockhound_want(const void *lock, int shared) __attribute__((weak));
extern void lockhound_take(const void *lock, int shared) __attribute__((weak));
extern void lockhound_give(const void *lock) __attribute__((weak));
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

#define lockhound_wants(lock, shared) LOCKHOUND_TELL(lockhound_want, (lock), (shared))
#define lockhound_got(lock, shared) LOCKHOUND_TELL(lockhound_take, (lock), (shared))
#define lockhound_gives(lock) LOCKHOUND_TELL(lockhound_give, (lock))
#define lockhound_ends(lock) LOCKHOUND_TELL(lockhound_end, (lock))
#define lockhound_name(lock, name) LOCKHOUND_TELL(lockhound_call, (lock), (name))

#endif
