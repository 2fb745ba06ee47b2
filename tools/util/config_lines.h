/*
 * config_lines.h — reads a file that a person wrote, line by line, and locates errors in it.
 *
 * Splits each line into text and comment (from a # that begins a word to the end of the line). Does
 * not know what the lines mean. The strings are in the caller's arena.
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
	const char *whole; /* this line without its newline */
	char *text;        /* what precedes the comment, without blanks around it; "" if nothing */
	unsigned column;   /* of the first byte of `text`, from 1 */
	const char *comment; /* what follows the #, without blanks around it; NULL: none */
	bool bom;            /* the file begins with a byte order mark */
	bool bad;            /* an error was reported */
};

/* False: the file cannot be opened, and the reason was reported. */
bool lh_config_lines_open(struct lh_config_lines *, struct lh_arena *, const char *path);
/* Reads the next line. False: there is none, or an error was reported. */
bool lh_config_lines_next(struct lh_config_lines *);
void lh_config_lines_close(struct lh_config_lines *);
/* The text without blanks around it. */
char *lh_config_lines_trim(char *text);

/*
 * Reports "FILE:LINE:COLUMN: ..." with the column of `at`, which points into `text`. Always returns
 * false.
 */
bool lh_config_lines_error(struct lh_config_lines *, const char *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
