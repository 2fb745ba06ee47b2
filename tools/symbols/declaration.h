/*
 * declaration.h — what an entry of debug information declares: the attributes that may be in
 * another entry, and the children that make its name.
 *
 * The entry of a function's code refers to the function as it is written (abstract origin), which
 * may refer to its declaration in a class (specification); each may be in another unit or file.
 */
#ifndef LH_SYMBOLS_DECLARATION_H
#define LH_SYMBOLS_DECLARATION_H

#include <elfutils/libdw.h>
#include <stdbool.h>

/* The call of a function object or lambda; its name may go on, "<int>". */
#define LH_CALL "operator()"

/* Of the entry or of what it refers to; NULL: none. */
const char *lh_declaration_name(const Dwarf_Die *die);
int lh_declaration_tag(const Dwarf_Die *die);
bool lh_declaration_is_call(const Dwarf_Die *die);

/* The entry at the end of the references. */
Dwarf_Die lh_declaration(const Dwarf_Die *die);

/* The first child that `is`, of the first entry on the way to the declaration that has one. */
bool lh_declaration_child(const Dwarf_Die *die, bool (*is)(int tag), Dwarf_Die *child);
/* Goes to the next sibling. False: there is none, or in damaged debug information it does not lie
 * behind the present one. */
bool lh_next_sibling(Dwarf_Die *);

/* The next sibling that `is`. */
bool lh_declaration_next(Dwarf_Die *child, bool (*is)(int tag));

/* The linkage name; NULL: none. */
const char *lh_declaration_linkage(const Dwarf_Die *die);
bool lh_declaration_flag(const Dwarf_Die *die, unsigned attribute);
/* The type, typedefs kept. False: void. */
bool lh_declaration_type(const Dwarf_Die *die, Dwarf_Die *type);

/* C++, which has overloads. `fallback`: a unit that was compiled with it, if its own unit says no
 * language. */
bool lh_declaration_is_cxx(const Dwarf_Die *die, const Dwarf_Die *fallback);

bool lh_declaration_is_class(const Dwarf_Die *die);
/* A class without a name that the compiler made for a lambda. */
bool lh_declaration_is_lambda(const Dwarf_Die *die);

#endif
