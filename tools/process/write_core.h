/*
 * write_core.h — writes a core of a process, which debuggers and `lockhound hang --core` read.
 *
 * Does not depend on core limits, core_pattern or the process's own handlers, and the process goes
 * on. Its threads are stopped one after the other, as by stop.h, for their registers: the core is
 * consistent if they wait all the while, as those of a deadlock do. What is in files that are
 * mapped and not changed is left out, and so is the ledger.
 */
#ifndef LH_PROCESS_WRITE_CORE_H
#define LH_PROCESS_WRITE_CORE_H

#include <stdbool.h>
#include <sys/types.h>

/* False: errno; the file does not exist then. */
bool lh_write_core(pid_t pid, const char *path);

#endif
