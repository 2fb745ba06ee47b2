/*
 * ndjson.c — one finding on each line, as a JSON object, for jq, DuckDB, ClickHouse and the like:
 * schema lockhound-finding/1. A field has one type in all lines, and one that is not known is
 * absent. The lines of several runs, one after the other, are a file of all.
 */
#include "tools/render/view.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA "lockhound-finding/1"

/* jansson refuses text that is not UTF-8, so each text is escaped into the arena first. */
static json_t *text(struct lh_view *v, const char *s)
{
	return json_string(lh_escape(v->arena, LH_ESCAPE_JSON, s));
}

static void put_text(struct lh_view *v, json_t *o, const char *key, const char *s)
{
	if (s && *s)
		json_object_set_new(o, key, text(v, s));
}

static void put_number(json_t *o, const char *key, uint64_t n)
{
	json_object_set_new(o, key, json_integer((json_int_t)(n > INT64_MAX ? INT64_MAX : n)));
}

static void put_place(struct lh_view *v, json_t *o, const struct lh_report_frame *f)
{
	if (!f)
		return;
	put_text(v, o, "place", lh_report_frame_text(v->report, f));
	put_text(v, o, "file", lh_view_path(v, f));
	if (f->line)
		put_number(o, "line", f->line);
	put_text(v, o, "function", f->function);
}

static json_t *locks_of(struct lh_view *v, const struct lh_report_finding *f)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < f->locks; i++)
		json_array_append_new(list, text(v, f->lock[i]->name));
	return list;
}

static json_t *steps_of(struct lh_view *v, const struct lh_report_finding *f)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < f->steps; i++) {
		const struct lh_report_step *a = &f->step[i];
		json_t *o = json_object();

		put_text(v, o, "thread", lh_report_thread_text(v->report, a->thread));
		put_text(v, o, "does", lh_report_step_brief(v->report, f, a));
		put_text(v, o, "place", lh_report_frame_text(v->report, a->frame));
		json_array_append_new(list, o);
	}
	return list;
}

/* ---- where the finding was seen ---- */

static void put_origin(struct lh_view *v, json_t *o, const struct lh_report_process *p)
{
	put_text(v, o, "program", lh_path_base(p->exe));
	put_text(v, o, "command", p->command);
	put_text(v, o, "host", p->host);
	put_text(v, o, "container", p->container);
	put_text(v, o, "commit", p->commit);
	put_text(v, o, "test", p->test);
	if (p->rank)
		put_number(o, "rank", p->rank - 1);
}

static int by_text(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* The names of all processes that have the finding, each once, the first of them in the alphabet.
 * Absent: there are none. */
static void put_names(struct lh_view *v, json_t *o, const char *key,
		      const struct lh_sightings *seen,
		      const char *(*name_of)(const struct lh_report_process *))
{
	enum { NAMES_MAX = 100 };
	const char **name = lh_arena_alloc(v->arena, (seen->n + 1) * sizeof(*name));
	json_t *list = json_array();
	uint32_t n = 0;

	for (uint32_t i = 0; i < seen->n; i++)
		if (name_of(seen->process[i]))
			name[n++] = name_of(seen->process[i]);
	if (n)
		qsort(name, n, sizeof(*name), by_text);
	for (uint32_t i = 0; i < n && json_array_size(list) < NAMES_MAX; i++)
		if (!i || strcmp(name[i], name[i - 1]) != 0)
			json_array_append_new(list, text(v, name[i]));
	if (n)
		json_object_set(o, key, list);
	json_decref(list);
}

static const char *test_of(const struct lh_report_process *p)
{
	return p->test;
}

static const char *host_of(const struct lh_report_process *p)
{
	return p->host;
}

static void put_seen(struct lh_view *v, json_t *o, const struct lh_report_finding *f)
{
	put_number(o, "count", f->count);
	put_number(o, "processes", f->processes);
	put_text(v, o, "first_seen", lh_report_date(v->report, f->seen.first_ns));
	put_text(v, o, "last_seen", lh_report_date(v->report, f->seen.last_ns));
	put_origin(v, o, f->seen.first ? f->seen.first : f->process);
	put_names(v, o, "tests", &f->seen, test_of);
	put_names(v, o, "hosts", &f->seen, host_of);
}

static void put_finding(struct lh_view *v, const struct lh_report_finding *f)
{
	json_t *o = json_object();

	put_text(v, o, "schema", SCHEMA);
	put_text(v, o, "fingerprint", f->fingerprint);
	put_text(v, o, "rule", lh_name_rule(f->rule));
	put_text(v, o, "level", lh_name_level(f->level));
	put_text(v, o, "severity", lh_name_severity(f->severity));
	put_text(v, o, "status", lh_name_status(f->status));
	if (f->proof)
		put_text(v, o, "verdict", lh_name_verdict(f->proof->verdict));
	put_text(v, o, "message", f->message);
	put_place(v, o, f->frame);
	json_object_set_new(o, "locks", locks_of(v, f));
	json_object_set_new(o, "steps", steps_of(v, f));
	put_number(o, "duration_ns", f->duration_ns);
	put_seen(v, o, f);
	lh_view_dump(v, o, JSON_COMPACT);
	putc('\n', v->out);
}

void lh_render_ndjson(struct lh_view *v)
{
	for (uint32_t i = 0; i < v->report->findings; i++)
		put_finding(v, v->report->finding[i]);
}
