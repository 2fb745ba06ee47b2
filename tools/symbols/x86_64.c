/* x86_64.c — decodes the instructions that compilers write into short functions. */
#include "tools/symbols/x86_64.h"

#include <string.h>

/* The part of an instruction that is read so far. */
struct code {
	const uint8_t *byte;
	size_t n, k; /* bytes there are, and read */
	uint64_t at;
	uint8_t rex, reg; /* REX prefix, 0 none; field reg of ModRM */
	bool wide16;      /* prefix 66 */
	bool memory;      /* ModRM names memory */
	bool cut;
	uint64_t slot; /* the operand's address, if it is relative to the instruction */
	struct lh_instruction *i;
};

static uint8_t next(struct code *c)
{
	if (c->k < c->n)
		return c->byte[c->k++];
	c->cut = true;
	return 0;
}

static int64_t number(struct code *c, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)next(c) << (8 * i);
	return bytes == 1 ? (int8_t)value : bytes == 4 ? (int32_t)value : (int64_t)value;
}

static void prefixes(struct code *c)
{
	static const uint8_t known[] = {0x66, 0xf2, 0xf3, 0x2e, 0x64};

	while (c->k < c->n && memchr(known, c->byte[c->k], sizeof(known)))
		c->wide16 |= next(c) == 0x66;
	if (c->k < c->n && (c->byte[c->k] & 0xf0) == 0x40)
		c->rex = next(c);
}

/* Reads ModRM, SIB and the displacement; sets what the operand in memory is relative to. */
static enum lh_writes operand(struct code *c)
{
	uint8_t modrm = next(c), mod = modrm >> 6, base = modrm & 7;
	bool far = c->rex & 1, sib = base == 4;
	enum lh_writes where = LH_WRITES_POINTER;
	int64_t distance;

	c->reg = modrm >> 3 & 7;
	c->memory = mod != 3;
	if (!c->memory)
		return LH_WRITES_NONE;
	if (sib)
		base = next(c) & 7;
	if (base == 5 && mod == 0)
		where = LH_WRITES_GLOBAL;
	else if (base == 4 && !far)
		where = LH_WRITES_STACK;
	else if (base == 5 && !far)
		where = LH_WRITES_FRAME;
	distance = number(c, mod == 1 ? 1 : mod == 2 || where == LH_WRITES_GLOBAL ? 4 : 0);
	if (where == LH_WRITES_GLOBAL && !sib)
		c->slot = c->at + c->k + (uint64_t)distance; /* if no more bytes follow */
	return where;
}

static unsigned immediate(const struct code *c)
{
	return c->wide16 ? 2 : 4;
}

static bool reads(struct code *c, unsigned immediate_bytes)
{
	operand(c);
	number(c, immediate_bytes);
	return true;
}

static bool writes(struct code *c, unsigned immediate_bytes)
{
	c->i->writes = operand(c);
	number(c, immediate_bytes);
	return true;
}

static bool flows(struct code *c, enum lh_flow flow, unsigned distance_bytes)
{
	int64_t distance = number(c, distance_bytes);

	c->i->flow = flow;
	if (distance_bytes)
		c->i->target = c->at + c->k + (uint64_t)distance;
	return true;
}

/* The opcodes after 0f. */
static bool two_bytes(struct code *c)
{
	static const uint8_t loads[] = {0x10, 0x12, 0x14, 0x16, 0x1e, 0x1f, 0x28, 0x57, 0x6c,
					0x6e, 0x6f, 0xaf, 0xb6, 0xb7, 0xbe, 0xbf, 0xd6, 0xef};
	static const uint8_t stores[] = {0x11, 0x13, 0x17, 0x29, 0x7e, 0x7f};
	uint8_t opcode = next(c);

	if (opcode == 0x0b)
		return flows(c, LH_FLOW_END, 0);
	if ((opcode & 0xf0) == 0x80)
		return flows(c, LH_FLOW_BRANCH, 4);
	if ((opcode & 0xf0) == 0x40)
		return reads(c, 0); /* cmov */
	if ((opcode & 0xf0) == 0x90 || memchr(stores, opcode, sizeof(stores)) || opcode == 0xd6)
		return writes(c, 0); /* setcc, vector moves */
	return memchr(loads, opcode, sizeof(loads)) && reads(c, 0);
}

