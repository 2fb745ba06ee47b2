/* private.c — hands out private memory: pieces from one extent, and an extent for each array. */
#include "libcheck/ledger/private.h"
#include "libcheck/ledger/extent.h"

#include <sys/mman.h>

enum { WIPEONFORK = 18, ARRAYS = 24, PIECES = 32 };
#define HEAP_STEP (64ull << 10)
#define HEAP_FIRST (2ull << 20)
#define HEAP_AHEAD (64ull << 20)
#define HEAP_WHOLE (1ull << 30)

static struct lh_extent heap;
static struct {
	struct lh_extent extent;
	size_t now; /* bytes that the tables need now; a forked child may have more */
} array[ARRAYS];
static size_t used;         /* of the heap */
static char *piece[PIECES]; /* of the heap, those of a page and more */
static unsigned pieces;
static unsigned arrays;

static bool map(struct lh_extent *e, size_t whole, size_t first)
{
	if (e->at && e->whole >= whole) /* a forked child: it is mapped, and wiped */
		return lh_extent_grow(e, first);
	bool mapped = false;
	for (int i = 0; i < LH_PLACES && !mapped; i++)
		mapped = lh_extent_map(e, lh_extent_place(whole), whole, first, -1, 0);
	if (!mapped && !lh_extent_map_whole(e, whole, -1, 0))
		return false;
	if (lh_sys_advise(e->at, e->mapped, WIPEONFORK) < 0) {
		lh_extent_unmap(e);
		return false;
	}
	lh_sys_advise(e->at, e->mapped, MADV_DONTDUMP);
	return true;
}

bool lh_private_init(void)
{
	return map(&heap, HEAP_WHOLE, HEAP_FIRST);
}

void lh_private_unmap(void)
{
	lh_extent_unmap(&heap);
	for (unsigned i = 0; i < ARRAYS; i++)
		lh_extent_unmap(&array[i].extent);
}

void lh_private_reset(void)
{
	used = 0;
	arrays = 0;
	pieces = 0;
}

void lh_private_touch(void)
{
	for (unsigned i = 0; i < pieces; i++)
		__atomic_fetch_or(piece[i], 0, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < arrays; i++)
		__atomic_fetch_or(array[i].extent.at, 0, __ATOMIC_RELAXED);
}

static bool grow_heap(size_t to)
{
	return !lh_sys_seccomp_seen() && lh_extent_may_grow(to - heap.mapped) &&
	       lh_extent_grow(&heap, to);
}

static bool has_room(size_t needed)
{
	if (needed <= heap.mapped)
		return true;
	return needed <= heap.whole &&
	       (grow_heap(2 * heap.mapped > needed ? 2 * heap.mapped : needed) ||
		grow_heap(needed + HEAP_STEP));
}

void lh_private_map_ahead(void)
{
	if (heap.mapped < HEAP_AHEAD)
		grow_heap(HEAP_AHEAD);
}

void *lh_private_alloc(size_t size)
{
	size = lh_align(size, 64);
	if (!heap.at || !has_room(used + size))
		return NULL;
	char *at = heap.at + used;
	used += size;
	if (size >= LH_PAGE && pieces < PIECES)
		piece[pieces++] = at;
	return at;
}

void *lh_private_alloc_pages(size_t size)
{
	used = lh_align(used, LH_PAGE);
	return lh_private_alloc(lh_align(size, LH_PAGE));
}

void *lh_private_rows(size_t now, size_t whole)
{
	if (arrays == ARRAYS || !map(&array[arrays].extent, whole, now))
		return NULL;
	array[arrays].now = now;
	return array[arrays++].extent.at;
}

bool lh_private_grow(unsigned times)
{
	for (unsigned i = 0; i < arrays; i++)
		if (!lh_extent_grow(&array[i].extent, array[i].now * times))
			return false;
	for (unsigned i = 0; i < arrays; i++)
		array[i].now *= times;
	return true;
}

uint64_t lh_private_growth(unsigned times)
{
	uint64_t more = 0;

	for (unsigned i = 0; i < arrays; i++) {
		const struct lh_extent *e = &array[i].extent;
		uint64_t to = array[i].now * times < e->whole ? array[i].now * times : e->whole;
		more += to > e->mapped ? to - e->mapped : 0;
	}
	return more;
}
