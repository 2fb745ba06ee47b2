#include "tools/project/project.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tools/util/arena.h"
#include "tools/util/log.h"

enum { NAMED_MAX = 10 }; /* lines listed by name in one note */

static bool given(const char *text)
{
	return text && *text;
}

static bool open_suppressions(struct lh_project *g)
{
	char *rest = lh_arena_strdup(g->arena,
				     given(g->options.suppressions) ? g->options.suppressions : ""),
	     *path;

	while ((path = strsep(&rest, "\n")) != NULL)
		if (*path && !lh_suppress_read(&g->suppressions, g->arena, path))
			return false;
	return true;
}

static bool open_baseline(struct lh_project *g)
{
	bool writes = g->options.update || g->options.add;
	int error;

	if (!given(g->options.baseline)) {
		if (writes)
			lh_log("which baseline is to be written? --baseline=FILE names it");
		return !writes;
	}
	if (!lh_baseline_read(&g->baseline, g->arena, g->options.baseline, writes)) {
		if (access(g->options.baseline, F_OK) != 0)
			lh_log("--update-baseline makes it of what the run finds");
		return false;
	}
	error = writes ? lh_baseline_writable(g->options.baseline) : 0;
	if (error)
		lh_log("--baseline: %s: cannot be written: %s", g->options.baseline,
		       strerror(error));
	return !error;
}

static bool open_policy(struct lh_project *g)
{
	const struct lh_policy *p = &g->policy;
	uint32_t bad;

	if (!given(g->options.policy)) {
		if (g->options.strict)
			lh_log("--policy-strict: which policy? --policy=FILE names it");
		return !g->options.strict;
	}
	if (!lh_policy_read(&g->policy, g->arena, g->options.policy))
		return false;
	bad = lh_policy_find_cycle(p);
	if (bad == UINT32_MAX)
		return true;
	lh_log("%s:%u:1: '%s' before '%s' closes a circle of orders; see 'lockhound policy check "
	       "%s'",
	       p->path, p->rule[bad].line, p->name[p->rule[bad].from].text,
	       p->name[p->rule[bad].to].text, p->path);
	return false;
}

bool lh_project_open(struct lh_project *g, struct lh_project_options wants)
{
	*g = (struct lh_project){.options = wants, .arena = lh_arena_new()};
	return open_suppressions(g) && open_baseline(g) && open_policy(g);
}

const char *lh_project_default_file(const char *conf, const char *files)
{
	static struct lh_arena *texts;
	const char *slash = strrchr(conf, '/'), *list = "";
	char *rest, *file;

	if (!texts)
		texts = lh_arena_new();
	rest = lh_arena_strdup(texts, files);
	while (slash && (file = strsep(&rest, "\n")) != NULL)
		if (*file)
			list = lh_arena_printf(texts, "%s%s%.*s%s", list, *list ? "\n" : "",
					       *file == '/' ? 0 : (int)(slash - conf) + 1, conf,
					       file);
	return slash ? list : files;
}

void lh_project_close(struct lh_project *g)
{
	lh_arena_free(g->arena);
	memset(g, 0, sizeof(*g));
}

static void settle(void *with, const struct lh_report *m, struct lh_report_finding *f)
{
	struct lh_project *g = with;
	const struct lh_suppression *s = lh_suppress_find(&g->suppressions, f);
	bool known = g->baseline.path && lh_baseline_has(&g->baseline, f);

	(void)m;
	if (s) {
		f->status = LH_SUPPRESSED;
		f->reason = lh_arena_printf(g->arena, "%s:%u%s%s", s->file, s->line,
					    *s->reason ? ": " : "", s->reason);
	} else if (known) {
		f->status = LH_BASELINE;
		f->reason = g->baseline.path;
	}
}

void lh_project_attach(struct lh_project *g, struct lh_report_options *w)
{
	w->classify = settle;
	w->with = g;
	w->orders |= g->policy.path != NULL;
}

/* ---- the policy ---- */

static void add_break(struct lh_project *g, struct lh_report *m, const struct lh_report_order *o,
		      enum lh_policy_verdict says)
{
	const char *held = lh_report_lock_text(m, o->held),
		   *wanted = lh_report_lock_text(m, o->wanted);
	struct lh_step step[2] = {
		{.thread = o->thread, .lock = o->held->lock, .action = LH_HOLDS},
		{.thread = o->thread, .lock = o->wanted->lock, .action = LH_WANTS},
	};
	struct lh_finding row = {.rule = LH_RULE_ORDER_POLICY,
				 .level = LH_HAPPENED,
				 .severity = LH_ERROR,
				 .steps = 2,
				 .thread = o->thread,
				 .count = 1};

