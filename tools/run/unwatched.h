/*
 * unwatched.h — processes of the run that the library is not in.
 *
 * Static ones, set-id ones, and those that were started without our environment.
 * Looks at all descendants now and then, so one that lives for less than a look is not
 * seen. Costs at most one part in 400 of the time, however many processes there are.
 */
#ifndef LH_STRAYS_H
#define LH_STRAYS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { LH_STRAYS_NAMED = 8, LH_STRAYS_FIRST_NS = 20000000 };

struct lh_strays {
	struct lh_sight {
		pid_t pid;
		uint32_t exe; /* hash of its program's path: a new one after exec */
		uint8_t looks;
		bool settled, alive;
	} * sight;
	uint32_t n, room;
	uint32_t count; /* strays so far */
	char name[LH_STRAYS_NAMED]
		 [PATH_MAX + 100]; /* the first ones, with the reason where it is known */
	bool unsettled;            /* the last look met a new one */
	uint64_t next_ns;
};

void lh_strays_look(struct lh_strays *s, uint64_t now_ns);
void lh_strays_free(struct lh_strays *s);

#endif
