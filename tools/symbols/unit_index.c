/* unit_index.c — reads, sorts and searches the address ranges of the units of a module. */
#include "tools/symbols/unit_index.h"
#include "tools/symbols/intervals.h"

#include <elfutils/libdw.h>

struct range {
	struct lh_interval is;
	Dwarf_Off unit;
};

struct lh_unit_index {
	struct lh_arena *arena;
	Dwarf *dwarf;
	Dwarf_Addr bias;
	struct range *range;
	uint32_t n;
};

static void add(struct lh_unit_index *x, Dwarf_Addr start, Dwarf_Addr end, Dwarf_Off unit)
{
	if (start && start < end) /* what the linker removed begins at 0 */
		LH_PUSH(x->arena, x->range, x->n,
			((struct range){.is = {.start = start, .end = end}, .unit = unit}));
}

static void add_units(struct lh_unit_index *x)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die die;
	uint8_t type;

	while (dwarf_get_units(x->dwarf, cu, &cu, NULL, &type, &die, NULL) == 0) {
		Dwarf_Addr base, start, end;

		for (ptrdiff_t next = 0;
		     (next = dwarf_ranges(&die, next, &base, &start, &end)) > 0;)
			add(x, start, end, dwarf_dieoffset(&die));
	}
}

/* The assembler and old compilers write the ranges in a table only. */
static void add_table(struct lh_unit_index *x)
{
	Dwarf_Aranges *all = NULL;
	size_t n = 0;

	if (dwarf_getaranges(x->dwarf, &all, &n) != 0)
		return;
	for (size_t i = 0; i < n; i++) {
		Dwarf_Addr start;
		Dwarf_Word length;
		Dwarf_Off unit;

		if (dwarf_getarangeinfo(dwarf_onearange(all, i), &start, &length, &unit) == 0 &&
		    start + length > start)
			add(x, start, start + length, unit);
	}
}

static int by_start(const void *x, const void *y)
{
	const struct range *a = x, *b = y;

	int order = lh_interval_by_start(&a->is, &b->is);

	if (order)
		return order;
	return a->unit < b->unit ? -1 : a->unit > b->unit;
}

struct lh_unit_index *lh_unit_index_new(struct lh_arena *arena, Dwfl_Module *module)
{
	struct lh_unit_index *x = lh_arena_alloc(arena, sizeof(*x));

	x->arena = arena;
	x->dwarf = dwfl_module_getdwarf(module, &x->bias);
	if (!x->dwarf)
		return x;
	add_units(x);
	add_table(x);
	lh_intervals_sort(x->range, x->n, sizeof(*x->range), by_start);
	return x;
}

bool lh_unit_index_next(const struct lh_unit_index *x, Dwarf_Addr at, uint32_t *position,
			Dwarf_Die *unit, Dwarf_Addr *bias)
{
	uint32_t first = lh_intervals_begun(x->range, x->n, sizeof(*x->range), at - x->bias), i;

	for (i = *position; i < first && x->range[first - 1 - i].is.end_of_all > at - x->bias;
	     i++) {
		const struct range *r = &x->range[first - 1 - i];

		if (r->is.end <= at - x->bias || !dwarf_offdie(x->dwarf, r->unit, unit))
			continue;
		*bias = x->bias;
		*position = i + 1;
		return true;
	}
	return false;
}
