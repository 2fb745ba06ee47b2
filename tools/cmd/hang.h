/*
 * hang.h — what the inspection of one process and of several share.
 */
#ifndef LH_CMD_HANG_H
#define LH_CMD_HANG_H

#include "tools/report/report.h"
#include "tools/settings/settings.h"
#include "tools/wait_graph/hang.h"

enum { LH_HANG_NO_DEADLOCK, LH_HANG_DEADLOCK };

/* One process, or a core, with its own report. */
struct lh_hang_target {
	struct lh_peek peek;
	struct lh_hang hang;
	struct lh_ledger_view ledger; /* of the snapshot */
	struct lh_report *report;     /* NULL: it could not be read */
	const char *error;            /* NULL: none, or it was reported */
	int status;
};

/* hang_target.c */
void lh_hang_target_open(struct lh_hang_target *, const struct lh_settings *, const char *core,
			 const char *pid, struct lh_symbols *);
void lh_hang_target_close(struct lh_hang_target *);

/* As lh_hang.message: what the findings of a snapshot say, if it is not what their rules say. */
struct lh_hang_messages {
	const char **message; /* NULL or "": that of the rule */
	uint32_t n;
	bool watched; /* the library is in the process */
};

void lh_hang_add_findings(struct lh_report *, const struct lh_ledger_view *,
			  const struct lh_hang_messages *);

/* False: the error was reported. */
bool lh_hang_read_pid(const char *text, pid_t *);

/* hang_of_several.c: returns the exit status. */
int lh_hang_of_several(const struct lh_settings *, char **operand, int operands);

#endif
