/* monitor.c — the monitor's loop: arrivals, ends, findings, signals and time limits of a run. */
#include "tools/run/watch_names.h"
#include "tools/run/monitor.h"
#include "tools/util/duration.h"
#include "tools/util/time.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/process/proc.h"
#include "tools/process/write_core.h"
#include "tools/util/log.h"
#include "tools/symbols/symbols.h"
#include "tools/hang/thread_dump.h"

enum {
	EVENTS = 64,
	ROUND_MS = 40,
	BUSY_MS = 5,   /* after an arrival: a short process must be found alive to know its end */
	FINDINGS = 64, /* reported in one round */
	DESCENDANTS = 4096,
	LOST_SCANS = 4,    /* in the time after which all threads of a process wait forever */
	LOST_A_ROUND = 2,  /* processes that are inspected for that */
	THREAD_DUMPS = 16, /* thread dumps of live processes at a time-out: each takes a while */
};
#define BUSY_NS (250 * LH_MS)   /* rounds of BUSY_MS after the last arrival */
#define NAMES_NS (250 * LH_MS)  /* between two updates of thread names */
#define SETTLE_NS (50 * LH_MS)  /* from a deadlock to ending it at least: related findings come */
#define GRACE_NS (2000 * LH_MS) /* from TERM to KILL; and until leftovers are named */
#define ATTEMPT_GRACE_NS (200 * LH_MS)
#define LOST_SCAN_NS (1000 * LH_MS)
#define ARRIVAL_NS (200 * LH_MS)   /* for a process that was starting when the program ended */
#define GIVE_UP_NS (10000 * LH_MS) /* from KILL to giving up */

bool lh_monitor_open(struct lh_monitor *m, char *error, size_t capacity)
{
	sigset_t all;
	/* data.ptr NULL: neither is a process */
	struct epoll_event e = {.events = EPOLLIN};
	if (!lh_run_open(&m->run, error, capacity))
		return false;
	lh_reach_open(&m->reach, &m->run.file);
	m->unwatched.reach = &m->reach;
	m->unwatched.run = &m->run;
	sigfillset(&all);
	m->signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	m->arrivals = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (m->signals >= 0 && m->arrivals >= 0 &&
	    !epoll_ctl(m->run.epoll, EPOLL_CTL_ADD, m->signals, &e) &&
	    !epoll_ctl(m->run.epoll, EPOLL_CTL_ADD, m->arrivals, &e))
		return true;
	snprintf(error, capacity, "cannot watch signals: %s", strerror(errno));
	return false;
}

void lh_monitor_close(struct lh_monitor *m)
{
	for (uint32_t i = 0; i < m->run.n; i++)
		lh_watch_forget(m->run.process[i]->watched);
	lh_report_free(m->reported);
	if (m->own_symbols)
		lh_symbols_free(m->symbols);
	lh_unwatched_free(&m->unwatched);
	lh_reach_close(&m->reach);
	close(m->signals);
	close(m->arrivals);
	lh_grace_free(&m->deadlocks);
	lh_held_back_free(&m->held_back);
	lh_run_close(&m->run);
}

/* What an earlier run has left running, when the attempt begins. */
static pid_t left[DESCENDANTS];
static size_t lefts;

void lh_monitor_leave_present(void)
{
	lefts = lh_proc_descendants(getpid(), left, DESCENDANTS);
}

static bool is_left(pid_t pid)
{
	size_t i = 0;
	while (i < lefts && left[i] != pid)
		i++;
	return i < lefts;
}

/* The descendants that this run has started. */
static size_t descendants(pid_t all[DESCENDANTS])
{
	size_t n = lh_proc_descendants(getpid(), all, DESCENDANTS), own = 0;
	for (size_t i = 0; i < n; i++)
		if (!is_left(all[i]))
			all[own++] = all[i];
	return own;
}

static void signal_all(int signal)
{
	static pid_t all[DESCENDANTS];
	size_t n = descendants(all);
	for (size_t i = 0; i < n; i++)
		kill(all[i], signal);
}

/* Sends TERM first and KILL later, so that the program can clean up. */
static void end_program(struct lh_monitor *m, int signal)
{
	m->ended_by_us = true;
	m->kill_at = lh_time_now() + (m->attempt ? ATTEMPT_GRACE_NS : GRACE_NS);
	signal_all(signal);
}

