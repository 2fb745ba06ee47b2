/* source_lines.c — reads source lines from a file and shortens paths. */
#include "tools/symbols/source_lines.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WIDTH = 160, BYTES_MAX = 64 << 20 /* of a source file; its longest line is in memory */ };

static char source_root[PATH_MAX]; /* "": the root directory, or none is set */

int lh_source_open(const char *path)
{
	struct stat st;
	int fd;

	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) {
		close(fd);
		return -1;
	}
	return fd;
}

void lh_source_set_root(const char *root)
{
	snprintf(source_root, sizeof(source_root), "%s", root);
}

static bool begins(const char *path, const char *with)
{
	return strncmp(path, with, strlen(with)) == 0;
}

/* By its ending; keys and passwords have none of these. */
static bool is_source_name(const char *name)
{
	static const char known[] =
		" c h cc hh cpp hpp cxx hxx c++ h++ inl ipp tcc tpp inc def y l s S "
		"rs go py pyx pxd pyi f for f90 f95 d m mm cu swift zig vala ";
	const char *dot = strrchr(name, '.');
	char word[16];

	return dot && snprintf(word, sizeof(word), " %s ", dot + 1) < (int)sizeof(word) &&
	       strstr(known, word) != NULL;
}

/* `real`: without symbolic links. */
static bool may_show(const char *real, const struct stat *st)
{
	const char *name = strrchr(real, '/');
	size_t n = strlen(source_root);

	if (!name || name[1] == '.' || strstr(real, "/.git/") || !st->st_size ||
	    st->st_size > BYTES_MAX)
		return false;
	if (n && begins(real, source_root) && real[n] == '/')
		return true;
	return (st->st_mode & S_IROTH || is_source_name(name)) && !begins(real, "/proc/") &&
	       !begins(real, "/sys/") && !begins(real, "/run/");
}

/* A descriptor of a source file that a report may show; -1: none. */
static int open_source(const char *path)
{
	char link[40], real[PATH_MAX] = "";
	struct stat st;
	int fd = lh_source_open(path);

	if (fd < 0)
		return -1;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (readlink(link, real, sizeof(real) - 1) > 0 && !fstat(fd, &st) && may_show(real, &st))
		return fd;
	close(fd);
	return -1;
}

/* Expands tabs, so that a mark printed below a column lines up with it. */
static const char *tidy(struct lh_arena *p, const char *line, uint32_t column, uint32_t *mark)
{
	char out[WIDTH + 8];
	size_t n = 0;

	for (const char *first = line; *line && *line != '\n' && *line != '\r' && n < WIDTH;
	     line++) {
		if (line - first + 1 == column)
			*mark = (uint32_t)n;
		if (*line != '\t') {
			out[n++] = *line;
			continue;
		}
		do
			out[n++] = ' ';
		while (n % 8);
	}
	while (n && out[n - 1] == ' ')
		n--;
	out[n] = 0;
	return lh_arena_strdup(p, out);
}

bool lh_source_read(struct lh_arena *p, const char *file, uint32_t line, uint32_t column,
		    struct lh_source_lines *s)
{
	int fd = line ? open_source(file) : -1;
	FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;
	char *text = NULL;
	size_t capacity = 0;

	memset(s, 0, sizeof(*s));
	if (!f)
		return false;
	s->first = line > 1 ? line - 1 : 1;
	for (uint32_t n = 1; n <= line + 1 && getline(&text, &capacity, f) >= 0; n++)
		if (n >= s->first)
			s->line[s->n++] = tidy(p, text, n == line ? column : 0, &s->mark);
	free(text);
	fclose(f);
	return s->n > line - s->first;
}

const char *lh_path_last_parts(const char *path)
{
	static char cwd[4096];
	size_t n;

	if (!cwd[0] && !getcwd(cwd, sizeof(cwd)))
		strcpy(cwd, "?");
	n = strlen(cwd);
	while (n && cwd[n - 1] == '/')
		n--; /* in / every path would be relative, which looks odd */
	if (n > 1 && strncmp(path, cwd, n) == 0 && path[n] == '/')
		path += n + 1;
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	return path;
}
