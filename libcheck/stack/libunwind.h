/*
 * libunwind.h — the walk of walk.h done by libunwind: for unwinder=libunwind, and where the walker
 * of walk.h does not work.
 *
 * libunwind is looked for and bound once, at the start, never later and never as a DT_NEEDED of
 * ours: in a hook it takes loader locks, writes to a pipe and allocates (docs/limits.md lists the
 * effects on a program), and as a dependency it would come before the C++ runtime's unwinder.
 */
#ifndef LH_STACK_LIBUNWIND_H
#define LH_STACK_LIBUNWIND_H

#include "libcheck/stack/walk.h"

/* Binds libunwind. False: there is none; report that and use the walker. */
bool lh_unwind_init(void);

/*
 * Like lh_walk; may be called from any deeper frame of the same stack. Without CFI libunwind
 * follows frame pointers, so it may find more frames, and wrong ones. LH_WALK_UNSUPPORTED and no
 * frames: the walk did not meet the frame of `regs`.
 */
int lh_unwind(const struct lh_regs *regs, uintptr_t high, struct lh_return_slot *out, int capacity,
	      enum lh_walk_end *end);

#endif
