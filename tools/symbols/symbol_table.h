/*
 * symbol_table.h — finds the symbol at an address, for many addresses of one module.
 *
 * libdwfl reads the whole symbol table for each query, which takes a millisecond in a large object.
 * This module reads the table once and sorts it. Symbols without a size are left out: their end is
 * not known. Does not demangle.
 */
#ifndef LH_SYMBOLS_SYMBOL_TABLE_H
#define LH_SYMBOLS_SYMBOL_TABLE_H

#include "tools/util/arena.h"

#include <elfutils/libdwfl.h>

struct lh_symbol_table;

struct lh_symbol_at {
	const char *name; /* owned by the module; NULL: no symbol */
	uint64_t start, size;
	int type; /* STT_* */
};

/* Reads the table now; its memory is in the arena. */
struct lh_symbol_table *lh_symbol_table_new(struct lh_arena *, Dwfl_Module *);

/* The innermost symbol that contains `at`, an address as libdwfl uses it. */
struct lh_symbol_at lh_symbol_table_find(const struct lh_symbol_table *, uint64_t at);

/*
 * The next of the functions that begin where the function at `at` does. *position: 0 at first.
 * NULL: no more.
 */
const char *lh_symbol_table_function(const struct lh_symbol_table *, uint64_t at,
				     uint32_t *position);

#endif
