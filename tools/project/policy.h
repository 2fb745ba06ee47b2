/*
 * policy.h — the order in which a project has declared that its locks are taken.
 *
 * A file of lines "a < b < c": whoever holds a may ask for b and c, never the other way
 * round. Names are lock names (with * for anything) or born:PLACE; docs/ci.md describes it.
 * Does not change any model: it answers what it says about two locks.
 */
#ifndef LH_PROJECT_POLICY_H
#define LH_PROJECT_POLICY_H

#include "tools/report/report.h"

struct lh_policy_name {
	const char *text;
	unsigned line;
	bool matched; /* some lock that was asked about is called so */
};

struct lh_policy_rule { /* `from` comes before `to` */
	uint32_t from, to;
	unsigned line;
	uint64_t seen; /* places where it was seen */
};

struct lh_policy {
	struct lh_arena *arena;
	const char *path; /* NULL: there is none */
	struct lh_policy_name *name;
	uint32_t names;
	struct lh_policy_rule *rule;
	uint32_t rules;
	unsigned char *reach; /* names x names: is there a way along arcs? */
	uint32_t *of_lock;    /* by the id of a thing: its name + 1, 0 none, UINT32_MAX not asked */
	uint32_t locks;
};

/* False: it was said what is wrong with it. A circle in it is no such thing. */
bool lh_policy_read(struct lh_policy *, struct lh_arena *, const char *path);

/* Names and arcs by hand; lh_policy_compute_closure when all are there. */
uint32_t lh_policy_add_name(struct lh_policy *, const char *text, unsigned line);
void lh_policy_add_rule(struct lh_policy *, uint32_t from, uint32_t to, unsigned line);
void lh_policy_compute_closure(struct lh_policy *);

/* Is there a way from the one to the other, by one arc or more? */
bool lh_policy_reaches(const struct lh_policy *, uint32_t from, uint32_t to);
/* The same without the arc of that number: the ways are walked, not looked up. */
bool lh_policy_reaches_without(const struct lh_policy *, uint32_t from, uint32_t to, uint32_t arc);
/* An arc that lies on a circle, UINT32_MAX none. */
uint32_t lh_policy_find_cycle(const struct lh_policy *);

/* The name that a lock has in it, UINT32_MAX none. An exact one goes before one with a star, and
 * otherwise the first in the file. */
uint32_t lh_policy_name_of(struct lh_policy *, const struct lh_report_lock *);

enum lh_policy_verdict { LH_POLICY_OK, LH_POLICY_REVERSED, LH_POLICY_UNDECLARED };
enum lh_policy_verdict lh_policy_check(struct lh_policy *, const struct lh_report_lock *held,
				       const struct lh_report_lock *wanted);

/* The name that a policy file should give to a lock: NULL if it has none that lasts. */
const char *lh_policy_lock_text(struct lh_arena *, const struct lh_report_lock *, bool with_line);

#endif
