/*
 * thread_activity.h — describes what a thread that waits for no lock does.
 *
 * Knows nothing of locks. The text is in the arena of struct lh_peek, or constant.
 */
#ifndef LH_PROCESS_THREAD_ACTIVITY_H
#define LH_PROCESS_THREAD_ACTIVITY_H

#include "tools/process/peek.h"

/* "sleeps", "reads on descriptor 0 (/dev/pts/3)", "runs"; NULL: unknown. Not escaped: a path may
 * contain any byte. */
const char *lh_thread_activity(const struct lh_peek *, const struct lh_peek_task *);

#endif
