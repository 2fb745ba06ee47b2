/* source_lines.c — reads source lines from a file and shortens paths. */
#include "tools/symbols/source_lines.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WIDTH 160

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
	int fd = line ? lh_source_open(file) : -1;
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
