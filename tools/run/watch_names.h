/* watch_names.h — the names of locks for the watch thread's limits: a report of its own for each
 * process, because reports belong to one thread. */
#ifndef LH_RUN_WATCH_NAMES_H
#define LH_RUN_WATCH_NAMES_H

#include "tools/ledger/reader.h"

/* The lock's name as every report has it; NULL: there is no such lock. For lh_watch_options. */
const char *lh_watch_name_lock(void **names, const struct lh_ledger_view *, lh_lock_id);
void lh_watch_free_names(void *names);

#endif
