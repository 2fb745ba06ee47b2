/*
 * symbol_table.h — part of the room `symbol`: which symbol is at an address, of many addresses.
 *
 * libdwfl reads the whole table of symbols for each question, a millisecond in a large object.
 * Here it is read once and sorted. Labels without a size are left out: they say nothing of what
 * comes behind them.
 */
#ifndef LH_SYMBOLS_SYMBOL_TABLE_H
#define LH_SYMBOLS_SYMBOL_TABLE_H

#include "tools/util/arena.h"

#include <elfutils/libdwfl.h>

struct lh_symbol_table;

struct lh_symbol_at {
	const char *name; /* the module's; NULL: there is none */
	uint64_t start, size;
	int type; /* STT_* */
};

/* Read at once; what it needs is the pool's. */
struct lh_symbol_table *lh_symbol_table_new(struct lh_arena *, Dwfl_Module *);

/* The innermost symbol that `at`, an address as libdwfl has it, lies in. */
struct lh_symbol_at lh_symbol_table_find(const struct lh_symbol_table *, uint64_t at);

#endif
