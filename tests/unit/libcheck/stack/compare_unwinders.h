/*
 * compare_unwinders.h — unwinds a stack with libunwind, as the reference for lh_walk (link
 * -lunwind).
 *
 * For tests only: docs/limits.md says what libunwind may do inside a wrapper. Starts at the
 * function into which it is inlined, and skips the frames up to the frame that `regs` describe.
 */
#ifndef COMPARE_UNWINDERS_H
#define COMPARE_UNWINDERS_H

#define UNW_LOCAL_ONLY
#include <libunwind.h>
#include <stdbool.h>
#include <stddef.h>
#include <ucontext.h>

#include "libcheck/stack/walk.h"

/* The registers of the caller of the function that uses this macro. */
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

/* One frame outwards. The slot of the return address is below the stack pointer, or, in a context
 * that the kernel made for a signal handler, in the saved registers. Reads foreign frames. */
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

/* As lh_walk; -1 if the frame of `regs` was not found. */
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

/* How many frames are equal, from the innermost on. */
static inline int unwound_common(const struct lh_return_slot *a, int an,
				 const struct lh_return_slot *b, int bn)
{
	int n = 0;
	while (n < an && n < bn && a[n].pc == b[n].pc && a[n].slot == b[n].slot)
		n++;
	return n;
}

#endif
