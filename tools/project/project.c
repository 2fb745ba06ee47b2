/* project.c — opens the project's files and applies them to the findings of a report. */
#include "tools/project/project.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/util/arena.h"
#include "tools/util/escape.h"
#include "tools/util/log.h"

enum { NAMED_MAX = 10 }; /* entries listed in one note */

static bool is_set(const char *text)
{
	return text && *text;
}

static bool open_suppressions(struct lh_project *project)
{
	char *remaining = lh_arena_strdup(project->arena, is_set(project->options.suppressions)
								  ? project->options.suppressions
								  : ""),
	     *path;

	while ((path = strsep(&remaining, "\n")) != NULL)
		if (*path && !lh_suppress_read(&project->suppressions, project->arena, path))
			return false;
	return true;
}

static bool open_baseline(struct lh_project *project)
{
	bool writes = project->options.update || project->options.add;
	int error;

	if (!is_set(project->options.baseline)) {
		if (writes)
			lh_log("--update-baseline and --add-to-baseline need --baseline=FILE");
		return !writes;
	}
	if (!lh_baseline_read(&project->baseline, project->arena, project->options.baseline,
			      writes)) {
		if (access(project->options.baseline, F_OK) != 0)
			lh_log("--update-baseline creates the file from the findings of the run");
		return false;
	}
	error = writes ? lh_baseline_writable(project->options.baseline) : 0;
	if (error)
		lh_log("--baseline: %s: cannot be written: %s", project->options.baseline,
		       strerror(error));
	return !error;
}

static bool open_policy(struct lh_project *project)
{
	const struct lh_policy *p = &project->policy;
	uint32_t bad;

	if (!is_set(project->options.policy)) {
		if (project->options.strict)
			lh_log("--policy-strict needs --policy=FILE");
		return !project->options.strict;
	}
	if (!lh_policy_read(&project->policy, project->arena, project->options.policy))
		return false;
	bad = lh_policy_find_cycle(p);
	if (bad == UINT32_MAX)
		return true;
	lh_log("%s:%u:1: '%s' before '%s' completes a cycle of orders; see 'lockhound policy check "
	       "%s'",
	       p->path, p->rule[bad].line, p->name[p->rule[bad].from].text,
	       p->name[p->rule[bad].to].text, p->path);
	return false;
}

bool lh_project_open(struct lh_project *project, struct lh_project_options options)
{
	*project = (struct lh_project){.options = options, .arena = lh_arena_new()};
	return open_suppressions(project) && open_baseline(project) && open_policy(project) &&
	       (!is_set(options.lock_api) ||
		lh_lock_api_read(&project->lock_api, project->arena, options.lock_api));
}

const char *lh_project_default_file(const char *conf, const char *files)
{
	static struct lh_arena *texts;
	const char *slash = strrchr(conf, '/'), *list = "";
	char *remaining, *file;

	if (!texts)
		texts = lh_arena_new();
	remaining = lh_arena_strdup(texts, files);
	while (slash && (file = strsep(&remaining, "\n")) != NULL)
		if (*file)
			list = lh_arena_printf(texts, "%s%s%.*s%s", list, *list ? "\n" : "",
					       *file == '/' ? 0 : (int)(slash - conf) + 1, conf,
					       file);
	return slash ? list : files;
}

void lh_project_close(struct lh_project *project)
{
	lh_arena_free(project->arena);
	memset(project, 0, sizeof(*project));
}

/* Is the finding known by the baseline? Sets the reason. */
static bool is_known(struct lh_project *project, struct lh_report_finding *f)
{
	struct lh_baseline *b = &project->baseline;

	if (!b->path)
		return false;
	f->reason = b->path;
	if (!lh_baseline_has(b, f))
		return lh_baseline_similar(b, f) != NULL; /* see settle_similar */
	if (f->entry_rule != f->rule)
		f->reason = lh_arena_printf(project->arena, "%s: as %s %s", b->path, f->entry,
					    lh_name_rule(f->entry_rule));
	return true;
}

