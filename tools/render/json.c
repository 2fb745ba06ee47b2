/* json.c — the JSON report, schema lockhound/1. A field that is not known is absent. */
#include "tools/render/view.h"
#include "tools/report/lock_stats.h"

#include <jansson.h>
#include <string.h>

#define SCHEMA "lockhound/1"

/* jansson refuses text that is not UTF-8, so each text is escaped into the arena first. */
static void put_text(struct lh_view *v, json_t *o, const char *key, const char *text)
{
	if (text && text[0])
		json_object_set_new(o, key, json_string(lh_escape(v->arena, LH_ESCAPE_JSON, text)));
}

static void put_value(struct lh_view *v, const char *before, json_t *value, size_t flags)
{
	fputs(before, v->out);
	lh_view_dump(v, value, flags);
}

static void put_name(json_t *o, const char *key, const char *word)
{
	json_object_set_new(o, key, json_string(word));
}

static void put_number(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer((json_int_t)(n > INT64_MAX ? INT64_MAX : n)));
}

/* Most counts of losses are 0: those are left out. */
static void put_some(json_t *o, const char *key, uint64_t n)
{
	if (n)
		put_number(o, key, n);
}

static void put_pid(json_t *o, const struct lh_report_process *p)
{
	put_number(o, "pid", (uint64_t)(p->pid > 0 ? p->pid : 0));
}

static void put_thread_id(json_t *o, const char *key, const struct lh_report_thread *thread)
{
	if (thread)
		put_number(o, key, thread->id);
}

static void put_address(json_t *o, const char *key, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%#llx", (unsigned long long)n);
	json_object_set_new(o, key, json_string(text));
}

static json_t *frame_json(struct lh_view *v, const struct lh_report_frame *f)
{
	json_t *o = json_object();

	put_text(v, o, "function", f->function);
	put_text(v, o, "file", f->file);
	put_some(o, "line", f->line);
	put_text(v, o, "module", f->module);
	if (!f->script)
		put_address(o, "offset", f->offset);
	put_text(v, o, "build_id", f->build_id);
	if (f->wrapper)
		json_object_set_new(o, "wrapper", json_true());
	return o;
}

static void put_place(struct lh_view *v, json_t *o, const struct lh_report_frame *f)
{
	if (f)
		json_object_set_new(o, "place", frame_json(v, f));
}

static json_t *stack_json(struct lh_view *v, const struct lh_report_stack *t)
{
	json_t *list = json_array();

	for (uint32_t i = 0; t && i < t->n; i++)
		json_array_append_new(list, frame_json(v, &t->frame[i]));
	return list;
}

static void put_stack(struct lh_view *v, json_t *o, const char *key,
		      const struct lh_report_stack *t)
{
	if (t && t->n)
		json_object_set_new(o, key, stack_json(v, t));
}

static void put_futex_waits(json_t *o, const struct lh_futex_waits *waits)
{
	json_t *list = json_object();

	put_number(list, "count", waits->n);
	put_number(list, "total_ns", waits->ns);
	put_number(list, "max_ns", waits->max_ns);
	if (waits->n)
		json_object_set(o, "futex_waits", list);
	json_decref(list);
}

static void put_origin(struct lh_view *v, json_t *o, const struct lh_report_process *p)
{
	put_text(v, o, "started", lh_report_date(v->report, p->start_wall_ns));
	put_text(v, o, "host", p->host);
	put_text(v, o, "container", p->container);
	put_text(v, o, "commit", p->commit);
	put_text(v, o, "test", p->test);
	put_some(o, "shard", p->shard);
	put_some(o, "shards", p->shards);
	if (p->rank)
		put_number(o, "rank", p->rank - 1);
}

static json_t *process_at(struct lh_view *v, uint32_t i)
{
	const struct lh_report_process *x = v->report->process[i];
	json_t *o = json_object(), *dropped = json_object();

	put_pid(o, x);
	put_text(v, o, "exe", x->exe);
	put_text(v, o, "end", x->end);
	put_origin(v, o, x);
	put_number(o, "threads", x->threads);
	put_number(o, "acquisitions", x->acquired);
	put_number(o, "contended", x->contended);
	put_some(o, "internal_lock_taken", x->internal_lock_taken);
	put_futex_waits(o, &x->futex);
	put_number(dropped, "locks", x->dropped_locks);
	put_number(dropped, "stacks", x->dropped_stacks);
	/* rare losses: present only if they happened */
	put_some(dropped, "dependencies", x->dropped_chains);
	put_some(dropped, "events", x->dropped_events);
	put_some(dropped, "findings", x->dropped_findings);
	put_some(dropped, "handler_calls", x->unrecorded);
	put_some(dropped, "places", x->locations_unknown);
	put_some(dropped, "searches", x->searches_cut);
	json_object_set_new(o, "dropped", dropped);
	return o;
}

