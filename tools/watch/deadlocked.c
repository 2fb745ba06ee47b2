/*
 * deadlocked.c — the warnings that say no more than a deadlock does: about the hold of a deadlocked
 * thread, and the calls under it.
 *
 * The deadlock's report shows what its threads hold and wait for. That a lock of it is held for
 * long, or that its thread slept while it held the lock, is not a problem of its own.
 */
#include "tools/watch/watch_internal.h"

static bool holds(const struct lh_watch_process *p, const struct lh_live_thread *live,
		  const struct lh_step *s)
{
	struct lh_held h;

	for (uint32_t i = 0; lh_read_held(&p->ledger, live, i, &h); i++)
		if (h.lock == s->lock && h.tick == s->tick)
			return true;
	return false;
}

/* Does the finding have one hold only, and does a deadlocked thread still have it? */
static bool belongs_to_deadlock(const struct lh_watch_process *p, const struct lh_finding *f)
{
	struct lh_live_thread live;
	struct lh_thread t;
	struct lh_step s;

	if ((f->rule != LH_RULE_LONG_HOLD && f->rule != LH_RULE_BLOCKING_CALL) || f->count > 1 ||
	    !lh_read_thread(&p->ledger, f->thread, &t) ||
	    !lh_read_live_thread(&p->ledger, t.live, &live) || live.thread != f->thread ||
	    !lh_watch_in_deadlock(p, t.live))
		return false;
	for (uint32_t i = 0; i < f->steps; i++)
		if (lh_read_step(&p->ledger, f->step + i, &s) && s.action == LH_HOLDS &&
		    !holds(p, &live, &s))
			return false;
	return true;
}

bool lh_watch_is_of_deadlock(struct lh_watch_process *p, uint32_t row)
{
	const struct lh_finding *f;
	bool is;

	pthread_mutex_lock(&p->watch->mutex);
	f = lh_watch_row(p, row);
	is = f && belongs_to_deadlock(p, f);
	pthread_mutex_unlock(&p->watch->mutex);
	return is;
}

uint32_t lh_watch_drop_deadlocked(struct lh_watch_process *p)
{
	struct lh_finding *f;
	uint32_t n = 0;

	for (uint32_t i = p->overlay ? p->overlay->table[LH_T_FINDING].base : 0;
	     i && (f = lh_watch_row(p, i)); i++)
		if (belongs_to_deadlock(p, f)) {
			f->rule = LH_NO_RULE;
			n++;
		}
	return n;
}
