/*
 * symbols.h — an address in an object's file to function, file and line.
 *
 * Opens the object at the path that the ledger gives, only if it is a regular file,
 * and believes it only if its build id is the one that the process had loaded: no
 * name is better than a wrong one. Separate debug files are found as the debugger
 * finds them; the network is asked only if that was asked for.
 *
 * Knows nothing of processes or where things were mapped: offsets only.
 *
 * - Text that it hands out lives as long as the symbols.
 * - Every answer is kept: asking twice is cheap.
 */
#ifndef LH_SYMBOLS_SYMBOLS_H
#define LH_SYMBOLS_SYMBOLS_H

#include "libcheck/ledger.h"

#include <stdbool.h>

struct lh_symbols *lh_symbols_new(bool debuginfod);
void lh_symbols_free(struct lh_symbols *);

/* One line: the function, and where in it; inlined ones come before those they lie in. */
struct lh_symbol {
	const char *function, *file;
	uint32_t line, column;
	bool inlined;
};

/*
 * What lies at `offset` of the module, innermost first. `after`: the offset is a return
 * address, so it is the call before it that is meant. How many; 0: not known.
 */
uint32_t lh_symbol_lines(struct lh_symbols *, const struct lh_module *, uint64_t offset, bool after,
			 const struct lh_symbol **line);
/* Its name alone, which costs no debug information; NULL: not known. */
const char *lh_symbol_name(struct lh_symbols *, const struct lh_module *, uint64_t offset,
			   bool after);

/* The variable at `offset`, and how far into it; NULL: none. */
const char *lh_symbol_data(struct lh_symbols *, const struct lh_module *, uint64_t offset,
			   uint64_t *into);

/*
 * The variable at `offset` and the member in it, as debug information has them, an array's elements
 * as one: "accounts[].lock". NULL: not known.
 */
const char *lh_symbol_member(struct lh_symbols *, const struct lh_module *, uint64_t offset);

/*
 * The way from the variable down to what lies at `offset`, the same for each element of an array:
 * ".shards.lock". "" where that is not known, and where the variable is not larger than `own`.
 */
const char *lh_symbol_member_path(struct lh_symbols *, const struct lh_module *, uint64_t offset,
				  uint64_t own);

/* Whether a frame at this offset was called by a signal: the next one's address is exact then. */
bool lh_symbol_signal(struct lh_symbols *, const struct lh_module *, uint64_t offset);

/* What went wrong with the objects, one sentence each. */
uint32_t lh_symbols_problems(const struct lh_symbols *);
const char *lh_symbols_problem(const struct lh_symbols *, uint32_t);

#endif
