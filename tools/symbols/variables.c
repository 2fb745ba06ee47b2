/* variables.c — reads the variables of an object and sorts them by address. */
#include "tools/symbols/variables.h"
#include "tools/symbols/declaration.h"
#include "tools/symbols/frames.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>

enum { DEPTH_MAX = 16 };

struct index {
	bool read, functions;
	struct lh_variable *variable;
	uint32_t n;
};

struct lh_variables {
	struct lh_arena *arena;
	Dwfl_Module *module;
	struct index outside, all; /* variables outside of functions; all variables */
};

struct lh_variables *lh_variables_new(struct lh_arena *arena, Dwfl_Module *module)
{
	struct lh_variables *v = lh_arena_alloc(arena, sizeof(*v));

	v->arena = arena;
	v->module = module;
	v->all.functions = true;
	return v;
}

static bool has_address(Dwarf_Die *die, Dwarf_Addr *at)
{
	Dwarf_Attribute attr;
	Dwarf_Op *op;
	size_t n;

	if (dwarf_tag(die) != DW_TAG_variable || !dwarf_attr(die, DW_AT_location, &attr) ||
	    dwarf_getlocation(&attr, &op, &n) != 0 || n != 1)
		return false;
	if (op[0].atom == DW_OP_addrx || op[0].atom == DW_OP_GNU_addr_index) {
		Dwarf_Attribute address;

		return dwarf_getlocation_attr(&attr, op, &address) == 0 &&
		       dwarf_formaddr(&address, at) == 0;
	}
	*at = op[0].number;
	return op[0].atom == DW_OP_addr;
}

/* The index outside of functions skips functions and types: they are most entries. */
static bool holds_variables(int tag, bool functions)
{
	return tag == DW_TAG_namespace ||
	       (functions && (tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block ||
			      tag == DW_TAG_structure_type || tag == DW_TAG_class_type));
}

/* "store::save::" from the entries around a variable. */
static const char *scope_of(struct lh_arena *arena, Dwarf_Die *path, int depth)
{
	const char *text = "";

	for (int i = 0; i < depth; i++) {
		const char *name = dwarf_tag(&path[i]) == DW_TAG_lexical_block
					   ? NULL
					   : dwarf_diename(&path[i]);
		if (name)
			text = lh_arena_printf(arena, "%s%s::", text, name);
	}
	return text;
}

/* Depth first, with the path in an array: debug information may nest to any depth. */
static void read_unit(struct lh_variables *v, struct index *x, Dwarf_Die *unit, Dwarf_Addr bias)
{
	Dwarf_Die path[DEPTH_MAX];
	int depth = 0;

	if (dwarf_child(unit, &path[0]) != 0)
		return;
	while (depth >= 0) {
		Dwarf_Die *die = &path[depth];
		Dwarf_Addr at;

		if (has_address(die, &at)) {
			struct lh_variable found = {at + bias, *die,
						    scope_of(v->arena, path, depth)};
			LH_PUSH(v->arena, x->variable, x->n, found);
		}
		if (depth + 1 < DEPTH_MAX && holds_variables(dwarf_tag(die), x->functions) &&
		    dwarf_child(die, &path[depth + 1]) == 0) {
			depth++;
			continue;
		}
		while (depth >= 0 && !lh_next_sibling(&path[depth]))
			depth--;
	}
}

/* Of variables with one address the first in the debug information comes first. */
static int by_start(const void *x, const void *y)
{
	const struct lh_variable *a = x, *b = y;
	Dwarf_Off first = dwarf_dieoffset((Dwarf_Die *)&a->die),
		  second = dwarf_dieoffset((Dwarf_Die *)&b->die);

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return first < second ? -1 : first > second;
}

static void read_index(struct lh_variables *v, struct index *x)
{
	Dwarf_Die *unit = NULL;
	Dwarf_Addr bias;

	if (x->read)
		return;
	x->read = true;
	while ((unit = dwfl_module_nextcu(v->module, unit, &bias)) != NULL) {
		Dwarf_Die whole = lh_whole_unit(unit);

		read_unit(v, x, &whole, bias);
	}
	if (x->n)
		qsort(x->variable, x->n, sizeof(*x->variable), by_start);
}

/* The first of those with the last start at or before `at`. */
static const struct lh_variable *find(struct lh_variables *v, struct index *x, Dwarf_Addr at)
{
	uint32_t low = 0, high;

	read_index(v, x);
	for (high = x->n; low < high;) {
		uint32_t mid = low + (high - low) / 2;

		if (x->variable[mid].start <= at)
			low = mid + 1;
		else
			high = mid;
	}
	while (low > 1 && x->variable[low - 2].start == x->variable[low - 1].start)
		low--;
	return low ? &x->variable[low - 1] : NULL;
}

const struct lh_variable *lh_variables_at(struct lh_variables *v, Dwarf_Addr at)
{
	const struct lh_variable *found = find(v, &v->outside, at);

	if (!found || found->start != at)
		found = find(v, &v->all, at);
	return found && found->start == at ? found : NULL;
}

const struct lh_variable *lh_variables_before(struct lh_variables *v, Dwarf_Addr at)
{
	return find(v, &v->all, at);
}
