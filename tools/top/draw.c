/* draw.c — draws a page of the table for a terminal. */
#include "tools/util/text_width.h"
#include "tools/util/escape.h"
#include "tools/top/top.h"

#include <string.h>

/* Escape sequences that every terminal has had for decades, except a dumb one. */
#define HOME "\x1b[H"
#define CLEAR_LINE "\x1b[K"
#define CLEAR_BELOW "\x1b[J"
#define REVERSE "\x1b[7m"
#define NORMAL "\x1b[m"

enum { HEAD = 4, NAME_LEAST = 8, NAME_MOST = 28, TEXT = 512 };

struct output {
	const struct lh_top *top;
	const struct lh_top_page *options;
	struct lh_arena *arena;
	FILE *out;
	uint32_t line; /* lines already drawn */
};

/* ---- numbers ---- */

/* "532", "12345", "1.2M": at most seven characters. */
static const char *count(struct lh_arena *p, double n)
{
	if (n >= 1e12)
		return lh_arena_printf(p, "%.3gT", n / 1e12);
	if (n >= 1e9)
		return lh_arena_printf(p, "%.1fG", n / 1e9);
	if (n >= 1e7)
		return lh_arena_printf(p, "%.1fM", n / 1e6);
	return lh_arena_printf(p, "%.0f", n);
}

static const char *duration(struct lh_arena *p, uint64_t ns)
{
	double s = (double)ns / 1e9;

	if (!ns)
		return "-";
	if (s >= 3600)
		return lh_arena_printf(p, "%.1f h", s / 3600);
	if (s >= 100)
		return lh_arena_printf(p, "%.0f s", s);
	if (s >= 1)
		return lh_arena_printf(p, "%.1f s", s);
	if (s >= 1e-3)
		return lh_arena_printf(p, "%.0f ms", s * 1e3);
	return lh_arena_printf(p, "%.0f us", s * 1e6);
}

static const char *percent_of(struct lh_arena *p, uint64_t ns, uint64_t of)
{
	double percent = of ? 100.0 * (double)ns / (double)of : 0;

	return lh_arena_printf(p, percent < 1000 ? "%.1f" : "%.0f", percent);
}

static const char *rate(struct lh_arena *p, uint64_t n, uint64_t ns)
{
	return count(p, ns ? (double)n * 1e9 / (double)ns : 0);
}

/* ---- columns ---- */

enum column { C_WAIT, C_HOLD, C_TAKEN, C_CONTENDED, C_QUEUE, A_TAKEN, A_CONTENDED, A_WAIT, A_HOLD };

/* In a narrow terminal the columns with the highest rank are left out first. */
static const struct {
	const char *title;
	uint32_t width, rank;
	enum lh_top_key key;
	bool totals;
} columns[] = {
	[C_WAIT] = {"wait%", 7, 0, LH_TOP_WAIT, false},
	[C_HOLD] = {"held%", 6, 1, LH_TOP_HOLD, false},
	[C_TAKEN] = {"acq/s", 8, 3, LH_TOP_TAKEN, false},
	[C_CONTENDED] = {"cont/s", 7, 4, LH_TOP_CONTENDED, false},
	[C_QUEUE] = {"queue", 5, 2, LH_TOP_QUEUE, false},
	[A_TAKEN] = {"acq", 8, 6, LH_TOP_TAKEN, true},
	[A_CONTENDED] = {"cont", 7, 7, LH_TOP_CONTENDED, true},
	[A_WAIT] = {"waited", 7, 5, LH_TOP_WAIT, true},
	[A_HOLD] = {"held", 7, 8, LH_TOP_HOLD, true},
};
enum { COLUMNS = sizeof(columns) / sizeof(*columns) };

static bool is_sorted_by(const struct output *g, uint32_t c)
{
	return columns[c].key == g->options->key &&
	       (columns[c].totals == g->options->totals || c == C_QUEUE);
}

/* Chooses the columns that fit beside the name; returns their total width. */
static uint32_t choose(const struct output *g, bool shown[COLUMNS])
{
	uint32_t used = 0, capacity = g->options->width;

	memset(shown, 0, COLUMNS * sizeof(*shown));
	for (uint32_t rank = 0; rank <= COLUMNS; rank++)
		for (uint32_t c = 0; c < COLUMNS; c++) {
			/* The sort column has priority. */
			bool now = rank ? columns[c].rank == rank - 1 : is_sorted_by(g, c);

			if (shown[c] || !now || used + columns[c].width + 1 + NAME_LEAST > capacity)
				continue;
			shown[c] = true;
			used += columns[c].width + 1;
		}
	return used;
}

static const char *cell(const struct output *g, const struct lh_top_row *r, enum column c)
{
	uint64_t span = g->top->span_ns;

	switch (c) {
	case C_WAIT:
		return percent_of(g->arena, r->last.wait_ns, span);
	case C_HOLD:
		return percent_of(g->arena, r->last.hold_ns, span);
	case C_TAKEN:
		return rate(g->arena, r->last.taken, span);
	case C_CONTENDED:
		return rate(g->arena, r->last.contended, span);
	case C_QUEUE:
		return count(g->arena, r->queue);
	case A_TAKEN:
		return count(g->arena, (double)r->all.taken);
	case A_CONTENDED:
		return count(g->arena, (double)r->all.contended);
	case A_WAIT:
		return duration(g->arena, r->all.wait_ns);
	default:
		return duration(g->arena, r->all.hold_ns);
	}
}

/* ---- lines ---- */

static const char *clean(const struct output *g, const char *text)
{
	return lh_escape(g->arena, LH_ESCAPE_TEXT, text ? text : "");
}

