/*
 * preload.h — makes the environment in which a program is watched.
 *
 * Finds the library, and sets LD_PRELOAD, LOCKHOUND_OPTIONS and ASAN_OPTIONS, and LH_ITT_VARIABLE
 * if that is wanted. The earlier contents of LD_PRELOAD, ASAN_OPTIONS and LH_ITT_VARIABLE are kept.
 * Does not change this process's environment.
 */
#ifndef LH_RUN_PRELOAD_H
#define LH_RUN_PRELOAD_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#ifndef LH_LIBRARY_DIR
#define LH_LIBRARY_DIR "/usr/local/lib/lockhound"
#endif

/* The library that the ITT API loads. */
#define LH_ITT_VARIABLE "INTEL_LIBITTNOTIFY64"

struct lh_preload {
	char library[PATH_MAX];        /* as LD_PRELOAD names it */
	char link_directory[PATH_MAX]; /* has a link to the library; "": not needed */
	bool itt; /* the ITT API in the program calls the library (libcheck/interpose/itt.c) */
};

/* False: `error` has the paths that were searched, or what is wrong with the library's path. */
bool lh_preload_find(struct lh_preload *p, char *error, size_t capacity);
void lh_preload_cleanup(struct lh_preload *p); /* removes what lh_preload_find made */

/*
 * Returns a new environment: `base` with our variables. `options` is the text of
 * LOCKHOUND_OPTIONS, `asan` the ASan runtime that must stay first, or "". NULL: out of memory.
 */
char **lh_preload_environment(const struct lh_preload *p, char *const *base, const char *options,
			      const char *asan);
/* Frees what lh_preload_environment returned for this `base`. */
void lh_preload_free_environment(char **variables, char *const *base);

#endif
