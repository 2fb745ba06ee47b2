/*
 * wait_profile.c — adds up which site made which site wait, and records holds and waits as spans of
 * time.
 *
 * At each sample, the time since the last sample is added to every pair of sites (where a thread
 * waits; where the owner acquired the lock), and to every site whose lock is held. Holds and waits
 * shorter than a round are sampled by chance: sums are unbiased estimates, and a single short wait
 * may be missed. A hold or wait that two samples or more have seen becomes a span.
 */
#include "tools/watch/watch_internal.h"
#include "tools/util/time.h"

#include <stdlib.h>
#include <string.h>

enum { PAIRS_LOG = 14 };

/* ---- pairs ---- */

static struct lh_wait_pair *pair_of(struct lh_watch_process *p, lh_lock_id lock, lh_site waiter,
				    lh_site holder)
{
	struct lh_overlay *overlay = lh_watch_overlay(p);
	uint64_t h = ((uint64_t)lock << 32 ^ (uint64_t)waiter << 16 ^ holder) * 0x9e3779b97f4a7c15u;
	const struct lh_wait_pair fresh = {.lock = lock, .waiter = waiter, .holder = holder};

	if (!p->pair) {
		p->pair = calloc(1u << PAIRS_LOG, sizeof(*p->pair));
		p->pair_mask = (1u << PAIRS_LOG) - 1;
	}
	if (!p->pair || !overlay)
		return NULL;
	for (uint32_t i = (uint32_t)(h >> 40);; i++) {
		uint32_t *slot = &p->pair[i & p->pair_mask];
		struct lh_wait_pair *x = lh_overlay_row(overlay, LH_T_WAIT_PAIR, *slot);
		if (!x) { /* a free slot; there is one, because there are more slots than rows */
			*slot = lh_overlay_add(overlay, LH_T_WAIT_PAIR, &fresh, 1);
			return lh_overlay_row(overlay, LH_T_WAIT_PAIR, *slot);
		}
		if (x->lock == lock && x->waiter == waiter && x->holder == holder)
			return x;
	}
}

/*
 * Adds a hold or wait that began at since_ns and lasted at to_ns. The whole step since the last
 * sample is added, also if the hold or wait began in it: that makes up for those that no sample
 * has seen.
 */
static void add_time(struct lh_watch_process *p, const struct lh_wait_pair *pair, uint64_t since_ns,
		     uint64_t step_ns, uint64_t to_ns)
{
	struct lh_wait_pair *x = pair_of(p, pair->lock, pair->waiter, pair->holder);
	uint64_t age = lh_time_between(to_ns, since_ns);

	if (!x)
		return;
	x->ns += step_ns;
	x->samples++;
	if (age > x->worst_ns) {
		x->worst_ns = age;
		x->thread = pair->thread;
	}
	if (pair->queue > x->queue)
		x->queue = pair->queue;
}

/* The site where the owner acquired the lock; 0: unknown, or held by readers. Sets the owner. */
static lh_site holder_of(const struct lh_watch_process *p, lh_lock_id lock, lh_thread_id *owner)
{
	struct lh_lock l;
	struct lh_held held;
	struct lh_live_thread live;

	if (!lh_read_lock(&p->ledger, lock, &l) || !l.owner ||
	    !lh_read_live_thread(&p->ledger, l.owner, &live) ||
	    !lh_read_hold(&p->ledger, &live, lock, &held))
		return 0;
	*owner = live.thread;
	return held.site;
}

/* A round does not sample all waiters, and the library does not count the waits of a thread that
 * waits often: such a thread is sampled. */
static uint32_t queue_of(const struct lh_watch_process *p, lh_lock_id lock, const struct lh_lock *l)
{
	enum { FIRST = 256 }; /* waiters that are looked at */
	struct lh_contention contention;
	uint32_t sampled = 0, counted = 0;

	for (uint32_t i = 0; i < p->waiters && i < FIRST; i++)
		sampled += p->waiter[i].kind == LH_WAIT_LOCK && p->waiter[i].lock == lock;
	if (lh_read_contention(&p->ledger, l, lock, &contention))
		counted = contention.waits_begun - contention.waits_ended;
	if ((int32_t)counted > 0 && counted > sampled)
		return counted;
	return sampled ? sampled : 1;
}

