/*
 * uniform.c — the wrappers that are all alike, from the rows of calls.def.
 *
 * Say what is about to happen, call the original, say what came of it. No test, no
 * guard, no errno here: those live one floor down, once.
 */
#include "real.h"
#include "export.h"
#include "track.h"

#define TAKE(fn, first, k, m, h, params, args)                                                     \
	LH_EXPORT int fn params                                                                    \
	{                                                                                          \
		struct lh_call c = LH_CALL((const void *)o, k, m, h);                              \
		int rc = LH_LIKELY(lh_lock_may_try((const void *)o, LH_##k)) ? lh_real.first(o) : EBUSY;                                                         \
		if (LH_LIKELY(rc != EBUSY)) {                                                      \
			lh_got(&c, rc);                                                            \
			return rc;                                                                 \
		}                                                                                  \
		lh_want(&c);                                                                       \
		rc = lh_real.fn args;                                                              \
		lh_waited(&c, rc);                                                                 \
		return rc;                                                                         \
	}
#define LIMIT(fn, k, m, params, args)                                                              \
	LH_EXPORT int fn params                                                                    \
	{                                                                                          \
		struct lh_call c = LH_CALL((const void *)o, k, m, TIMED);                          \
		if (lh_lock_looks_free(o, LH_##k)) {                                               \
			int rc = lh_real.fn args;                                                  \
			lh_got(&c, rc);                                                            \
			return rc;                                                                 \
		}                                                                                  \
		lh_want(&c);                                                                       \
		int rc = lh_real.fn args;                                                          \
		lh_waited(&c, rc);                                                                 \
		return rc;                                                                         \
	}
#define TRY(fn, k, m, params, args)                                                                \
	LH_EXPORT int fn params                                                                    \
	{                                                                                          \
		struct lh_call c = LH_CALL((const void *)o, k, m, TRIES);                          \
		int rc = lh_real.fn args;                                                          \
		lh_got(&c, rc);                                                                    \
		return rc;                                                                         \
	}
#define GIVE(fn, k, params, args)                                                                  \
	LH_EXPORT int fn params                                                                    \
	{                                                                                          \
		struct lh_call c = LH_CALL((const void *)o, k, EXCLUSIVE, WAITS);                  \
		lh_drop(&c);                                                                       \
		int rc = lh_real.fn args;                                                          \
		lh_dropped(&c, rc);                                                                \
		return rc;                                                                         \
	}
#define ODD(fn)
#include "calls.def"
