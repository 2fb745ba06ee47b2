/*
 * text_short.c — the short form of a finding: at most 16 lines for two threads, each at most as
 * wide as the terminal.
 *
 * A row has the step, its place, the line of source and the call path. If they do not fit into one
 * line together, the source goes into a line of its own, and without a source the call path; if
 * that makes too many lines, the source is left out and the call path is shortened.
 */
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
	struct lh_view *v;
	const struct lh_report_finding *f;
	uint32_t width;
	struct lh_text_rows t;
	bool tight;   /* no text is wrapped: its end is left out */
	bool single;  /* each block has one row, which names its thread */
	bool shifted; /* a step is wider than its column */
	enum layout layout;
	uint32_t step, place, source; /* columns */
	uint32_t path;                /* columns of the longest call path */
	uint32_t rows, sources;       /* how many are shown */
};

/* ---- lines ---- */

/*
 * Writes the text, or counts only, in lines of at most `width` columns, broken at blanks. `indent`
 * columns are free on the first line, and blank on the others.
 */
static uint32_t wrap(struct form *g, const char *text, uint32_t indent, bool write)
{
	uint32_t lines = 1, at = indent;

	for (const char *word = text; *word;) {
		size_t n = strcspn(word, " ");
		const char *shown =
			lh_shorten(g->v->arena, lh_arena_printf(g->v->arena, "%.*s", (int)n, word),
				   g->width - indent);
		uint32_t w = lh_text_width(shown);

		if (at > indent && at + 1 + w > g->width) {
			lines++;
			at = indent;
			if (write)
				lh_text_say(g->v, LH_PLAIN, "\n%*s", (int)indent, "");
		} else if (at > indent) {
			at++;
			if (write)
				lh_text_say(g->v, LH_PLAIN, " ");
		}
		if (write)
			lh_text_say(g->v, LH_PLAIN, "%s", shown);
		at += w;
		word += n;
		word += strspn(word, " ");
	}
	if (write)
		lh_text_say(g->v, LH_PLAIN, "\n");
	return lines;
}

/* "  help: …" */
static uint32_t labelled(struct form *g, enum lh_paint paint, const char *label, const char *text,
			 bool write)
{
	uint32_t indent = 2 + (uint32_t)strlen(label);

	if (g->tight)
		text = lh_shorten_end(g->v->arena, text, g->width - indent);
	if (write)
		lh_text_say(g->v, paint, "  %s", label);
	return wrap(g, text, indent, write);
}

/* ---- the first line: file:line:column: error: message [rule] ---- */

/* Not if a condition follows. */
static const char *without(struct lh_arena *p, const char *text, const char *words)
{
	const char *at = strstr(text, words);
	const char *next = at ? at + strlen(words) : "";

	return at && (!*next || strncmp(next, " (", 2) == 0 || strncmp(next, " in ", 4) == 0)
		       ? lh_arena_printf(p, "%.*s%s", (int)(at - text), text, at + strlen(words))
		       : text;
}

/*
 * The message, with the names of locks as long as they may be; NULL: it does not fit. What a line
 * below says too is left out first.
 */
static const char *fitting_message(struct form *g, uint32_t columns)
{
	static const uint8_t name_columns[] = {200, 60, 52, 44, 38, 32, 28, 24};
	static const char *const dispensable[] = {": this can deadlock", " are acquired"};
	const char *message = lh_view_clean(g->v, g->f->message), *text;

	for (size_t i = 0; i < sizeof(name_columns); i++) {
		text = lh_text_short_names(g->v, g->f, message, name_columns[i]);
		for (size_t k = 0; k < 2 && lh_text_width(text) > columns; k++)
			text = without(g->v->arena, text, dispensable[k]);
		if (lh_text_width(text) <= columns)
			return text;
	}
	return NULL;
}

/* Does the message say nothing that the title and the rows do not say too? */
static bool is_plain(const struct form *g)
{
	return g->f->cycle && !g->f->by_class && !g->f->told &&
	       strcmp(g->f->message, lh_report_message(g->v->report, g->f)) == 0;
}

static uint32_t first_line(struct form *g, bool write)
{
	struct lh_view *v = g->v;
	const struct lh_report_finding *f = g->f;
	const char *at = f->frame ? lh_text_position(v, f->frame)
				  : lh_view_clean(v, f->process->comm),
		   *severity = lh_name_severity(f->severity), *rule = lh_name_rule(f->rule);
	uint32_t others = (uint32_t)(strlen(severity) + strlen(rule) + strlen(": :  []")), room;
	const char *message, *text;

	at = lh_shorten(v->arena, at, g->width - others);
	room = g->width - others - lh_text_width(at);
	message = text = fitting_message(g, room);
	if (!text)
		text = lh_text_width(f->title) <= room ? f->title : "";
	if (write) {
		lh_text_say(v, LH_BOLD, "%s: ", at);
		lh_text_say(v, lh_text_severity_paint(f->severity), "%s: ", severity);
		lh_text_say(v, LH_BOLD, "%s%s", text, *text ? " " : "");
		lh_text_say(v, LH_PLAIN, "[%s]\n", rule);
	}
	if (message || (*text && is_plain(g)))
		return 1;
	message = fitting_message(g, g->width - 2);
	return 1 +
	       labelled(g, LH_PLAIN, "", message ? message : lh_view_clean(v, f->message), write);
}

