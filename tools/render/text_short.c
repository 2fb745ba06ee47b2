/*
 * text_short.c — the short form of a finding: at most 16 lines for two threads, each at most as
 * wide as the terminal.
 *
 * A row has the step, its place, the line of source and the call path. If they do not fit into one
 * line together, the source goes into a line of its own, and without a source the call path; if
 * that makes too many lines, the source is left out and the call path is shortened.
 */
#include "tools/render/text_lines.h"
#include "tools/render/text_paint.h"
#include "tools/render/text_rows.h"
#include "tools/util/shorten.h"
#include "tools/util/text_width.h"

#include <string.h>

/* PATH_LEAST: of a call path, next to the source. BLOCKS_MAX: in the middle they are folded. */
enum { LINES_MAX = 16, INDENT = 4, GAP = 2, SOURCE_MAX = 48, PATH_LEAST = 40, BLOCKS_MAX = 4 };
enum { ROWS_MAX = 5, ROWS_LEAST = 2 }; /* of a thread */

enum layout { ONE_LINE, TWO_LINES, PATH_BELOW, NO_SOURCE };

struct form {
	struct lh_text_lines l;
	struct lh_text_rows t;
	bool single;  /* each block has one row, which names its thread */
	bool shifted; /* a step is wider than its column */
	enum layout layout;
	uint32_t step, place, source; /* columns */
	uint32_t path;                /* columns of the longest call path */
	uint32_t rows, sources;       /* how many are shown */
};

/* ---- the layout of the rows ---- */

static bool is_folded(const struct form *g, uint32_t block)
{
	return g->t.blocks > BLOCKS_MAX && block >= BLOCKS_MAX - 1 && block + 1 < g->t.blocks;
}

/* "waits for 'a'" of one thread, "wait for 'a'" of several. */
static const char *plural(struct lh_arena *p, const char *step)
{
	size_t n = strcspn(step, " ");

	if (strncmp(step, "is ", 3) == 0)
		return lh_arena_printf(p, "are%s", step + n);
	return n && step[n - 1] == 's' ? lh_arena_printf(p, "%.*s%s", (int)n - 1, step, step + n)
				       : step;
}

static const char *step_of(const struct form *g, const struct lh_text_block *b,
			   const struct lh_text_row *row)
{
	const char *step = b->threads > 1 ? plural(g->l.v->arena, row->step) : row->step;

	return g->single ? lh_arena_printf(g->l.v->arena, "%s %s", b->who, step) : step;
}

static void widen(uint32_t *columns, const char *text)
{
	uint32_t w = lh_text_width(text);

	if (*columns < w)
		*columns = w;
}

/* A thread shares the line of its only row, unless that gets too long. */
static bool is_single(struct form *g)
{
	for (uint32_t i = 0; i < g->t.blocks; i++) {
		const struct lh_text_block *b = &g->t.block[i];

		if (b->rows != 1 || b->left_out || is_folded(g, i) ||
		    lh_text_width(b->who) + lh_text_width(b->row[0].step) + 1 > g->l.width / 2)
			return false;
	}
	return true;
}

/* The columns of a line below a row. */
static uint32_t below(const struct form *g)
{
	return g->l.width - INDENT - 4;
}

/* Sets the widths of the columns. Returns that of the call paths, at most PATH_LEAST. */
static uint32_t measure(struct form *g)
{
	uint32_t path = 0;

	g->single = is_single(g);
	for (uint32_t i = 0; i < g->t.blocks; i++) {
		const struct lh_text_block *b = &g->t.block[i];

		for (uint32_t k = 0; k < b->rows && !is_folded(g, i); k++) {
			const char *step = step_of(g, b, &b->row[k]);

			/* a longer one shifts its place to the right */
			if (lh_text_width(step) <= g->t.step_max)
				widen(&g->step, step);
			else
				g->shifted = true;
			widen(&g->place, b->row[k].place);
			widen(&g->source, b->row[k].source);
			widen(&path, lh_text_call_path(g->l.v, &b->row[k], PATH_LEAST));
			widen(&g->path, lh_text_call_path(g->l.v, &b->row[k], below(g)));
			g->sources += b->row[k].source[0] != '\0';
			g->rows++;
		}
	}
	return path;
}

/* The lines of the finding without the lines of source, and an empty one behind it. */
static uint32_t count_lines(struct form *g)
{
	uint32_t n =
		lh_text_first_lines(&g->l, false) + lh_text_last_lines(&g->l, false) + g->rows + 1;

	for (uint32_t i = 0; i < g->t.blocks; i++)
		if (!is_folded(g, i))
			n += !g->single + (g->t.block[i].left_out != 0);
	return n + (g->t.blocks > BLOCKS_MAX);
}

/* A cycle of more than two threads may have more lines. */
static uint32_t lines_max(const struct form *g)
{
	uint32_t more = g->l.f->cycle_parts > 2 ? g->l.f->cycle_parts - 2 : 0;

	return LINES_MAX + 5 * (more > BLOCKS_MAX - 2 ? BLOCKS_MAX - 2 : more);
}

static void choose_layout(struct form *g)
{
	uint32_t path = measure(g);

	uint32_t columns = INDENT + g->step + GAP + g->place + GAP;

	g->layout = NO_SOURCE;
	if (!g->sources && columns + g->path > g->l.width &&
	    count_lines(g) + g->rows <= lines_max(g))
		g->layout = PATH_BELOW;
	if (g->sources && count_lines(g) + g->sources <= lines_max(g))
		g->layout = TWO_LINES;
	if (g->sources && g->source <= SOURCE_MAX && !g->shifted &&
	    columns + g->source + GAP + path <= g->l.width)
		g->layout = ONE_LINE;
}

