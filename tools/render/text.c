/*
 * text.c — the text report: for each finding a line in the form of GCC's diagnostics, which editors
 * and CI viewers parse, then a block for each thread with source and stacks.
 */
#include "tools/render/view.h"
#include "tools/util/escape.h"
#include "tools/symbols/source_lines.h"
#include "tools/util/path.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum paint { PLAIN, BOLD, RED, MAGENTA, CYAN, BLUE, GREEN, DIM };

static const char *const paints[] = {"",          "\33[1m",    "\33[1;31m", "\33[1;35m",
				     "\33[1;36m", "\33[1;34m", "\33[32m",   "\33[2m"};

struct output {
	const struct lh_report *report;
	struct lh_render_text_style style;
	struct lh_arena *arena;
	FILE *out;
};

/* ---- output of text: escaped, then colored ---- */

static const char *clean(struct output *g, const char *text)
{
	return lh_escape(g->arena, LH_ESCAPE_TEXT, text ? text : "");
}

__attribute__((format(printf, 3, 4))) static void say(struct output *g, enum paint paint,
						      const char *format, ...)
{
	va_list args;
	const char *text;

	va_start(args, format);
	text = lh_arena_vprintf(g->arena, format, args);
	va_end(args);
	if (g->style.color && paint != PLAIN)
		fprintf(g->out, "%s%s\33[0m", paints[paint], text);
	else
		fputs(text, g->out);
}

static enum paint severity_paint(enum lh_severity s)
{
	return s == LH_ERROR ? RED : s == LH_WARNING ? MAGENTA : CYAN;
}

/* "bank.c:7" or NULL */
static const char *where(struct output *g, const struct lh_report_frame *f)
{
	const char *path;

	if (!f || !f->file || !f->line)
		return NULL;
	path = clean(g, lh_path_last_parts(f->file));
	/* A line that begins with :: would be a command to GitHub's runner. */
	return lh_arena_printf(g->arena, "%s%s:%u", strncmp(path, "::", 2) == 0 ? "./" : "", path,
			       f->line);
}

static const char *in_module(struct output *g, const struct lh_report_frame *f)
{
	return lh_arena_printf(g->arena, "%s+%#llx",
			       f->module ? clean(g, lh_path_base(f->module)) : "?",
			       (unsigned long long)f->offset);
}

/* ---- stacks ---- */

static void show_source(struct output *g, const struct lh_report_frame *f, const char *step_text)
{
	struct lh_source_lines s;

	if (!g->style.source || !f->file || !f->line ||
	    !lh_source_read(g->arena, f->file, f->line, f->column, &s))
		return;
	for (uint32_t i = 0; i < s.n; i++) {
		bool here = s.first + i == f->line;

		say(g, BLUE, "      %5u |", s.first + i);
		say(g, here ? BOLD : PLAIN, "%s%s\n", s.line[i][0] ? " " : "", clean(g, s.line[i]));
		if (here && f->column) {
			say(g, BLUE, "            |");
			say(g, RED, " %*s^ %s\n", (int)s.mark, "", step_text);
		}
	}
}

static void show_at(struct output *g, const struct lh_report_frame *f, const char *step_text)
{
	const char *at = where(g, f);

	if (!f)
		return;
	say(g, BLUE, "     --> ");
	if (!at)
		say(g, PLAIN, "%s  ", in_module(g, f));
	else if (f->column)
		say(g, PLAIN, "%s:%u  ", at, f->column);
	else
		say(g, PLAIN, "%s  ", at);
	say(g, PLAIN, "%s\n", f->function ? clean(g, f->function) : "(no name)");
	show_source(g, f, step_text);
}

static void show_frame(struct output *g, uint32_t number, const struct lh_report_frame *f)
{
	const char *at = where(g, f);

	say(g, PLAIN, "      #%-2u ", number);
	say(g, BOLD, "%s", f->function ? clean(g, f->function) : "??");
	if (at)
		say(g, PLAIN, "  %s", at);
	if (f->script)
		say(g, PLAIN, "\n");
	else
		say(g, DIM, "  (%s%s)\n", in_module(g, f), f->inlined ? ", inlined" : "");
}

