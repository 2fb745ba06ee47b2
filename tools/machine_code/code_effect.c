/* code_effect.c — the effects of instructions on the path of execution and on memory. */
#include "tools/machine_code/code_effect.h"
#include "libcheck/machine_code/x86_code.h"

#include <string.h>

#define ONE_OF(op, list) (memchr(list, op, sizeof(list) - 1) != NULL)

/* Strings, ports, interrupts; system calls; maskmov: these use memory that no operand names. */
static bool is_odd(const struct lh_instruction *x)
{
	if (x->vex || x->map > 1)
		return true;
	if (x->map == 1)
		return x->op < 0x0b || ONE_OF(x->op, "\x30\x31\x32\x33\x34\x35\xa2\xae\xc7\xf7");
	return ONE_OF(x->op, "\x6c\x6d\x6e\x6f\x8e\x8f\xc8\xca\xcb\xcc\xcd\xce\xcf\xd7\xe4\xe5\xe6"
			     "\xe7\xec\xed\xee\xef\xfa\xfb") ||
	       (x->op >= 0xa0 && x->op <= 0xa7) || (x->op >= 0xaa && x->op <= 0xaf);
}

/* lea, nop, endbr64, prefetch */
static bool names_only(const struct lh_instruction *x)
{
	return x->map ? x->op == 0x18 || x->op == 0x1e || x->op == 0x1f || x->op == 0x0d
		      : x->op == 0x8d;
}

/* Does an instruction with an operand in memory only read it? All others may write. */
static bool reads_only(const struct lh_instruction *x)
{
	unsigned which = x->reg & 7;

	if (x->map)
		return (x->op & 0xf0) == 0x40 ||
		       ONE_OF(x->op, "\x10\x12\x14\x16\x28\x2e\x2f\x57\x6c\x6e\x6f\xa3\xaf\xb6\xb7"
				     "\xbe\xbf\xef");
	if (x->op < 0x40)
		return (x->op & 7) > 1 || (x->op & 0x38) == 0x38;
	if (ONE_OF(x->op, "\x80\x81\x83"))
		return which == 7;
	if (ONE_OF(x->op, "\xf6\xf7"))
		return which != 2 && which != 3;
	if (x->op == 0xff)
		return which > 1;
	return ONE_OF(x->op, "\x63\x69\x6b\x84\x85\x8a\x8b");
}

static enum lh_memory memory_of(const struct lh_instruction *x, const uint8_t *byte)
{
	if (!x->memory || names_only(x))
		return LH_MEMORY_NONE;
	if (byte[0] == 0x64 || byte[0] == 0x65 || x->base == LH_RIP || x->base == -1)
		return LH_MEMORY_GLOBAL;
	return x->base == LH_RSP   ? LH_MEMORY_STACK
	       : x->base == LH_RBP ? LH_MEMORY_FRAME
				   : LH_MEMORY_POINTER;
}

static enum lh_path path_of(const struct lh_instruction *x)
{
	switch (x->flow) {
	case LH_NEXT:
		return LH_PATH_NEXT;
	case LH_CALL:
		return LH_PATH_CALL;
	case LH_JUMP:
		return LH_PATH_JUMP;
	case LH_BRANCH:
		return LH_PATH_BRANCH;
	case LH_END:
		break;
	}
	return x->map                           ? LH_PATH_END
	       : x->op == 0xff                  ? LH_PATH_JUMP
	       : x->op == 0xc2 || x->op == 0xc3 ? LH_PATH_RETURN
						: LH_PATH_END;
}

bool lh_code_effect(const uint8_t *byte, size_t n, uint64_t at, struct lh_effect *e)
{
	struct lh_instruction x;

	*e = (struct lh_effect){0};
	if (!lh_x86_decode(byte, n, &x) || is_odd(&x))
		return false;
	e->length = x.size;
	e->path = path_of(&x);
	if (x.direct && e->path != LH_PATH_RETURN && e->path != LH_PATH_END)
		e->target = at + x.size + (uint64_t)x.immediate;
	else if (e->path != LH_PATH_NEXT && x.memory && x.base == LH_RIP)
		e->slot = at + x.size + (uint64_t)x.displacement;
	e->memory = memory_of(&x, byte);
	e->writes = e->memory != LH_MEMORY_NONE && !reads_only(&x);
	return true;
}
