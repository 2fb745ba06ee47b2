/* Part of the room `monitor`: what the watch has found is told, and saved with its process. */
#include "tools/run/monitor_internal.h"

#include "tools/util/log.h"

#include <errno.h>
#include <string.h>

static void tell_news(struct lh_monitor *m, const struct lh_watch_event *n)
{
	struct lh_run_process *member = n->process;
	bool fresh;
	if (n->kind == LH_WATCH_EXCUSED) {
		lh_log("%s[%d]: %s", member->ledger.head.comm, member->pid, n->text);
		return;
	}
	member->ledger.overlay = lh_watch_overlay_of(m->watch, member->watched);
	if (n->kind == LH_WATCH_FOUND) {
		lh_monitor_report(m, member, n->row, true);
		return;
	}
	struct lh_report_finding *f =
		lh_report_add_row(m->reported, &member->ledger, n->row, &fresh);
	if (f && f->status == LH_NEW)
		lh_log("long-hold %s: %s", f->fingerprint, n->text);
}

void lh_monitor_drain_watch(struct lh_monitor *m)
{
	struct lh_watch_event n;
	while (m->watch && lh_watch_next_event(m->watch, &n))
		tell_news(m, &n);
}

static void on_arrival(void *monitor, struct lh_run_process *member)
{
	struct lh_monitor *m = monitor;
	if (m->watch)
		member->watched = lh_watch_add(m->watch, member->mapped, member->size,
					       member->foreign ? 0 : member->pid, member);
}

void lh_monitor_finish_process(struct lh_monitor *m, struct lh_run_process *member)
{
	if (!member->watched)
		return;
	lh_monitor_drain_watch(m);
	lh_watch_withdraw(member->watched);
}

/* What was found is part of its record from now on: it is saved with it. */
static void on_leave(void *monitor, struct lh_run_process *member)
{
	struct lh_monitor *m = monitor;
	if (!member->watched)
		return;
	lh_watch_drop(m->watch, member->watched);
	lh_monitor_drain_watch(m);
	member->ledger.overlay = lh_watch_overlay_of(m->watch, member->watched);
}

void lh_monitor_start_watch(struct lh_monitor *m)
{
	m->watch_for.wake = m->arrivals;
	m->watch_for.run_header = m->run.file.header;
	m->watch = lh_watch_start(&m->watch_for);
	if (!m->watch)
		lh_log("no thread to look on (%s): long holds, blocking calls and some deadlocks "
		       "are not seen",
		       strerror(errno));
	m->run.on_arrived = on_arrival;
	m->run.on_leaving = on_leave;
	m->run.hook = m;
}
