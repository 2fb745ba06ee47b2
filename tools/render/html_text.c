/* html_text.c — what the parts of the HTML page are made of: texts, boxes that scroll, source
 * lines, stacks. */
#include "tools/render/html.h"
#include "tools/symbols/source_lines.h"
#include "tools/util/text_width.h"

#include <string.h>

/* A text of more than TEXT_MAX bytes is cut to about twice TEXT_KEPT: a name may have a megabyte.
 */
enum { TEXT_MAX = 2000, TEXT_KEPT = 400 };

static bool is_inner_byte(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static const char *cut(struct lh_html *h, const char *text)
{
	size_t n = strlen(text), head = TEXT_KEPT, tail = n - TEXT_KEPT;

	if (n <= TEXT_MAX)
		return text;
	while (head && is_inner_byte(text[head]))
		head--;
	while (is_inner_byte(text[tail]))
		tail++;
	return lh_arena_printf(h->v->arena, "%.*s [... %zu bytes are left out ...] %s", (int)head,
			       text, tail - head, text + tail);
}

const char *lh_html_text(struct lh_html *h, const char *text)
{
	return lh_escape(h->v->arena, LH_ESCAPE_HTML,
			 lh_view_clean(h->v, text ? cut(h, text) : ""));
}

const char *lh_html_code(struct lh_html *h, const char *text)
{
	return text ? lh_arena_printf(h->v->arena, " <code>%s</code>", lh_html_text(h, text)) : "";
}

void lh_html_scroll(struct lh_html *h, const char *kind, const char *label)
{
	fprintf(h->v->out,
		"<div class=\"scroll %s\" role=\"region\" tabindex=\"0\" aria-label=\"%s\">\n",
		kind, label);
}

/* Begins lines that scroll in their own box. There are many of them: no landmarks. */
static void begin_lines(struct lh_html *h, const char *kind, const char *label)
{
	fprintf(h->v->out, "<pre class=\"%s\" role=\"group\" tabindex=\"0\" aria-label=\"%s\">",
		kind, lh_html_text(h, label));
}

/* ---- source ---- */

/* The blanks that all lines begin with. */
static uint32_t indent_of(const struct lh_source_lines *s)
{
	uint32_t least = UINT32_MAX;

	for (uint32_t i = 0; i < s->n; i++) {
		uint32_t n = (uint32_t)strspn(s->line[i], " ");

		if (s->line[i][n] && n < least)
			least = n;
	}
	return least == UINT32_MAX ? 0 : least;
}

/* The columns before the caret: the column counts bytes. */
static uint32_t caret_column(struct lh_html *h, const char *line, uint32_t bytes)
{
	return lh_text_width(
		lh_view_clean(h->v, lh_arena_printf(h->v->arena, "%.*s", (int)bytes, line)));
}

void lh_html_source(struct lh_html *h, const struct lh_report_frame *at, const char *label)
{
	struct lh_source_lines s;
	uint32_t indent;

	if (!h->v->style->source || !at || !at->file || !at->line ||
	    !lh_source_read(h->v->arena, at->file, at->line, at->column, &s))
		return;
	indent = indent_of(&s);
	begin_lines(h, "source", lh_arena_printf(h->v->arena, "source, line %u", at->line));
	for (uint32_t i = 0; i < s.n; i++) {
		bool marked = s.first + i == at->line;
		const char *line = s.line[i][0] ? s.line[i] + indent : "";

		fprintf(h->v->out, "%s%5u  %s%s\n", marked ? "<b>" : "", s.first + i,
			lh_html_text(h, line), marked ? "</b>" : "");
		/* not in a line that was cut before its column */
		if (marked && s.mark >= indent && (s.mark || at->column == 1))
			fprintf(h->v->out, "%*s<i>^ %s</i>\n",
				(int)(7 + caret_column(h, line, s.mark - indent)), "",
				lh_html_text(h, label));
	}
	fputs("</pre>\n", h->v->out);
}

/* ---- stacks ---- */

/* Beyond so many bytes of stacks only the innermost frames are shown: a page of many megabytes is
 * slow to open. */
enum { STACKS_BYTES = 400000, FRAMES_LEAST = 6 };

static const char *stack_text(struct lh_html *h, const struct lh_report_stack *t, uint32_t *frames)
{
	const char *text = "";

	*frames = 0;
	for (uint32_t i = 0; i < t->n; i++) {
		const struct lh_report_frame *f = &t->frame[i];

		if (f->ours || ((*frames)++ >= FRAMES_LEAST && h->stack_bytes > STACKS_BYTES))
			continue;
		text = lh_arena_printf(h->v->arena, "%s#%-2u %s  %s\n", text, *frames - 1,
				       f->function ? lh_html_text(h, f->function) : "??",
				       lh_html_text(h, lh_view_at(h->v, f)));
	}
	if (*frames > FRAMES_LEAST && h->stack_bytes > STACKS_BYTES)
		text = lh_arena_printf(h->v->arena,
				       "%s... %u more, which lockhound report -v has\n", text,
				       *frames - FRAMES_LEAST);
	return lh_arena_printf(h->v->arena, "%s%s%s", text,
			       t->cut ? "... the stack continues\n" : "",
			       t->approximate ? "(approximate: code without unwind tables)\n" : "");
}

void lh_html_stack(struct lh_html *h, const struct lh_report_stack *t)
{
	uint32_t frames, *number;
	const char *text = stack_text(h, t, &frames);

	if (!frames)
		return;
	number = lh_map_get(&h->stacks, h->v->arena, text, strlen(text), sizeof(*number));
	fprintf(h->v->out, "<details class=\"stack\"><summary>stack, %s</summary>",
		lh_view_count(h->v, frames, "frame", "frames"));
	if (*number) {
		fprintf(h->v->out, "<p><a href=\"#s%u\">as above: stack %u</a></p>", *number,
			*number);
	} else {
		*number = ++h->stack_n;
		h->stack_bytes += strlen(text);
		fprintf(h->v->out,
			"<pre id=\"s%u\" role=\"group\" tabindex=\"0\" "
			"aria-label=\"stack %u\">%s</pre>",
			*number, *number, text);
	}
	fputs("</details>\n", h->v->out);
}
