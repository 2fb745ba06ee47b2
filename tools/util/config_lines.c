/* config_lines.c — reads a configuration file by lines and reports errors with their column. */
#include "tools/util/config_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/util/escape.h"
#include "tools/util/log.h"

bool lh_config_lines_open(struct lh_config_lines *l, struct lh_arena *arena, const char *path)
{
	memset(l, 0, sizeof(*l));
	l->path = path;
	l->arena = arena;
	l->file = fopen(path, "re");
	if (!l->file)
		lh_log("%s: %s", path, strerror(errno));
	l->bad = !l->file;
	return l->file != NULL;
}

void lh_config_lines_close(struct lh_config_lines *l)
{
	if (l->file)
		fclose(l->file);
	l->file = NULL;
}

bool lh_config_lines_error(struct lh_config_lines *l, const char *at, const char *format, ...)
{
	enum { LONGEST = 400 /* longer messages are shortened in the middle */ };
	va_list args;
	char *text;

	va_start(args, format);
	text = lh_arena_vprintf(l->arena, format, args);
	va_end(args);
	if (strlen(text) > LONGEST)
		text = lh_arena_printf(l->arena, "%.100s ... %s", text,
				       text + strlen(text) - (LONGEST - 100));
	lh_log("%s:%u:%u: %s", l->path, l->number, l->column + (unsigned)(at - l->text),
	       lh_escape(l->arena, LH_ESCAPE_TEXT, text));
	l->bad = true;
	return false;
}

char *lh_config_lines_trim(char *text)
{
	text += strspn(text, " \t\r");
	for (size_t n = strlen(text); n && strchr(" \t\r", text[n - 1]);)
		text[--n] = '\0';
	return text;
}

/* A # inside a word is part of the word: main::{lambda()#1}. */
static char *find_comment(char *line)
{
	for (char *c = line; (c = strchr(c, '#')) != NULL; c++)
		if (c == line || strchr(" \t", c[-1]))
			return c;
	return NULL;
}

static void split(struct lh_config_lines *l, char *line)
{
	char *comment = find_comment(line), *text;

	l->comment = NULL;
	if (comment) {
		*comment++ = '\0';
		l->comment = lh_config_lines_trim(comment + strspn(comment, "#"));
	}
	text = lh_config_lines_trim(line);
	l->column = (unsigned)(text - line) + 1;
	l->text = text;
}

bool lh_config_lines_next(struct lh_config_lines *l)
{
	char *line = NULL;
	size_t capacity = 0;
	ssize_t n;

	if (l->bad)
		return false;
	errno = 0;
	n = getline(&line, &capacity, l->file);
	if (n < 0) {
		l->bad = ferror(l->file) != 0;
		if (l->bad)
			lh_log("%s: %s", l->path, strerror(errno));
		free(line);
		return false;
	}
	l->number++;
	if (l->number == 1 && n >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0)
		l->bom = memmove(line, line + 3, (size_t)(n -= 3) + 1); /* of some editors */
	if (n && line[n - 1] == '\n')
		line[--n] = '\0';
	l->whole = lh_arena_strdup(l->arena, line);
	split(l, lh_arena_strdup(l->arena, line));
	if (strlen(line) != (size_t)n)
		lh_config_lines_error(l, l->text, "a zero byte; expected a line of text");
	free(line);
	return !l->bad;
}
