/*
 * test_top.c — tests the numbers of two samples of ledgers made by hand, their order, and text cut
 * to columns.
 * LINKS: tools/top/sample.c tools/top/sort.c tools/util/ tools/ledger/
 */
#include "tools/util/text_width.h"
#include "tests/unit/ledger_builder.h"
#include "tools/top/top.h"
#include "tests/unit/unit.h"

#define MS 1000000ull
#define HALF_TICK (LH_TICK_NS / 2) /* an acquisition counts from the middle of its tick */

static struct lh_ledger *l;
static struct lh_top top;

static struct lh_lock *lock_row(lh_lock_id id)
{
	return build_at(l, LH_T_LOCK, LH_LOCK_ROW(id));
}

static struct lh_lock_stats *stats_of(lh_lock_id id)
{
	return build_lock_stats(l, lock_row(id));
}

static struct lh_live_thread *live_row(uint32_t i)
{
	return build_at(l, LH_T_LIVE_THREAD, i);
}

static void sample_at(uint64_t at_ms)
{
	struct lh_ledger_view r;

	CHECK(lh_read_view(&r, l, l->total));
	lh_top_sample(&top, &r, at_ms * MS);
}

static const struct lh_top_row *row(lh_lock_id id)
{
	static const struct lh_top_row none;

	for (uint32_t i = 0; i < top.rows; i++)
		if (top.row[i].lock == id)
			return &top.row[i];
	return &none;
}

static void set_up(void)
{
	lh_top_free(&top);
	l = build_ledger(4711, "/opt/bank");
	l->start_ns = 5;
	build_thread(l, 4711, "bank");
	build_thread(l, 4712, "worker");
	for (uint32_t i = 1; i <= 2; i++) {
		struct lh_live_thread *live = build_row(l, LH_T_LIVE_THREAD, NULL);

		*live = (struct lh_live_thread){
			.state = LH_LIVE_ATTACHED, .thread = i, .tid = 4710 + (int)i};
	}
}

static void set_held(uint32_t i, lh_lock_id lock, uint64_t at_ms)
{
	struct lh_live_thread *live = live_row(i);

	live->held[live->held_n++] =
		(struct lh_held){.lock = lock, .depth = 1, .tick = (uint32_t)at_ms};
}

static void wait_for(uint32_t i, lh_lock_id lock, enum lh_wait on, uint64_t at_ms)
{
	live_row(i)->wait_lock = lock;
	live_row(i)->wait_on = on;
	live_row(i)->wait_since_ns = at_ms * MS;
}

static void test_intervals(void)
{
	lh_lock_id a = (set_up(), build_lock(l, LH_MUTEX, 0x1000, "a"));

	*lock_row(a) = (struct lh_lock){
		.address = 0x1000, .kind = LH_MUTEX, .gen = lock_row(a)->gen, .acquired = 100};
	*stats_of(a) = (struct lh_lock_stats){
		.contended = 4, .wait_ns = 8 * MS, .hold_ns = 10 * MS, .hold_samples = 10};
	sample_at(1000);
	CHECK(top.first);
	CHECK_EQ(row(a)->last.taken, 100); /* the first sample: since the start */
	CHECK_EQ(row(a)->last.hold_ns, 100 * MS);
	CHECK_EQ(top.all.taken, 100);
	lock_row(a)->acquired = 150;
	stats_of(a)->contended = 5;
	stats_of(a)->wait_ns = 9 * MS;
	sample_at(2000);
	CHECK(!top.first);
	CHECK_EQ(top.span_ns, 1000 * MS);
	CHECK_EQ(row(a)->last.taken, 50);
	CHECK_EQ(row(a)->last.contended, 1);
	CHECK_EQ(row(a)->last.wait_ns, MS);
	CHECK_EQ(row(a)->last.hold_ns, 50 * MS); /* no hold measured since: the mean of all */
	CHECK_EQ(row(a)->all.taken, 150);
	CHECK_EQ(top.last.taken, 50);
}

