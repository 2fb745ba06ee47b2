/* x86_code.c — decodes x86-64 by the opcode maps of the processor manuals. */
#include "libcheck/machine_code/x86_code.h"

#define BIT(r) (1u << (r))

/* ---- size and operands ---- */

struct prefixes {
	uint8_t rex;  /* W R X B, also from VEX */
	bool small;   /* 66: operands of 16 bits */
	bool address; /* 67 */
};

/* Bytes that have been read. */
struct cursor {
	const uint8_t *code;
	size_t n, at;
	bool good;
};

static uint8_t next(struct cursor *c)
{
	if (c->at < c->n)
		return c->code[c->at++];
	c->good = false;
	return 0;
}

static int64_t number(struct cursor *c, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)next(c) << 8 * i;
	return bytes == 1   ? (int8_t)value
	       : bytes == 2 ? (int16_t)value
	       : bytes == 4 ? (int32_t)value
			    : (int64_t)value;
}

static bool one_of(uint8_t op, const char *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((uint8_t)list[i] == op)
			return true;
	return false;
}
#define ONE_OF(op, list) one_of(op, list, sizeof(list) - 1)

static bool has_modrm(uint8_t map, uint8_t op)
{
	if (map > 1)
		return true;
	if (map == 1)
		return !(ONE_OF(op, "\x05\x06\x07\x08\x09\x0b\x0e\x77\xa0\xa1\xa2\xa8\xa9\xaa") ||
			 (op & 0xf8) == 0x30 || (op & 0xf0) == 0x80 || (op & 0xf8) == 0xc8);
	if (op < 0x40)
		return (op & 7) < 4;
	return ONE_OF(op, "\x63\x69\x6b\xc0\xc1\xc6\xc7\xf6\xf7\xfe\xff") ||
	       (op >= 0x80 && op <= 0x8f) || (op >= 0xd0 && op <= 0xd3) || (op & 0xf8) == 0xd8;
}

static bool is_known(uint8_t map, uint8_t op)
{
	if (map)
		return map < 4;
	return !(op < 0x40 && (op & 7) > 5) &&
	       !ONE_OF(op, "\x60\x61\x62\x82\x9a\xc4\xc5\xd4\xd5\xd6\xea");
}

/* Bytes of the immediate operand, or of the jump's distance. */
static unsigned immediate_size(uint8_t map, uint8_t op, const struct prefixes *p, uint8_t reg)
{
	unsigned z = p->small ? 2 : 4;

	if (map == 3)
		return 1;
	if (map == 2)
		return 0;
	if (map == 1)
		return (op & 0xf0) == 0x80                                              ? 4
		       : ONE_OF(op, "\x0f\x70\x71\x72\x73\xa4\xac\xba\xc2\xc4\xc5\xc6") ? 1
											: 0;
	if (op < 0x40)
		return (op & 7) == 4 ? 1 : (op & 7) == 5 ? z : 0;
	if (op == 0xf6 || op == 0xf7)
		return reg & 6 ? 0 : op == 0xf6 ? 1 : z;
	if ((op & 0xf8) == 0xb8)
		return p->rex & 8 ? 8 : z;
	if (op >= 0xa0 && op <= 0xa3)
		return p->address ? 4 : 8;
	if (ONE_OF(op, "\x68\x69\x81\xa9\xc7"))
		return z;
	if (ONE_OF(op, "\xe8\xe9"))
		return 4;
	if (ONE_OF(op, "\xc2\xca"))
		return 2;
	return op == 0xc8 ? 3
	       : ONE_OF(op, "\x6a\x6b\x80\x83\xa8\xc0\xc1\xc6\xcd\xe4\xe5\xe6\xe7\xeb") ||
			       (op & 0xf0) == 0x70 || (op & 0xf8) == 0xb0 || (op & 0xfc) == 0xe0
		       ? 1
		       : 0;
}

/* VEX (C4, C5) and EVEX (62). */
static bool read_vex(struct cursor *c, uint8_t first, struct lh_instruction *x, struct prefixes *p)
{
	uint8_t a = next(c), b = first == 0xc5 ? 0 : next(c);

	x->vex = true;
	p->rex = !(a & 0x80) << 2;
	x->map = 1;
	x->vvvv = (first == 0xc5 ? ~a : ~b) >> 3 & 15;
	if (first == 0xc5)
		return true;
	p->rex |= (uint8_t)(!(a & 0x40) << 1 | !(a & 0x20) | (b & 0x80 ? 8 : 0));
	x->map = first == 0x62 ? a & 7 : a & 31;
	if (first == 0x62)
		next(c);
	return x->map >= 1 && x->map <= 3;
}

