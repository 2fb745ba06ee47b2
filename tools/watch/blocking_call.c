/*
 * blocking_call.c — reports a thread that holds a lock and sleeps in a system call.
 *
 * Two samples of a thread in the same call, without a turn on a CPU in between, are one sleep. It
 * began when the first sample was read, not when its round began: on a busy machine the round may
 * wait in between. A sleep is reported when it has lasted for the limit. Not reported: a wait for
 * another watched lock (that is contention), a wait that is part of a deadlock, and an
 * uninterruptible sleep for a device or a page, except in a call whose purpose is to wait for the
 * disk (lh_syscall_is_sync).
 */
#include "tools/watch/watch_internal.h"
#include "tools/util/time.h"

#include "tools/process/syscall_text.h"

#include <sys/syscall.h>

enum {
	MIN_AGE_MS = 3,          /* younger holds are not examined */
	SAME_FINDING_CALLS = 16, /* calls of one group with the same finding: then no more stacks */
	BUSY_MS = 5,      /* pause after a sample of a thread that does not sleep; then doubled */
	BUSY_MAX_MS = 40, /* its maximum */
	TURNS_OF_STOP =
		2,   /* to the stop, and back into the call; a further one began another sleep */
	BACK_MS = 1, /* CPU time that a stop and the return to the call do not need */
	REPORTED_MS = 40, /* pause of a reported sleep; or, if longer, its time / REPORTED_PART */
	REPORTED_MAX_MS = 1000,
	REPORTED_PART = 8,
};

/* The locks that the thread holds, the last acquired first. Returns how many. */
static uint32_t held_locks(const struct lh_watch_process *p, const struct lh_live_thread *live,
			   struct lh_held out[LH_WATCH_HELD_MAX])
{
	struct lh_lock l;
	uint32_t n = 0;

	for (uint32_t k = live->held_n; k-- > 0 && n < LH_WATCH_HELD_MAX;)
		n += lh_read_held(&p->ledger, live, k, &out[n]) &&
		     lh_watch_is_lock(p, &out[n], &l) && lh_watch_must_be_short(p, out[n].lock, &l);
	return n;
}

static bool waits_for_lock(const struct lh_watch_process *p, uint32_t live_row,
			   const struct lh_live_thread *live)
{
	struct lh_lock l;

	if (!live->wait_lock || !live->wait_on)
		return false;
	if ((live->wait_on == LH_WAIT_LOCK || live->wait_on == LH_WAIT_ONCE) &&
	    (!lh_read_lock(&p->ledger, live->wait_lock, &l) || !(l.flags & LH_LOCK_SIGNAL)))
		return true;
	return lh_watch_in_deadlock(p, live_row);
}

/* Does a sleep in this call count? Not in a futex call without an intercepted wait: that is a lock
 * inside the C library, or one that is not intercepted. */
static bool is_blocking(const struct lh_live_thread *live, const struct lh_task_call *c)
{
	return c->in == LH_TASK_CALL && (c->nr != SYS_futex || live->wait_on);
}

/* Does the thread sleep? Uninterruptibly only if the call's purpose is to wait for the disk. */
static bool sleeps(const struct lh_task *t, const struct lh_task_call *c)
{
	return t->state == 'S' || (t->state == 'D' && lh_syscall_is_sync(c->nr));
}

static uint64_t key_of(const struct lh_lock *l, const struct lh_held *h, lh_site site, long nr)
{
	uint64_t k = lh_lock_class_key(l, h->lock) * 0x9e3779b97f4a7c15u ^ LH_SITE_STACK(site);

	return (k * 0x94d049bb133111ebu ^ (uint64_t)nr) * 0xbf58476d1ce4e5b9u | 1;
}

static void add_steps(struct lh_watch_process *p, uint32_t row, const struct lh_live_thread *live,
		      const struct lh_held *held, uint32_t n, lh_site site, const char *text)
{
	lh_lock_id on = live->wait_on ? live->wait_lock : 0;

	for (uint32_t i = 0; i < n; i++)
		lh_watch_step(p, row,
			      &(struct lh_step){.thread = live->thread,
						.lock = held[i].lock,
						.site = held[i].site,
						.action = LH_HOLDS,
						.tick = held[i].tick},
			      "");
	lh_watch_step(p, row,
		      &(struct lh_step){.thread = live->thread,
					.lock = on,
					.site = site,
					.action = LH_CALLS,
					.tick = (uint32_t)(p->now_ns / LH_MS)},
		      text);
}

