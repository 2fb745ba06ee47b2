/* path.c — paths of files, as texts and below the top of the source tree. */
#include "tools/util/path.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_dots(const char *part, size_t n)
{
	return n == 2 && part[0] == '.' && part[1] == '.';
}

const char *lh_path_normalize(struct lh_arena *p, const char *path)
{
	char *out = lh_arena_alloc(p, strlen(path) + 2);
	size_t n = 0, floor = 0;

	if (*path == '/')
		out[n++] = '/', floor = 1;
	for (size_t k; *path; path += k) {
		path += strspn(path, "/");
		k = strcspn(path, "/");
		if (!k || (k == 1 && *path == '.'))
			continue;
		if (is_dots(path, k) && n > floor) {
			while (n > floor && out[n - 1] != '/')
				n--;
			n -= n > floor;
			continue;
		}
		if (is_dots(path, k) && floor == 1 && out[0] == '/')
			continue;
		if (n && out[n - 1] != '/')
			out[n++] = '/';
		memcpy(out + n, path, k);
		n += k;
		if (is_dots(path, k))
			floor = n; /* leading ".." stay */
	}
	out[n] = '\0';
	return out;
}

bool lh_path_is_inside(const char *path)
{
	return path && path[0] && path[0] != '/' && !(is_dots(path, strcspn(path, "/")));
}

/* ---- the source tree ---- */

/* The top of the repository that contains the current directory; without one, the directory. */
static const char *find_root(struct lh_arena *p, bool *known)
{
	char dir[PATH_MAX], probe[PATH_MAX + 8];
	const char *here;

	if (!getcwd(dir, sizeof(dir)))
		return "";
	here = lh_arena_strdup(p, dir);
	for (char *slash; dir[0]; *slash = '\0') {
		snprintf(probe, sizeof(probe), "%s/.git", dir);
		*known = access(probe, F_OK) == 0;
		if (*known)
			return lh_arena_strdup(p, dir);
		slash = strrchr(dir, '/');
		if (!slash)
			break;
	}
	return strcmp(here, "/") == 0 ? "" : here;
}

static const char *given_root(struct lh_arena *p, const char *given)
{
	char real[PATH_MAX];
	size_t n;

	if (!realpath(given, real)) {
		char *as_is = lh_arena_strdup(p, given);

		for (n = strlen(as_is); n > 1 && as_is[n - 1] == '/';)
			as_is[--n] = '\0';
		return as_is;
	}
	return strcmp(real, "/") == 0 ? "" : lh_arena_strdup(p, real);
}

const char *lh_path_root(struct lh_arena *p, const char *given, bool *known)
{
	*known = given && given[0];
	return *known ? given_root(p, given) : find_root(p, known);
}

/* The part of a path below the root; NULL: it is not below. */
static const char *path_below(const char *root, const char *path)
{
	size_t n = strlen(root);

	if (strncmp(path, root, n) != 0 || path[n] != '/' || !path[n + 1])
		return NULL;
	return path + n + 1;
}

const char *lh_path_below(struct lh_arena *p, const char *root, const char *path, bool links)
{
	const char *rest = path[0] == '/' ? path_below(root, path) : path;
	char real[PATH_MAX];

	/* The build may have used a symbolic link to the root. */
	if (!rest && links && realpath(path, real) && path_below(root, real))
		rest = lh_arena_strdup(p, path_below(root, real));
	return rest;
}
