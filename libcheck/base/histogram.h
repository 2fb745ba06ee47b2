/*
 * histogram.h — times in buckets: which one a time belongs to, and where a bucket ends.
 *
 * Four buckets to each doubling, from 128 ns to 103 s: whatever is read from them is right to a
 * fifth. Bucket 0 is all that is shorter, the last one all that is longer.
 */
#ifndef LH_BASE_HISTOGRAM_H
#define LH_BASE_HISTOGRAM_H

#include "libcheck/ledger.h"

enum { LH_BUCKET_MIN_LOG2 = 7 /* log2 of the shortest time told apart */ };

static inline uint32_t lh_bucket_of(uint64_t ns)
{
	uint32_t log, bucket;

	if (ns < 1u << LH_BUCKET_MIN_LOG2)
		return 0;
	log = 63 - (uint32_t)__builtin_clzll(ns);
	bucket = 1 + (log - LH_BUCKET_MIN_LOG2) * 4 + (uint32_t)(ns >> (log - 2) & 3);
	return bucket < LH_BUCKETS ? bucket : LH_BUCKETS - 1;
}

/* The shortest time that is too long for this bucket. */
static inline uint64_t lh_bucket_end(uint32_t bucket)
{
	uint32_t log = LH_BUCKET_MIN_LOG2 + bucket / 4;

	return (uint64_t)(4 + bucket % 4) << (log - 2);
}

#endif
