/*
 * unwatched.h — finds the processes of a run that do not have the library.
 *
 * These are statically linked programs, set-id programs, and programs that were started without our
 * environment. Scans all descendants from time to time, so a process that lives for less than the
 * time between two scans may be missed. Uses at most 1/400 of the time, for any number of
 * processes. Does not stop a process and does not print.
 */
#ifndef LH_RUN_UNWATCHED_H
#define LH_RUN_UNWATCHED_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { LH_UNWATCHED_NAMED = 8, LH_UNWATCHED_FIRST_NS = 20000000 };

struct lh_unwatched {
	struct lh_unwatched_process {
		pid_t pid;
		uint32_t exe; /* hash of its program's path, which changes at exec */
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
