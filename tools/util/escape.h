/*
 * escape.h — text that came from the watched program, made harmless for where it goes.
 *
 * Thread names, symbols, paths and lock names are the program's: any bytes at all.
 * What leaves here is valid UTF-8 and moves no cursor, colours nothing, turns no
 * reading direction, and closes no string, tag or attribute of its dialect.
 *
 * Does not shorten and does not quote. Line ends are escaped too: a name is one line.
 */
#ifndef LH_UTIL_ESCAPE_H
#define LH_UTIL_ESCAPE_H

#include "tools/util/arena.h"

enum lh_escape_format {
	LH_ESCAPE_TEXT, /* terminal, log: control characters and stray bytes as \x1b, \u{202e} */
	LH_ESCAPE_JSON, /* for a JSON library that quotes by itself: stray bytes as U+FFFD */
	LH_ESCAPE_XML,  /* XML 1.0: also < > & " ' as entities, forbidden characters as U+FFFD */
	LH_ESCAPE_HTML, /* the same with entities that HTML knows */
};

/* The text itself when there is nothing to do, else a copy in the pool. NULL stays NULL. */
const char *lh_escape(struct lh_arena *, enum lh_escape_format, const char *);

#endif
