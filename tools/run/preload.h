/*
 * preload.h — what a program's environment must say so that it is watched.
 *
 * Finds the library, and makes LD_PRELOAD, LOCKHOUND_OPTIONS and ASAN_OPTIONS. What
 * was in them stays in them. Does not change this process's environment.
 */
#ifndef LH_RUN_PRELOAD_H
#define LH_RUN_PRELOAD_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#ifndef LH_LIBRARY_DIR
#define LH_LIBRARY_DIR "/usr/local/lib/lockhound"
#endif

struct lh_preload {
	char library[PATH_MAX]; /* as LD_PRELOAD names it */
	char made[PATH_MAX];    /* a directory of ours with a link to it, "" none was needed */
};

/* False: `why` says where it was looked for, or what is wrong with the place. */
bool lh_preload_find(struct lh_preload *p, char *why, size_t capacity);
void lh_preload_cleanup(struct lh_preload *p); /* removes what lh_preload_find made */

/*
 * A new environment: `base` with our three variables. `options` is the text of
 * LOCKHOUND_OPTIONS, `asan` the ASan runtime that must stay first or "". NULL: no memory.
 */
char **lh_preload_environment(const struct lh_preload *p, char *const *base, const char *options,
			      const char *asan);

#endif
