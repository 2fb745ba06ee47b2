/*
 * sarif.c — SARIF 2.1.0 for code scanning. GitHub forces three choices: it matches alerts only by
 * primaryLocationLineHash, so that is the fingerprint; it shows baseline and suppressed results
 * like new ones, so these are left out unless asked for; it shows only the first sentence of a
 * message, so that sentence names the locks.
 */
#include "tools/render/view.h"

#include <ctype.h>
#include <jansson.h>
#include <string.h>

enum { RESULTS_MAX = 5000 }; /* GitHub shows no more */

static const char *const levels[] = {"note", "warning", "error"};

static void put(json_t *o, const char *key, const char *text)
{
	json_object_set_new(o, key, json_string(text));
}

/* Appends to the list `key`, which is made with its first element. */
static void add(json_t *o, const char *key, json_t *value)
{
	json_t *list = json_object_get(o, key);

	if (!list) {
		list = json_array();
		json_object_set_new(o, key, list);
	}
	json_array_append_new(list, value);
}

/*
 * In a SARIF message [text](id) is a link and {0} a placeholder. Names that look like one
 * (operator[](int)) are escaped; nothing more is, because few readers undo the escape.
 */
static const char *disarm(struct lh_view *v, const char *text)
{
	bool links = strstr(text, "](") != NULL, holes = false;
	char *out = lh_arena_alloc(v->arena, 2 * strlen(text) + 1), *at = out;

	for (const char *c = text; *c; c++)
		holes |= *c == '{' && isdigit((unsigned char)c[1]);
	for (; *text; text++) {
		if (links && (*text == '[' || *text == ']' || *text == '\\'))
			*at++ = '\\';
		if (holes && (*text == '{' || *text == '}'))
			*at++ = *text;
		*at++ = *text;
	}
	return out;
}

static json_t *message(struct lh_view *v, const char *text)
{
	json_t *o = json_object();

	put(o, "text", disarm(v, lh_view_clean(v, text)));
	return o;
}

/* ---- locations ---- */

static const char *percent(struct lh_view *v, const char *path)
{
	char *out = lh_arena_alloc(v->arena, 3 * strlen(path) + 1), *at = out;

	for (; *path; path++)
		at += isalnum((unsigned char)*path) || strchr("-._~/", *path)
			      ? sprintf(at, "%c", *path)
			      : sprintf(at, "%%%02X", (unsigned char)*path);
	return out;
}

static json_t *artifact(struct lh_view *v, const char *path)
{
	json_t *o = json_object();

	if (lh_path_is_inside(path))
		put(o, "uriBaseId", "SRCROOT");
	put(o, "uri",
	    lh_arena_printf(v->arena, "%s%s", path[0] == '/' ? "file://" : "", percent(v, path)));
	return o;
}

static json_t *region(const struct lh_report_frame *f)
{
	uint32_t column = f->column ? f->column : 1, line = f->line ? f->line : 1;

	return json_pack("{s:I, s:I, s:I, s:I}", "startLine", (json_int_t)line, "startColumn",
			 (json_int_t)column, "endLine", (json_int_t)line, "endColumn",
			 (json_int_t)column + 1);
}

/* SARIF requires a location: without a source line, the object file. */
static json_t *location(struct lh_view *v, const struct lh_report_frame *f, const char *text)
{
	json_t *o = json_object(), *physical = json_object(), *logical = json_object();
	const char *path = f && f->line ? lh_view_path(v, f) : NULL;
	struct lh_report_frame object = {.module = f ? f->module : NULL};

	object.file = object.module;
	if (!path)
		path = lh_view_path(v, &object);
	if (text)
		json_object_set_new(o, "message", message(v, text));
	json_object_set_new(physical, "artifactLocation", artifact(v, path ? path : "unknown"));
	json_object_set_new(physical, "region", region(f && f->line ? f : &object));
	json_object_set_new(o, "physicalLocation", physical);
	put(logical, "fullyQualifiedName",
	    f && f->function ? lh_view_clean(v, f->function)
	    : f ? lh_arena_printf(v->arena, "%s+%#llx", lh_view_clean(v, lh_path_base(f->module)),
				  (unsigned long long)f->offset)
		: "unknown");
	put(logical, "kind", "function");
	add(o, "logicalLocations", logical);
	return o;
}

