/*
 * thread_activity.h — what a thread that waits for no lock does.
 */
#ifndef LH_THREAD_ACTIVITY_H
#define LH_THREAD_ACTIVITY_H

#include "tools/process/peek.h"

/* "sleeps", "reads on descriptor 0 (/dev/pts/3)", "runs"; NULL: not known. The bytes are raw: not
 * escaped. */
const char *lh_hang_doing(const struct lh_peek *, const struct lh_peek_task *);

#endif
