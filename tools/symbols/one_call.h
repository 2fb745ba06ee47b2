/*
 * one_call.h — does a function do nothing but one call? Then it is a wrapper of what it calls.
 *
 * The function's machine code decides. On each path on which it returns it makes one call, the
 * same, and writes nothing but its stack frame; a constructor also its object, before the call.
 * After the call it reads nothing else either. Paths on which the program ends or an exception
 * begins are left out. Of an inlined function the inlined copy is read. Doubt means no: an
 * inlined function that may return what it read, an instruction that code_effect.h does not know,
 * more than LH_ONE_CALL_BYTES bytes, another processor than x86-64.
 */
#ifndef LH_SYMBOLS_ONE_CALL_H
#define LH_SYMBOLS_ONE_CALL_H

#include "tools/symbols/symbols_internal.h"

#include <elfutils/libdw.h>

enum { LH_ONE_CALL_BYTES = 512 };

/*
 * `scope` is the function, or the inlined copy of it, around the call that ends at `at`, an address
 * of libdwfl; `outer` is the function that it is inlined into, or itself. `function` is its name.
 */
bool lh_one_call(struct lh_symbols *, struct lh_object *, Dwarf_Die *scope, Dwarf_Die *outer,
		 uint64_t at, const char *function);

#endif
