/*
 * linear_hash.h — linear hashing (Litwin 1980): which bucket does a hash belong to?
 *
 * A table of n buckets grows by one bucket at a time; the new bucket takes over half of one old
 * bucket. So the buckets stay contiguous at any size, memory is touched only as rows are added,
 * and no single insertion rehashes the table.
 *
 * Does not store buckets: the caller keeps them and splits them.
 */
#ifndef LH_BASE_LINEAR_HASH_H
#define LH_BASE_LINEAR_HASH_H

#include <stdint.h>

/* The bucket of `hash` among `lists` buckets, at least one. */
static inline uint32_t lh_linear_hash_bucket(uint32_t hash, uint32_t lists)
{
	uint32_t low = 1u << (31 - __builtin_clz(lists)), wide = hash & (2 * low - 1);

	return wide < lists ? wide : wide & (low - 1);
}

/* The bucket that the new bucket `fresh` splits. */
static inline uint32_t lh_linear_hash_split_from(uint32_t fresh)
{
	return fresh & ~(1u << (31 - __builtin_clz(fresh)));
}

#endif
