/* diff.c — lockhound diff: compares the findings of two runs. */
#include "tools/cmd/commands.h"
#include "tools/cmd/load_runs.h"
#include "tools/util/escape.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* The compared part of a finding. */
struct item {
	char fingerprint[17];
	/* By recipe v1; NULL-terminated. Reports of that version have no other. */
	const char **former;
	const char *former_v2; /* NULL: the fingerprint */
	uint32_t places;       /* 0: not known */
	const char *text;      /* rule and message, escaped */
	enum lh_severity severity;
	bool counts; /* neither suppressed nor in a baseline */
};

struct run {
	struct lh_report_options options; /* to read ledgers with */
	struct lh_arena *arena;
	struct item *item;
	uint32_t n;
};

/* ---- reading ---- */

static void add(struct run *s, const char *fingerprint, struct item item)
{
	item.text = lh_escape(s->arena, LH_ESCAPE_TEXT, item.text);
	snprintf(item.fingerprint, sizeof(item.fingerprint), "%s", fingerprint);
	LH_PUSH(s->arena, s->item, s->n, item);
}

static const char **new_former(struct run *s, size_t n)
{
	return lh_arena_alloc(s->arena, (n + 1) * sizeof(char *));
}

static const char **json_former(struct run *s, const json_t *list)
{
	const char **former = new_former(s, json_array_size(list));
	uint32_t n = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (text)
			former[n++] = lh_arena_strdup(s->arena, text);
	}
	return former;
}

static const char **merged_former(struct run *s, const struct lh_report_finding *f)
{
	const char **former = new_former(s, f->mergeds);

	for (uint32_t i = 0; i < f->mergeds; i++)
		former[i] = lh_arena_strdup(s->arena, f->merged[i]->former);
	return former;
}

static const char *copy_text(struct run *s, const json_t *text)
{
	const char *value = json_string_value(text);

	return value ? lh_arena_strdup(s->arena, value) : NULL;
}

static enum lh_severity severity_of(const char *name)
{
	for (enum lh_severity s = LH_NOTE; name && s < LH_ERROR; s++)
		if (strcmp(name, lh_name_severity(s)) == 0)
			return s;
	return LH_ERROR;
}

static bool add_json_finding(struct run *s, const json_t *f)
{
	const char *fingerprint = json_string_value(json_object_get(f, "fingerprint"));
	const char *rule = json_string_value(json_object_get(f, "rule"));
	const char *message = json_string_value(json_object_get(f, "message"));
	const char *status = json_string_value(json_object_get(f, "status"));
	const char *severity = json_string_value(json_object_get(f, "severity"));

	if (!fingerprint || !rule || strlen(fingerprint) != 16)
		return false;
	add(s, fingerprint,
	    (struct item){
		    .former = json_former(s, json_object_get(f, "former")),
		    .former_v2 = copy_text(s, json_object_get(f, "former_v2")),
		    .places = (uint32_t)json_integer_value(json_object_get(f, "places")),
		    .text = lh_arena_printf(s->arena, "%s  %s", rule, message ? message : ""),
		    .severity = severity_of(severity),
		    .counts = !status || strcmp(status, "new") == 0,
	    });
	return true;
}

static bool read_json(struct run *s, const char *file)
{
	json_error_t e;
	json_t *o = json_load_file(file, 0, &e);
	const char *schema = json_string_value(json_object_get(o, "schema"));
	const json_t *list = json_object_get(o, "findings");
	bool good = o && schema && strncmp(schema, "lockhound/", 10) == 0 && json_is_array(list);

	if (!o)
		lh_log("diff: %s:%d:%d: %s", file, e.line, e.column, e.text);
	else if (good && strcmp(schema, "lockhound/1") != 0)
		lh_log("diff: %s: schema %s; this lockhound reads lockhound/1", file, schema);
	else if (!good)
		lh_log("diff: %s: is not a report of lockhound", file);
	good = good && strcmp(schema, "lockhound/1") == 0;
	for (size_t i = 0; good && i < json_array_size(list); i++) {
		good = add_json_finding(s, json_array_get(list, i));
		if (!good)
			lh_log("diff: %s: finding %zu lacks its rule or fingerprint", file, i + 1);
	}
	json_decref(o);
	return good;
}

static bool read_ledgers(struct run *s, char *file)
{
	struct lh_loaded_runs r;
	bool good = lh_loaded_runs_open(&r, &file, 1, s->options, NULL, false);

	for (uint32_t i = 0; good && i < r.report->notes; i++)
		lh_log("diff: %s: %s", file, r.report->note[i]);
	for (uint32_t i = 0; good && i < r.report->findings; i++) {
		const struct lh_report_finding *f = r.report->finding[i];
		add(s, f->fingerprint,
		    (struct item){
			    .former = merged_former(s, f),
			    .former_v2 = lh_arena_strdup(s->arena, f->former_v2),
			    .places = 1 + f->other_places,
			    .text = lh_arena_printf(s->arena, "%s  %s", lh_name_rule(f->rule),
						    f->message),
			    .severity = f->severity,
			    .counts = f->status == LH_NEW,
		    });
	}
	lh_loaded_runs_close(&r);
	return good;
}

/* A file that can be read, and is no recorded run. */
static bool is_other(const char *file)
{
	FILE *f = fopen(file, "re");
	bool readable = f && fgetc(f) != EOF;

	if (f)
		fclose(f);
	return readable && !lh_is_recorded_run(file);
}

