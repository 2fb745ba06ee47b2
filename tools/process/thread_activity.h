/*
 * thread_activity.h — what a thread that waits for no lock does.
 */
#ifndef LH_PROCESS_THREAD_ACTIVITY_H
#define LH_PROCESS_THREAD_ACTIVITY_H

#include "tools/process/peek.h"

/* "sleeps", "reads on descriptor 0 (/dev/pts/3)", "runs"; NULL: not known. The bytes are raw: not
 * escaped. */
const char *lh_thread_activity(const struct lh_peek *, const struct lh_peek_task *);

#endif
