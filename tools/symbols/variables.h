/*
 * variables.h — the variables of one object in its debug information, by address.
 *
 * Reads the debug information once: first the variables outside of functions, and those in
 * functions and classes only when the first index has no answer. Variables of threads have no
 * address.
 */
#ifndef LH_SYMBOLS_VARIABLES_H
#define LH_SYMBOLS_VARIABLES_H

#include "tools/util/arena.h"

#include <elfutils/libdwfl.h>
#include <stdbool.h>

struct lh_variable {
	Dwarf_Addr start; /* libdwfl's address */
	Dwarf_Die die;
	const char *scope; /* "main::", "" */
};

struct lh_variables;

struct lh_variables *lh_variables_new(struct lh_arena *, Dwfl_Module *);

/* The variable that begins at `at`; NULL: none. */
const struct lh_variable *lh_variables_at(struct lh_variables *, Dwarf_Addr at);
/* The variable that begins there or, the nearest, before. NULL: none. */
const struct lh_variable *lh_variables_before(struct lh_variables *, Dwarf_Addr at);

#endif
