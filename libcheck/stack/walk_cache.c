/*
 * walk_cache.c — a cache of the rules that walk.c has read for an address: a hash table, one entry
 * per hash value, with a sequence lock in each entry.
 *
 * A program acquires its locks at few sites, and the stacks above them share most of their frames;
 * reading a row of rules costs ten times as much as finding it here.
 *
 * - Shared by all threads and by signal handlers without a lock: readers do not find an entry that
 *   is being written, and other writers leave it alone.
 * - Keeps only rows without expressions, which belong to an object, and no signal frames.
 * - After a dlclose no earlier entry is valid.
 * - Begins with few entries, in few pages, and doubles when as many were stored. Then most entries
 *   are no longer found, and are written again when they are needed.
 */
#include "libcheck/stack/walk.h"

#include <stddef.h>

enum { ENTRIES_LOG = 12, FEWEST_LOG = 6, WORDS = sizeof(struct lh_cfi_row) / sizeof(uint64_t) };

/* `turn` is odd while the entry is written. Words, so that each is read and written as a whole. */
struct entry {
	uint32_t turn, epoch;
	uint64_t pc;
	uint64_t word[WORDS];
};

_Static_assert(sizeof(struct entry) << ENTRIES_LOG == LH_WALK_CACHE_BYTES, "walk.h says so");
_Static_assert(sizeof(struct lh_cfi_row) % sizeof(uint64_t) == 0, "a row is whole words");

static struct entry *entries;
static uint32_t epoch;
static uint32_t stored;                   /* entries, since the cache has its size */
static uint32_t entries_log = FEWEST_LOG; /* its size */

void lh_walk_set_cache(void *memory)
{
	entries = memory;
	entries_log = FEWEST_LOG;
	stored = 0;
}

void lh_walk_flush_cache(void)
{
	__atomic_fetch_add(&epoch, 1, __ATOMIC_RELEASE);
}

static struct entry *entry_of(uintptr_t pc)
{
	unsigned log = __atomic_load_n(&entries_log, __ATOMIC_RELAXED);

	return &entries[pc * 0x9e3779b97f4a7c15u >> (64 - log)];
}

bool lh_walk_cache_find(uintptr_t pc, struct lh_cfi_row *row)
{
	struct entry *e = entries ? entry_of(pc) : NULL;
	uint64_t word[WORDS];

	if (!e || __atomic_load_n(&e->pc, __ATOMIC_RELAXED) != pc)
		return false;
	uint32_t turn = __atomic_load_n(&e->turn, __ATOMIC_ACQUIRE);
	bool same = !(turn & 1) && __atomic_load_n(&e->pc, __ATOMIC_RELAXED) == pc &&
		    __atomic_load_n(&e->epoch, __ATOMIC_RELAXED) ==
			    __atomic_load_n(&epoch, __ATOMIC_ACQUIRE);
	for (int i = 0; i < WORDS; i++)
		word[i] = __atomic_load_n(&e->word[i], __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (!same || __atomic_load_n(&e->turn, __ATOMIC_RELAXED) != turn)
		return false;
	__builtin_memcpy(row, word, sizeof(*row));
	return true;
}

static bool is_cacheable(const struct lh_cfi_row *r)
{
	return r->cfa.how != LH_CFI_COMPUTED && r->pc.how != LH_CFI_COMPUTED &&
	       r->bp.how != LH_CFI_COMPUTED && r->sp.how != LH_CFI_COMPUTED;
}

static void write_entry(struct entry *e, uintptr_t pc, const struct lh_cfi_row *row,
			uint32_t seen_epoch)
{
	uint64_t word[WORDS];

	__builtin_memcpy(word, row, sizeof(*row));
	__atomic_store_n(&e->pc, pc, __ATOMIC_RELAXED);
	__atomic_store_n(&e->epoch, seen_epoch, __ATOMIC_RELAXED);
	for (int i = 0; i < WORDS; i++)
		__atomic_store_n(&e->word[i], word[i], __ATOMIC_RELAXED);
}

uint32_t lh_walk_cache_epoch(void)
{
	return __atomic_load_n(&epoch, __ATOMIC_ACQUIRE);
}

/* Two threads that grow it at once store the same size. */
static void grow(void)
{
	uint32_t log = __atomic_load_n(&entries_log, __ATOMIC_RELAXED);

	if (log == ENTRIES_LOG || __atomic_add_fetch(&stored, 1, __ATOMIC_RELAXED) < 1u << log)
		return;
	__atomic_store_n(&stored, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&entries_log, log + 1, __ATOMIC_RELAXED);
}

void lh_walk_cache_store(uintptr_t pc, const struct lh_cfi_row *row, uint32_t seen_epoch)
{
	struct entry *e = entries ? entry_of(pc) : NULL;
	uint32_t turn = e ? __atomic_load_n(&e->turn, __ATOMIC_RELAXED) : 1;

	if ((turn & 1) || !is_cacheable(row) ||
	    !__atomic_compare_exchange_n(&e->turn, &turn, turn + 1, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_RELAXED))
		return;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	write_entry(e, pc, row, seen_epoch);
	__atomic_store_n(&e->turn, turn + 2, __ATOMIC_RELEASE);
	grow();
}
