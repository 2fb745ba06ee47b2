/*
 * walk_cache.h — part of the room `walk`: the rules that were read for an address before.
 *
 * A program takes its locks from few places, and the stacks above them share most of their
 * frames; to read a row of rules costs ten times as much as to find it again.
 *
 * - Shared by all threads and by signal handlers without a lock: an entry that is being
 *   written is not there for its readers, and is left alone by other writers.
 * - Keeps plain rows only: no expressions, which belong to an object, and no signal frames.
 * - After a dlclose nothing is believed that was kept before.
 */
#ifndef LH_STACK_WALK_CACHE_H
#define LH_STACK_WALK_CACHE_H

#include "libcheck/stack/cfi.h"

bool lh_walk_cache_find(uintptr_t pc, struct lh_cfi_row *row);

/* `epoch` is asked for before the rules are read: they may be those of an object that goes. */
uint32_t lh_walk_cache_epoch(void);
void lh_walk_cache_store(uintptr_t pc, const struct lh_cfi_row *row, uint32_t epoch);

#endif
