/*
 * trace.c — a trace for Perfetto (ui.perfetto.dev) and chrome://tracing: waits are on the tracks of
 * their threads, holds have one track for each lock. Times are microseconds since the start of the
 * first process. Waits and holds that the monitor saw in fewer than two samples are missing.
 */
#include "tools/report/lock_stats.h"
#include "tools/render/view.h"

#include <jansson.h>

struct output {
	struct lh_view *view;
	uint64_t zero_ns;
	bool first;
};

static const char *clean(struct output *s, const char *text)
{
	return lh_escape(s->view->arena, LH_ESCAPE_JSON, text ? text : "");
}

static void put(struct output *s, json_t *event)
{
	fputs(s->first ? "\n" : ",\n", s->view->out);
	lh_view_dump(s->view, event, 0);
	s->first = false;
}

static double micros(const struct output *s, uint64_t ns)
{
	return ns > s->zero_ns ? (double)(ns - s->zero_ns) / 1000 : 0;
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
	return lh_arena_printf(s->view->arena, "%s+%#llx", lh_path_base(f->module),
			       (unsigned long long)f->offset);
}

/* "step <- work <- main": the outermost function is last. */
static const char *stack_text(struct output *s, const struct lh_report_stack *t)
{
	const char *text = "";

	for (uint32_t i = 0; t && i < t->n; i++)
		if (!t->frame[i].ours)
			text = lh_arena_printf(s->view->arena, "%s%s%s", text, *text ? " <- " : "",
					       frame_name(s, &t->frame[i]));
	return clean(s, text);
}

static const char *wait_name(struct output *s, const struct lh_report_span *x)
{
	const char *lock_text = lh_report_lock_text(s->view->report, x->lock);

	return clean(
		s, lh_arena_printf(s->view->arena,
				   x->wait == LH_WAIT_JOIN ? "joins: waits for %s" : "waits for %s",
				   lock_text));
}

static void put_wait(struct output *s, const struct lh_report_span *x)
{
	put(s, json_pack("{ss ss ss si si sf sf s{ss}}", "name", wait_name(s, x), "cat", "wait",
			 "ph", "X", "pid", x->process->pid, "tid", tid_of(x->thread), "ts",
			 micros(s, x->from_ns), "dur", (double)(x->to_ns - x->from_ns) / 1000,
			 "args", "stack", stack_text(s, x->stack)));
}

/* Holds of one lock may overlap (readers) and holds of one thread need not nest: each has an id. */
static void put_hold(struct output *s, const struct lh_report_span *x, uint32_t number)
{
	const char *name = clean(s, x->lock ? x->lock->name : "an unknown lock");
	const char *id = lh_arena_printf(s->view->arena, "%d.%u", x->process->pid, number);

	put(s, json_pack("{ss ss ss ss si si sf s{ss ss}}", "name", name, "cat", "hold", "ph", "b",
			 "id", id, "pid", x->process->pid, "tid", tid_of(x->thread), "ts",
			 micros(s, x->from_ns), "args", "taken", stack_text(s, x->stack), "thread",
			 clean(s, lh_report_thread_text(s->view->report, x->thread))));
	put(s,
	    json_pack("{ss ss ss ss si si sf}", "name", name, "cat", "hold", "ph", "e", "id", id,
		      "pid", x->process->pid, "tid", tid_of(x->thread), "ts", micros(s, x->to_ns)));
}

static void name_process(struct output *s, const struct lh_report_process *p)
{
	put(s, json_pack("{ss ss si s{ss}}", "name", "process_name", "ph", "M", "pid", p->pid,
			 "args", "name", clean(s, p->comm)));
}

static void name_thread(struct output *s, const struct lh_report_thread *thread)
{
	put(s, json_pack("{ss ss si si s{ss}}", "name", "thread_name", "ph", "M", "pid",
			 thread->process->pid, "tid", tid_of(thread), "args", "name",
			 clean(s, lh_report_thread_text(s->view->report, thread))));
}

static void name_tracks(struct output *s, const struct lh_wait_stats *p)
{
	const struct lh_report_thread *last = NULL;

	for (uint32_t i = 0; i < s->view->report->processes; i++)
		name_process(s, s->view->report->process[i]);
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

void lh_render_trace(struct lh_view *v)
{
	static const struct lh_wait_stats none;
	const struct lh_wait_stats *p = v->report->profile ? v->report->profile : &none;
	struct output s = {.view = v, .zero_ns = earliest(v->report), .first = true};

	fputs("{\"displayTimeUnit\": \"ms\", \"traceEvents\": [", v->out);
	name_tracks(&s, p);
	for (uint32_t i = 0; i < p->spans; i++) {
		if (p->span[i]->wait == LH_WAIT_NONE)
			put_hold(&s, p->span[i], i + 1);
		else
			put_wait(&s, p->span[i]);
	}
	fputs("\n]}\n", v->out);
}