static json_t *stack(struct lh_view *v, const struct lh_report_stack *t)
{
	json_t *o = json_object();

	json_object_set_new(o, "frames", json_array());
	for (uint32_t i = 0; i < t->n; i++) {
		json_t *frame;

		if (t->frame[i].ours)
			continue;
		frame = json_object();
		if (t->frame[i].module)
			put(frame, "module", lh_view_clean(v, lh_path_base(t->frame[i].module)));
		json_object_set_new(frame, "location", location(v, &t->frame[i], NULL));
		add(o, "frames", frame);
	}
	return o;
}

/* ---- one finding ---- */

/* All holds come first, then the other steps: in this order the threads deadlock. */
static int order_of(const struct lh_report_finding *f, const struct lh_report_step *a)
{
	bool after_holds = a->action != LH_HOLDS;
	int before = 1;

	for (const struct lh_report_step *s = f->step; s < f->step + f->steps; s++)
		before += (s->action != LH_HOLDS) == after_holds ? s < a : after_holds;
	return before;
}

static json_t *step(struct lh_view *v, const struct lh_report_finding *f,
		    const struct lh_report_step *a)
{
	json_t *o = json_object();
	const char *text =
		lh_arena_printf(v->arena, "%s %s", lh_report_thread_text(v->report, a->thread),
				lh_report_step_text(v->report, f, a, false));

	json_object_set_new(o, "executionOrder", json_integer(order_of(f, a)));
	put(o, "importance", "essential");
	json_object_set_new(o, "location", location(v, a->frame, text));
	json_object_set_new(o, "stack", stack(v, a->stack));
	return o;
}

static json_t *thread_flow(struct lh_view *v, const struct lh_report_finding *f, uint32_t part)
{
	const struct lh_report_thread *thread = f->part[part].thread;
	json_t *o = json_object();

	put(o, "id",
	    thread && thread->process != f->process
		    ? lh_arena_printf(v->arena, "T%u of %d", thread->id, thread->process->pid)
	    : thread ? lh_arena_printf(v->arena, "T%u", thread->id)
		     : lh_arena_printf(v->arena, "thread %u", part + 1));
	json_object_set_new(o, "message",
			    message(v, lh_arena_printf(v->arena, "Thread %s",
						       lh_report_thread_text(v->report, thread))));
	return o;
}

/* One thread flow for each thread; a part without a known thread has its own. */
static json_t *code_flow(struct lh_view *v, const struct lh_report_finding *f)
{
	json_t *o = json_object(),
	       **flow = lh_arena_alloc(v->arena, (f->parts + 1) * sizeof(json_t *));
	const char *cycle = lh_report_cycle_text(v->report, f);

	json_object_set_new(o, "message", message(v, cycle ? cycle : f->title));
	for (uint32_t i = 0; i < f->parts; i++) {
		const struct lh_report_part *part = &f->part[i];

		for (uint32_t k = 0; k < i && part->thread && !flow[i]; k++)
			flow[i] = f->part[k].thread == part->thread ? flow[k] : NULL;
		if (!flow[i]) {
			flow[i] = thread_flow(v, f, i);
			add(o, "threadFlows", flow[i]);
		}
		for (uint32_t s = part->first; s < part->first + part->n; s++)
			add(flow[i], "locations", step(v, f, &f->step[s]));
	}
	return o;
}

