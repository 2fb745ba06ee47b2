/*
 * text_width.h — how many columns of a terminal a text takes, and where to cut it.
 *
 * The text is clean (LH_ESCAPE_TEXT): valid UTF-8 on one line. Wide characters count two,
 * combining ones none. Does not know where on a line it will stand.
 */
#ifndef LH_UTIL_TEXT_WIDTH_H
#define LH_UTIL_TEXT_WIDTH_H

#include "tools/util/arena.h"

uint32_t lh_text_width(const char *text);

/* At most `columns` of it; a '+' stands in the last one if something was left out. No character
 * is cut in two, and none loses what combines with it. */
const char *lh_text_cut(struct lh_arena *, const char *text, uint32_t columns);

#endif
