/*
 * escape.h — makes text from the checked process safe for an output format.
 *
 * Thread names, symbols, paths and lock names come from the program and may be any bytes. The
 * result is valid UTF-8; it moves no cursor, sets no color, changes no reading direction, and
 * closes no string, tag or attribute of its format.
 *
 * Does not shorten, and quotes only for a shell. Line ends are escaped too: a name is one line.
 */
#ifndef LH_UTIL_ESCAPE_H
#define LH_UTIL_ESCAPE_H

#include "tools/util/arena.h"

enum lh_escape_format {
	LH_ESCAPE_TEXT, /* terminal, log: control characters and invalid bytes as \x1b, \u{202e} */
	LH_ESCAPE_JSON, /* for a JSON library that quotes by itself: invalid bytes as U+FFFD */
	LH_ESCAPE_XML,  /* XML 1.0: also < > & " ' as entities, forbidden characters as U+FFFD */
	LH_ESCAPE_HTML, /* as LH_ESCAPE_XML, with entities that HTML knows */
};

/*
 * Returns the text itself if nothing is replaced, otherwise a copy in the arena. NULL stays NULL.
 */
const char *lh_escape(struct lh_arena *, enum lh_escape_format, const char *);

/* The text as one word of a shell: in single quotes if it needs them. */
const char *lh_shell_quote(struct lh_arena *, const char *);

/* Decodes one character. Returns its length in bytes, 0: not UTF-8 (overlong, surrogate, cut). */
unsigned lh_utf8_decode(const char *text, uint32_t *character);

#endif