/*
 * Calls from the same pc, under a lock of the same class acquired at the same site. If
 * SAME_FINDING_CALLS of them in a row were the same finding, the next one counts as that finding
 * without a stop.
 */
static struct lh_call_group *same_call(struct lh_watch_process *p, uint64_t key)
{
	struct lh_call_group *a = &p->group[key >> 32 & (LH_CALL_GROUPS - 1)];

	if (a->key != key)
		*a = (struct lh_call_group){.key = key};
	return a;
}

static void count_again(struct lh_watch_process *p, struct lh_thread_sample *at, uint32_t row)
{
	struct lh_finding *f = lh_watch_row(p, row);

	at->reported = true;
	at->row = row;
	if (f)
		f->count++;
}

/* The sleep has lasted for the limit: samples its stack and makes or counts its finding. */
static void report(struct lh_watch_process *p, uint32_t live_row, const struct lh_live_thread *live,
		   char state, const struct lh_held *held, uint32_t n)
{
	struct lh_thread_sample *at = &p->sample[live_row];
	char text[LH_NOTE_MAX];
	struct lh_stack_sample sample;
	struct lh_finding *f;
	struct lh_call_group *a;
	struct lh_lock l;

	if (!lh_read_lock(&p->ledger, held[0].lock, &l))
		return;
	a = same_call(p, key_of(&l, &held[0], held[0].site, at->call.nr) ^ at->call.pc);
	if (a->n >= SAME_FINDING_CALLS) {
		count_again(p, at, a->row);
		return;
	}
	if (!lh_watch_may_sample(p))
		return; /* the next round reports it */
	/* The text before the stop, which shows whether the thread was still there: afterwards the
	 * memory of the call's arguments may have another content. */
	lh_watch_call_text(p, live, state, &at->call, text, sizeof(text));
	lh_watch_sample(p, at, live, &at->call, &sample);
	if (sample.moved || !lh_watch_is_current(p, live_row, live)) {
		lh_sleep_end(at); /* the stack may be that of what came later */
		return;
	}
	lh_site site = lh_watch_site(p, &sample);
	uint64_t key = key_of(&l, &held[0], site, at->call.nr);
	uint32_t row = lh_watch_find(p, key);
	a->n = row && row == a->row ? a->n + 1 : 0;
	a->row = row;
	if (row) {
		count_again(p, at, row);
		return;
	}
	at->reported = true;
	at->row = a->row = lh_watch_finding(p, LH_RULE_BLOCKING_CALL, key, live->thread, LH_STEPS);
	f = lh_watch_row(p, at->row);
	if (!f)
		return;
	f->duration_ns = lh_time_between(p->now_ns, at->since_ns);
	add_steps(p, at->row, live, held, n, site, text);
	lh_watch_post(p, LH_WATCH_FOUND, at->row, "");
}

static void begin_sleep(struct lh_watch_process *p, struct lh_thread_sample *at,
			const struct lh_task_call *c, const struct lh_task *t)
{
	at->call = lh_watch_call_before(at, c);
	at->turns = t->turns;
	at->run_ns = t->run_ns;
	at->since_ns = p->now_ns + lh_watch_late(p);
	at->reported = false;
	at->row = 0;
	at->stops = 0;
}

static void extend_sleep(struct lh_watch_process *p, uint32_t live_row,
			 const struct lh_live_thread *live, const struct lh_held *held, uint32_t n)
{
	struct lh_thread_sample *at = &p->sample[live_row];
	struct lh_finding *f = lh_watch_row(p, at->row);
	uint64_t slept = lh_time_between(p->now_ns, at->since_ns);
	struct lh_task t;

	if (f && slept > f->duration_ns)
		f->duration_ns = slept;
	if (at->reported || slept < p->watch->options.blocking_ns)
		return;
	if (lh_task_read(p->pid, live->tid, &t) && sleeps(&t, &at->call))
		report(p, live_row, live, t.state, held, n);
	else
		lh_sleep_end(at);
}

