/*
 * hash.h — mixes words into a hash.
 *
 * Not for adversaries: the values are ids, stacks and addresses of one process.
 */
#ifndef LH_BASE_HASH_H
#define LH_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t lh_hash_mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 29;
}

static inline uint64_t lh_hash_bytes(uint64_t h, const void *bytes, size_t n)
{
	const char *at = bytes;
	uint64_t word;

	for (; n >= sizeof(word); at += sizeof(word), n -= sizeof(word)) {
		__builtin_memcpy(&word, at, sizeof(word));
		h = lh_hash_mix(h, word);
	}
	for (word = 0; n; n--)
		word = word << 8 | (uint8_t)at[n - 1];
	return lh_hash_mix(h, word);
}

#endif
