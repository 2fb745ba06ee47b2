/* json.c — the JSON report, schema lockhound/1. A field that is not known is absent. */
#include "tools/render/render.h"
#include "tools/report/lock_stats.h"
#include "tools/util/escape.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#define SCHEMA "lockhound/1"

/* jansson refuses text that is not UTF-8, so each text is escaped into the arena first. */
static void put_text(struct lh_arena *p, json_t *o, const char *key, const char *text)
{
	if (text && text[0])
		json_object_set_new(o, key, json_string(lh_escape(p, LH_ESCAPE_JSON, text)));
}

static void put_name(json_t *o, const char *key, const char *word)
{
	json_object_set_new(o, key, json_string(word));
}

static void put_number(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer((json_int_t)(n > INT64_MAX ? INT64_MAX : n)));
}

static void put_address(json_t *o, const char *key, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%#llx", (unsigned long long)n);
	json_object_set_new(o, key, json_string(text));
}

static json_t *frame_json(struct lh_arena *p, const struct lh_report_frame *f)
{
	json_t *o = json_object();

	put_text(p, o, "function", f->function);
	put_text(p, o, "file", f->file);
	if (f->line)
		put_number(o, "line", f->line);
	put_text(p, o, "module", f->module);
	if (!f->script)
		put_address(o, "offset", f->offset);
	put_text(p, o, "build_id", f->build_id);
	return o;
}

static json_t *stack_json(struct lh_arena *p, const struct lh_report_stack *t)
{
	json_t *list = json_array();

	for (uint32_t i = 0; t && i < t->n; i++)
		json_array_append_new(list, frame_json(p, &t->frame[i]));
	return list;
}

static void put_stack(struct lh_arena *p, json_t *o, const char *key,
		      const struct lh_report_stack *t)
{
	if (t && t->n)
		json_object_set_new(o, key, stack_json(p, t));
}

static json_t *process_json(struct lh_arena *p, const struct lh_report_process *x)
{
	json_t *o = json_object(), *dropped = json_object();

	put_number(o, "pid", (uint64_t)(x->pid > 0 ? x->pid : 0));
	put_text(p, o, "exe", x->exe);
	put_text(p, o, "end", x->end);
	put_number(o, "threads", x->threads);
	put_number(o, "acquisitions", x->acquired);
	put_number(o, "contended", x->contended);
	put_number(dropped, "locks", x->dropped_locks);
	put_number(dropped, "stacks", x->dropped_stacks);
	/* rare losses: present only if they happened */
	if (x->dropped_chains)
		put_number(dropped, "dependencies", x->dropped_chains);
	if (x->dropped_events)
		put_number(dropped, "events", x->dropped_events);
	if (x->dropped_findings)
		put_number(dropped, "findings", x->dropped_findings);
	if (x->unrecorded)
		put_number(dropped, "handler_calls", x->unrecorded);
	if (x->locations_unknown)
		put_number(dropped, "places", x->locations_unknown);
	if (x->searches_cut)
		put_number(dropped, "searches", x->searches_cut);
	json_object_set_new(o, "dropped", dropped);
	return o;
}

static json_t *finding_lock_json(struct lh_arena *p, const struct lh_report_lock *lock)
{
	json_t *o = json_object();

	put_number(o, "id", lock->id);
	put_text(p, o, "name", lock->name);
	put_name(o, "kind", lock->kind);
	if (lh_lock_address(&lock->row))
		put_address(o, "address", lh_read_address(lh_lock_address(&lock->row)));
	put_stack(p, o, "born", lock->init_stack);
	return o;
}

static json_t *thread_json(struct lh_arena *p, const struct lh_report_thread *thread)
{
	json_t *o = json_object();

	put_number(o, "id", thread->id);
	if (thread->tid > 0)
		put_number(o, "tid", (uint64_t)thread->tid);
	if (thread->foreign_tid)
		put_number(o, "pid", (uint64_t)thread->foreign_tid);
	put_text(p, o, "name", thread->name[0] ? thread->name : thread->main ? "main" : NULL);
	put_stack(p, o, "created", thread->created);
	return o;
}

static json_t *step_json(struct lh_arena *p, const struct lh_report_step *a)
{
	json_t *o = json_object();

	if (a->thread)
		put_number(o, "thread", a->thread->id);
	if (a->lock)
		put_number(o, "lock", a->lock->id);
	put_name(o, "action", lh_name_action(a->action));
	put_name(o, "mode", a->mode == LH_SHARED ? "shared" : "exclusive");
	put_text(p, o, "note", a->note);
	json_object_set_new(o, "stack", stack_json(p, a->stack));
	return o;
}

