/*
 * text_lines.h — the lines before and behind the rows of the short form of a finding.
 *
 * Does not know the rows. Each function returns the number of its lines; it writes them only if
 * `write` is set.
 */
#ifndef LH_RENDER_TEXT_LINES_H
#define LH_RENDER_TEXT_LINES_H

#include "tools/render/view.h"

struct lh_text_lines {
	struct lh_view *v;
	const struct lh_report_finding *f;
	uint32_t width;
	bool tight; /* no text is wrapped: its end is left out */
};

/*
 * The message, with the names of locks as long as they may be; NULL: it does not fit. What a line
 * below says too is left out first.
 */
const char *lh_text_fitting_message(struct lh_view *, const struct lh_report_finding *,
				    uint32_t columns);

/* file:line:column: error: message [rule]; then the fingerprint, where, how often, status. */
uint32_t lh_text_first_lines(struct lh_text_lines *, bool write);
/* What follows from the finding, help, and how to see more. */
uint32_t lh_text_last_lines(struct lh_text_lines *, bool write);

#endif
