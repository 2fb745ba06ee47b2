/*
 * source_lines.h — the source lines around a line, if the file can be read.
 *
 * Does not know whether the file is still the one that was compiled.
 *
 * The debug information names the file, so a hostile program or ledger can name any file, and the
 * report may be published. Only these are shown: a file below the top of the source tree; elsewhere
 * a file that every user may read, or that is named as sources are, and not in /proc, /sys or /run.
 * Never a hidden file, one in .git, or one above 64 MiB.
 */
#ifndef LH_SYMBOLS_SOURCE_LINES_H
#define LH_SYMBOLS_SOURCE_LINES_H

#include "tools/util/arena.h"

#include <stdbool.h>

#define LH_SOURCE_LINES 3

struct lh_source_lines {
	uint32_t first; /* number of the first line */
	uint32_t n;
	/* not escaped, without line ends, tabs expanded, cut at 160 bytes */
	const char *line[LH_SOURCE_LINES];
	uint32_t mark; /* index of the column in the expanded line, from 0 */
};

/* A descriptor of a regular file, -1 if it cannot be opened. A path in a ledger is untrusted: it
 * must not make us open a device or wait on a pipe. */
int lh_source_open(const char *path);

/* The top of the source tree (util/path.h). */
void lh_source_set_root(const char *root);

/*
 * Reads the line and its neighbours. `column` counts bytes from 1; 0: none. False: the file cannot
 * be read, or is shorter, or must not be shown.
 */
bool lh_source_read(struct lh_arena *, const char *file, uint32_t line, uint32_t column,
		    struct lh_source_lines *);

/* The path relative to the current directory if it is inside; points into `path`. */
const char *lh_path_last_parts(const char *path);

#endif
