/* Part of the room `monitor`: what the watch has found is told, and saved with its process. */
#include "tools/run/monitor_internal.h"

#include "tools/util/log.h"

#include <errno.h>
#include <string.h>

static void report_event(struct lh_monitor *m, const struct lh_watch_event *n)
{
	struct lh_run_process *process = n->process;
	bool fresh;
	if (n->kind == LH_WATCH_EXCUSED) {
		lh_log("%s[%d]: %s", process->ledger.head.comm, process->pid, n->text);
		return;
	}
	process->ledger.overlay = lh_watch_overlay_of(m->watch, process->watched);
	if (n->kind == LH_WATCH_FOUND) {
		lh_monitor_report(m, process, n->row, true);
		return;
	}
	struct lh_report_finding *f =
		lh_report_add_row(m->reported, &process->ledger, n->row, &fresh);
	if (f && f->status == LH_NEW)
		lh_log("long-hold %s: %s", f->fingerprint, n->text);
}

void lh_monitor_drain_watch(struct lh_monitor *m)
{
	struct lh_watch_event n;
	while (m->watch && lh_watch_next_event(m->watch, &n))
		report_event(m, &n);
}

static void on_arrival(void *monitor, struct lh_run_process *process)
{
	struct lh_monitor *m = monitor;
	if (m->watch)
		process->watched = lh_watch_add(m->watch, process->mapped, process->size,
						process->foreign ? 0 : process->pid, process);
}

void lh_monitor_finish_process(struct lh_monitor *m, struct lh_run_process *process)
{
	if (!process->watched)
		return;
	lh_monitor_drain_watch(m);
	lh_watch_withdraw(process->watched);
}

/* What was found is part of its record from now on: it is saved with it. */
static void on_leave(void *monitor, struct lh_run_process *process)
{
	struct lh_monitor *m = monitor;
	if (!process->watched)
		return;
	lh_watch_drop(m->watch, process->watched);
	lh_monitor_drain_watch(m);
	process->ledger.overlay = lh_watch_overlay_of(m->watch, process->watched);
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
