/*
 * test_own_reads.c — tests that no shared acquisition is lost or counted twice: the first of a tick
 * are counted at once, the others when they are many, when the tick is over, when another lock
 * takes their place, or at the thread's end.
 * LINKS: libcheck/thread/own_reads.c
 */
#include "libcheck/thread/own_reads.h"
#include "tests/unit/unit.h"

#include <string.h>

enum { LOCKS = LH_OWN_READS + 2 };

struct lh_own_ledger lh_own_ledger;
static struct lh_lock locks[LOCKS];
static struct lh_self self;
static uint32_t tick;

uint32_t lh_clock_tick_slow(void)
{
	return tick;
}

struct lh_lock *lh_lock_row(lh_lock_id id)
{
	struct lh_lock *l = &locks[LH_LOCK_ROW(id)];

	return lh_lock_id_of(l) == id ? l : NULL;
}

static void set_up(void)
{
	memset(&self, 0, sizeof(self));
	memset(locks, 0, sizeof(locks));
	lh_own_ledger.table[LH_T_LOCK] = locks;
	for (int i = 0; i < LOCKS; i++)
		locks[i].gen = 1;
	tick = 7;
}

/* What the fast path does. */
static void read_once(uint32_t row)
{
	lh_lock_id lock = LH_LOCK_ID(row, 1);
	struct lh_own_count *r = lh_own_reads_of(&self, lock);

	if (lh_own_is_kept(r, lock, tick))
		r->room--;
	else
		lh_own_read_count(&self, &locks[row], lock);
}

static void few_are_counted_at_once(void)
{
	set_up();
	for (uint64_t i = 1; i <= 10; i++) {
		read_once(1);
		CHECK(locks[1].shared == i);
	}
	for (int i = 0; i < 1000; i++, tick++)
		read_once(1);
	CHECK(locks[1].shared == 1010);
}

static void of_many_few_are_not_counted(void)
{
	set_up();
	for (uint64_t i = 1; i <= 10000; i++) {
		read_once(1);
		CHECK(locks[1].shared <= i && locks[1].shared + 64 >= i);
	}
	CHECK(locks[1].shared < 10000);
	tick++;
	read_once(1);
	CHECK(locks[1].shared == 10001);
}

static void end_counts_them(void)
{
	set_up();
	for (int i = 0; i < 200; i++)
		read_once(1), read_once(2);
	lh_own_reads_end(&self);
	lh_own_reads_end(&self);
	CHECK(locks[1].shared == 200 && locks[2].shared == 200);
}

static void another_lock_takes_the_place(void)
{
	set_up();
	for (int i = 0; i < 200; i++)
		read_once(1);
	read_once(1 + LH_OWN_READS);
	CHECK(locks[1].shared == 200 && locks[1 + LH_OWN_READS].shared == 1);
}

/* The row serves another lock, which was not acquired. */
static void ended_lock_gets_none(void)
{
	set_up();
	for (int i = 0; i < 50; i++)
		read_once(1);
	locks[1].gen = 2;
	locks[1].shared = 0;
	lh_own_reads_end(&self);
	CHECK(locks[1].shared == 0);
}

int main(void)
{
	few_are_counted_at_once();
	of_many_few_are_not_counted();
	end_counts_them();
	another_lock_takes_the_place();
	ended_lock_gets_none();
	return unit_done();
}