/* The second line: the fingerprint, where, how often, status. */
static uint32_t id_line(struct form *g, bool write)
{
	const struct lh_report_finding *f = g->f;
	struct lh_view *v = g->v;
	const char *text = lh_arena_printf(v->arena, "id %s", f->fingerprint);

	if (v->report->processes > 1)
		text = lh_arena_printf(v->arena, "%s, in %s[%d]", text,
				       lh_view_clean(v, lh_path_base(f->process->exe)),
				       f->process->pid);
	if (f->count > 1)
		text = lh_arena_printf(v->arena, "%s, seen %llu times", text,
				       (unsigned long long)f->count);
	if (f->count > 1 && f->processes > 1)
		text = lh_arena_printf(v->arena, "%s in %u processes", text, f->processes);
	if (f->status != LH_NEW)
		text = lh_arena_printf(v->arena, "%s, %s%s%s", text, lh_name_status(f->status),
				       f->reason ? ": " : "", lh_view_clean(v, f->reason));
	return labelled(g, LH_DIM, "", text, write);
}

/* ---- the last lines ---- */

/* The consequence; only its first sentence if two do not fit into a line. */
static uint32_t consequence(struct form *g, bool write)
{
	const char *text = lh_view_clean(g->v, lh_report_consequence(g->v->report, g->f));
	const char *end = strstr(text, ". ");

	if (lh_text_width(text) + 2 > g->width && end)
		text = lh_arena_printf(g->v->arena, "%.*s", (int)(end + 1 - text), text);
	return labelled(g, LH_PLAIN, "", text, write);
}

/* The other places, and what a baseline has of a finding that is new all the same. */
static uint32_t baseline_lines(struct form *g, bool write)
{
	const char *places = lh_view_places(g->v, g->f);
	uint32_t n = 0;

	if (places)
		n += labelled(g, LH_PLAIN, "and ", places, write);
	if (g->f->known)
		n += labelled(g, LH_BOLD, "", lh_view_clean(g->v, g->f->known), write);
	return n;
}

static uint32_t last_lines(struct form *g, bool write)
{
	const struct lh_report_finding *f = g->f;
	const char *paths = "", *more;

	if (f->variants)
		paths = lh_arena_printf(
			g->v->arena, " and %s",
			lh_view_count(g->v, f->variants, "other call path", "other call paths"));
	more = lh_arena_printf(g->v->arena, "-v for stacks%s; lockhound explain %s", paths,
			       lh_name_rule(f->rule));
	return baseline_lines(g, write) + consequence(g, write) +
	       labelled(g, LH_GREEN, "help: ", f->help, write) +
	       labelled(g, LH_DIM, "more: ", more, write);
}

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
	const char *step = b->threads > 1 ? plural(g->v->arena, row->step) : row->step;

	return g->single ? lh_arena_printf(g->v->arena, "%s %s", b->who, step) : step;
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
		    lh_text_width(b->who) + lh_text_width(b->row[0].step) + 1 > g->width / 2)
			return false;
	}
	return true;
}

/* The columns of a line below a row. */
static uint32_t below(const struct form *g)
{
	return g->width - INDENT - 4;
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
			widen(&path, lh_text_call_path(g->v, &b->row[k], PATH_LEAST));
			widen(&g->path, lh_text_call_path(g->v, &b->row[k], below(g)));
			g->sources += b->row[k].source[0] != '\0';
			g->rows++;
		}
	}
	return path;
}

/* The lines of the finding without the lines of source, and an empty one behind it. */
static uint32_t count_lines(struct form *g)
{
	uint32_t n = first_line(g, false) + id_line(g, false) + last_lines(g, false) + g->rows + 1;

	for (uint32_t i = 0; i < g->t.blocks; i++)
		if (!is_folded(g, i))
			n += !g->single + (g->t.block[i].left_out != 0);
	return n + (g->t.blocks > BLOCKS_MAX);
}

/* A cycle of more than two threads may have more lines. */
static uint32_t lines_max(const struct form *g)
{
	uint32_t more = g->f->cycle_parts > 2 ? g->f->cycle_parts - 2 : 0;

	return LINES_MAX + 5 * (more > BLOCKS_MAX - 2 ? BLOCKS_MAX - 2 : more);
}

