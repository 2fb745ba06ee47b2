/*
 * output_file.h — a file that is there whole or not at all.
 *
 * Opened under a passing name before the program starts, so that what cannot be
 * written is known then; given its name at the end. What is no regular file (a pipe,
 * /dev/null) is written directly.
 */
#ifndef LH_UTIL_OUTPUT_FILE_H
#define LH_UTIL_OUTPUT_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

struct lh_output {
	FILE *file;
	char path[PATH_MAX]; /* as it was asked for, %p %e %h not yet replaced */
	char temp[PATH_MAX]; /* "": written directly */
};

/* False: `why` names the file and the cause. */
bool lh_output_open(struct lh_output *o, const char *path, char *why, size_t capacity);
/* Ends the writing; %p is `pid`, %e the last part of `program`, %h this host. 0 or an errno. */
int lh_output_finish(struct lh_output *o, pid_t pid, const char *program);
void lh_output_drop(struct lh_output *o); /* as if it had never been opened */

#endif
