/*
 * target.h — a process that is sampled repeatedly: its ledger, until it ends.
 *
 * Finds the ledger as `hang` does: by its mapping, read from the process's memory or from the file,
 * which another process may hold open. Follows exec if the new program has the library too. Does
 * not compute anything from the ledger.
 */
#ifndef LH_TOP_TARGET_H
#define LH_TOP_TARGET_H

#include "tools/process/peek.h"
#include "tools/ledger/reader.h"

struct lh_top_target {
	struct lh_peek peek;
	pid_t pid;
	int end; /* a pidfd, ready when the process has ended; -1: not available */
	struct lh_ledger_view ledger; /* the last sample; this struct keeps its address */
	uint32_t tables;              /* of the next samples; as in lh_read_copy_some */
	bool fresh;                   /* a different ledger than in the previous sample */
	char error[1200];
};

/* A pid, or the file of a live process's ledger. False: `error` has one line. */
bool lh_top_target_open(struct lh_top_target *, const char *file_or_pid);
/* Takes a sample. False: the process has ended or cannot be read; `error` has one line. */
bool lh_top_target_sample(struct lh_top_target *);
/* On the ledger's clock. */
uint64_t lh_top_target_now(const struct lh_top_target *);
void lh_top_target_close(struct lh_top_target *);

#endif
