/*
 * name_match.h — is a symbol the function that a row names?
 *
 * A row has the symbol's own name, or a name of C++ as in the source: base::Lock::Acquire stands
 * for all functions of that name, whatever their parameters and template arguments; Lock::Lock for
 * the constructors. Operators and functions inside of functions are found by the symbol's own name
 * only.
 */
#ifndef LH_LOCK_API_NAME_MATCH_H
#define LH_LOCK_API_NAME_MATCH_H

#include <stdint.h>

enum lh_name_match {
	LH_NAME_OTHER,
	LH_NAME_SAME,
	LH_NAME_CHANGED /* a copy of the function that the compiler has changed: f.constprop.0 */
};

enum lh_name_match lh_name_match(const char *function, uint32_t n, const char *symbol);

#endif