static void show_stack(struct output *g, const struct lh_report_stack *t)
{
	uint32_t shown = 0;

	for (uint32_t i = 0; i < t->n; i++)
		if (!t->frame[i].ours)
			show_frame(g, shown++, &t->frame[i]);
	if (t->cut)
		say(g, DIM, "      ... the stack continues\n");
	if (t->approximate)
		say(g, DIM, "      (approximate: code without unwind tables)\n");
	if (!t->n)
		say(g, DIM, "      (no stack was recorded)\n");
}

/* ---- threads ---- */

static const char *step_text(struct output *g, const struct lh_report_finding *f,
			     const struct lh_report_step *a, bool now)
{
	return clean(g, lh_report_step_text(g->report, f, a, now));
}

static void show_step(struct output *g, const struct lh_report_finding *f,
		      const struct lh_report_step *a)
{
	const char *done = step_text(g, f, a, false);

	say(g, PLAIN, "    %s\n", done);
	/* The end lock of a thread is held from create to exit: no call acquired it. */
	if (a->lock && a->lock->row.kind == LH_THREAD_END && a->action == LH_HOLDS)
		return;
	show_at(g, a->frame, done);
	show_stack(g, a->stack);
}

static void show_created(struct output *g, const struct lh_report_thread *thread)
{
	const struct lh_report_frame *f = NULL;
	const char *at;

	for (uint32_t i = 0; thread && thread->created && i < thread->created->n && !f; i++)
		if (!thread->created->frame[i].ours && !thread->created->frame[i].system)
			f = &thread->created->frame[i];
	if (!f)
		return;
	at = where(g, f);
	say(g, DIM, "    (thread created in %s at %s)\n",
	    f->function ? clean(g, f->function) : "??", at ? at : in_module(g, f));
}

static void show_part(struct output *g, const struct lh_report_finding *f, uint32_t number)
{
	const struct lh_report_part *part = &f->part[number];
	bool behind = f->cycle && number >= f->cycle_parts;

	say(g, BOLD, "\n  %s", clean(g, lh_report_thread_text(g->report, part->thread)));
	/* not again if the thread is named by its pid */
	if (part->thread && part->thread->tid > 0 && part->thread->tid != part->thread->foreign_tid)
		say(g, PLAIN, " (%d)", part->thread->tid);
	if (part->thread && part->thread->process != f->process && !part->thread->foreign_tid)
		say(g, PLAIN, " in %s[%d]", clean(g, lh_path_base(part->thread->process->exe)),
		    part->thread->process->pid);
	say(g, PLAIN, behind ? " must wait as a queued writer\n" : "\n");
	for (uint32_t i = part->first; i < part->first + part->n; i++)
		show_step(g, f, &f->step[i]);
	show_created(g, part->thread);
}

/* ---- findings ---- */

/* file:line:column: error: message [rule] */
static void show_diagnostic(struct output *g, const struct lh_report_finding *f)
{
	const char *at = where(g, f->frame);

	if (at && f->frame->column)
		say(g, BOLD, "%s:%u: ", at, f->frame->column);
	else if (at)
		say(g, BOLD, "%s: ", at);
	else
		say(g, BOLD,
		    "%s: ", f->frame ? in_module(g, f->frame) : clean(g, f->process->comm));
	say(g, severity_paint(f->severity), "%s: ", lh_name_severity(f->severity));
	say(g, BOLD, "%s", clean(g, f->message));
	say(g, PLAIN, " [%s]\n", lh_name_rule(f->rule));
}

static const char *certainty(const struct lh_report_finding *f)
{
	if (f->level == LH_CONFIRMED)
		return "happened and lasted";
	if (f->level == LH_HAPPENED)
		return f->open ? "is happening" : "happened";
	return "did not happen, but can";
}

static void show_title(struct output *g, const struct lh_report_finding *f)
{
	const char *cycle = lh_report_cycle_text(g->report, f);

	say(g, BOLD, "\nlockhound: %s", f->title);
	say(g, PLAIN, " (%s)  id %s\n", certainty(f), f->fingerprint);
	if (g->report->processes > 1)
		say(g, PLAIN, "  in %s[%d]\n", clean(g, lh_path_base(f->process->exe)),
		    f->process->pid);
	if (cycle)
		say(g, BOLD, "  %s\n", clean(g, cycle));
	if (f->count > 1 && f->processes > 1)
		say(g, PLAIN, "  seen %llu times in %u processes\n", (unsigned long long)f->count,
		    f->processes);
	else if (f->count > 1)
		say(g, PLAIN, "  seen %llu times\n", (unsigned long long)f->count);
	if (f->status != LH_NEW)
		say(g, PLAIN, "  %s%s%s\n", lh_name_status(f->status), f->reason ? ": " : "",
		    clean(g, f->reason));
}

