/*
 * x86_code.h — one instruction of x86-64: its size, its operands, which registers it writes.
 *
 * Knows the size of every instruction that compilers emit, and says of the others that it does not.
 * Registers have the processor's numbers. Does not read beyond the bytes that it is given.
 */
#ifndef LH_MACHINE_CODE_X86_CODE_H
#define LH_MACHINE_CODE_X86_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LH_RAX, LH_RCX, LH_RDX, LH_RBX, LH_RSP, LH_RBP, LH_RSI, LH_RDI, LH_RIP = 16 };

enum lh_flow { LH_NEXT, LH_CALL, LH_JUMP, LH_BRANCH, LH_END /* return, indirect jump, trap */ };

struct lh_instruction {
	uint32_t size;
	uint8_t map; /* 0: one byte, 1: 0F, 2: 0F 38, 3: 0F 3A */
	uint8_t op;
	bool wide;             /* 64 bits */
	bool vex;              /* also EVEX */
	bool modrm, memory;    /* has operands; `rm` is memory */
	uint8_t reg, rm, vvvv; /* with the bits of the prefixes; `rm` also from the opcode */
	int base, index;       /* of the memory operand; -1 none, LH_RIP */
	int64_t displacement, immediate;
	uint8_t modrm_at, displacement_at; /* where in the instruction */
	enum lh_flow flow;
	bool direct; /* the jump or call goes to `immediate` after the instruction */
};

/* False: not known, or cut off. */
bool lh_x86_decode(const uint8_t *code, size_t n, struct lh_instruction *);

/* The registers that the instruction writes, as bits. */
uint32_t lh_x86_written(const struct lh_instruction *);

#endif
