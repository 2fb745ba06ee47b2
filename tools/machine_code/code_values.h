/*
 * code_values.h — what the registers contain at a call, from the code before it, without running
 * it.
 *
 * A value is where it came from: a root (a register at the function's entry, the frame, an address,
 * or something unknown), and loads from constant offsets: `*(rdi + 8) + 40`. Two values of one call
 * site are equal if they have the same root, loads and offsets. Values that come together from two
 * sides of a branch are unknown unless they are equal, and all are at the start of a loop.
 *
 * x86-64 only; on other processors no code is known.
 */
#ifndef LH_MACHINE_CODE_CODE_VALUES_H
#define LH_MACHINE_CODE_CODE_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lh_root {
	LH_UNKNOWN, /* `of` tells unknown values apart; 0: equal to no other */
	LH_ENTRY,   /* of: the DWARF number of a register, as it was at the function's entry */
	LH_FRAME,   /* the canonical frame address */
	LH_ADDRESS  /* the first offset is an address in the object */
};

enum { LH_LOADS_MAX = 5, LH_REGISTERS = 16, LH_SLOTS_MAX = 48 };

struct lh_value {
	enum lh_root root;
	uint32_t of;
	uint32_t loads;
	int64_t offset[LH_LOADS_MAX + 1]; /* before the first load, ..., after the last */
};

struct lh_call_values {
	struct lh_value reg[LH_REGISTERS];  /* by DWARF's numbers */
	struct lh_value slot[LH_SLOTS_MAX]; /* addresses of words with a known value */
	struct lh_value stored[LH_SLOTS_MAX];
	uint32_t slots;
	uint64_t call;   /* address of the call instruction */
	uint64_t target; /* 0: not known */
};

/*
 * Of a function's code that begins at address `start`: the values at the call that returns to
 * `after`. False: the code is not understood, or has no call there.
 */
bool lh_code_values(const uint8_t *code, size_t n, uint64_t start, uint64_t after,
		    struct lh_call_values *);

/* What is at an address in memory, at the call. */
struct lh_value lh_call_load(const struct lh_call_values *, struct lh_value address);
/* Are both known to be one value? */
bool lh_value_is_same(const struct lh_value *, const struct lh_value *);
/* The value plus a number; loaded from there. */
struct lh_value lh_value_plus(struct lh_value, int64_t);
struct lh_value lh_value_load(struct lh_value);

#endif
