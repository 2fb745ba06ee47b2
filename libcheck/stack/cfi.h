/*
 * cfi.h — what the call frame information of a loaded object says about one
 * address: where its caller's stack pointer, frame pointer and return address are.
 *
 * Only finds and decodes the rules (.eh_frame_hdr, .eh_frame); never looks at a stack
 * and never applies a rule: that is walk.c. Reads nothing outside the object's mapping.
 * Of some 17 registers it follows the three that a walk needs, so that a row of rules
 * is 32 bytes and not several hundred.
 */
#ifndef LH_STACK_CFI_H
#define LH_STACK_CFI_H

#include <stdbool.h>
#include <stdint.h>

/* DWARF's numbers of the registers that we follow; the only place that knows the machine. */
#if defined(__x86_64__)
enum { LH_CFI_REG_BP = 6, LH_CFI_REG_SP = 7, LH_CFI_REG_PC = 16 };
#else
enum { LH_CFI_REG_BP = -1, LH_CFI_REG_SP = -2, LH_CFI_REG_PC = -3 };
#endif

enum lh_cfi_how {
	LH_CFI_SAME,      /* as it is now */
	LH_CFI_AT,        /* in the word at CFA + n; for the CFA itself: register reg + n */
	LH_CFI_COMPUTED,  /* in the word whose address the expression at n gives; CFA: its value */
	LH_CFI_UNDEFINED, /* there is none: of the return address, the outermost frame */
	LH_CFI_OTHER,     /* a rule that we do not follow */
};

struct lh_cfi_rule {
	int32_t n; /* an offset, or of an expression the distance from the header to its length */
	uint8_t how;
	uint8_t reg;
};

struct lh_cfi_row {
	struct lh_cfi_rule cfa, pc, bp, sp;
};

/* The object in whose mapping an address lies. */
struct lh_cfi_object {
	uintptr_t start, end;
	uintptr_t header; /* its .eh_frame_hdr, 0 none */
};

enum lh_cfi_result {
	LH_CFI_FOUND,
	LH_CFI_FOUND_SIGNAL, /* the frame of a signal handler's return: its caller was interrupted
			      */
	LH_CFI_NOT_THERE,
	LH_CFI_NOT_READ, /* an encoding or instruction that we do not follow */
};

/* The rules that hold at `pc`, an address inside `o`. */
enum lh_cfi_result lh_cfi_find(const struct lh_cfi_object *o, uintptr_t pc, struct lh_cfi_row *row);

/* A stretch of bytes being read. Reading past `end` gives 0 and sets `bad`. */
struct lh_cfi_bytes {
	const uint8_t *at, *end;
	bool bad;
};

uint64_t lh_cfi_fixed(struct lh_cfi_bytes *b, unsigned int size); /* 1, 2, 4 or 8 bytes */
uint64_t lh_cfi_uleb(struct lh_cfi_bytes *b);
int64_t lh_cfi_sleb(struct lh_cfi_bytes *b);

/* The expression that a rule names. */
struct lh_cfi_bytes lh_cfi_expression(const struct lh_cfi_object *o,
				      const struct lh_cfi_rule *rule);

#endif
