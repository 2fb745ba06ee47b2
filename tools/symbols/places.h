/* places.h — the line of an address and of a call. */
#ifndef LH_SYMBOLS_PLACES_H
#define LH_SYMBOLS_PLACES_H

#include "tools/symbols/symbols_internal.h"

#include <elfutils/libdw.h>

struct lh_place {
	const char *file;      /* NULL: unknown */
	uint32_t line, column; /* 0: unknown */
};

/* The line of the code at `at`, an address as in the unit. */
struct lh_place lh_place_of_code(struct lh_symbols *, Dwarf_Die *unit, Dwarf_Addr at);

/* Where the inlined function `die` was called: the line of the function around it. */
struct lh_place lh_place_of_call(struct lh_symbols *, Dwarf_Die *unit, Dwarf_Die *die);

/* Where the function is declared: for code that its compiler gives no line, since it is of several.
 */
struct lh_place lh_place_of_function(struct lh_symbols *, Dwarf_Die *unit, Dwarf_Die *die);

#endif
