/*
 * unwatched.h — finds the processes of a run that are not watched.
 *
 * These are statically linked programs, set-id programs, programs that were started without our
 * environment, and programs in which the library cannot reach us. A process that waits for an
 * answer from us gets it here. After an exec, a process is checked again. Scans all descendants
 * from time to time, so a process that lives for less than the time between two scans may be
 * missed. Uses at most 1/400 of the time, for any number of processes. Does not stop a process and
 * does not print.
 */
#ifndef LH_RUN_UNWATCHED_H
#define LH_RUN_UNWATCHED_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tools/run/processes.h"
#include "tools/run/reach.h"

enum { LH_UNWATCHED_NAMED = 8, LH_UNWATCHED_FIRST_NS = 20000000, LH_UNWATCHED_PATTERN = 200 };

struct lh_unwatched {
	/* set by the caller */
	const struct lh_run *run;
	const struct lh_reach *reach;
	const char *only, *skip; /* patterns of --only and --skip */
	struct lh_unwatched_process {
		pid_t pid;
		uint32_t image; /* hash of what changes at exec: its program's path, its stack */
		uint8_t samples;
		bool settled, alive;
	} * process;
	uint32_t n, capacity;
	uint32_t count;                                /* unwatched processes so far */
	char name[LH_UNWATCHED_NAMED][PATH_MAX + 100]; /* the first ones: "PROGRAM (REASON)" */
	bool unsettled; /* the last scan found a process that is not settled */
	uint64_t next_ns;
};

void lh_unwatched_scan(struct lh_unwatched *s, uint64_t now_ns);
void lh_unwatched_free(struct lh_unwatched *s);

#endif
