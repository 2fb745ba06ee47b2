/* preload.c — finds the library, and makes the program's environment. */
#include "tools/run/preload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME "liblockhound.so"
#define ASAN_SETTING "verify_asan_link_order=0"

enum { OWN_MAX = 4 /* variables that are set */ };

/* Searches beside the command (build tree), in ../lib/lockhound, in the directory chosen at build
 * time, and in LOCKHOUND_LIB. */
static bool locate(char *out)
{
	char self[PATH_MAX] = "", probe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n > 0 && strrchr(self, '/'))
		*strrchr(self, '/') = '\0';
	const char *given = getenv("LOCKHOUND_LIB");
	const char *const candidates[][2] = {
		{self, "/" NAME},
		{self, "/../lib/lockhound/" NAME},
		{LH_LIBRARY_DIR, "/" NAME},
		{given ? given : "", ""},
		{given ? given : "", "/" NAME},
	};
	for (size_t i = 0; i < sizeof(candidates) / sizeof(*candidates); i++) {
		if (!*candidates[i][0] || snprintf(probe, sizeof(probe), "%s%s", candidates[i][0],
						   candidates[i][1]) >= (int)sizeof(probe))
			continue;
		if (realpath(probe, out) && !access(out, R_OK) && strstr(probe, ".so"))
			return true;
	}
	return false;
}

/* LD_PRELOAD is split at spaces and colons and has no quoting, so a path with one of them is
 * reached through a symbolic link. */
static bool link_clean(struct lh_preload *p, char *error, size_t capacity)
{
	const char *tmp = getenv("TMPDIR");
	char target[PATH_MAX];
	strcpy(target, p->library);
	if (!tmp || *tmp != '/' || strpbrk(tmp, " :\t\n"))
		tmp = "/tmp";
	if (snprintf(p->link_directory, sizeof(p->link_directory) - sizeof("/" NAME),
		     "%s/lockhound.XXXXXX",
		     tmp) < (int)(sizeof(p->link_directory) - sizeof("/" NAME)) &&
	    mkdtemp(p->link_directory)) {
		snprintf(p->library, sizeof(p->library), "%.*s/" NAME, PATH_MAX - 32,
			 p->link_directory);
		if (!symlink(target, p->library))
			return true;
		rmdir(p->link_directory);
	}
	*p->link_directory = '\0';
	snprintf(error, capacity,
		 "%s: LD_PRELOAD does not allow a space or colon in a path, and no link to it can "
		 "be made in %s: %s",
		 target, tmp, strerror(errno));
	return false;
}

bool lh_preload_find(struct lh_preload *p, char *error, size_t capacity)
{
	memset(p, 0, sizeof(*p));
	if (!locate(p->library)) {
		snprintf(error, capacity,
			 NAME
			 " is not next to this command, in ../lib/lockhound or in " LH_LIBRARY_DIR
			 "; name it with LOCKHOUND_LIB=FILE");
		return false;
	}
	return !strpbrk(p->library, " :\t\n") || link_clean(p, error, capacity);
}

void lh_preload_cleanup(struct lh_preload *p)
{
	if (!*p->link_directory)
		return;
	unlink(p->library);
	rmdir(p->link_directory);
	*p->link_directory = '\0';
}

static const char *lookup(char *const *base, const char *name)
{
	size_t n = strlen(name);
	for (; *base; base++)
		if (!strncmp(*base, name, n) && (*base)[n] == '=')
			return *base + n + 1;
	return NULL;
}

/* "NAME=first", and if there is a second, `between` and "second". */
static char *variable(const char *name, const char *first, char between, const char *second)
{
	char *out;
	int n = second && *second ? asprintf(&out, "%s=%s%c%s", name, first, between, second)
				  : asprintf(&out, "%s=%s", name, first);
	return n < 0 ? NULL : out;
}

static bool has_entry(const char *list, const char *entry)
{
	for (size_t n = strlen(entry); list && *list; list += strspn(list, " :")) {
		size_t length = strcspn(list, " :");
		if (length == n && !strncmp(list, entry, n))
			return true;
		list += length;
	}
	return false;
}

/* Our library comes before all others, so that our lock wrappers come before theirs; only the ASan
 * runtime precedes it. */
static char *preload_variable(const struct lh_preload *p, const char *before, const char *asan)
{
	char *list = NULL, *out;
	if (has_entry(before, p->library))
		return variable("LD_PRELOAD", before, 0, NULL);
	if (*asan && !has_entry(before, asan)) {
		if (asprintf(&list, "%s:%s", asan, p->library) < 0)
			return NULL;
		out = variable("LD_PRELOAD", list, ':', before);
		free(list);
		return out;
	}
	return variable("LD_PRELOAD", p->library, ':', before);
}

/* gcc's ASan runtime refuses to start unless it is first. A later setting overrides an earlier. */
static char *asan_variable(const char *before)
{
	return before && *before ? variable("ASAN_OPTIONS", before, ':', ASAN_SETTING)
				 : variable("ASAN_OPTIONS", ASAN_SETTING, 0, NULL);
}

static size_t name_length(const char *entry)
{
	return strcspn(entry, "=");
}

/* A collector that is set already is kept. */
static char *itt_variable(const struct lh_preload *p, const char *before)
{
	return variable(LH_ITT_VARIABLE, before && *before ? before : p->library, 0, NULL);
}

/* Variables keep their positions, because some programs print their environment. */
static void place(char **out, char *const *base, size_t n, char *const *own, size_t owns)
{
	bool placed[OWN_MAX] = {false};
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		out[k++] = base[i];
		for (size_t j = 0; j < owns; j++) {
			size_t l = name_length(own[j]);
			if (name_length(base[i]) == l && !strncmp(base[i], own[j], l)) {
				out[k - 1] = own[j];
				k -= placed[j];
				placed[j] = true;
			}
		}
	}
	for (size_t j = 0; j < owns; j++)
		if (!placed[j])
			out[k++] = own[j];
}

char **lh_preload_environment(const struct lh_preload *p, char *const *base, const char *options,
			      const char *asan)
{
	char *own[OWN_MAX] = {preload_variable(p, lookup(base, "LD_PRELOAD"), asan),
			      variable("LOCKHOUND_OPTIONS", options, 0, NULL),
			      asan_variable(lookup(base, "ASAN_OPTIONS")),
			      p->itt ? itt_variable(p, lookup(base, LH_ITT_VARIABLE)) : NULL};
	size_t n = 0, owns = p->itt ? OWN_MAX : OWN_MAX - 1;
	bool complete = true;

	while (base[n])
		n++;
	char **out = calloc(n + OWN_MAX + 1, sizeof(*out));
	for (size_t j = 0; j < owns; j++)
		complete = complete && own[j];
	if (out && complete) {
		place(out, base, n, own, owns);
		return out;
	}
	free(out);
	for (size_t j = 0; j < owns; j++)
		free(own[j]);
	return NULL;
}

void lh_preload_free_environment(char **variables, char *const *base)
{
	for (char **v = variables; *v; v++) {
		char *const *known = base;
		while (*known && *known != *v)
			known++;
		if (!*known)
			free(*v);
	}
	free(variables);
}