static void show_end(struct output *g, const struct lh_report_finding *f)
{
	const char *schedule = lh_report_schedule(g->report, f);

	if (schedule)
		say(g, PLAIN, "\n  %s: %s.\n",
		    f->level > LH_POTENTIAL ? "how it hangs" : "how it can hang",
		    clean(g, schedule));
	say(g, PLAIN, "%s  %s\n", schedule ? "" : "\n", f->meaning);
	say(g, GREEN, "  help: ");
	say(g, PLAIN, "%s\n", f->help);
	say(g, DIM, "  more: lockhound explain %s\n\n", lh_name_rule(f->rule));
}

void lh_render_text_finding(const struct lh_report *report, const struct lh_report_finding *f,
			    struct lh_render_text_style style, FILE *out)
{
	struct output g = {.report = report, .style = style, .arena = lh_arena_new(), .out = out};

	show_diagnostic(&g, f);
	show_title(&g, f);
	for (uint32_t i = 0; i < f->parts; i++)
		show_part(&g, f, i);
	show_end(&g, f);
	lh_arena_free(g.arena);
	fflush(out);
}

/* ---- filtered findings ---- */

static void show_filtered(struct output *g)
{
	for (uint32_t i = 0; i < g->report->filtereds; i++) {
		const struct lh_report_finding *f = g->report->filtered[i];

		say(g, PLAIN, "filtered (%s): %s [%s]\n", lh_name_filter(f->filter),
		    clean(g, f->message), lh_name_rule(f->rule));
		say(g, DIM, "  because %s\n", lh_name_why(f->filter));
		for (uint32_t k = 0; k < f->steps; k++) {
			const char *at = where(g, f->step[k].frame);

			say(g, PLAIN, "  %s %s%s%s\n",
			    clean(g, lh_report_thread_text(g->report, f->step[k].thread)),
			    step_text(g, f, &f->step[k], false), at ? "  " : "", at ? at : "");
		}
	}
	if (g->report->filtereds)
		fputc('\n', g->out);
}

/* ---- the end of a report ---- */

static const char *number(struct output *g, uint64_t n, const char *one, const char *many)
{
	return lh_arena_printf(g->arena, "%llu %s", (unsigned long long)n, n == 1 ? one : many);
}

static void list_dropped(struct output *g, const char **text, uint64_t n, const char *one,
			 const char *many)
{
	if (n)
		*text = lh_arena_printf(g->arena, "%s%s%s", *text ? *text : "", *text ? ", " : "",
					number(g, n, one, many));
}

static void show_dropped(struct output *g)
{
	uint64_t locks = 0, stacks = 0, nodes = 0, events = 0, findings = 0, cut = 0;
	const char *text = NULL;

	for (uint32_t i = 0; i < g->report->processes; i++) {
		const struct lh_report_process *p = g->report->process[i];

		locks += p->dropped_locks;
		stacks += p->dropped_stacks;
		nodes += p->dropped_chains;
		events += p->dropped_events;
		findings += p->dropped_findings;
		cut += p->searches_cut;
	}
	list_dropped(g, &text, locks, "lock", "locks");
	list_dropped(g, &text, stacks, "stack", "stacks");
	list_dropped(g, &text, nodes, "dependency", "dependencies");
	list_dropped(g, &text, events, "event", "events");
	list_dropped(g, &text, findings, "finding", "findings");
	list_dropped(g, &text, cut, "cycle search", "cycle searches");
	if (text)
		say(g, MAGENTA, "lockhound: dropped: %s; results may be incomplete\n", text);
}

/* Calls of a signal handler that interrupted the library in its thread are not recorded. */
static void show_unrecorded(struct output *g)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < g->report->processes; i++)
		n += g->report->process[i]->unrecorded;
	if (n)
		say(g, MAGENTA,
		    "lockhound: not recorded: %s in signal handlers that interrupted "
		    "liblockhound\n",
		    number(g, n, "call", "calls"));
}

