/*
 * compare_unwinders.h — the reference for walks: the same stack by libunwind (link -lunwind).
 *
 * For tests only: in a hook libunwind can do what docs/limits.md tells. Starts at the
 * function that it is inlined into and goes out to the frame that `regs` describe.
 */
#ifndef COMPARE_UNWINDERS_H
#define COMPARE_UNWINDERS_H

#define UNW_LOCAL_ONLY
#include <libunwind.h>
#include <stdbool.h>
#include <stddef.h>
#include <ucontext.h>

#include "libcheck/stack/walk.h"

/* What the caller of the function that this stands in had in its registers. */
#define REGS_OF_CALLER()                                                                           \
	((struct lh_regs){.pc = (uintptr_t)__builtin_return_address(0),                            \
			  .sp = (uintptr_t)__builtin_frame_address(0) + 16,                        \
			  .bp = *(const uintptr_t *)__builtin_frame_address(0)})

static inline uintptr_t unwound_reg(unw_cursor_t *c, int reg)
{
	unw_word_t v = 0;
	unw_get_reg(c, reg, &v);
	return (uintptr_t)v;
}

/* One frame out. The slot: below the stack pointer, or, in a context that the kernel laid
 * down for a handler, beside the same stack pointer. It looks into frames that are not its own. */
static __attribute__((no_sanitize("address"))) inline bool
unwound_step(unw_cursor_t *c, uintptr_t high, struct lh_return_slot *out)
{
	uintptr_t from = unwound_reg(c, UNW_REG_SP);
	const greg_t *saved = (const greg_t *)(from + offsetof(ucontext_t, uc_mcontext.gregs));
	if (unw_step(c) <= 0)
		return false;
	uintptr_t sp = unwound_reg(c, UNW_REG_SP);
	out->pc = unwound_reg(c, UNW_REG_IP);
	out->slot = sp - sizeof(uintptr_t);
	if ((uintptr_t)(saved + NGREG) <= high && (uintptr_t)saved[REG_RIP] == out->pc &&
	    (uintptr_t)saved[REG_RSP] == sp)
		out->slot = (uintptr_t)&saved[REG_RIP];
	return out->pc != 0;
}

/* As lh_walk; -1 if the frame of `regs` was not met. */
static inline __attribute__((always_inline)) int unwound(const struct lh_regs *regs, uintptr_t high,
							 struct lh_return_slot *out, int capacity)
{
	unw_context_t context;
	unw_cursor_t c;
	int n = 0;
	unw_getcontext(&context);
	unw_init_local(&c, &context);
	while (unwound_reg(&c, UNW_REG_SP) != regs->sp || unwound_reg(&c, UNW_REG_IP) != regs->pc)
		if (unwound_reg(&c, UNW_REG_SP) > regs->sp || unw_step(&c) <= 0)
			return -1;
	while (n < capacity && unwound_step(&c, high, &out[n]))
		n++;
	return n;
}

/* How many of the frames agree, from the innermost. */
static inline int unwound_common(const struct lh_return_slot *a, int an,
				 const struct lh_return_slot *b, int bn)
{
	int n = 0;
	while (n < an && n < bn && a[n].pc == b[n].pc && a[n].slot == b[n].slot)
		n++;
	return n;
}

#endif
