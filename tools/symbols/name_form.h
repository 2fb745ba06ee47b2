/*
 * name_form.h — the normal form of a demangled C++ name, which symbols.h describes.
 *
 * Works on the text alone: where debug information is there, die_name.h gives lambdas their number.
 */
#ifndef LH_SYMBOLS_NAME_FORM_H
#define LH_SYMBOLS_NAME_FORM_H

#include "tools/util/arena.h"

/* `name` as the demangler, or a compiler in DW_AT_name, writes it. */
const char *lh_name_form(struct lh_arena *, const char *name);

#endif