/* The core is in the folder of this process, whatever the system does with cores. */
static void write_core(const struct lh_run_process *process)
{
	char folder[PATH_MAX] = "", path[PATH_MAX + 32];
	if (!getcwd(folder, sizeof(folder)))
		strcpy(folder, ".");
	snprintf(path, sizeof(path), "%s/core.%d", folder, process->pid);
	if (!lh_write_core(process->pid, path)) {
		lh_log("process %d is deadlocked, but %s cannot be written: %s", process->pid, path,
		       strerror(errno));
		return;
	}
	lh_log("process %d is deadlocked; its core is %s; 'lockhound hang --core %s' shows it, and "
	       "'gdb %s %s'",
	       process->pid, path, path, process->ledger.head.exe, path);
}

/* For people who look at the process of an attempt: they end it. */
static void keep_process(struct lh_monitor *m, const struct lh_run_process *process)
{
	if (!m->attempt)
		return;
	if (m->on_deadlock == LH_ON_REPORT)
		lh_log("process %d is deadlocked; 'lockhound hang %d' shows it, and 'gdb -p %d'",
		       process->pid, process->pid, process->pid);
	lh_log("the next attempt begins when process %d has ended", process->pid);
	m->timeout_ns = 0;
}

static void act_on_deadlock(struct lh_monitor *m, const struct lh_run_process *process)
{
	/* a process whose number is not known gets no signal of its own, and neither does one that
	 * only says that it is of this run */
	bool ours = lh_run_process_signal(process, 0);
	if (m->on_deadlock == LH_ON_CORE) {
		if (ours)
			write_core(process);
		end_program(m, SIGTERM);
	}
	if (m->on_deadlock == LH_ON_EXIT || (m->on_deadlock == LH_ON_ABORT && !ours)) {
		if (!m->attempt)
			lh_log("the program is deadlocked; ending it");
		end_program(m, SIGTERM);
	}
	if (m->on_deadlock == LH_ON_ABORT && ours) {
		lh_log("process %d is deadlocked; aborting it", process->pid);
		lh_run_process_signal(process, SIGABRT);
		m->ended_by_us = true;
		m->kill_at = lh_time_now() + GRACE_NS;
	}
	if (m->on_deadlock == LH_ON_STOP && ours) {
		lh_run_process_signal(process, SIGSTOP);
		lh_log("process %d is stopped; inspect it with 'gdb -p %d', continue it with 'kill "
		       "-CONT %d'",
		       process->pid, process->pid, process->pid);
	}
	if ((m->on_deadlock == LH_ON_STOP || m->on_deadlock == LH_ON_REPORT) && ours)
		keep_process(m, process);
}

/*
 * Some findings are reported only when the process ends: a cycle through a semaphore that may turn
 * out not to be used as a lock, a wait on a condition that a signaller without the lock may turn
 * out to end, and a filtered finding, because the same cycle of other threads may still count and
 * replace it. A long-hold row of the library is a measurement, of which the watch thread makes a
 * finding.
 */
static bool is_reported(const struct lh_monitor *m, const struct lh_run_process *process,
			uint32_t row, bool at_end)
{
	struct lh_finding f;
	if (!lh_read_finding(&process->ledger, row, &f))
		return true;
	if (!at_end && ((f.flags & LH_FINDING_UNSURE) || f.filter != LH_F_NONE))
		return false;
	if (m->predictions_later && f.level == LH_POTENTIAL && lh_rule_is(f.rule, LH_IS_CYCLE))
		return false;
	return !m->watch || f.rule != LH_RULE_LONG_HOLD ||
	       row >= lh_read_used(&process->ledger, LH_T_FINDING);
}

static void report_finding(struct lh_monitor *m, struct lh_run_process *process, uint32_t row,
			   bool at_end)
{
	bool fresh = false;
	lh_run_process_read_names(process, row);
	lh_read_refresh(&process->ledger);
	if (!is_reported(m, process, row, at_end))
		return;
	struct lh_report_finding *f = lh_report_add_row(m->reported, &process->ledger, row, &fresh);
	if (!f)
		return;
	if (fresh && (f->filter == LH_F_NONE || m->style.filtered) && f->status == LH_NEW &&
	    !m->attempt) {
		lh_render_text_finding(m->reported, f, m->style, lh_log_stream());
		fflush(lh_log_stream());
	}
	lh_grace_add(&m->deadlocks, process, row, lh_time_now());
}