/* One sentence for each part, "T3 [step](1).", whose location is in relatedLocations. */
static const char *related(struct lh_view *v, const struct lh_report_finding *f, json_t *result,
			   int *id)
{
	const char *text = "";

	for (uint32_t i = 0; i < f->parts; i++) {
		const struct lh_report_step *a =
			f->part[i].does ? f->part[i].does : f->part[i].holds;
		const struct lh_report_frame *at = a ? a->frame : NULL;
		const char *thread, *step_text;
		json_t *entry;

		if (!at || !at->line)
			continue;
		thread = lh_report_thread_text(v->report, f->part[i].thread);
		step_text = lh_report_step_text(v->report, f, a, false);
		entry = location(v, at, lh_arena_printf(v->arena, "%s %s", thread, step_text));
		json_object_set_new(entry, "id", json_integer(++*id));
		add(result, "relatedLocations", entry);
		text = lh_arena_printf(
			v->arena, "%s %s [%s](%d).", text, disarm(v, lh_view_clean(v, thread)),
			strpbrk(step_text, "[]{}\\") ? "did this" : lh_view_clean(v, step_text),
			*id);
	}
	return text;
}

/* Also the locations of the finding's other places, which the message counts. */
static const char *all_related(struct lh_view *v, const struct lh_report_finding *f, json_t *result)
{
	int id = 0;
	const char *text = related(v, f, result, &id);

	for (uint32_t i = 0; i < f->other_places && i < PLACES_MAX; i++)
		related(v, f->other_place[i], result, &id);
	return text;
}

static void put_status(struct lh_view *v, const struct lh_report_finding *f, json_t *o)
{
	json_t *s;

	if (f->status == LH_BASELINE)
		put(o, "baselineState", "unchanged");
	if (f->status != LH_SUPPRESSED)
		return;
	s = json_object();
	put(s, "kind", "external");
	if (f->reason)
		put(s, "justification", lh_view_clean(v, f->reason));
	add(o, "suppressions", s);
}

/* A contradicted finding is a note that fails: another kind would forbid its level. */
static void put_proof(struct lh_view *v, const struct lh_proof *proof, json_t *o)
{
	json_t *x;

	if (!proof)
		return;
	x = json_pack("{s:s, s:I, s:I, s:s}", "verdict", lh_name_verdict(proof->verdict), "runs",
		      (json_int_t)proof->runs, "hits", (json_int_t)proof->hits, "reason",
		      lh_view_clean(v, proof->reason));
	if (proof->replay)
		put(x, "replay", lh_view_clean(v, proof->replay));
	json_object_set_new(o, "properties", json_pack("{s:o}", "proof", x));
}

static json_t *result(struct lh_view *v, const struct lh_report_finding *f)
{
	json_t *o = json_object(), *text = json_object();
	const char *steps = all_related(v, f, o);

	put(o, "ruleId", lh_name_rule(f->rule));
	json_object_set_new(o, "ruleIndex", json_integer(f->rule - 1));
	put(o, "level", levels[f->severity]);
	put(o, "kind", "fail");
	put(text, "text",
	    lh_arena_printf(v->arena, "%s.%s%s", disarm(v, lh_view_clean(v, f->message)), steps,
			    disarm(v, lh_view_more(v, f, " ", "."))));
	json_object_set_new(o, "message", text);
	add(o, "locations", location(v, f->frame, NULL));
	json_object_set_new(o, "partialFingerprints",
			    json_pack("{s:o, s:s, s:s, s:s}", "primaryLocationLineHash",
				      json_sprintf("%s:1", f->fingerprint), "lockCycle/v1",
				      f->former, "lockCycle/v2", f->former_v2, "lockCycle/v3",
				      f->fingerprint));
	json_object_set_new(o, "occurrenceCount",
			    json_integer((json_int_t)(f->count ? f->count : 1)));
	put_status(v, f, o);
	put_proof(v, f->proof, o);
	if (f->parts)
		add(o, "codeFlows", code_flow(v, f));
	return o;
}

/* ---- the run ---- */

