/* hang_target.c — inspects one process or core for hang, and makes its report. */
#include "tools/cmd/commands.h"
#include "tools/cmd/hang.h"
#include "tools/process/libc_version.h"
#include "tools/process/peek_python.h"
#include "tools/process/proc.h"
#include "tools/util/origin.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool lh_hang_read_pid(const char *text, pid_t *pid)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	*pid = (pid_t)n;
	if (end != text && !*end && !errno && n > 0 && n <= INT_MAX)
		return true;
	lh_log("hang: '%s' is not a process id", text);
	return false;
}

static bool open_target(const char *core, const char *name, struct lh_peek *p)
{
	pid_t pid;

	memset(p, 0, sizeof(*p));
	if (*core)
		return lh_peek_open_core(p, core);
	if (!lh_hang_read_pid(name, &pid))
		return false;
	if (pid == getpid()) {
		lh_log("process %d is this command itself", pid);
		return false;
	}
	return lh_peek_open(p, pid);
}

/* ---- the report ---- */

static const char *fill_in(struct lh_arena *arena, const struct lh_report *report,
			   const struct lh_report_finding *f, const char *text)
{
	const struct lh_report_step *last = f->steps ? &f->step[f->steps - 1] : NULL;
	const char *placeholder = strstr(text, "{who}"), *lock;

	if (!placeholder || !last)
		return text;
	text = lh_arena_printf(arena, "%.*s%s%s", (int)(placeholder - text), text,
			       lh_report_thread_text(report, last->thread),
			       placeholder + strlen("{who}"));
	lock = strstr(text, "{lock}");
	return lock ? lh_arena_printf(arena, "%.*s%s%s", (int)(lock - text), text,
				      lh_report_lock_text(report, last->lock),
				      lock + strlen("{lock}"))
		    : text;
}

/* A lock of another library whose bytes do not name its owner. */
static bool has_no_owner(const struct lh_report_lock *lock)
{
	unsigned kind = lock->row.kind, family = lh_kind_row(kind)->family;

	return (family == LH_FAMILY_GLIB || family == LH_FAMILY_OPENMP) &&
	       lh_kind_acts((uint8_t)kind) == LH_MUTEX && kind != LH_G_REC_MUTEX;
}

static const char *start_again(struct lh_arena *arena, const struct lh_report_lock *lock)
{
	const char *name = lh_kind_row(lock->row.kind)->name;

	return lh_arena_printf(arena,
			       "%s %s does not record its owner: start the program under "
			       "'lockhound run' and run hang again.",
			       name[0] == 'O' ? "An" : "A", name);
}

/* Without the library a wait for a semaphore or for readers may be part of a cycle that cannot be
 * seen. */
static void reword(struct lh_arena *arena, struct lh_report_finding *f)
{
	if (f->rule != LH_RULE_LOST_SIGNAL)
		return;
	for (uint32_t i = 0; i < f->locks; i++)
		if (has_no_owner(f->lock[i]))
			f->help = start_again(arena, f->lock[i]);
		else if (f->lock[i]->row.kind == LH_SEM || f->lock[i]->row.kind == LH_RWLOCK)
			f->help = "A semaphore and the readers of a rwlock do not record their "
				  "threads: start the program under 'lockhound run' and run hang "
				  "again.";
}

void lh_hang_add_findings(struct lh_report *report, const struct lh_ledger_view *ledger,
			  const struct lh_hang_messages *m)
{
	lh_report_add_ledger(report, ledger);
	for (uint32_t i = 0; i < m->n; i++) {
		struct lh_report_finding *f = lh_report_add_row(report, ledger, i + 1, NULL);

		if (!f)
			continue;
		if (m->message[i] && *m->message[i])
			f->message = fill_in(report->arena, report, f, m->message[i]);
		if (!m->watched)
			reword(report->arena, f);
	}
}

/* Waits on locks whose bytes could not be read: no claim about them is possible. */
static uint32_t unread(const struct lh_hang *h)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < h->threads; i++)
		n += h->thread[i].waiting && h->thread[i].wait.unread && !h->thread[i].n_blockers;
	return n;
}

/* Runtimes with locks that are not visible here, and the tool that shows them. */
static void add_runtimes(const struct lh_hang *h, struct lh_report *report)
{
	static const struct {
		const char *part, *note;
		bool always; /* also if the library is loaded */
	} known[] = {
		{"/libjvm.so",
		 "a Java VM: only locks of native code are visible here; jstack shows monitors and "
		 "java.util.concurrent",
		 true},
		{"/libcoreclr.so",
		 "a .NET runtime: only locks of native code are visible here; dotnet-stack shows "
		 "its monitors",
		 true},
		{"/libQt5Core.so", "Qt: QMutex and similar Qt locks do not record their owners",
		 true},
		{"/libQt6Core.so", "Qt: QMutex and similar Qt locks do not record their owners",
		 true},
		{"python3",
		 "a Python interpreter: owners of its locks are visible only under 'lockhound run'",
		 false},
	};

	for (size_t k = 0; k < sizeof(known) / sizeof(*known); k++)
		for (uint32_t i = 0; i < h->peek->modules; i++) {
			const char *at = strstr(h->peek->module[i].path, known[k].part);

			if (at && !strchr(at + 1, '/') && (known[k].always || !h->ledger)) {
				lh_report_note(report, "%s", known[k].note);
				break;
			}
		}
}

