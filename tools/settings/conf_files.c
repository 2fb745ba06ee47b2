/* conf_files.c — which files a lockhound.conf that nobody named may name. */
#include "tools/settings/settings_internal.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/util/path.h"

/* The file, or where it would be made, without links. False: there is no such folder. */
static bool real_place(const char *path, char out[PATH_MAX])
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');

	snprintf(folder, sizeof(folder), "%.*s", slash > path ? (int)(slash - path) : 1, path);
	return realpath(path, out) || realpath(folder, out);
}

/* So is a file that nobody can open. A link to a file that is missing leads anywhere. */
static bool is_below(const char *root, const char *path)
{
	char real[PATH_MAX];
	size_t n = strlen(root);
	struct stat st;

	if (access(path, F_OK) && !lstat(path, &st))
		return false;
	return !real_place(path, real) ||
	       (strncmp(real, root, n) == 0 && (real[n] == '/' || !real[n]));
}

bool lh_settings_conf_may_name(struct lh_arena *arena, const char *conf, const char *path,
			       bool written)
{
	static const char *const streams[] = {"/dev/null", "/dev/stdout", "/dev/stderr"};
	const char *slash = strrchr(conf, '/');
	char folder[PATH_MAX];
	bool known;

	for (size_t i = 0; i < sizeof(streams) / sizeof(*streams); i++)
		if (strcmp(path, streams[i]) == 0)
			return true;
	if (written && !getcwd(folder, sizeof(folder)))
		return false;
	if (!written)
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash - conf), conf);
	return !*path ||
	       is_below(lh_path_root(arena, NULL, &known),
			*path == '/' ? path : lh_arena_printf(arena, "%s/%s", folder, path));
}
