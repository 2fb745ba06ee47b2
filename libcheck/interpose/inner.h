/* inner.h — calls an original whose own calls are part of it: they are not recorded. */
#ifndef LH_INTERPOSE_INNER_H
#define LH_INTERPOSE_INNER_H

#include "libcheck/thread/thread.h"

/* Of a constant kind; nothing for a kind whose functions make no such calls: a signal handler that
 * interrupts a wait for it is recorded. */
static inline __attribute__((always_inline)) struct lh_self *lh_inner_of_kind(enum lh_kind kind,
									      uintptr_t frame)
{
	return lh_kind_rows[kind].inner ? lh_inner_begin(frame) : NULL;
}

#define INNER(k, call)                                                                             \
	do {                                                                                       \
		struct lh_self *inner =                                                            \
			lh_inner_of_kind(LH_##k, (uintptr_t)__builtin_frame_address(0));           \
		call;                                                                              \
		lh_inner_end(inner);                                                               \
	} while (0)

#endif
