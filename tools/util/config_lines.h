/*
 * config_lines.h — a file that a person writes, line by line, and where in it something is wrong.
 *
 * Comments (from a # that begins a word to the end of the line) are told apart from what they
 * comment. Does not know what the lines mean.
 */
#ifndef LH_UTIL_CONFIG_LINES_H
#define LH_UTIL_CONFIG_LINES_H

#include "tools/util/arena.h"

#include <stdbool.h>
#include <stdio.h>

struct lh_config_lines {
	const char *path;
	struct lh_arena *arena;
	FILE *file;
	unsigned number;   /* of this line, from 1 */
	const char *whole; /* this line, without its end */
	char *text;      /* what stands before the comment, without blanks around it; "" nothing */
	unsigned column; /* of its first byte, from 1 */
	const char *comment; /* behind the #, without blanks around it; NULL none */
	bool bad;            /* something was wrong and was said */
};

/* False: it was said why it cannot be read. */
bool lh_config_lines_open(struct lh_config_lines *, struct lh_arena *, const char *path);
/* False: there is no further line, or an error was said. */
bool lh_config_lines_next(struct lh_config_lines *);
void lh_config_lines_close(struct lh_config_lines *);

/* Says "FILE:LINE:COLUMN: ..." with the column of `at`, which points into text. Always false. */
bool lh_config_lines_error(struct lh_config_lines *, const char *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
