/*
 * own_time.c — the part of a hold that its thread caused: without the time in which the thread was
 * stopped, was ready to run without a CPU, or waited for another lock.
 */
#include "tools/watch/watch_internal.h"
#include "tools/util/time.h"

#include <stdio.h>

/*
 * The kernel counts the time in which a thread was ready without a CPU, but only when the thread
 * runs again. Until then that time is the time since the thread's last turn, less its CPU time.
 */
static uint64_t lagged(const struct lh_long_hold *h, const struct lh_task *t, uint64_t now)
{
	uint64_t lag = lh_time_between(t->lag_ns, h->base.lag_ns);

	if (t->state == 'R')
		lag += lh_time_between(lh_time_between(now, h->turn_ns),
				       lh_time_between(t->run_ns, h->turn.run_ns));
	return lag;
}

static bool is_stopped(char state)
{
	return state == 'T' || state == 't';
}

static bool has_ended(char state)
{
	return state == 'Z' || state == 'X';
}

bool lh_long_hold_waits(const struct lh_watch_process *p, const struct lh_long_hold *h,
			const struct lh_live_thread *live)
{
	struct lh_lock l;

	if (!live->wait_lock)
		return false;
	/* a futex may stand for anything: the holder has chosen to wait for it */
	if (lh_read_lock(&p->ledger, live->wait_lock, &l) && l.kind == LH_FUTEX)
		return lh_watch_in_deadlock(p, h->live);
	return live->wait_on == LH_WAIT_LOCK || lh_watch_in_deadlock(p, h->live);
}

/* The samples say more than that: /proc is read later than the clock, and the kernel counts also
 * what was before the hold; and a thread that waits is ready to run at the end of its wait. */
void lh_long_hold_limit_parts(struct lh_long_hold *h, uint64_t held_ns)
{
	uint64_t *const part[] = {&h->waited_ns, &h->stopped_ns, &h->lagged_ns};

	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		if (*part[i] > held_ns)
			*part[i] = held_ns;
		held_ns -= *part[i];
	}
}

static void measure(struct lh_watch_process *p, struct lh_long_hold *h,
		    const struct lh_live_thread *live)
{
	uint64_t before = h->read_ns, step = lh_time_between(p->now_ns, before);
	bool waited = h->waits;
	struct lh_task t;

	h->read_ns = p->now_ns;
	h->waits = lh_long_hold_waits(p, h, live);
	if (h->waits) { /* known without /proc */
		h->waited_ns += lh_time_between(
			p->now_ns, live->wait_since_ns > before ? live->wait_since_ns : before);
		return;
	}
	if (waited) { /* until the sample before this one */
		h->waited_ns += lh_time_between(p->sampled_ns, before);
		step = lh_time_between(p->now_ns, p->sampled_ns);
	}
	if (p->pid && (!lh_task_read(p->pid, h->tid, &t) || has_ended(t.state))) {
		h->stopped_ns += step; /* the process has ended, and its end is not noticed yet */
	} else if (p->pid) {
		if (is_stopped(t.state) || is_stopped(h->turn.state))
			h->stopped_ns += step;
		if (t.turns != h->turn.turns || t.state != 'R' || h->turn.state != 'R') {
			h->turn = t;
			h->turn_ns = p->now_ns;
		}
		h->ran_ns = t.run_ns;
		h->ran_at_ns = p->now_ns;
		h->lagged_ns = lagged(h, &t, p->now_ns);
	}
}

void lh_long_hold_measure(struct lh_watch_process *p, struct lh_long_hold *h,
			  const struct lh_live_thread *live)
{
	measure(p, h, live);
	lh_long_hold_limit_parts(h, lh_time_between(p->now_ns, h->since_ns));
}

uint64_t lh_long_hold_own_now(const struct lh_watch_process *p, const struct lh_long_hold *h)
{
	return lh_time_between(lh_time_between(p->now_ns, h->since_ns),
			       h->stopped_ns + h->lagged_ns + h->waited_ns);
}

uint64_t lh_long_hold_own_time(struct lh_watch_process *p, struct lh_long_hold *h, uint64_t held_ns)
{
	uint64_t step = lh_time_between(h->sampled_ns, h->read_ns);
	struct lh_task t;

	if (h->waits)
		h->waited_ns += step;
	else if (is_stopped(h->turn.state))
		h->stopped_ns += step;
	else if (p->pid && lh_task_read(p->pid, h->tid, &t))
		h->lagged_ns = lagged(h, &t, p->now_ns);
	else if (h->lagged_ns)
		return 0; /* what followed cannot be known any more */
	lh_long_hold_limit_parts(h, held_ns);
	return lh_time_between(held_ns, h->stopped_ns + h->lagged_ns + h->waited_ns);
}

const char *lh_long_hold_time_text(uint64_t ns, char out[LH_DURATION_TEXT])
{
	if (ns >= LH_DURATION_LONG_S * 1000 * LH_MS)
		lh_duration_text((double)ns / 1e9, out);
	else if (ns >= 1000 * LH_MS)
		snprintf(out, LH_DURATION_TEXT, "%.1f s", (double)(ns / (100 * LH_MS)) / 10);
	else
		snprintf(out, LH_DURATION_TEXT, "%llu ms", (unsigned long long)(ns / LH_MS));
	return out;
}