static bool is_json(const char *file)
{
	FILE *f = fopen(file, "re");
	int c = f ? fgetc(f) : EOF;

	while (c == ' ' || c == '\n' || c == '\t' || c == '\r')
		c = fgetc(f);
	if (f)
		fclose(f);
	return c == '{';
}

static int by_fingerprint(const void *a, const void *b)
{
	return strcmp(((const struct item *)a)->fingerprint, ((const struct item *)b)->fingerprint);
}

static bool read_run(struct run *s, char *file)
{
	s->arena = lh_arena_new();
	if (!is_json(file) && is_other(file)) {
		lh_log("diff: %s: is neither a recorded run (run -o FILE) nor a report of "
		       "lockhound "
		       "in JSON (check --json=FILE)",
		       file);
		return false;
	}
	if (!(is_json(file) ? read_json(s, file) : read_ledgers(s, file)))
		return false;
	if (s->n > 1)
		qsort(s->item, s->n, sizeof(*s->item), by_fingerprint);
	return true;
}

/* ---- comparing ---- */

static const struct item *find(const struct run *s, const char *fingerprint)
{
	struct item key;

	snprintf(key.fingerprint, sizeof(key.fingerprint), "%s", fingerprint ? fingerprint : "");
	return s->n ? bsearch(&key, s->item, s->n, sizeof(key), by_fingerprint) : NULL;
}

static bool has_fingerprint(const struct run *s, const char *fingerprint)
{
	return find(s, fingerprint) != NULL;
}

/* The report of an earlier version has a finding for each former fingerprint: it has the item if it
 * has all of these. */
static bool has_former(const struct run *s, const struct item *item)
{
	for (uint32_t i = 0; item->former[i]; i++)
		if (!has_fingerprint(s, item->former[i]))
			return false;
	return item->former[0] != NULL;
}

static bool is_former(const struct run *s, const char *fingerprint)
{
	for (uint32_t i = 0; i < s->n; i++) {
		if (s->item[i].former_v2 && strcmp(s->item[i].former_v2, fingerprint) == 0)
			return true;
		for (uint32_t k = 0; s->item[i].former[k]; k++)
			if (strcmp(s->item[i].former[k], fingerprint) == 0)
				return true;
	}
	return false;
}

static bool has(const struct run *s, const struct item *item)
{
	return has_fingerprint(s, item->fingerprint) || has_fingerprint(s, item->former_v2) ||
	       has_former(s, item) || is_former(s, item->fingerprint);
}

/* Places that the finding has in this run and not in the other. */
static uint32_t more_places(const struct run *other, const struct item *item)
{
	const struct item *same = find(other, item->fingerprint);

	return same && same->places && same->places < item->places ? item->places - same->places
								   : 0;
}

/*
 * Prints and counts the findings of `run` that are (`in`) or are not in `other`. A finding with
 * more places is not, if `run` is the new one. *worst: their highest severity.
 */
static uint32_t list(const char *label, const struct run *run, const struct run *other, bool in,
		     bool print, int *worst)
{
	bool is_new = strcmp(label, "fixed") != 0;
	uint32_t n = 0;

	for (uint32_t i = 0; i < run->n; i++) {
		const struct item *item = &run->item[i];
		uint32_t more = is_new ? more_places(other, item) : 0;

		if ((has(other, item) && !more) != in || (!in && !item->counts))
			continue;
		n++;
		if (worst && *worst < (int)item->severity)
			*worst = (int)item->severity;
		if (print)
			printf("%-6s %s  %s%s\n", label, item->fingerprint, item->text,
			       more ? lh_arena_printf(run->arena, " (%u places, %u of them new)",
						      item->places, more)
				    : "");
	}
	return n;
}

static int compare(const struct run *old, const struct run *new, bool quiet, int least)
{
	int worst = -1;
	uint32_t fresh = list("new", new, old, false, true, &worst);
	uint32_t fixed = list("fixed", old, new, false, !quiet, NULL);
	uint32_t same = list("same", new, old, true, !quiet, NULL);

	if (!quiet)
		printf("%u new, %u fixed, %u same\n", fresh, fixed, same);
	if (fflush(stdout) || ferror(stdout)) {
		lh_log("diff: cannot write the result");
		return LH_STATUS_REPORT_ERROR;
	}
	return worst >= least;
}

static int diff(struct lh_settings *settings, char **file, int files)
{
	struct run old = {.options = lh_settings_report(settings)}, new = old;
	int status = LH_STATUS_REPORT_ERROR;

	if (files != 2)
		return lh_bad_operands(&lh_cmd_diff, "two files, OLD and NEW");
	if (read_run(&old, file[0]) && read_run(&new, file[1]))
		status = compare(&old, &new, LH_OPTION(settings, quiet).number,
				 (int)lh_settings_style(settings).least);
	lh_arena_free(old.arena);
	if (new.arena)
		lh_arena_free(new.arena);
	return status;
}

const struct lh_command lh_cmd_diff = {
	.name = "diff",
	.purpose = "compare two runs: new, fixed and unchanged findings",
	.synopsis = "[OPTION...] OLD NEW\n"
		    "       OLD and NEW are recorded runs or JSON reports.\n",
	.examples = "  lockhound diff main.json branch.json\n"
		    "  lockhound diff -q before.lh after.lh || echo worse\n",
	.notes = "The names of a recorded run come from the program's file. If the program was "
		 "rebuilt, compare\n"
		 "JSON reports, which contain the names.\n",
	.status = "  0 no new finding at or above --fail-on, 1 new findings, 2 error\n",
	.where = LH_IN_DIFF,
	.run = diff,
};
