/*
 * lanes.c — the lanes of a finding, and lanes as text.
 *
 * The steps are in the order of the sentence of lh_report_schedule: first each thread acquires its
 * lock or waits as a queued writer, then each thread waits. Of more than LH_LANES_MAX threads, the
 * ones in the middle share a lane.
 */
#include "tools/render/lanes.h"
#include "tools/render/view.h"
#include "tools/util/shorten.h"
#include "tools/util/text_width.h"

#include <string.h>

/* ---- the lanes of a finding ---- */

struct builder {
	struct lh_view *v;
	const struct lh_report_finding *f;
	uint32_t first, n;  /* the parts that share a lane; n == 0: none */
	uint32_t *lane_of;  /* by part */
	uint32_t *acquired; /* by part: the number of the step that acquires its lock; 0 none */
	struct lh_lane *lane;
	struct lh_lane_step *step;
	uint32_t lanes, steps;
};

static bool is_folded(const struct builder *b, uint32_t part)
{
	return part - b->first < b->n;
}

static void add(struct builder *b, uint32_t part, enum lh_lane_kind kind, const char *text,
		const struct lh_report_step *a, uint32_t owner)
{
	struct lh_lane_step step = {.lane = b->lane_of[part],
				    .kind = kind,
				    .text = text,
				    .place = a ? lh_view_at(b->v, a->frame) : NULL,
				    .owner = owner};

	LH_PUSH(b->v->arena, b->step, b->steps, step);
}

static const char *phrase(const struct builder *b, const struct lh_report_step *a)
{
	const char *text = lh_view_clean(b->v, lh_report_step_text(b->v->report, b->f, a, true));

	return strncmp(text, "holds ", 6) == 0
		       ? lh_arena_printf(b->v->arena, "acquires %s", text + 6)
		       : text;
}

static void add_acquisition(struct builder *b, uint32_t i)
{
	const struct lh_report_part *part = &b->f->part[i];

	if (is_folded(b, i) && i > b->first) {
		b->acquired[i] = b->acquired[b->first];
		return;
	}
	if (part->queued_writer) {
		add(b, i, LH_LANE_WAITS, "waits as a queued writer", part->does, 0);
	} else if (part->holds) {
		if (is_folded(b, i))
			add(b, i, LH_LANE_ACQUIRES,
			    b->f->cycle ? "each acquire a lock" : "acquire, too", NULL, 0);
		else
			add(b, i, LH_LANE_ACQUIRES, phrase(b, part->holds), part->holds, 0);
		b->acquired[i] = b->steps;
	}
}

/* The step that acquired what a part waits for; 0: not known. */
static uint32_t owner_of(const struct builder *b, uint32_t i, const struct lh_report_step *a)
{
	const struct lh_report_finding *f = b->f;

	if (i < f->cycle_parts)
		return b->acquired[(i + 1) % f->cycle_parts];
	for (uint32_t k = 1; a->lock && k <= f->parts; k++) {
		const struct lh_report_part *other = &f->part[(i + k) % f->parts];

		if (other->holds && other->holds->lock && other->holds->lock->id == a->lock->id)
			return b->acquired[(i + k) % f->parts];
	}
	return 0;
}

static bool is_wait(const struct lh_report_step *a)
{
	return a->action == LH_WANTS || a->action == LH_WAITS_FOR || a->action == LH_JOINS;
}

/* Does the lane wait for another one? */
static bool is_stuck(const struct builder *b, uint32_t lane)
{
	for (uint32_t i = 0; i < b->steps; i++)
		if (b->step[i].lane == lane && b->step[i].owner)
			return true;
	return false;
}

