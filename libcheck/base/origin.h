/*
 * origin.h — where a process comes from: host, container, rank, test and commit, as its ledger's
 * header keeps it.
 *
 * Reads the arguments and the environment that the process started with, and three small files of
 * /proc. What the program puts into its environment later is not seen.
 */
#ifndef LH_BASE_ORIGIN_H
#define LH_BASE_ORIGIN_H

#include "libcheck/ledger.h"

/* `out` is all zero. */
void lh_origin_read(struct lh_origin *out, int argc, char **argv, char **environment);

#endif
