/*
 * intervals.h — a list of address ranges that may contain each other, searched by address.
 *
 * A `struct lh_interval` is the first field of each element. Does not know what the elements are.
 */
#ifndef LH_SYMBOLS_INTERVALS_H
#define LH_SYMBOLS_INTERVALS_H

#include <stddef.h>
#include <stdint.h>

struct lh_interval {
	uint64_t start, end;
	uint64_t end_of_all; /* the highest end of this one and those before it */
};

/* Sorts `n` elements of `size` bytes by start, those of one start by `compare`. */
void lh_intervals_sort(void *list, uint32_t n, size_t size,
		       int (*compare)(const void *, const void *));

/*
 * How many elements begin at or before `at`. Those that contain it are among them; going backwards,
 * the search may stop at the first one whose end_of_all is not above `at`.
 */
uint32_t lh_intervals_begun(const void *list, uint32_t n, size_t size, uint64_t at);

/* For `compare`: -1, 0 or 1. */
int lh_interval_by_start(const struct lh_interval *, const struct lh_interval *);

#endif
