/*
 * definitions.h — the definition of a class of which a unit has only a declaration.
 *
 * clang describes a class only in the unit that has its constructors. The names of all classes of
 * an object are read at the first question.
 */
#ifndef LH_SYMBOLS_DEFINITIONS_H
#define LH_SYMBOLS_DEFINITIONS_H

#include "tools/symbols/symbols_internal.h"

#include <elfutils/libdw.h>

/* Makes a declaration the definition of the same name, if the object has one. */
void lh_define_type(struct lh_symbols *, struct lh_object *, Dwarf_Die *type);

#endif
