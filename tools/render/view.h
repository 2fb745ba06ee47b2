/*
 * view.h — what renderers share: clean text, paths relative to the source root, and the frame to
 * point at.
 *
 * Does not know any format. Clean text is text escaped as LH_ESCAPE_TEXT: valid UTF-8 on one line;
 * each renderer escapes it again for its format. The view's arena owns all texts; they are valid
 * until lh_view_close.
 */
#ifndef LH_RENDER_VIEW_H
#define LH_RENDER_VIEW_H

#include "tools/util/escape.h"
#include "tools/util/path.h"
#include "tools/render/render.h"

enum { PLACES_MAX = 10 /* of one finding, in formats that are not made for many */ };

struct lh_view {
	const struct lh_report *report;
	const struct lh_render_text_style *style;
	struct lh_arena *arena;
	FILE *out;
	bool failed; /* a value could not be written */
};

struct lh_view lh_view_open(const struct lh_report *, const struct lh_render_text_style *, FILE *);
/* Frees the texts. Returns 0, or an errno if the output could not be written. */
int lh_view_close(struct lh_view *);

/* Writes a JSON value and releases it. */
struct json_t;
void lh_view_dump(struct lh_view *, struct json_t *, size_t flags);

/* NULL: "". */
const char *lh_view_clean(struct lh_view *, const char *text);
const char *lh_view_xml(struct lh_view *, const char *text); /* clean, escaped for XML */

/*
 * The frame's file relative to the root: "src/bank.c"; absolute if it is outside. NULL: unknown.
 * Raw bytes.
 */
const char *lh_view_path(struct lh_view *, const struct lh_report_frame *);

/* "src/bank.c:7" or "bank+0x11aa"; clean. NULL: unknown. */
const char *lh_view_at(struct lh_view *, const struct lh_report_frame *);

/* The locks of a finding: "accounts -> journal -> accounts", "gc_lock"; clean. */
const char *lh_view_subject(struct lh_view *, const struct lh_report_finding *);

/* "58 other call paths lead to the same places"; NULL: the finding has no variants. */
const char *lh_view_variants(struct lh_view *, const struct lh_report_finding *);
/* "2 more places with this fingerprint: a.c:13, a.c:14"; NULL: the finding has one place. */
const char *lh_view_places(struct lh_view *, const struct lh_report_finding *);
/* "confirmed: the deadlock happened in 4 of 4 steered runs; again: COMMAND"; clean. NULL: the
 * finding has no proof. */
const char *lh_view_proof(struct lh_view *, const struct lh_report_finding *);
/* "did not happen, but can"; of a finding with a proof: the verdict. */
const char *lh_view_certainty(const struct lh_report_finding *);
/* "how it can hang" */
const char *lh_view_schedule_label(const struct lh_report_finding *);
/* Proof, variants, places, and what is known of the finding, each between these texts; "" nothing.
 */
const char *lh_view_more(struct lh_view *, const struct lh_report_finding *, const char *before,
			 const char *after);
/* The functions of a step's stack from the innermost on: "leave < call_12 < main"; clean. */
const char *lh_view_call_path(struct lh_view *, const struct lh_report_step *);

/* Writes text of several lines, each escaped for the format. */
void lh_view_lines(struct lh_view *, enum lh_escape_format, const char *text);

/* Is the finding new and severe enough to fail the check? */
bool lh_view_fails(const struct lh_view *, const struct lh_report_finding *);
/* The base name of the first process's program; clean; "lockhound" if there is none. */
const char *lh_view_program(struct lh_view *);
/* Sums over the processes of a report. */
struct lh_totals {
	uint64_t threads, locks, acquired;
	uint64_t dropped_locks, dropped_stacks, dropped_chains, dropped_events, dropped_findings;
	uint64_t searches_cut, unrecorded, locations_unknown, shakes, shaken_ns;
	uint32_t seed; /* of the delays, of the first process with delays; 0: none */
	bool several_seeds;
};
struct lh_totals lh_view_totals(const struct lh_report *);
/* What limits the results: "dropped: 3 locks; results may be incomplete"; clean. */
struct lh_limits {
	const char *text[3];
	uint32_t n;
};
struct lh_limits lh_view_limits(struct lh_view *);
/* The seed of the delays, which all processes of one run share; NULL: no delays. */
const char *lh_view_shake(struct lh_view *);
/* Waits in futexes of the program's own, as a sentence; NULL: there were none. */
const char *lh_view_futex_waits(struct lh_view *);
/* "1 finding", "2 findings" */
const char *lh_view_count(struct lh_view *, uint64_t n, const char *one, const char *many);

/* Text for a quoted string in Mermaid: special characters are # entities. */
const char *lh_view_mermaid(struct lh_view *, const char *text);

#endif
