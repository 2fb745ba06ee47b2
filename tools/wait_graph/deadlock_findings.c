/* deadlock_findings.c — makes the deadlocks to report from the findings of the solved wait-for
 * graph; each wait is in at most one. */
#include "tools/wait_graph/deadlocks_internal.h"
#include "tools/wait_graph/findings.h"
#include "tools/util/time.h"

enum { THREADS_MAX = 100 /* in one deadlock that is no cycle */ };

/* ---- reported waits ---- */

/* True if a finding of the library names this wait. */
static bool is_in_ledger(const struct lh_deadlocks_waiter *x)
{
	const struct lh_ledger_view *r = x->process->ledger;
	uint32_t n = lh_read_used(r, LH_T_FINDING);
	struct lh_finding f;
	struct lh_step s;

	for (uint32_t i = 1; i < n; i++) {
		if (!lh_read_finding(r, i, &f) || !f.rule || f.level < LH_HAPPENED)
			continue;
		for (uint32_t k = 0; k < f.steps; k++)
			if (lh_read_step(r, f.step + k, &s) &&
			    (s.action == LH_WAITS_FOR || s.action == LH_JOINS) &&
			    s.thread == x->live.thread && s.lock == x->live.wait_lock)
				return true;
	}
	return false;
}

/* Reads the row again: the thread has not moved while the edges were read. */
static bool is_blocked(const struct lh_deadlocks_waiter *x)
{
	struct lh_live_thread live;

	return lh_deadlocks_read_wait(x->process, x->number, &live) &&
	       live.thread == x->live.thread && live.wait_seq == x->live.wait_seq &&
	       live.wait_lock == x->live.wait_lock && live.held_n == x->live.held_n;
}

/* ---- steps ---- */

static void add_step(struct lh_deadlocks_pass *pass, struct lh_deadlock *deadlock,
		     struct lh_deadlocks_process *p, struct lh_step step)
{
	struct lh_deadlocks_step s = {.process = p, .step = step};

	LH_PUSH(pass->arena, deadlock->step, deadlock->steps, s);
}

static void add_hold(struct lh_deadlocks_pass *pass, struct lh_deadlock *deadlock,
		     const struct lh_wait_step *s)
{
	const struct lh_deadlocks_waiter *x = &pass->waiter[s->thread],
					 *other = &pass->waiter[s->waiter];
	const struct lh_deadlocks_lock *lock = other->lock;

	if (s->thread == pass->waiters) { /* the node of all owners that have ended */
		add_step(pass, deadlock, other->process, lock->ended);
		deadlock->step[0].dead_thread = lock->dead_thread;
	} else if (!lock) { /* the thread's end */
		add_step(pass, deadlock, x->process,
			 (struct lh_step){.thread = x->live.thread, .lock = other->live.wait_lock});
	}
	if (other->row.kind == LH_FUTEX) {
		bool last = other->row.thread == x->live.thread;
		lh_stack_id stack = last ? other->row.wake_stack : 0;
		add_step(pass, deadlock, x->process,
			 (struct lh_step){.thread = x->live.thread,
					  .lock = other->live.wait_lock,
					  .site = LH_SITE(stack, LH_BLOCKING, LH_EXCLUSIVE)});
		return;
	}
	for (uint32_t i = 0; lock && i < lock->holders; i++)
		if (lock->holder[i].waiter == s->thread) {
			add_step(pass, deadlock, x->process, lock->holder[i].hold);
			return;
		}
}

static void add_wait(struct lh_deadlocks_pass *pass, struct lh_deadlock *deadlock,
		     const struct lh_deadlocks_waiter *x)
{
	uint64_t since = x->process->ledger->head.start_ns + x->live.wait_since_ns,
		 ns = lh_time_between(pass->now_ns, since);

	deadlock->across |= deadlock->process && deadlock->process != x->process;
	deadlock->ns = deadlock->process && deadlock->ns < ns ? deadlock->ns : ns;
	if (!deadlock->process || x->process->number < deadlock->process->number)
		deadlock->process = x->process;
	if (deadlock->process == x->process)
		deadlock->thread = x->live.thread;
	add_step(pass, deadlock, x->process,
		 (struct lh_step){.thread = x->live.thread,
				  .lock = x->live.wait_lock,
				  .site = x->live.wait_site,
				  .tick = (uint32_t)(x->live.wait_since_ns / LH_MS),
				  .action = x->lock ? LH_WAITS_FOR : LH_JOINS});
}

