/* list.h — lists that grow: the capacity is doubled, and new elements are zeros. */
#ifndef LH_UTIL_LIST_H
#define LH_UTIL_LIST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Gives the list the capacity for n elements; `list` is the address of its pointer. False: out of
 * memory; the list is unchanged. */
static inline bool lh_list_grow(void *list, uint32_t *capacity, uint32_t n, size_t element)
{
	uint32_t more = *capacity ? *capacity : 16;
	char *at;

	if (n <= *capacity)
		return true;
	while (more < n)
		more *= 2;
	memcpy(&at, list, sizeof(at));
	at = realloc(at, more * element);
	if (!at)
		return false;
	memset(at + *capacity * element, 0, (more - *capacity) * element);
	memcpy(list, &at, sizeof(at));
	*capacity = more;
	return true;
}

#endif
