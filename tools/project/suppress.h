/*
 * suppress.h — suppressed findings: files of TYPE:PATTERN lines.
 *
 * Reads ThreadSanitizer's files unchanged, and has more types; docs/suppressions.md describes them.
 * Does not count findings or change a report: it returns the entry that matches a finding.
 */
#ifndef LH_PROJECT_SUPPRESS_H
#define LH_PROJECT_SUPPRESS_H

#include "tools/report/report.h"

#include <stdio.h>

struct lh_suppression {
	const char *file;
	unsigned line;
	const char *type, *pattern;
	const char *reason; /* "" none */
	const char *until;  /* the last valid day, NULL: no end */
	bool expired;       /* matches nothing any more */
	bool foreign;       /* ThreadSanitizer's, for a problem that lockhound does not detect */
	uint32_t hits;
	uint32_t kind; /* private */
};

struct lh_suppressions {
	struct lh_arena *arena;
	struct lh_suppression *entry;
	uint32_t n;
};

/* Adds a file's entries. False: the error was reported. */
bool lh_suppress_read(struct lh_suppressions *, struct lh_arena *, const char *path);

/* The first entry that matches and has not expired; its hits are counted. NULL: none. */
struct lh_suppression *lh_suppress_find(struct lh_suppressions *, const struct lh_report_finding *);

/* Prints lines to paste into a file: a placeholder for the reason, and the entry. */
void lh_suppress_print(const struct lh_report *, const struct lh_report_finding *, FILE *);

#endif
