/*
 * code_effect.h — what an instruction of x86-64 does to the path of execution and to memory.
 *
 * x86_code.h decodes it. An instruction whose effect on memory is not in its operands is unknown,
 * and so are those of vectors and of the kernel: the caller then knows nothing of the function.
 */
#ifndef LH_MACHINE_CODE_CODE_EFFECT_H
#define LH_MACHINE_CODE_CODE_EFFECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lh_path {
	LH_PATH_NEXT,
	LH_PATH_CALL,   /* `target`, or what `slot` has, or 0: through a register or memory */
	LH_PATH_JUMP,   /* the same */
	LH_PATH_BRANCH, /* to `target` or to the next instruction */
	LH_PATH_RETURN,
	LH_PATH_END /* the processor stops here: ud2, hlt */
};

/* What memory it reads or writes. */
enum lh_memory {
	LH_MEMORY_NONE,    /* registers only, or it pushes or pops */
	LH_MEMORY_STACK,   /* relative to the stack pointer */
	LH_MEMORY_FRAME,   /* relative to rbp, which may be a frame pointer */
	LH_MEMORY_POINTER, /* through another register */
	LH_MEMORY_GLOBAL   /* at a fixed address, or a variable of the thread */
};

struct lh_effect {
	uint64_t target, slot;
	enum lh_path path;
	enum lh_memory memory;
	bool writes; /* to that memory */
	uint32_t length;
};

/* `at` is the address of the first of the `n` bytes. False: unknown, or cut. */
bool lh_code_effect(const uint8_t *byte, size_t n, uint64_t at, struct lh_effect *);

#endif
