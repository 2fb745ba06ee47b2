/*
 * expression.h — the value of a variable at a call, as struct lh_value, from its location in debug
 * information. Unlike a debugger's, it needs no registers and no memory.
 */
#ifndef LH_SYMBOLS_EXPRESSION_H
#define LH_SYMBOLS_EXPRESSION_H

#include "tools/machine_code/code_values.h"

#include <elfutils/libdw.h>

struct lh_place {
	struct lh_value at;
	bool memory; /* `at` is the variable's address, not its value */
};

/* `function` has the frame base. False: not known at this call, or in several pieces. */
bool lh_place_of(Dwarf_Die *variable, Dwarf_Die *function, Dwarf_Addr bias,
		 const struct lh_call_values *, struct lh_place *);

#endif
