/*
 * until.h — option until: runs the program again, each time with another delay seed.
 *
 * Says when the program is run again, with which seed, and in the end how to repeat the last run.
 * Does not start the program and does not know what a finding is.
 */
#ifndef LH_CMD_UNTIL_H
#define LH_CMD_UNTIL_H

#include "tools/settings/settings.h"

#include <sys/types.h>

struct lh_until {
	struct lh_settings *settings; /* its seed is that of the present run */
	uint32_t runs;                /* begun */
	unsigned first;               /* seed */
	uint64_t since_ns;
	off_t input; /* where standard input began; -1: it cannot be read again */
};

bool lh_until_is_wanted(const struct lh_settings *);
/* False: options that do not fit each other were reported in one line. */
bool lh_until_options_are_good(const struct lh_command *, const struct lh_settings *);

/* Before the first run; picks a seed if none is given. */
void lh_until_begin(struct lh_until *, struct lh_settings *);
/* Before another run. False: so many runs were enough, or so much time. */
bool lh_until_again(struct lh_until *);
/* After the last run: `what` ended the search, NULL: nothing did; `command` repeats the run. */
void lh_until_end(const struct lh_until *, const char *what, const char *command);

#endif
