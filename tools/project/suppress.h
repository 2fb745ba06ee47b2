/*
 * suppress.h — findings that somebody has decided to live with: files of TYPE:PATTERN lines.
 *
 * Reads ThreadSanitizer's files as they are, and more types besides; docs/suppressions.md
 * describes them. Does not count findings and changes no model: it answers which entry fits.
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
	const char *until;  /* the last day, NULL for good */
	bool expired;       /* it fits nothing any more */
	bool foreign;       /* of ThreadSanitizer, about something that we do not look for */
	uint32_t hits;
	uint32_t kind; /* private */
};

struct lh_suppressions {
	struct lh_arena *arena;
	struct lh_suppression *entry;
	uint32_t n;
};

/* Adds a file's entries. False: it was said what is wrong with it. */
bool lh_suppress_read(struct lh_suppressions *, struct lh_arena *, const char *path);

/* The first entry that fits and has not expired; it is counted. NULL: none. */
struct lh_suppression *lh_suppress_find(struct lh_suppressions *, const struct lh_report_finding *);

/* Lines to paste into a file: the reason to fill in, and the entry. */
void lh_suppress_print(const struct lh_report *, const struct lh_report_finding *, FILE *);

#endif
