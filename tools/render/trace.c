/*
 * trace.c — a trace for Perfetto (ui.perfetto.dev) and chrome://tracing, in the Trace Event Format.
 *
 * Waits are on the tracks of their threads, holds have one track for each lock, and a counter has
 * the number of threads that wait for a lock. A wait whose owner is known is named as Android names
 * it, which Perfetto's view of lock contention looks for: "Lock contention on a NAME lock (owner
 * tid: N)", N being a thread of the same process. An arrow leads from the wait to the end of the
 * hold that it waited for.
 *
 * Times are microseconds since the first process began. Processes of different machines are brought
 * together by their wall clocks; processes with one number get others. Waits and holds that the
 * monitor saw in fewer than two samples are missing.
 */
#include "tools/render/trace_slices.h"
#include "tools/util/map.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct output {
	struct lh_view *view;
	struct lh_map process; /* of struct shown, by pointer */
	struct lh_map stacks;  /* of texts, by pointer */
	struct lh_trace_slices slices;
	uint64_t zero_ns;
	bool first;
};

/* How the trace shows a process. */
struct shown {
	json_int_t pid;
	uint64_t shift_ns; /* to be added to its times */
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

/* ---- processes and threads ---- */

static const struct shown *shown(const struct output *s, const struct lh_report_process *p)
{
	return lh_map_find(&s->process, &p, sizeof(p));
}

static json_int_t pid_of(const struct output *s, const struct lh_report_process *p)
{
	return shown(s, p)->pid;
}

static int tid_of(const struct lh_report_thread *thread)
{
	return thread && thread->tid > 0 ? thread->tid : 0;
}

static double micros(const struct output *s, const struct lh_report_process *p, uint64_t ns)
{
	uint64_t at = ns + shown(s, p)->shift_ns - s->zero_ns;

	return at <= INT64_MAX ? (double)at / 1000 : 0;
}

static uint64_t start_of(const struct lh_report_process *p)
{
	return p->ledger->head.start_ns + p->ledger->head.watched_from_ns;
}

/* The wall clock minus the clock of the ledger: one for all processes of a run, because the wall
 * clock is less exact. */
static uint64_t shift_of(const struct output *s, struct lh_map *runs,
			 const struct lh_report_process *p)
{
	uint64_t *shift = lh_map_get(runs, s->view->arena, &p->ledger->head.start_ns,
				     sizeof(uint64_t), sizeof(*shift));

	if (!*shift)
		*shift = p->start_wall_ns - start_of(p);
	return *shift;
}

static void add_process(struct output *s, struct lh_map *runs, struct lh_map *pids, uint32_t i,
			bool by_wall)
{
	enum { ABOVE_ALL_PIDS = 10000000 };
	const struct lh_report_process *p = s->view->report->process[i];
	struct shown *x = lh_map_get(&s->process, s->view->arena, &p, sizeof(p), sizeof(*x));
	bool *taken = lh_map_get(pids, s->view->arena, &p->pid, sizeof(p->pid), sizeof(*taken));

	x->pid = *taken ? ABOVE_ALL_PIDS + (json_int_t)i : p->pid;
	*taken = true;
	x->shift_ns = by_wall ? shift_of(s, runs, p) : 0;
	if (i == 0 || p->ledger->head.start_ns + x->shift_ns < s->zero_ns)
		s->zero_ns = p->ledger->head.start_ns + x->shift_ns;
}

static void add_processes(struct output *s)
{
	const struct lh_report *report = s->view->report;
	struct lh_map runs = {0}, pids = {0};
	bool by_wall = true;

	for (uint32_t i = 0; i < report->processes; i++)
		by_wall &= report->process[i]->start_wall_ns != 0;
	for (uint32_t i = 0; i < report->processes; i++)
		add_process(s, &runs, &pids, i, by_wall);
}

static void put_name(struct output *s, const char *what, json_int_t pid, int tid, const char *key,
		     json_t *value)
{
	put(s, json_pack("{ss ss sI si s{so}}", "name", what, "ph", "M", "pid", pid, "tid", tid,
			 "args", key, value));
}

/* "host node7, rank 3, test pay" */
static const char *origin_text(struct output *s, const struct lh_report_process *p)
{
	struct lh_arena *arena = s->view->arena;
	const char *text = "";

	if (p->host)
		text = lh_arena_printf(arena, "host %s", p->host);
	if (p->container)
		text = lh_arena_printf(arena, "%s%scontainer %.12s", text, *text ? ", " : "",
				       p->container);
	if (p->rank)
		text = lh_arena_printf(arena, "%s%srank %u", text, *text ? ", " : "", p->rank - 1);
	if (p->test)
		text = lh_arena_printf(arena, "%s%stest %s", text, *text ? ", " : "", p->test);
	return text;
}

static void name_process(struct output *s, const struct lh_report_process *p)
{
	const char *name =
		p->rank ? lh_arena_printf(s->view->arena, "%s, rank %u", p->comm, p->rank - 1)
			: p->comm;
	const char *origin = origin_text(s, p);

	put_name(s, "process_name", pid_of(s, p), 0, "name", json_string(clean(s, name)));
	if (*origin)
		put_name(s, "process_labels", pid_of(s, p), 0, "labels",
			 json_string(clean(s, origin)));
}

static void name_thread(struct output *s, struct lh_map *named, const struct lh_report_thread *t)
{
	bool *done;

	if (!t || !tid_of(t))
		return;
	done = lh_map_get(named, s->view->arena, &t, sizeof(t), sizeof(*done));
	if (*done)
		return;
	*done = true;
	put_name(s, "thread_name", pid_of(s, t->process), tid_of(t), "name",
		 json_string(clean(s, lh_report_thread_text(s->view->report, t))));
	put_name(s, "thread_sort_index", pid_of(s, t->process), tid_of(t), "sort_index",
		 json_integer(t->id));
}

static void name_tracks(struct output *s, const struct lh_wait_stats *p)
{
	struct lh_map named = {0};

	for (uint32_t i = 0; i < s->view->report->processes; i++)
		name_process(s, s->view->report->process[i]);
	for (uint32_t i = 0; i < p->spans; i++)
		name_thread(s, &named, p->span[i]->thread);
	for (uint32_t i = 0; i < s->slices.n; i++)
		name_thread(s, &named, s->slices.slice[i].owner);
}

/* ---- texts ---- */

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

/* "step <- work <- main": the outermost function is last. Made once for each stack. */
static const char *stack_text(struct output *s, const struct lh_report_stack *t)
{
	const char **known = lh_map_get(&s->stacks, s->view->arena, &t, sizeof(t), sizeof(*known));
	const char *text = "";

	if (*known)
		return *known;
	for (uint32_t i = 0; t && i < t->n; i++)
		if (!t->frame[i].ours)
			text = lh_arena_printf(s->view->arena, "%s%s%s", text, *text ? " <- " : "",
					       frame_name(s, &t->frame[i]));
	return *known = clean(s, text);
}

static bool has_owner_tid(const struct lh_trace_slice *x)
{
	return x->span->wait == LH_WAIT_LOCK && x->owner && tid_of(x->owner) &&
	       x->owner->process == x->span->process;
}

/* The viewer looks for the first "(owner tid: " in the name, so the lock's name may have none. */
static const char *contention_name(struct output *s, const struct lh_trace_slice *x)
{
	char *name = lh_arena_strdup(s->view->arena,
				     x->span->lock ? x->span->lock->name : "unknown"),
	     *at;

	while ((at = strstr(name, "(owner tid")) != NULL)
		*at = '[';
	return lh_arena_printf(s->view->arena, "Lock contention on a %s lock (owner tid: %d)", name,
			       tid_of(x->owner));
}

static const char *slice_name(struct output *s, const struct lh_trace_slice *x)
{
	const char *lock_text = lh_report_lock_text(s->view->report, x->span->lock);

	if (x->ends_hold)
		return lh_arena_printf(s->view->arena, "held %s until here", lock_text);
	if (has_owner_tid(x))
		return contention_name(s, x);
	return lh_arena_printf(
		s->view->arena,
		x->span->wait == LH_WAIT_JOIN ? "joins: waits for %s" : "waits for %s", lock_text);
}

/* A call that a finding saw the owner make with the lock held: "blocks in nanosleep". */
static const char *call_text(struct output *s, const struct lh_trace_slice *x)
{
	const struct lh_report *report = s->view->report;
	enum { FINDINGS_MAX = 200 };

	for (uint32_t i = 0; i < report->findings && i < FINDINGS_MAX; i++) {
		const struct lh_report_finding *f = report->finding[i];

		if (f->rule != LH_RULE_BLOCKING_CALL && f->rule != LH_RULE_LONG_HOLD)
			continue;
		for (uint32_t k = 1; k < f->steps; k++)
			if (f->step[k].action == LH_CALLS && f->step[k].thread == x->owner &&
			    f->step[0].lock && f->step[0].lock->lock == x->span->lock->lock)
				return lh_report_step_text(report, f, &f->step[k], true);
	}
	return NULL;
}

/* What the owner did during the wait; NULL: not known. */
static const char *meanwhile(struct output *s, const struct lh_trace_slice *x)
{
	const struct lh_trace_slice *own = lh_trace_wait_during(&s->slices, x->owner, x);

	if (!own)
		return x->span->lock ? call_text(s, x) : NULL;
	return lh_arena_printf(s->view->arena, "waits for %s, %s of %s",
			       lh_report_lock_text(s->view->report, own->span->lock),
			       lh_report_time(s->view->report, lh_trace_overlap(own, x)),
			       lh_report_time(s->view->report, x->to_ns - x->from_ns));
}

/* ---- slices and arrows ---- */

static void add_text(struct output *s, json_t *args, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(args, key, json_string(clean(s, text)));
}

static json_t *slice_args(struct output *s, const struct lh_trace_slice *x)
{
	json_t *args = json_object();

	add_text(s, args, x->ends_hold ? "taken" : "stack", stack_text(s, x->span->stack));
	if (x->owner) {
		add_text(s, args, "owner", lh_report_thread_text(s->view->report, x->owner));
		add_text(s, args, "owner took it in",
			 x->hold ? stack_text(s, x->hold->stack) : NULL);
		add_text(s, args, "owner meanwhile", meanwhile(s, x));
	}
	return args;
}

static void put_slice(struct output *s, const struct lh_trace_slice *x)
{
	const struct lh_report_process *p = x->span->process;

	put(s, json_pack("{ss ss ss sI si sf sf so}", "name", clean(s, slice_name(s, x)), "cat",
			 x->ends_hold ? "hold" : "wait", "ph", "X", "pid", pid_of(s, p), "tid",
			 tid_of(x->span->thread), "ts", micros(s, p, x->from_ns), "dur",
			 (double)(x->to_ns - x->from_ns) / 1000, "args", slice_args(s, x)));
}

static void put_arrow_end(struct output *s, const char *phase, uint32_t number,
			  const struct lh_report_thread *thread, uint64_t ns)
{
	json_t *event =
		json_pack("{ss ss ss si sI si sf}", "name", "waits for the end of", "cat", "wait",
			  "ph", phase, "id", (int)number, "pid", pid_of(s, thread->process), "tid",
			  tid_of(thread), "ts", micros(s, thread->process, ns));

	if (*phase == 'f')
		json_object_set_new(event, "bp", json_string("e"));
	put(s, event);
}

/* An arrow binds to the slice in which its end lies. */
static void put_arrow(struct output *s, const struct lh_trace_slice *x, uint32_t number)
{
	put_arrow_end(s, "s", number, x->span->thread, x->from_ns);
	put_arrow_end(s, "f", number, x->hold->thread, x->hold->to_ns + LH_TRACE_MARK_NS / 2);
}

/* ---- holds and waiters of each lock ---- */

/* Holds of one lock may overlap (readers) and holds of one thread need not nest: each has an id. */
static void put_hold(struct output *s, const struct lh_report_span *x, uint32_t number)
{
	const char *name = clean(s, x->lock ? x->lock->name : "an unknown lock");
	const char *id =
		lh_arena_printf(s->view->arena, "%d.%u", (int)pid_of(s, x->process), number);

	put(s,
	    json_pack("{ss ss ss ss sI si sf s{ss ss}}", "name", name, "cat", "hold", "ph", "b",
		      "id", id, "pid", pid_of(s, x->process), "tid", tid_of(x->thread), "ts",
		      micros(s, x->process, x->from_ns), "args", "taken", stack_text(s, x->stack),
		      "thread", clean(s, lh_report_thread_text(s->view->report, x->thread))));
	put(s, json_pack("{ss ss ss ss sI si sf}", "name", name, "cat", "hold", "ph", "e", "id", id,
			 "pid", pid_of(s, x->process), "tid", tid_of(x->thread), "ts",
			 micros(s, x->process, x->to_ns)));
}

/* A change of the number of threads that wait for a lock. */
struct change {
	const struct lh_report_span *span;
	uint64_t ns;
	int by;
};

static int by_lock_and_time(const void *x, const void *y)
{
	const struct change *a = x, *b = y;

	if (a->span->lock->id != b->span->lock->id)
		return a->span->lock->id < b->span->lock->id ? -1 : 1;
	if (a->ns != b->ns)
		return a->ns < b->ns ? -1 : 1;
	return a->by - b->by;
}

/* The name of the lock; if an earlier lock of the process has it, with the number in the report. */
static const char *counter_name(struct output *s, struct lh_map *names,
				const struct lh_report_lock *lock)
{
	struct lh_arena *arena = s->view->arena;
	const char **text = lh_map_get(names, arena, &lock, sizeof(lock), sizeof(*text));
	const char *key;
	bool *taken;

	if (*text)
		return *text;
	key = lh_arena_printf(arena, "%d %s", (int)pid_of(s, lock->process), lock->name);
	taken = lh_map_get(names, arena, key, strlen(key) + 1, sizeof(*taken));
	*text = clean(s, lh_arena_printf(arena, *taken ? "waiters: %s (%u)" : "waiters: %s",
					 lock->name, lock->id));
	*taken = true;
	return *text;
}

static void put_counters(struct output *s, const struct lh_wait_stats *p)
{
	struct change *list =
		lh_arena_alloc(s->view->arena, (2 * (size_t)p->spans + 1) * sizeof(*list));
	struct lh_map names = {0};
	uint32_t n = 0;
	int waiters = 0;

	for (uint32_t i = 0; i < p->spans; i++) {
		const struct lh_report_span *x = p->span[i];

		if (x->wait != LH_WAIT_LOCK || !x->lock || x->to_ns <= x->from_ns)
			continue;
		list[n++] = (struct change){x, x->from_ns, 1};
		list[n++] = (struct change){x, x->to_ns, -1};
	}
	if (n)
		qsort(list, n, sizeof(*list), by_lock_and_time);
	for (uint32_t i = 0; i < n; i++) { /* the changes of a lock add up to 0 */
		const struct lh_report_lock *lock = list[i].span->lock;

		waiters += list[i].by;
		put(s, json_pack("{ss ss sI sf s{si}}", "name", counter_name(s, &names, lock), "ph",
				 "C", "pid", pid_of(s, lock->process), "ts",
				 micros(s, lock->process, list[i].ns), "args", "threads", waiters));
	}
}

void lh_render_trace(struct lh_view *v)
{
	static const struct lh_wait_stats none;
	const struct lh_wait_stats *p = v->report->profile ? v->report->profile : &none;
	struct output s = {.view = v, .first = true, .slices = lh_trace_slices(v)};

	add_processes(&s);
	fputs("{\"displayTimeUnit\": \"ms\", \"traceEvents\": [", v->out);
	name_tracks(&s, p);
	put_counters(&s, p);
	for (uint32_t i = 0; i < s.slices.n; i++) {
		const struct lh_trace_slice *x = &s.slices.slice[i];

		if (x->to_ns > x->from_ns)
			put_slice(&s, x);
		if (x->hold)
			put_arrow(&s, x, i + 1);
	}
	for (uint32_t i = 0; i < p->spans; i++)
		if (p->span[i]->wait == LH_WAIT_NONE)
			put_hold(&s, p->span[i], i + 1);
	fputs("\n]}\n", v->out);
}
