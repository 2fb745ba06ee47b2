/*
 * walk_cache.h — a cache of the rules that walk.c has read for an address.
 *
 * A program acquires its locks at few sites, and the stacks above them share most of their frames;
 * reading a row of rules costs ten times as much as finding it here.
 *
 * - Shared by all threads and by signal handlers without a lock: readers do not find an entry that
 *   is being written, and other writers leave it alone.
 * - Keeps only rows without expressions, which belong to an object, and no signal frames.
 * - After a dlclose no earlier entry is valid.
 */
#ifndef LH_STACK_WALK_CACHE_H
#define LH_STACK_WALK_CACHE_H

#include "libcheck/stack/cfi.h"

bool lh_walk_cache_find(uintptr_t pc, struct lh_cfi_row *row);

/* Read the epoch before the rules: if their object is unloaded meanwhile, the entry is invalid. */
uint32_t lh_walk_cache_epoch(void);
void lh_walk_cache_store(uintptr_t pc, const struct lh_cfi_row *row, uint32_t seen_epoch);

#endif
