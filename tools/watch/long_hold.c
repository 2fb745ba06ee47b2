/*
 * long_hold.c — reports locks that are held for long.
 *
 * A hold is followed from half its limit on. The time that its thread did not cause is subtracted:
 * the thread was stopped, was ready to run without a CPU, or waited for another lock. The hold is
 * reported when the rest exceeds the limit; the thread's stack is sampled then, and at twice and
 * four times the limit. After the release the library has a finding of the same class and stack
 * (LH_FINDING_MEASURED): where the lock was released, and the length of the hold.
 */
#include "tools/watch/watch_internal.h"
#include "tools/util/list.h"
#include "tools/util/time.h"

#include <stdio.h>
#include <sys/syscall.h>

enum { HOLDS_MAX = 8192, FACTOR_LAST = 4, PAUSE_MAX_MS = 200, READS_MAX = 3 };

/* ---- reporting ---- */

/* The length of the hold so far, for a text. */
static uint64_t tell(const struct lh_watch_process *p, struct lh_long_hold *h)
{
	uint64_t held = lh_time_between(p->now_ns, h->since_ns);

	if (held > h->told_ns)
		h->told_ns = held;
	return h->told_ns;
}

/*
 * What the thread does: its wait, its state and its call, of one moment. A thread that moves all
 * the time is computing.
 */
static void read_doing(const struct lh_watch_process *p, const struct lh_long_hold *h,
		       struct lh_live_thread *live, struct lh_task *t, struct lh_task_call *c)
{
	for (int i = 0; i < READS_MAX; i++) {
		if (!lh_read_live_thread(&p->ledger, h->live, live) || live->thread != h->thread) {
			c->in = LH_TASK_UNKNOWN; /* the thread has ended */
			return;
		}
		lh_task_read(p->pid, h->tid, t);
		lh_task_call(p->pid, h->tid, c);
		if (lh_watch_is_current(p, h->live, live))
			return;
	}
	c->in = LH_TASK_RUNS;
}

static bool is_held(const struct lh_watch_process *p, const struct lh_long_hold *h)
{
	struct lh_live_thread live;
	struct lh_held held;

	if (!lh_read_live_thread(&p->ledger, h->live, &live) || live.thread != h->thread)
		return false;
	for (uint32_t i = 0; lh_read_held(&p->ledger, &live, i, &held); i++)
		if (held.lock == h->lock && held.tick == h->tick)
			return true;
	return false;
}

static void add_sample(struct lh_watch_process *p, struct lh_long_hold *h)
{
	char doing[LH_NOTE_MAX - 32], note[LH_NOTE_MAX], after[LH_DURATION_TEXT];
	struct lh_task_call c = {.in = LH_TASK_UNKNOWN};
	struct lh_stack_sample sample = {0};
	struct lh_live_thread live = {0};
	struct lh_task t = {0};

	if (!p->pid)
		return;
	for (int i = 0; i < 2 && (!i || sample.moved); i++) {
		read_doing(p, h, &live, &t, &c);
		c = lh_watch_call_before(&p->sample[h->live], &c);
		lh_watch_call_text(p, &live, t.state, &c, doing, sizeof(doing));
		if (t.state != 'T' && t.state != 't')
			lh_watch_sample(p, &p->sample[h->live], &live, &c, &sample);
	}
	if (sample.moved || !is_held(p, h))
		return; /* the text is of another call, or the thread does this after the hold */
	snprintf(note, sizeof(note), "after %s: %s", lh_long_hold_time_text(tell(p, h), after),
		 doing);
	lh_watch_step(p, h->row,
		      &(struct lh_step){.thread = h->thread,
					.lock = h->lock,
					.site = lh_watch_site(p, &sample),
					.action = LH_CALLS,
					.tick = (uint32_t)(p->now_ns / LH_MS)},
		      note);
}