/* Without its location, a process-shared lock cannot be matched with that of another process. */
static void show_unknown_locations(struct output *g)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < g->report->processes; i++)
		n += g->report->process[i]->locations_unknown;
	if (n)
		say(g, MAGENTA,
		    "lockhound: the memory of %s is unknown: cycles through other processes that "
		    "share it are not found\n",
		    number(g, n, "process-shared lock", "process-shared locks"));
}

/* The seed of the delays, which all processes of one run share. */
static void show_shake(struct output *g)
{
	const struct lh_report *report = g->report;
	uint64_t delays = 0, ns = 0;
	uint32_t seed = 0, seeds = 0;

	for (uint32_t i = 0; i < report->processes; i++) {
		const struct lh_report_process *p = report->process[i];

		delays += p->shakes;
		ns += p->shaken_ns;
		seeds += p->shake && p->shake != seed;
		seed = p->shake ? p->shake : seed;
	}
	if (seeds == 1)
		say(g, PLAIN, "lockhound: delay seed %u: %s, %s; --shake=%u repeats them\n", seed,
		    number(g, delays, "delay", "delays"), lh_report_time(report, ns), seed);
	else if (seeds)
		say(g, PLAIN, "lockhound: several delay seeds: %s, %s\n",
		    number(g, delays, "delay", "delays"), lh_report_time(report, ns));
}

/* " (1 new, 2 baseline)"; counts of 0 are left out, except of new findings. */
static void show_statuses(struct output *g)
{
	uint32_t n[LH_SUPPRESSED + 1] = {0};

	if (!g->report->findings)
		return;
	for (uint32_t i = 0; i < g->report->findings; i++)
		n[g->report->finding[i]->status]++;
	say(g, BOLD, " (%u new", n[LH_NEW]);
	for (enum lh_status s = LH_BASELINE; s <= LH_SUPPRESSED; s++)
		if (n[s])
			say(g, BOLD, ", %u %s", n[s], lh_name_status(s));
	say(g, BOLD, ")");
}

static void show_count(struct output *g)
{
	const struct lh_report *report = g->report;
	uint64_t locks = 0, taken = 0, threads = 0;

	for (uint32_t i = 0; i < report->processes; i++) {
		locks += report->process[i]->locks;
		taken += report->process[i]->acquired;
		threads += report->process[i]->threads;
	}
	say(g, BOLD, "lockhound: %s, %s, %s, %s: %s",
	    number(g, report->processes, "process", "processes"), number(g, locks, "lock", "locks"),
	    number(g, taken, "operation", "operations"), number(g, threads, "thread", "threads"),
	    number(g, report->findings, "finding", "findings"));
	show_statuses(g);
	if (report->filtereds && !g->style.filtered)
		say(g, PLAIN, ", %u filtered", report->filtereds);
	if (g->style.next)
		say(g, PLAIN, " -- next: %s", clean(g, g->style.next));
	fputc('\n', g->out);
}

void lh_render_text_summary(const struct lh_report *report, struct lh_render_text_style style,
			    FILE *out)
{
	struct output g = {.report = report, .style = style, .arena = lh_arena_new(), .out = out};

	if (style.filtered)
		show_filtered(&g);
	if (style.locks)
		lh_render_text_locks(report, &style, out);
	for (uint32_t i = 0; i < report->notes; i++)
		say(&g, PLAIN, "lockhound: note: %s\n", clean(&g, report->note[i]));
	show_dropped(&g);
	show_unrecorded(&g);
	show_unknown_locations(&g);
	show_shake(&g);
	show_count(&g);
	lh_arena_free(g.arena);
	fflush(out);
}

int lh_render_text(const struct lh_report *report, const struct lh_render_text_style *style,
		   FILE *out)
{
	for (uint32_t i = 0; i < report->findings; i++)
		lh_render_text_finding(report, report->finding[i], *style, out);
	lh_render_text_summary(report, *style, out);
	return ferror(out) ? (errno ? errno : EIO) : 0;
}

const char *lh_text_finding_lines(struct lh_view *v, const struct lh_report_finding *f)
{
	struct lh_render_text_style style = {.source = v->style->source};
	char *text = NULL;
	const char *copy;
	size_t n = 0;
	FILE *memory = open_memstream(&text, &n);

	if (!memory)
		return "";
	lh_render_text_finding(v->report, f, style, memory);
	fclose(memory);
	copy = lh_arena_strdup(v->arena, text ? text : "");
	free(text);
	return copy;
}
