/* text_paint.c — colored output of the text report, and the place of a frame as text. */
#include "tools/render/text_paint.h"
#include "tools/symbols/source_lines.h"

#include <stdarg.h>
#include <string.h>

static const char *const paints[] = {"",          "\33[1m",    "\33[1;31m", "\33[1;35m",
				     "\33[1;36m", "\33[1;34m", "\33[32m",   "\33[2m"};

void lh_text_say(struct lh_view *v, enum lh_paint paint, const char *format, ...)
{
	va_list args;
	const char *text;

	va_start(args, format);
	text = lh_arena_vprintf(v->arena, format, args);
	va_end(args);
	if (v->style->color && paint != LH_PLAIN)
		fprintf(v->out, "%s%s\33[0m", paints[paint], text);
	else
		fputs(text, v->out);
}

enum lh_paint lh_text_severity_paint(enum lh_severity s)
{
	return s == LH_ERROR ? LH_RED : s == LH_WARNING ? LH_MAGENTA : LH_CYAN;
}

enum lh_paint lh_text_verdict_paint(enum lh_verdict verdict)
{
	return verdict == LH_VERDICT_CONFIRMED ? LH_RED : LH_BOLD;
}

const char *lh_text_where(struct lh_view *v, const struct lh_report_frame *f)
{
	const char *path;

	if (!f || !f->file || !f->line)
		return NULL;
	path = lh_view_clean(v, lh_path_last_parts(f->file));
	/* A line that begins with :: would be a command to GitHub's runner. */
	return lh_arena_printf(v->arena, "%s%s:%u", strncmp(path, "::", 2) == 0 ? "./" : "", path,
			       f->line);
}

const char *lh_text_in_module(struct lh_view *v, const struct lh_report_frame *f)
{
	return lh_arena_printf(v->arena, "%s+%#llx",
			       f->module ? lh_view_clean(v, lh_path_base(f->module)) : "?",
			       (unsigned long long)f->offset);
}

const char *lh_text_position(struct lh_view *v, const struct lh_report_frame *f)
{
	const char *at = lh_text_where(v, f);

	if (!at)
		return lh_text_in_module(v, f);
	return f->column ? lh_arena_printf(v->arena, "%s:%u", at, f->column) : at;
}