/* A wait or hold that continues is in each interval, with the part that lies in the interval. */
static void test_going_on(void)
{
	lh_lock_id a = (set_up(), build_lock(l, LH_MUTEX, 0x1000, "a"));

	lock_row(a)->acquired = 1;
	set_held(1, a, 100);
	wait_for(2, a, LH_WAIT_LOCK, 400);
	sample_at(1000);
	CHECK_EQ(row(a)->queue, 1);
	CHECK_EQ(row(a)->last.wait_ns, 600 * MS);
	CHECK_EQ(row(a)->last.hold_ns, 900 * MS - HALF_TICK);
	CHECK(top.longest == row(a));
	live_row(1)->held[0].since_ns =
		1; /* left from an earlier entry: this hold was not measured */
	sample_at(1000);
	CHECK_EQ(row(a)->held_ns, 900 * MS - HALF_TICK);
	CHECK_EQ(row(a)->holder, 1);
	CHECK_EQ(row(a)->tid, 4711);
	sample_at(3000);
	CHECK_EQ(row(a)->last.wait_ns, 2000 * MS);
	CHECK_EQ(row(a)->last.hold_ns, 2000 * MS);
	CHECK_EQ(row(a)->held_ns, 2900 * MS - HALF_TICK);
	CHECK_EQ(row(a)->wait_max_ns, 2600 * MS);
	/* the wait has ended: its time is now in the lock's own sum, and must not count twice */
	live_row(2)->wait_lock = 0;
	stats_of(a)->wait_ns = 2700 * MS;
	stats_of(a)->contended = 1;
	sample_at(4000);
	CHECK_EQ(row(a)->queue, 0);
	CHECK_EQ(row(a)->last.wait_ns, 100 * MS);
	CHECK_EQ(row(a)->last.contended, 0);
	/* a sum that seems to shrink (a sample is not one instant) must not give a huge wait */
	stats_of(a)->wait_ns = 2600 * MS;
	sample_at(5000);
	CHECK_EQ(row(a)->last.wait_ns, 0);
}

/* A mutex is held for at most the whole interval, even if the mean hold gives more; a read lock can
 * be held by several threads at once. */
static void test_bounds(void)
{
	lh_lock_id a = (set_up(), build_lock(l, LH_MUTEX, 0x1000, "a")),
		   r = build_lock(l, LH_RWLOCK, 0x2000, "r");

	lock_row(a)->acquired = 1000;
	stats_of(a)->hold_ns = 100 * MS;
	stats_of(a)->hold_samples = 1;
	set_held(1, r, 0);
	set_held(2, r, 0);
	lock_row(r)->shared = 2;
	sample_at(1000);
	CHECK_EQ(row(a)->last.hold_ns, 1000 * MS);
	CHECK_EQ(row(r)->last.hold_ns, 2000 * MS - 2 * HALF_TICK);
	CHECK_EQ(row(r)->holders, 2);
}

/* The row was reused for another lock: the old lock's counts are not subtracted. */
static void test_reused(void)
{
	lh_lock_id a = (set_up(), build_lock(l, LH_MUTEX, 0x1000, "a"));
	lh_lock_id next = LH_LOCK_ID(LH_LOCK_ROW(a), lock_row(a)->gen + 1);

	lock_row(a)->acquired = 100;
	sample_at(1000);
	lock_row(a)->gen++;
	lock_row(a)->acquired = 7;
	l->retired_acquired = 100;
	sample_at(2000);
	CHECK_EQ(row(next)->last.taken, 7);
	CHECK_EQ(row(a)->all.taken, 0); /* the old lock has no row */
	CHECK_EQ(top.last.taken, 7);
}

/* A signal semaphore, a condition and an unused lock have no row; exec starts the counts again. */
static void test_left_out(void)
{
	lh_lock_id a = (set_up(), build_lock(l, LH_MUTEX, 0x1000, "a")),
		   cond = build_lock(l, LH_COND, 0x2000, "c"),
		   signal_sem = build_lock(l, LH_SEM, 0x3000, "s"),
		   gate = build_lock(l, LH_SEM, 0x3040, "g"),
		   unused = build_lock(l, LH_MUTEX, 0x4000, "f");

	lock_row(a)->acquired = lock_row(cond)->acquired = lock_row(signal_sem)->acquired = 3;
	lock_row(gate)->acquired = 3;
	lock_row(signal_sem)->flags |= LH_LOCK_SIGNAL;
	wait_for(1, cond, LH_WAIT_COND, 10);
	wait_for(2, signal_sem, LH_WAIT_SEM, 10);
	sample_at(1000);
	CHECK_EQ(top.rows, 2);
	CHECK(row(a)->lock == a && row(gate)->lock == gate && row(unused)->lock == 0);
	CHECK_EQ(top.waiting, 0);
	CHECK_EQ(top.locks, 3);
	l->start_ns = 6;
	sample_at(500);
	CHECK(top.first);
	CHECK_EQ(row(a)->last.taken, 3);
	/* unknown lock ids and a damaged live-thread row do no harm */
	set_held(1, LH_LOCK_ID(63, 9), 0);
	set_held(1, LH_LOCK_ID(5000, 1), 0);
	live_row(1)->held_n = 60000;
	wait_for(2, 0xffffffff, LH_WAIT_LOCK, 99999);
	sample_at(600);
	CHECK_EQ(top.rows, 2);
}

