/* map.c — a hash table with lists, which doubles when it is full. */
#include "tools/util/map.h"

#include "libcheck/base/hash.h"

#include <string.h>

struct lh_map_entry {
	struct lh_map_entry *next; /* in its slot */
	uint64_t hash;
	size_t key_size;
	const void *key; /* behind the value */
	_Alignas(16) char value[];
};

static uint64_t hash_of(const char *key, size_t size)
{
	uint64_t hash = size;

	for (size_t at = 0; at < size; at += sizeof(hash)) {
		uint64_t word = 0;

		memcpy(&word, key + at, size - at < sizeof(word) ? size - at : sizeof(word));
		hash = lh_hash_mix(hash, word);
	}
	return hash;
}

static struct lh_map_entry **slot_of(const struct lh_map *map, uint64_t hash)
{
	return &map->slot[hash & (map->slots - 1)];
}

static struct lh_map_entry *find(const struct lh_map *map, uint64_t hash, const void *key,
				 size_t key_size)
{
	struct lh_map_entry *e = map->slots ? *slot_of(map, hash) : NULL;

	while (e && (e->hash != hash || e->key_size != key_size || memcmp(e->key, key, key_size)))
		e = e->next;
	return e;
}

static void link_entry(struct lh_map *map, struct lh_map_entry *e)
{
	struct lh_map_entry **slot = slot_of(map, e->hash);

	e->next = *slot;
	*slot = e;
}

static void grow(struct lh_map *map, struct lh_arena *arena)
{
	struct lh_map old = *map;

	map->slots = old.slots ? 2 * old.slots : 16;
	map->slot = lh_arena_alloc(arena, map->slots * sizeof(*map->slot));
	for (uint32_t i = 0; i < old.slots; i++)
		for (struct lh_map_entry *e = old.slot[i], *next; e; e = next) {
			next = e->next;
			link_entry(map, e);
		}
}

void *lh_map_find(const struct lh_map *map, const void *key, size_t key_size)
{
	struct lh_map_entry *e = find(map, hash_of(key, key_size), key, key_size);

	return e ? e->value : NULL;
}

void *lh_map_get(struct lh_map *map, struct lh_arena *arena, const void *key, size_t key_size,
		 size_t size)
{
	uint64_t hash = hash_of(key, key_size);
	struct lh_map_entry *e = find(map, hash, key, key_size);

	if (e)
		return e->value;
	if (map->n++ >= map->slots)
		grow(map, arena);
	e = lh_arena_alloc(arena, sizeof(*e) + size + key_size);
	e->hash = hash;
	e->key_size = key_size;
	e->key = memcpy(e->value + size, key, key_size);
	link_entry(map, e);
	return e->value;
}
