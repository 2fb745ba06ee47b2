/*
 * naming.h — names that are built from debug information: their limits, scopes and types.
 *
 * A type's text is built around a declarator, as in C: of a pointer to a function, "(*)" is the
 * declarator of the function's type.
 *
 * Damaged debug information gives a shortened or wrong name, never an endless one: depth, steps and
 * length have limits. Does not choose between this name and a linkage name: die_name.h does.
 */
#ifndef LH_SYMBOLS_NAMING_H
#define LH_SYMBOLS_NAMING_H

#include "tools/symbols/symbols_internal.h"

#include <elfutils/libdw.h>

#define LH_NAMING_MAX 8192 /* a longer name is cut */

/* One name while it is built. */
struct lh_naming {
	struct lh_symbols *s;
	const Dwarf_Die *of; /* whose name is built */
	/* the whole name of a function that is a scope */
	const char *(*function)(struct lh_naming *, const Dwarf_Die *);
	uint32_t steps;
	int depth;
	bool lost; /* a function that is a scope was not found */
};

/* A part of the name, in the arena. */
const char *lh_naming_text(struct lh_naming *, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Each part that has parts is built between these two. False: the limit is reached. */
bool lh_naming_enter(struct lh_naming *);
const char *lh_naming_leave(struct lh_naming *, const char *result);

/* `name` with the template arguments of `die`, if it has any. */
const char *lh_naming_template(struct lh_naming *, const Dwarf_Die *die, const char *name);
/* "a::b::" of what is around a declaration; "" at the outermost level. */
const char *lh_naming_scopes(struct lh_naming *, const Dwarf_Die *declaration);
/* `type` NULL: void. */
const char *lh_naming_type(struct lh_naming *, const Dwarf_Die *type, const char *declarator);
/* "int, char*": without the parameters that the compiler added. */
const char *lh_naming_parameters(struct lh_naming *, const Dwarf_Die *function);

#endif
