/*
 * test_contention.c — tests the contention rows: histograms, acquisitions that bypass a waiter, the
 * queue, thread shares with more threads than share rows, failed tries in a row.
 * LINKS: libcheck/lock/contention.c
 */
#include "libcheck/lock/contention.h"
#include "libcheck/base/histogram.h"
#include "tests/unit/unit.h"

#include <string.h>

/* An own ledger with a few rows is all that the module needs. */
struct lh_own_ledger lh_own_ledger;
static struct lh_contention rows[4];
static struct lh_lock_stats lock_stats[8]; /* row 1 is that of `lock` */
static uint32_t used;

uint32_t lh_row_add(enum lh_table_name t, uint32_t n)
{
	if (t != LH_T_CONTENTION || used + n > sizeof(rows) / sizeof(*rows))
		return 0;
	used += n;
	return used - n;
}

static struct lh_lock lock;
static struct lh_live_thread live[32];
static const lh_lock_id id = LH_LOCK_ID(7, 1);

static void set_up(void)
{
	memset(rows, 0, sizeof(rows));
	memset(&lock, 0, sizeof(lock));
	memset(lock_stats, 0, sizeof(lock_stats));
	lock.stats = 1;
	memset(live, 0, sizeof(live));
	used = 1;
	lh_own_ledger.table[LH_T_CONTENTION] = rows;
	lh_own_ledger.table[LH_T_LOCK_STATS] = lock_stats;
	lh_contention_init();
	for (uint32_t i = 0; i < 32; i++)
		live[i].thread = i + 1;
}

/* The bucket of a time ends after it, and the bucket's width is at most a quarter of its start. */
static void histogram_buckets(void)
{
	bool ok = true;

	for (uint64_t ns = 1; ns < 100000000000ull; ns += 1 + ns / 9) {
		uint32_t b = lh_bucket_of(ns);
		ok &= lh_bucket_end(b) > ns && (b == 0 || lh_bucket_end(b - 1) <= ns);
		ok &= b == 0 || lh_bucket_end(b) * 4 <= lh_bucket_end(b - 1) * 5;
	}
	CHECK(ok);
	CHECK_EQ(lh_bucket_of(0), 0);
	CHECK_EQ(lh_bucket_of(127), 0);
	CHECK_EQ(lh_bucket_of(128), 1);
	CHECK_EQ(lh_bucket_of(UINT64_MAX), LH_BUCKETS - 1);
}

/* Two threads wait; a third acquires the lock first, then the first waiter, then the second. */
static void bypasses(void)
{
	struct lh_contention *contention;

	set_up();
	lock.acquired = 10;
	lh_contention_wait_begin(&lock, id, &live[0]);
	lh_contention_wait_begin(&lock, id, &live[1]);
	contention = lh_contention(&lock);
	CHECK(contention && contention->lock == id);
	if (!contention)
		return;
	CHECK_EQ(contention->queue, 2);
	CHECK_EQ(live[1].waiters_before, 1);
	lock.acquired++; /* by a thread that did not wait */
	lh_contention_wait_end(&lock, &live[0], LH_EXCLUSIVE, 5000);
	CHECK_EQ(contention->bypassed_max, 1);
	CHECK_EQ(contention->overtaken_max, 1); /* no thread waited before live[0] */
	lock.acquired++;                        /* live[0] itself */
	lock.acquired++;                        /* a recursive acquisition bypasses no waiter */
	lh_contention_recursive(&lock);
	lh_contention_wait_end(&lock, &live[1], LH_EXCLUSIVE, 9000);
	CHECK_EQ(contention->bypassed_max, 2);
	CHECK_EQ(contention->bypassed_thread, 2);
	CHECK_EQ(contention->overtaken_max, 1); /* one of the two had waited earlier */
	CHECK_EQ(contention->bypassed, 3);
	CHECK_EQ(contention->waits_begun, 2);
	CHECK_EQ(contention->waits_ended, 2);
	CHECK_EQ(contention->wait[0].n, 2);
	CHECK_EQ(contention->wait[0].ns, 14000);
	CHECK_EQ(contention->wait[0].max_ns, 9000);
	CHECK_EQ(contention->wait[0].bucket[lh_bucket_of(5000)], 1);
	CHECK_EQ(contention->wait[1].n, 0);
}

/* First come, first served: no waiter is overtaken. */
static void first_come_first_served(void)
{
	set_up();
	for (int i = 0; i < 5; i++)
		lh_contention_wait_begin(&lock, id, &live[i]);
	for (int i = 0; i < 5; i++) {
		lh_contention_wait_end(&lock, &live[i], LH_SHARED, 1000);
		lock.shared++;
	}
	CHECK_EQ(lh_contention(&lock)->bypassed_max, 4);
	CHECK_EQ(lh_contention(&lock)->overtaken_max, 0);
	CHECK_EQ(lh_contention(&lock)->queue, 5);
	CHECK_EQ(lh_contention(&lock)->wait[1].n, 5);
}

/* A wait whose end was not recorded is over when its thread waits again. */
static void cancelled(void)
{
	set_up();
	lh_contention_wait_begin(&lock, id, &live[0]);
	lh_contention_wait_begin(&lock, id, &live[0]);
	CHECK_EQ(lh_contention(&lock)->queue, 1);
	lh_contention_wait_cancel(&live[0]);
	lh_contention_wait_cancel(&live[0]);
	CHECK_EQ(lh_contention(&lock)->waits_ended, 2);
	/* another lock may reuse the row, and must not inherit the old counts */
	struct lh_lock other = {.kind = LH_MUTEX, .stats = 2};
	lh_contention_wait_begin(&lock, id, &live[1]);
	lh_contention_free(&lock);
	CHECK(!lh_contention(&lock));
	lh_contention_wait_begin(&other, LH_LOCK_ID(8, 1), &live[2]);
	CHECK_EQ(lock_stats[2].contention, 1);
	lh_contention_wait_end(&lock, &live[1], LH_EXCLUSIVE, 1000);
	lh_contention_wait_begin(&other, LH_LOCK_ID(8, 1), &live[3]);
	CHECK_EQ(live[3].waiters_before, 0);
}

