/*
 * walk.h — walk this thread's own stack by its call frame information.
 *
 * Takes no lock, makes no system call, allocates nothing, calls nothing but
 * _dl_find_object, takes 600 bytes of stack, and reads stack words only inside [sp, high)
 * (and where a signal struck, in the red zone below): safe inside any hook of any host.
 * Stops, and says why, at code without CFI, at a rule that it does not know and at
 * anything that looks damaged. It never guesses. Some 15 ns a frame,
 * 60 to 110 where its rules are read for the first time.
 *
 * A handler's own stack (sigaltstack) or a coroutine's counts as part of [sp, high) if it
 * lies below; with a `high` that is below sp there are no frames.
 *
 * Does not name anything, does not intern, does not know threads.
 */
#ifndef LH_STACK_WALK_H
#define LH_STACK_WALK_H

#include <stdbool.h>
#include <stdint.h>

/* The registers of a caller, as they were when it made the call. */
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
	LH_WALK_CUT,         /* there was no room for more */
	LH_WALK_NO_CFI,      /* code without call frame information */
	LH_WALK_UNSUPPORTED, /* a rule that we do not follow */
	LH_WALK_DAMAGED      /* an address outside the stack */
};

/*
 * Fills `out` with the frames outside the one that `regs` describe, innermost first
 * (regs->pc itself is the caller's to keep), and returns how many. `high` is one past
 * the last byte of the stack.
 */
int lh_walk(const struct lh_regs *regs, uintptr_t high, struct lh_return_slot *out, int room,
	    enum lh_walk_end *end);

/*
 * The same. *context: where the innermost signal handler that the walk came through keeps what it
 * interrupted (a ucontext_t, not checked to lie below `high`), 0 none.
 */
int lh_walk_through(const struct lh_regs *regs, uintptr_t high, struct lh_return_slot *out,
		    int room, enum lh_walk_end *end, uintptr_t *context);

/* Memory, all zero, for the rules of addresses that were asked for; without it none are kept. */
enum { LH_WALK_CACHE_BYTES = 48 << 12 };
void lh_walk_set_cache(void *memory);
void lh_walk_flush_cache(void); /* an object is gone: what was kept is not believed any more */

/* Is there what the walker needs (_dl_find_object, this architecture)? */
bool lh_walk_works(void);

#endif