/* Of a lock that is no pthread lock. */
static void put_family(json_t *o, const struct lh_report_lock *lock)
{
	if (!lh_kind_is_pthread(lock->row.kind))
		put_name(o, "family", lh_name_family(lock->row.kind));
}

static json_t *finding_lock_json(struct lh_view *v, const struct lh_report_lock *lock)
{
	json_t *o = json_object();

	put_number(o, "id", lock->id);
	put_text(v, o, "name", lock->name);
	put_name(o, "kind", lock->kind);
	put_family(o, lock);
	if (lh_lock_address(&lock->row))
		put_address(o, "address", lh_read_address(lh_lock_address(&lock->row)));
	put_stack(v, o, "born", lock->init_stack);
	return o;
}

static json_t *thread_json(struct lh_view *v, const struct lh_report_thread *thread)
{
	json_t *o = json_object();

	put_number(o, "id", thread->id);
	if (thread->tid > 0)
		put_number(o, "tid", (uint64_t)thread->tid);
	if (thread->foreign_tid)
		put_number(o, "pid", (uint64_t)thread->foreign_tid);
	put_text(v, o, "name", thread->name[0] ? thread->name : thread->main ? "main" : NULL);
	put_stack(v, o, "created", thread->created);
	return o;
}

static json_t *step_json(struct lh_view *v, const struct lh_report_step *a)
{
	json_t *o = json_object();

	put_thread_id(o, "thread", a->thread);
	put_some(o, "lock", a->lock ? a->lock->id : 0);
	put_name(o, "action", lh_name_action(a->action));
	put_name(o, "mode", a->mode == LH_SHARED ? "shared" : "exclusive");
	put_text(v, o, "note", a->note);
	put_some(o, "left_out", a->left_out);
	put_place(v, o, a->frame);
	json_object_set_new(o, "stack", stack_json(v, a->stack));
	return o;
}

static void put_locks(struct lh_view *v, json_t *o, const struct lh_report_finding *f)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < f->locks; i++)
		json_array_append_new(list, finding_lock_json(v, f->lock[i]));
	json_object_set_new(o, "locks", list);
}

static void put_threads(struct lh_view *v, json_t *o, const struct lh_report_finding *f)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < f->threads; i++)
		json_array_append_new(list, thread_json(v, f->thread[i]));
	json_object_set_new(o, "threads", list);
}

static void put_steps(struct lh_view *v, json_t *o, const struct lh_report_finding *f)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < f->steps; i++)
		json_array_append_new(list, step_json(v, &f->step[i]));
	json_object_set_new(o, "steps", list);
}

/* A part of a variant: its steps alone. */
static json_t *variant_json(struct lh_view *v, const struct lh_report_variant *x)
{
	json_t *o = json_object(), *list = json_array();

	put_thread_id(o, "thread", x->part->thread);
	for (uint32_t i = x->part->first; i < x->part->first + x->part->n; i++)
		json_array_append_new(list, step_json(v, &x->finding->step[i]));
	json_object_set_new(o, "steps", list);
	return o;
}

static void put_variants(struct lh_view *v, json_t *o, const struct lh_report_finding *f)
{
	json_t *list = json_array(), *former = json_array();

	for (uint32_t i = 0; i < f->variants; i++)
		json_array_append_new(list, variant_json(v, &f->variant[i]));
	if (f->variants)
		json_object_set(o, "variants", list);
	for (uint32_t i = 0; i < f->mergeds; i++)
		if (lh_report_is_first_former(f, i))
			json_array_append_new(former, json_string(f->merged[i]->former));
	if (f->mergeds)
		json_object_set(o, "former", former);
	if (f->cycle && strcmp(f->former_v2, f->fingerprint) != 0)
		put_name(o, "former_v2", f->former_v2);
	json_decref(list);
	json_decref(former);
}

