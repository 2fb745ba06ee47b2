/* walk.c — applies the rules of cfi.h, frame by frame, to the thread's own stack. */
#include "libcheck/stack/walk.h"

#include <stddef.h>

enum { RED_ZONE = 128 }; /* bytes below sp that a signal handler does not change */

/*
 * A walk goes outwards: the row of rules for the current address gives the CFA, which is the
 * caller's stack pointer, and the words that hold its return address and frame pointer.
 *
 * - Only the registers pc, sp and bp are followed. The others are not known at a hook's caller, and
 *   compilers use them as a base only where no call is made.
 * - sp only grows, and a word is read only if it is aligned and inside [low, high). So a walk ends,
 *   and without a fault, whatever the stack contains. `low` is sp; where a signal struck it is a
 *   red zone less, because after a pop the rule still names the popped word.
 * - bp is used only where a rule makes it the base of a frame or of an expression.
 */
struct walk {
	uintptr_t pc, sp, bp, low, high;
	bool bp_known;
	bool interrupted;  /* pc is where a signal struck, not where a call returns to */
	uintptr_t context; /* ucontext of the innermost signal frame, 0 none */
	enum lh_walk_end end;
	/* the last object found: the next frame is mostly in it too */
	struct lh_cfi_object object;
};

static bool stop(struct walk *w, enum lh_walk_end end)
{
	w->end = end;
	return false;
}

static bool read_word(struct walk *w, uintptr_t at, uintptr_t *word)
{
	if (at < w->low || at >= w->high || at % sizeof *word)
		return stop(w, LH_WALK_DAMAGED);
	*word = *(const uintptr_t *)at;
	return true;
}

static bool read_register(struct walk *w, unsigned int reg, uintptr_t *value)
{
	if (reg == (unsigned int)LH_CFI_REG_SP)
		*value = w->sp;
	else if (reg == (unsigned int)LH_CFI_REG_PC)
		*value = w->pc;
	else if (reg == (unsigned int)LH_CFI_REG_BP && w->bp_known)
		*value = w->bp;
	else
		return stop(w, LH_WALK_UNSUPPORTED);
	return true;
}

enum { STACK_DEPTH = 8 };

struct calculator {
	uintptr_t stack[STACK_DEPTH];
	unsigned int depth;
};

static bool push(struct walk *w, struct calculator *c, uintptr_t value)
{
	if (c->depth == STACK_DEPTH)
		return stop(w, LH_WALK_UNSUPPORTED);
	c->stack[c->depth++] = value;
	return true;
}

/* b op a, of the two topmost values. */
static bool combine(struct walk *w, struct calculator *c, uint8_t op)
{
	if (c->depth < 2)
		return stop(w, LH_WALK_UNSUPPORTED);
	uintptr_t a = c->stack[--c->depth];
	uintptr_t *b = &c->stack[c->depth - 1];
	switch (op) {
	case 0x1a:
		*b &= a;
		return true;
	case 0x1c:
		*b -= a;
		return true;
	case 0x1e:
		*b *= a;
		return true;
	case 0x22:
		*b += a;
		return true;
	case 0x24:
		*b = a < 64 ? *b << a : 0;
		return true;
	case 0x2a:
		*b = (intptr_t)*b >= (intptr_t)a;
		return true;
	default:
		return stop(w, LH_WALK_UNSUPPORTED);
	}
}

/* One operation of an expression: those that compilers, linkers and the C library write. */
static bool calculate(struct walk *w, struct calculator *c, struct lh_cfi_bytes *b)
{
	uint8_t op = (uint8_t)lh_cfi_fixed(b, 1);
	uintptr_t value;
	if (op >= 0x70 && op <= 0x8f) { /* breg0..31 */
		if (!read_register(w, op - 0x70u, &value))
			return false;
		return push(w, c, value + (uintptr_t)lh_cfi_sleb(b));
	}
	if (op >= 0x30 && op <= 0x4f) /* lit0..31 */
		return push(w, c, op - 0x30u);
	switch (op) {
	case 0x06: /* deref */
		if (c->depth == 0)
			return stop(w, LH_WALK_UNSUPPORTED);
		return read_word(w, c->stack[c->depth - 1], &c->stack[c->depth - 1]);
	case 0x08: /* const1u */
		return push(w, c, lh_cfi_fixed(b, 1));
	case 0x0a: /* const2u */
		return push(w, c, lh_cfi_fixed(b, 2));
	case 0x10: /* constu */
		return push(w, c, lh_cfi_uleb(b));
	case 0x11: /* consts */
		return push(w, c, (uintptr_t)lh_cfi_sleb(b));
	case 0x23: /* plus_uconst */
		return push(w, c, lh_cfi_uleb(b)) && combine(w, c, 0x22);
	default:
		return combine(w, c, op);
	}
}

