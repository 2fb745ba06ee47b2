/*
 * ended_owner.c — finds the thread that ended while it held a lock that others wait for: in its
 * live-thread row, in a finding of the library, or among the locks that were held when their
 * process ended.
 */
#include "tools/wait_graph/deadlocks_internal.h"

#include <stdlib.h>
#include <string.h>

/* ---- processes that have ended ---- */

struct lh_wait_lock_key lh_wait_lock_key_of(const struct lh_deadlocks_process *p, lh_lock_id id)
{
	struct lh_lock_location at;
	struct lh_lock l;

	if (lh_read_lock(p->ledger, id, &l) && l.flags & LH_LOCK_PSHARED &&
	    lh_read_lock_location(p->ledger, LH_LOCK_ROW(id), &l, &at))
		return (struct lh_wait_lock_key){.a = at.dev, .b = at.ino, .c = at.off + 1};
	return (struct lh_wait_lock_key){.a = p->number, .b = id};
}

/* Remembers the process-shared locks that the live thread holds. */
static void add_abandoned(struct lh_deadlocks *s, const struct lh_deadlocks_process *p,
			  const struct lh_live_thread *live)
{
	struct lh_thread thread;
	struct lh_held h;
	struct lh_lock l;

	for (uint32_t k = 0; lh_read_held(p->ledger, live, k, &h); k++) {
		struct lh_wait_lock_key key = lh_wait_lock_key_of(p, h.lock);

		if (!key.c || !lh_read_lock(p->ledger, h.lock, &l) || !lh_lock_stays_locked(&l) ||
		    h.flags & LH_HELD_IN_COND_WAIT ||
		    !lh_read_thread(p->ledger, live->thread, &thread))
			continue;
		if (!s->abandoned)
			s->abandoned = calloc(LH_DEAD_THREADS_MAX, sizeof(*s->abandoned));
		if (!s->abandoned)
			return;
		struct lh_abandoned_lock *entry =
			&s->abandoned[s->n_abandoned++ % LH_DEAD_THREADS_MAX];
		*entry = (struct lh_abandoned_lock){
			.key = key,
			.dead_thread = {.pid = lh_ledger_pid(&p->ledger->head), .thread = thread},
			.site = LH_SITE(0, LH_BLOCKING, LH_SITE_MODE(h.site)),
			.tick = h.tick};
	}
}

void lh_deadlocks_add_abandoned(struct lh_deadlocks *s, const struct lh_deadlocks_process *p)
{
	uint32_t n = lh_read_used(p->ledger, LH_T_LIVE_THREAD);
	struct lh_live_thread live;

	for (uint32_t i = 1; i < n; i++)
		if (lh_read_live_thread(p->ledger, i, &live) && live.state >= LH_LIVE_ATTACHED &&
		    live.held_n)
			add_abandoned(s, p, &live);
}

/* ---- the owner of one lock ---- */

/* Finds an owner that has ended, but whose end the library has not noticed yet: its live-thread row
 * still lists its held locks. */
static void find_in_live_threads(struct lh_deadlocks_pass *pass, struct lh_deadlocks_waiter *x)
{
	const struct lh_ledger_view *r = x->process->ledger;
	uint32_t n = lh_read_used(r, LH_T_LIVE_THREAD);
	struct lh_live_thread live;
	struct lh_held h;

	for (uint32_t i = 1; i < n && !x->lock->ended.lock; i++) {
		if (!lh_read_live_thread(r, i, &live) || live.state != LH_LIVE_ENDING)
			continue;
		for (uint32_t k = 0; lh_read_held(r, &live, k, &h); k++)
			if (lh_held_blocks(&h, x->live.wait_lock,
					   LH_SITE_MODE(x->live.wait_site)) &&
			    pass->deadlocks->queries.gone(x->process->with, live.tid))
				x->lock->ended = (struct lh_step){.thread = live.thread,
								  .lock = h.lock,
								  .site = h.site,
								  .tick = h.tick};
	}
}

/* True if the finding reports that a thread ended while it held the lock; *step is the step that
 * holds it. */
static bool was_reported(const struct lh_ledger_view *r, const struct lh_finding *f,
			 lh_lock_id lock, struct lh_step *step)
{
	for (uint32_t i = 0; f->rule == LH_RULE_EXIT_HOLDING && i < f->steps; i++)
		if (lh_read_step(r, f->step + i, step) && step->action == LH_HOLDS &&
		    step->lock == lock)
			return true;
	return false;
}

/* A spinlock and a GMutex do not name their owner, so a waiter must have waited for long. */
static void find_in_findings(struct lh_deadlocks_pass *pass, struct lh_deadlocks_waiter *x)
{
	const struct lh_ledger_view *r = x->process->ledger;
	uint32_t n = lh_read_used(r, LH_T_FINDING);
	struct lh_thread thread;
	struct lh_finding f;
	struct lh_step step;

	if ((x->row.kind == LH_SPIN || x->row.kind == LH_G_MUTEX) && !x->aged)
		return;
	for (uint32_t i = n; i-- > 1;)
		if (lh_read_finding(r, i, &f) && was_reported(r, &f, x->live.wait_lock, &step) &&
		    lh_read_thread(r, step.thread, &thread) && thread.flags & LH_THREAD_ENDED &&
		    pass->deadlocks->queries.abandoned(x->process->with, &x->row, thread.tid)) {
			x->lock->ended = (struct lh_step){.thread = step.thread,
							  .lock = step.lock,
							  .site = step.site,
							  .tick = step.tick};
			return;
		}
}

/* Finds the lock among those that were held when their process ended, the last ended first. */
static void find_abandoned(struct lh_deadlocks_pass *pass, struct lh_deadlocks_waiter *x)
{
	const struct lh_deadlocks *s = pass->deadlocks;

	for (uint32_t i = 0; i < s->n_abandoned && i < LH_DEAD_THREADS_MAX; i++) {
		const struct lh_abandoned_lock *k =
			&s->abandoned[(s->n_abandoned - 1 - i) % LH_DEAD_THREADS_MAX];

		if (memcmp(&k->key, &x->lock->key, sizeof(k->key)) ||
		    !lh_modes_exclude(LH_SITE_MODE(k->site), LH_SITE_MODE(x->live.wait_site)) ||
		    !s->queries.abandoned(x->process->with, &x->row, k->dead_thread.thread.tid))
			continue;
		x->lock->dead_thread = &k->dead_thread;
		x->lock->ended = (struct lh_step){
			.lock = x->live.wait_lock, .site = k->site, .tick = k->tick};
		return;
	}
}

bool lh_deadlocks_owner_has_ended(struct lh_deadlocks_pass *pass, struct lh_deadlocks_waiter *x)
{
	struct lh_live_thread owner;

	if (!x->lock || x->lock->holders || !lh_lock_stays_locked(&x->row))
		return false;
	if (!x->lock->checked) {
		x->lock->checked = true;
		if (x->row.owner && lh_read_live_thread(x->process->ledger, x->row.owner, &owner) &&
		    owner.state == LH_LIVE_ATTACHED)
			return false;
		find_in_live_threads(pass, x);
		if (!x->lock->ended.lock)
			find_in_findings(pass, x);
		if (!x->lock->ended.lock && x->row.flags & LH_LOCK_PSHARED)
			find_abandoned(pass, x);
	}
	return x->lock->ended.lock;
}
