/*
 * text_rows.h — the contents of the short form of a finding: a block for each thread, a row for
 * each step. Threads that do the same at the same places share a block.
 *
 * Does not know widths, except that steps and places are shortened to `step_max` and `place_max`.
 */
#ifndef LH_RENDER_TEXT_ROWS_H
#define LH_RENDER_TEXT_ROWS_H

#include "tools/render/view.h"

/* All texts are clean; "" if there is none. */
struct lh_text_row {
	const char *step;   /* "holds 'accounts'" */
	const char *place;  /* "bank.c:40" */
	const char *source; /* the line there, without its indentation */
	/* the functions from the place on outwards; the first is NULL if it has no name */
	const char **function;
	uint32_t *times; /* of a function that calls itself */
	uint32_t functions;
	bool cut; /* the outer functions are missing */
};

enum { LH_TEXT_NAMES = 3 };

struct lh_text_block {
	const struct lh_report_thread *thread; /* NULL: unknown, or several */
	const char *name[LH_TEXT_NAMES];       /* of the first ones */
	uint32_t threads;
	const char *who;     /* "T2 'worker'"; "T2, T3 and 4 more threads" */
	const char *details; /* " (4711) in bank[4710], created at bank.c:90" */
	struct lh_text_row *row;
	uint32_t rows, left_out; /* steps that have no row */
};

struct lh_text_rows {
	struct lh_view *view;
	const struct lh_report_finding *f;
	uint32_t step_max, place_max,
		rows_max; /* rows_max: of a block, where steps can be left out */
	struct lh_text_block *block;
	uint32_t blocks;
};

/* Sets block and blocks. */
void lh_text_rows_make(struct lh_text_rows *);

/* The text with the names of the finding's locks shortened to so many columns. */
const char *lh_text_short_names(struct lh_view *, const struct lh_report_finding *,
				const char *text, uint32_t columns);

/* "f < g < … < main" in so many columns. */
const char *lh_text_call_path(struct lh_view *, const struct lh_text_row *, uint32_t columns);

#endif
