/*
 * unwatched.h — processes of the run that the library is not in.
 *
 * Static ones, set-id ones, and those that were started without our environment.
 * Looks at all descendants now and then, so one that lives for less than a look is not
 * seen. Costs at most one part in 400 of the time, however many processes there are.
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
		uint32_t exe; /* hash of its program's path: a new one after exec */
		uint8_t samples;
		bool settled, alive;
	} * process;
	uint32_t n, capacity;
	uint32_t count; /* strays so far */
	char name[LH_UNWATCHED_NAMED]
		 [PATH_MAX + 100]; /* the first ones, with the reason where it is known */
	bool unsettled;            /* the last look met a new one */
	uint64_t next_ns;
};

void lh_unwatched_scan(struct lh_unwatched *s, uint64_t now_ns);
void lh_unwatched_free(struct lh_unwatched *s);

#endif
