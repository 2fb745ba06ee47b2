/*
 * die_name.h — the name of a function from debug information, in the normal form of symbols.h.
 *
 * A linkage name that every compiler gives is demangled. Functions of one file, lambdas and what
 * has them as template arguments have none in gcc's debug information, and clang's numbers lambdas
 * in its own way: their names are built from the entries.
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

/* "Queue<long>": a class without the scopes around it; NULL: it has no name. */
const char *lh_die_class(struct lh_symbols *, const Dwarf_Die *class);

#endif