static uint8_t read_prefixes(struct cursor *c, struct prefixes *p)
{
	for (;;) {
		uint8_t op = next(c);

		p->small |= op == 0x66;
		p->address |= op == 0x67;
		if ((op & 0xf0) == 0x40) {
			p->rex = op & 15;
			return next(c);
		}
		if (!c->good || !ONE_OF(op, "\x26\x2e\x36\x3e\x64\x65\x66\x67\xf0\xf2\xf3"))
			return op;
	}
}

static bool read_opcode(struct cursor *c, struct lh_instruction *x, struct prefixes *p)
{
	uint8_t op = read_prefixes(c, p);

	if (op == 0xc4 || op == 0xc5 || op == 0x62) {
		if (!read_vex(c, op, x, p))
			return false;
		op = next(c);
	} else if (op == 0x0f) {
		op = next(c);
		x->map = op == 0x38 ? 2 : op == 0x3a ? 3 : 1;
		if (x->map > 1)
			op = next(c);
	}
	x->op = op;
	x->wide = p->rex & 8;
	return is_known(x->map, op);
}

static void read_operands(struct cursor *c, struct lh_instruction *x, const struct prefixes *p)
{
	uint8_t byte = next(c), mod = byte >> 6, rm = byte & 7;

	x->modrm = true;
	x->modrm_at = (uint8_t)(c->at - 1);
	x->reg = (byte >> 3 & 7) | (p->rex & 4) << 1;
	x->rm = rm | (p->rex & 1) << 3;
	x->memory = mod != 3;
	if (!x->memory)
		return;
	x->base = x->rm;
	if (rm == 4) {
		uint8_t sib = next(c);
		int index = (sib >> 3 & 7) | (p->rex & 2) << 2;

		rm = sib & 7;
		x->base = rm | (p->rex & 1) << 3;
		x->index = index == 4 ? -1 : index;
		if (mod == 0 && rm == 5)
			x->base = -1;
	} else if (mod == 0 && rm == 5) {
		x->base = LH_RIP;
	}
	x->displacement_at = (uint8_t)c->at;
	x->displacement = mod == 1                            ? number(c, 1)
			  : mod == 2 || (mod == 0 && rm == 5) ? number(c, 4)
							      : 0;
}

static void set_flow(struct lh_instruction *x)
{
	if (x->map == 1) {
		x->flow = x->vex                   ? LH_NEXT
			  : (x->op & 0xf0) == 0x80 ? LH_BRANCH
			  : x->op == 0x0b          ? LH_END
						   : LH_NEXT;
		x->direct = x->flow == LH_BRANCH;
		return;
	}
	if (x->map)
		return;
	if ((x->op & 0xf0) == 0x70 || (x->op & 0xfc) == 0xe0)
		x->flow = LH_BRANCH;
	else if (x->op == 0xe8 || (x->op == 0xff && (x->reg & 7) == 2))
		x->flow = LH_CALL;
	else if (x->op == 0xe9 || x->op == 0xeb)
		x->flow = LH_JUMP;
	else if (ONE_OF(x->op, "\xc2\xc3\xcc\xf4") || (x->op == 0xff && (x->reg & 7) == 4))
		x->flow = LH_END;
	x->direct = x->flow != LH_NEXT && x->flow != LH_END && x->op != 0xff;
}

bool lh_x86_decode(const uint8_t *code, size_t n, struct lh_instruction *x)
{
	struct cursor c = {.code = code, .n = n < 15 ? n : 15, .good = true};
	struct prefixes p = {0};
	unsigned bytes;

	*x = (struct lh_instruction){.base = -1, .index = -1};
	if (!read_opcode(&c, x, &p) || !c.good)
		return false;
	x->rm = (x->op & 7) | (p.rex & 1) << 3;
	if (has_modrm(x->map, x->op))
		read_operands(&c, x, &p);
	bytes = immediate_size(x->map, x->op, &p, x->reg);
	if (x->map == 0 && x->op == 0xc8) {
		number(&c, 3);
	} else if (bytes) {
		x->immediate = number(&c, bytes);
	}
	x->size = (uint32_t)c.at;
	set_flow(x);
	return c.good;
}