/* The entry of the baseline that is this finding, or its cycle under the other rule. */
static void put_entry(json_t *o, const struct lh_report_finding *f)
{
	json_t *entry;

	if (!f->entry[0])
		return;
	entry = json_object();
	put_name(entry, "fingerprint", f->entry);
	put_name(entry, "rule", lh_name_rule(f->entry_rule));
	put_some(entry, "places", f->entry_places);
	json_object_set_new(o, "baseline", entry);
}

static void put_places(struct lh_view *v, json_t *o, const struct lh_report_finding *f)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < f->other_places; i++) {
		json_t *place = json_object();

		put_locks(v, place, f->other_place[i]);
		put_threads(v, place, f->other_place[i]);
		put_steps(v, place, f->other_place[i]);
		json_array_append_new(list, place);
	}
	if (f->cycle)
		put_number(o, "places", 1 + f->other_places);
	if (f->other_places)
		json_object_set(o, "other_places", list);
	json_decref(list);
}

static void put_proof(struct lh_view *v, json_t *o, const struct lh_proof *proof)
{
	json_t *x;

	if (!proof)
		return;
	x = json_object();
	put_name(x, "verdict", lh_name_verdict(proof->verdict));
	put_number(x, "runs", proof->runs);
	put_number(x, "hits", proof->hits);
	put_text(v, x, "reason", proof->reason);
	put_text(v, x, "replay", proof->replay);
	if (proof->before)
		json_object_set_new(x, proof->after ? "before" : "place",
				    frame_json(v, proof->before));
	if (proof->after)
		json_object_set_new(x, "after", frame_json(v, proof->after));
	json_object_set_new(o, "proof", x);
}

static json_t *finding_at(struct lh_view *v, uint32_t i)
{
	const struct lh_report_finding *f = v->report->finding[i];
	json_t *o = json_object();

	put_name(o, "rule", lh_name_rule(f->rule));
	put_name(o, "level", lh_name_level(f->level));
	if (f->level == LH_LASTING)
		json_object_set_new(o, "lasting", json_true());
	put_name(o, "severity", lh_name_severity(f->severity));
	put_name(o, "status", lh_name_status(f->status));
	put_name(o, "fingerprint", f->fingerprint);
	put_number(o, "count", f->count);
	put_pid(o, f->process);
	put_text(v, o, "message", f->message);
	put_place(v, o, f->frame);
	put_text(v, o, "help", f->help);
	put_number(o, "duration_ns", f->duration_ns);
	if (f->by_class)
		json_object_set_new(o, "by_class", json_true());
	if (f->ended)
		json_object_set_new(o, "ended", json_true());
	if (f->likely)
		json_object_set_new(o, "likely", json_true());
	put_locks(v, o, f);
	put_threads(v, o, f);
	put_steps(v, o, f);
	put_variants(v, o, f);
	put_places(v, o, f);
	put_entry(o, f);
	put_text(v, o, "known", f->known);
	put_proof(v, o, f->proof);
	return o;
}

static json_t *filtered_at(struct lh_view *v, uint32_t i)
{
	const struct lh_report_finding *f = v->report->filtered[i];
	json_t *o = json_object();

	put_name(o, "rule", lh_name_rule(f->rule));
	put_name(o, "reason", lh_name_filter(f->filter));
	if (f->by_class)
		json_object_set_new(o, "by_class", json_true());
	put_locks(v, o, f);
	put_steps(v, o, f);
	return o;
}

/* ---- lock statistics ---- */

static void put_time_summary(json_t *o, const char *key, const struct lh_time_summary *s)
{
	json_t *x = json_object();

	put_number(x, "n", s->n);
	put_number(x, "mean", s->mean_ns);
	put_some(x, "p99", s->p99_ns);
	put_number(x, "max", s->max_ns);
	json_object_set_new(o, key, x);
}

static void put_histogram(json_t *o, const char *key, uint64_t acquired,
			  const struct lh_contention_stats *s, uint32_t mode)
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

	put_thread_id(o, "thread", x->thread);
	put_number(o, "acquired", x->taken);
	put_number(o, "waits", x->waits);
	put_number(o, "wait_ns", x->wait_ns);
	put_number(o, "longest_ns", x->wait_max_ns);
	put_number(o, "passed_max", x->bypassed_max);
	return o;
}