void lh_wait_profile_round(struct lh_watch_process *p)
{
	struct lh_lock l;

	for (uint32_t i = 0; i < p->waiters; i++) {
		const struct lh_watch_waiter *q = &p->waiter[i];
		if (q->kind != LH_WAIT_LOCK || !lh_read_lock(&p->ledger, q->lock, &l) ||
		    l.flags & LH_LOCK_SIGNAL)
			continue;
		lh_thread_id owner = 0;
		lh_site holder = holder_of(p, q->lock, &owner);
		p->sample[q->live].holder = holder;
		if (!p->sample[q->live].first_owner)
			p->sample[q->live].first_owner = owner;
		add_time(p,
			 &(struct lh_wait_pair){.lock = q->lock,
						.waiter = q->site,
						.holder = holder,
						.thread = q->thread,
						.queue = queue_of(p, q->lock, &l)},
			 q->since_ns, q->step_ns, p->now_ns);
		lh_long_hold_add_waiter(p, q);
	}
}

/* ---- spans ---- */

static void add_span(struct lh_watch_process *p, lh_thread_id thread,
		     const struct lh_hold_sample *g, uint32_t wait, lh_thread_id owner)
{
	struct lh_overlay *overlay = g->samples > 1 ? lh_watch_overlay(p) : NULL;
	const struct lh_span span = {.thread = thread,
				     .lock = g->lock,
				     .site = g->site,
				     .wait = wait,
				     .owner = owner,
				     .from_ns = g->from_ns,
				     .to_ns = g->seen_ns};

	if (overlay && g->seen_ns > g->from_ns)
		lh_overlay_add(overlay, LH_T_SPAN, &span, 1);
}

static void end_wait(struct lh_watch_process *p, struct lh_thread_sample *at)
{
	if (at->wait.lock)
		add_span(p, at->thread, &at->wait, at->wait.tick, at->first_owner);
	at->wait.lock = 0;
	at->first_owner = 0;
}

static void end_hold(struct lh_watch_process *p, const struct lh_thread_sample *at,
		     const struct lh_hold_sample *g)
{
	add_span(p, at->thread, g, LH_WAIT_NONE, 0);
}

static void sample_wait(struct lh_watch_process *p, struct lh_thread_sample *at,
			const struct lh_live_thread *live)
{
	struct lh_hold_sample *g = &at->wait;
	bool waits = live->wait_lock && live->wait_on;

	if (!waits || at->wait_seq != live->wait_seq)
		end_wait(p, at);
	if (!waits)
		return;
	if (!g->lock)
		*g = (struct lh_hold_sample){.lock = live->wait_lock,
					     .tick = live->wait_on,
					     .site = live->wait_site,
					     .from_ns = live->wait_since_ns};
	at->wait_seq = live->wait_seq;
	g->seen_ns = p->now_ns;
	g->samples++;
}

static bool is_same(const struct lh_hold_sample *g, const struct lh_held *h)
{
	return g->lock == h->lock && g->tick == h->tick && g->site == h->site;
}

static void add_hold_time(struct lh_watch_process *p, lh_thread_id thread,
			  const struct lh_hold_sample *g, uint64_t step_ns)
{
	add_time(p, &(struct lh_wait_pair){.lock = g->lock, .holder = g->site, .thread = thread},
		 g->from_ns, step_ns, g->seen_ns);
}

