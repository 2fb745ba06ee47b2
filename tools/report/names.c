/* names.c — the names of the output formats and the texts of the rules. */
#include "tools/report/report.h"
#include "tools/util/nearest.h"

#include <string.h>

static const struct lh_rule_row rules[LH_RULES] = {
	[LH_NO_RULE] = {"none", "no rule", "", "", LH_NOTE, 0, "", NULL, NULL},
#define RULE(constant, id, severity, properties, title, meaning, help, can, is, open)              \
	[LH_RULE_##constant] = {id, title, meaning, help, LH_##severity, properties, can, is, open},
#include "libcheck/rules.def"
};

static const char *const severities[] = {"note", "warning", "error"};
/* that it lasts is said beside the level */
static const char *const levels[] = {"potential", "happened", "happened"};
static const char *const filters[] = {"none",    "threads", "gate", "ordered",
				      "readers", "try",     "timed"};
static const char *const actions[] = {"holds",    "wants", "waits", "calls",
				      "releases", "joins", "uses",  "destroys"};
static const char *const statuses[] = {"new", "baseline", "suppressed"};
static const char *const verdicts[] = {"none", "confirmed", "contradicted", "not-reached", "open"};

/* Numbers may come from a ledger: one that is out of range gets the first name. */
#define WORD(list, i) ((list)[(unsigned)(i) < sizeof(list) / sizeof((list)[0]) ? (unsigned)(i) : 0])

const struct lh_rule_row *lh_rule_row(enum lh_rule r)
{
	return &WORD(rules, r);
}

const char *lh_name_rule(enum lh_rule r)
{
	return lh_rule_row(r)->name;
}

const char *lh_name_severity(enum lh_severity s)
{
	return WORD(severities, s);
}

const char *lh_name_level(enum lh_level l)
{
	return WORD(levels, l);
}

const char *lh_name_filter(enum lh_filter f)
{
	return WORD(filters, f);
}

const char *lh_name_action(enum lh_action a)
{
	return WORD(actions, a);
}

const char *lh_name_family(unsigned kind)
{
	static const char *const families[] = {
#define FAMILY(constant, name) name,
#include "libcheck/calls.def"
	};

	return WORD(families, lh_kind_row(kind)->family);
}

const char *lh_name_kind(unsigned kind)
{
	return lh_kind_row(kind)->name;
}

const char *lh_name_status(enum lh_status s)
{
	return WORD(statuses, s);
}

const char *lh_name_verdict(enum lh_verdict v)
{
	return WORD(verdicts, v);
}

const char *lh_name_nearest_rule(const char *name)
{
	struct lh_nearest nearest = lh_nearest_to(name, strlen(name));

	for (enum lh_rule r = 1; r < LH_RULES; r++)
		lh_nearest_try(&nearest, lh_name_rule(r));
	return nearest.best;
}

enum lh_rule lh_name_find_rule(const char *name)
{
	for (enum lh_rule r = 1; r < LH_RULES; r++)
		if (strcmp(rules[r].name, name) == 0)
			return r;
	return LH_NO_RULE;
}

bool lh_rule_is(enum lh_rule r, enum lh_rule_property property)
{
	return r < LH_RULES && rules[r].properties & property;
}