static void report(struct lh_watch_process *p, struct lh_long_hold *h, const struct lh_lock *l)
{
	uint64_t key = lh_long_hold_key(l, h->lock, h->site);
	struct lh_finding *f;

	h->row = lh_watch_find(p, key);
	h->first = !h->row;
	if (!h->row)
		h->row = lh_watch_finding(p, LH_RULE_LONG_HOLD, key, h->thread, LH_STEPS);
	f = lh_watch_row(p, h->row);
	if (!f)
		return;
	f->flags |= LH_FINDING_OPEN;
	if (!h->first) {
		f->count++;
		return;
	}
	f->duration_ns = tell(p, h);
	lh_long_hold_adopt(p, h->row, h);
	add_sample(p, h);
	lh_watch_post(p, LH_WATCH_FOUND, h->row, "");
}

/* The thread's other locks have the same excuse: one text is for all of them. Returns their number.
 */
static uint32_t excuse_others(struct lh_watch_process *p, const struct lh_long_hold *h)
{
	uint32_t n = 0;

	for (uint32_t i = p->sample[h->live].hold; i; i = p->hold[i - 1].next) {
		struct lh_long_hold *other = &p->hold[i - 1];
		uint64_t held = lh_time_between(p->now_ns, other->since_ns);

		if (other == h || other->row)
			continue;
		if (held > other->excused_ns)
			other->excused_ns = held;
		n++;
	}
	return n;
}

/* Posted each time the length of the hold has doubled, and only with `verbose`. */
static void report_short_hold(struct lh_watch_process *p, struct lh_long_hold *h)
{
	char text[200], held[LH_DURATION_TEXT], out[LH_DURATION_TEXT], more[40] = "";
	uint64_t most = h->stopped_ns;
	const char *reason = "the thread was stopped";
	uint32_t others;

	if (!p->watch->options.verbose ||
	    lh_time_between(p->now_ns, h->since_ns) < 2 * h->excused_ns)
		return;
	others = excuse_others(p, h);
	if (others)
		snprintf(more, sizeof(more), " (and %u more)", others);
	h->excused_ns = tell(p, h);
	if (h->lagged_ns > most)
		most = h->lagged_ns, reason = "the thread was ready to run and had no CPU";
	if (h->waited_ns > most)
		most = h->waited_ns, reason = "the thread waited for another lock";
	snprintf(text, sizeof(text),
		 "T%u has held a lock%s for %s, but for %s of that %s: not reported as long",
		 h->thread, more, lh_long_hold_time_text(h->excused_ns, held),
		 lh_long_hold_time_text(most, out), reason);
	lh_watch_post(p, LH_WATCH_EXCUSED, 0, text);
}

static void check_hold(struct lh_watch_process *p, struct lh_long_hold *h, const struct lh_lock *l)
{
	uint64_t own = lh_long_hold_own_now(p, h);
	struct lh_finding *f = h->row && h->first ? lh_watch_row(p, h->row) : NULL;

	if (f)
		f->duration_ns = tell(p, h);
	if (own >= (h->row ? h->factor : 1) * h->limit_ns && !lh_watch_may_sample(p))
		return; /* no stack left in this round: the next round reports it */
	if (!h->row && own >= h->limit_ns) {
		report(p, h, l);
		h->factor = 2;
	} else if (!h->row && lh_time_between(p->now_ns, h->since_ns) >= 2 * h->limit_ns) {
		report_short_hold(p, h);
	} else if (h->row && h->first && h->factor <= FACTOR_LAST &&
		   own >= h->factor * h->limit_ns) {
		add_sample(p, h);
		h->factor *= 2;
	}
}

/* ---- following ---- */

static struct lh_long_hold *find(struct lh_watch_process *p, uint32_t live_row,
				 const struct lh_held *e)
{
	for (uint32_t i = p->sample[live_row].hold; i; i = p->hold[i - 1].next) {
		struct lh_long_hold *h = &p->hold[i - 1];
		if (h->lock == e->lock && h->tick == e->tick && h->site == e->site)
			return h;
	}
	return NULL;
}

