/* frames.c — finds the function at an address, then what is inlined into it there. */
#include "tools/symbols/frames.h"
#include "tools/symbols/declaration.h"
#include "tools/symbols/places.h"

#include <dwarf.h>

enum { DEPTH_MAX = 128 /* blocks and inlined functions in a function */ };

static bool is_block(Dwarf_Die *die)
{
	int tag = dwarf_tag(die);

	return tag == DW_TAG_lexical_block || tag == DW_TAG_try_block || tag == DW_TAG_catch_block;
}

static bool has_addresses(Dwarf_Die *die)
{
	return dwarf_hasattr(die, DW_AT_low_pc) || dwarf_hasattr(die, DW_AT_ranges);
}

/*
 * Appends the inlined functions in `around` at the address, outermost first. A block without
 * addresses of its own may contain any.
 */
static bool add_inlined(Dwarf_Die *around, Dwarf_Addr at, int depth, Dwarf_Die *list, uint32_t *n)
{
	Dwarf_Die die;

	if (depth >= DEPTH_MAX || *n >= LH_FRAMES_AT_ONE || dwarf_child(around, &die) != 0)
		return false;
	do {
		bool inlined = dwarf_tag(&die) == DW_TAG_inlined_subroutine;
		bool block = is_block(&die);

		if (!inlined && !block)
			continue;
		if (block && !has_addresses(&die)) {
			if (add_inlined(&die, at, depth + 1, list, n))
				return true;
		} else if (dwarf_haspc(&die, at) == 1) {
			if (inlined)
				list[(*n)++] = die;
			add_inlined(&die, at, depth + 1, list, n);
			return true;
		}
	} while (lh_next_sibling(&die));
	return false;
}

Dwarf_Die lh_whole_unit(const Dwarf_Die *unit)
{
	Dwarf_Die die, split;
	uint8_t type;

	if (dwarf_cu_info(unit->cu, NULL, &type, &die, &split, NULL, NULL, NULL) == 0 &&
	    type == DW_UT_skeleton && dwarf_tag(&split) != DW_TAG_invalid)
		return split;
	return *unit;
}

Dwarf_Die lh_code_unit(struct lh_symbols *s, struct lh_object *o, const Dwarf_Die *unit)
{
	Dwarf_Die whole = lh_whole_unit(unit), packed;
	struct lh_package *package;

	if (whole.cu != unit->cu || dwarf_haschildren(&whole))
		return whole;
	package = lh_symbol_package(s, o);
	return package && lh_package_unit(package, unit, &packed) ? packed : whole;
}

/* The functions at an address of the unit, outermost first. */
static uint32_t functions_at(struct lh_symbols *s, struct lh_object *o, const Dwarf_Die *unit,
			     Dwarf_Addr at, Dwarf_Die list[LH_FRAMES_AT_ONE])
{
	Dwarf_Die whole = lh_code_unit(s, o, unit);
	uint32_t n = 0;

	if (!lh_scope_tree_function(lh_symbol_scopes(s, &whole), at, &list[0]))
		return 0;
	n = 1;
	add_inlined(&list[0], at, 0, list, &n);
	return n;
}

uint32_t lh_code_frames(struct lh_symbols *s, struct lh_object *o, uint64_t at,
			struct lh_code_frame frame[LH_FRAMES_AT_ONE])
{
	Dwarf_Die list[LH_FRAMES_AT_ONE], unit;
	Dwarf_Addr bias = 0;
	uint32_t n = 0, position = 0;

	if (!o->units)
		o->units = lh_unit_index_new(s->arena, o->module);
	while (!n && lh_unit_index_next(o->units, at, &position, &unit, &bias)) {
		n = functions_at(s, o, &unit, at - bias, list);
		frame[0].place = lh_place_of_code(s, &unit, at - bias);
	}
	for (uint32_t i = 0; i < n; i++) {
		Dwarf_Die *die = &list[n - 1 - i];

		frame[i].die = *die;
		frame[i].inlined = i + 1 < n;
		if (frame[i].inlined)
			frame[i + 1].place = lh_place_of_call(s, &unit, die);
		if (!frame[i].place.line)
			frame[i].place = lh_place_of_function(s, &unit, die);
	}
	return n ? n : frame[0].place.line != 0;
}
