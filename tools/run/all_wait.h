/*
 * all_wait.h — which processes of a run seem to wait forever, as far as their ledgers show: every
 * thread that the library knows is in a wait without a limit, or on a futex that the library does
 * not know. Cheap; watch/lost_signal.c inspects such a process.
 */
#ifndef LH_RUN_ALL_WAIT_H
#define LH_RUN_ALL_WAIT_H

#include "tools/run/processes.h"

/* True if each thread has been in its wait for this time, if the library knows the wait. now:
 * CLOCK_MONOTONIC. */
bool lh_all_wait(const struct lh_run_process *, uint64_t now, uint64_t ns);

#endif