static void log_ended(struct lh_monitor *m, const struct lh_followed_deadlock *x)
{
	const struct lh_report_finding *f =
		lh_report_read_row(m->reported, &x->process->ledger, x->row);
	if (f && !m->quiet)
		lh_log("%s %s did not last: %s", lh_name_rule(f->rule), f->fingerprint, f->message);
}

static void report_ended(struct lh_monitor *m, uint64_t t)
{
	const struct lh_followed_deadlock *x;
	lh_grace_read(&m->deadlocks, t);
	while ((x = lh_grace_next_ended(&m->deadlocks)))
		log_ended(m, x);
}

/* ---- events of the watch thread ---- */

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
		if (!lh_held_back_add(&m->held_back, process, n->row, lh_time_now()))
			report_finding(m, process, n->row, true);
		return;
	}
	if (lh_held_back_take(&m->held_back, process, n->row)) {
		report_finding(m, process, n->row, true); /* with its end */
		return;
	}
	struct lh_report_finding *f =
		lh_report_add_row(m->reported, &process->ledger, n->row, &fresh);
	if (f && f->status == LH_NEW && !m->attempt)
		lh_log("long-hold %s: %s", f->fingerprint, n->text);
}

static void drain_watch(struct lh_monitor *m)
{
	struct lh_watch_event n;
	while (m->watch && lh_watch_next_event(m->watch, &n))
		report_event(m, &n);
}

/* ---- warnings that are printed later ---- */

static void report_held_back(struct lh_monitor *m, uint64_t t)
{
	struct lh_run_process *process;
	uint32_t row;
	while ((row = lh_held_back_next(&m->held_back, &process, t)))
		report_finding(m, process, row, true);
}

/* The process has ended, and so many of its findings were withdrawn: they belong to a deadlock. */
static void report_withdrawn(struct lh_monitor *m, const struct lh_run_process *process,
			     uint32_t withdrawn)
{
	withdrawn -= lh_held_back_drop_withdrawn(&m->held_back, process);
	if (withdrawn && !m->quiet)
		lh_log("%u finding%s above belong%s to the deadlock and %s not counted", withdrawn,
		       withdrawn == 1 ? "" : "s", withdrawn == 1 ? "s" : "",
		       withdrawn == 1 ? "is" : "are");
}

static void on_arrival(void *monitor, struct lh_run_process *process)
{
	struct lh_monitor *m = monitor;
	if (m->watch)
		process->watched = lh_watch_add(m->watch, process->mapped, process->size,
						process->renumbered ? 0 : process->pid, process);
}

static void finish_process(struct lh_monitor *m, struct lh_run_process *process)
{
	if (!process->watched)
		return;
	drain_watch(m);
	report_withdrawn(m, process, lh_watch_withdraw(process->watched));
}

/* The overlay with the watch thread's findings is saved together with the ledger. */
static void on_leave(void *monitor, struct lh_run_process *process)
{
	struct lh_monitor *m = monitor;
	uint32_t row;
	if (!process->watched)
		return;
	lh_watch_drop(m->watch, process->watched);
	drain_watch(m);
	process->ledger.overlay = lh_watch_overlay_of(m->watch, process->watched);
	while ((row = lh_held_back_next_of(&m->held_back, process)))
		report_finding(m, process, row, true);
}

static void start_watch(struct lh_monitor *m)
{
	m->watch_for.wake = m->arrivals;
	m->watch_for.run_header = m->run.file.header;
	m->watch_for.name_lock = lh_watch_name_lock;
	m->watch_for.free_names = lh_watch_free_names;
	m->watch = lh_watch_start(&m->watch_for);
	if (!m->watch)
		lh_log("no thread for the monitor (%s): long holds, blocking calls and some "
		       "deadlocks are not found",
		       strerror(errno));
	m->run.on_arrived = on_arrival;
	m->run.on_leaving = on_leave;
	m->run.hook = m;
}

static void report_new(struct lh_monitor *m)
{
	struct lh_run_process *process;
	uint32_t row;
	for (int i = 0; i < FINDINGS && lh_run_next_finding(&m->run, &process, &row); i++)
		report_finding(m, process, row, false);
}