	step[0].site = lh_report_order_place(o, false);
	step[1].site = lh_report_order_place(o, true);
	lh_report_add_finding(
		m, o->process->ledger, &row, step,
		lh_arena_printf(
			g->arena,
			says == LH_POLICY_REVERSED
				? "%s is taken while %s is held: %s declares the other way round"
				: "%s is taken while %s is held: %s does not declare this order",
			wanted, held, g->policy.path));
}

static void enforce(struct lh_project *g, struct lh_report *m)
{
	for (uint32_t i = 0; g->policy.path && i < m->orders; i++) {
		const struct lh_report_order *o = m->order[i];
		enum lh_policy_verdict says = lh_policy_check(&g->policy, o->held, o->wanted);

		if (says == LH_POLICY_REVERSED ||
		    (says == LH_POLICY_UNDECLARED && g->options.strict))
			add_break(g, m, o, says);
	}
}

/* ---- notes ---- */

static void note_suppressions(struct lh_project *g, struct lh_report *m)
{
	uint32_t idle = 0, all = 0;

	for (uint32_t i = 0; i < g->suppressions.n; i++) {
		const struct lh_suppression *s = &g->suppressions.entry[i];

		if (s->foreign)
			continue;
		all++;
		if (s->expired) {
			lh_report_note(m,
				       "%s:%u: %s:%s ended on %s and suppresses nothing any more",
				       s->file, s->line, s->type, s->pattern, s->until);
		} else if (!s->hits) {
			idle++;
			if (g->options.verbose)
				lh_report_note(m, "%s:%u: %s:%s fitted nothing", s->file, s->line,
					       s->type, s->pattern);
		}
	}
	if (idle && !g->options.verbose)
		lh_report_note(m,
			       "%u of %u suppressions fitted nothing in this run (-v names them)",
			       idle, all);
}

/* Warnings are about time, and time is another one each run: not to be seen says nothing. */
static bool is_fixed(const struct lh_baseline_entry *k)
{
	char rule[40];

	snprintf(rule, sizeof(rule), "%.*s", (int)strcspn(k->text, " \t"), k->text);
	return !k->seen && lh_name_rule_severity(lh_name_find_rule(rule)) != LH_WARNING;
}

static void note_baseline(struct lh_project *g, struct lh_report *m)
{
	const struct lh_baseline *b = &g->baseline;
	const char *list = "";
	uint32_t idle = 0;

	for (uint32_t i = 0; i < b->n; i++)
		if (is_fixed(&b->entry[i]) && ++idle <= NAMED_MAX)
			list = lh_arena_printf(g->arena, "%s%s %s", list, *list ? "," : "",
					       b->entry[i].fingerprint);
	if (idle && !g->options.update && !g->options.add)
		lh_report_note(
			m,
			"%u of %u findings of %s were not seen; if they are fixed, remove these "
			"lines:%s%s",
			idle, b->n, b->path, list, idle > NAMED_MAX ? " ..." : "");
}

void lh_project_finish(struct lh_project *g, struct lh_report *m)
{
	enforce(g, m);
	note_suppressions(g, m);
	note_baseline(g, m);
}

void lh_project_cut_short(struct lh_project *g)
{
	g->options.add |= g->options.update;
}

bool lh_project_update(struct lh_project *g, struct lh_report *m)
{
	uint32_t before = g->baseline.n, fresh = 0;
	int error;

	if (!g->options.update && !g->options.add)
		return true;
	if (!m->processes) {
		lh_log("nothing was watched: %s stays as it is", g->options.baseline);
		return false;
	}
	error = lh_baseline_write(&g->baseline, m, g->options.add);
	if (error) {
		lh_log("--baseline: %s: %s", g->options.baseline, strerror(error));
		return false;
	}
	for (uint32_t i = 0; i < m->findings; i++) {
		if (m->finding[i]->status != LH_NEW)
			continue;
		m->finding[i]->status = LH_BASELINE;
		m->finding[i]->reason = g->baseline.path;
		fresh++;
	}
	lh_report_note(m, "%s was written: %u new, %u before", g->baseline.path, fresh, before);
	return true;
}