static void choose_layout(struct form *g)
{
	uint32_t path = measure(g);

	uint32_t columns = INDENT + g->step + GAP + g->place + GAP;

	g->layout = NO_SOURCE;
	if (!g->sources && columns + g->path > g->width && count_lines(g) + g->rows <= lines_max(g))
		g->layout = PATH_BELOW;
	if (g->sources && count_lines(g) + g->sources <= lines_max(g))
		g->layout = TWO_LINES;
	if (g->sources && g->source <= SOURCE_MAX && !g->shifted &&
	    columns + g->source + GAP + path <= g->width)
		g->layout = ONE_LINE;
}

/* ---- the rows ---- */

/* One column and the gap behind it. Returns the columns that it took. */
static uint32_t column(struct form *g, enum lh_paint paint, const char *text, uint32_t width)
{
	uint32_t w = lh_text_width(text);

	lh_text_say(g->v, paint, "%s", text);
	width = w > width ? w : width;
	lh_text_say(g->v, LH_PLAIN, "%*s", (int)(width + GAP - w), "");
	return width + GAP;
}

static const char *fitting_path(struct form *g, const struct lh_text_row *row, uint32_t at)
{
	at += g->place + GAP + (g->layout == ONE_LINE ? g->source + GAP : 0);
	return at < g->width && g->layout != PATH_BELOW
		       ? lh_text_call_path(g->v, row, g->width - at)
		       : "";
}

/* The line below a row. */
static void show_below(struct form *g, const struct lh_text_row *row)
{
	const char *text = "";

	if (g->layout == TWO_LINES)
		text = lh_shorten_end(g->v->arena, row->source, below(g));
	if (g->layout == PATH_BELOW)
		text = lh_text_call_path(g->v, row, below(g));
	if (!text[0])
		return;
	lh_text_say(g->v, LH_PLAIN, "%*s", INDENT + 4, "");
	lh_text_say(g->v, g->layout == TWO_LINES ? LH_BOLD : LH_PLAIN, "%s\n", text);
}

/* The place and what follows; blanks of empty columns are not written. */
static void show_place(struct form *g, const struct lh_text_row *row, uint32_t at)
{
	const char *path = fitting_path(g, row, at),
		   *source = g->layout == ONE_LINE ? row->source : "";

	if (path[0] || source[0])
		column(g, LH_BLUE, row->place, g->place);
	else
		lh_text_say(g->v, LH_BLUE, "%s", row->place);
	if (path[0] && g->layout == ONE_LINE)
		column(g, LH_BOLD, source, g->source);
	else
		lh_text_say(g->v, LH_BOLD, "%s", source);
	lh_text_say(g->v, LH_PLAIN, "%s\n", path);
	show_below(g, row);
}

static void show_row(struct form *g, const struct lh_text_block *b, const struct lh_text_row *row)
{
	uint32_t at = g->single ? 2 : INDENT, place = lh_text_width(row->place);
	const char *step = lh_shorten(g->v->arena, step_of(g, b, row),
				      g->width - at - (place ? place + GAP : 0));

	lh_text_say(g->v, LH_PLAIN, "%*s", (int)at, "");
	if (!place) {
		lh_text_say(g->v, LH_PLAIN, "%s\n", step);
		return;
	}
	at += column(g, LH_PLAIN, step, g->step);
	show_place(g, row, at);
}

static void show_block(struct form *g, const struct lh_text_block *b)
{
	if (!g->single) {
		const char *who = lh_shorten(g->v->arena, b->who, g->width - 2);

		lh_text_say(g->v, LH_BOLD, "  %s", who);
		lh_text_say(
			g->v, LH_PLAIN, "%s\n",
			lh_shorten_end(g->v->arena, b->details, g->width - 2 - lh_text_width(who)));
	}
	for (uint32_t i = 0; i < b->rows; i++)
		show_row(g, b, &b->row[i]);
	if (b->left_out)
		lh_text_say(g->v, LH_PLAIN, "%*sand %s: -v\n", INDENT, "",
			    lh_view_count(g->v, b->left_out, "more step", "more steps"));
}

static void show_blocks(struct form *g)
{
	for (uint32_t i = 0; i < g->t.blocks; i++) {
		if (!is_folded(g, i))
			show_block(g, &g->t.block[i]);
		else if (i == BLOCKS_MAX - 1)
			lh_text_say(g->v, LH_PLAIN, "  and %u more threads: -v\n",
				    g->t.blocks - BLOCKS_MAX);
	}
}

static struct form make_form(struct lh_view *v, const struct lh_report_finding *f, uint32_t rows)
{
	struct form g = {
		.v = v, .f = f, .width = v->style->width ? v->style->width : LH_TEXT_WIDTH};

	g.t = (struct lh_text_rows){.view = v,
				    .f = f,
				    .step_max = g.width * 9 / 20,
				    .place_max = g.width / 3,
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
	g.tight = count_lines(&g) > lines_max(&g);
	first_line(&g, true);
	id_line(&g, true);
	show_blocks(&g);
	last_lines(&g, true);
	fputc('\n', v->out);
}
