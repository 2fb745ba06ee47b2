/*
 * livelock.c — reports threads that hold each other's locks and retry try-locks: none of them
 * sleeps, and none gets further.
 *
 * Once a second each thread is compared with its state a second ago. A thread is stuck if it holds
 * the same locks, acquired at the same times, and still wants the same lock: more of its
 * consecutive tries have failed, it waits with a time limit once more, or the same wait without one
 * lasts. A cycle of threads that were stuck twice in a row, one of which retries, is a livelock. It
 * is a warning: a thread may give up after more tries.
 *
 * A thread that releases its lock between its tries is not stuck.
 */
#include "tools/watch/watch_internal.h"

#define PERIOD_NS 1000000000ull
enum { STUCK_ENOUGH = 2, CYCLE_MAX = 8 /* its steps must fit into LH_STEPS */ };

static uint64_t mark_of(const struct lh_watch_process *p, const struct lh_live_thread *live)
{
	uint64_t m = live->held_n;
	struct lh_held h;

	for (uint32_t k = 0; lh_read_held(&p->ledger, live, k, &h); k++)
		m = (m ^ ((uint64_t)h.lock << 32 | h.tick)) * 0x9e3779b97f4a7c15u;
	return m;
}

/* What the thread wants; lock 0: nothing, or it holds nothing. */
static struct lh_want want_of(const struct lh_watch_process *p, const struct lh_live_thread *live)
{
	struct lh_want w = {.thread = live->thread, .mark = mark_of(p, live)};

	if (live->state != LH_LIVE_ATTACHED || !live->held_n)
		return w;
	if (live->wait_lock && live->wait_on == LH_WAIT_LOCK) {
		w.lock = live->wait_lock;
		w.site = live->wait_site;
		w.n = live->wait_seq;
		w.tries = LH_SITE_HOW(live->wait_site) == LH_TIMED;
	} else if (!live->wait_lock && live->tries >= LH_TRIES_BUSY_WAIT) {
		w.lock = live->try_lock;
		w.site = live->try_site;
		w.n = live->tries;
		w.tries = true;
	}
	return w;
}

static bool is_stuck(const struct lh_want *before, const struct lh_want *now)
{
	return now->lock && now->lock == before->lock && now->thread == before->thread &&
	       now->mark == before->mark && now->tries == before->tries &&
	       (now->tries ? now->n > before->n : now->n == before->n);
}

static void compare(struct lh_watch_process *p, uint32_t i)
{
	struct lh_want *at = &p->sample[i].want, now = {0};
	struct lh_live_thread live;

	if (lh_read_live_thread(&p->ledger, i, &live))
		now = want_of(p, &live);
	if (is_stuck(at, &now)) {
		now.stuck = at->stuck + 1;
		now.since_ns = at->since_ns;
	} else {
		now.since_ns = p->now_ns;
	}
	*at = now;
}

static bool is_long_stuck(const struct lh_watch_process *p, uint32_t i)
{
	return i && i < p->n_samples && p->sample[i].want.stuck >= STUCK_ENOUGH;
}

/* The row of the thread that holds the lock which this one wants, 0: none that is stuck. */
static uint32_t holder_of(const struct lh_watch_process *p, uint32_t i)
{
	struct lh_lock l;

	if (!lh_read_lock(&p->ledger, p->sample[i].want.lock, &l) || !is_long_stuck(p, l.owner))
		return 0;
	return l.owner;
}

/* The length of the cycle that begins at `path[0]`, 0: none. */
static uint32_t find_cycle(const struct lh_watch_process *p, uint32_t path[CYCLE_MAX])
{
	for (uint32_t n = 1;; n++) {
		uint32_t next = holder_of(p, path[n - 1]);

		if (next == path[0])
			return n > 1 ? n : 0;
		if (!next || n == CYCLE_MAX)
			return 0;
		path[n] = next;
	}
}

static lh_site site_of(const struct lh_watch_process *p, uint32_t i, lh_lock_id lock)
{
	struct lh_live_thread live;
	struct lh_held held;

	if (!lh_read_live_thread(&p->ledger, i, &live) ||
	    !lh_read_hold(&p->ledger, &live, lock, &held))
		return 0;
	return held.site;
}

static void report(struct lh_watch_process *p, const uint32_t *path, uint32_t n)
{
	uint64_t key = LH_RULE_LIVELOCK, since_ns = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct lh_want *w = &p->sample[path[i]].want;
		key += ((uint64_t)w->lock << 32 | w->thread) * 0x9e3779b97f4a7c15u;
		since_ns = w->since_ns > since_ns ? w->since_ns : since_ns;
	}
	if (lh_watch_find(p, key | 1))
		return;
	uint32_t row = lh_watch_finding(p, LH_RULE_LIVELOCK, key | 1,
					p->sample[path[0]].want.thread, LH_STEPS);
	struct lh_finding *f = lh_watch_row(p, row);
	if (!f)
		return;
	f->duration_ns = p->now_ns - since_ns;
	for (uint32_t i = 0; i < n; i++) {
		const struct lh_want *w = &p->sample[path[i]].want;
		lh_lock_id holds = p->sample[path[(i + n - 1) % n]].want.lock;
		const struct lh_step steps[] = {
			{w->thread, holds, site_of(p, path[i], holds), LH_HOLDS, 0, 0, 0},
			{w->thread, w->lock, w->site, w->tries ? LH_WANTS : LH_WAITS_FOR, 0, 0, 0}};
		lh_watch_step(p, row, &steps[0], "");
		lh_watch_step(p, row, &steps[1], "");
	}
	lh_watch_post(p, LH_WATCH_FOUND, row, "");
}

void lh_livelock_scan(struct lh_watch_process *p, uint32_t rows)
{
	uint32_t path[CYCLE_MAX], n;

	if (!p->pid || p->now_ns - p->livelock_ns < PERIOD_NS)
		return;
	p->livelock_ns = p->now_ns;
	for (uint32_t i = 1; i < rows; i++)
		compare(p, i);
	for (uint32_t i = 1; i < rows; i++) {
		path[0] = i;
		n = is_long_stuck(p, i) && p->sample[i].want.tries ? find_cycle(p, path) : 0;
		if (n)
			report(p, path, n);
	}
}
