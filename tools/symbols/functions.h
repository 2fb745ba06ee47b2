/*
 * functions.h — the scopes at an address, and short names of functions.
 */
#ifndef LH_SYMBOLS_FUNCTIONS_H
#define LH_SYMBOLS_FUNCTIONS_H

#include "tools/symbols/symbols_internal.h"

enum { LH_SCOPES_MAX = 48 };

/* The scopes at an address: the function, then blocks and inlined functions, the innermost last. */
struct lh_scopes {
	Dwarf_Die scope[LH_SCOPES_MAX];
	uint32_t n;
	Dwarf_Addr bias; /* add it to an address in the debug information to get libdwfl's */
};

/* False: no debug information. `at` is libdwfl's address. */
bool lh_scopes_at(struct lh_symbols *, struct lh_object *, Dwarf_Addr at, struct lh_scopes *);

/* "Book::match": with the classes and functions around it, without namespaces and lambdas. */
const char *lh_function_name(struct lh_symbols *, Dwarf_Die *function);
/* Of a closure, the function that the lambda is written in; NULL: not known. */
const char *lh_closure_function(struct lh_symbols *, Dwarf_Die *closure);
/* Is it the type of a lambda? */
bool lh_is_closure(Dwarf_Die *type);

#endif
