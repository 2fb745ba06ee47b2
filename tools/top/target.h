/*
 * target.h — the process that is looked at again and again: its ledger, until it ends.
 *
 * Finds the ledger as `hang` does: by the mapping, read from memory or through whoever has it
 * open. Follows exec, if the new program has the library in it too. Judges nothing.
 */
#ifndef LH_TOP_TARGET_H
#define LH_TOP_TARGET_H

#include "tools/process/peek.h"
#include "tools/ledger/reader.h"

struct lh_top_target {
	struct lh_peek peek;
	pid_t pid;
	int end;                      /* ready when the process has ended; -1 not to be had */
	struct lh_ledger_view ledger; /* as at the last look; its place does not change */
	bool fresh;                   /* the ledger is another one than at the look before */
	char error[1200];
};

/* A number, or the file of a ledger whose process lives. False: `why` has one line. */
bool lh_top_target_open(struct lh_top_target *, const char *file_or_pid);
/* A look. False: it has ended, or is not to be seen any more; `why` has one line. */
bool lh_top_target_sample(struct lh_top_target *);
/* On the clock of its ledger. */
uint64_t lh_top_target_now(const struct lh_top_target *);
void lh_top_target_close(struct lh_top_target *);

#endif
