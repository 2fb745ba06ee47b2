/*
 * base_type.h — how types that need no scope are written: numbers, pointers, values.
 *
 * The text is the demangler's ("unsigned long"), although gcc writes "long unsigned int".
 */
#ifndef LH_SYMBOLS_BASE_TYPE_H
#define LH_SYMBOLS_BASE_TYPE_H

#include "tools/util/arena.h"

#include <elfutils/libdw.h>
#include <stdbool.h>

/* The name of a type of the language, as the demangler writes it. */
const char *lh_base_type_name(const char *name);

/* What a pointer, reference or qualifier adds to its target, "*"; "": nothing; NULL: another tag.
 */
const char *lh_base_type_sign(int tag);

/* Removes typedefs and qualifiers from *type. False: nothing is left but void. */
bool lh_base_type_unqualified(Dwarf_Die *type);

/* How many elements an array has. False: unknown. */
bool lh_base_type_count(Dwarf_Die *array, Dwarf_Word *count);

/* A template argument's value, "3ul"; `text`: its type's. NULL: not a number. */
const char *lh_base_type_value(struct lh_arena *, const Dwarf_Die *type, Dwarf_Attribute *value,
			       const char *text);

#endif
