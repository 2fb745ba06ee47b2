/*
 * test_own_waits.c — tests that no wait is lost or counted twice: the first waits are counted at
 * once, the others with the next one when the tick is over, when they are many, when another lock
 * takes their place, or at the thread's end.
 * LINKS: libcheck/thread/own_waits.c libcheck/lock/contention.c
 */
#include "libcheck/base/histogram.h"
#include "libcheck/lock/contention.h"
#include "libcheck/thread/own_waits.h"
#include "tests/unit/unit.h"

#include <string.h>

enum { FIRST = LH_OWN_WAITS_AT_ONCE };

struct lh_own_ledger lh_own_ledger;
static struct lh_contention contentions[4];
static struct lh_lock_stats stats[4];
static struct lh_lock locks[128];
static uint32_t tick;
static struct lh_self self;
static struct lh_live_thread live = {.thread = 5};

uint32_t lh_row_add(enum lh_table_name t, uint32_t n)
{
	(void)t, (void)n;
	return 0;
}

uint32_t lh_clock_tick_slow(void)
{
	return tick;
}

static uint64_t now = 1000000;
uint64_t lh_clock_now(void)
{
	return now;
}

struct lh_lock *lh_lock_row(lh_lock_id id)
{
	struct lh_lock *l = &locks[LH_LOCK_ROW(id)];

	return lh_lock_id_of(l) == id ? l : NULL;
}

static const lh_lock_id a = LH_LOCK_ID(1, 1), b = LH_LOCK_ID(1 + LH_OWN_WAITS, 1);

static void set_up(void)
{
	memset(contentions, 0, sizeof(contentions));
	memset(stats, 0, sizeof(stats));
	memset(&self, 0, sizeof(self));
	self.live_saved = &live;
	lh_own_ledger.table[LH_T_LOCK] = locks;
	lh_own_ledger.table[LH_T_LOCK_STATS] = stats;
	lh_own_ledger.table[LH_T_CONTENTION] = contentions;
	locks[LH_LOCK_ROW(a)] = (struct lh_lock){.gen = 1, .kind = LH_MUTEX, .stats = 1};
	locks[LH_LOCK_ROW(b)] = (struct lh_lock){.gen = 1, .kind = LH_RWLOCK, .stats = 2};
	stats[1].contention = 1;
	stats[2].contention = 2;
	tick = 100;
}

/* One wait; those that are counted at once are counted by the caller. */
static bool wait_for(lh_lock_id lock, enum lh_mode mode, uint64_t ns)
{
	if (lh_own_wait_begin(&self, lock, mode))
		return true;
	now += ns;
	return lh_own_wait_end(&self, lock, mode, now - ns) != 0;
}

static int waits(lh_lock_id lock, enum lh_mode mode, int n, uint64_t ns)
{
	int at_once = 0;

	while (n--)
		at_once += wait_for(lock, mode, ns);
	return at_once;
}

static void the_first_ones(void)
{
	set_up();
	CHECK_EQ(waits(a, LH_EXCLUSIVE, 20, 1000), FIRST);
	CHECK_EQ(stats[1].contended, 0); /* twelve are kept */
	tick++;
	CHECK_EQ(waits(a, LH_EXCLUSIVE, 1, 1000), 0);
	CHECK_EQ(stats[1].contended, 12);
	CHECK_EQ(stats[1].wait_ns, 12000);
	CHECK_EQ(stats[1].wait_max_ns, 1000);
	CHECK_EQ(stats[1].owner_changes, 12);
	CHECK_EQ(contentions[1].wait[0].n, 12);
	CHECK_EQ(contentions[1].wait[0].ns, 12000);
	CHECK_EQ(contentions[1].wait[0].bucket[lh_bucket_of(1000)], 12);
	CHECK_EQ(contentions[1].share[0].thread, 5);
	CHECK_EQ(contentions[1].share[0].waits, 12);
	CHECK_EQ(contentions[1].share[0].wait_ns, 12000);
	lh_own_waits_end(&self, live.thread);
	CHECK_EQ(stats[1].contended, 13);
}

/* A thread that waits in each tick: each of its waits is measured, and added with the next one. */
static void one_in_each_tick(void)
{
	set_up();
	CHECK_EQ(waits(a, LH_EXCLUSIVE, FIRST, 700), FIRST);
	for (uint64_t i = 0; i < 100; i++) {
		tick += LH_OWN_WAITS_QUIET_MS;
		CHECK_EQ(waits(a, LH_EXCLUSIVE, 1, 1000 + i), 0);
		CHECK_EQ(stats[1].contended, i);
		CHECK(!i || stats[1].wait_max_ns == 1000 + i - 1);
	}
}

