/* hang.c — lockhound hang: reports who waits for whom in a process that hangs, or in its core. */
#include "tools/process/libc_version.h"
#include "tools/process/peek_python.h"
#include "tools/cmd/commands.h"
#include "tools/cmd/load_runs.h"
#include "tools/hang/text.h"
#include "tools/symbols/symbols.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NO_DEADLOCK, DEADLOCK };

static bool read_pid(const char *text, pid_t *pid)
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
	if (!read_pid(name, &pid))
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

static const char *start_again(const struct lh_hang *h, const struct lh_report_lock *lock)
{
	const char *name = lh_kind_row(lock->row.kind)->name;

	return lh_arena_printf(h->arena,
			       "%s %s does not record its owner: start the program under "
			       "'lockhound run' and run hang again.",
			       name[0] == 'O' ? "An" : "A", name);
}

/* Without the library a wait for a semaphore or for readers may be part of a cycle that cannot be
 * seen. */
static void reword(const struct lh_hang *h, struct lh_report_finding *f)
{
	if (f->rule != LH_RULE_LOST_SIGNAL || h->ledger)
		return;
	for (uint32_t i = 0; i < f->locks; i++)
		if (has_no_owner(f->lock[i]))
			f->help = start_again(h, f->lock[i]);
		else if (f->lock[i]->row.kind == LH_SEM || f->lock[i]->row.kind == LH_RWLOCK)
			f->help = "A semaphore and the readers of a rwlock do not record their "
				  "threads: start the program under 'lockhound run' and run hang "
				  "again.";
}

static void add_findings(struct lh_hang *h, struct lh_report *report,
			 const struct lh_ledger_view *ledger)
{
	lh_report_add_ledger(report, ledger);
	for (uint32_t i = 0; i < h->messages; i++) {
		struct lh_report_finding *f = lh_report_add_row(report, ledger, i + 1, NULL);

		if (!f)
			continue;
		if (h->message[i])
			f->message = fill_in(h->arena, report, f, h->message[i]);
		reword(h, f);
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

/* A form of the report that is no text: instead of the text, or in a file. */
static bool write_form(const struct lh_value *option, const struct lh_report *report,
		       struct lh_render_text_style *style, lh_renderer *render)
{
	return !option->from || lh_loaded_runs_write("hang", option->text, report, style, render);
}

static bool write_report(const struct lh_settings *s, struct lh_hang *h, struct lh_report *report,
			 const struct lh_ledger_view *ledger)
{
	struct lh_render_text_style style = lh_settings_style(s);
	const struct lh_value *json = &LH_OPTION(s, hang_json), *html = &LH_OPTION(s, hang_html);
	struct lh_hang_page page = {h, report, ledger};

	style.width = lh_render_text_width(stdout);
	style.color = lh_render_text_color(LH_OPTION(s, color).text, stdout);
	style.with = &page;
	if ((!json->from || *json->text) && (!html->from || *html->text))
		lh_hang_text(h, report, ledger, &style, stdout);
	return write_form(json, report, &style, lh_render_json) &&
	       write_form(html, report, &style, lh_hang_html) && fflush(stdout) == 0 &&
	       !ferror(stdout);
}

static int show(const struct lh_settings *s, struct lh_hang *h)
{
	struct lh_symbols *symbols = lh_symbols_new(LH_OPTION(s, debuginfod).number);
	struct lh_report_options options = lh_settings_report(s);
	struct lh_report *report;
	struct lh_ledger_view ledger;
	int status = lh_hang_find(h) ? DEADLOCK : NO_DEADLOCK;
	bool good;

	lh_hang_find_likely(h); /* not certain: it does not change the status */
	options.symbols = symbols;
	report = lh_report_new(options);
	lh_snapshot_view(&h->snapshot, &ledger);
	add_findings(h, report, &ledger);
	add_notes(h, report);
	lh_report_finish(report);
	good = write_report(s, h, report, &ledger);
	lh_report_free(report);
	lh_symbols_free(symbols);
	/* With unread waits "no deadlock" is not certain. */
	if (status == NO_DEADLOCK && unread(h))
		return LH_STATUS_REPORT_ERROR;
	return good ? status : LH_STATUS_REPORT_ERROR;
}

static int hang(struct lh_settings *s, char **operand, int operands)
{
	const char *core = LH_OPTION(s, core).text, *pid = LH_OPTION(s, pid).text;
	int status = LH_STATUS_REPORT_ERROR;
	struct lh_hang h = {0};
	struct lh_peek p;

	if (operands + !!*core + !!*pid != 1)
		return lh_bad_operands(&lh_cmd_hang, "name one process or one core dump");
	if (open_target(core, operands ? *operand : pid, &p)) {
		lh_peek_objects(&p);
		if (lh_libc_layout_known(&p) &&
		    lh_hang_inspect(&h, &p, NULL,
				    LH_OPTION(s, all).number || LH_OPTION(s, hang_html).from) &&
		    lh_hang_merge_processes(&h) != UINT32_MAX)
			status = show(s, &h);
	}
	if (status == LH_STATUS_REPORT_ERROR && p.error[0])
		lh_log("%s",
		       p.cut ? lh_arena_printf(p.arena, "%s; the missing part is needed", p.cut)
			     : p.error);
	lh_hang_drop_processes(&h);
	lh_hang_close(&h);
	lh_peek_close(&p);
	return status;
}

const struct lh_command lh_cmd_hang = {
	.name = "hang",
	.purpose = "show why a process hangs: owners and waiters of locks (also: lockhound -p PID)",
	.synopsis = "[OPTION...] PID        (or: lockhound -p PID)\n"
		    "       lockhound hang [OPTION...] --core FILE\n",
	.examples = "  lockhound -p $(pidof app)\n"
		    "  lockhound hang --json 4711 | jq '.findings[].message'\n"
		    "  lockhound hang --html=hang.html 4711\n"
		    "  lockhound hang --core core.4711\n",
	.notes = "A thread id stands for its process. The process need not run under lockhound. If "
		 "it does, the\n"
		 "report also shows readers, holders of semaphores, stacks of acquisitions and "
		 "times.\n",
	.status = "  0 no deadlock, 1 deadlock, 2 error\n",
	.where = LH_IN_HANG,
	.run = hang,
};