/* ---- what is written ---- */

static uint32_t operand(const struct lh_instruction *x)
{
	return x->modrm && !x->memory ? BIT(x->rm) : 0;
}

static uint32_t written_in_map_1(const struct lh_instruction *x)
{
	uint8_t op = x->op;

	if ((op >= 0x10 && op <= 0x1f) || (op >= 0x28 && op <= 0x2b) || op == 0x2e || op == 0x2f ||
	    (op >= 0x51 && op <= 0x7d) || op == 0x7f || op == 0xc2 || op == 0xc4 || op == 0xc6 ||
	    (op >= 0xd0 && op != 0xd7) || (op & 0xf0) == 0x80 || op == 0x0b)
		return 0; /* vectors, prefetches, jumps */
	if ((op & 0xf0) == 0x90 || op == 0x7e)
		return operand(x);
	if ((op & 0xf8) == 0xc8)
		return 0xffff;
	if (ONE_OF(op, "\x05\x31\xa2\xb0\xb1\xc7\x01"))
		return BIT(LH_RAX) | BIT(LH_RBX) | BIT(LH_RCX) | BIT(LH_RDX) | BIT(11) | operand(x);
	return x->modrm ? operand(x) | BIT(x->reg) : 0;
}

static uint32_t written_in_arithmetic(const struct lh_instruction *x)
{
	if ((x->op & 0x38) == 0x38) /* cmp */
		return 0;
	switch (x->op & 7) {
	case 0:
	case 1:
		return operand(x);
	case 2:
	case 3:
		return BIT(x->reg);
	default:
		return BIT(LH_RAX);
	}
}

static uint32_t written_by_group(const struct lh_instruction *x)
{
	uint8_t which = x->reg & 7;

	switch (x->op) {
	case 0x80:
	case 0x81:
	case 0x83:
		return which == 7 ? 0 : operand(x);
	case 0xf6:
	case 0xf7:
		return which < 2 ? 0 : which < 4 ? operand(x) : BIT(LH_RAX) | BIT(LH_RDX);
	case 0xfe:
	case 0xff:
		return which < 2 ? operand(x) : which == 6 ? BIT(LH_RSP) : 0;
	default:
		return 0;
	}
}

static uint32_t written_in_map_0(const struct lh_instruction *x)
{
	uint8_t op = x->op;

	if (op < 0x40)
		return written_in_arithmetic(x);
	if (ONE_OF(op, "\x80\x81\x83\xf6\xf7\xfe\xff"))
		return written_by_group(x);
	if (op == 0x68 || op == 0x6a || (op & 0xf8) == 0x50)
		return BIT(LH_RSP);
	if ((op & 0xf0) == 0x70 || ONE_OF(op, "\x84\x85\x90\xa8\xa9\xc2\xc3\xcc\xe9\xeb\xf4"))
		return 0;
	if (ONE_OF(op, "\x63\x69\x6b\x8a\x8b\x8d"))
		return BIT(x->reg);
	if (ONE_OF(op, "\x88\x89\xc0\xc1\xc6\xc7\xd0\xd1\xd2\xd3"))
		return operand(x);
	if (op == 0x98 || op == 0x99)
		return BIT(LH_RAX) | BIT(LH_RDX);
	if (op >= 0xa4 && op <= 0xaf)
		return BIT(LH_RAX) | BIT(LH_RCX) | BIT(LH_RSI) | BIT(LH_RDI);
	if ((op & 0xf8) == 0xd8)
		return BIT(LH_RAX);
	return 0xffff; /* also `leave`, `pop` and what moves into a numbered register */
}

uint32_t lh_x86_written(const struct lh_instruction *x)
{
	if (x->flow == LH_CALL) /* what the calling convention lets a function change */
		return BIT(LH_RAX) | BIT(LH_RCX) | BIT(LH_RDX) | BIT(LH_RSI) | BIT(LH_RDI) | 0xf00;
	switch (x->map) {
	case 0:
		return written_in_map_0(x);
	case 1:
		return written_in_map_1(x);
	default: /* few of them write such a register: BMI, movbe, pextr */
		return BIT(x->reg) | operand(x) | (x->vex ? BIT(x->vvvv) : 0);
	}
}
