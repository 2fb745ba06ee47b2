/*
 * linear_hash.h — linear hashing (Litwin 1980): which list does a hash belong to?
 *
 * A table of n lists grows by one list at a time, which takes its half of one other. So the
 * lists lie close together whatever their number, memory is touched as rows come, and no
 * insertion pays for all the others.
 *
 * Does not keep lists: whoever has them splits them.
 */
#ifndef LH_BASE_LINEAR_HASH_H
#define LH_BASE_LINEAR_HASH_H

#include <stdint.h>

/* Of `lists` lists, at least one. */
static inline uint32_t lh_linear_hash_bucket(uint32_t hash, uint32_t lists)
{
	uint32_t low = 1u << (31 - __builtin_clz(lists)), wide = hash & (2 * low - 1);

	return wide < lists ? wide : wide & (low - 1);
}

/* The list that the new list `fresh` takes its half of. */
static inline uint32_t lh_linear_hash_split_from(uint32_t fresh)
{
	return fresh & ~(1u << (31 - __builtin_clz(fresh)));
}

#endif
