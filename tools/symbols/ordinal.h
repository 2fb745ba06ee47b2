/*
 * ordinal.h — the number of a lambda among those of one scope, in the order of declaration.
 *
 * The compilers' own numbers differ: clang counts in a whole file, and both count only what they
 * have not yet removed. Lines are only compared with each other, so a shifted line changes nothing.
 */
#ifndef LH_SYMBOLS_ORDINAL_H
#define LH_SYMBOLS_ORDINAL_H

#include "tools/symbols/scope_tree.h"

/*
 * From 1. `one`: a lambda's class or another type without a name, counted among its kind; or a
 * function object's call, counted among those declared in the same file.
 */
uint32_t lh_ordinal(const struct lh_scope_tree *, const Dwarf_Die *one);

#endif
