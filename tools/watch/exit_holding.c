/*
 * exit_holding.c — reports a hold that lasts because its thread has ended.
 *
 * That is an abandoned lock, not a long hold. The library reports it when the thread is joined, and
 * wait_graph/deadlocks.h when a thread waits for it; the report merges all three findings.
 */
#include "libcheck/rules/wait_rules.h"
#include "tools/process/proc.h"
#include "tools/watch/watch_internal.h"

/* As is_lost in rules/finding.c: any thread may post a semaphore, and a robust mutex reports its
 * dead owner by itself. */
static bool is_lost(const struct lh_lock *l, const struct lh_long_hold *h)
{
	return lh_lock_stays_locked(l) &&
	       (LH_SITE_MODE(h->site) != LH_EXCLUSIVE || l->owner == h->live);
}

static void report(struct lh_watch_process *p, struct lh_long_hold *h, uint64_t key)
{
	uint32_t row = lh_watch_finding(p, LH_RULE_EXIT_HOLDING, key, h->thread, LH_STEPS);
	struct lh_finding *f = lh_watch_row(p, row);

	if (!f)
		return;
	f->severity = LH_ERROR;
	lh_long_hold_adopt(p, row, h);
	lh_watch_post(p, LH_WATCH_FOUND, row, "");
}

/*
 * A thread in LH_LIVE_ENDING may still release the lock, in the destructor of a thread-local
 * object. So its task must be gone, and in two samples: when a process ends, its threads are gone a
 * moment before the process is.
 */
bool lh_exit_holding_check(struct lh_watch_process *p, struct lh_long_hold *h,
			   const struct lh_live_thread *live, const struct lh_lock *l)
{
	uint64_t key =
		(lh_long_hold_key(l, h->lock, h->site) ^ h->thread * 0x9e3779b97f4a7c15u) | 1;

	if (live->state != LH_LIVE_ENDING)
		return false;
	/* pid 0: the process has ended; a thread that had ended before has ended */
	if (!p->pid || lh_proc_has_task(p->pid, h->tid))
		return h->gone > 0;
	if (h->gone++ == 1 && is_lost(l, h) && !lh_watch_find(p, key))
		report(p, h, key);
	return true;
}