/* add, or, adc, sbb, and, sub, xor, cmp: the last writes nothing */
static bool arithmetic(struct code *c, uint8_t opcode)
{
	bool compares = (opcode & 0x38) == 0x38;

	switch (opcode & 7) {
	case 0:
	case 1:
		return compares ? reads(c, 0) : writes(c, 0);
	case 2:
	case 3:
		return reads(c, 0);
	case 4:
		number(c, 1);
		return true;
	case 5:
		number(c, immediate(c));
		return true;
	}
	return false;
}

static bool arithmetic_immediate(struct code *c, uint8_t opcode)
{
	enum lh_writes where = operand(c);

	number(c, opcode == 0x81 ? immediate(c) : 1);
	c->i->writes = c->reg == 7 ? LH_WRITES_NONE : where;
	return true;
}

static bool group_f6(struct code *c, bool byte)
{
	enum lh_writes where = operand(c);

	if (c->reg < 2)
		number(c, byte ? 1 : immediate(c));
	else if (c->reg < 4)
		c->i->writes = where;
	return true;
}

static bool group_ff(struct code *c)
{
	enum lh_writes where = operand(c);

	c->i->slot = c->reg == 2 || c->reg == 4 ? c->slot : 0;
	if (c->reg == 2)
		return flows(c, LH_FLOW_CALL, 0);
	if (c->reg == 4)
		return flows(c, LH_FLOW_JUMP, 0);
	c->i->writes = c->reg < 2 ? where : LH_WRITES_NONE;
	return c->reg < 2 || c->reg == 6;
}

static bool control(struct code *c, uint8_t opcode)
{
	switch (opcode) {
	case 0xc2:
		number(c, 2);
		return flows(c, LH_FLOW_RETURN, 0);
	case 0xc3:
		return flows(c, LH_FLOW_RETURN, 0);
	case 0xe8:
		return flows(c, LH_FLOW_CALL, 4);
	case 0xe9:
		return flows(c, LH_FLOW_JUMP, 4);
	case 0xeb:
		return flows(c, LH_FLOW_JUMP, 1);
	case 0xf4:
		return flows(c, LH_FLOW_END, 0);
	}
	return (opcode & 0xf0) == 0x70 && flows(c, LH_FLOW_BRANCH, 1);
}

static bool moves(struct code *c, uint8_t opcode)
{
	if ((opcode & 0xf8) == 0xb0)
		return number(c, 1), true;
	if ((opcode & 0xf8) == 0xb8)
		return number(c, c->rex & 8 ? 8 : immediate(c)), true;
	switch (opcode) {
	case 0x88: /* mov, and xchg with a register */
	case 0x89:
	case 0x86:
	case 0x87:
		return writes(c, 0);
	case 0xc6:
		return writes(c, 1);
	case 0xc7:
		return writes(c, immediate(c));
	case 0x68:
		return number(c, 4), true;
	case 0x6a:
		return number(c, 1), true;
	}
	/* push, pop, nop and exchanges of rax, sign extensions, leave */
	return (opcode & 0xf0) == 0x50 || (opcode & 0xf8) == 0x90 || opcode == 0x98 ||
	       opcode == 0x99 || opcode == 0xc9;
}

static bool others(struct code *c, uint8_t opcode)
{
	if (opcode < 0x40)
		return arithmetic(c, opcode);
	switch (opcode) {
	case 0x63:
	case 0x84:
	case 0x85:
	case 0x8a:
	case 0x8b:
	case 0x8d:
		return reads(c, 0);
	case 0x6b:
		return reads(c, 1);
	case 0x69:
		return reads(c, immediate(c));
	case 0x80:
	case 0x81:
	case 0x83:
		return arithmetic_immediate(c, opcode);
	case 0xa8:
		return number(c, 1), true;
	case 0xa9:
		return number(c, immediate(c)), true;
	case 0xc0:
	case 0xc1:
		return writes(c, 1);
	case 0xd0:
	case 0xd1:
	case 0xd2:
	case 0xd3:
		return writes(c, 0);
	case 0xf6:
		return group_f6(c, true);
	case 0xf7:
		return group_f6(c, false);
	case 0xfe:
	case 0xff:
		return group_ff(c);
	}
	return false;
}

bool lh_x86_64_decode(const uint8_t *byte, size_t n, uint64_t at, struct lh_instruction *i)
{
	struct code c = {.byte = byte, .n = n, .at = at, .i = i};
	uint8_t opcode;
	bool known;

	*i = (struct lh_instruction){0};
	prefixes(&c);
	opcode = next(&c);
	known = opcode == 0x0f ? two_bytes(&c)
			       : control(&c, opcode) || moves(&c, opcode) || others(&c, opcode);
	i->length = (uint8_t)c.k;
	return known && !c.cut;
}
