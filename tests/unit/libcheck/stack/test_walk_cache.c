/*
 * test_walk_cache.c — tests that the cache returns the row that was stored for an address, or none.
 * LINKS: libcheck/stack/walk_cache.c
 * LIBS: -lpthread
 */
#include <pthread.h>
#include <string.h>

#include "tests/unit/unit.h"
#include "libcheck/stack/walk.h"

enum { ADDRESSES = 100000, READS = 200000, WRITERS = 2 };

static uint64_t memory[LH_WALK_CACHE_BYTES / sizeof(uint64_t)];

static struct lh_cfi_row row_of(int n)
{
	struct lh_cfi_row row;

	memset(&row, 0, sizeof(row));
	row.cfa = (struct lh_cfi_rule){n, LH_CFI_AT, LH_CFI_REG_SP};
	row.pc = (struct lh_cfi_rule){-n, LH_CFI_AT, 0};
	row.bp = (struct lh_cfi_rule){n, LH_CFI_SAME, 0};
	row.sp = (struct lh_cfi_rule){n, LH_CFI_SAME, 0};
	return row;
}

static bool is_of(const struct lh_cfi_row *row, int n)
{
	struct lh_cfi_row expected = row_of(n);

	return memcmp(row, &expected, sizeof(expected)) == 0;
}

static void store(uintptr_t pc, int n)
{
	struct lh_cfi_row row = row_of(n);

	lh_walk_cache_store(pc, &row, lh_walk_cache_epoch());
}

static bool is_stored(uintptr_t pc, int n)
{
	struct lh_cfi_row row = row_of(0);

	return lh_walk_cache_find(pc, &row) && is_of(&row, n);
}

static void test_without_memory(void)
{
	struct lh_cfi_row row;

	store(1000, 1);
	CHECK(!lh_walk_cache_find(1000, &row));
}

static void test_stored(void)
{
	struct lh_cfi_row row;

	CHECK(!lh_walk_cache_find(1000, &row));
	store(1000, 1);
	CHECK(is_stored(1000, 1));
	CHECK(!lh_walk_cache_find(1001, &row));
	store(1000, 2);
	CHECK(is_stored(1000, 2));
}

/* With more addresses than the cache has slots, each address has its own row or none. */
static void test_overflow(void)
{
	int found = 0, wrong = 0;

	for (int i = 1; i <= ADDRESSES; i++)
		store((uintptr_t)i * 4, i);
	for (int i = 1; i <= ADDRESSES; i++) {
		struct lh_cfi_row row;
		if (!lh_walk_cache_find((uintptr_t)i * 4, &row))
			continue;
		found++;
		wrong += !is_of(&row, i);
	}
	CHECK(found > 1000);
	CHECK(wrong == 0);
	CHECK(is_stored((uintptr_t)ADDRESSES * 4, ADDRESSES));
}

static void test_computed_is_not_stored(void)
{
	struct lh_cfi_rule *rule[4];
	struct lh_cfi_row row, found;

	for (int i = 0; i < 4; i++) {
		row = row_of(1);
		rule[0] = &row.cfa, rule[1] = &row.pc, rule[2] = &row.bp, rule[3] = &row.sp;
		rule[i]->how = LH_CFI_COMPUTED;
		lh_walk_cache_store(2000 + (uintptr_t)i, &row, lh_walk_cache_epoch());
		CHECK(!lh_walk_cache_find(2000 + (uintptr_t)i, &found));
	}
}

static void test_flushed(void)
{
	struct lh_cfi_row row = row_of(3);
	uint32_t before = lh_walk_cache_epoch();

	store(3000, 3);
	lh_walk_flush_cache();
	CHECK(!lh_walk_cache_find(3000, &row));
	row = row_of(3);
	lh_walk_cache_store(3000, &row, before); /* read before the object was unloaded */
	CHECK(!lh_walk_cache_find(3000, &row));
	store(3000, 4);
	CHECK(is_stored(3000, 4));
}

static int stop;

static void *write_rows(void *first)
{
	for (int i = *(int *)first; !__atomic_load_n(&stop, __ATOMIC_RELAXED);
	     i = 1 + (i + WRITERS) % 1000)
		store(4000, i);
	return NULL;
}

/* While other threads write, a row that is found is one of theirs, not a mix. */
static void test_torn(void)
{
	int first[WRITERS] = {1, 2}, torn = 0;
	pthread_t t[WRITERS];

	for (int i = 0; i < WRITERS; i++)
		pthread_create(&t[i], NULL, write_rows, &first[i]);
	for (int i = 0; i < READS; i++) {
		struct lh_cfi_row row;
		torn += lh_walk_cache_find(4000, &row) && !is_of(&row, row.cfa.n);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(t[i], NULL);
	CHECK(torn == 0);
}

int main(void)
{
	test_without_memory();
	lh_walk_set_cache(memory);
	test_stored();
	test_overflow();
	test_computed_is_not_stored();
	test_flushed();
	test_torn();
	return unit_done();
}
