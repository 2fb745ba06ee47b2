/*
 * own.c — the calls of lockhound.h, by which a program reports what its own locks do. They have no
 * originals.
 */
#include "libcheck/interpose/export.h"
#include "libcheck/lockhound.h"
#include "libcheck/events/events.h"

#define CALL(lock, mode)                                                                           \
	(struct lh_call)                                                                           \
	{                                                                                          \
		(lock), (uintptr_t)__builtin_frame_address(0), LH_CUSTOM, (mode), LH_BLOCKING, 0   \
	}

LH_EXPORT void lockhound_want(const void *lock, int shared)
{
	lh_on_wait_begin(&CALL(lock, shared ? LH_SHARED : LH_EXCLUSIVE));
}

LH_EXPORT void lockhound_take(const void *lock, int shared)
{
	lh_on_wait_end(&CALL(lock, shared ? LH_SHARED : LH_EXCLUSIVE), 0);
}

LH_EXPORT void lockhound_give(const void *lock)
{
	lh_on_release(CALL(lock, LH_EXCLUSIVE));
}

LH_EXPORT void lockhound_end(const void *lock)
{
	lh_on_destroyed(&CALL(lock, LH_EXCLUSIVE), 0);
}

LH_EXPORT void lockhound_call(const void *lock, const char *name)
{
	lh_on_name(&CALL(lock, LH_EXCLUSIVE), name);
}
