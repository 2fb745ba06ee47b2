/* deadlock_findings.c — makes the deadlocks to report from the solved wait-for graph; each wait is
 * in at most one. */
#include "tools/wait_graph/deadlocks_internal.h"

enum { CLOSURE_MAX = 100 /* threads in one deadlock that is no cycle */ };

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

static bool is_reported(struct lh_deadlocks_waiter *x)
{
	x->sample->reported |= is_in_ledger(x);
	return x->sample->reported;
}

/* Reads the row again: the thread has not moved while the edges were read. */
static bool is_blocked(const struct lh_deadlocks_waiter *x)
{
	struct lh_live_thread live;

	return lh_read_live_thread(x->process->ledger, x->number, &live) &&
	       live.thread == x->live.thread && live.wait_seq == x->live.wait_seq &&
	       live.wait_lock == x->live.wait_lock && live.held_n == x->live.held_n;
}

/* ---- steps ---- */

static uint64_t since(const struct lh_deadlocks_waiter *x)
{
	return x->process->ledger->head.start_ns + x->live.wait_since_ns;
}

static struct lh_deadlock *begin_deadlock(struct lh_deadlocks_pass *pass, enum lh_rule rule)
{
	struct lh_deadlock deadlock = {.rule = rule};

	LH_PUSH(pass->arena, pass->deadlock, pass->n_deadlocks, deadlock);
	return &pass->deadlock[pass->n_deadlocks - 1];
}

static void add_step(struct lh_deadlocks_pass *pass, struct lh_deadlocks_process *p,
		     struct lh_step step)
{
	struct lh_deadlock *deadlock = &pass->deadlock[pass->n_deadlocks - 1];
	struct lh_deadlocks_step s = {.process = p, .step = step};

	LH_PUSH(pass->arena, deadlock->step, deadlock->steps, s);
}

static void add_hold(struct lh_deadlocks_pass *pass, struct lh_deadlocks_process *p,
		     lh_thread_id thread, const struct lh_deadlocks_holder *h)
{
	add_step(pass, p,
		 (struct lh_step){.thread = thread,
				  .lock = h->lock,
				  .site = h->site,
				  .tick = h->tick,
				  .action = LH_HOLDS});
}

static void add_wait(struct lh_deadlocks_pass *pass, struct lh_deadlocks_waiter *x)
{
	struct lh_deadlock *deadlock = &pass->deadlock[pass->n_deadlocks - 1];
	bool joins = x->live.wait_on == LH_WAIT_JOIN;

	uint64_t ns = pass->now_ns > since(x) ? pass->now_ns - since(x) : 0;

	deadlock->across |= deadlock->process && deadlock->process != x->process;
	deadlock->ns = deadlock->process && deadlock->ns < ns ? deadlock->ns : ns;
	if (!deadlock->process || x->process->number < deadlock->process->number)
		deadlock->process = x->process;
	if (deadlock->process == x->process)
		deadlock->thread = x->live.thread;
	x->sample->reported = true;
	add_step(pass, x->process,
		 (struct lh_step){.thread = x->live.thread,
				  .lock = x->live.wait_lock,
				  .site = x->live.wait_site,
				  .tick = (uint32_t)(x->live.wait_since_ns / 1000000u),
				  .action = joins ? LH_JOINS : LH_WAITS_FOR});
}

/* Adds the step in which waiter `holder` holds what `other` waits for. */
static void add_hold_step(struct lh_deadlocks_pass *pass, uint32_t holder,
			  const struct lh_deadlocks_waiter *other)
{
	struct lh_deadlocks_waiter *x = &pass->waiter[holder];

	if (!other->lock) {
		struct lh_deadlocks_holder thread_end = {.lock = other->live.wait_lock};
		add_hold(pass, x->process, x->live.thread, &thread_end);
		return;
	}
	for (uint32_t i = 0; i < other->lock->holders; i++)
		if (other->lock->holder[i].waiter == holder) {
			add_hold(pass, x->process, x->live.thread, &other->lock->holder[i]);
			return;
		}
}

/* ---- cycles ---- */

static uint32_t first_of_cycle(const struct lh_deadlocks_pass *pass, uint32_t cycle)
{
	uint32_t best = UINT32_MAX;

	for (uint32_t i = 0; i < pass->waiters; i++)
		if (pass->node[i].cycle == cycle &&
		    (best == UINT32_MAX ||
		     pass->waiter[i].live.thread < pass->waiter[best].live.thread))
			best = i;
	return best;
}

/* True if the cycle has to be reported now. A cycle inside one process is left to the library until
 * all its waits are aged. */
static bool is_due(struct lh_deadlocks_pass *pass, uint32_t first)
{
	bool sem = false, across = false, aged = true, reported = false, blocked = true;
	uint32_t at = first;

	do {
		struct lh_deadlocks_waiter *x = &pass->waiter[at];

		sem |= x->row.kind == LH_SEM;
		aged &= x->aged;
		across |= x->process != pass->waiter[first].process;
		reported |= is_reported(x);
		blocked &= is_blocked(x);
		at = pass->node[at].next;
	} while (at != first);
	if (reported) /* then all waits of the cycle count as reported */
		do {
			pass->waiter[at].sample->reported = true;
			at = pass->node[at].next;
		} while (at != first);
	return !reported && blocked && (aged || (across && !sem));
}

