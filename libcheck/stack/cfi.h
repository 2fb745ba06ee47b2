/*
 * cfi.h — reads from the call frame information of a loaded object where, at one address, the
 * caller's stack pointer, frame pointer and return address are.
 *
 * Only finds and decodes the rules (.eh_frame_hdr, .eh_frame); walk.c applies them to a stack.
 * Reads nothing outside the object's mappings. Of some 17 registers only the three that a walk
 * needs are followed, so a row of rules is 32 bytes instead of several hundred.
 */
#ifndef LH_STACK_CFI_H
#define LH_STACK_CFI_H

#include <stdbool.h>
#include <stdint.h>

/* DWARF's numbers of the registers that we follow; the only machine-dependent part. */
#if defined(__x86_64__)
enum { LH_CFI_REG_BP = 6, LH_CFI_REG_SP = 7, LH_CFI_REG_PC = 16 };
#else
enum { LH_CFI_REG_BP = -1, LH_CFI_REG_SP = -2, LH_CFI_REG_PC = -3 };
#endif

enum lh_cfi_how {
	LH_CFI_SAME,      /* unchanged */
	LH_CFI_AT,        /* in the word at CFA + n; for the CFA itself: register reg + n */
	LH_CFI_COMPUTED,  /* in the word whose address the expression at n gives; CFA: its value */
	LH_CFI_UNDEFINED, /* there is none; for the return address: the outermost frame */
	LH_CFI_OTHER,     /* a rule that we do not follow */
};

struct lh_cfi_rule {
	/* an offset; for an expression, the distance from the header to its length */
	int32_t n;
	uint8_t how;
	uint8_t reg;
};

struct lh_cfi_row {
	struct lh_cfi_rule cfa, pc, bp, sp;
};

/*
 * The object in whose mapping an address lies. If the segments of an executable leave gaps, the
 * mapping is the segment of the address; the header and the records may lie in other segments.
 */
struct lh_cfi_object {
	uintptr_t start, end;
	uintptr_t header; /* its .eh_frame_hdr */
};

/* False: there is no object at `pc`, or the object has no .eh_frame_hdr. */
bool lh_cfi_find_object(struct lh_cfi_object *o, uintptr_t pc);

enum lh_cfi_result {
	LH_CFI_FOUND,
	/* the frame that a signal handler returns to: its caller was interrupted */
	LH_CFI_FOUND_SIGNAL,
	LH_CFI_NOT_THERE,
	LH_CFI_NOT_READ, /* an encoding or instruction that we do not follow */
};

/* Finds the rules that apply at `pc`, an address inside `o`. */
enum lh_cfi_result lh_cfi_find(const struct lh_cfi_object *o, uintptr_t pc, struct lh_cfi_row *row);

/* A range of bytes being read. Reading past `end` gives 0 and sets `bad`. */
struct lh_cfi_bytes {
	const uint8_t *at, *end;
	bool bad;
};

uint64_t lh_cfi_fixed(struct lh_cfi_bytes *b, unsigned int size); /* 1, 2, 4 or 8 bytes */
uint64_t lh_cfi_uleb(struct lh_cfi_bytes *b);
int64_t lh_cfi_sleb(struct lh_cfi_bytes *b);

/* The expression that a rule refers to. */
struct lh_cfi_bytes lh_cfi_expression(const struct lh_cfi_object *o,
				      const struct lh_cfi_rule *rule);

#endif
