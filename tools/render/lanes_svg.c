/*
 * lanes_svg.c — draws lanes as SVG.
 *
 * The lanes are at the left, close to each other; what happens in a step stands to the right of all
 * lanes, so that no text meets a lane or an arrow, whatever its length. The font has a fixed width,
 * so that the columns of a text say how wide it is. The width is that of a small screen.
 */
#include "tools/render/lanes.h"
#include "tools/render/picture_style.h"
#include "tools/render/view.h"
#include "tools/util/shorten.h"
#include "tools/util/text_width.h"

#include <math.h>

enum {
	WIDTH = 340,
	TOP = 30,      /* the lanes begin here, below their heads */
	LINE = 16,     /* a line of text */
	ROW_GAP = 12,  /* between two steps */
	FONT = 12,     /* pixels */
	DOT = 10,      /* radius of a step's number */
	LINES_MAX = 4, /* of the text of a step */
	NAME_MAX = 300 /* columns of a text for screen readers */
};

struct picture {
	struct lh_view *v;
	const struct lh_lanes *s;
	uint32_t first, step; /* middle of the first lane; distance of two lanes */
	uint32_t text_x, columns;
	uint32_t *y; /* middle of the line of each step's number */
	uint32_t end_y, height;
};

/* ---- texts ---- */

/* A text in lines of so many columns: cut at spaces; a word that is too long is shortened. */
struct wrapped {
	const char *line[LINES_MAX];
	uint32_t lines;
	bool shortened;
};

static struct wrapped wrap(struct lh_arena *p, const char *text, uint32_t columns)
{
	struct wrapped w = {0};

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
		} else if (w.lines == LINES_MAX) {
			w.line[LINES_MAX - 1] = lh_shorten_end(p, more, columns);
			w.shortened = true;
			break;
		} else {
			w.line[w.lines++] = fit;
		}
	}
	return w;
}

static const char *xml(const struct picture *d, const char *text)
{
	return lh_view_xml(d->v, text);
}

static const char *named(const struct picture *d, uint32_t step)
{
	const struct lh_lane_step *a = &d->s->step[step];
	const struct lh_lane *lane = &d->s->lane[a->lane];
	bool first = true;

	for (uint32_t i = 0; i < step; i++)
		first &= d->s->step[i].lane != a->lane;
	return lh_arena_printf(d->v->arena, "%s %s", first && lane->name ? lane->name : lane->label,
			       a->text);
}

static struct wrapped text_of(const struct picture *d, uint32_t step)
{
	return wrap(d->v->arena, named(d, step), d->columns);
}

/* ---- layout ---- */

static uint32_t lane_x(const struct picture *d, uint32_t lane)
{
	return d->first + lane * d->step;
}

static void place_lanes(struct picture *d)
{
	static const uint8_t distance[] = {0, 0, 64, 48, 40, 34};
	uint32_t n = d->s->lanes;

	d->step = n < sizeof(distance) ? distance[n] : 28;
	d->first = 22;
	for (uint32_t i = 0; i < d->s->steps; i++) {
		const struct lh_lane_step *a = &d->s->step[i];

		/* its arrow is at the left of the lane */
		if (a->owner && d->s->step[a->owner - 1].lane == a->lane && a->lane == 0)
			d->first = 44;
	}
	d->text_x = lane_x(d, n - 1) + DOT + 12;
	d->columns = (WIDTH - d->text_x) * 100 / (FONT * 61);
}

static void place_steps(struct picture *d)
{
	uint32_t y = TOP + 4;

	d->y = lh_arena_alloc(d->v->arena, (d->s->steps + 1) * sizeof(*d->y));
	for (uint32_t i = 0; i < d->s->steps; i++) {
		d->y[i] = y + DOT;
		y += LINE * (text_of(d, i).lines + (d->s->step[i].place != NULL)) + ROW_GAP;
	}
	d->end_y = y;
	if (d->s->end)
		y += LINE * wrap(d->v->arena, d->s->end, d->columns).lines + ROW_GAP;
	d->height = y;
}

/* ---- drawing ---- */

static void draw_title(const struct picture *d, const char *whole)
{
	fprintf(d->v->out, "<title>%s</title>", xml(d, whole));
}

