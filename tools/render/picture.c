/* picture.c — the element around a picture, and texts in lines. */
#include "tools/render/picture.h"
#include "tools/render/picture_style.h"
#include "tools/util/shorten.h"
#include "tools/util/text_width.h"

#include <string.h>

enum { TITLE_MAX = 300 /* columns */ };

struct lh_picture_text lh_picture_wrap(struct lh_arena *p, const char *text, uint32_t columns)
{
	struct lh_picture_text w = {0};

	while (*text) {
		size_t n = strcspn(text, " ");
		const char *word = lh_arena_printf(p, "%.*s", (int)n, text);
		const char *fit = lh_shorten_name(p, word, columns), *more = fit;

		w.shortened |= fit != word;
		text += n + strspn(text + n, " ");
		if (w.lines)
			more = lh_arena_printf(p, "%s %s", w.line[w.lines - 1], fit);
		if (w.lines && lh_text_width(more) <= columns) {
			w.line[w.lines - 1] = more;
		} else if (w.lines == LH_PICTURE_LINES) {
			w.line[LH_PICTURE_LINES - 1] = lh_shorten_end(p, more, columns);
			w.shortened = true;
			break;
		} else {
			w.line[w.lines++] = fit;
		}
	}
	return w;
}

void lh_picture_lines(struct lh_view *v, const struct lh_picture_text *w, uint32_t x, uint32_t y,
		      const char *class)
{
	class = *class ? lh_arena_printf(v->arena, " class=\"%s\"", class) : "";
	for (uint32_t i = 0; i < w->lines; i++)
		fprintf(v->out, "<tspan x=\"%u\" y=\"%u\"%s>%s</tspan>", x, y + LH_PICTURE_LINE * i,
			class, lh_view_xml(v, w->line[i]));
}

void lh_picture_title(struct lh_view *v, const char *text)
{
	fprintf(v->out, "<title>%s</title>",
		lh_view_xml(v, lh_shorten_end(v->arena, text, TITLE_MAX)));
}

void lh_picture_begin(struct lh_view *v, const struct lh_picture *picture)
{
	fprintf(v->out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"%s\" role=\"img\" "
		"width=\"%u\" height=\"%u\" viewBox=\"0 0 %u %u\" font-size=\"%d\" "
		"font-family=\"ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace\">\n",
		picture->class, picture->width, picture->height, picture->width, picture->height,
		LH_PICTURE_FONT);
	lh_picture_title(v, picture->title);
	fprintf(v->out, "\n<desc>%s</desc>\n", lh_view_xml(v, picture->desc));
	if (picture->alone)
		fprintf(v->out,
			"<style>%s</style>\n"
			"<rect width=\"%u\" height=\"%u\" class=\"lp-back\"/>\n",
			LH_PICTURE_STYLE_ALONE, picture->width, picture->height);
}
