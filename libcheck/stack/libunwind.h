/*
 * libunwind.h — the same walk as walk.h, done by libunwind, for those who ask for it
 * (unwinder=libunwind) and where the walker of walk.h does not work.
 *
 * libunwind is looked for and bound once, at birth, never later and never by a
 * DT_NEEDED of ours: in a hook it takes loader locks, writes to a pipe and allocates
 * (docs/limits.md says what that can do to a program), and as a dependency it would
 * put itself in front of the C++ runtime's unwinder.
 */
#ifndef LH_STACK_LIBUNWIND_H
#define LH_STACK_LIBUNWIND_H

#include "libcheck/stack/walk.h"

/* Finds libunwind. False: it is not there; say so and use the walker. */
bool lh_unwind_init(void);

/*
 * As lh_walk, from anywhere further in on the same stack. Where there is no CFI libunwind
 * follows frame pointers, so it may see more, and may see what is not so. LH_WALK_UNSUPPORTED
 * and no frames: the frame of `regs` was not met.
 */
int lh_unwind(const struct lh_regs *regs, uintptr_t high, struct lh_return_slot *out, int room,
	      enum lh_walk_end *end);

#endif