static void put_locks(struct lh_arena *p, json_t *o, const struct lh_report_finding *f)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < f->locks; i++)
		json_array_append_new(list, finding_lock_json(p, f->lock[i]));
	json_object_set_new(o, "locks", list);
}

static void put_threads(struct lh_arena *p, json_t *o, const struct lh_report_finding *f)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < f->threads; i++)
		json_array_append_new(list, thread_json(p, f->thread[i]));
	json_object_set_new(o, "threads", list);
}

static void put_steps(struct lh_arena *p, json_t *o, const struct lh_report_finding *f)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < f->steps; i++)
		json_array_append_new(list, step_json(p, &f->step[i]));
	json_object_set_new(o, "steps", list);
}

static json_t *finding_json(struct lh_arena *p, const struct lh_report_finding *f)
{
	json_t *o = json_object();

	put_name(o, "rule", lh_name_rule(f->rule));
	put_name(o, "level", lh_name_level(f->level));
	put_name(o, "severity", lh_name_severity(f->severity));
	put_name(o, "status", lh_name_status(f->status));
	put_name(o, "fingerprint", f->fingerprint);
	put_number(o, "count", f->count);
	put_number(o, "pid", (uint64_t)(f->process->pid > 0 ? f->process->pid : 0));
	put_text(p, o, "message", f->message);
	put_text(p, o, "help", f->help);
	put_number(o, "duration_ns", f->duration_ns);
	if (f->by_class)
		json_object_set_new(o, "by_class", json_true());
	put_locks(p, o, f);
	put_threads(p, o, f);
	put_steps(p, o, f);
	return o;
}

static json_t *filtered_json(struct lh_arena *p, const struct lh_report_finding *f)
{
	json_t *o = json_object();

	put_name(o, "rule", lh_name_rule(f->rule));
	put_name(o, "reason", lh_name_filter(f->filter));
	if (f->by_class)
		json_object_set_new(o, "by_class", json_true());
	put_locks(p, o, f);
	put_steps(p, o, f);
	return o;
}

/* ---- lock statistics ---- */

static void put_time_summary(json_t *o, const char *key, const struct lh_time_summary *s)
{
	json_t *x = json_object();

	put_number(x, "n", s->n);
	put_number(x, "mean", s->mean_ns);
	if (s->p99_ns)
		put_number(x, "p99", s->p99_ns);
	put_number(x, "max", s->max_ns);
	json_object_set_new(o, key, x);
}

static void put_histogram(json_t *o, const char *key, uint64_t acquired,
			  const struct lh_lock_service_stats *s, uint32_t mode)
{
	json_t *x = json_object();

	put_number(x, "acquired", acquired);
	put_time_summary(x, "wait_ns", &s->wait[mode]);
	put_time_summary(x, "hold_ns", &s->hold[mode]);
	json_object_set_new(o, key, x);
}

static json_t *thread_share_json(const struct lh_report_thread_share *x)
{
	json_t *o = json_object();

	if (x->thread)
		put_number(o, "thread", x->thread->id);
	put_number(o, "acquired", x->taken);
	put_number(o, "waits", x->waits);
	put_number(o, "wait_ns", x->wait_ns);
	put_number(o, "longest_ns", x->wait_max_ns);
	put_number(o, "passed_max", x->bypassed_max);
	return o;
}

static json_t *busy_json(struct lh_arena *p, const struct lh_lock_service_stats *s)
{
	json_t *o = json_object();

	put_number(o, "rows", s->busy);
	put_number(o, "tries_max", s->busy_tries);
	put_number(o, "longest_ns", s->busy_ns);
	put_number(o, "cpu_ns", s->busy_cpu_ns);
	if (s->busy_thread)
		put_number(o, "thread", s->busy_thread->id);
	if (s->busy_stack || s->busy_cpu_stack)
		json_object_set_new(
			o, "stack",
			stack_json(p, s->busy_stack ? s->busy_stack : s->busy_cpu_stack));
	return o;
}

