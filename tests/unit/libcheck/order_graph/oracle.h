/*
 * oracle.h — what the judge should say, by brute force.
 *
 * Tries every sequence of distinct dependencies and every choice of threads. Written from
 * docs/theory.md and from nothing of the judge. Slow: for books of some tens of nodes.
 */
#ifndef ORACLE_H
#define ORACLE_H

#include "tests/unit/libcheck/order_graph/order_tables.h"

/* Every minimal circle of up to max_length, with the best that is true of it. */
void oracle_rings(const struct book *b, uint32_t max_length, struct rings *out);

/* Can threads at pool nodes of this semaphore use it up? enum lh_filter, or -1: no such place. */
int oracle_pool(const struct book *b, lh_lock_id semaphore);

#endif
