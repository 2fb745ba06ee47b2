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

const char *lh_html_in_process(struct lh_html *h, const struct lh_report_process *p)
{
	if (h->v->report->processes < 2)
		return "";
	return lh_arena_printf(h->v->arena, " <span class=\"dim\">in %s[%d]</span>",
			       lh_html_text(h, lh_path_base(p->exe)), p->pid);
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

static uint32_t blanks(const char *line)
{
	return (uint32_t)strspn(line, " ");
}

/* How lines are moved to the left: by `strip` columns, then tabs, which have 8 columns, to 4. */
struct indent {
	uint32_t strip;
	bool halved;
};

static struct indent indent_of(const struct lh_source_lines *s)
{
	struct indent in = {.strip = UINT32_MAX, .halved = true};

	for (uint32_t i = 0; i < s->n; i++)
		if (s->line[i][0]) {
			in.halved &= blanks(s->line[i]) % 8 == 0;
			if (blanks(s->line[i]) < in.strip)
				in.strip = blanks(s->line[i]);
		}
	return in;
}

/* The blanks at the line's begin that the page has. */
static uint32_t kept(const struct indent *in, const char *line)
{
	return line[0] ? (blanks(line) - in->strip) / (in->halved ? 2 : 1) : 0;
}

/* The columns before the caret: the column counts bytes. */
static uint32_t caret_column(struct lh_html *h, const struct indent *in, const char *line,
			     uint32_t bytes)
{
	uint32_t first = blanks(line);

	return kept(in, line) +
	       lh_text_width(
		       lh_view_clean(h->v, lh_arena_printf(h->v->arena, "%.*s",
							   (int)(bytes > first ? bytes - first : 0),
							   line + first)));
}

void lh_html_source(struct lh_html *h, const struct lh_report_frame *at, const char *label)
{
	struct lh_source_lines s;
	struct indent in;

	if (!h->v->style->source || !at || !at->file || !at->line ||
	    !lh_source_read(h->v->arena, at->file, at->line, at->column, &s))
		return;
	in = indent_of(&s);
	begin_lines(h, "source", lh_arena_printf(h->v->arena, "source, line %u", at->line));
	for (uint32_t i = 0; i < s.n; i++) {
		bool marked = s.first + i == at->line;
		const char *line = s.line[i];

		fprintf(h->v->out, "%s%5u  %*s%s%s\n", marked ? "<b>" : "", s.first + i,
			(int)kept(&in, line), "", lh_html_text(h, line + blanks(line)),
			marked ? "</b>" : "");
		/* not in a line that was cut before its column */
		if (marked && (s.mark || at->column == 1))
			fprintf(h->v->out, "%*s<i>^ %s</i>\n",
				(int)(7 + caret_column(h, &in, line, s.mark)), "",
				lh_html_text(h, label));
	}
	fputs("</pre>\n", h->v->out);
}

/* ---- stacks ---- */

/* Beyond so many bytes of stacks only the innermost frames are shown: a page of many megabytes is
 * slow to open. */
enum { STACKS_BYTES = 180000, FRAMES_LEAST = 6 };

static const char *stack_text(struct lh_html *h, const struct lh_report_stack *t, uint32_t *frames)
{
	const char *text = "", *at;

	*frames = 0;
	for (uint32_t i = 0; i < t->n; i++) {
		const struct lh_report_frame *f = &t->frame[i];

		if (f->ours || ((*frames)++ >= FRAMES_LEAST && h->stack_bytes > STACKS_BYTES))
			continue;
		at = lh_view_at(h->v, f);
		text = lh_arena_printf(h->v->arena, "%s#%-2u %s%s%s\n", text, *frames - 1,
				       f->function ? lh_html_text(h, f->function) : "??",
				       at ? "  " : "", lh_html_text(h, at));
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