static void draw_line(const struct picture *d, uint32_t y, const char *class, const char *text)
{
	fprintf(d->v->out, "<tspan x=\"%u\" y=\"%u\" class=\"%s\">%s</tspan>", d->text_x, y, class,
		xml(d, text));
}

static void draw_text(const struct picture *d, uint32_t i)
{
	const char *place = d->s->step[i].place;
	const char *fit = place ? lh_shorten_path(d->v->arena, place, d->columns) : NULL;
	struct wrapped w = text_of(d, i);
	uint32_t y = d->y[i] + 4;

	fputs("<text>", d->v->out);
	if (w.shortened || fit != place)
		draw_title(d, place ? lh_arena_printf(d->v->arena, "%s, %s", named(d, i), place)
				    : named(d, i));
	for (uint32_t k = 0; k < w.lines; k++, y += LINE)
		draw_line(d, y, "lp-text", w.line[k]);
	if (fit)
		draw_line(d, y, "lp-dim", fit);
	fputs("</text>\n", d->v->out);
}

static void draw_bar(const struct picture *d, uint32_t lane, uint32_t from, uint32_t to,
		     const char *style)
{
	fprintf(d->v->out, "<path d=\"M%u %uV%u\" %s/>\n", lane_x(d, lane), from, to, style);
}

/* A thin line; thick from where the thread holds a lock; dashed from where it waits. */
static void draw_lane(const struct picture *d, uint32_t lane)
{
	const char *style = "class=\"lp-rule\" stroke-width=\"1.5\"";
	uint32_t from = TOP - 6;

	for (uint32_t i = 0; i < d->s->steps; i++) {
		const struct lh_lane_step *a = &d->s->step[i];

		if (a->lane != lane || a->kind == LH_LANE_OTHER)
			continue;
		draw_bar(d, lane, from, d->y[i], style);
		from = d->y[i];
		style = a->kind == LH_LANE_WAITS
				? "class=\"lp-bad\" stroke-width=\"3\" stroke-dasharray=\"3 3\""
				: "class=\"lp-held\" stroke-width=\"6\"";
	}
	draw_bar(d, lane, from, d->end_y, style);
}

static void draw_head(const struct picture *d, uint32_t i)
{
	const struct lh_lane *lane = &d->s->lane[i];
	uint32_t room = (d->s->lanes == 1 ? 2 * d->first : d->step) * 100 / (FONT * 61);

	fprintf(d->v->out,
		"<text x=\"%u\" y=\"18\" text-anchor=\"middle\" class=\"lp-text\" "
		"font-weight=\"bold\"><title>%s</title>%s</text>\n",
		lane_x(d, i), xml(d, lane->name ? lane->name : lane->label),
		xml(d, lh_shorten_end(d->v->arena, lane->head, room)));
}

static void draw_dot(const struct picture *d, uint32_t i)
{
	const struct lh_lane_step *a = &d->s->step[i];

	uint32_t x = lane_x(d, a->lane), y = d->y[i];

	fprintf(d->v->out,
		"<rect x=\"%u\" y=\"%u\" width=\"%d\" height=\"%d\" rx=\"%d\" class=\"%s\"/>"
		"<text x=\"%u\" y=\"%u\" text-anchor=\"middle\" class=\"lp-num\">%u</text>\n",
		x - DOT, y - DOT, 2 * DOT, 2 * DOT, DOT,
		a->kind == LH_LANE_WAITS ? "lp-wait" : "lp-dot", x, y + 4, i + 1);
}

/* A path twice: wide in the color of the background, so that what it crosses is seen to be below.
 */
static void draw_path(const struct picture *d, const char *path)
{
	fprintf(d->v->out,
		"<path class=\"lp-gap\" stroke-width=\"6\" d=\"%s\"/>"
		"<path class=\"lp-bad\" stroke-width=\"1.8\" d=\"%s\"/>",
		path, path);
}

