/*
 * thread_dump.h — the whole picture of one process in text: every thread, what it holds, since when
 * and where it took it, what it waits for and who is in its way.
 *
 * For a run that is ended by its time limit and for one that was killed. Finds nothing: what is
 * a deadlock is said by findings; here it shows.
 */
#ifndef LH_HANG_THREAD_DUMP_H
#define LH_HANG_THREAD_DUMP_H

#include "tools/ledger/reader.h"

#include <stdio.h>
#include <sys/types.h>

struct lh_symbols;

/* Of a process that lives: what the kernel says of its threads is shown as well. */
void lh_thread_dump_live(const struct lh_ledger_view *, pid_t, struct lh_symbols *, FILE *);
/* As the ledger has it. */
void lh_thread_dump_ledger(const struct lh_ledger_view *, struct lh_symbols *, FILE *);
/* It did not end by itself, and somebody held or waited for something. */
bool lh_thread_dump_is_useful(const struct lh_ledger_view *);

#endif
