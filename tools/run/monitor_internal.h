/* monitor_internal.h — what the files of the room `monitor` share with each other only. */
#ifndef LH_MONITOR_INSIDE_H
#define LH_MONITOR_INSIDE_H

#include "tools/run/monitor.h"

/* monitor.c: prints a finding if it is a new one. */
void lh_monitor_tell(struct lh_monitor *, struct lh_member *, uint32_t row, bool at_end);

/* monitor_watch.c */
void lh_monitor_look_on(
	struct lh_monitor *); /* starts the watch, if there is anything to look for */
void lh_monitor_news(struct lh_monitor *);
void lh_monitor_settle(struct lh_monitor *, struct lh_member *); /* before its last findings */

#endif
