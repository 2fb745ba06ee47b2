/*
 * scope_tree.h — the scopes of one compilation unit: which contains which, and which function is at
 * an address.
 *
 * Debug information has no way from an entry to the entry around it, and a function's entry may be
 * inside one that does not contain its addresses (a lambda's function inside the function that
 * declares the lambda). One walk over the unit records every scope: unit, namespace, class,
 * enumeration, function, block. Does not know other units and does not read names.
 *
 * - Entries are compared by their address in the section's memory, which grows in the order of the
 *   walk: the walk stops where it would not, so no damaged unit makes it endless.
 */
#ifndef LH_SYMBOLS_SCOPE_TREE_H
#define LH_SYMBOLS_SCOPE_TREE_H

#include "tools/util/arena.h"

#include <elfutils/libdw.h>
#include <stdbool.h>

struct lh_scope_tree;

/* Walks the unit that contains `die`; the memory is in the arena. */
struct lh_scope_tree *lh_scope_tree_new(struct lh_arena *, const Dwarf_Die *die);

/* The function with code at `at`, an address as in the unit; the smallest of nested ones. */
bool lh_scope_tree_function(const struct lh_scope_tree *, Dwarf_Addr at, Dwarf_Die *function);

/* The scope around `die`, which is in this unit. False: `die` is the unit. */
bool lh_scope_tree_parent(const struct lh_scope_tree *, const Dwarf_Die *die, Dwarf_Die *parent);

/*
 * The next class, enumeration or function whose innermost named scope is `around`, an entry of this
 * unit: blocks between the two do not count. *position: 0 at first. False: no more.
 */
bool lh_scope_tree_next(const struct lh_scope_tree *, const Dwarf_Die *around, uint32_t *position,
			Dwarf_Die *die);

/* The next function of the unit, declared or defined. *position: 0 at first. False: no more. */
bool lh_scope_tree_next_function(const struct lh_scope_tree *, uint32_t *position, Dwarf_Die *die);

/* False: the unit was compiled with -g1, which leaves types, parameters and classes out. */
bool lh_scope_tree_has_types(const struct lh_scope_tree *);

#endif
