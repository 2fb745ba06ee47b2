/*
 * x86_64.h — decodes those instructions of x86-64 that compilers write into short functions.
 *
 * Decides what an instruction does to control flow and to memory. Does not know registers'
 * contents. An instruction that it does not know is an answer: the caller then knows nothing of the
 * function.
 */
#ifndef LH_SYMBOLS_X86_64_H
#define LH_SYMBOLS_X86_64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lh_flow {
	LH_FLOW_NEXT,
	LH_FLOW_CALL,   /* `target`, or what `slot` has, or 0: through a register or memory */
	LH_FLOW_JUMP,   /* the same */
	LH_FLOW_BRANCH, /* to `target` or to the next instruction */
	LH_FLOW_RETURN,
	LH_FLOW_END /* the processor stops here: ud2, hlt */
};

/* Where it writes to. */
enum lh_writes {
	LH_WRITES_NONE,    /* registers only, or it pushes */
	LH_WRITES_STACK,   /* relative to the stack pointer */
	LH_WRITES_FRAME,   /* relative to rbp, which may be a frame pointer */
	LH_WRITES_POINTER, /* through another register */
	LH_WRITES_GLOBAL   /* at a fixed address */
};

struct lh_instruction {
	uint64_t target, slot;
	enum lh_flow flow;
	enum lh_writes writes;
	uint8_t length;
};

/* `at` is the address of the first of the `n` bytes. False: unknown, or cut. */
bool lh_x86_64_decode(const uint8_t *byte, size_t n, uint64_t at, struct lh_instruction *);

#endif
