/*
 * output_file.h — an output file that exists completely or not at all.
 *
 * Opens a temporary file before the program starts, so that a file that cannot be written is
 * reported then; renames it to its final name at the end. A path that is no regular file (a pipe,
 * /dev/null) is written directly. Follows no symbolic link and opens no pipe of another user than
 * root: in a shared folder that user would choose what we overwrite. Does not know the file's
 * format.
 */
#ifndef LH_UTIL_OUTPUT_FILE_H
#define LH_UTIL_OUTPUT_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct lh_output {
	FILE *file;
	char path[PATH_MAX]; /* as given, %p, %e and the like not yet replaced */
	char temp[PATH_MAX]; /* "": written directly */
};

/* Replaces %h, %r, %c and %% of a file that is opened before there is a program. False: another
 * letter, or the name is too long. */
bool lh_output_name(const char *path, char *out, size_t capacity);
/* False: `error` names the file and the cause. */
bool lh_output_open(struct lh_output *o, const char *path, char *error, size_t capacity);
/* A file that others read while it is written: directly, not by a temporary one. NULL: `error`. */
FILE *lh_output_open_log(const char *path, char *error, size_t capacity);
/*
 * Closes and renames the file. %p is `pid`, %e the last part of `program`, %h this host, %r the
 * rank and %c the container of this command (origin.h). Returns 0 or an errno.
 */
int lh_output_finish(struct lh_output *o, pid_t pid, const char *program);
void lh_output_drop(struct lh_output *o); /* removes the temporary file */
/*
 * For long work: SIGINT, SIGTERM and SIGHUP remove the temporary file before they end the process,
 * until the output is finished or dropped. One output at a time.
 */
void lh_output_drop_on_signal(const struct lh_output *o);

/* A file without a name, to write and read, in the folder of the output: where there is room for
 * the output there may be room for a copy. Returns a descriptor, or -1 and errno. */
int lh_output_scratch(const struct lh_output *o);

/* Returns 0 or an errno. */
int lh_write_all(int fd, const void *bytes, size_t n);
/* Copies `n` bytes from the offset `at` of a file. Returns 0 or an errno. */
int lh_copy_bytes(int from, uint64_t at, uint64_t n, int to);

#endif