static void close_wait(struct lh_watch_process *p, uint32_t live_row, uint64_t step_ns)
{
	struct lh_thread_sample *at = &p->sample[live_row];
	struct lh_hold_sample *g = &at->wait;
	const struct lh_watch_waiter q = {.live = live_row,
					  .thread = at->thread,
					  .lock = g->lock,
					  .site = g->site,
					  .since_ns = g->from_ns};

	g->seen_ns = p->sampled_ns;
	g->samples++;
	if (g->tick != LH_WAIT_LOCK)
		return;
	add_time(p,
		 &(struct lh_wait_pair){.lock = g->lock,
					.waiter = g->site,
					.holder = at->holder,
					.thread = at->thread},
		 g->from_ns, step_ns, p->sampled_ns);
	lh_long_hold_add_waiter(p, &q);
}

/* The row was skipped for some rounds; in the last of them it was still unchanged. */
void lh_wait_profile_close(struct lh_watch_process *p, uint32_t live_row)
{
	struct lh_thread_sample *at = &p->sample[live_row];
	uint64_t step = lh_time_between(p->sampled_ns, at->sampled_ns);

	if (at->mark && step) {
		for (uint32_t i = 0; i < at->n_hold_samples; i++) {
			at->hold_sample[i].seen_ns = p->sampled_ns;
			at->hold_sample[i].samples++;
			add_hold_time(p, at->thread, &at->hold_sample[i], step);
		}
		if (at->wait.lock)
			close_wait(p, live_row, step);
	}
	at->sampled_ns = p->sampled_ns;
}

static void sample_holds(struct lh_watch_process *p, struct lh_thread_sample *at,
			 const struct lh_live_thread *live)
{
	struct lh_hold_sample now[LH_WATCH_HELD_MAX];
	struct lh_held h;
	struct lh_lock l;
	uint32_t n = 0;

	for (uint32_t k = 0; n < LH_WATCH_HELD_MAX && lh_read_held(&p->ledger, live, k, &h); k++) {
		if (!lh_watch_is_lock(p, &h, &l))
			continue;
		now[n] = (struct lh_hold_sample){
			.lock = h.lock,
			.tick = h.tick,
			.site = h.site,
			.from_ns = lh_held_since(&h, p->watch->options.run_header)};
		for (uint32_t i = 0; i < at->n_hold_samples; i++)
			if (is_same(&at->hold_sample[i], &h)) {
				now[n].samples = at->hold_sample[i].samples;
				at->hold_sample[i].lock = 0;
			}
		now[n].samples++;
		now[n].seen_ns = p->now_ns;
		add_hold_time(p, live->thread, &now[n], lh_time_between(p->now_ns, at->sampled_ns));
		n++;
	}
	for (uint32_t i = 0; i < at->n_hold_samples; i++)
		if (at->hold_sample[i].lock)
			end_hold(p, at, &at->hold_sample[i]);
	memcpy(at->hold_sample, now, n * sizeof(*now));
	at->n_hold_samples = n;
}

void lh_wait_profile_thread(struct lh_watch_process *p, uint32_t live_row,
			    const struct lh_live_thread *live)
{
	struct lh_thread_sample *at = &p->sample[live_row];

	if (at->thread != live->thread) { /* another thread uses the row now */
		for (uint32_t i = 0; i < at->n_hold_samples; i++)
			end_hold(p, at, &at->hold_sample[i]);
		end_wait(p, at);
		*at = (struct lh_thread_sample){.thread = live->thread, .hold = at->hold};
		at->sampled_ns = p->sampled_ns;
	}
	sample_wait(p, at, live);
	sample_holds(p, at, live);
}

void lh_wait_profile_end(struct lh_watch_process *p)
{
	for (uint32_t row = 0; row < p->n_samples; row++) {
		struct lh_thread_sample *at = &p->sample[row];

		at->wait.seen_ns = p->sampled_ns;
		at->wait.samples++;
		end_wait(p, at);
		for (uint32_t i = 0; i < at->n_hold_samples; i++) {
			at->hold_sample[i].seen_ns = p->sampled_ns;
			at->hold_sample[i].samples++;
			end_hold(p, at, &at->hold_sample[i]);
		}
		at->n_hold_samples = 0;
	}
}
