/*
 * held_list.c — the locks that a thread holds: finds, adds and removes entries.
 *
 * A thread may hold thousands of locks and release them in any order. So a removal far below the
 * top moves nothing and leaves a gap (an entry without a lock); before the next acquisition all
 * gaps are closed at once. The entries above a gap have no chain, because it had the removed lock
 * in it.
 */
#include "libcheck/thread/thread.h"

static bool is_of(const struct lh_held *h, const void *object)
{
	return h->address == (uintptr_t)object && h->lock;
}

/* Of many locks: the newest, that found last, or the one above it. NULL: none of these. */
static struct lh_held *find_near(const struct lh_live_thread *live, const void *object)
{
	const uint32_t n = live->held_n, near[] = {n - 1, live->held_found, live->held_found + 1};

	for (unsigned i = 0; i < sizeof(near) / sizeof(near[0]); i++)
		if (near[i] < n && is_of(lh_held_at(live, near[i]), object))
			return lh_held_at(live, near[i]);
	return NULL;
}

struct lh_held *lh_held_find(struct lh_live_thread *live, const void *object)
{
	struct lh_held *h =
		LH_UNLIKELY(live->held_n > LH_HELD_INLINE) ? find_near(live, object) : NULL;

	for (uint32_t i = live->held_n; !h && i-- > 0;) {
		if (!is_of(lh_held_at(live, i), object))
			continue;
		h = lh_held_at(live, i);
		live->held_found = i;
	}
	return h;
}

/* A longer sequence of rows, which begins as a copy of the present one. */
static bool grow(struct lh_live_thread *live)
{
	enum { FIRST = 256, TIMES = 4 };
	uint32_t old = live->held_rows, rows = old ? TIMES * old : FIRST;
	uint32_t first = old < LH_HELD_MAX - LH_HELD_INLINE ? lh_row_reserve(LH_T_HELD, rows) : 0;

	if (!first)
		return false;
	if (old)
		__builtin_memcpy(&LH_HELDS[first], &LH_HELDS[live->held_row],
				 old * sizeof(struct lh_held));
	lh_row_publish(LH_T_HELD, rows);
	__atomic_store_n(&live->held_row, first, __ATOMIC_RELEASE);
	__atomic_store_n(&live->held_rows, rows, __ATOMIC_RELEASE);
	return true;
}

struct lh_held *lh_held_push(struct lh_live_thread *live)
{
	uint32_t n = live->held_n;

	if (n >= lh_held_capacity(live) && !grow(live)) {
		__atomic_fetch_add(&lh_own_ledger.ledger->dropped_events, 1, __ATOMIC_RELAXED);
		return NULL;
	}
	struct lh_held *h = lh_held_at(live, n);
	h->lock = 0;
	h->address = 0;
	__atomic_store_n(&live->held_n, n + 1, __ATOMIC_RELEASE);
	return h;
}

void lh_held_trim(struct lh_live_thread *live)
{
	while (live->held_n && !lh_held_at(live, live->held_n - 1)->lock)
		live->held_n--;
	if (live->held_gap > live->held_n)
		live->held_gap = 0;
}

/* Removes the entry without moving those above. */
static void leave_gap(struct lh_live_thread *live, uint32_t at)
{
	uint32_t end = live->held_gap ? live->held_gap - 1 : live->held_n;

	for (uint32_t i = at + 1; i < end; i++)
		lh_held_at(live, i)->chain = 0;
	if (at < end)
		live->held_gap = at + 1;
	*lh_held_at(live, at) = (struct lh_held){0};
	live->held_found = at;
}

static void move_down(struct lh_live_thread *live, uint32_t at)
{
	for (uint32_t i = at; i + 1 < live->held_n; i++) {
		*lh_held_at(live, i) = *lh_held_at(live, i + 1);
		lh_held_at(live, i)->chain = 0;
	}
	live->held_n--;
	if (live->held_gap > at + 1)
		live->held_gap--;
}

void lh_held_remove(struct lh_live_thread *live, struct lh_held *h)
{
	uint32_t at = lh_held_number(live, h);

	h->lock = 0;
	h->address = 0;
	if (live->held_n - at > LH_HELD_INLINE)
		leave_gap(live, at);
	else
		move_down(live, at);
	lh_held_trim(live);
}

void lh_held_close_gaps(struct lh_live_thread *live)
{
	uint32_t to = live->held_gap - 1, n = live->held_n;

	for (uint32_t i = to; i < n; i++) {
		const struct lh_held *h = lh_held_at(live, i);
		if (h->lock && i != to)
			*lh_held_at(live, to) = *h;
		to += h->lock != 0;
	}
	live->held_n = to;
	live->held_gap = 0;
}

uint32_t lh_held_find_holder(lh_lock_id lock, uint32_t except, struct lh_held **h)
{
	uint32_t used = lh_rows_used(LH_T_LIVE_THREAD);

	for (uint32_t i = 1; i < used; i++) {
		struct lh_live_thread *live = &LH_LIVE_THREADS[i];
		if (i == except ||
		    (live->state != LH_LIVE_ATTACHED && live->state != LH_LIVE_ENDING))
			continue;
		for (uint32_t k = 0; k < lh_held_count(live); k++) {
			*h = lh_held_at(live, k);
			if ((*h)->lock == lock)
				return i;
		}
	}
	return 0;
}
