/*
 * own.c — the calls of lockhound.h, by which a program reports what its own locks do. They have no
 * originals.
 */
#include "libcheck/interpose/export.h"
#include "libcheck/lockhound.h"
#include "libcheck/events/events.h"

#define CALL(o, mode)                                                                              \
	(struct lh_call)                                                                           \
	{                                                                                          \
		(o), (uintptr_t)__builtin_frame_address(0), LH_CUSTOM, (mode), LH_BLOCKING, 0      \
	}

LH_EXPORT void lockhound_want(const void *o, int shared)
{
	lh_on_wait_begin(&CALL(o, shared ? LH_SHARED : LH_EXCLUSIVE));
}

LH_EXPORT void lockhound_take(const void *o, int shared)
{
	lh_on_wait_end(&CALL(o, shared ? LH_SHARED : LH_EXCLUSIVE), 0);
}

LH_EXPORT void lockhound_give(const void *o)
{
	lh_on_release(CALL(o, LH_EXCLUSIVE));
}

LH_EXPORT void lockhound_end(const void *o)
{
	lh_on_destroyed(&CALL(o, LH_EXCLUSIVE), 0);
}

LH_EXPORT void lockhound_call(const void *o, const char *name)
{
	lh_on_name(&CALL(o, LH_EXCLUSIVE), name);
}