/* Stacks of a Python that cannot be read show the functions of its interpreter. */
static void add_python_version(const struct lh_hang *h, struct lh_report *report)
{
	const char *version = lh_peek_unread_python(h->peek);

	if (version)
		lh_report_note(
			report,
			"lines of CPython %s cannot be read (those of 3.11, 3.12 and 3.13 can)",
			version);
}

static void add_notes(const struct lh_hang *h, struct lh_report *report)
{
	const struct lh_peek *p = h->peek;
	uint32_t blanks = unread(h);

	if (blanks)
		lh_report_note(report,
			       "what %u thread%s for could not be read: the result is incomplete",
			       blanks, blanks == 1 ? " waits" : "s wait");

	add_runtimes(h, report);
	add_python_version(h, report);
	if (p->stopped)
		lh_report_note(report, "process %d is stopped by a signal; SIGCONT continues it",
			       p->pid);
	if (h->idle)
		lh_report_note(report, "every thread waits, and no thread can wake another; only a "
				       "signal handler could");
	if (p->cut)
		lh_report_note(report, "%s", p->cut);
	if (p->starved)
		lh_report_note(report,
			       "%u thread%s ready to run but got no processor for %d seconds: run "
			       "hang again later",
			       p->starved, p->starved == 1 ? " is" : "s are", LH_HANG_STARVED_S);
	if (p->tracer)
		lh_report_note(report,
			       "process %d is traced by process %d: its registers cannot be read, "
			       "so stacks may be short",
			       p->pid, p->tracer);
	if (p->no_access && h->ledger)
		lh_report_note(report, "only the library's ledger could be read: %s", p->error);
}

/* The library has recorded it; otherwise the environment of the process tells. */
static void set_rank(struct lh_hang *h)
{
	struct lh_origin *origin = &h->snapshot.head.origin;
	char environment[65536];

	if (!origin->rank && !h->peek->core)
		origin->rank = lh_origin_rank_in(
			environment,
			lh_proc_read(h->peek->pid, "environ", environment, sizeof(environment)));
}

static void make_report(struct lh_hang_target *t, const struct lh_settings *s,
			struct lh_symbols *symbols)
{
	struct lh_report_options options = lh_settings_report(s);
	struct lh_hang *h = &t->hang;

	t->status = lh_hang_find(h) ? LH_HANG_DEADLOCK : LH_HANG_NO_DEADLOCK;
	lh_hang_find_likely(h); /* not certain: it does not change the status */
	set_rank(h);
	options.symbols = symbols;
	t->report = lh_report_new(options);
	lh_snapshot_view(&h->snapshot, &t->ledger);
	lh_hang_add_findings(t->report, &t->ledger,
			     &(struct lh_hang_messages){h->message, h->messages, h->ledger});
	add_notes(h, t->report);
	lh_report_finish(t->report);
	/* With unread waits "no deadlock" is not certain. */
	if (t->status == LH_HANG_NO_DEADLOCK && unread(h))
		t->status = LH_STATUS_REPORT_ERROR;
}

void lh_hang_target_open(struct lh_hang_target *t, const struct lh_settings *s, const char *core,
			 const char *pid, struct lh_symbols *symbols)
{
	struct lh_peek *p = &t->peek;

	memset(t, 0, sizeof(*t));
	t->status = LH_STATUS_REPORT_ERROR;
	if (open_target(core, pid, p)) {
		lh_peek_objects(p);
		if (lh_libc_layout_known(p) &&
		    lh_hang_inspect(&t->hang, p, NULL,
				    LH_OPTION(s, all).number || LH_OPTION(s, hang_html).from) &&
		    lh_hang_merge_processes(&t->hang) != UINT32_MAX)
			make_report(t, s, symbols);
	}
	if (t->status == LH_STATUS_REPORT_ERROR && p->error[0])
		t->error =
			p->cut ? lh_arena_printf(p->arena, "%s; the missing part is needed", p->cut)
			       : p->error;
}

void lh_hang_target_close(struct lh_hang_target *t)
{
	lh_report_free(t->report);
	lh_hang_drop_processes(&t->hang);
	lh_hang_close(&t->hang);
	lh_peek_close(&t->peek);
}
