/* thread_dump.c — inspects a process or a ledger and prints its thread dump. */
#include "tools/hang/thread_dump.h"

#include "tools/hang/text.h"
#include "tools/report/report.h"

static void show(struct lh_hang *h, struct lh_report_options options, FILE *out)
{
	struct lh_report *report = lh_report_new(options);
	struct lh_ledger_view ledger;

	lh_snapshot_view(&h->snapshot, &ledger);
	lh_thread_dump_print(h, report, &ledger, out);
	lh_report_free(report);
}

void lh_thread_dump_ledger(const struct lh_ledger_view *r, struct lh_report_options options,
			   FILE *out)
{
	struct lh_hang h;
	struct lh_peek p;

	lh_hang_from_ledger(&h, &p, r);
	show(&h, options, out);
	lh_hang_close(&h);
	lh_peek_close(&p);
}

void lh_thread_dump_live(const struct lh_ledger_view *r, pid_t pid,
			 struct lh_report_options options, FILE *out)
{
	struct lh_hang h = {.arena = NULL};
	struct lh_peek p;
	bool good = lh_peek_open(&p, pid) && lh_hang_inspect(&h, &p, r, false);

	if (good)
		show(&h, options, out);
	if (h.arena)
		lh_hang_close(&h);
	lh_peek_close(&p);
	if (!good)
		lh_thread_dump_ledger(r, options, out);
}

static bool ended_by_itself(const struct lh_ledger_view *r)
{
	return r->head.end == LH_END_EXIT || r->head.end == LH_END_EXEC ||
	       (r->head.end == LH_END_UNKNOWN && r->head.state == LH_LEDGER_ENDED);
}

bool lh_thread_dump_is_useful(const struct lh_ledger_view *r)
{
	uint32_t n = lh_read_used(r, LH_T_LIVE_THREAD);
	struct lh_live_thread live;

	for (uint32_t i = 1; i < n && !ended_by_itself(r); i++)
		if (lh_read_live_thread(r, i, &live) && live.state == LH_LIVE_ATTACHED &&
		    (live.wait_lock || live.held_n))
			return true;
	return false;
}
