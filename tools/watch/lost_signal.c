/*
 * lost_signal.c — the rule lost-signal: all threads of a process wait without a limit, so that none
 * is left that could signal, post, arrive or release.
 *
 * Inspects the process as `lockhound hang` does, and believes only the whole: a thread that is not
 * in such a wait may do anything later. So there is no finding if a thread sleeps, works or waits
 * with a limit, if a signal handler may post the semaphore, or if another process could end one of
 * the waits. The monitor calls it, not the watch thread, because it takes a while.
 */
#include "tools/util/time.h"
#include "tools/wait_graph/hang.h"
#include "tools/watch/watch_internal.h"

#include <sys/syscall.h>

enum { STEPS_MAX = 254 /* lh_finding.steps is a byte; one more if the wait ends */ };

/* A row alone does not prove that its thread sleeps; a waiter for a spinlock runs. */
static bool all_sleep(const struct lh_hang *h)
{
	for (uint32_t i = 0; i < h->threads; i++) {
		const struct lh_hang_thread *t = &h->thread[i];

		if (t->waiting && t->wait.kind != LH_SPIN &&
		    !(t->task && t->task->blocked && t->task->call == SYS_futex))
			return false;
	}
	return true;
}

/* The severity, if all threads wait and nothing else explains that; otherwise LH_NOTE. A handler
 * may not signal a condition, but it may end the program or jump: a warning. */
static enum lh_severity severity_of(struct lh_hang *h)
{
	const struct lh_finding *f;

	if (!all_sleep(h))
		return LH_NOTE;
	if (!lh_hang_find(h))
		return h->idle ? LH_WARNING : LH_NOTE;
	f = lh_snapshot_row(&h->snapshot, LH_T_FINDING, 1);
	return f->rule == LH_RULE_LOST_SIGNAL ? LH_ERROR : LH_NOTE;
}

static struct lh_step step_of(const struct lh_live_thread *live)
{
	return (struct lh_step){.thread = live->thread,
				.lock = live->wait_lock,
				.site = live->wait_site,
				.tick = (uint32_t)(live->wait_since_ns / LH_MS),
				.action = live->wait_on == LH_WAIT_JOIN ? LH_JOINS : LH_WAITS_FOR};
}

/* A wait on a futex of the program's own: only the inspection has its stack. */
static struct lh_step raw_step(struct lh_watch_process *p, const struct lh_hang_thread *t)
{
	const struct lh_peek_task *k = t->task;
	struct lh_stack_sample sample = {0};

	if (!p->sampler)
		p->sampler = lh_sampler_new(p->pid);
	for (uint32_t i = t->wait.called ? t->wait.call : 0;
	     p->sampler && i < k->frames && sample.n < LH_FRAMES_MAX; i++)
		sample.pc[sample.n++] = k->frame[i].pc + (k->frame[i].exact && !i);
	return (struct lh_step){.thread = t->live->thread,
				.site = lh_watch_site(p, &sample),
				.action = LH_WAITS_FOR};
}

static void report(struct lh_watch_process *p, const struct lh_hang *h, enum lh_severity severity)
{
	uint32_t n = h->threads < STEPS_MAX ? h->threads : STEPS_MAX;
	uint32_t row = lh_watch_finding(p, LH_RULE_LOST_SIGNAL, 0, 0, n + 1);
	struct lh_finding *f = lh_watch_row(p, row);

	if (!f)
		return;
	f->severity = (uint8_t)severity;
	f->flags = LH_FINDING_OPEN;
	for (uint32_t i = 0; i < h->threads && f->steps < n; i++) {
		const struct lh_hang_thread *t = &h->thread[i];
		struct lh_step s;

		if (!t->waiting || !t->live || !t->task)
			continue; /* the ledger does not know the thread */
		s = t->live->wait_lock ? step_of(t->live) : raw_step(p, t);
		*(struct lh_step *)lh_overlay_row(p->overlay, LH_T_STEP, f->step + f->steps++) = s;
		f->thread = f->thread ? f->thread : s.thread;
		f->duration_ns = f->duration_ns && f->duration_ns < t->ns ? f->duration_ns : t->ns;
		if (s.lock) /* nothing shows the end of the others */
			lh_deadlock_end_follow(p, row, p, &s);
	}
	p->lost = row;
	lh_watch_post(p, LH_WATCH_FOUND, row, "");
}

void lh_watch_find_lost(struct lh_watch_process *p, const struct lh_ledger_view *ledger, pid_t pid)
{
	struct lh_hang h = {.arena = NULL};
	struct lh_peek peek;
	bool good = lh_peek_open(&peek, pid) && lh_hang_inspect(&h, &peek, ledger, false);
	enum lh_severity severity = good ? severity_of(&h) : LH_NOTE;
	const struct lh_finding *before;

	pthread_mutex_lock(&p->watch->mutex);
	before = lh_watch_row(p, p->lost);
	if (severity > LH_NOTE && p->pid && (!before || (before->flags & LH_FINDING_ENDED)))
		report(p, &h, severity);
	pthread_mutex_unlock(&p->watch->mutex);
	if (h.arena)
		lh_hang_close(&h);
	lh_peek_close(&peek);
}
