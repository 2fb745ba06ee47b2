/*
 * walk.h — walks this thread's own stack by its call frame information; walk_cache.c keeps the
 * rules that were read, libunwind.c walks by libunwind instead.
 *
 * Takes no lock, makes no system call, allocates nothing, calls nothing but _dl_find_object, uses
 * 600 bytes of stack, and reads stack words only inside [sp, high) (and where a signal struck, in
 * the red zone below): safe inside any hook of any program. Stops, with a reason, at code without
 * CFI, at a rule that is not supported and at anything that looks damaged. Never guesses. Takes
 * about 15 ns a frame, 60 to 110 ns if the frame's rules are read for the first time.
 *
 * The separate stack of a handler (sigaltstack) or of a coroutine counts as part of [sp, high) if
 * it lies below; if `high` is below sp there are no frames.
 *
 * Does not resolve names, does not store stacks, does not know threads.
 */
#ifndef LH_STACK_WALK_H
#define LH_STACK_WALK_H

#include "libcheck/stack/cfi.h"

/* The registers of a caller at the time of its call. */
struct lh_regs {
	uintptr_t pc; /* the return address */
	uintptr_t sp; /* stack pointer after the call has returned */
	uintptr_t bp; /* frame pointer (x29 on aarch64) */
};

/* One frame: a return address and the stack word that holds it. */
struct lh_return_slot {
	uintptr_t pc;
	uintptr_t slot;
};

enum lh_walk_end {
	LH_WALK_DONE,        /* reached the outermost frame */
	LH_WALK_CUT,         /* no more room in `out` */
	LH_WALK_NO_CFI,      /* code without call frame information */
	LH_WALK_UNSUPPORTED, /* a rule that we do not follow */
	LH_WALK_DAMAGED      /* an address outside the stack */
};

/*
 * Fills `out` with the frames outside the one that `regs` describe, innermost first (regs->pc
 * itself is not included), and returns how many. `high` is one past the last byte of the stack.
 * *context, if not NULL: the ucontext_t of the innermost signal handler that the walk passed (not
 * checked to lie below `high`), 0 none.
 */
int lh_walk(const struct lh_regs *regs, uintptr_t high, struct lh_return_slot *out, int capacity,
	    enum lh_walk_end *end, uintptr_t *context);

/* ---- walk_cache.c ---- */

/* Sets the memory, all zero, that caches the rules of addresses; without it no rules are cached. */
enum { LH_WALK_CACHE_BYTES = 48 << 12 };
void lh_walk_set_cache(void *memory);
void lh_walk_flush_cache(void); /* an object was unloaded: invalidates the cache */
bool lh_walk_cache_find(uintptr_t pc, struct lh_cfi_row *row);
/* Read the epoch before the rules: if their object is unloaded meanwhile, the entry is invalid. */
uint32_t lh_walk_cache_epoch(void);
void lh_walk_cache_store(uintptr_t pc, const struct lh_cfi_row *row, uint32_t epoch);

/* ---- libunwind.c, for unwinder=libunwind and where lh_walk does not work ---- */

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