static void classify(void *with, const struct lh_report *report, struct lh_report_finding *f)
{
	struct lh_project *project = with;
	const struct lh_suppression *s = lh_suppress_find(&project->suppressions, f);

	(void)report;
	if (is_known(project, f))
		f->status = LH_BASELINE;
	else
		f->reason = NULL;
	if (s) {
		f->status = LH_SUPPRESSED;
		f->known = NULL;
		f->reason = lh_arena_printf(project->arena, "%s:%u%s%s", s->file, s->line,
					    *s->reason ? ": " : "", s->reason);
	}
}

void lh_project_attach(struct lh_project *project, struct lh_report_options *w)
{
	w->classify = classify;
	w->with = project;
	w->orders |= project->policy.path != NULL;
}

/* ---- the policy ---- */

static void add_violation(struct lh_project *project, struct lh_report *report,
			  const struct lh_report_order *o, enum lh_policy_verdict verdict)
{
	const char *held = lh_report_lock_text(report, o->held),
		   *wanted = lh_report_lock_text(report, o->wanted);
	struct lh_step step[2] = {
		{.thread = o->thread,
		 .lock = o->held->lock,
		 .site = o->held_site,
		 .action = LH_HOLDS},
		{.thread = o->thread,
		 .lock = o->wanted->lock,
		 .site = o->wanted_site,
		 .action = LH_WANTS},
	};
	struct lh_finding row = {.rule = LH_RULE_ORDER_POLICY,
				 .level = LH_HAPPENED,
				 .severity = LH_ERROR,
				 .steps = 2,
				 .thread = o->thread,
				 .count = 1};

	lh_report_add_finding(
		report, o->process->ledger, &row, step,
		lh_arena_printf(
			project->arena,
			verdict == LH_POLICY_REVERSED
				? "%s is acquired while %s is held: %s declares the opposite order"
				: "%s is acquired while %s is held: %s does not declare this order",
			wanted, held, project->policy.path));
}

static void enforce(struct lh_project *project, struct lh_report *report)
{
	for (uint32_t i = 0; project->policy.path && i < report->orders; i++) {
		const struct lh_report_order *o = report->order[i];
		enum lh_policy_verdict verdict =
			lh_policy_check(&project->policy, o->held, o->wanted);

		if (verdict == LH_POLICY_REVERSED ||
		    (verdict == LH_POLICY_UNDECLARED && project->options.strict))
			add_violation(project, report, o, verdict);
	}
}

/* ---- notes ---- */

static void note_suppressions(struct lh_project *project, struct lh_report *report)
{
	uint32_t idle = 0, all = 0;

	for (uint32_t i = 0; i < project->suppressions.n; i++) {
		const struct lh_suppression *s = &project->suppressions.entry[i];

		if (s->foreign)
			continue;
		all++;
		if (s->expired) {
			lh_report_note(report, "%s:%u: %s:%s expired on %s and suppresses nothing",
				       s->file, s->line, s->type, s->pattern, s->until);
		} else if (!s->hits) {
			idle++;
			if (project->options.verbose)
				lh_report_note(report, "%s:%u: %s:%s matched no finding", s->file,
					       s->line, s->type, s->pattern);
		}
	}
	if (idle && !project->options.verbose)
		lh_report_note(
			report,
			"%u of %u suppressions matched no finding in this run (-v names them)",
			idle, all);
}

/* Time-based warnings vary between runs: their absence does not prove a fix. */
static bool is_fixed(const struct lh_baseline_entry *k)
{
	return !k->seen && lh_rule_row(lh_name_find_rule(k->rule))->severity != LH_WARNING;
}

static void note_baseline(struct lh_project *project, struct lh_report *report)
{
	const struct lh_baseline *b = &project->baseline;
	const char *list = "";
	uint32_t idle = 0;

	for (uint32_t i = 0; i < b->n; i++)
		if (is_fixed(&b->entry[i]) && ++idle <= NAMED_MAX)
			list = lh_arena_printf(project->arena, "%s%s %s", list, *list ? "," : "",
					       b->entry[i].fingerprint);
	if (idle)
		lh_report_note(report,
			       "%u of %u findings of %s did not occur; if they are fixed, remove "
			       "these lines:%s%s",
			       idle, b->n, b->path, list, idle > NAMED_MAX ? " ..." : "");
}

