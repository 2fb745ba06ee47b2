/*
 * map.h — maps from bytes (a text, an array of numbers) to structs, in an arena.
 *
 * A value stays where it is, and no entry is ever removed: the arena frees the whole map. A map of
 * zeros is empty.
 */
#ifndef LH_UTIL_MAP_H
#define LH_UTIL_MAP_H

#include "tools/util/arena.h"

struct lh_map {
	struct lh_map_entry *entries;
	uint32_t n;
};

/* The value of a key; NULL: the map has no such key. */
void *lh_map_find(const struct lh_map *, const void *key, size_t key_size);
/* The value of a key. A new key is copied, and its value is `size` zeros. */
void *lh_map_get(struct lh_map *, struct lh_arena *, const void *key, size_t key_size, size_t size);

#endif