/* What the part does beside its holds; in a cycle, that is one wait. */
static void add_waits(struct builder *b, uint32_t i)
{
	const struct lh_report_part *part = &b->f->part[i];

	if (is_folded(b, i)) {
		if (i + 1 == b->first + b->n)
			add(b, i, LH_LANE_WAITS,
			    b->f->cycle ? "each wait for the next of them" : "wait, too", NULL,
			    b->f->cycle ? owner_of(b, i, part->does) : 0);
		return;
	}
	for (uint32_t k = part->first; k < part->first + part->n; k++) {
		const struct lh_report_step *a = &b->f->step[k];
		uint32_t owner = is_wait(a) ? owner_of(b, i, a) : 0;
		const char *text;

		if (a->action == LH_HOLDS || (b->f->cycle && a != part->does))
			continue;
		text = phrase(b, a);
		add(b, i, is_wait(a) ? LH_LANE_WAITS : LH_LANE_OTHER,
		    is_stuck(b, b->lane_of[i]) ? lh_arena_printf(b->v->arena, "never %s", text)
					       : text,
		    a, owner);
	}
}

static struct lh_lane lane_at(const struct builder *b, uint32_t i)
{
	struct lh_view *v = b->v;
	const struct lh_report_thread *t = b->f->part[i].thread;
	const char *label = lh_view_clean(v, lh_report_part_label(v->report, b->f, i));
	const char *last = strrchr(label, ' ');
	struct lh_lane lane = {.head = last ? last + 1 : label, .label = label};

	if (is_folded(b, i)) {
		lane.label = lh_arena_printf(v->arena, "%u more threads", b->n);
		lane.head = lh_arena_printf(v->arena, "+%u", b->n);
	} else if (t) {
		lane.name = lh_view_clean(v, lh_report_thread_text(v->report, t));
	}
	if (lane.name && last)
		lane.name = lh_arena_printf(v->arena, "%s (%s)", label, lane.name);
	return lane;
}

/* In a list, a wait ends a part, so the thread may have another part: in a cycle it has not. */
static bool find_lane(struct builder *b, uint32_t i)
{
	for (uint32_t k = 0; k < i && !b->f->cycle; k++)
		if (b->f->part[k].thread && b->f->part[k].thread == b->f->part[i].thread) {
			b->lane_of[i] = b->lane_of[k];
			return true;
		}
	return false;
}

static void make_lanes(struct builder *b)
{
	const struct lh_report_finding *f = b->f;
	struct lh_arena *p = b->v->arena;

	b->lane_of = lh_arena_alloc(p, (f->parts + 1) * sizeof(*b->lane_of));
	b->acquired = lh_arena_alloc(p, (f->parts + 1) * sizeof(*b->acquired));
	if (f->parts > LH_LANES_MAX) {
		b->first = LH_LANES_MAX / 2;
		b->n = f->parts - LH_LANES_MAX + 1;
	}
	for (uint32_t i = 0; i < f->parts; i++) {
		if (is_folded(b, i) && i > b->first)
			b->lane_of[i] = b->lane_of[b->first];
		else if (is_folded(b, i) || !find_lane(b, i)) {
			b->lane_of[i] = b->lanes;
			LH_PUSH(p, b->lane, b->lanes, lane_at(b, i));
		}
	}
}

static const char *end_of(struct lh_view *v, const struct lh_report_finding *f)
{
	const char *all = lh_report_schedule(v->report, f), *last = all ? strrchr(all, ':') : NULL;

	return last ? lh_view_clean(v, last + 2) : NULL;
}

static bool has_owner(const struct builder *b)
{
	for (uint32_t i = 0; i < b->steps; i++)
		if (b->step[i].owner)
			return true;
	return false;
}

struct lh_lanes lh_lanes_of_finding(struct lh_view *v, const struct lh_report_finding *f)
{
	struct builder b = {.v = v, .f = f};

	if (!lh_rule_is(f->rule, LH_IS_WAITING))
		return (struct lh_lanes){0};
	make_lanes(&b);
	for (uint32_t i = 0; i < f->parts; i++)
		add_acquisition(&b, i);
	for (uint32_t i = 0; i < f->parts; i++)
		if (!f->part[i].queued_writer)
			add_waits(&b, i);
	if (b.lanes == 1 && !has_owner(&b))
		return (struct lh_lanes){0};
	return (struct lh_lanes){.title = lh_view_clean(v, f->message),
				 .lane = b.lane,
				 .lanes = b.lanes,
				 .step = b.step,
				 .steps = b.steps,
				 .end = end_of(v, f)};
}

