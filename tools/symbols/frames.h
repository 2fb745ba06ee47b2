/*
 * frames.h — the functions at an address, inlined ones first, and the line in each.
 *
 * Does not name functions.
 */
#ifndef LH_SYMBOLS_FRAMES_H
#define LH_SYMBOLS_FRAMES_H

#include "tools/symbols/places.h"

#include <elfutils/libdw.h>

#define LH_FRAMES_AT_ONE 64 /* functions inlined into each other at one address */

struct lh_code_frame {
	Dwarf_Die die; /* DW_TAG_subprogram or DW_TAG_inlined_subroutine; addr NULL: only a line */
	bool inlined;
	struct lh_place place;
};

/* The unit with the functions: what a skeleton unit stands for, if its file can be read. */
Dwarf_Die lh_whole_unit(const Dwarf_Die *unit);
/* The same, also from the object's DWARF package. */
Dwarf_Die lh_code_unit(struct lh_symbols *, struct lh_object *, const Dwarf_Die *unit);

/* Innermost first; only the last one is not inlined. Returns how many. */
uint32_t lh_code_frames(struct lh_symbols *, struct lh_object *, uint64_t at,
			struct lh_code_frame frame[LH_FRAMES_AT_ONE]);

#endif
