/*
 * trace.c — a trace for Perfetto (ui.perfetto.dev) and chrome://tracing: waits are on the tracks of
 * their threads, holds have one track for each lock. Times are microseconds since the start of the
 * first process. Waits and holds that the monitor saw in fewer than two samples are missing.
 */
#include "tools/report/lock_stats.h"
#include "tools/render/render.h"
#include "tools/util/escape.h"
#include "tools/util/path.h"

#include <errno.h>
#include <jansson.h>

struct output {
	const struct lh_report *report;
	struct lh_arena *arena;
	FILE *out;
	uint64_t zero_ns;
	bool first, failed;
};

static const char *clean(struct output *s, const char *text)
{
	return lh_escape(s->arena, LH_ESCAPE_JSON, text ? text : "");
}

static void put(struct output *s, json_t *event)
{
	s->failed |= fputs(s->first ? "\n" : ",\n", s->out) == EOF;
	s->failed |= !event || json_dumpf(event, s->out, 0) != 0;
	s->first = false;
	json_decref(event);
}

static double micros(const struct output *s, uint64_t ns)
{
	return ns > s->zero_ns ? (double)(ns - s->zero_ns) / 1000 : 0;
}

static int pid_of(const struct lh_report_process *p)
{
	return p->pid;
}

static int tid_of(const struct lh_report_thread *thread)
{
	return thread && thread->tid > 0 ? thread->tid : 0;
}

/* The function; without a name, the module and the offset. */
static const char *frame_name(struct output *s, const struct lh_report_frame *f)
{
	if (f->function)
		return f->function;
	if (!f->module)
		return "?";
	return lh_arena_printf(s->arena, "%s+%#llx", lh_path_base(f->module),
			       (unsigned long long)f->offset);
}

/* "step <- work <- main": the outermost function is last. */
static const char *stack_text(struct output *s, const struct lh_report_stack *t)
{
	const char *text = "";

	for (uint32_t i = 0; t && i < t->n; i++)
		if (!t->frame[i].ours)
			text = lh_arena_printf(s->arena, "%s%s%s", text, *text ? " <- " : "",
					       frame_name(s, &t->frame[i]));
	return clean(s, text);
}

static const char *wait_name(struct output *s, const struct lh_report_span *x)
{
	const char *lock_text = lh_report_lock_text(s->report, x->lock);

	return clean(
		s, lh_arena_printf(s->arena,
				   x->wait == LH_WAIT_JOIN ? "joins: waits for %s" : "waits for %s",
				   lock_text));
}

static void put_wait(struct output *s, const struct lh_report_span *x)
{
	put(s, json_pack("{ss ss ss si si sf sf s{ss}}", "name", wait_name(s, x), "cat", "wait",
			 "ph", "X", "pid", pid_of(x->process), "tid", tid_of(x->thread), "ts",
			 micros(s, x->from_ns), "dur", (double)(x->to_ns - x->from_ns) / 1000,
			 "args", "stack", stack_text(s, x->stack)));
}

/* Holds of one lock may overlap (readers) and holds of one thread need not nest: each has an id. */
static void put_hold(struct output *s, const struct lh_report_span *x, uint32_t number)
{
	const char *name = clean(s, x->lock ? x->lock->name : "an unknown lock");
	const char *id = lh_arena_printf(s->arena, "%d.%u", pid_of(x->process), number);

	put(s, json_pack("{ss ss ss ss si si sf s{ss ss}}", "name", name, "cat", "hold", "ph", "b",
			 "id", id, "pid", pid_of(x->process), "tid", tid_of(x->thread), "ts",
			 micros(s, x->from_ns), "args", "taken", stack_text(s, x->stack), "thread",
			 clean(s, lh_report_thread_text(s->report, x->thread))));
	put(s, json_pack("{ss ss ss ss si si sf}", "name", name, "cat", "hold", "ph", "e", "id", id,
			 "pid", pid_of(x->process), "tid", tid_of(x->thread), "ts",
			 micros(s, x->to_ns)));
}

static void name_process(struct output *s, const struct lh_report_process *p)
{
	put(s, json_pack("{ss ss si s{ss}}", "name", "process_name", "ph", "M", "pid", pid_of(p),
			 "args", "name", clean(s, p->comm)));
}

static void name_thread(struct output *s, const struct lh_report_thread *thread)
{
	put(s, json_pack("{ss ss si si s{ss}}", "name", "thread_name", "ph", "M", "pid",
			 pid_of(thread->process), "tid", tid_of(thread), "args", "name",
			 clean(s, lh_report_thread_text(s->report, thread))));
}

static void name_tracks(struct output *s, const struct lh_wait_stats *p)
{
	const struct lh_report_thread *last = NULL;

	for (uint32_t i = 0; i < s->report->processes; i++)
		name_process(s, s->report->process[i]);
	for (uint32_t i = 0; i < p->spans; i++) { /* naming a thread twice is harmless */
		const struct lh_report_thread *thread = p->span[i]->thread;

		if (thread && thread != last)
			name_thread(s, thread);
		last = thread;
	}
}

static uint64_t earliest(const struct lh_report *report)
{
	uint64_t ns = UINT64_MAX;

	for (uint32_t i = 0; i < report->processes; i++)
		if (report->process[i]->ledger->head.start_ns < ns)
			ns = report->process[i]->ledger->head.start_ns;
	return ns;
}

int lh_render_trace(const struct lh_report *report, const struct lh_render_text_style *style,
		    FILE *out)
{
	static const struct lh_wait_stats none;
	const struct lh_wait_stats *p = report->profile ? report->profile : &none;
	struct output s = {.report = report,
			   .arena = lh_arena_new(),
			   .out = out,
			   .zero_ns = earliest(report),
			   .first = true};

	(void)style;
	fputs("{\"displayTimeUnit\": \"ms\", \"traceEvents\": [", out);
	name_tracks(&s, p);
	for (uint32_t i = 0; i < p->spans; i++) {
		if (p->span[i]->wait == LH_WAIT_NONE)
			put_hold(&s, p->span[i], i + 1);
		else
			put_wait(&s, p->span[i]);
	}
	fputs("\n]}\n", out);
	lh_arena_free(s.arena);
	if (fflush(out) != 0 || ferror(out) || s.failed)
		return errno ? errno : EIO;
	return 0;
}