/* ---- as text ---- */

enum {
	NUMBER = 4,      /* columns of "12  " */
	GAP = 2,         /* columns between two lanes */
	LANE_LEAST = 20, /* columns of a lane; with fewer, the steps are a list */
};

struct text {
	struct lh_arena *arena;
	FILE *out;
	const struct lh_lanes *s;
	uint32_t width; /* of a lane; 0: a list */
	uint32_t columns;
};

/* What stands in a lane beside another lane's step: the lane holds a lock, or waits, or runs. */
static const char *mark_of(const struct lh_lanes *s, uint32_t lane, uint32_t steps)
{
	const char *mark = ".";

	for (uint32_t i = 0; i < steps; i++)
		if (s->step[i].lane == lane && s->step[i].kind != LH_LANE_OTHER)
			mark = s->step[i].kind == LH_LANE_WAITS ? ":" : "|";
	return mark;
}

static void put_cell(const struct text *t, uint32_t lane, const char *fit)
{
	uint32_t rest = t->width + GAP - lh_text_width(fit);

	fprintf(t->out, "%s%*s", fit, lane + 1 < t->s->lanes ? (int)rest : 0, "");
}

/* The text in its lane, the marks after `steps` steps in the others. */
static void put_line(const struct text *t, const char *number, uint32_t lane, const char *text,
		     uint32_t steps)
{
	fprintf(t->out, "%-*s", NUMBER, number);
	for (uint32_t i = 0; i < t->s->lanes; i++) {
		const char *fit =
			i == lane ? lh_shorten(t->arena, text, t->width) : mark_of(t->s, i, steps);

		put_cell(t, i, fit);
	}
	fputc('\n', t->out);
}

static void put_heads(const struct text *t)
{
	fprintf(t->out, "%*s", NUMBER, "");
	for (uint32_t i = 0; i < t->s->lanes; i++) {
		const struct lh_lane *lane = &t->s->lane[i];
		const char *fit =
			lh_shorten(t->arena, lane->name ? lane->name : lane->label, t->width);

		put_cell(t, i, fit);
	}
	fputc('\n', t->out);
}

static void put_step(const struct text *t, uint32_t i)
{
	const struct lh_lane_step *a = &t->s->step[i];
	const char *number = lh_arena_printf(t->arena, "%2u", i + 1), *place = a->place;
	const char *text =
		a->owner ? lh_arena_printf(t->arena, "%s (step %u)", a->text, a->owner) : a->text;
	const char *both = place ? lh_arena_printf(t->arena, "%s  %s", text, place) : text;

	if (!t->width) {
		both = lh_arena_printf(t->arena, "%s %s", t->s->lane[a->lane].label, both);
		fprintf(t->out, "%-*s%s\n", NUMBER, number,
			lh_shorten(t->arena, both, t->columns - NUMBER));
		return;
	}
	if (lh_text_width(both) <= t->width) {
		put_line(t, number, a->lane, both, i);
		return;
	}
	put_line(t, number, a->lane, text, i);
	if (place)
		put_line(t, "", a->lane, lh_shorten_path(t->arena, place, t->width), i);
}

void lh_lanes_text(struct lh_arena *arena, FILE *out, const struct lh_lanes *s, uint32_t width)
{
	struct text t = {.arena = arena, .out = out, .s = s, .columns = width};

	if (!s->lanes)
		return;
	t.width = (width - NUMBER - (s->lanes - 1) * GAP) / s->lanes;
	if (t.width < LANE_LEAST)
		t.width = 0;
	else
		put_heads(&t);
	for (uint32_t i = 0; i < s->steps; i++)
		put_step(&t, i);
	if (s->end)
		fprintf(out, "%*s%s\n", NUMBER, "", s->end);
}
