/*
 * all_wait.h — which processes of a run seem to wait forever, as far as their ledgers show: every
 * thread that the library knows is in a wait without a limit. Cheap; watch/lost_signal.c inspects
 * such a process.
 */
#ifndef LH_RUN_ALL_WAIT_H
#define LH_RUN_ALL_WAIT_H

#include "tools/run/processes.h"

/* True if each thread has been in its wait for this time. now: CLOCK_MONOTONIC. */
bool lh_all_wait(const struct lh_run_process *, uint64_t now, uint64_t ns);

#endif