/* The link to hold i in the list of its row. */
static uint32_t *link_of(struct lh_watch_process *p, uint32_t i)
{
	uint32_t *at = &p->sample[p->hold[i].live].hold;

	while (*at && *at != i + 1)
		at = &p->hold[*at - 1].next;
	return at;
}

/* The last hold of the array moves to the free entry. */
static void forget(struct lh_watch_process *p, uint32_t i)
{
	uint32_t last = p->holds - 1;

	*link_of(p, i) = p->hold[i].next;
	if (i != last) {
		*link_of(p, last) = i + 1;
		p->hold[i] = p->hold[last];
	}
	p->holds--;
}

static struct lh_long_hold *follow(struct lh_watch_process *p, uint32_t live_row,
				   const struct lh_live_thread *live, const struct lh_held *e,
				   uint64_t limit)
{
	struct lh_long_hold *h;

	if (p->holds == HOLDS_MAX)
		return NULL; /* the bound: others are followed when these have ended */
	if (!lh_list_grow(&p->hold, &p->hold_capacity, p->holds + 1, sizeof(*p->hold)))
		return NULL;
	h = &p->hold[p->holds++];
	*h = (struct lh_long_hold){.live = live_row,
				   .next = p->sample[live_row].hold,
				   .thread = live->thread,
				   .tid = live->tid,
				   .lock = e->lock,
				   .tick = e->tick,
				   .site = e->site,
				   .since_ns = lh_held_since(e, p->watch->options.run_header),
				   .limit_ns = limit,
				   .from_ns = p->now_ns,
				   .sampled_ns = p->now_ns,
				   .read_ns = p->now_ns,
				   .turn_ns = p->now_ns};
	p->sample[live_row].hold = p->holds;
	if (p->pid && lh_task_read(p->pid, live->tid, &h->base)) {
		h->turn = h->base;
		/* found stopped: it probably was stopped from the start of the hold */
		if (h->base.state == 'T')
			h->stopped_ns = lh_time_between(p->now_ns, h->since_ns);
	}
	h->waits = lh_long_hold_waits(p, h, live);
	if (h->waits)
		h->waited_ns = lh_time_between(p->now_ns, live->wait_since_ns);
	lh_long_hold_limit_parts(h, lh_time_between(p->now_ns, h->since_ns));
	return h;
}

/*
 * A quarter of the time until the next report is due, so that the report is in time; more for a
 * thread that was stopped or waited for long.
 */
static uint64_t next_pause(const struct lh_watch_process *p, const struct lh_long_hold *h)
{
	uint64_t missing = lh_time_between((h->row ? h->factor : 1) * h->limit_ns,
					   lh_long_hold_own_now(p, h)) /
			   4,
		 excused = (h->stopped_ns + h->waited_ns) / 32,
		 pause = missing > excused ? missing : excused;

	return pause < PAUSE_MAX_MS * LH_MS ? pause : PAUSE_MAX_MS * LH_MS;
}

/* Sets the row's due time to the time at which half the limit is over. */
static void wait_for_half(struct lh_watch_process *p, uint32_t live_row, uint64_t since_ns,
			  uint64_t limit)
{
	uint64_t half = since_ns + limit / 2;

	if (limit && half < p->sample[live_row].due_ns)
		p->sample[live_row].due_ns = half;
}

/* The tick after the acquisition has not come yet. If it comes late, the hold is short. */
static bool tick_is_open(const struct lh_run_header *header, const struct lh_held *e)
{
	return header && !(e->flags & LH_HELD_EXACT_TIME) &&
	       __atomic_load_n(&header->tick, __ATOMIC_RELAXED) == e->tick;
}

