/* path.h — paths of files. */
#ifndef LH_UTIL_PATH_H
#define LH_UTIL_PATH_H

#include <string.h>

/* What follows the last slash. NULL: "". */
static inline const char *lh_path_base(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path ? path : "";
}

#endif
