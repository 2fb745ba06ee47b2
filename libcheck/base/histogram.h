/*
 * histogram.h — the buckets of a time histogram: the bucket of a time, and a bucket's end.
 *
 * Each doubling has four buckets, from 128 ns to 103 s, so a value read from the buckets is right
 * to a fifth. Bucket 0 takes all shorter times, the last bucket all longer ones.
 *
 * Does not store counts: struct lh_histogram does.
 */
#ifndef LH_BASE_HISTOGRAM_H
#define LH_BASE_HISTOGRAM_H

#include "libcheck/ledger.h"

enum { LH_BUCKET_MIN_LOG2 = 7 /* log2 of the shortest time with a bucket of its own */ };

static inline uint32_t lh_bucket_of(uint64_t ns)
{
	uint32_t log, bucket;

	if (ns < 1u << LH_BUCKET_MIN_LOG2)
		return 0;
	log = 63 - (uint32_t)__builtin_clzll(ns);
	bucket = 1 + (log - LH_BUCKET_MIN_LOG2) * 4 + (uint32_t)(ns >> (log - 2) & 3);
	return bucket < LH_BUCKETS ? bucket : LH_BUCKETS - 1;
}

/* The shortest time that is too long for the bucket. */
static inline uint64_t lh_bucket_end(uint32_t bucket)
{
	uint32_t log = LH_BUCKET_MIN_LOG2 + bucket / 4;

	return (uint64_t)(4 + bucket % 4) << (log - 2);
}

#endif
