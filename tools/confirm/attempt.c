/* attempt.c — runs the program with a plan, and reads what became of it. */
#include "tools/confirm/attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/confirm/verdict.h"
#include "tools/util/log.h"
#include "tools/util/time.h"

#define LASTS_NS (100 * LH_MS) /* how long a deadlock must last before the attempt ends */

/* ---- the run ---- */

static void set_up(const struct lh_attempt_run *a, struct lh_monitor *m)
{
	const struct lh_settings *s = a->start->settings;
	lh_start_set_up(a->start, m, stderr);
	m->watch_for.verbose = false;
	m->project = NULL;
	m->attempt = m->wait = m->quiet = true;
	m->on_deadlock = a->on_deadlock;
	if (LH_OPTION(s, deadlock_grace).from == LH_FROM_DEFAULT)
		m->grace_ns = LASTS_NS;
	m->timeout_ns = a->limit_ns;
	m->lost_ns = 0;
	m->symbols = a->symbols;
	m->on_round = a->on_round;
	m->with = a->with;
}

static void read_ledgers(struct lh_attempt_run *a, const struct lh_monitor *m)
{
	struct lh_report_options options = lh_settings_report(a->start->settings);
	char store[40];
	snprintf(store, sizeof(store), "/proc/self/fd/%d", m->run.store);
	if (!m->run.n || !lh_read_open(&a->file, store))
		return;
	options.symbols = a->symbols;
	lh_project_attach(a->start->project, &options);
	options.orders = false;
	a->report = lh_report_new(options);
	lh_report_add_file(a->report, &a->file);
	lh_report_finish(a->report);
}

static bool has_deadlock(const struct lh_report *report)
{
	for (uint32_t i = 0; report && i < report->findings; i++)
		if (lh_rule_is(report->finding[i]->rule, LH_IS_DEADLOCK) &&
		    report->finding[i]->level >= LH_HAPPENED)
			return true;
	return false;
}

static void watch(struct lh_attempt_run *a, struct lh_monitor *m, pid_t pid)
{
	lh_monitor_run(m, pid);
	a->status = m->status;
	a->ended_by_us = m->ended_by_us;
	a->timed_out = m->timed_out;
	a->interrupted = m->interrupted;
	read_ledgers(a, m);
	a->complete = WIFEXITED(m->status) && !m->timed_out && !m->interrupted &&
		      !m->still_running && !has_deadlock(a->report);
	lh_monitor_close(m);
}

void lh_attempt_run(struct lh_attempt_run *a)
{
	struct lh_monitor *m = calloc(1, sizeof(*m));
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int standard[] = {null, a->show ? STDERR_FILENO : null, a->show ? STDERR_FILENO : null};
	const uint8_t *api = a->start->project->lock_api_result; /* of the first run */
	uint64_t since = lh_time_now();
	pid_t pid;
	a->error = LH_START_ERROR;
	if (m && null >= 0) {
		set_up(a, m);
		a->error = lh_start_program(a->start, m, a->plan, standard, &pid);
		if (!a->error)
			watch(a, m, pid);
	} else {
		lh_log("cannot start an attempt: %s", strerror(errno));
	}
	a->start->project->lock_api_result = api;
	a->ns = lh_time_now() - since;
	if (null >= 0)
		close(null);
	free(m);
}

void lh_attempt_close(struct lh_attempt_run *a)
{
	lh_report_free(a->report);
	lh_read_close(&a->file);
	a->report = NULL;
}

/* ---- what became of the cycles ---- */

/* Did the sum take the reason of this row? */
static bool same_reason(const struct lh_steered *a, const struct lh_steered *b)
{
	return a->result == b->result && a->before == b->before && a->after == b->after &&
	       a->object == b->object && a->thread == b->thread && a->waker == b->waker &&
	       a->wait_site == b->wait_site && a->wake_site == b->wake_site;
}

struct lh_steered lh_attempt_row(const struct lh_attempt_run *a, uint32_t cycle,
				 const struct lh_report_process **process)
{
	struct lh_steered sum = {0}, row;
	*process = NULL;
	for (uint32_t i = 0; a->report && i < a->report->processes; i++) {
		const struct lh_report_process *p = a->report->process[i];
		if (!lh_read_steered(p->ledger, 1 + cycle, &row) || !row.parts)
			continue;
		lh_steered_merge(&sum, &row);
		if (same_reason(&sum, &row))
			*process = p;
	}
	return sum;
}

bool lh_attempt_is_deadlock(const struct lh_report_finding *f)
{
	return lh_rule_is(f->rule, LH_IS_DEADLOCK) && f->severity == LH_ERROR &&
	       f->level >= LH_HAPPENED && !f->ended && !f->likely;
}

bool lh_attempt_happened(const struct lh_attempt_run *a, const struct lh_report_finding *f)
{
	for (uint32_t i = 0; a->report && i < a->report->findings; i++) {
		const struct lh_report_finding *x = a->report->finding[i];
		if (lh_attempt_is_deadlock(x) && x->rule == f->other_rule &&
		    (!strcmp(x->fingerprint, f->other.now) ||
		     !strcmp(x->other.now, f->fingerprint)))
			return true;
	}
	return false;
}