/* A lock that a condition wait has released is not held. */
static void test_condition(void)
{
	lh_lock_id a = (set_up(), build_lock(l, LH_MUTEX, 0x1000, "a"));

	lock_row(a)->acquired = 1;
	set_held(1, a, 0);
	live_row(1)->held[0].flags = LH_HELD_IN_COND_WAIT;
	sample_at(1000);
	CHECK_EQ(row(a)->holders, 0);
	CHECK(!top.longest);
	live_row(1)->held[0].flags = 0;
	sample_at(2000);
	CHECK_EQ(row(a)->holders, 1);
}

static void test_order(void)
{
	lh_lock_id a = (set_up(), build_lock(l, LH_MUTEX, 0x1000, "a")),
		   b = build_lock(l, LH_MUTEX, 0x2000, "b"),
		   c = build_lock(l, LH_MUTEX, 0x3000, "c");
	enum lh_top_key key;

	lock_row(a)->acquired = 10;
	lock_row(b)->acquired = 30;
	lock_row(c)->acquired = 20;
	stats_of(c)->wait_ns = 5;
	set_held(1, b, 0);
	sample_at(1000);
	lh_top_sort(&top, LH_TOP_TAKEN, false, false);
	CHECK(top.row[0].lock == b && top.row[1].lock == c && top.row[2].lock == a);
	CHECK(top.longest == &top.row[0]);
	lh_top_sort(&top, LH_TOP_TAKEN, false, true);
	CHECK(top.row[0].lock == a && top.longest == &top.row[2]);
	lh_top_sort(&top, LH_TOP_WAIT, false, false);
	CHECK(top.row[0].lock == c && top.row[1].lock == a); /* equal rows by their number */
	lock_row(a)->acquired = 11;
	sample_at(2000);
	lh_top_sort(&top, LH_TOP_TAKEN, false, false);
	CHECK(top.row[0].lock == a);
	lh_top_sort(&top, LH_TOP_TAKEN, true, false);
	CHECK(top.row[0].lock == b);
	CHECK(lh_top_find_key("h", &key) && key == LH_TOP_HOLD);
	CHECK(lh_top_find_key("queue", &key) && key == LH_TOP_QUEUE);
	CHECK(!lh_top_find_key("q", &key) && !lh_top_find_key("", &key));
}

static void test_columns(void)
{
	struct lh_arena *p = lh_arena_new();

	CHECK_EQ(lh_text_width("abc"), 3);
	CHECK_EQ(lh_text_width("\xe9\x8e\x96"), 2); /* a wide character */
	CHECK_EQ(lh_text_width("e\xcc\x81"), 1);    /* an e and a combining accent */
	CHECK_EQ(lh_text_width("\xc3\xa9t\xc3\xa9"), 3);
	CHECK_STR(lh_text_cut(p, "accounts", 8), "accounts");
	CHECK_STR(lh_text_cut(p, "accounts", 7), "accoun+");
	CHECK_STR(lh_text_cut(p, "accounts", 1), "+");
	CHECK_STR(lh_text_cut(p, "accounts", 0), "");
	CHECK_STR(lh_text_cut(p, "", 0), "");
	CHECK_STR(lh_text_cut(p, "\xe9\x8e\x96\xe9\x8e\x96", 4), "\xe9\x8e\x96\xe9\x8e\x96");
	CHECK_STR(lh_text_cut(p, "\xe9\x8e\x96\xe9\x8e\x96", 3), "\xe9\x8e\x96+");
	CHECK_STR(lh_text_cut(p, "\xe9\x8e\x96\xe9\x8e\x96", 2), "+");
	CHECK_STR(lh_text_cut(p, "e\xcc\x81xy", 2), "e\xcc\x81+");
	CHECK_STR(lh_text_cut(p, "ae\xcc\x81", 2), "ae\xcc\x81"); /* it fits */
	lh_arena_free(p);
}

int main(void)
{
	test_intervals();
	test_going_on();
	test_bounds();
	test_reused();
	test_left_out();
	test_condition();
	test_order();
	test_columns();
	lh_top_free(&top);
	return unit_done();
}
