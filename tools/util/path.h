/* path.h — paths of files: as texts, and below the top of the source tree. */
#ifndef LH_UTIL_PATH_H
#define LH_UTIL_PATH_H

#include "tools/util/arena.h"

#include <stdbool.h>
#include <string.h>

/* What follows the last slash. NULL: "". */
static inline const char *lh_path_base(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path ? path : "";
}

/* "src/a.c" for "./src//b/../a.c"; lexical; in the arena. */
const char *lh_path_normalize(struct lh_arena *, const char *path);

/* Is it relative and without a leading ".."? */
bool lh_path_is_inside(const char *path);

/*
 * The top of the source tree: `given`, or if that is NULL or "" the top of the repository that
 * contains the current directory (*known), or else the current directory. Absolute, without a final
 * slash: "" is the root directory.
 */
const char *lh_path_root(struct lh_arena *, const char *given, bool *known);

/*
 * The part of a normalized path below the root, and a relative path as it is. NULL: it is not
 * below. links: follows symbolic links if the file exists.
 */
const char *lh_path_below(struct lh_arena *, const char *root, const char *path, bool links);

#endif