void lh_long_hold_scan(struct lh_watch_process *p, uint32_t live_row,
		       const struct lh_live_thread *live, const struct lh_held *e,
		       const struct lh_lock *l)
{
	const struct lh_watch_options *w = &p->watch->options;
	uint64_t since = lh_held_since(e, w->run_header), age = lh_time_between(p->now_ns, since);
	struct lh_long_hold *h;

	if (!w->long_hold_ns && !w->locks)
		return;
	if (age < 20 * LH_MS && 2 * age < w->long_hold_ns && !w->locks) {
		wait_for_half(p, live_row, since, w->long_hold_ns);
		return; /* the usual case, without a search */
	}
	if (tick_is_open(w->run_header, e)) {
		p->sample[live_row].due_ns = p->now_ns;
		return;
	}
	h = find(p, live_row, e);
	if (!h && lh_watch_must_be_short(p, e->lock, l)) {
		uint64_t limit = lh_watch_limit(p, e->lock);
		h = limit && 2 * age >= limit ? follow(p, live_row, live, e, limit) : NULL;
		if (!h && 2 * age < limit)
			wait_for_half(p, live_row, since, limit);
	}
	if (!h)
		return;
	h->sampled_ns = p->now_ns;
	if (h->row && !(h->first && h->factor <= FACTOR_LAST))
		return; /* only its end is not known yet */
	if (p->now_ns >= h->due_ns || h->waits != lh_long_hold_waits(p, h, live)) {
		lh_long_hold_measure(p, h, live);
		if (!lh_exit_holding_check(p, h, live, l))
			check_hold(p, h, l);
		h->due_ns = p->now_ns + next_pause(p, h);
	}
	if (h->due_ns < p->sample[live_row].due_ns)
		p->sample[live_row].due_ns = h->due_ns;
}

/* ---- waiters ---- */

static void note_waiter(struct lh_long_hold *h, const struct lh_watch_waiter *q, uint64_t now)
{
	uint32_t i = 0;

	while (i < h->waiters &&
	       (h->waiter[i].thread != q->thread || h->waiter[i].since_ns != q->since_ns))
		i++;
	if (i == LH_WATCH_WAITERS_MAX)
		return;
	if (i == h->waiters) {
		h->waiters++;
		h->waiter[i].thread = q->thread;
		h->waiter[i].site = q->site;
		h->waiter[i].since_ns = q->since_ns;
	}
	h->waiter[i].ns =
		lh_time_between(now, q->since_ns > h->since_ns ? q->since_ns : h->since_ns);
}

void lh_long_hold_add_waiter(struct lh_watch_process *p, const struct lh_watch_waiter *q)
{
	for (uint32_t i = 0; i < p->holds; i++)
		if (p->hold[i].lock == q->lock && p->hold[i].live != q->live)
			note_waiter(&p->hold[i], q, q->step_ns ? p->now_ns : p->sampled_ns);
}

/* Adds the rounds in which the rows of the waiters were skipped. */
static void update_waiters(const struct lh_watch_process *p, struct lh_long_hold *h)
{
	for (uint32_t i = 0; i < h->waiters; i++)
		for (uint32_t live_row = 1; live_row < p->n_samples; live_row++) {
			const struct lh_thread_sample *at = &p->sample[live_row];
			if (at->thread != h->waiter[i].thread || at->wait.lock != h->lock ||
			    at->wait.from_ns != h->waiter[i].since_ns)
				continue;
			uint64_t from =
				at->wait.from_ns > h->since_ns ? at->wait.from_ns : h->since_ns;
			h->waiter[i].ns = lh_time_between(h->sampled_ns, from);
		}
}

/* Does the hold last? It was sampled in this round, or its row was skipped as unchanged. */
static bool lasts(const struct lh_watch_process *p, struct lh_long_hold *h)
{
	const struct lh_thread_sample *at = &p->sample[h->live];

	if (at->mark && at->thread == h->thread && at->sampled_ns < p->now_ns)
		h->sampled_ns = p->now_ns;
	return h->sampled_ns == p->now_ns;
}

/* In the last round, holds of the last sample count as never released. */
void lh_long_hold_end_round(struct lh_watch_process *p, bool last)
{
	for (uint32_t i = 0; i < p->holds;) {
		struct lh_long_hold *h = &p->hold[i];
		if (!last && lasts(p, h)) {
			i++;
			continue;
		}
		update_waiters(p, h);
		lh_long_hold_close(p, h, last);
		forget(p, i);
	}
	lh_long_hold_read_measured(p, last);
}
