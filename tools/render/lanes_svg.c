/*
 * lanes_svg.c — draws lanes as SVG.
 *
 * The lanes are at the left, close to each other; what happens in a step stands to the right of all
 * lanes, so that no text meets a lane or an arrow, whatever its length. The font has a fixed width,
 * so that the columns of a text say how wide it is. The width is that of a small screen.
 */
#include "tools/render/lanes.h"
#include "tools/render/picture.h"
#include "tools/util/shorten.h"

#include <math.h>

enum {
	TOP = 30,      /* the lanes begin here, below their heads */
	ROW_GAP = 12,  /* between two steps */
	DOT = 10,      /* radius of a step's number */
	AROUND = 52,   /* twice how far an arrow bends that would meet a dot */
	NAME_MAX = 300 /* columns of a step for screen readers */
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

static struct lh_picture_text text_of(const struct picture *d, uint32_t step)
{
	return lh_picture_wrap(d->v->arena, named(d, step), d->columns);
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
	d->columns = LH_PICTURE_COLUMNS(LH_PICTURE_WIDTH - d->text_x);
}

static void place_steps(struct picture *d)
{
	uint32_t y = TOP + 4;

	d->y = lh_arena_alloc(d->v->arena, (d->s->steps + 1) * sizeof(*d->y));
	for (uint32_t i = 0; i < d->s->steps; i++) {
		d->y[i] = y + DOT;
		y += LH_PICTURE_LINE * (text_of(d, i).lines + (d->s->step[i].place != NULL)) +
		     ROW_GAP;
	}
	d->end_y = y;
	if (d->s->end)
		y += LH_PICTURE_LINE * lh_picture_wrap(d->v->arena, d->s->end, d->columns).lines +
		     ROW_GAP;
	d->height = y;
}

/* ---- drawing ---- */

static void draw_text(const struct picture *d, uint32_t i)
{
	const char *place = d->s->step[i].place;
	const char *fit = place ? lh_shorten_path(d->v->arena, place, d->columns) : NULL;
	struct lh_picture_text w = text_of(d, i);
	uint32_t y = d->y[i] + 4;

	fputs("<text>", d->v->out);
	if (w.shortened || fit != place)
		lh_picture_title(d->v,
				 place ? lh_arena_printf(d->v->arena, "%s, %s", named(d, i), place)
				       : named(d, i));
	lh_picture_lines(d->v, &w, d->text_x, y, "");
	if (fit)
		lh_picture_lines(d->v, &(struct lh_picture_text){.line = {fit}, .lines = 1},
				 d->text_x, y + LH_PICTURE_LINE * w.lines, "lp-dim");
	fputs("</text>\n", d->v->out);
}

static void draw_bar(const struct picture *d, uint32_t lane, uint32_t from, uint32_t to,
		     const char *style)
{
	fprintf(d->v->out, "<path d=\"M%u %uV%u\" class=\"%s\"/>\n", lane_x(d, lane), from, to,
		style);
}

/* A thin line; thick from where the thread holds a lock; dashed from where it waits. */
static void draw_lane(const struct picture *d, uint32_t lane)
{
	const char *style = "lp-rule";
	uint32_t from = TOP - 6;

	for (uint32_t i = 0; i < d->s->steps; i++) {
		const struct lh_lane_step *a = &d->s->step[i];

		if (a->lane != lane || a->kind == LH_LANE_OTHER)
			continue;
		draw_bar(d, lane, from, d->y[i], style);
		from = d->y[i];
		style = a->kind == LH_LANE_WAITS ? "lp-stuck" : "lp-held";
	}
	draw_bar(d, lane, from, d->end_y, style);
}

static void draw_head(const struct picture *d, uint32_t i)
{
	const struct lh_lane *lane = &d->s->lane[i];
	uint32_t room = LH_PICTURE_COLUMNS(d->s->lanes == 1 ? 2 * d->first : d->step);

	fprintf(d->v->out, "<text x=\"%u\" y=\"18\" class=\"lp-mid lp-bold\">%s</text>\n",
		lane_x(d, i), xml(d, lh_shorten_end(d->v->arena, lane->head, room)));
}

static void draw_dot(const struct picture *d, uint32_t i)
{
	const struct lh_lane_step *a = &d->s->step[i];

	uint32_t x = lane_x(d, a->lane), y = d->y[i];

	fprintf(d->v->out,
		"<rect x=\"%u\" y=\"%u\" width=\"%d\" height=\"%d\" rx=\"%d\" class=\"%s\"/>"
		"<text x=\"%u\" y=\"%u\" class=\"lp-num\">%u</text>\n",
		x - DOT, y - DOT, 2 * DOT, 2 * DOT, DOT,
		a->kind == LH_LANE_WAITS ? "lp-wait" : "lp-dot", x, y + 4, i + 1);
}

/* A path twice: wide in the color of the background, so that what it crosses is seen to be below.
 */
static void draw_path(const struct picture *d, const char *path)
{
	fprintf(d->v->out,
		"<path class=\"lp-gap\" d=\"%s\"/>"
		"<path class=\"lp-bad\" d=\"%s\"/>",
		path, path);
}

/* The tip of an arrow that ends at x, y, in the direction ux, uy. */
static void draw_tip(const struct picture *d, double x, double y, double ux, double uy)
{
	fprintf(d->v->out, "<path class=\"lp-wait\" d=\"M%.1f %.1fL%.1f %.1fL%.1f %.1fz\"/>\n", x,
		y, x - ux * 9 - uy * 4, y - uy * 9 + ux * 4, x - ux * 9 + uy * 4,
		y - uy * 9 - ux * 4);
}

struct point {
	double x, y;
};

static struct point dot_at(const struct picture *d, uint32_t step)
{
	return (struct point){lane_x(d, d->s->step[step].lane), d->y[step]};
}

/* From one point towards another. */
static struct point towards(struct point from, struct point to, double distance)
{
	double dx = to.x - from.x, dy = to.y - from.y, length = sqrt(dx * dx + dy * dy);

