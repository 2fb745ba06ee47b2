/*
 * functions.h — finds the functions of the rows in the loaded objects.
 *
 * Reads the symbol tables of the objects' files: that of the linker, which has all functions, or,
 * in a stripped file, that of the loader, which has the exported ones. An address counts only if
 * the memory there has the same bytes as the file. Opens files, so it is for the start of the
 * library only. Does not look into libc, the loader or this library.
 */
#ifndef LH_LOCK_API_FUNCTIONS_H
#define LH_LOCK_API_FUNCTIONS_H

#include "libcheck/lock_api/name_match.h"
#include "libcheck/lock_api/rows.h"

struct lh_api_function {
	const struct lh_api_row *row;
	enum lh_name_match match;
	bool local;       /* the compiler or the linker knows all its callers */
	uintptr_t object; /* see lh_api_is_loaded */
	uintptr_t at;
	size_t size;     /* 0: the symbol does not say */
	size_t readable; /* bytes from there to the end of the mapped code */
	int protection;  /* of its pages */
};

typedef void lh_api_function_found(const struct lh_api_function *);

bool lh_api_is_loaded(uintptr_t object);
/* Calls `found` for each function in an object that no earlier call has searched. */
void lh_api_find_functions(const struct lh_api *, lh_api_function_found *found);

#endif
