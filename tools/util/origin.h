/*
 * origin.h — where this command runs: its rank and its container, for names of files.
 *
 * The library records the same of each process in the ledger, from the same variables
 * (libcheck/origin.def) and files.
 */
#ifndef LH_UTIL_ORIGIN_H
#define LH_UTIL_ORIGIN_H

#include <stddef.h>
#include <stdint.h>

enum { LH_ORIGIN_MAX = 24 }; /* bytes of each text, with the final zero */

/* The number that the launcher of MPI or Slurm gave; "none" without one. */
void lh_origin_rank(char out[LH_ORIGIN_MAX]);
/* The rank plus 1 in the text of /proc/PID/environ; 0: none. */
uint32_t lh_origin_rank_in(const char *environment, size_t n);
/* The first twelve digits of the container's id, as docker shows them; "none" outside of one. */
void lh_origin_container(char out[LH_ORIGIN_MAX]);

#endif
