/*
 * one_call.h — does a function do nothing but one call? Then it is a wrapper of what it calls.
 *
 * The function's machine code decides. On each path on which it returns it makes one call, the
 * same, and writes nothing but its stack frame; a constructor may also write to its object. Paths
 * on which the program ends or an exception begins are left out. Of an inlined function the inlined
 * copy is read. Doubt means no: an instruction that the decoder does not know, more than
 * LH_ONE_CALL_BYTES bytes, another processor than x86-64.
 */
#ifndef LH_SYMBOLS_ONE_CALL_H
#define LH_SYMBOLS_ONE_CALL_H

#include "tools/symbols/symbols_internal.h"

#include <elfutils/libdw.h>

enum { LH_ONE_CALL_BYTES = 512 };

/*
 * scope[0] is the function, or the inlined copy of it, around the call that ends at `at`; the
 * others are what it is in, innermost first. Addresses are libdwfl's; `bias` is what libdw's lack.
 * `function` is its demangled text.
 */
bool lh_one_call(struct lh_symbols *, struct lh_object *, Dwarf_Die *scope, int scopes,
		 uint64_t bias, uint64_t at, const char *function);

#endif
