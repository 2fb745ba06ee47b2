/*
 * baseline.h — known findings: one fingerprint a line, sorted, kept with the source.
 *
 * A line has the number of places of its finding, if there are several. The text behind it is for
 * people and is not parsed, unless the file is of an earlier version. Lines that do not change are
 * written as they were read, and so are the comments above them. Does not change a report.
 *
 * The head of the file says by which recipe its fingerprints were made (docs/format.md). A file of
 * an earlier recipe is accepted as far as its findings can be recognized; one of a later recipe is
 * an error.
 */
#ifndef LH_PROJECT_BASELINE_H
#define LH_PROJECT_BASELINE_H

#include "tools/report/report.h"

enum { LH_BASELINE_RECIPE = 3 };
#define LH_BASELINE_RECIPE_TEXT "# Recipe of the fingerprints: "

struct lh_baseline_entry {
	const char *fingerprint;
	const char *line;    /* the whole line without its newline */
	const char *comment; /* whole lines above the entry, "" none */
	const char *rule;    /* "" unknown */
	const char *file;    /* last part of its path, "" unknown; for files of earlier recipes */
	uint32_t places;     /* 0: any number */
	uint32_t number;     /* of the line in the file */
	bool seen;           /* by a finding, or by its cycle under the other rule */
	bool former;         /* a finding has it only by an earlier recipe */
};

struct lh_baseline {
	struct lh_arena *arena;
	const char *path; /* NULL: there is none */
	struct lh_baseline_entry *entry;
	uint32_t n;
	const char *head; /* the first lines, which tell what the file is; "" none */
	const char *tail; /* comments after the last entry */
	uint32_t recipe;  /* 0: not said, so an earlier one */
	bool crlf;        /* lines end with CR LF */
	bool bom;         /* begins with a byte order mark */
};

/* False: the error was reported. With `may_lack` a missing file counts as empty. */
bool lh_baseline_read(struct lh_baseline *, struct lh_arena *, const char *path, bool may_lack);

/* Were its fingerprints made by an earlier recipe? */
bool lh_baseline_is_former(const struct lh_baseline *);

/*
 * Is the finding in the baseline, by its fingerprint or by that of earlier versions? A lock-order
 * is also if its cycle is there as a deadlock. A deadlock is not if its cycle is there as a
 * lock-order, but `known` says so. Sets the finding's entry, and marks that as seen.
 */
bool lh_baseline_has(struct lh_baseline *, struct lh_report_finding *);

/* For a file of an earlier recipe: an entry of the finding's rule and one of its source files that
 * no finding has by its fingerprint. NULL none. */
struct lh_baseline_entry *lh_baseline_similar(struct lh_baseline *,
					      const struct lh_report_finding *);

/* How many entries have the fingerprint of an earlier recipe, or are merely similar. */
uint32_t lh_baseline_formers(const struct lh_baseline *);

/*
 * Rewrites the file: the report's findings that are not suppressed, and the old entries that were
 * seen, or all old entries if `keep_old`; entries of earlier recipes only if `keep_old`. With
 * `keep_old`, parallel runs add to each other's entries. A file that would not change is not
 * written: *changed. Returns 0 or an errno.
 */
int lh_baseline_write(struct lh_baseline *, const struct lh_report *, bool keep_old, bool *changed);
/* Can the file be written? Checked before the program starts. Returns 0 or an errno. */
int lh_baseline_writable(const char *path);

/* For baseline_write.c: the entry of a fingerprint, NULL none; sorts, and merges duplicates. */
struct lh_baseline_entry *lh_baseline_find(const struct lh_baseline *, const char *fingerprint);
void lh_baseline_sort(struct lh_baseline *);

#endif