/* ---- the rows ---- */

/* One column and the gap behind it. Returns the columns that it took. */
static uint32_t column(struct form *g, enum lh_paint paint, const char *text, uint32_t width)
{
	uint32_t w = lh_text_width(text);

	lh_text_say(g->l.v, paint, "%s", text);
	width = w > width ? w : width;
	lh_text_say(g->l.v, LH_PLAIN, "%*s", (int)(width + GAP - w), "");
	return width + GAP;
}

static const char *fitting_path(struct form *g, const struct lh_text_row *row, uint32_t at)
{
	at += g->place + GAP + (g->layout == ONE_LINE ? g->source + GAP : 0);
	return at < g->l.width && g->layout != PATH_BELOW
		       ? lh_text_call_path(g->l.v, row, g->l.width - at)
		       : "";
}

/* The line below a row. */
static void show_below(struct form *g, const struct lh_text_row *row)
{
	const char *text = "";

	if (g->layout == TWO_LINES)
		text = lh_shorten_end(g->l.v->arena, row->source, below(g));
	if (g->layout == PATH_BELOW)
		text = lh_text_call_path(g->l.v, row, below(g));
	if (!text[0])
		return;
	lh_text_say(g->l.v, LH_PLAIN, "%*s", INDENT + 4, "");
	lh_text_say(g->l.v, g->layout == TWO_LINES ? LH_BOLD : LH_PLAIN, "%s\n", text);
}

/* The place and what follows; blanks of empty columns are not written. */
static void show_place(struct form *g, const struct lh_text_row *row, uint32_t at)
{
	const char *path = fitting_path(g, row, at),
		   *source = g->layout == ONE_LINE ? row->source : "";

	if (path[0] || source[0])
		column(g, LH_BLUE, row->place, g->place);
	else
		lh_text_say(g->l.v, LH_BLUE, "%s", row->place);
	if (path[0] && g->layout == ONE_LINE)
		column(g, LH_BOLD, source, g->source);
	else
		lh_text_say(g->l.v, LH_BOLD, "%s", source);
	lh_text_say(g->l.v, LH_PLAIN, "%s\n", path);
	show_below(g, row);
}

static void show_row(struct form *g, const struct lh_text_block *b, const struct lh_text_row *row)
{
	uint32_t at = g->single ? 2 : INDENT, place = lh_text_width(row->place);
	const char *step = lh_shorten(g->l.v->arena, step_of(g, b, row),
				      g->l.width - at - (place ? place + GAP : 0));

	lh_text_say(g->l.v, LH_PLAIN, "%*s", (int)at, "");
	if (!place) {
		lh_text_say(g->l.v, LH_PLAIN, "%s\n", step);
		return;
	}
	at += column(g, LH_PLAIN, step, g->step);
	show_place(g, row, at);
}

static void show_block(struct form *g, const struct lh_text_block *b)
{
	if (!g->single) {
		const char *who = lh_shorten(g->l.v->arena, b->who, g->l.width - 2);

		lh_text_say(g->l.v, LH_BOLD, "  %s", who);
		lh_text_say(g->l.v, LH_PLAIN, "%s\n",
			    lh_shorten_end(g->l.v->arena, b->details,
					   g->l.width - 2 - lh_text_width(who)));
	}
	for (uint32_t i = 0; i < b->rows; i++)
		show_row(g, b, &b->row[i]);
	if (b->left_out)
		lh_text_say(g->l.v, LH_PLAIN, "%*sand %s: -v\n", INDENT, "",
			    lh_view_count(g->l.v, b->left_out, "more step", "more steps"));
}

static void show_blocks(struct form *g)
{
	uint32_t folded = 0;

	for (uint32_t i = 0; i < g->t.blocks; i++) {
		folded += is_folded(g, i) ? g->t.block[i].threads : 0;
		if (folded && !is_folded(g, i))
			lh_text_say(g->l.v, LH_PLAIN, "  and %u more threads: -v\n", folded);
		if (!is_folded(g, i))
			show_block(g, &g->t.block[i]);
	}
}

static struct form make_form(struct lh_view *v, const struct lh_report_finding *f, uint32_t rows)
{
	struct form g = {.l = {.v = v, .f = f, .width = v->style->width}};

	if (!g.l.width)
		g.l.width = LH_TEXT_WIDTH;
	g.t = (struct lh_text_rows){.view = v,
				    .f = f,
				    .step_max = g.l.width * 9 / 20,
				    .place_max = g.l.width / 3,
				    .rows_max = rows};
	lh_text_rows_make(&g.t);
	choose_layout(&g);
	return g;
}

void lh_text_finding_short(struct lh_view *v, const struct lh_report_finding *f)
{
	struct form g = make_form(v, f, ROWS_MAX);

	for (uint32_t rows = ROWS_MAX - 1; rows >= ROWS_LEAST; rows--)
		if (count_lines(&g) > lines_max(&g))
			g = make_form(v, f, rows);
	g.l.tight = count_lines(&g) > lines_max(&g);
	lh_text_first_lines(&g.l, true);
	show_blocks(&g);
	lh_text_last_lines(&g.l, true);
	fputc('\n', v->out);
}
