/* test_map.c — tests that a map finds each key again and keeps its values in place.
 * LINKS: tools/util/ */
#include "tools/util/map.h"
#include "tests/unit/unit.h"

enum { KEYS = 1000 };

int main(void)
{
	struct lh_arena *arena = lh_arena_new();
	struct lh_map map = {0};
	uint32_t *value[KEYS];

	CHECK(!lh_map_find(&map, "a", 1));
	for (uint32_t i = 0; i < KEYS; i++) {
		value[i] = lh_map_get(&map, arena, &i, sizeof(i), sizeof(*value[i]));
		CHECK(!*value[i]);
		*value[i] = i + 1;
	}
	for (uint32_t i = 0; i < KEYS; i++) {
		CHECK(lh_map_get(&map, arena, &i, sizeof(i), sizeof(*value[i])) == value[i]);
		CHECK(lh_map_find(&map, &i, sizeof(i)) == value[i] && *value[i] == i + 1);
		CHECK(!lh_map_find(&map, &i, sizeof(i) - 1));
	}
	CHECK(map.n == KEYS);
	lh_arena_free(arena);
	return unit_done();
}
