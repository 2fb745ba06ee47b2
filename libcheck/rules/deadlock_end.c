/*
 * deadlock_end.c — deadlocks that do not last, because a thread outside of them releases one of
 * their locks, posts their semaphore, or cancels one of their threads.
 *
 * Then a wait ends that is a step of the finding. The finding becomes a warning about what can
 * happen, and gets a step for the thread that ended the wait, if that is known; lh_finding_commit
 * has left room for it. The front end does the same for the deadlocks that it finds
 * (tools/watch/deadlock_watch.c).
 */
#include "libcheck/rules/finding.h"
#include "libcheck/rules/wait_rules.h"

static bool has_wait(const struct lh_finding *f, lh_thread_id thread, lh_lock_id lock)
{
	for (uint32_t i = 0; i < f->steps; i++) {
		const struct lh_step *s = &LH_STEPS[f->step + i];
		if (s->thread == thread && s->lock == lock &&
		    (s->action == LH_WAITS_FOR || s->action == LH_JOINS))
			return true;
	}
	return false;
}

static bool is_open(const struct lh_finding *f)
{
	return (f->rule == LH_RULE_DEADLOCK || f->rule == LH_RULE_SELF_DEADLOCK) &&
	       f->level == LH_HAPPENED && !(f->flags & LH_FINDING_ENDED);
}

bool lh_deadlock_has_wait(lh_thread_id thread, lh_lock_id lock)
{
	for (uint32_t i = 1; i < lh_rows_used(LH_T_FINDING); i++)
		if (is_open(&LH_FINDINGS[i]) && has_wait(&LH_FINDINGS[i], thread, lock))
			return true;
	return false;
}

/* Returns the row of one that ended for the first time, or 0. */
static uint32_t end_all(lh_thread_id thread, lh_lock_id lock, const struct lh_step *by)
{
	uint32_t ended = 0;

	for (uint32_t i = 1; i < lh_rows_used(LH_T_FINDING); i++) {
		struct lh_finding *f = &LH_FINDINGS[i];
		if (!is_open(f) || !has_wait(f, thread, lock))
			continue;
		if (by->thread)
			LH_STEPS[f->step + f->steps++] = *by;
		f->level = LH_POTENTIAL;
		f->severity = LH_WARNING;
		__atomic_store_n(&f->flags, f->flags | LH_FINDING_ENDED, __ATOMIC_RELEASE);
		lh_deadlocks_open--;
		ended = f->count == 1 ? i : ended;
	}
	return ended;
}

uint32_t lh_deadlock_wait_ended(lh_thread_id thread, lh_lock_id lock)
{
	struct lh_step by = {.lock = lock, .action = LH_RELEASES, .tick = lh_clock_tick()};

	for (uint32_t i = 1; i < lh_rows_used(LH_T_LIVE_THREAD) && !by.thread; i++) {
		struct lh_live_thread *live = &LH_LIVE_THREADS[i];
		if (live->released != lock)
			continue;
		by.thread = live->thread;
		by.site = live->released_site;
		live->released = 0;
	}
	return end_all(thread, lock, &by);
}

uint32_t lh_deadlock_cancelled(const struct lh_self *self, const struct lh_live_thread *live,
			       lh_site site)
{
	const struct lh_lock *l = lh_lock_row(live->wait_lock);
	struct lh_step by = {
		self->live_saved->thread, live->wait_lock, site, LH_CALLS, lh_clock_tick(), 0, 0};

	return l && lh_wait_is_cancelled(live, l->kind)
		       ? end_all(live->thread, live->wait_lock, &by)
		       : 0;
}