static void remove_process(struct lh_monitor *m, struct lh_run_process *process, enum lh_end how)
{
	uint32_t row;
	finish_process(m, process);
	while (lh_run_process_next_finding(process, &row))
		report_finding(m, process, row, true);
	for (row = 1; row < lh_read_used(&process->ledger, LH_T_FINDING); row++)
		report_finding(m, process, row, true); /* now also the unsure ones */
	report_ended(m, lh_time_now());
	lh_grace_drop(&m->deadlocks, process);
	lh_run_process_leave(&m->run, process, how);
	lh_watch_forget(process->watched);
	process->watched = NULL;
	process->ledger.overlay = NULL;
}

/* The terminal stopped the program: this process stops by the same signal until the shell continues
 * it. */
static void follow_stop(int signal)
{
	sigset_t only;
	if (signal != SIGTSTP && signal != SIGTTIN && signal != SIGTTOU)
		return; /* SIGSTOP was sent to that one process only */
	sigemptyset(&only);
	sigaddset(&only, signal);
	kill(getpid(), signal);
	sigprocmask(SIG_UNBLOCK, &only, NULL);
	sigprocmask(SIG_BLOCK, &only, NULL);
}

static void reap_children(struct lh_monitor *m)
{
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
		if (WIFSTOPPED(status)) {
			if (status >> 16)
				continue; /* our own stop, for a stack: process/sample.h */
			if (pid == m->program)
				follow_stop(WSTOPSIG(status));
			continue;
		}
		lh_run_child_reaped(&m->run, pid, status);
		if (pid == m->program) {
			m->status = status;
			m->ended = lh_time_now();
		}
	}
}

static bool is_stopped(pid_t pid)
{
	char text[1024], state = 0;
	char *after = lh_proc_read(pid, "stat", text, sizeof(text)) ? strrchr(text, ')') : NULL;
	return after && sscanf(after + 1, " %c", &state) == 1 && state == 'T';
}

/*
 * Forwards a signal that this process got. A signal of the terminal (SI_KERNEL) reaches the program
 * by itself; a signal from a process of the run was meant for its process group; any other signal
 * is sent to the program.
 */
static void forward_signal(struct lh_monitor *m, const struct signalfd_siginfo *s)
{
	int signal = (int)s->ssi_signo;
	pid_t from = (pid_t)s->ssi_pid;
	bool ends = signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT;
	if (signal == SIGCHLD)
		return;
	if (ends)
		m->interrupted = signal;
	if (ends && m->attempt && !m->ended_by_us)
		end_program(m, SIGTERM);
	if (m->ended) {
		m->give_up |= ends;
		return;
	}
	if (signal == SIGCONT) {
		if (is_stopped(m->program))
			kill(m->program, SIGCONT);
		return;
	}
	if (s->ssi_code > 0 || from == getpid() || from == m->program || lh_run_find(&m->run, from))
		return;
	if (s->ssi_code == SI_QUEUE)
		sigqueue(m->program, signal,
			 (union sigval){.sival_ptr = (void *)(uintptr_t)s->ssi_ptr});
	else
		kill(m->program, signal);
}

static void read_signals(struct lh_monitor *m)
{
	struct signalfd_siginfo s;
	eventfd_t some;
	eventfd_read(m->arrivals, &some); /* only wakes us; the value does not matter */
	while (read(m->signals, &s, sizeof(s)) == sizeof(s))
		forward_signal(m, &s);
}

static void scan(struct lh_monitor *m)
{
	uint32_t before = m->run.n;
	lh_run_scan(&m->run);
	if (m->run.n != before)
		m->busy_until = lh_time_now() + BUSY_NS;
	report_new(m);
	drain_watch(m);
}

/*
 * One round. The order matters. Children are reaped before pidfds are handled, because reaping
 * gives the better status. Arrivals are scanned before ends: otherwise a process that called exec
 * and then ended would seem to have been lost before its exec.
 */
static void run_round(struct lh_monitor *m)
{
	struct epoll_event e[EVENTS];
	int n = epoll_wait(m->run.epoll, e, EVENTS,
			   lh_time_now() < m->busy_until ? BUSY_MS : ROUND_MS);
	for (int i = 0; i < n; i++)
		if (!e[i].data.ptr)
			read_signals(m);
	reap_children(m);
	scan(m);
	for (int i = 0; i < n; i++) {
		struct lh_run_process *process = e[i].data.ptr;
		if (process && process->state == LH_RUN_ALIVE)
			remove_process(m, process, LH_END_UNKNOWN);
	}
	for (struct lh_run_process *process; (process = lh_run_next_ended(&m->run));) {
		scan(m); /* arrivals again, because only now the end is known */
		if (process->state == LH_RUN_ALIVE)
			remove_process(m, process, LH_END_UNKNOWN);
	}
}