static uint64_t at_most(uint64_t ms, uint64_t most_ms)
{
	return (ms < most_ms ? ms : most_ms) * LH_MS;
}

/* When to read /proc again for a thread that sleeps: when the limit is reached. */
static uint64_t next_read_ns(const struct lh_watch_process *p, const struct lh_thread_sample *at)
{
	uint64_t slept_ms = lh_time_between(p->now_ns, at->since_ns) / LH_MS,
		 pause = at_most(slept_ms / REPORTED_PART, REPORTED_MAX_MS),
		 due = at->since_ns + p->watch->options.blocking_ns;

	if (at->reported || due <= p->now_ns) /* or no stack was left in this round */
		return p->now_ns + (pause > REPORTED_MS * LH_MS ? pause : REPORTED_MS * LH_MS);
	return due;
}

static void pause_reads(struct lh_watch_process *p, struct lh_thread_sample *at)
{
	lh_sleep_end(at);
	at->pause_ns =
		at->pause_ns ? at_most(2 * at->pause_ns / LH_MS, BUSY_MAX_MS) : BUSY_MS * LH_MS;
	at->next_read_ns = p->now_ns + at->pause_ns;
}

/*
 * We stopped the thread, and it has not slept since: on a loaded machine it may need long to return
 * to its call. A thread that has run for BACK_MS has left the call by itself.
 */
static bool restarts(const struct lh_watch_process *p, const struct lh_thread_sample *at,
		     const struct lh_live_thread *live)
{
	struct lh_task t;

	return at->stops && at->call.in == LH_TASK_CALL && lh_task_read(p->pid, live->tid, &t) &&
	       (t.state == 'R' || t.state == 't') &&
	       lh_time_between(t.run_ns, at->run_ns) < BACK_MS * LH_MS;
}

static void check_call(struct lh_watch_process *p, uint32_t live_row,
		       const struct lh_live_thread *live, const struct lh_held *held, uint32_t n)
{
	struct lh_thread_sample *at = &p->sample[live_row];
	struct lh_task_call c;
	struct lh_task t;

	if (restarts(p, at, live)) {
		at->next_read_ns = p->now_ns + BUSY_MS * LH_MS;
		return;
	}
	lh_task_call(p->pid, live->tid, &c);
	if (!is_blocking(live, &c) || !lh_watch_is_current(p, live_row, live) ||
	    !lh_task_times(p->pid, live->tid, &t)) {
		pause_reads(p, at);
		return;
	}
	if (!lh_sleep_is_same(at, &c, t.turns)) {
		begin_sleep(p, at, &c, &t);
	} else {
		at->turns = t.turns;
		at->run_ns = t.run_ns;
		at->stops = 0;
		extend_sleep(p, live_row, live, held, n);
	}
	if (at->call.in == LH_TASK_CALL) {
		at->pause_ns = 0;
		at->next_read_ns = next_read_ns(p, at);
	} else {
		pause_reads(p, at);
	}
}

void lh_blocking_call_scan(struct lh_watch_process *p, uint32_t live_row,
			   const struct lh_live_thread *live)
{
	struct lh_held held[LH_WATCH_HELD_MAX];
	struct lh_thread_sample *at = &p->sample[live_row];
	uint32_t n = p->watch->options.blocking_ns ? held_locks(p, live, held) : 0;
	uint64_t old = n ? (uint64_t)held[n - 1].tick * LH_MS + MIN_AGE_MS * LH_MS : 0;

	if (!n || waits_for_lock(p, live_row, live)) {
		lh_sleep_end(at);
		at->next_read_ns = at->pause_ns = 0;
		return;
	}
	/* Most holds end sooner than /proc can be read. */
	if (old > p->now_ns) {
		lh_sleep_end(at);
		at->next_read_ns = old;
		at->pause_ns = 0;
	} else if (p->now_ns >= at->next_read_ns && lh_watch_may_read_proc(p, live_row)) {
		check_call(p, live_row, live, held, n);
	}
	if (at->next_read_ns < p->sample[live_row].due_ns)
		p->sample[live_row].due_ns = at->next_read_ns;
}