static void report_cycle(struct lh_deadlocks_pass *pass, uint32_t cycle)
{
	uint32_t first = first_of_cycle(pass, cycle), before = first, at;

	if (first == UINT32_MAX || !is_due(pass, first))
		return;
	while (pass->node[before].next != first)
		before = pass->node[before].next;
	begin_deadlock(pass, before == first ? LH_RULE_SELF_DEADLOCK : LH_RULE_DEADLOCK);
	at = first;
	do {
		add_hold_step(pass, at, &pass->waiter[before]);
		add_wait(pass, &pass->waiter[at]);
		before = at;
		at = pass->node[at].next;
	} while (at != first);
}

/* ---- owners that have ended ---- */

static void report_ended(struct lh_deadlocks_pass *pass)
{
	for (uint32_t i = 0; i < pass->waiters; i++) {
		struct lh_deadlocks_waiter *x = &pass->waiter[i];
		bool reported = false;

		if (x->n_blockers != 1 || x->blockers[0] != pass->waiters)
			continue;
		for (uint32_t k = 0; k < pass->waiters; k++) /* one report for each lock */
			reported |=
				pass->waiter[k].lock == x->lock && is_reported(&pass->waiter[k]);
		x->sample->reported |= reported;
		if (reported || !is_blocked(x))
			continue;
		begin_deadlock(pass, LH_RULE_EXIT_HOLDING);
		add_hold(pass, x->process, x->lock->ended_thread, &x->lock->ended);
		pass->deadlock[pass->n_deadlocks - 1].step[0].dead_thread = x->lock->dead_thread;
		add_wait(pass, x);
	}
}

/* ---- counting semaphores, alone and together with locks ---- */

/* Lists `start` and each waiter that it depends on, directly or not. False: one of them is in a
 * cycle, was reported, has moved, or waits for a thread that has ended or is not deadlocked; or the
 * list is full. */
static bool closure(struct lh_deadlocks_pass *pass, uint32_t start, uint32_t *list, uint32_t *n)
{
	bool *in = lh_arena_alloc(pass->arena, pass->waiters + 1);

	*n = 0;
	list[(*n)++] = start;
	in[start] = true;
	for (uint32_t i = 0; i < *n; i++) {
		const struct lh_deadlocks_waiter *x = &pass->waiter[list[i]];

		if (pass->node[list[i]].cycle || is_reported(&pass->waiter[list[i]]) ||
		    !is_blocked(x))
			return false;
		for (uint32_t k = 0; k < x->n_blockers; k++) {
			uint32_t to = x->blockers[k];
			if (to == pass->waiters || !pass->node[to].deadlocked || *n == CLOSURE_MAX)
				return false;
			if (in[to])
				continue;
			in[to] = true;
			list[(*n)++] = to;
		}
	}
	return true;
}

static bool all_want(const struct lh_deadlocks_pass *pass, const uint32_t *list, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++)
		if (pass->waiter[list[i]].lock != pass->waiter[list[0]].lock)
			return false;
	return true;
}

static bool holds_for(const struct lh_deadlocks_waiter *other, uint32_t holder)
{
	for (uint32_t i = 0; i < other->n_blockers; i++)
		if (other->blockers[i] == holder)
			return true;
	return false;
}

/* A waiter that blocks no waiter of the list is not part of the deadlock. */
static bool blocks_any(const struct lh_deadlocks_pass *pass, const uint32_t *list, uint32_t n,
		       uint32_t holder)
{
	for (uint32_t i = 0; i < n; i++)
		if (holds_for(&pass->waiter[list[i]], holder))
			return true;
	return false;
}

static void report_semaphore(struct lh_deadlocks_pass *pass, uint32_t *list, uint32_t n)
{
	begin_deadlock(pass, all_want(pass, list, n) ? LH_RULE_POOL_DEADLOCK : LH_RULE_DEADLOCK);
	for (uint32_t i = 0; i < n; i++) {
		const struct lh_deadlocks_lock *done = NULL;

		pass->waiter[list[i]].sample->reported = true;
		if (!blocks_any(pass, list, n, list[i]))
			continue;
		for (uint32_t k = 0; k < n; k++) {
			const struct lh_deadlocks_waiter *other = &pass->waiter[list[k]];

			if (!holds_for(other, list[i]) || (done && done == other->lock))
				continue;
			add_hold_step(pass, list[i], other);
			done = other->lock;
		}
		add_wait(pass, &pass->waiter[list[i]]);
	}
}

static void report_semaphores(struct lh_deadlocks_pass *pass)
{
	uint32_t list[CLOSURE_MAX], n;

	for (uint32_t i = 0; i < pass->waiters; i++)
		if (pass->node[i].deadlocked && pass->node[i].one_of &&
		    pass->waiter[i].n_blockers > 1 && !pass->waiter[i].sample->reported &&
		    closure(pass, i, list, &n))
			report_semaphore(pass, list, n);
}

void lh_deadlocks_collect(struct lh_deadlocks_pass *pass, uint32_t cycles)
{
	for (uint32_t cycle = 1; cycle <= cycles; cycle++)
		report_cycle(pass, cycle);
	report_ended(pass);
	report_semaphores(pass);
}