/* "lock-order" -> "LockOrder" */
static const char *pascal(struct lh_view *v, const char *id)
{
	char *out = lh_arena_strdup(v->arena, id), *at = out;

	for (bool up = true; *id; id++) {
		if (*id != '-')
			*at++ = up ? (char)toupper((unsigned char)*id) : *id;
		up = *id == '-';
	}
	*at = '\0';
	return out;
}

static json_t *rule(struct lh_view *v, enum lh_rule r)
{
	const struct lh_rule_row *row = lh_rule_row(r);
	bool error = row->severity == LH_ERROR;

	return json_pack(
		"{s:s, s:s, s:{s:s}, s:{s:s}, s:{s:s, s:s}, s:{s:s}, s:{s:[s,s], s:s, s:s}}", "id",
		row->name, "name", pascal(v, row->name), "shortDescription", "text", row->title,
		"fullDescription", "text", row->meaning, "help", "text", row->help, "markdown",
		lh_arena_printf(v->arena,
				"%s %s\n\n"
				"See `lockhound explain %s`.",
				row->meaning, row->help, row->name),
		"defaultConfiguration", "level", levels[row->severity], "properties", "tags",
		"concurrency", "reliability", "precision", error ? "high" : "medium",
		"problem.severity", error ? "error" : "warning");
}

static json_t *tool(struct lh_view *v)
{
	json_t *driver =
		json_pack("{s:s, s:s}", "name", "lockhound", "semanticVersion", LH_VERSION);

	for (enum lh_rule r = 1; r < LH_RULES; r++)
		add(driver, "rules", rule(v, r));
	return json_pack("{s:o}", "driver", driver);
}

static json_t *root_uri(struct lh_view *v)
{
	return json_pack("{s:o}", "uri", json_sprintf("file://%s/", percent(v, v->report->root)));
}

static json_t *invocation(struct lh_view *v, uint32_t left_out)
{
	const struct lh_report *report = v->report;
	json_t *o = json_pack("{s:b, s:o}", "executionSuccessful", report->processes > 0,
			      "workingDirectory", root_uri(v));

	if (report->processes && report->process[0]->command[0])
		put(o, "commandLine", lh_view_clean(v, report->process[0]->command));
	for (uint32_t i = 0; i < report->notes; i++)
		add(o, "toolExecutionNotifications",
		    json_pack("{s:s, s:o}", "level", "note", "message",
			      message(v, report->note[i])));
	if (left_out)
		add(o, "toolExecutionNotifications",
		    json_pack("{s:s, s:{s:o}}", "level", "warning", "message", "text",
			      json_sprintf("%u more findings are not in this file", left_out)));
	return o;
}

static json_t *run(struct lh_view *v)
{
	json_t *o = json_object(), *results = json_array();
	uint32_t left_out = 0;

	json_object_set_new(o, "tool", tool(v));
	json_object_set_new(
		o, "automationDetails",
		json_pack("{s:o}", "id", json_sprintf("lockhound/%s/", lh_view_program(v))));
	for (uint32_t i = 0; i < v->report->findings; i++) {
		const struct lh_report_finding *f = v->report->finding[i];

		if (f->status != LH_NEW && !v->style->suppressed)
			continue;
		if (json_array_size(results) < RESULTS_MAX)
			json_array_append_new(results, result(v, f));
		else
			left_out++;
	}
	add(o, "invocations", invocation(v, left_out));
	json_object_set_new(o, "originalUriBaseIds", json_pack("{s:o}", "SRCROOT", root_uri(v)));
	put(o, "columnKind", "utf16CodeUnits");
	json_object_set_new(o, "results", results);
	return o;
}

void lh_render_sarif(struct lh_view *v)
{
	lh_view_dump(v,
		     json_pack("{s:s, s:s, s:[o]}", "$schema",
			       "https://json.schemastore.org/sarif-2.1.0.json", "version", "2.1.0",
			       "runs", run(v)),
		     JSON_INDENT(2));
	fputc('\n', v->out);
}
