/*
 * text_paint.h — what the parts of the text report share: colored output and the place of a frame.
 *
 * Does not know how a finding is laid out.
 */
#ifndef LH_RENDER_TEXT_PAINT_H
#define LH_RENDER_TEXT_PAINT_H

#include "tools/render/view.h"

enum lh_paint { LH_PLAIN, LH_BOLD, LH_RED, LH_MAGENTA, LH_CYAN, LH_BLUE, LH_GREEN, LH_DIM };

/* Writes text, in color if the style says so. */
void lh_text_say(struct lh_view *, enum lh_paint, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
enum lh_paint lh_text_severity_paint(enum lh_severity);
enum lh_paint lh_text_verdict_paint(enum lh_verdict);

/* "bank.c:7", relative to the current directory; NULL: the frame has no line. Clean. */
const char *lh_text_where(struct lh_view *, const struct lh_report_frame *);
/* "bank+0x11aa" */
const char *lh_text_in_module(struct lh_view *, const struct lh_report_frame *);
/* "bank.c:7:9", "bank.c:7" or "bank+0x11aa" */
const char *lh_text_position(struct lh_view *, const struct lh_report_frame *);

/* text_errors.c: each new error in one line. */
void lh_text_list_errors(struct lh_view *);

/* The two forms of a finding. */
void lh_text_finding_long(struct lh_view *, const struct lh_report_finding *);
void lh_text_finding_short(struct lh_view *, const struct lh_report_finding *);
/* The call paths that a run found after it had printed the finding. */
void lh_text_later_variants(struct lh_view *);

#endif
