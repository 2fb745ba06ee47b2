/* deadlock_grace.c — follows reported deadlocks by the rows of their findings and of the waits. */
#include "tools/run/deadlock_grace.h"

#include <stdlib.h>

#include "libcheck/base/hash.h"
#include "tools/report/report.h"
#include "tools/util/list.h"

/* That goes on, as far as the row says. */
static bool is_deadlock(const struct lh_finding *f)
{
	return f->filter == LH_F_NONE && f->level >= LH_HAPPENED &&
	       !(f->flags & LH_FINDING_LIKELY) &&
	       (lh_rule_is(f->rule, LH_IS_DEADLOCK) ||
		(f->rule == LH_RULE_EXIT_HOLDING && (f->flags & LH_FINDING_OPEN)) ||
		(f->rule == LH_RULE_FORK_HOLDING && f->severity == LH_ERROR)) &&
	       !(f->rule == LH_RULE_LOST_SIGNAL && f->severity < LH_ERROR);
}

/* ---- the waits of a finding ---- */

/* The live row of the step's thread; false: it is a thread of another process, or has ended. */
static bool waiter_of(const struct lh_ledger_view *r, const struct lh_step *s,
		      struct lh_live_thread *live)
{
	struct lh_thread t;

	return (s->action == LH_WAITS_FOR || s->action == LH_JOINS) &&
	       lh_read_thread(r, s->thread, &t) && !(t.flags & LH_THREAD_FOREIGN) && t.live &&
	       lh_read_live_thread(r, t.live, live) && live->thread == s->thread;
}

/* A signalled waiter waits for the mutex of its condition. */
static bool waits_for(const struct lh_live_thread *live, lh_lock_id lock)
{
	return live->wait_lock == lock ||
	       (live->wait_lock && live->wait_on == LH_WAIT_COND && live->wait_with == lock);
}

/* A hash of the finding's count and waits; 0: the finding is no deadlock any more. */
static uint64_t mark_of(const struct lh_followed_deadlock *x, struct lh_finding *f)
{
	const struct lh_ledger_view *r = &x->process->ledger;
	struct lh_live_thread live;
	struct lh_step s;
	uint64_t h;

	if (!lh_read_finding(r, x->row, f) || !is_deadlock(f))
		return 0;
	h = lh_hash_mix(0, f->count); /* mixed, because the numbers of waits grow alike */
	for (uint32_t i = 0; i < f->steps; i++) {
		if (!lh_read_step(r, f->step + i, &s) || !waiter_of(r, &s, &live))
			continue;
		if (!waits_for(&live, s.lock))
			return 0;
		h = lh_hash_mix(h, live.wait_seq);
	}
	return h | 1;
}

/* ---- the list ---- */

void lh_grace_add(struct lh_deadlock_grace *g, struct lh_run_process *process, uint32_t row,
		  uint64_t now)
{
	struct lh_followed_deadlock x = {.process = process, .row = row};
	struct lh_finding f;

	if (!lh_read_finding(&process->ledger, row, &f) ||
	    (!is_deadlock(&f) && !(f.flags & LH_FINDING_ENDED)))
		return;
	for (uint32_t i = 0; i < g->n; i++)
		if (g->list[i].process == process && g->list[i].row == row)
			return;
	x.mark = mark_of(&x, &f);
	x.since = x.mark ? now : 0;
	x.ended = !x.mark; /* it is printed as it is */
	if (lh_list_grow(&g->list, &g->capacity, g->n + 1, sizeof(*g->list)))
		g->list[g->n++] = x;
}

bool lh_grace_has(const struct lh_deadlock_grace *g, const struct lh_run_process *process)
{
	for (uint32_t i = 0; i < g->n; i++)
		if (g->list[i].process == process && g->list[i].since)
			return true;
	return false;
}

void lh_grace_drop(struct lh_deadlock_grace *g, const struct lh_run_process *process)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < g->n; i++)
		if (g->list[i].process != process)
			g->list[n++] = g->list[i];
	g->n = n;
}

void lh_grace_free(struct lh_deadlock_grace *g)
{
	free(g->list);
	*g = (struct lh_deadlock_grace){0};
}

void lh_grace_read(struct lh_deadlock_grace *g, uint64_t now)
{
	struct lh_finding f;

	for (uint32_t i = 0; i < g->n; i++) {
		struct lh_followed_deadlock *x = &g->list[i];
		uint64_t mark = mark_of(x, &f);

		if (mark != x->mark || !mark)
			x->since = mark ? now : 0;
		x->returned &= mark == x->mark;
		x->mark = mark;
	}
}

const struct lh_followed_deadlock *lh_grace_next_ended(struct lh_deadlock_grace *g)
{
	struct lh_finding f;

	for (uint32_t i = 0; i < g->n; i++) {
		struct lh_followed_deadlock *x = &g->list[i];

		if (x->ended || x->since || !lh_read_finding(&x->process->ledger, x->row, &f) ||
		    !(f.flags & LH_FINDING_ENDED))
			continue;
		x->ended = true;
		return x;
	}
	return NULL;
}

const struct lh_followed_deadlock *lh_grace_expired(struct lh_deadlock_grace *g, uint64_t now,
						    uint64_t ns)
{
	for (uint32_t i = 0; i < g->n; i++) {
		struct lh_followed_deadlock *x = &g->list[i];

		if (!x->since || x->returned || now - x->since < ns)
			continue;
		x->returned = true;
		return x;
	}
	return NULL;
}