/* `cfa` is given for the rules of registers: DWARF pushes it before the expression. */
static __attribute__((noinline)) bool compute(struct walk *w, const struct lh_cfi_rule *rule,
					      const uintptr_t *cfa, uintptr_t *value)
{
	struct calculator c = {.depth = 0};
	struct lh_cfi_bytes b = lh_cfi_expression(&w->object, rule);
	if (cfa)
		push(w, &c, *cfa);
	while (!b.bad && b.at < b.end)
		if (!calculate(w, &c, &b))
			return false;
	if (b.bad || c.depth == 0)
		return stop(w, LH_WALK_UNSUPPORTED);
	*value = c.stack[c.depth - 1];
	return true;
}

static bool find_cfa(struct walk *w, const struct lh_cfi_rule *rule, uintptr_t *cfa)
{
	if (rule->how == LH_CFI_COMPUTED) {
		if (!compute(w, rule, NULL, cfa))
			return false;
	} else if (rule->how == LH_CFI_AT && read_register(w, rule->reg, cfa)) {
		*cfa += (uintptr_t)(intptr_t)rule->n;
	} else {
		return stop(w, LH_WALK_UNSUPPORTED);
	}
	if (*cfa <= w->sp || *cfa > w->high || *cfa % sizeof *cfa)
		return stop(w, LH_WALK_DAMAGED);
	return true;
}

/* The stack word that holds a register's saved value. */
static bool find_slot(struct walk *w, const struct lh_cfi_rule *rule, uintptr_t cfa,
		      uintptr_t *slot)
{
	switch (rule->how) {
	case LH_CFI_AT:
		*slot = cfa + (uintptr_t)(intptr_t)rule->n;
		return true;
	case LH_CFI_COMPUTED:
		return compute(w, rule, &cfa, slot);
	case LH_CFI_UNDEFINED:
		return stop(w, LH_WALK_DONE);
	default:
		return stop(w, LH_WALK_UNSUPPORTED);
	}
}

static bool find_bp(struct walk *w, const struct lh_cfi_rule *rule, uintptr_t cfa)
{
	uintptr_t slot;
	if (rule->how == LH_CFI_SAME)
		return true;
	w->bp_known = rule->how == LH_CFI_AT || rule->how == LH_CFI_COMPUTED;
	return !w->bp_known || (find_slot(w, rule, cfa, &slot) && read_word(w, slot, &w->bp));
}

static bool find_sp(struct walk *w, const struct lh_cfi_rule *rule, uintptr_t cfa, uintptr_t *sp)
{
	uintptr_t slot;
	*sp = cfa;
	if (rule->how == LH_CFI_SAME)
		return true;
	if (!find_slot(w, rule, cfa, &slot) || !read_word(w, slot, sp))
		return false;
	return (*sp > w->sp && *sp <= w->high) || stop(w, LH_WALK_DAMAGED);
}

static bool find_rules(struct walk *w, struct lh_cfi_row *row)
{
	/* A call may be the last instruction of its function; its return address is then in the
	 * next function. So look up the call itself, unless a signal struck here. */
	uintptr_t pc = w->pc - !w->interrupted;
	if (lh_walk_cache_find(pc, row)) {
		w->interrupted = false;
		return true;
	}
	uint32_t epoch = lh_walk_cache_epoch();
	if (pc - w->object.start >= w->object.end - w->object.start &&
	    !lh_cfi_find_object(&w->object, pc))
		return stop(w, LH_WALK_NO_CFI);
	enum lh_cfi_result answer = lh_cfi_find(&w->object, pc, row);
	if (answer == LH_CFI_NOT_THERE)
		return stop(w, LH_WALK_NO_CFI);
	if (answer == LH_CFI_NOT_READ)
		return stop(w, LH_WALK_UNSUPPORTED);
	w->interrupted = answer == LH_CFI_FOUND_SIGNAL;
	if (!w->interrupted)
		lh_walk_cache_store(pc, row, epoch);
	if (w->interrupted && !w->context)
		w->context = w->sp;
	return true;
}

/* Steps to the caller. False: there is none, and w->end gives the reason. */
static bool step(struct walk *w, struct lh_return_slot *out)
{
	struct lh_cfi_row row;
	uintptr_t cfa, sp;
	if (!find_rules(w, &row) || !find_cfa(w, &row.cfa, &cfa) ||
	    !find_slot(w, &row.pc, cfa, &out->slot) || !read_word(w, out->slot, &out->pc) ||
	    !find_bp(w, &row.bp, cfa) || !find_sp(w, &row.sp, cfa, &sp))
		return false;
	w->pc = out->pc;
	w->sp = sp;
	w->low = w->interrupted ? sp - RED_ZONE : sp;
	return w->pc != 0 || stop(w, LH_WALK_DONE);
}

int lh_walk(const struct lh_regs *regs, uintptr_t high, struct lh_return_slot *out, int capacity,
	    enum lh_walk_end *end, uintptr_t *context)
{
	struct walk w = {.pc = regs->pc,
			 .sp = regs->sp,
			 .bp = regs->bp,
			 .low = regs->sp,
			 .high = high & ~(sizeof(uintptr_t) - 1),
			 .bp_known = true,
			 .end = LH_WALK_CUT};
	int n = 0;
	while (n < capacity && step(&w, &out[n]))
		n++;
	*end = w.end;
	if (context)
		*context = w.context;
	return n;
}
