/*
 * text_width.h — how many terminal columns a text takes, and where to cut it.
 *
 * The text is escaped (LH_ESCAPE_TEXT): valid UTF-8 on one line. Wide characters count two columns,
 * combining characters none. Does not know the text's position on its line.
 */
#ifndef LH_UTIL_TEXT_WIDTH_H
#define LH_UTIL_TEXT_WIDTH_H

#include "tools/util/arena.h"

uint32_t lh_text_width(const char *text);
/* The number of bytes that fit into `columns`; *used: how many columns they take. */
size_t lh_text_fit(const char *text, uint32_t columns, uint32_t *used);

/*
 * Cuts the text to at most `columns`; a '+' in the last column shows that something was left out.
 * No character is cut in two or loses its combining characters.
 */
const char *lh_text_cut(struct lh_arena *, const char *text, uint32_t columns);
/* The same with another mark, of one column. */
const char *lh_text_cut_with(struct lh_arena *, const char *text, uint32_t columns,
			     const char *mark);

#endif
