/*
 * lock_properties.h — how a lock treats those who want it, in words: what the text and the HTML
 * view share.
 *
 * Does not know any format: the words are clean text of one line each (see view.h).
 */
#ifndef LH_RENDER_LOCK_PROPERTIES_H
#define LH_RENDER_LOCK_PROPERTIES_H

#include "tools/report/lock_stats.h"
#include "tools/render/view.h"

enum { LH_PROPERTIES = 5 };

/* One of the five properties of good synchronisation, and what is known of it. */
struct lh_property {
	const char *name, *text;
};

void lh_view_properties(struct lh_view *, const struct lh_report_lock *,
			struct lh_property out[LH_PROPERTIES]);
/* Is there anything to say of it: did somebody wait for it, try in vain, misuse it? */
bool lh_view_lock_is_notable(struct lh_view *, const struct lh_report_lock *);
/* "take_it (bank.c:41)": the innermost place of a stack that is the program's own. */
const char *lh_view_stack_text(struct lh_view *, const struct lh_report_stack *);

#endif