	return (struct point){from.x + dx / length * distance, from.y + dy / length * distance};
}

/* Does the line between two dots meet another dot? */
static bool meets_dot(const struct picture *d, uint32_t from, uint32_t to)
{
	struct point a = dot_at(d, from), b = dot_at(d, to);

	for (uint32_t i = 0; i < d->s->steps; i++) {
		struct point p = dot_at(d, i);
		double along = (p.y - a.y) / (b.y - a.y);

		if (i != from && i != to && along > 0 && along < 1 &&
		    fabs(a.x + (b.x - a.x) * along - p.x) < DOT + 4)
			return true;
	}
	return false;
}

static void draw_loop(const struct picture *d, uint32_t from, uint32_t to)
{
	struct point a = dot_at(d, from), b = dot_at(d, to);
	double side = a.x - (d->s->step[from].lane ? 24 : 40);

	draw_path(d, lh_arena_printf(d->v->arena, "M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f",
				     a.x - DOT, a.y, side, a.y, side, b.y, b.x - DOT - 8, b.y));
	draw_tip(d, b.x - DOT - 1, b.y, 1, 0);
}

/* From the step that waits to the step that acquired; in one lane: a curve at its left. */
static void draw_arrow(const struct picture *d, uint32_t from, uint32_t to)
{
	struct point a = dot_at(d, from), b = dot_at(d, to), bend, begin, end, tip;
	const char *curve = "L";

	if (a.x == b.x) {
		draw_loop(d, from, to);
		return;
	}
	bend = (struct point){(a.x + b.x) / 2, (a.y + b.y) / 2};
	if (meets_dot(d, from, to)) {
		bend.y += AROUND;
		curve = lh_arena_printf(d->v->arena, "Q%.1f %.1f ", bend.x, bend.y);
	}
	begin = towards(a, bend, DOT);
	end = towards(b, bend, DOT + 8);
	tip = towards(b, bend, DOT + 1);
	draw_path(d, lh_arena_printf(d->v->arena, "M%.1f %.1f%s%.1f %.1f", begin.x, begin.y, curve,
				     end.x, end.y));
	draw_tip(d, tip.x, tip.y, (tip.x - end.x) / 7, (tip.y - end.y) / 7);
}

static void draw_end(const struct picture *d)
{
	struct lh_picture_text w = lh_picture_wrap(d->v->arena, d->s->end, d->columns);

	fputs("<text class=\"lp-bold\">", d->v->out);
	if (w.shortened)
		lh_picture_title(d->v, d->s->end);
	lh_picture_lines(d->v, &w, d->text_x, d->end_y + LH_PICTURE_LINE - ROW_GAP / 2, "");
	fputs("</text>\n", d->v->out);
}

/* What the picture shows, for screen readers. */
static const char *description(const struct picture *d)
{
	struct lh_arena *p = d->v->arena;
	const char *text = "";

	for (uint32_t i = 0; i < d->s->steps; i++) {
		const char *place = d->s->step[i].place;

		text = lh_arena_printf(p, "%s%u: %s%s%s. ", text, i + 1,
				       lh_shorten_end(p, named(d, i), NAME_MAX), place ? ", " : "",
				       place ? place : "");
	}
	return lh_arena_printf(p, "%s%s", text, d->s->end ? d->s->end : "");
}

void lh_lanes_svg(struct lh_view *v, const struct lh_lanes *s, bool alone)
{
	struct picture d = {.v = v, .s = s};

	if (!s->lanes)
		return;
	place_lanes(&d);
	place_steps(&d);
	lh_picture_begin(v, &(struct lh_picture){.class = "lanes",
						 .title = s->title ? s->title : "",
						 .desc = description(&d),
						 .width = LH_PICTURE_WIDTH,
						 .height = d.height,
						 .alone = alone});
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
