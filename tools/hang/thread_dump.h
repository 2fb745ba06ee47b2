/*
 * thread_dump.h — the whole picture of one process in text: every thread, what it holds, since when
 * and where it took it, what it waits for and who is in its way.
 *
 * For a run that is ended by its time limit and for one that was killed. Finds nothing: what is
 * a deadlock is said by findings; here it shows.
 */
#ifndef LH_STOOD_H
#define LH_STOOD_H

#include "tools/ledger/reader.h"

#include <stdio.h>
#include <sys/types.h>

struct lh_symbols;

/* Of a process that lives: what the kernel says of its threads is shown as well. */
void lh_stood_live(const struct lh_record *, pid_t, struct lh_symbols *, FILE *);
/* As the ledger has it. */
void lh_stood_ledger(const struct lh_record *, struct lh_symbols *, FILE *);
/* It did not end by itself, and somebody held or waited for something. */
bool lh_stood_worth(const struct lh_record *);

#endif