static json_t *busy_json(struct lh_view *v, const struct lh_contention_stats *s)
{
	json_t *o = json_object();

	put_number(o, "rows", s->busy);
	put_number(o, "tries_max", s->busy_tries);
	put_number(o, "longest_ns", s->busy_ns);
	put_number(o, "cpu_ns", s->busy_cpu_ns);
	put_thread_id(o, "thread", s->busy_thread);
	if (s->busy_stack || s->busy_cpu_stack)
		json_object_set_new(
			o, "stack",
			stack_json(v, s->busy_stack ? s->busy_stack : s->busy_cpu_stack));
	return o;
}

static void put_contention(struct lh_view *v, json_t *o, const struct lh_report_lock *lock)
{
	const struct lh_contention_stats *s = lock->contention;
	json_t *list = json_array(), *bypassed = json_object();

	if (lock->row.shared && lock->row.acquired) {
		put_histogram(o, "writers", lock->row.acquired, s, 0);
		put_histogram(o, "readers", lock->row.shared, s, 1);
	}
	put_number(bypassed, "total", s->bypassed);
	put_number(bypassed, "max", s->bypassed_max);
	put_number(bypassed, "overtaken_total", s->overtaken);
	put_number(bypassed, "overtaken_max", s->overtaken_max);
	put_thread_id(bypassed, "thread", s->bypassed_thread);
	json_object_set_new(o, "passed", bypassed);
	if (s->busy || s->busy_cpu_ns)
		json_object_set_new(o, "busy", busy_json(v, s));
	for (uint32_t i = 0; i < s->shares; i++)
		json_array_append_new(list, thread_share_json(&s->share[i]));
	json_object_set_new(o, "shares", list);
	put_thread_id(o, "starved", s->starved ? s->starved->thread : NULL);
	if (s->waiting) {
		json_t *w = json_object();
		put_number(w, "thread", s->waiting->id);
		put_number(w, "ns", s->waiting_ns);
		json_object_set_new(o, "waiting", w);
	}
}

/* The lock behind a futex, and the thread that woke others there last. */
static void put_futex(struct lh_view *v, json_t *o, const struct lh_report_lock *lock)
{
	json_t *woken = json_object();

	if (lock->kind_text != lock->kind)
		put_text(v, o, "behind", lock->kind_text);
	put_thread_id(woken, "thread", lock->waker);
	put_stack(v, woken, "stack", lock->wake_stack);
	if (lock->waker)
		json_object_set(o, "woken_by", woken);
	json_decref(woken);
}

static json_t *lock_json(struct lh_view *v, const struct lh_report_lock *lock)
{
	const struct lh_lock *l = &lock->row;
	const struct lh_time_summary waits = lh_report_lock_wait(lock),
				     holds = lh_report_lock_hold(lock);
	json_t *o = json_object(), *wait = json_object(), *hold = json_object();

	put_number(o, "id", lock->id);
	put_text(v, o, "name", lock->name);
	put_name(o, "kind", lock->kind);
	put_family(o, lock);
	put_number(o, "acquired", l->acquired + l->shared);
	put_number(o, "acquired_shared", l->shared);
	put_number(o, "contended", lock->stats.contended);
	put_number(o, "tries_failed", lock->stats.tries_failed);
	put_some(o, "owner_changes", lock->stats.owner_changes);
	put_some(o, "queue_max", lh_report_lock_queue(lock));
	put_number(wait, "total", lock->stats.wait_ns);
	if (lock->stats.contended)
		put_number(wait, "mean", waits.mean_ns);
	put_some(wait, "p99", waits.p99_ns);
	put_number(wait, "max", lock->stats.wait_max_ns);
	json_object_set_new(o, "wait_ns", wait);
	/* Holds are sampled: a lock without a sample has no hold times. */
	if (lock->stats.hold_samples) {
		put_number(hold, "mean", holds.mean_ns);
		put_some(hold, "p99", holds.p99_ns);
		put_number(hold, "max", lock->stats.hold_max_ns);
		put_number(hold, "samples", lock->stats.hold_samples);
	}
	json_object_set_new(o, "hold_ns", hold);
	if (lock->contention)
		put_contention(v, o, lock);
	if (l->kind == LH_FUTEX)
		put_futex(v, o, lock);
	return o;
}

