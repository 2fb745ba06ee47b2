/* expression.c — evaluates locations with the values of registers at a call. */
#include "tools/symbols/expression.h"

#include <dwarf.h>

struct evaluation {
	Dwarf_Attribute *attr;
	Dwarf_Die *function; /* NULL: a frame base, which has none itself */
	Dwarf_Addr bias;
	const struct lh_call_values *values;
	bool set, memory;
	struct lh_value at;
};

static bool evaluate(struct evaluation *e, Dwarf_Op *op, size_t n);

static bool put(struct evaluation *e, struct lh_value v, bool memory)
{
	e->at = v;
	e->memory = memory;
	e->set = true;
	return true;
}

static bool put_frame_base(struct evaluation *e, int64_t from)
{
	struct evaluation base = {.values = e->values, .bias = e->bias};
	Dwarf_Attribute attr;
	Dwarf_Op *op;
	size_t n;

	base.attr = &attr;
	if (!e->function || !dwarf_attr_integrate(e->function, DW_AT_frame_base, &attr) ||
	    dwarf_getlocation_addr(&attr, e->values->call - e->bias, &op, &n, 1) != 1 ||
	    !evaluate(&base, op, n))
		return false;
	return put(e, lh_value_plus(base.at, from), true);
}

/* What a register contained at the function's entry. */
static bool put_entry(struct evaluation *e, Dwarf_Op *op)
{
	Dwarf_Attribute inner;
	Dwarf_Op *of;
	size_t n;

	if (dwarf_getlocation_attr(e->attr, op, &inner) != 0 ||
	    dwarf_getlocation(&inner, &of, &n) != 0 || n != 1 || of[0].atom < DW_OP_reg0 ||
	    of[0].atom > DW_OP_reg15)
		return false;
	return put(e,
		   (struct lh_value){.root = LH_ENTRY, .of = (uint32_t)(of[0].atom - DW_OP_reg0)},
		   false);
}

static bool put_address(struct evaluation *e, Dwarf_Op *op)
{
	Dwarf_Attribute address;
	Dwarf_Addr at = op->number;

	if (op->atom != DW_OP_addr && (dwarf_getlocation_attr(e->attr, op, &address) != 0 ||
				       dwarf_formaddr(&address, &at) != 0))
		return false;
	return put(e, (struct lh_value){.root = LH_ADDRESS, .offset = {(int64_t)(at + e->bias)}},
		   true);
}

/* An operation that begins an expression. */
static bool begin(struct evaluation *e, Dwarf_Op *op)
{
	const struct lh_value *reg = e->values->reg;

	if (op->atom >= DW_OP_reg0 && op->atom < DW_OP_reg0 + LH_REGISTERS)
		return put(e, reg[op->atom - DW_OP_reg0], false);
	if (op->atom >= DW_OP_breg0 && op->atom < DW_OP_breg0 + LH_REGISTERS)
		return put(e, lh_value_plus(reg[op->atom - DW_OP_breg0], (int64_t)op->number),
			   true);
	switch (op->atom) {
	case DW_OP_fbreg:
		return put_frame_base(e, (int64_t)op->number);
	case DW_OP_call_frame_cfa:
		return put(e, (struct lh_value){.root = LH_FRAME}, true);
	case DW_OP_entry_value:
	case DW_OP_GNU_entry_value:
		return put_entry(e, op);
	case DW_OP_addr:
	case DW_OP_addrx:
	case DW_OP_GNU_addr_index:
		return put_address(e, op);
	default:
		return false;
	}
}

static bool evaluate(struct evaluation *e, Dwarf_Op *op, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!e->set) {
			if (!begin(e, &op[i]))
				return false;
			continue;
		}
		switch (op[i].atom) {
		case DW_OP_plus_uconst:
			e->at = lh_value_plus(e->at, (int64_t)op[i].number);
			break;
		case DW_OP_deref:
			e->at = lh_call_load(e->values, e->at);
			break;
		case DW_OP_stack_value:
			e->memory = false;
			return i + 1 == n;
		default:
			return false;
		}
	}
	return e->set;
}

bool lh_place_of(Dwarf_Die *variable, Dwarf_Die *function, Dwarf_Addr bias,
		 const struct lh_call_values *values, struct lh_place *out)
{
	Dwarf_Attribute attr;
	struct evaluation e = {.attr = &attr, .function = function, .bias = bias, .values = values};
	Dwarf_Op *op;
	size_t n;

	if (!dwarf_attr(variable, DW_AT_location, &attr) ||
	    dwarf_getlocation_addr(&attr, values->call - bias, &op, &n, 1) != 1 ||
	    !evaluate(&e, op, n))
		return false;
	*out = (struct lh_place){e.at, e.memory};
	return true;
}
