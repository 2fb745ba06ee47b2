/*
 * die_name.h — the name of a function from debug information, in the normal form of symbols.h.
 *
 * Damaged debug information gives a shortened or wrong name, never an endless one: depth, steps and
 * length have limits.
 */
#ifndef LH_SYMBOLS_DIE_NAME_H
#define LH_SYMBOLS_DIE_NAME_H

#include "tools/symbols/symbols_internal.h"

#include <elfutils/libdw.h>

/*
 * `die`: a function, inlined or not. `symbol`: the name in the symbol table of what is at its
 * address, NULL if it is inlined. NULL: it has no name.
 */
const char *lh_die_function(struct lh_symbols *, Dwarf_Die *die, const char *symbol);

#endif
