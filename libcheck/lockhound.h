/*
 * lockhound.h — for programs that have locks of their own.
 *
 * Tells lockhound what a home-made lock does. There is no library to link: the calls are
 * weak and cost one test where the checker is not loaded. They never fail.
 *
 *	lockhound_wants(&l, 0);   before a wait that may last
 *	lockhound_got(&l, 0);     it is ours now
 *	lockhound_gives(&l);      before it is given back
 *	lockhound_name(&l, "accounts");   any lock, a pthread one too: its name in reports
 */
#ifndef LOCKHOUND_H
#define LOCKHOUND_H

#ifdef __cplusplus
extern "C" {
#endif

/* shared: not 0 if several may hold it together in this way */
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
