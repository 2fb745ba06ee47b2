/*
 * test_acquisition_cache.c — tests that locks which lie in an array, at any distance from each
 * other, have entries of their own: those that share one make each other take the slow path.
 */
#include "libcheck/thread/acquisition_cache.h"
#include "tests/unit/unit.h"

#include <string.h>

enum { BASES = 16 };

static struct lh_self self;
static const uintptr_t call[2] = {0, 0x401234}; /* a frame: its return address is the second word */

/* How many of `n` locks share an entry with another one, in a hundred. */
static unsigned shared(uintptr_t first, uintptr_t distance, unsigned n)
{
	unsigned char used[LH_ACQUISITIONS] = {0};
	unsigned alone = 0;

	for (unsigned i = 0; i < n; i++)
		used[lh_acquisition_at(&self, lh_acquisition_key((uintptr_t)call, 0), 0x7ffe1000,
				       (const void *)(first + i * distance), UINT64_MAX) -
		     self.acquisition]++;
	for (unsigned i = 0; i < LH_ACQUISITIONS; i++)
		alone += used[i] == 1;
	return (n - alone) * 100 / n;
}

/* At random, 39 of 100 would share one if there are half as many locks as entries: at no distance
 * more than that. */
static void at_distance(uintptr_t distance)
{
	enum { MOST = 40 };

	for (uintptr_t base = 0; base < BASES; base++) {
		uintptr_t first = 0x555555558000 + base * 0x10345678;
		CHECK(shared(first, distance, LH_ACQUISITIONS / 2) <= MOST);
		CHECK(shared(first, distance, LH_ACQUISITIONS / 8) <= MOST);
	}
}

int main(void)
{
	for (uintptr_t distance = 40; distance <= 1024; distance += 8)
		at_distance(distance);
	for (uintptr_t distance = 2048; distance <= 1 << 20; distance *= 2) {
		at_distance(distance);
		at_distance(distance / 2 * 3);
	}
	return unit_done();
}
