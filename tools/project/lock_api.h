/*
 * lock_api.h — the file of --lock-api: the project's own lock functions.
 *
 * The rows are read by the library's own code (libcheck/lock_api/rows.h), so that what is accepted
 * here is accepted there. Does not look for the functions: the library does, in each process.
 */
#ifndef LH_PROJECT_LOCK_API_H
#define LH_PROJECT_LOCK_API_H

#include "libcheck/lock_api/rows.h"
#include "tools/report/report.h"

struct lh_lock_api {
	const char *path; /* NULL: there is none */
	char *text;       /* the lines without comments: what the library reads */
	struct lh_api rows;
};

/* False: the error was reported. */
bool lh_lock_api_read(struct lh_lock_api *, struct lh_arena *, const char *path);

/* Adds notes on rows whose functions were not found, or cannot be watched. `result` has the bits
 * that the processes of the run set for each row. */
void lh_lock_api_note(const struct lh_lock_api *, struct lh_report *, const uint8_t *result);

#endif
