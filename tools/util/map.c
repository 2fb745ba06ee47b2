/* map.c — maps on uthash, whose memory comes from the arena too. */
#include "tools/util/map.h"

#include <string.h>

#define uthash_malloc(size) lh_arena_alloc(arena, size)
#define uthash_free(memory, size)
#include <uthash.h>

struct lh_map_entry {
	UT_hash_handle hh;
	_Alignas(16) char value[]; /* the key follows */
};

void *lh_map_find(const struct lh_map *map, const void *key, size_t key_size)
{
	struct lh_map_entry *e;

	HASH_FIND(hh, map->entries, key, key_size, e);
	return e ? e->value : NULL;
}

void *lh_map_get(struct lh_map *map, struct lh_arena *arena, const void *key, size_t key_size,
		 size_t size)
{
	struct lh_map_entry *e;

	HASH_FIND(hh, map->entries, key, key_size, e);
	if (e)
		return e->value;
	map->n++;
	e = lh_arena_alloc(arena, sizeof(*e) + size + key_size);
	memcpy(e->value + size, key, key_size);
	HASH_ADD_KEYPTR(hh, map->entries, e->value + size, key_size, e);
	return e->value;
}