static const struct lh_thread_share *share(lh_thread_id thread)
{
	for (uint32_t i = 0; i < LH_THREAD_SHARES; i++)
		if (lh_contention(&lock)->share[i].thread == thread)
			return &lh_contention(&lock)->share[i];
	return NULL;
}

/* With more threads than share rows, the threads that waited most keep theirs; the others share
 * one.
 */
static void thread_shares(void)
{
	uint64_t share_waits = 0, share_taken = 0;

	set_up();
	lh_contention_make(&lock, id);
	for (uint32_t i = 0; i < 30; i++) {
		lh_contention_wait_begin(&lock, id, &live[i]);
		lh_contention_wait_end(&lock, &live[i], LH_EXCLUSIVE, 1000 + 1000 * (i % 10 == 3));
		lh_contention_acquired(&lock, live[i].thread, 1);
	}
	for (uint32_t i = 0; i < LH_THREAD_SHARES; i++) {
		share_waits += lh_contention(&lock)->share[i].waits;
		share_taken += lh_contention(&lock)->share[i].taken;
	}
	CHECK_EQ(share_waits, 30);
	CHECK_EQ(share_taken, 30);
	CHECK(share(4) && share(4)->wait_ns == 2000 && share(4)->taken == 1);
	CHECK(share(14) && share(24));
	CHECK(share(LH_THREAD_SHARE_OTHERS) &&
	      share(LH_THREAD_SHARE_OTHERS)->waits == 30 - LH_THREAD_SHARES + 1);
	lh_contention_acquired(&lock, 999, LH_SAMPLE_EVERY); /* has no share row and gets none */
	CHECK(!share(999));
	CHECK_EQ(share(LH_THREAD_SHARE_OTHERS)->taken, 30 - LH_THREAD_SHARES + 1 + LH_SAMPLE_EVERY);
}

/* A sampled hold counts for many; if a bucket would overflow, all buckets are halved. */
static void holds(void)
{
	struct lh_histogram *t;

	set_up();
	lh_contention_held(&lock, LH_EXCLUSIVE, 100, 1); /* no contention row: no effect */
	t = &lh_contention_make(&lock, id)->hold[0];
	lh_contention_held(&lock, LH_EXCLUSIVE, 1000, LH_SAMPLE_EVERY);
	lh_contention_held(&lock, LH_EXCLUSIVE, 70000, 1);
	CHECK_EQ(t->n, LH_SAMPLE_EVERY + 1);
	CHECK_EQ(t->ns, 1000 * LH_SAMPLE_EVERY + 70000);
	CHECK_EQ(t->max_ns, 70000);
	t->bucket[lh_bucket_of(1000)] = UINT32_MAX - 10;
	t->bucket[lh_bucket_of(70000)] = 1000;
	lh_contention_held(&lock, LH_EXCLUSIVE, 1000, LH_SAMPLE_EVERY);
	CHECK_EQ(t->bucket[lh_bucket_of(70000)], 500);
	CHECK_EQ(t->bucket[lh_bucket_of(1000)], (UINT32_MAX - 10) / 2 + LH_SAMPLE_EVERY);
}

/* The longest sequence of failed tries is kept, with its site and thread. */
static void tries(void)
{
	struct lh_contention *contention;

	set_up();
	lh_contention_busy_begin(&lock, id);
	contention = lh_contention(&lock);
	live[0].try_site = LH_SITE(5, LH_TRY, LH_EXCLUSIVE);
	for (live[0].tries = LH_TRIES_BUSY_WAIT; live[0].tries <= 5000; live[0].tries++)
		lh_contention_busy_add(&lock, &live[0],
				       live[0].tries % LH_TRIES_BEFORE_TIMING ? 0 : 77000);
	live[1].tries = 200;
	lh_contention_busy_begin(&lock, id);
	lh_contention_busy_add(&lock, &live[1], 99000);
	CHECK_EQ(contention->busy, 2);
	CHECK_EQ(contention->busy_tries, 5000);
	CHECK_EQ(contention->busy_ns, 77000);
	CHECK_EQ(contention->busy_thread, 1);
	CHECK_EQ(LH_SITE_STACK(contention->busy_site), 5);
}

/* If the table is full, a lock has no contention row. */
static void no_row_left(void)
{
	struct lh_lock more[4] = {{.stats = 3}, {.stats = 4}, {.stats = 5}, {.stats = 6}};

	set_up();
	for (uint32_t i = 0; i < 4; i++)
		lh_contention_wait_begin(&more[i], LH_LOCK_ID(i + 1, 1), &live[i]);
	CHECK(lh_contention(&more[2]) && !lh_contention(&more[3]));
	lh_contention_wait_end(&more[3], &live[3], LH_EXCLUSIVE, 1);
	CHECK_EQ(live[3].wait_contention, 0);
}

int main(void)
{
	histogram_buckets();
	bypasses();
	first_come_first_served();
	cancelled();
	thread_shares();
	holds();
	tries();
	no_row_left();
	return unit_done();
}