/* ---- all threads of a process wait ---- */

static void find_lost(struct lh_monitor *m, struct lh_run_process *process, uint64_t t, uint64_t ns)
{
	lh_read_refresh(&process->ledger);
	if (process->foreign || !process->watched || !lh_all_wait(process, t, ns) ||
	    lh_grace_has(&m->deadlocks, process))
		return;
	lh_watch_find_lost(process->watched, &process->ledger, process->pid);
	process->lost_at = lh_time_now() + m->lost_ns;
}

/* Some processes in one round: an inspection takes a while. */
static void check_lost(struct lh_monitor *m, uint64_t t)
{
	if (!m->lost_ns || t < m->lost_at)
		return;
	m->lost_at = t + (m->lost_ns < LOST_SCANS * LOST_SCAN_NS ? m->lost_ns / LOST_SCANS
								 : LOST_SCAN_NS);
	for (uint32_t i = 0, n = 0; i < m->run.alive && n < LOST_A_ROUND; i++)
		if (t >= m->run.alive_process[i]->lost_at) {
			uint64_t before = m->run.alive_process[i]->lost_at;
			find_lost(m, m->run.alive_process[i], t, m->lost_ns);
			n += m->run.alive_process[i]->lost_at != before;
		}
}

static void time_out(struct lh_monitor *m)
{
	char limit[LH_DURATION_TEXT];
	m->timed_out = true;
	if (m->attempt || m->limit_expected) {
		end_program(m, SIGTERM);
		return;
	}
	for (uint32_t i = 0; i < m->run.alive && i < THREAD_DUMPS; i++)
		find_lost(m, m->run.alive_process[i], lh_time_now(), 0);
	drain_watch(m);
	lh_log("--timeout of %s expired; ending the program",
	       lh_duration_text((double)m->timeout_ns / 1e9, limit));
	for (uint32_t i = 0; i < m->run.alive; i++) {
		const struct lh_run_process *process = m->run.alive_process[i];
		if (process->renumbered || i >= THREAD_DUMPS)
			lh_thread_dump_ledger(&process->ledger, m->report_options, lh_log_stream());
		else
			lh_thread_dump_live(&process->ledger, process->pid, m->report_options,
					    lh_log_stream());
	}
	fflush(lh_log_stream());
	end_program(m, SIGTERM);
}

/* Not those that have ended and wait for their turn. */
static void name_leftovers(struct lh_monitor *m)
{
	char names[256] = "";
	size_t at = 0;
	for (uint32_t i = 0; i < m->run.alive && at < sizeof(names); i++) {
		const struct lh_run_process *process = m->run.alive_process[i];
		const char *base = strrchr(process->ledger.head.exe, '/');
		if (lh_run_process_has_ended(process))
			continue;
		at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%d (%s)", at ? ", " : "",
				       process->foreign ? process->ledger.head.pid : process->pid,
				       base ? base + 1 : "?");
	}
	if (!at)
		return;
	m->leftovers_reported = true;
	lh_log("the program has ended; waiting for its background processes: %s (Ctrl-C or "
	       "--no-wait: no wait)",
	       names);
}

/* Of an attempt. Those that have ended wait for their turn. */
static void end_leftovers(struct lh_monitor *m)
{
	for (uint32_t i = 0; i < m->run.alive; i++)
		m->still_running += !lh_run_process_has_ended(m->run.alive_process[i]);
	m->kill_at = lh_time_now() + ATTEMPT_GRACE_NS;
	signal_all(SIGTERM);
}

/* The summary lists all of them; with -v each is also logged at once. */
static void report_unwatched(struct lh_monitor *m)
{
	for (; m->watch_for.verbose && m->unwatched_reported < m->unwatched.count &&
	       m->unwatched_reported < LH_UNWATCHED_NAMED;
	     m->unwatched_reported++)
		lh_log("not watched: %s", m->unwatched.name[m->unwatched_reported]);
}

