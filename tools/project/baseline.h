/*
 * baseline.h — findings that are known: one fingerprint a line, sorted, kept with the source.
 *
 * What stands behind a fingerprint is for people and is not read. Comments above a line
 * stay with it when the file is written anew. Does not change any model.
 */
#ifndef LH_PROJECT_BASELINE_H
#define LH_PROJECT_BASELINE_H

#include "tools/report/report.h"

struct lh_baseline_entry {
	const char *fingerprint;
	const char *text;    /* behind the fingerprint; "" nothing */
	const char *comment; /* whole lines above it, "" none */
	bool seen;
};

struct lh_baseline {
	struct lh_arena *arena;
	const char *path; /* NULL: there is none */
	struct lh_baseline_entry *entry;
	uint32_t n;
	const char *tail; /* comments behind the last line */
};

/* False: it was said what is wrong. A file that is not there is empty if `may_lack`. */
bool lh_baseline_read(struct lh_baseline *, struct lh_arena *, const char *path, bool may_lack);

/* Is it known? It counts as seen from then on. */
bool lh_baseline_has(struct lh_baseline *, const struct lh_report_finding *);

/*
 * Writes the file anew: the findings of the model that no suppression has, and of the old lines
 * those that were seen, or all of them if `keep`. With `keep`, runs side by side add to each
 * other's lines. 0, or an errno.
 */
int lh_baseline_write(struct lh_baseline *, const struct lh_report *, bool keep);
/* Can it be written? Asked before the program starts. 0, or an errno. */
int lh_baseline_writable(const char *path);

#endif
