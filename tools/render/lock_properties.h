/*
 * lock_properties.h — the five properties of good synchronisation of a lock as sentences, for the
 * text and the HTML format.
 *
 * Does not know any format: each sentence is one line of clean text (see view.h).
 */
#ifndef LH_RENDER_LOCK_PROPERTIES_H
#define LH_RENDER_LOCK_PROPERTIES_H

#include "tools/report/lock_stats.h"
#include "tools/render/view.h"

enum { LH_PROPERTIES = 5 };

/* One of the five properties and what is known about it for the lock. */
struct lh_property {
	const char *name, *text;
};

void lh_view_properties(struct lh_view *, const struct lh_report_lock *,
			struct lh_property out[LH_PROPERTIES]);
/* True if a thread waited for the lock or failed to try-lock it, or a finding names it. */
bool lh_view_lock_is_notable(struct lh_view *, const struct lh_report_lock *);
/* "take_it (bank.c:41)": the innermost frame of the program in a stack. */
const char *lh_view_stack_text(struct lh_view *, const struct lh_report_stack *);

#endif
