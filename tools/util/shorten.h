/*
 * shorten.h — shortens names and paths to a number of columns, with "…" for what is left out.
 *
 * Texts are measured as by text_width.h. A text that fits is returned as it is. Does not parse
 * C++: it only matches brackets, so a name of any other language is shortened in the middle.
 */
#ifndef LH_UTIL_SHORTEN_H
#define LH_UTIL_SHORTEN_H

#include "tools/util/arena.h"

/* Leaves out the middle; the end. */
const char *lh_shorten(struct lh_arena *, const char *text, uint32_t columns);
const char *lh_shorten_end(struct lh_arena *, const char *text, uint32_t columns);

/* "…/lib/pool.cc": leaves out leading folders, and the middle of a file name that is too long. */
const char *lh_shorten_path(struct lh_arena *, const char *path, uint32_t columns);

/* "mutex of …::Book<…>::Book": leaves out template arguments, then parameters, then outer scopes.
 */
const char *lh_shorten_name(struct lh_arena *, const char *name, uint32_t columns);

/*
 * A demangled function: always without its parameter list and return type; if that is too long,
 * also without template arguments, then without the outer scopes: "…::Book<…>::match".
 */
const char *lh_shorten_function(struct lh_arena *, const char *function, uint32_t columns);

#endif