static void put_service(struct lh_arena *p, json_t *o, const struct lh_report_lock *lock)
{
	const struct lh_lock_service_stats *s = lock->service;
	json_t *list = json_array(), *bypassed = json_object();

	if (lock->row.shared && lock->row.acquired) {
		put_histogram(o, "writers", lock->row.acquired, s, 0);
		put_histogram(o, "readers", lock->row.shared, s, 1);
	}
	put_number(bypassed, "total", s->bypassed);
	put_number(bypassed, "max", s->bypassed_max);
	put_number(bypassed, "overtaken_total", s->overtaken);
	put_number(bypassed, "overtaken_max", s->overtaken_max);
	if (s->bypassed_thread)
		put_number(bypassed, "thread", s->bypassed_thread->id);
	json_object_set_new(o, "passed", bypassed);
	if (s->busy || s->busy_cpu_ns)
		json_object_set_new(o, "busy", busy_json(p, s));
	for (uint32_t i = 0; i < s->shares; i++)
		json_array_append_new(list, thread_share_json(&s->share[i]));
	json_object_set_new(o, "shares", list);
	if (s->starved)
		put_number(o, "starved", s->starved->thread->id);
	if (s->waiting) {
		json_t *w = json_object();
		put_number(w, "thread", s->waiting->id);
		put_number(w, "ns", s->waiting_ns);
		json_object_set_new(o, "waiting", w);
	}
}

static json_t *lock_json(struct lh_arena *p, const struct lh_report_lock *lock)
{
	const struct lh_lock *l = &lock->row;
	const struct lh_time_summary waits = lh_report_lock_wait(lock),
				     holds = lh_report_lock_hold(lock);
	json_t *o = json_object(), *wait = json_object(), *hold = json_object();

	put_number(o, "id", lock->id);
	put_text(p, o, "name", lock->name);
	put_name(o, "kind", lock->kind);
	put_number(o, "acquired", l->acquired + l->shared);
	put_number(o, "acquired_shared", l->shared);
	put_number(o, "contended", lock->stats.contended);
	put_number(o, "tries_failed", lock->stats.tries_failed);
	if (lock->stats.owner_changes)
		put_number(o, "owner_changes", lock->stats.owner_changes);
	if (lh_report_lock_queue(lock))
		put_number(o, "queue_max", lh_report_lock_queue(lock));
	put_number(wait, "total", lock->stats.wait_ns);
	if (lock->stats.contended)
		put_number(wait, "mean", waits.mean_ns);
	if (waits.p99_ns)
		put_number(wait, "p99", waits.p99_ns);
	put_number(wait, "max", lock->stats.wait_max_ns);
	json_object_set_new(o, "wait_ns", wait);
	/* Holds are sampled: a lock without a sample has no hold times. */
	if (lock->stats.hold_samples) {
		put_number(hold, "mean", holds.mean_ns);
		if (holds.p99_ns)
			put_number(hold, "p99", holds.p99_ns);
		put_number(hold, "max", lock->stats.hold_max_ns);
		put_number(hold, "samples", lock->stats.hold_samples);
	}
	json_object_set_new(o, "hold_ns", hold);
	if (lock->service)
		put_service(p, o, lock);
	return o;
}

static json_t *class_json(struct lh_arena *p, const struct lh_class_stats *b)
{
	json_t *o = json_object();

	put_text(p, o, "name", b->name);
	put_name(o, "kind", b->kind);
	put_number(o, "locks", b->locks);
	put_number(o, "acquired", b->acquired + b->shared);
	put_number(o, "acquired_shared", b->shared);
	put_number(o, "contended", b->contended);
	put_number(o, "tries_failed", b->tries_failed);
	put_number(o, "queue_max", b->queue);
	put_number(o, "wait_total_ns", b->wait_ns);
	put_time_summary(o, "wait_ns", &b->wait);
	put_time_summary(o, "hold_ns", &b->hold);
	return o;
}

/* The ledger has the words of the command line with single spaces between them. */
static json_t *command_json(struct lh_arena *p, const struct lh_report *report)
{
	json_t *list = json_array();
	char *rest, *word;

	if (!report->processes)
		return list;
	rest = lh_arena_strdup(p, report->process[0]->command);
	while ((word = strsep(&rest, " ")) != NULL)
		if (word[0])
			json_array_append_new(list,
					      json_string(lh_escape(p, LH_ESCAPE_JSON, word)));
	return list;
}

static json_t *tool_json(void)
{
	json_t *o = json_object();

	put_name(o, "name", "lockhound");
	put_name(o, "version", LH_VERSION);
	return o;
}

