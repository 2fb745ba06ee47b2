/*
 * lanes.h — the picture of a schedule: each thread is a lane, and time goes down. A step stands in
 * the lane of its thread; an arrow leads from the step that waits for a lock to the step that
 * acquired it.
 *
 * Does not know rules, nor the wait-for graphs of `hang`: a caller fills struct lh_lanes from a
 * finding (lh_lanes_of_finding), from a wait-for graph, or from constants. Texts are clean (view.h)
 * and not escaped for any format.
 */
#ifndef LH_RENDER_LANES_H
#define LH_RENDER_LANES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { LH_LANES_MAX = 6 /* a caller folds more threads into one lane */ };

enum lh_lane_kind {
	LH_LANE_ACQUIRES, /* acquires a lock and keeps it: the lane is marked from here on */
	LH_LANE_WAITS,    /* waits for what `owner` acquired; the last step of a stuck lane */
	LH_LANE_OTHER     /* signals, joins, sleeps, ... */
};

struct lh_lane {
	const char *head;  /* "T2", "A": above the lane, of a few letters */
	const char *label; /* "T2", "thread A": stands before each step */
	const char *name;  /* "T2 'left'": stands before the lane's first step; NULL: the label */
};

struct lh_lane_step {
	uint32_t lane;
	enum lh_lane_kind kind;
	const char *text;  /* "acquires 'a'", "waits for 'b'" */
	const char *place; /* "bank.c:240"; NULL not known */
	uint32_t owner;    /* WAITS: the step, from 1, that acquired the lock; 0 none */
};

struct lh_lanes {
	const char *title; /* one sentence, for screen readers */
	const struct lh_lane *lane;
	uint32_t lanes;
	const struct lh_lane_step *step; /* in the order of time */
	uint32_t steps;
	const char *end; /* what follows: "neither continues"; NULL nothing */
};

struct lh_arena;
struct lh_view;
struct lh_report_finding;

/*
 * The steps by which the finding's threads get stuck: those of its cycle, or all of a finding whose
 * rule is about threads that wait (LH_IS_WAITING). No lanes: the finding is of another rule.
 */
struct lh_lanes lh_lanes_of_finding(struct lh_view *, const struct lh_report_finding *);

/*
 * An <svg> element, 340 pixels wide. Inside a page it has the classes of LH_PICTURE_STYLE
 * (picture_style.h), which the page must contain; `alone`: a file of its own, with colours for
 * light and dark.
 */
void lh_lanes_svg(struct lh_view *, const struct lh_lanes *, bool alone);

/* The same as text, at most `width` columns: one column for each lane, one line for each step. */
void lh_lanes_text(struct lh_arena *, FILE *, const struct lh_lanes *, uint32_t width);

#endif
