/*
 * unit_index.h — finds the compilation units with code at an address.
 *
 * clang writes no table of addresses (.debug_aranges), and asking each unit takes long in a large
 * object; so the ranges of all units are read once and sorted. Does not look into units.
 */
#ifndef LH_SYMBOLS_UNIT_INDEX_H
#define LH_SYMBOLS_UNIT_INDEX_H

#include "tools/util/arena.h"

#include <elfutils/libdwfl.h>
#include <stdbool.h>

struct lh_unit_index;

/* Reads the units of a module now; the memory is in the arena. */
struct lh_unit_index *lh_unit_index_new(struct lh_arena *, Dwfl_Module *);

/*
 * The next unit with code at `at`, an address as libdwfl uses it; *bias: subtract it to get an
 * address as the unit uses it. *position: 0 at first. False: no more.
 */
bool lh_unit_index_next(const struct lh_unit_index *, Dwarf_Addr at, uint32_t *position,
			Dwarf_Die *unit, Dwarf_Addr *bias);

#endif
