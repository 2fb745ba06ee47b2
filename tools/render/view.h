/*
 * view.h — what the renderers for other programs share: clean text, paths below the
 * root of the source, the place to point at.
 *
 * Does not know any format. Text that leaves here is clean in the sense of
 * LH_ESCAPE_TEXT: valid UTF-8 on one line; each renderer escapes it once more for
 * its own dialect.
 */
#ifndef LH_RENDER_VIEW_H
#define LH_RENDER_VIEW_H

#include "tools/util/escape.h"
#include "tools/render/render.h"

struct lh_view {
	const struct lh_report *report;
	const struct lh_render_text_style *style;
	struct lh_arena *arena;
	FILE *out;
	const char *root; /* absolute, without a final slash */
};

struct lh_view lh_view_open(const struct lh_report *, const struct lh_render_text_style *, FILE *);
/* 0, or an errno when the output could not be written. */
int lh_view_close(struct lh_view *);

/* Never NULL. */
const char *lh_view_clean(struct lh_view *, const char *text);
const char *lh_path_base(const char *path);

/*
 * The frame's file as the repository knows it: "src/bank.c"; one outside of the root stays
 * absolute. NULL: not known. Raw bytes.
 */
const char *lh_view_path(struct lh_view *, const struct lh_report_frame *);
bool lh_path_is_inside(const char *path); /* below the root: no absolute path, no ".." */

/* The finding's place, or another one of its steps if that one lies outside of the root: a place
 * outside is shown nowhere. NULL: no step has a line. */
const struct lh_report_frame *lh_view_finding_frame(struct lh_view *,
						    const struct lh_report_finding *);
/* The same of one step. */
const struct lh_report_frame *lh_view_step_frame(struct lh_view *, const struct lh_report_step *);

/* "src/bank.c:7", "bank+0x11aa" or NULL; clean. */
const char *lh_view_at(struct lh_view *, const struct lh_report_frame *);

/* What a finding is about, short: "accounts -> journal -> accounts", "gc_lock"; clean. */
const char *lh_view_subject(struct lh_view *, const struct lh_report_finding *);

/* Writes text of many lines, each escaped for the dialect. */
void lh_view_lines(struct lh_view *, enum lh_escape_format, const char *text);

/* Is it one that counts: new, and severe enough to fail the check? */
bool lh_view_fails(const struct lh_view *, const struct lh_report_finding *);
/* The program that was run, without its directory; clean; "lockhound" if there is none. */
const char *lh_view_program(struct lh_view *);
uint64_t lh_view_operations(const struct lh_report *);
/* "1 finding", "2 findings" */
const char *lh_view_count(struct lh_view *, uint64_t n, const char *one, const char *many);

/* For a string in quotes of a Mermaid graph: entities with # for all that is not plain. */
const char *lh_view_mermaid(struct lh_view *, const char *text);

/* "src/a.c" of "./src//b/../a.c": lexically, in the pool. */
const char *lh_path_normalize(struct lh_arena *, const char *path);

#endif