static json_t *class_at(struct lh_view *v, uint32_t i)
{
	const struct lh_class_stats *b = v->report->profile->class[i];
	json_t *o = json_object();

	put_text(v, o, "name", b->name);
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
static json_t *command_json(struct lh_view *v)
{
	json_t *list = json_array();
	char *rest, *word;

	if (!v->report->processes)
		return list;
	rest = lh_arena_strdup(v->arena, v->report->process[0]->command);
	while ((word = strsep(&rest, " ")) != NULL)
		if (word[0])
			json_array_append_new(
				list, json_string(lh_escape(v->arena, LH_ESCAPE_JSON, word)));
	return list;
}

static json_t *tool_json(void)
{
	json_t *o = json_object();

	put_name(o, "name", "lockhound");
	put_name(o, "version", LH_VERSION);
	return o;
}

/* All processes of a run have one seed; of merged runs, the first. */
static json_t *shake_json(const struct lh_report *report)
{
	const struct lh_totals t = lh_view_totals(report);
	json_t *o = json_object();

	put_number(o, "seed", t.seed);
	put_number(o, "naps", t.shakes);
	put_number(o, "ns", t.shaken_ns);
	return o;
}

/* NULL: the end of a thread, which is a lock only for the order graph. */
static json_t *lock_at(struct lh_view *v, uint32_t i)
{
	const struct lh_report_lock *lock = v->report->lock[i];

	return lock->row.kind == LH_THREAD_END ? NULL : lock_json(v, lock);
}

/* NULL: the pair is about holds, which other formats list. */
static json_t *wait_pair_at(struct lh_view *v, uint32_t i)
{
	const struct lh_wait_pair_stats *c = v->report->profile->pair[i];
	json_t *o;

	if (!c->waiter)
		return NULL;
	o = json_object();
	put_pid(o, c->process);
	put_some(o, "lock", c->lock ? c->lock->id : 0);
	put_number(o, "wait_ns", c->ns);
	put_number(o, "longest_ns", c->worst_ns);
	put_number(o, "queue_max", c->queue);
	put_thread_id(o, "thread", c->thread);
	json_object_set_new(o, "waiter", stack_json(v, c->waiter));
	if (c->holder)
		json_object_set_new(o, "holder", stack_json(v, c->holder));
	return o;
}

/*
 * The lists are written element by element: a run may have a million locks, and a tree of all of
 * them would be many times the size of the ledger.
 */
static void put_list(struct lh_view *v, const char *key, uint32_t n, size_t flags,
		     json_t *(*at)(struct lh_view *, uint32_t))
{
	bool first = true;

	fprintf(v->out, ",\n\"%s\": [", key);
	for (uint32_t i = 0; i < n; i++) {
		json_t *value = at(v, i);

		if (value)
			put_value(v, first ? "\n" : ",\n", value, flags);
		first &= value == NULL;
	}
	fputs(first ? "]" : "\n]", v->out);
}

static json_t *note_at(struct lh_view *v, uint32_t i)
{
	return json_string(lh_escape(v->arena, LH_ESCAPE_JSON, v->report->note[i]));
}

void lh_render_json(struct lh_view *v)
{
	const struct lh_report *report = v->report;
	const struct lh_wait_stats *profile = report->profile;

	put_value(v, "{\n\"schema\": ", json_string(SCHEMA), 0);
	put_value(v, ",\n\"tool\": ", tool_json(), 0);
	put_value(v, ",\n\"command\": ", command_json(v), 0);
	if (lh_view_totals(report).seed)
		put_value(v, ",\n\"shake\": ", shake_json(report), 0);
	if (report->notes)
		put_list(v, "notes", report->notes, 0, note_at);
	put_list(v, "processes", report->processes, 0, process_at);
	put_list(v, "findings", report->findings, JSON_INDENT(2), finding_at);
	put_list(v, "filtered", report->filtereds, JSON_INDENT(2), filtered_at);
	put_list(v, "locks", report->locks, 0, lock_at);
	put_list(v, "birthplaces", profile ? profile->classes : 0, 0, class_at);
	put_list(v, "waits", profile ? profile->pairs : 0, JSON_INDENT(2), wait_pair_at);
	fputs("\n}\n", v->out);
}