/* ---- findings ---- */

/* A cycle inside one process is left to the library until all its waits are aged, unless the
 * library cannot find it. */
static bool is_due(const struct lh_deadlocks_pass *pass, const struct lh_wait_finding *f)
{
	bool sem = false, unseen = false, aged = true, blocked = true;

	for (uint32_t i = 0; i < f->threads; i++) {
		const struct lh_deadlocks_waiter *x = &pass->waiter[f->thread[i]];

		sem |= x->row.kind == LH_SEM;
		unseen |= x->again || x->process != pass->waiter[f->thread[0]].process;
		aged &= x->aged;
		blocked &= is_blocked(x);
	}
	return blocked && (aged || (unseen && !sem) || !pass->node[f->thread[0]].cycle);
}

/* Only a cycle with exactly one such wait: with two of them the threads may as well hand work to
 * each other and wait for a third one. And a thread is joined while it waits for anything. */
static bool is_likely(const struct lh_deadlocks_pass *pass, const struct lh_wait_finding *f)
{
	uint32_t futexes = 0;
	bool joins = false;

	for (uint32_t i = 0; i < f->threads; i++) {
		const struct lh_deadlocks_waiter *x = &pass->waiter[f->thread[i]];

		futexes += x->row.kind == LH_FUTEX;
		joins |= !x->lock;
	}
	return !joins && futexes == 1 && f->rule == LH_RULE_DEADLOCK &&
	       pass->node[f->thread[0]].cycle;
}

static void report(struct lh_deadlocks_pass *pass, const struct lh_wait_finding *f, bool likely)
{
	struct lh_deadlock deadlock = {.rule = f->rule, .likely = likely};

	for (uint32_t i = 0; i < f->steps; i++) {
		const struct lh_wait_step *s = &f->step[i];

		if (s->holds)
			add_hold(pass, &deadlock, s);
		else
			add_wait(pass, &deadlock, &pass->waiter[s->thread]);
	}
	for (uint32_t i = 0; i < f->threads; i++)
		pass->node[f->thread[i]].reported = true;
	LH_PUSH(pass->arena, pass->deadlock, pass->n_deadlocks, deadlock);
}

static void collect(struct lh_deadlocks_pass *pass, uint32_t cycles, bool likely)
{
	struct lh_wait_findings findings = {.node = pass->node,
					    .n = pass->waiters + 1,
					    .cycles = cycles,
					    .threads_max = THREADS_MAX,
					    .arena = pass->arena};
	struct lh_wait_finding f;

	while (lh_wait_findings_next(&findings, &f))
		if (likely ? is_likely(pass, &f) && is_due(pass, &f) : is_due(pass, &f))
			report(pass, &f, likely);
}

void lh_deadlocks_collect(struct lh_deadlocks_pass *pass, uint32_t cycles)
{
	for (uint32_t i = 0; i < pass->waiters; i++)
		pass->node[i].reported =
			pass->node[i].deadlocked &&
			(pass->waiter[i].sample->reported || is_in_ledger(&pass->waiter[i]));
	collect(pass, cycles, false);
	cycles = lh_deadlocks_likely_edges(pass);
	for (uint32_t i = 0; i < pass->waiters && cycles; i++)
		pass->node[i].reported = pass->waiter[i].sample->reported;
	if (cycles)
		collect(pass, cycles, true);
	for (uint32_t i = 0; i < pass->waiters; i++)
		pass->waiter[i].sample->reported |= pass->node[i].reported;
}