/* An action waits until a deadlock has lasted; at the time limit of the run it does not. */
static void check_deadlocks(struct lh_monitor *m, uint64_t t, bool at_limit)
{
	bool settles = m->on_deadlock == LH_ON_EXIT && m->grace_ns < SETTLE_NS;
	uint64_t ns = at_limit ? 0 : settles ? SETTLE_NS : m->grace_ns;
	const struct lh_followed_deadlock *x;
	report_ended(m, t);
	while ((m->on_deadlock != LH_ON_REPORT || m->attempt) && !m->ended_by_us &&
	       (x = lh_grace_expired(&m->deadlocks, t, ns)))
		act_on_deadlock(m, x->process);
}

static void check_time(struct lh_monitor *m)
{
	uint64_t t = lh_time_now();
	bool at_limit = m->timeout_ns && !m->timed_out && t - m->start > m->timeout_ns;
	report_held_back(m, t);
	check_deadlocks(m, t, at_limit);
	check_lost(m, t);
	if (at_limit && !m->ended_by_us)
		time_out(m);
	if (m->kill_at && t > m->kill_at) { /* in each round: a process may have forked since */
		signal_all(SIGKILL);
		m->give_up |= t > m->kill_at + GIVE_UP_NS;
	}
	if (t > m->names_at) {
		lh_run_read_names(&m->run);
		m->names_at = t + NAMES_NS;
	}
	lh_unwatched_scan(&m->unwatched, t);
	report_unwatched(m);
	if (m->on_round)
		m->on_round(m->with, m);
	if (m->ended && m->attempt && !m->kill_at)
		end_leftovers(m);
	if (m->ended && m->wait && !m->leftovers_reported && !m->quiet && m->run.alive &&
	    !m->ended_by_us && t > m->ended + GRACE_NS)
		name_leftovers(m);
}

static bool has_children(void)
{
	static pid_t all[DESCENDANTS];
	siginfo_t info;
	return lefts ? descendants(all) : !waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
}

/* True if no process is left that we wait for. */
static bool is_over(struct lh_monitor *m)
{
	if (!m->ended)
		return false;
	if (m->give_up || (!m->wait && !m->ended_by_us))
		return true;
	if (!has_children())
		return true;
	if (m->run.arriving && lh_time_now() < m->ended + ARRIVAL_NS)
		return false;
	if (m->kill_at && lh_time_now() < m->kill_at + GIVE_UP_NS)
		return false; /* until children without the library have ended too */
	return !m->run.alive;
}

/* Handles the arrivals that are left, then stores the ledger of each process. */
static void finish_counts(struct lh_monitor *m)
{
	/* an arrival waits until the findings of the same process before its exec are reported */
	for (int quiet = 0; quiet < 3; quiet++) {
		uint32_t alive = m->run.alive, arriving = m->run.arriving, n = m->run.n;
		lh_run_scan(&m->run);
		report_new(m);
		if (alive != m->run.alive || arriving != m->run.arriving || n != m->run.n)
			quiet = 0;
	}
	while (m->run.alive) {
		struct lh_run_process *process = m->run.alive_process[0];
		bool running = !process->foreign && !lh_run_process_has_ended(process);
		m->still_running += running;
		remove_process(m, process, running ? LH_END_RUNNING : LH_END_UNKNOWN);
	}
}

void lh_monitor_run(struct lh_monitor *m, pid_t program)
{
	m->program = program;
	m->start = lh_time_now();
	lh_reach_start(&m->reach);
	m->busy_until = m->start + BUSY_NS;
	/* Not at once: each read of /proc costs the kernel as much again when the process ends, and
	 * at first there is no process but the program itself. */
	m->names_at = m->start + NAMES_NS;
	m->unwatched.next_ns = m->start + LH_UNWATCHED_FIRST_NS;
	/* after the start of the program, because these take time */
	m->own_symbols = !m->symbols;
	if (m->own_symbols)
		m->symbols = lh_symbols_new(false);
	m->report_options.symbols = m->symbols;
	struct lh_report_options options = m->report_options;
	if (m->project)
		lh_project_attach(m->project, &options);
	options.orders = false; /* these are checked when the run is over */
	m->reported = lh_report_new(options);
	int e = lh_clock_thread_start(&m->clock, &m->run.file, m->arrivals);
	if (e)
		lh_log("no thread for the clock (%s): times in the report are imprecise",
		       strerror(e));
	start_watch(m);
	while (!is_over(m)) {
		run_round(m);
		if (e)
			lh_run_clock_update(m->run.file.header);
		check_time(m);
	}
	finish_counts(m);
	lh_watch_stop(m->watch);
	lh_clock_thread_stop(&m->clock);
}
