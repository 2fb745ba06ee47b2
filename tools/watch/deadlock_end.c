/*
 * deadlock_end.c — deadlocks of the monitor that do not last, because a thread outside of them
 * releases one of their locks or posts their semaphore, or because one of their threads is
 * cancelled.
 *
 * As libcheck/rules/deadlock_end.c does for those that the library finds: the finding becomes a
 * warning about what can happen, with a step for the thread that released the lock, if that is
 * known.
 */
#include "libcheck/rules/wait_rules.h"
#include "tools/process/proc.h"
#include "tools/util/list.h"
#include "tools/watch/watch_internal.h"

enum { CANCELLED_SCANS = 3 };

void lh_deadlock_end_follow(struct lh_watch_process *p, uint32_t row, struct lh_watch_process *from,
			    const struct lh_step *s)
{
	struct lh_watch *w = p->watch;
	struct lh_live_thread live;
	struct lh_thread t;

	if ((s->action != LH_WAITS_FOR && s->action != LH_JOINS) ||
	    !lh_read_thread(&from->ledger, s->thread, &t) ||
	    !lh_read_live_thread(&from->ledger, t.live, &live) ||
	    !lh_list_grow(&w->followed, &w->followed_capacity, w->n_followed + 1,
			  sizeof(*w->followed)))
		return;
	w->followed[w->n_followed++] = (struct lh_followed_wait){.process = p,
								 .row = row,
								 .from = from,
								 .live = t.live,
								 .seq = live.wait_seq,
								 .thread = s->thread,
								 .lock = s->lock};
}

/* A cancellation has ended the wait, and the row still shows it. Several scans must agree: a thread
 * of a process that is killed sleeps on no futex either. */
static bool is_cancelled(struct lh_followed_wait *x, const struct lh_live_thread *live)
{
	struct lh_lock l = {0};

	lh_read_lock(&x->from->ledger, live->wait_lock, &l);
	if (lh_wait_is_cancelled(live, (enum lh_kind)l.kind) &&
	    lh_proc_has_task(x->from->pid, live->tid) && !lh_watch_futex(x->from, live->tid))
		x->cancelled++;
	else
		x->cancelled = 0;
	return x->cancelled > CANCELLED_SCANS;
}

static bool has_ended(struct lh_followed_wait *x)
{
	struct lh_live_thread live;

	if (!x->from || !lh_read_live_thread(&x->from->ledger, x->live, &live))
		return false;
	return live.thread != x->thread || live.wait_seq != x->seq || !live.wait_lock ||
	       is_cancelled(x, &live);
}

/* The step of the thread that released the lock without holding it. False: not known. */
static bool find_releaser(const struct lh_followed_wait *x, struct lh_step *step)
{
	uint32_t n = x->from == x->process ? lh_read_used(&x->from->ledger, LH_T_LIVE_THREAD) : 0;
	struct lh_live_thread live;

	for (uint32_t i = 1; i < n; i++) {
		if (!lh_read_live_thread(&x->from->ledger, i, &live) || live.released != x->lock)
			continue;
		*step = (struct lh_step){.thread = live.thread,
					 .lock = x->lock,
					 .site = live.released_site,
					 .action = LH_RELEASES};
		return true;
	}
	return false;
}

/* Every wait of the finding is over, or will be soon: which of them ended first is not known. */
static void end(struct lh_watch *w, struct lh_watch_process *p, uint32_t row)
{
	struct lh_finding *f = lh_watch_row(p, row);
	struct lh_step by;
	bool known = false;

	for (uint32_t i = 0; i < w->n_followed; i++) {
		struct lh_followed_wait *x = &w->followed[i];

		if (x->process != p || x->row != row)
			continue;
		known = known || find_releaser(x, &by);
		x->row = 0;
	}
	if (!f)
		return;
	if (f->flags & LH_FINDING_LIKELY) { /* another thread held the lock, or nobody */
		f->rule = LH_NO_RULE;
		return;
	}
	if (known)
		*(struct lh_step *)lh_overlay_row(p->overlay, LH_T_STEP, f->step + f->steps++) = by;
	f->level = LH_POTENTIAL;
	f->severity = LH_WARNING;
	__atomic_store_n(&f->flags, LH_FINDING_ENDED, __ATOMIC_RELEASE);
}

void lh_deadlock_end_scan(struct lh_watch *w)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < w->n_followed; i++)
		if (w->followed[i].row && has_ended(&w->followed[i]))
			end(w, w->followed[i].process, w->followed[i].row);
	for (uint32_t i = 0; i < w->n_followed; i++)
		if (w->followed[i].row)
			w->followed[n++] = w->followed[i];
	w->n_followed = n;
}

void lh_deadlock_end_drop(struct lh_watch_process *p)
{
	for (uint32_t i = 0; i < p->watch->n_followed; i++) {
		struct lh_followed_wait *x = &p->watch->followed[i];

		if (x->process == p)
			x->row = 0;
		if (x->from == p)
			x->from = NULL;
	}
}
