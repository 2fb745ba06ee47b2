/*
 * test_held_list.c — compares the held list of a thread with a plain list: pushes, releases in any
 * order, gaps and growth, with few entries and with thousands.
 * LINKS: libcheck/thread/held_list.c
 */
#include "libcheck/thread/thread.h"
#include "tests/unit/unit.h"

#include <string.h>

enum { ROWS = 40000 };

struct lh_own_ledger lh_own_ledger;
static struct lh_ledger ledger;
static struct lh_held rows[ROWS];
static struct lh_live_thread lives[3];
static uint32_t used = 1;

uint32_t lh_row_reserve(enum lh_table_name t, uint32_t n)
{
	return t == LH_T_HELD && used + n <= ROWS ? used : 0;
}

uint32_t lh_rows_used(enum lh_table_name t)
{
	(void)t;
	return 1;
}

void lh_row_publish(enum lh_table_name t, uint32_t n)
{
	(void)t;
	used += n;
}

/* What the list holds, oldest first: the number of each lock, which is its address too. */
static uint32_t model[LH_HELD_MAX], models;

static void empty(struct lh_live_thread *live)
{
	live->held_n = live->held_gap = live->held_found = 0;
	models = 0;
}

static bool push(struct lh_live_thread *live, uint32_t lock)
{
	if (live->held_gap) /* as event.c does */
		lh_held_close_gaps(live);
	struct lh_held *h = lh_held_push(live);

	if (!h)
		return false;
	*h = (struct lh_held){.address = lock, .lock = lock, .chain = lock, .depth = 1};
	model[models++] = lock;
	return true;
}

static void release(struct lh_live_thread *live, uint32_t at)
{
	struct lh_held *h = lh_held_find(live, (const void *)(uintptr_t)model[at]);

	if (!CHECK(h && h->lock == model[at]))
		return;
	lh_held_remove(live, h);
	memmove(&model[at], &model[at + 1], (models - at - 1) * sizeof(*model));
	models--;
	CHECK(!live->held_n || lh_held_at(live, live->held_n - 1)->lock);
}

/* `changed`: from this lock of the list on, entries have lost their chains. */
static void compare(struct lh_live_thread *live, uint32_t changed)
{
	uint32_t n = 0, wrong = 0, chains = 0;

	for (uint32_t k = 0; k < lh_held_count(live); k++) {
		const struct lh_held *h = lh_held_at(live, k);
		if (!h->lock)
			continue;
		wrong += n >= models || h->lock != model[n] || h->address != model[n];
		chains += h->chain && n >= changed;
		wrong += h->chain != h->lock && n < changed;
		n++;
	}
	CHECK_EQ(n, models);
	CHECK_EQ(wrong, 0);
	CHECK_EQ(chains, 0);
}

static void in_one_order(uint32_t n, const char *order)
{
	struct lh_live_thread *live = &lives[1];
	uint32_t state = 1, lowest = n;

	empty(live);
	for (uint32_t i = 1; i <= n; i++)
		CHECK(push(live, i));
	compare(live, models);
	while (models) {
		uint32_t at = order[0] == 'o' ? 0 : models - 1;
		if (order[0] == 'a')
			at = (state = state * 1664525u + 1013904223u) / 7 % models;
		release(live, at);
		lowest = order[0] == 'n' ? models : at < lowest ? at : lowest;
		if (models % 97 == 0)
			compare(live, lowest);
	}
	CHECK_EQ(live->held_n, 0);
	CHECK_EQ(live->held_gap, 0);
}

/* As the oldest lock is released, the entries above lose their chains; below one they keep them. */
static void chains_above_a_gap(void)
{
	struct lh_live_thread *live = &lives[1];

	empty(live);
	for (uint32_t i = 1; i <= 500; i++)
		push(live, i);
	release(live, 300);
	compare(live, 300);
	CHECK_EQ(live->held_n, 500);
	release(live, 100);
	compare(live, 100);
	release(live, 200);
	compare(live, 100);
	push(live, 501);
	CHECK_EQ(live->held_n, 498);
	CHECK_EQ(live->held_gap, 0);
	CHECK_EQ(lh_held_chain(live), 501);
	release(live, models - 1);
	compare(live, 100);
	release(live, models - 3); /* near the top: the entries above move */
	compare(live, 100);
	CHECK_EQ(live->held_n, models);
}

static void at_random(uint32_t most, uint64_t seed)
{
	struct lh_live_thread *live = &lives[1];
	uint32_t next = 1;

	empty(live);
	for (int i = 0; i < 20000; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		uint32_t r = (uint32_t)(seed >> 33);
		if (models < most && (!models || r % 5 < 3))
			push(live, next++);
		else
			release(live, r % 3   ? models - 1
				      : r % 2 ? r / 6 % models
					      : r / 6 % (1 + models / 8));
		if (i % 1000 == 0) {
			lh_held_trim(live);
			CHECK_EQ(lh_held_find(live, (const void *)(uintptr_t)next) == NULL, 1);
		}
	}
	if (live->held_gap)
		lh_held_close_gaps(live);
	CHECK_EQ(live->held_n, models);
	while (models)
		release(live, models - 1);
}

/* A longer sequence begins as a copy, and the other thread's entries stay. */
static void growth(void)
{
	struct lh_live_thread *live = &lives[1], *other = &lives[2];

	empty(other);
	for (uint32_t i = 1; i <= 100; i++)
		push(other, i);
	empty(live);
	uint32_t first = live->held_row;
	for (uint32_t i = 1; push(live, i); i++)
		;
	CHECK_EQ(live->held_n, LH_HELD_MAX);
	CHECK_EQ(models, LH_HELD_MAX);
	CHECK_EQ(ledger.dropped_events, 1);
	CHECK(live->held_row != first);
	compare(live, models);
	for (uint32_t k = 0; k < 100; k++)
		CHECK_EQ(lh_held_at(other, k)->lock, k + 1);
	for (uint32_t k = 0; k < LH_HELD_MAX; k += 977)
		CHECK_EQ(lh_held_number(live, lh_held_at(live, k)), k);
	/* of a row that no thread uses, the number of entries means nothing */
	live->held_n = UINT32_MAX;
	CHECK_EQ(lh_held_count(live), LH_HELD_MAX);
	other->held_rows = 0;
	CHECK_EQ(lh_held_count(other), LH_HELD_INLINE);
}

int main(void)
{
	lh_own_ledger.ledger = &ledger;
	lh_own_ledger.table[LH_T_HELD] = rows;
	lh_own_ledger.table[LH_T_LIVE_THREAD] = lives;
	for (uint32_t n = 1; n <= 4000; n = 5 * n / 2 + 1) {
		in_one_order(n, "newest");
		in_one_order(n, "oldest");
		in_one_order(n, "any");
	}
	chains_above_a_gap();
	at_random(50, 1);
	at_random(70, 2);
	at_random(200, 3);
	at_random(1000, 4);
	growth();
	return unit_done();
}
