/*
 * callee.h — the bytes of an object's code, and the name of the function that a call leads to.
 *
 * A call of another object's function goes through an entry of the procedure linkage table, which
 * has no symbol: its slot in the global offset table has one.
 */
#ifndef LH_SYMBOLS_CALLEE_H
#define LH_SYMBOLS_CALLEE_H

#include "tools/symbols/symbols_internal.h"

/* The bytes at an address of the file; *n: how many there are in its section. NULL: none. */
const uint8_t *lh_symbol_bytes(Elf *, GElf_Addr at, size_t *n);

/* The name of the function that begins at `target`, an address of libdwfl, or to which the code
 * there jumps, or if that is 0 whose address is in `slot`; not demangled. NULL: unknown. */
const char *lh_symbol_callee(struct lh_symbols *, struct lh_object *, uint64_t target,
			     uint64_t slot);

/* Is it a function of the C or C++ library that ends the program or throws? NULL: no. */
bool lh_callee_never_returns(const char *name);

#endif
