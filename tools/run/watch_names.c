/* watch_names.c — names locks for the watch thread. */
#include "tools/run/watch_names.h"
#include "tools/report/report.h"
#include "tools/symbols/symbols.h"

const char *lh_watch_name_lock(void **names, const struct lh_ledger_view *ledger, lh_lock_id id)
{
	struct lh_report *report = *names;
	const struct lh_report_lock *lock;

	if (!report)
		*names = report =
			lh_report_new((struct lh_report_options){.symbols = lh_symbols_new(false)});
	lock = lh_report_get_lock(report, lh_report_get_process(report, ledger), id);
	return lock ? lock->plain : NULL;
}

void lh_watch_free_names(void *names)
{
	struct lh_report *report = names;
	struct lh_symbols *symbols = report ? report->options.symbols : NULL;

	if (!report)
		return;
	lh_report_free(report);
	lh_symbols_free(symbols);
}
