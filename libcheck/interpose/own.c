/*
 * own.c — the calls of lockhound.h, by which a program reports what its own locks do. They have no
 * originals.
 */
#include "libcheck/interpose/export.h"
#include "libcheck/lockhound.h"
#include "libcheck/events/events.h"

static struct lh_call call(const void *object, int shared, uintptr_t frame)
{
	return (struct lh_call){object,      frame, LH_CUSTOM, shared ? LH_SHARED : LH_EXCLUSIVE,
				LH_BLOCKING, 0};
}

#define FRAME (uintptr_t) __builtin_frame_address(0)

LH_EXPORT void lockhound_want(const void *lock, int shared)
{
	struct lh_call c = call(lock, shared, FRAME);

	lh_on_wait_begin(&c);
}

LH_EXPORT void lockhound_take(const void *lock, int shared)
{
	struct lh_call c = call(lock, shared, FRAME);

	lh_on_wait_end(&c, 0);
}

LH_EXPORT void lockhound_give(const void *lock)
{
	struct lh_call c = call(lock, 0, FRAME);

	lh_on_release(c);
}

LH_EXPORT void lockhound_end(const void *lock)
{
	struct lh_call c = call(lock, 0, FRAME);

	lh_on_destroyed(&c, 0);
}

LH_EXPORT void lockhound_call(const void *lock, const char *name)
{
	struct lh_call c = call(lock, 0, FRAME);

	lh_on_name(&c, name);
}
