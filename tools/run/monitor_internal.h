/* monitor_internal.h — what the files of the room `monitor` share with each other only. */
#ifndef LH_RUN_MONITOR_INTERNAL_H
#define LH_RUN_MONITOR_INTERNAL_H

#include "tools/run/monitor.h"

/* monitor.c: prints a finding if it is a new one. */
void lh_monitor_report(struct lh_monitor *, struct lh_run_process *, uint32_t row, bool at_end);

/* monitor_watch.c */
void lh_monitor_start_watch(
	struct lh_monitor *); /* starts the watch, if there is anything to look for */
void lh_monitor_drain_watch(struct lh_monitor *);
void lh_monitor_finish_process(struct lh_monitor *,
			       struct lh_run_process *); /* before its last findings */

#endif