/* In place of all other notes on the baseline. */
static void note_former(const struct lh_project *project, struct lh_report *report)
{
	const struct lh_baseline *b = &project->baseline;
	uint32_t seen = 0, n = lh_baseline_formers(b);

	for (uint32_t i = 0; i < b->n; i++)
		seen += b->entry[i].seen;
	lh_report_note(report,
		       "%s has fingerprints of an earlier recipe; %u of its %u findings occurred, "
		       "%u of them by an earlier fingerprint. To renew it: "
		       "lockhound check --baseline=%s --update-baseline -- %s",
		       b->path, seen, b->n, n, lh_shell_quote(project->arena, b->path),
		       project->options.program ? project->options.program : "PROGRAM");
}

/* ---- findings that are merely similar to an entry of an earlier recipe ---- */

static bool is_similar(const struct lh_report_finding *f)
{
	return f->status == LH_BASELINE && !*f->entry;
}

static int by_fingerprint(const void *a, const void *b)
{
	return strcmp((*(struct lh_report_finding *const *)a)->fingerprint,
		      (*(struct lh_report_finding *const *)b)->fingerprint);
}

/* An entry is one finding; only now is it known which entries are those of other findings. */
static void settle(struct lh_project *project, struct lh_report_finding *f)
{
	struct lh_baseline_entry *k = lh_baseline_similar(&project->baseline, f);

	for (uint32_t i = 0; i < f->mergeds && !k; i++)
		if (f->merged[i]->status == LH_BASELINE)
			((struct lh_report_finding *)f->merged[i])->status = LH_NEW;
	if (!k) {
		f->status = LH_NEW;
		f->reason = NULL;
		return;
	}
	k->seen = k->former = true;
	memcpy(f->entry, k->fingerprint, sizeof(f->entry));
	f->entry_rule = f->rule;
}

static void settle_similar(struct lh_project *project, struct lh_report *report)
{
	struct lh_report_finding **list = NULL;
	uint32_t n = 0;

	for (uint32_t i = 0; i < report->findings; i++)
		if (is_similar(report->finding[i]))
			LH_PUSH(project->arena, list, n, report->finding[i]);
	if (n > 1)
		qsort(list, n, sizeof(*list), by_fingerprint);
	for (uint32_t i = 0; i < n; i++)
		settle(project, list[i]);
}

void lh_project_finish(struct lh_project *project, struct lh_report *report)
{
	const struct lh_baseline *b = &project->baseline;

	enforce(project, report);
	settle_similar(project, report);
	note_suppressions(project, report);
	if (project->lock_api_result)
		lh_lock_api_note(&project->lock_api, report, project->lock_api_result);
	if (project->options.update || project->options.add)
		return;
	if (lh_baseline_is_former(b) || lh_baseline_formers(b))
		note_former(project, report);
	else
		note_baseline(project, report);
}

void lh_project_cut_short(struct lh_project *project)
{
	project->options.add |= project->options.update;
}

bool lh_project_update(struct lh_project *project, struct lh_report *report)
{
	uint32_t before = project->baseline.n, fresh = 0;
	bool changed = false;
	int error;

	if (!project->options.update && !project->options.add)
		return true;
	if (!report->processes) {
		lh_log("nothing was watched: %s is unchanged", project->options.baseline);
		return false;
	}
	error = lh_baseline_write(&project->baseline, report, project->options.add, &changed);
	if (error) {
		lh_log("--baseline: %s: %s", project->options.baseline, strerror(error));
		return false;
	}
	for (uint32_t i = 0; i < report->findings; i++) {
		if (report->finding[i]->status != LH_NEW)
			continue;
		report->finding[i]->status = LH_BASELINE;
		report->finding[i]->reason = project->baseline.path;
		fresh++;
	}
	lh_report_note(report, changed ? "%s was written: %u new, %u before" : "%s is unchanged",
		       project->baseline.path, fresh, before);
	return true;
}