/* NULL: no process was delayed. All processes of a run have one seed; of merged runs, the first. */
static json_t *shake_json(const struct lh_report *report)
{
	uint64_t delays = 0, ns = 0;
	uint32_t seed = 0;
	json_t *o;

	for (uint32_t i = 0; i < report->processes; i++) {
		seed = seed ? seed : report->process[i]->shake;
		delays += report->process[i]->shakes;
		ns += report->process[i]->shaken_ns;
	}
	if (!seed)
		return NULL;
	o = json_object();
	put_number(o, "seed", seed);
	put_number(o, "naps", delays);
	put_number(o, "ns", ns);
	return o;
}

/*
 * The lists are written element by element: a run may have a million locks, and a tree of all of
 * them would be many times the size of the ledger.
 */
struct output {
	const struct lh_report *report;
	struct lh_arena *arena;
	FILE *out;
	bool failed;
};

static void put_value(struct output *s, const char *before, json_t *value, size_t flags)
{
	s->failed |= fputs(before, s->out) == EOF;
	s->failed |= json_dumpf(value, s->out, flags | JSON_ENCODE_ANY) != 0;
	json_decref(value);
}

static json_t *process_at(struct output *s, uint32_t i)
{
	return process_json(s->arena, s->report->process[i]);
}

static json_t *finding_at(struct output *s, uint32_t i)
{
	return finding_json(s->arena, s->report->finding[i]);
}

static json_t *filtered_at(struct output *s, uint32_t i)
{
	return filtered_json(s->arena, s->report->filtered[i]);
}

/* NULL: the end of a thread, which is a lock only for the order graph. */
static json_t *lock_at(struct output *s, uint32_t i)
{
	const struct lh_report_lock *lock = s->report->lock[i];

	return lock->row.kind == LH_THREAD_END ? NULL : lock_json(s->arena, lock);
}

static json_t *class_at(struct output *s, uint32_t i)
{
	return class_json(s->arena, s->report->profile->class[i]);
}

/* NULL: the pair is about holds, which other formats list. */
static json_t *wait_pair_at(struct output *s, uint32_t i)
{
	const struct lh_wait_pair_stats *c = s->report->profile->pair[i];
	json_t *o;

	if (!c->waiter)
		return NULL;
	o = json_object();
	put_number(o, "pid", (uint64_t)(c->process->pid > 0 ? c->process->pid : 0));
	if (c->lock)
		put_number(o, "lock", c->lock->id);
	put_number(o, "wait_ns", c->ns);
	put_number(o, "longest_ns", c->worst_ns);
	put_number(o, "queue_max", c->queue);
	if (c->thread)
		put_number(o, "thread", c->thread->id);
	json_object_set_new(o, "waiter", stack_json(s->arena, c->waiter));
	if (c->holder)
		json_object_set_new(o, "holder", stack_json(s->arena, c->holder));
	return o;
}

static void put_list(struct output *s, const char *key, uint32_t n, size_t flags,
		     json_t *(*at)(struct output *, uint32_t))
{
	bool first = true;

	fprintf(s->out, ",\n\"%s\": [", key);
	for (uint32_t i = 0; i < n; i++) {
		json_t *value = at(s, i);

		if (value)
			put_value(s, first ? "\n" : ",\n", value, flags);
		first &= value == NULL;
	}
	fputs(first ? "]" : "\n]", s->out);
}

int lh_render_json(const struct lh_report *report, const struct lh_render_text_style *style,
		   FILE *out)
{
	struct output s = {.report = report, .arena = lh_arena_new(), .out = out};
	json_t *shake;

	(void)style; /* JSON has no styles */
	put_value(&s, "{\n\"schema\": ", json_string(SCHEMA), 0);
	put_value(&s, ",\n\"tool\": ", tool_json(), 0);
	put_value(&s, ",\n\"command\": ", command_json(s.arena, report), 0);
	shake = shake_json(report);
	if (shake)
		put_value(&s, ",\n\"shake\": ", shake, 0);
	put_list(&s, "processes", report->processes, 0, process_at);
	put_list(&s, "findings", report->findings, JSON_INDENT(2), finding_at);
	put_list(&s, "filtered", report->filtereds, JSON_INDENT(2), filtered_at);
	put_list(&s, "locks", report->locks, 0, lock_at);
	put_list(&s, "birthplaces", report->profile ? report->profile->classes : 0, 0, class_at);
	put_list(&s, "waits", report->profile ? report->profile->pairs : 0, JSON_INDENT(2),
		 wait_pair_at);
	fputs("\n}\n", out);
	lh_arena_free(s.arena);
	if (fflush(out) != 0 || ferror(out) || s.failed)
		return errno ? errno : EIO;
	return 0;
}
