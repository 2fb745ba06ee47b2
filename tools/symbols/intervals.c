/* intervals.c — sorts address ranges and finds those that begin before an address. */
#include "tools/symbols/intervals.h"

#include <stdlib.h>

int lh_interval_by_start(const struct lh_interval *a, const struct lh_interval *b)
{
	return a->start < b->start ? -1 : a->start > b->start;
}

void lh_intervals_sort(void *list, uint32_t n, size_t size,
		       int (*compare)(const void *, const void *))
{
	uint64_t end = 0;

	if (n)
		qsort(list, n, size, compare);
	for (uint32_t i = 0; i < n; i++) {
		struct lh_interval *is = (void *)((char *)list + i * size);

		end = is->end > end ? is->end : end;
		is->end_of_all = end;
	}
}

uint32_t lh_intervals_begun(const void *list, uint32_t n, size_t size, uint64_t at)
{
	uint32_t low = 0, high = n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		const struct lh_interval *is = (const void *)((const char *)list + mid * size);

		if (is->start <= at)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}
