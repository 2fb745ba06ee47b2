/*
 * baseline.h — known findings: one fingerprint a line, sorted, kept with the source.
 *
 * The text behind a fingerprint is for people and is not parsed. Comments above a line stay with
 * the line when the file is rewritten. Does not change a report.
 */
#ifndef LH_PROJECT_BASELINE_H
#define LH_PROJECT_BASELINE_H

#include "tools/report/report.h"

struct lh_baseline_entry {
	const char *fingerprint;
	const char *text;    /* what follows the fingerprint; "" nothing */
	const char *comment; /* whole lines above the entry, "" none */
	bool seen;
	bool former; /* a finding has it only by the recipe of earlier versions */
};

struct lh_baseline {
	struct lh_arena *arena;
	const char *path; /* NULL: there is none */
	struct lh_baseline_entry *entry;
	uint32_t n;
	const char
		*head; /* its first lines: what the file is; those of an earlier version are kept */
	const char *tail; /* comments after the last entry */
};

/* False: the error was reported. With `may_lack` a missing file counts as empty. */
bool lh_baseline_read(struct lh_baseline *, struct lh_arena *, const char *path, bool may_lack);

/* Is the finding in the baseline, by its fingerprint or by that of earlier versions? If so, its
 * entry is marked as seen. */
bool lh_baseline_has(struct lh_baseline *, const struct lh_report_finding *);

/* How many entries have the fingerprint of earlier versions. */
uint32_t lh_baseline_formers(const struct lh_baseline *);

/*
 * Rewrites the file: the report's findings that are not suppressed, and the old entries that were
 * seen, or all old entries if `keep_old`; entries of earlier versions only if `keep_old`. With
 * `keep_old`, parallel runs add to each other's entries. Returns 0 or an errno.
 */
int lh_baseline_write(struct lh_baseline *, const struct lh_report *, bool keep_old);
/* Can the file be written? Checked before the program starts. Returns 0 or an errno. */
int lh_baseline_writable(const char *path);

#endif