/* The tip of an arrow that ends at x, y, in the direction ux, uy. */
static void draw_tip(const struct picture *d, double x, double y, double ux, double uy)
{
	fprintf(d->v->out, "<path class=\"lp-wait\" d=\"M%.1f %.1fL%.1f %.1fL%.1f %.1fz\"/>\n", x,
		y, x - ux * 9 - uy * 4, y - uy * 9 + ux * 4, x - ux * 9 + uy * 4,
		y - uy * 9 - ux * 4);
}

/* From the step that waits to the step that acquired; in one lane: a curve at its left. */
static void draw_arrow(const struct picture *d, uint32_t from, uint32_t to)
{
	struct lh_arena *p = d->v->arena;
	double x = lane_x(d, d->s->step[from].lane), y = d->y[from];
	double to_x = lane_x(d, d->s->step[to].lane), to_y = d->y[to];
	double dx = to_x - x, dy = to_y - y, length = sqrt(dx * dx + dy * dy);
	double ux = dx / length, uy = dy / length, side = x - (d->s->step[from].lane ? 24 : 40);

	if (d->s->step[from].lane == d->s->step[to].lane) {
		draw_path(d, lh_arena_printf(p, "M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f", x - DOT,
					     y, side, y, side, to_y, x - DOT - 8, to_y));
		draw_tip(d, x - DOT - 1, to_y, 1, 0);
		return;
	}
	draw_path(d, lh_arena_printf(p, "M%.1f %.1fL%.1f %.1f", x + ux * DOT, y + uy * DOT,
				     to_x - ux * (DOT + 8), to_y - uy * (DOT + 8)));
	draw_tip(d, to_x - ux * (DOT + 1), to_y - uy * (DOT + 1), ux, uy);
}

static void draw_end(const struct picture *d)
{
	struct wrapped w = wrap(d->v->arena, d->s->end, d->columns);

	fputs("<text font-weight=\"bold\">", d->v->out);
	if (w.shortened)
		draw_title(d, d->s->end);
	for (uint32_t i = 0; i < w.lines; i++)
		draw_line(d, d->end_y + LINE * (i + 1) - ROW_GAP / 2, "lp-text", w.line[i]);
	fputs("</text>\n", d->v->out);
}

/* What the picture shows, for who does not see it. */
static void describe(const struct picture *d)
{
	fprintf(d->v->out, "<title>%s</title>\n<desc>",
		xml(d, lh_shorten_end(d->v->arena, d->s->title ? d->s->title : "", NAME_MAX)));
	for (uint32_t i = 0; i < d->s->steps; i++) {
		const char *place = d->s->step[i].place;

		fprintf(d->v->out, "%u: %s%s%s. ", i + 1,
			xml(d, lh_shorten_end(d->v->arena, named(d, i), NAME_MAX)),
			place ? ", " : "", place ? xml(d, place) : "");
	}
	fprintf(d->v->out, "%s</desc>\n", d->s->end ? xml(d, d->s->end) : "");
}

static void open_svg(const struct picture *d, bool alone)
{
	fprintf(d->v->out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"lanes\" role=\"img\" "
		"width=\"%d\" height=\"%u\" viewBox=\"0 0 %d %u\" font-size=\"%d\" "
		"font-family=\"ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace\">\n",
		WIDTH, d->height, WIDTH, d->height, FONT);
	describe(d);
	if (alone)
		fprintf(d->v->out,
			"<style>%s</style>\n<rect width=\"%d\" height=\"%u\" class=\"lp-back\"/>\n",
			LH_PICTURE_STYLE_ALONE, WIDTH, d->height);
}

void lh_lanes_svg(struct lh_view *v, const struct lh_lanes *s, bool alone)
{
	struct picture d = {.v = v, .s = s};

	if (!s->lanes)
		return;
	place_lanes(&d);
	place_steps(&d);
	open_svg(&d, alone);
	for (uint32_t i = 0; i < s->lanes; i++) {
		draw_head(&d, i);
		draw_lane(&d, i);
	}
	for (uint32_t i = 0; i < s->steps; i++)
		if (s->step[i].owner)
			draw_arrow(&d, i, s->step[i].owner - 1);
	for (uint32_t i = 0; i < s->steps; i++) {
		draw_dot(&d, i);
		draw_text(&d, i);
	}
	if (s->end)
		draw_end(&d);
	fputs("</svg>\n", v->out);
}