/* After a time without a wait, the first ones are counted at once again. */
static void first_again(void)
{
	set_up();
	CHECK_EQ(waits(a, LH_EXCLUSIVE, 20, 1000), FIRST);
	tick += LH_OWN_WAITS_QUIET_MS + 1;
	CHECK_EQ(waits(a, LH_EXCLUSIVE, 20, 1000), FIRST);
	lh_own_waits_end(&self, live.thread);
	CHECK_EQ(stats[1].contended, 2 * (20 - FIRST));
}

/* Of the kept ones some are measured; these stand for the others. */
static void many_in_one_tick(void)
{
	int at_once;

	set_up();
	at_once = waits(a, LH_EXCLUSIVE, 1000, 500);
	CHECK_EQ(at_once, FIRST);
	CHECK(stats[1].contended >= 1000 - FIRST - LH_OWN_WAITS_KEPT);
	lh_own_waits_end(&self, live.thread);
	CHECK_EQ(stats[1].contended, 1000 - FIRST);
	CHECK_EQ(stats[1].wait_ns, 500 * (1000 - FIRST));
	CHECK_EQ(contentions[1].wait[0].n, 1000 - FIRST);
	CHECK_EQ(contentions[1].wait[0].bucket[lh_bucket_of(500)], 1000 - FIRST);
	lh_own_waits_end(&self, live.thread);
	CHECK_EQ(stats[1].contended, 1000 - FIRST); /* not twice */
}

/* A wait that outlasts its tick is counted at once, with its length. */
static void longer_than_a_tick(void)
{
	set_up();
	waits(a, LH_EXCLUSIVE, FIRST + 3, 500);
	CHECK(!lh_own_wait_begin(&self, a, LH_EXCLUSIVE));
	tick += 5;
	now += 5000000;
	CHECK_EQ(lh_own_wait_end(&self, a, LH_EXCLUSIVE, now - 5000000), now);
	lh_own_waits_end(&self, live.thread);
	CHECK_EQ(stats[1].contended, 3);
	CHECK_EQ(stats[1].wait_max_ns, 500);
}

/* Two locks with one place, and readers of the second. */
static void another_lock_takes_the_place(void)
{
	set_up();
	waits(a, LH_EXCLUSIVE, 10, 700);
	CHECK_EQ(waits(b, LH_EXCLUSIVE, 10, 800), FIRST);
	CHECK_EQ(stats[1].contended, 2);
	CHECK_EQ(waits(b, LH_SHARED, 11, 900), FIRST);
	lh_own_waits_end(&self, live.thread);
	CHECK_EQ(stats[2].contended, 5);
	CHECK_EQ(stats[2].owner_changes, 2); /* readers own nothing */
	CHECK_EQ(contentions[2].wait[0].n, 2);
	CHECK_EQ(contentions[2].wait[1].n, 3);
	CHECK_EQ(contentions[2].wait[1].max_ns, 900);
}

/* The lock is destroyed, and its row another lock's, before its waits are added. */
static void the_lock_has_ended(void)
{
	set_up();
	waits(a, LH_EXCLUSIVE, 20, 700);
	locks[LH_LOCK_ROW(a)].gen++;
	lh_own_waits_end(&self, live.thread);
	CHECK_EQ(stats[1].contended, 0);
}

/* A signal handler waits for another lock while the thread waits for this one; a wait is too long
 * to be kept. */
static void not_kept(void)
{
	set_up();
	waits(a, LH_EXCLUSIVE, FIRST, 700);
	CHECK(!lh_own_wait_begin(&self, a, LH_EXCLUSIVE));
	now += 1ull << 32;
	CHECK_EQ(lh_own_wait_end(&self, a, LH_EXCLUSIVE, now - (1ull << 32)), now);
	CHECK(lh_own_wait_begin(&self, b, LH_EXCLUSIVE));
	CHECK_EQ(lh_own_wait_end(&self, a, LH_EXCLUSIVE, now - 700), now);
	lh_own_waits_end(&self, live.thread);
	CHECK_EQ(stats[1].contended, 0);
}

int main(void)
{
	the_first_ones();
	one_in_each_tick();
	first_again();
	many_in_one_tick();
	longer_than_a_tick();
	another_lock_takes_the_place();
	the_lock_has_ended();
	not_kept();
	return unit_done();
}
