/*
 * hash.h — mixes words into a hash.
 *
 * Not for adversaries: the values are ids, stacks and addresses of one process.
 */
#ifndef LH_BASE_HASH_H
#define LH_BASE_HASH_H

#include <stdint.h>

static inline uint64_t lh_hash_mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 29;
}

#endif
