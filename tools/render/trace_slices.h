/*
 * trace_slices.h — the slices on the tracks of threads in a trace: each wait with the owner of its
 * lock, and the end of each hold that a thread waited for.
 *
 * Does not write. The slices of a track lie beside or in each other, as viewers need it: one that
 * would overlap another is cut.
 */
#ifndef LH_RENDER_TRACE_SLICES_H
#define LH_RENDER_TRACE_SLICES_H

#include "tools/render/view.h"
#include "tools/report/lock_stats.h"

enum { LH_TRACE_MARK_NS = 1000 /* the length of the end of a hold */ };

struct lh_trace_slice {
	const struct lh_report_span *span; /* the wait; of an end, the hold */
	/* a wait: the owner of its lock, and the owner's hold; NULL not known */
	const struct lh_report_thread *owner;
	const struct lh_report_span *hold;
	uint64_t from_ns, to_ns;
	uint32_t process; /* its number in the report */
	bool ends_hold;
};

struct lh_trace_slices {
	struct lh_trace_slice *slice; /* by process, tid, and time */
	uint32_t n;
};

/* In the view's arena. */
struct lh_trace_slices lh_trace_slices(struct lh_view *);

/* The wait of this thread that overlaps the slice most; NULL none. */
const struct lh_trace_slice *lh_trace_wait_during(const struct lh_trace_slices *,
						  const struct lh_report_thread *,
						  const struct lh_trace_slice *);

/* How long both last at once. */
uint64_t lh_trace_overlap(const struct lh_trace_slice *, const struct lh_trace_slice *);

#endif
