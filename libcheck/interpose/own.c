/*
 * own.c — the calls of lockhound.h, by which a program reports what its own locks do. They have no
 * originals.
 */
#include "libcheck/interpose/export.h"
#include "libcheck/lockhound.h"
#include "libcheck/events/events.h"

/* Programs of earlier versions pass any number that is not 0 for a shared lock. */
static enum lh_mode mode_of(int flags)
{
	return flags & 0xff ? LH_SHARED : LH_EXCLUSIVE;
}

static enum lh_how how_of(int flags)
{
	return flags & LOCKHOUND_TRY ? LH_TRY : flags & LOCKHOUND_TIMED ? LH_TIMED : LH_BLOCKING;
}

static uint32_t lock_flags(int flags)
{
	return (flags & LOCKHOUND_RECURSIVE ? LH_LOCK_RECURSIVE : 0u) |
	       (flags & LOCKHOUND_COVERS ? LH_LOCK_COVERS : 0u);
}

#define CALL(lock, flags)                                                                          \
	(struct lh_call)                                                                           \
	{                                                                                          \
		(lock), (uintptr_t)__builtin_frame_address(0), LH_CUSTOM, mode_of(flags),          \
			how_of(flags), true, 0                                                     \
	}

LH_EXPORT void lockhound_make(const void *lock, int flags, const char *name)
{
	lh_on_announced_init(&CALL(lock, 0), lock_flags(flags));
	if (name)
		lh_on_name(&CALL(lock, 0), name);
}

LH_EXPORT void lockhound_want(const void *lock, int flags)
{
	lh_on_announced_wait(&CALL(lock, flags), lock_flags(flags));
}

LH_EXPORT void lockhound_take(const void *lock, int flags)
{
	lh_on_announced_acquired(&CALL(lock, flags), lock_flags(flags));
}

LH_EXPORT void lockhound_quit(const void *lock, int flags)
{
	lh_on_announced_quit(&CALL(lock, flags));
}

LH_EXPORT void lockhound_give(const void *lock)
{
	lh_on_announced_release(&CALL(lock, 0), 0);
}

LH_EXPORT void lockhound_given(const void *lock)
{
	lh_on_cover_end(lock);
}

LH_EXPORT void lockhound_end(const void *lock)
{
	lh_on_destroyed(&CALL(lock, 0), 0);
}

LH_EXPORT void lockhound_call(const void *lock, const char *name)
{
	lh_on_name(&CALL(lock, 0), name);
}
