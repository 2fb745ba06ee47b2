/* policy.c — lockhound policy: learns a declared lock order from runs, and checks it. */
#include "tools/cmd/commands.h"
#include "tools/project/policy_learn.h"
#include "tools/util/arena.h"
#include "tools/cmd/load_runs.h"

#include <string.h>

static int learn(struct lh_report_options options, char **file, int n, const char *out)
{
	struct lh_loaded_runs r;
	struct lh_render_text_style style = {0};
	int status = LH_STATUS_REPORT_ERROR;

	if (lh_loaded_runs_open(&r, file, n, options, NULL, false) &&
	    lh_loaded_runs_write("policy", out, r.report, &style, lh_policy_learn))
		status = 0;
	lh_loaded_runs_close(&r);
	return status;
}

/* ---- check ---- */

/* The cycle through a rule: a shortest path from its end back to its beginning. */
static void print_cycle(const struct lh_policy *p, uint32_t rule)
{
	uint32_t at = p->rule[rule].to, end = p->rule[rule].from;

	printf("%s:%u: '%s' < '%s' is part of a cycle:\n", p->path, p->rule[rule].line,
	       p->name[end].text, p->name[at].text);
	printf("  %s < %s", p->name[end].text, p->name[at].text);
	for (uint32_t steps = 0; at != end && steps < p->names; steps++) {
		uint32_t next = lh_policy_first_rule(p, at, end);

		printf(" < %s", p->name[next].text);
		at = next;
	}
	putchar('\n');
}

/* Is rule i part of a cycle through the beginning of rule `rule`? */
static bool is_on_cycle(const struct lh_policy *p, uint32_t i, uint32_t rule)
{
	return lh_policy_reaches(p, p->rule[rule].from, p->rule[i].from) &&
	       lh_policy_reaches(p, p->rule[i].to, p->rule[rule].from);
}

/* Would removing rule `cut` leave no cycle in the component of rule `of`? */
static bool breaks_all_cycles(const struct lh_policy *p, uint32_t cut, uint32_t of)
{
	for (uint32_t i = 0; i < p->rules; i++)
		if (i != cut && is_on_cycle(p, i, of) &&
		    lh_policy_reaches_without(p, p->rule[i].to, p->rule[i].from, cut))
			return false;
	return true;
}

static void print_cut(const struct lh_policy *p, uint32_t i, bool with_runs)
{
	printf("  remove line %u, '%s' < '%s', to break the cycle", p->rule[i].line,
	       p->name[p->rule[i].from].text, p->name[p->rule[i].to].text);
	if (with_runs)
		printf(" (seen at %llu %s)", (unsigned long long)p->rule[i].seen,
		       p->rule[i].seen == 1 ? "place" : "places");
	putchar('\n');
}

/*
 * Suggests one rule whose removal breaks every cycle of the component: the one seen least, if any.
 */
static void advise(const struct lh_policy *p, uint32_t rule, bool with_runs)
{
	uint32_t best = UINT32_MAX;

	for (uint32_t i = 0; i < p->rules; i++)
		if (is_on_cycle(p, i, rule) && breaks_all_cycles(p, i, rule) &&
		    (best == UINT32_MAX || p->rule[i].seen < p->rule[best].seen))
			best = i;
	if (best != UINT32_MAX)
		print_cut(p, best, with_runs);
	else
		puts("  no single line breaks it: there is more than one cycle");
}

static uint32_t check_cycles(const struct lh_policy *p, bool with_runs)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < p->rules; i++) {
		bool reported = false;

		if (!lh_policy_reaches(p, p->rule[i].to, p->rule[i].from))
			continue;
		for (uint32_t k = 0; k < i && !reported; k++) /* report a component once */
			reported = is_on_cycle(p, k, i);
		if (reported)
			continue;
		found++;
		print_cycle(p, i);
		advise(p, i, with_runs);
	}
	return found;
}

static uint32_t check_names(struct lh_policy *p, const struct lh_report *report)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < report->locks; i++)
		lh_policy_name_of(p, report->lock[i]);
	for (uint32_t i = 0; i < p->names; i++) {
		if (p->name[i].matched)
			continue;
		printf("%s:%u: no lock of these runs has the name '%s'\n", p->path, p->name[i].line,
		       p->name[i].text);
		found++;
	}
	return found;
}

static int check(struct lh_report_options options, char **file, int n)
{
	struct lh_arena *arena = lh_arena_new();
	struct lh_policy p;
	struct lh_loaded_runs r = {0};
	bool good = lh_policy_read(&p, arena, file[0]) &&
		    (n == 1 || lh_loaded_runs_open(&r, file + 1, n - 1, options, NULL, false));
	uint32_t found = 0;

	if (good) {
		if (r.report)
			lh_policy_count(&p, r.report);
		found = check_cycles(&p, r.report != NULL);
		found += r.report ? check_names(&p, r.report) : 0;
		if (!found)
			printf("%s: %u orders of %u locks, no cycle\n", p.path, p.rules, p.names);
	}
	lh_loaded_runs_close(&r);
	lh_arena_free(arena);
	if (fflush(stdout) || ferror(stdout))
		return LH_STATUS_REPORT_ERROR;
	return !good ? LH_STATUS_REPORT_ERROR : found != 0;
}

static int start(struct lh_settings *s, char **operand, int operands)
{
	const char *verb = operands ? operand[0] : "";
	bool learns = strcmp(verb, "learn") == 0;
	struct lh_report_options options = lh_settings_report(s);

	if (!learns && strcmp(verb, "check") != 0)
		return lh_bad_operands(&lh_cmd_policy,
				       *verb ? "the subcommands are learn and check"
					     : "the subcommand (learn or check) is missing");
	if (operands == 1)
		return lh_bad_operands(&lh_cmd_policy, "no file is named");
	options.every_lock = options.orders = true;
	return learns ? learn(options, operand + 1, operands - 1, LH_OPTION(s, result).text)
		      : check(options, operand + 1, operands - 1);
}

const struct lh_command lh_cmd_policy = {
	.name = "policy",
	.purpose = "learn and check a declared order of locks",
	.synopsis =
		"learn [-o FILE] RUN...     write the orders of recorded runs as a policy\n"
		"       lockhound policy check FILE [RUN...]        find cycles in a policy, and "
		"names that no\n"
		"                                                   lock of the runs has\n",
	.examples = "  lockhound policy learn -o locks.policy nightly-*.lh\n"
		    "  lockhound policy check locks.policy nightly-*.lh\n"
		    "  lockhound check --policy=locks.policy ./unit_tests\n",
	.notes = "A line 'a < b' allows a thread that holds a to acquire b, and forbids the "
		 "opposite order.\n",
	.status = "  0 no problem, 1 check found a problem, 2 error\n",
	.where = LH_IN_POLICY,
	.run = start,
};
