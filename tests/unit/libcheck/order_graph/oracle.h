/*
 * oracle.h — finds by brute force the cycles that the order graph should report.
 *
 * Tries every sequence of distinct dependencies and every assignment of threads. Written from
 * docs/theory.md, without code of the order graph. Slow: for tables of some tens of chains.
 */
#ifndef ORACLE_H
#define ORACLE_H

#include "tests/unit/libcheck/order_graph/order_tables.h"

/* Every minimal cycle of at most max_length links, with the last filter that it reaches. */
void oracle_cycles(const struct order_tables *tables, uint32_t max_length, struct cycle_set *out);

/* Whether threads that hold permits of this counting semaphore and wait for more can use up all
 * permits: enum lh_filter, or -1 if no chain waits while it holds a permit. */
int oracle_sem_cycle(const struct order_tables *tables, lh_lock_id semaphore);

#endif
