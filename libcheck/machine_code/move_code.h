/*
 * move_code.h — copies the first instructions of a function to another place, so that a jump can be
 * written over them. x86-64 only.
 *
 * The copy does what the instructions did: addresses that are relative to the instruction are
 * computed anew, and a call pushes the return address that it pushed before, so that no return
 * address ever leads into the copy. A function is refused if the jump would change what it does: if
 * it is shorter than the jump, if code of the function jumps into the middle of the moved
 * instructions, or if one of its instructions is not known.
 *
 * A jump to the function's first instruction is no reason: it finds the jump that was written
 * there. Writes nothing but the copy. Does not know functions, objects or locks.
 */
#ifndef LH_MACHINE_CODE_MOVE_CODE_H
#define LH_MACHINE_CODE_MOVE_CODE_H

#include <stdbool.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lh_move_result {
	LH_MOVE_GOOD,
	LH_MOVE_TOO_SHORT,
	LH_MOVE_UNKNOWN_CODE, /* an instruction is not known, or cannot be moved */
	LH_MOVE_JUMP_INSIDE,  /* the function jumps to an instruction that would be overwritten */
	LH_MOVE_TOO_FAR       /* a relative address does not reach from the copy */
};

enum { LH_JUMP_BYTES = 5, LH_MOVED_MAX = 96 /* bytes of a copy */ };

struct lh_moved {
	uint32_t skipped; /* bytes before the moved ones: endbr64 stays, for indirect calls */
	uint32_t n;       /* bytes of the function that were moved, LH_JUMP_BYTES or more */
	uint32_t copied;  /* bytes of the copy */
};

/*
 * `code` has the `size` bytes of the function, and `readable` bytes in all, of which those after
 * the function may be padding. The function runs at address `at`, the copy at `copy_at`.
 */
enum lh_move_result lh_move_code(const uint8_t *code, size_t size, size_t readable, uint64_t at,
				 uint8_t copy[LH_MOVED_MAX], uint64_t copy_at, struct lh_moved *);

/*
 * Does the function use the argument in this register? No if it writes the register on each path
 * before it reads it, or returns. Then the compiler may have removed the argument, or passes
 * anything. A call counts as a use.
 */
bool lh_code_uses_argument(const uint8_t *code, size_t size, int argument_register);

#endif
