/*
 * enclosing.h — the function that an entry without a name and attributes stands for.
 *
 * clang (14 at least) puts the types of a function that it has inlined everywhere into such an
 * entry, beside the function's own. The linkage name of a lambda's call, "_ZZ4takeiENK3$_0clEv",
 * has that of the function around it, "_Z4takei".
 */
#ifndef LH_SYMBOLS_ENCLOSING_H
#define LH_SYMBOLS_ENCLOSING_H

#include "tools/symbols/scope_tree.h"

/*
 * `nameless`: a function's entry in the unit. True: *function is the function that it stands for.
 * False: it is not found, and *linkage is the linkage name of a function inside it, or NULL.
 */
bool lh_enclosing_function(const struct lh_scope_tree *, const Dwarf_Die *nameless,
			   Dwarf_Die *function, const char **linkage);

#endif
