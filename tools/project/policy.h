/*
 * policy.h — the lock order that a project has declared.
 *
 * A file of lines "a < b < c": a thread that holds a may acquire b and c, never the other way
 * round. A name is a lock's name (* matches any text) or born:PLACE; docs/suppressions.md describes
 * the file. Does not change a report: it answers what the policy declares about two locks.
 */
#ifndef LH_PROJECT_POLICY_H
#define LH_PROJECT_POLICY_H

#include "tools/report/report.h"
#include "tools/util/map.h"

struct lh_policy_name {
	const char *text;
	unsigned line;
	bool matched; /* a lock that was looked up has this name */
};

struct lh_policy_rule { /* `from` comes before `to` */
	uint32_t from, to;
	unsigned line;
	uint64_t seen; /* sites where this order was observed */
};

struct lh_policy {
	struct lh_arena *arena;
	const char *path; /* NULL: there is none */
	struct lh_policy_name *name;
	uint32_t names;
	struct lh_policy_rule *rule;
	uint32_t rules;
	unsigned char *reach;  /* names x names: is there a path of rules? */
	struct lh_map of_lock; /* by report lock id: its name, if it was looked up */
};

/* False: the error was reported. A cycle of rules is not an error here. */
bool lh_policy_read(struct lh_policy *, struct lh_arena *, const char *path);

/* Add names and rules from code; lh_policy_reaches knows those of the file only. */
uint32_t lh_policy_add_name(struct lh_policy *, const char *text, unsigned line);
void lh_policy_add_rule(struct lh_policy *, uint32_t from, uint32_t to, unsigned line);

/* Is there a path of one or more rules between these names? */
bool lh_policy_reaches(const struct lh_policy *, uint32_t from, uint32_t to);
/* As lh_policy_reaches, without rule number `rule`; searches paths instead of using `reach`. */
bool lh_policy_reaches_without(const struct lh_policy *, uint32_t from, uint32_t to, uint32_t rule);
/* A rule that lies on a cycle, UINT32_MAX none. */
uint32_t lh_policy_find_cycle(const struct lh_policy *);

/*
 * The lock's name in the policy, UINT32_MAX none. An exact name is preferred to one with a star,
 * otherwise the first in the file.
 */
uint32_t lh_policy_name_of(struct lh_policy *, const struct lh_report_lock *);

enum lh_policy_verdict { LH_POLICY_OK, LH_POLICY_REVERSED, LH_POLICY_UNDECLARED };
enum lh_policy_verdict lh_policy_check(struct lh_policy *, const struct lh_report_lock *held,
				       const struct lh_report_lock *wanted);

/* The name to give the lock in a policy file. NULL: it has no stable name. */
const char *lh_policy_lock_text(struct lh_arena *, const struct lh_report_lock *, bool with_line);

#endif
