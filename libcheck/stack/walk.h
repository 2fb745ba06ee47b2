/*
 * walk.h — walks this thread's own stack by its call frame information.
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

#include <stdbool.h>
#include <stdint.h>

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
 */
int lh_walk(const struct lh_regs *regs, uintptr_t high, struct lh_return_slot *out, int capacity,
	    enum lh_walk_end *end);

/*
 * Like lh_walk. *context: the ucontext_t of the innermost signal handler that the walk passed (not
 * checked to lie below `high`), 0 none.
 */
int lh_walk_through(const struct lh_regs *regs, uintptr_t high, struct lh_return_slot *out,
		    int capacity, enum lh_walk_end *end, uintptr_t *context);

/* Sets the memory, all zero, that caches the rules of addresses; without it no rules are cached. */
enum { LH_WALK_CACHE_BYTES = 48 << 12 };
void lh_walk_set_cache(void *memory);
void lh_walk_flush_cache(void); /* an object was unloaded: invalidates the cache */

/* True if the walker has what it needs (_dl_find_object, this architecture). */
bool lh_walk_works(void);

#endif
