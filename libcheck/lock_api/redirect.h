/*
 * redirect.h — makes the functions of the rows begin with a jump into this library.
 *
 * A function's first instructions are copied to a page near it (machine_code/move_code.h), and a
 * jump is written over them. The jump leads to a piece of code that pushes the function's slot and
 * continues in the entry that all of them share; that calls the original by the copy. The entry
 * finds on the stack the slot and, above it, the return address of the function's caller.
 *
 * All is prepared before the first jump is written. Where the kernel refuses a page that can be
 * executed, or to change the program's code, nothing is changed. Changes no code twice. x86-64
 * only.
 */
#ifndef LH_LOCK_API_REDIRECT_H
#define LH_LOCK_API_REDIRECT_H

#include "libcheck/lock_api/rows.h"

/* A redirected function. The assembler code of the entry knows the first two members. */
struct lh_api_slot {
	void *original; /* the copy of its first instructions */
	const struct lh_api_row *row;
	uintptr_t function;
	bool local; /* the compiler knows all callers, and may have removed a result that none uses
		     */
};

/* What became of a row, as bits: it may stand for several functions, in several processes. */
enum {
	LH_API_FOUND = 1,
	LH_API_REDIRECTED = 2,
	LH_API_CHANGED_COPY =
		4, /* the compiler made a copy with other parameters, or removed the lock's */
	LH_API_NO_SIZE = 8,
	LH_API_TOO_SHORT = 16,
	LH_API_CODE = 32,       /* an instruction cannot be moved, or a jump leads there */
	LH_API_NO_ROOM = 64,    /* no memory near it, or too many functions */
	LH_API_FORBIDDEN = 128, /* by the kernel */
	LH_API_PROBLEMS = 255 & ~(LH_API_FOUND | LH_API_REDIRECTED)
};

/*
 * `result`, of this process, has a byte for each row; bits are added. May be called again for
 * objects loaded later. If a function of a kind keeps its code, so do all of the kind that were
 * found with it.
 */
void lh_api_redirect(const struct lh_api *, void (*entry)(void), uint8_t *result);
/* A function that only returns. False: it does more, or has no room for the jump. */
bool lh_api_redirect_one(uintptr_t at, const struct lh_api_row *row, void (*entry)(void));

#endif