/*
 * Prints one line, cut to the page width. The page's last line has no newline, which would scroll.
 * The line is cleared before the text, because after a full line the cursor is still on the last
 * column.
 */
static void put(struct output *g, const char *before, const char *text, const char *after)
{
	if (g->line >= g->options->height)
		return;
	fprintf(g->out, "%s" CLEAR_LINE "%s%s%s", g->line++ ? "\r\n" : "", before,
		lh_text_cut(g->arena, text, g->options->width), after);
}

/* Text padded or cut to `width` columns. */
static const char *padded(const struct output *g, const char *text, uint32_t width)
{
	const char *cut = lh_text_cut(g->arena, text, width);

	return lh_arena_printf(g->arena, "%s%*s", cut, (int)(width - lh_text_width(cut)), "");
}

static void put_head(struct output *g)
{
	const struct lh_top *t = g->top;
	const struct lh_top_page *w = g->options;
	struct lh_arena *p = g->arena;

	put(g, "",
	    lh_arena_printf(p,
			    "lockhound: %d (%s), %s: %u threads, %u locks; by %s%s%s, ? for help",
			    w->pid, clean(g, w->comm), duration(p, t->at_ns), t->threads, t->locks,
			    lh_top_key_name(w->key), w->totals ? " in total" : "",
			    w->reverse ? ", smallest first" : ""),
	    "");
	put(g, "",
	    lh_arena_printf(
		    p, "%s %s: %s acquisitions/s, %s contended/s, %s of waits; %u waiting now",
		    t->first ? "since the start," : "last", duration(p, t->span_ns),
		    rate(p, t->last.taken, t->span_ns), rate(p, t->last.contended, t->span_ns),
		    duration(p, t->last.wait_ns), t->waiting),
	    "");
}

static void put_longest(struct output *g)
{
	const struct lh_top_row *r = g->top->longest;

	if (g->options->note) {
		put(g, "", clean(g, g->options->note), "");
		return;
	}
	if (!r) {
		put(g, "", "nothing is held", "");
		return;
	}
	put(g, "",
	    lh_arena_printf(g->arena, "longest held: %s by %s (%d) for %s%s%s; %u wait%s",
			    clean(g, r->name), clean(g, r->owner), r->tid,
			    duration(g->arena, r->held_ns), r->at ? ", acquired at " : "",
			    r->at ? clean(g, r->at) : "", r->queue, r->queue == 1 ? "s" : ""),
	    "");
}

static const char *holder(const struct output *g, const struct lh_top_row *r)
{
	const char *more =
		r->holders > 1 ? lh_arena_printf(g->arena, " and %u more", r->holders - 1) : "";

	if (!r->holder)
		return "";
	return lh_arena_printf(g->arena, "%s %s%s%s%s", clean(g, r->owner),
			       duration(g->arena, r->held_ns), r->at ? " " : "",
			       r->at ? clean(g, r->at) : "", more);
}

/* The name takes what is left, up to NAME_MOST columns; the lock's owner follows. */
static void put_row(struct output *g, const struct lh_top_row *r, const bool shown[COLUMNS],
		    uint32_t used)
{
	uint32_t capacity = g->options->width - used,
		 name = capacity < NAME_MOST ? capacity : NAME_MOST;
	const char *line = "";

	for (uint32_t c = 0; c < COLUMNS; c++)
		if (shown[c])
			line = lh_arena_printf(g->arena, "%s%*s ", line, (int)columns[c].width,
					       r ? cell(g, r, c) : columns[c].title);
	line = lh_arena_printf(g->arena, "%s%s", line,
			       padded(g, r ? clean(g, r->name) : "lock", name));
	if (capacity > name + 1)
		line = lh_arena_printf(g->arena, "%s %s", line,
				       r ? holder(g, r)
					 : padded(g, "held by", capacity - name - 1));
	put(g, r ? "" : REVERSE, line, r ? "" : NORMAL);
}

uint32_t lh_top_rows_visible(const struct lh_top_page *w)
{
	return w->height > HEAD ? w->height - HEAD : 0;
}

static void put_table(struct output *g)
{
	bool shown[COLUMNS];
	uint32_t used = choose(g, shown), n = lh_top_rows_visible(g->options);

	put_row(g, NULL, shown, used);
	for (uint32_t i = 0; i < g->top->rows && i < n; i++)
		put_row(g, &g->top->row[i], shown, used);
	if (!g->top->rows)
		put(g, "", "no lock has been acquired yet", "");
}

static void put_help(struct output *g)
{
	static const char *const lines[] = {
		"w  by wait time             wait%: of the last interval, all threads together",
		"h  by hold time             held%: estimated; current holds are exact",
		"c  by contention            cont/s: acquisitions that had to wait",
		"a  by acquisitions          acq/s",
		"l  by length of the queue   queue: threads that wait now",
		"t  by the last interval, or by totals since the start (the columns on the right)",
		"r  smallest value first, or largest",
		"space  sample now",
		"q  end (Ctrl-C too)",
		"",
		"any key: back to the table",
	};

	put(g, REVERSE, padded(g, "lockhound top", g->options->width), NORMAL);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		put(g, "", lines[i], "");
}

void lh_top_draw(const struct lh_top *t, const struct lh_top_page *w, FILE *out)
{
	struct output g = {.top = t, .options = w, .arena = lh_arena_new(), .out = out};

	fputs(HOME, out);
	if (w->help) {
		put_help(&g);
	} else {
		put_head(&g);
		put_longest(&g);
		put_table(&g);
	}
	if (g.line < w->height)
		fputs("\r\n" CLEAR_BELOW, out);
	lh_arena_free(g.arena);
}
