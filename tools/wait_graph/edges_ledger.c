/*
 * edges_ledger.c — the edges of the wait-for graph between waiters of a run, from their ledgers.
 *
 * Only holders that are waiters too become edges: any other holder can go on and release the lock,
 * so it need not be known.
 */
#include "tools/wait_graph/deadlocks_internal.h"

#include <string.h>

/* ---- locks ---- */

struct lh_wait_lock_key lh_wait_lock_key_of(const struct lh_deadlocks_process *p, lh_lock_id id)
{
	struct lh_lock_location at;
	struct lh_lock l;

	if (lh_read_lock(p->ledger, id, &l) && l.flags & LH_LOCK_PSHARED &&
	    lh_read_lock_location(p->ledger, LH_LOCK_ROW(id), &l, &at))
		return (struct lh_wait_lock_key){.a = at.dev, .b = at.ino, .c = at.off + 1};
	return (struct lh_wait_lock_key){.a = p->number, .b = id};
}

static struct lh_deadlocks_lock *lock_of(struct lh_deadlocks_pass *pass,
					 const struct lh_deadlocks_process *p, lh_lock_id id)
{
	struct lh_wait_lock_key key = lh_wait_lock_key_of(p, id);
	struct lh_deadlocks_lock *l =
		lh_map_get(&pass->locks, pass->arena, &key, sizeof(key), sizeof(*l));

	l->key = key;
	if (!l->number)
		l->number = pass->locks.n;
	return l;
}

static void add_holds(struct lh_deadlocks_pass *pass, uint32_t i)
{
	const struct lh_deadlocks_waiter *x = &pass->waiter[i];

	for (uint32_t k = 0; k < x->live.held_n; k++) {
		const struct lh_held *h = &x->live.held[k];
		struct lh_deadlocks_holder holder = {i, LH_SITE_MODE(h->site), h->site, h->tick,
						     h->lock};

		if (!h->lock || h->flags & LH_HELD_IN_COND_WAIT)
			continue;
		struct lh_deadlocks_lock *l = lock_of(pass, x->process, h->lock);
		LH_PUSH(pass->arena, l->holder, l->holders, holder);
	}
}

/* ---- owners that have ended ---- */

/* Finds an owner that has ended, but whose end the library has not noticed yet: its live-thread row
 * still lists its held locks. */
static void find_in_live_threads(struct lh_deadlocks_pass *pass, struct lh_deadlocks_waiter *x)
{
	const struct lh_ledger_view *r = x->process->ledger;
	uint32_t n = lh_read_used(r, LH_T_LIVE_THREAD);
	struct lh_live_thread live;

	for (uint32_t i = 1; i < n && !x->lock->ended.lock; i++) {
		if (!lh_read_live_thread(r, i, &live) || live.state != LH_LIVE_ENDING)
			continue;
		for (uint32_t k = 0; k < live.held_n; k++) {
			const struct lh_held *h = &live.held[k];

			if (lh_held_blocks(h, x->live.wait_lock, LH_SITE_MODE(x->live.wait_site)) &&
			    pass->deadlocks->queries.gone(x->process->with, live.tid))
				x->lock->ended = (struct lh_step){.thread = live.thread,
								  .lock = h->lock,
								  .site = h->site,
								  .tick = h->tick};
		}
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

static void find_in_findings(struct lh_deadlocks_pass *pass, struct lh_deadlocks_waiter *x)
{
	const struct lh_ledger_view *r = x->process->ledger;
	uint32_t n = lh_read_used(r, LH_T_FINDING);
	struct lh_thread thread;
	struct lh_finding f;
	struct lh_step step;

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

static bool owner_has_ended(struct lh_deadlocks_pass *pass, struct lh_deadlocks_waiter *x)
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

/* ---- edges ---- */

static void add_blocker(struct lh_deadlocks_pass *pass, struct lh_deadlocks_waiter *x,
			uint32_t blocker)
{
	for (uint32_t i = 0; i < x->n_blockers; i++)
		if (x->blockers[i] == blocker)
			return;
	LH_PUSH(pass->arena, x->blockers, x->n_blockers, blocker);
}

static void join_edge(struct lh_deadlocks_pass *pass, struct lh_deadlocks_waiter *x)
{
	for (uint32_t i = 0; i < pass->waiters; i++)
		if (pass->waiter[i].process == x->process &&
		    pass->waiter[i].live.thread == x->live.wait_with)
			add_blocker(pass, x, i);
}

/* Adds edges only if waiters hold all permits of the semaphore. */
static void permit_edges(struct lh_deadlocks_pass *pass, struct lh_deadlocks_waiter *x)
{
	if (!x->row.initial || x->lock->holders < x->row.initial)
		return;
	for (uint32_t i = 0; i < x->lock->holders; i++)
		add_blocker(pass, x, x->lock->holder[i].waiter);
}

static void holder_edges(struct lh_deadlocks_pass *pass, struct lh_deadlocks_waiter *x)
{
	enum lh_mode wanted = LH_SITE_MODE(x->live.wait_site);

	for (uint32_t i = 0; i < x->lock->holders; i++)
		if (lh_modes_exclude(x->lock->holder[i].mode, wanted))
			add_blocker(pass, x, x->lock->holder[i].waiter);
	for (uint32_t i = 0; lh_readers_queue(&x->row, wanted) && i < pass->waiters; i++)
		if (pass->waiter[i].lock == x->lock &&
		    LH_SITE_MODE(pass->waiter[i].live.wait_site) == LH_EXCLUSIVE)
			add_blocker(pass, x, i);
	if (!x->n_blockers && owner_has_ended(pass, x))
		add_blocker(pass, x, pass->waiters);
}

void lh_deadlocks_edges(struct lh_deadlocks_pass *pass, uint32_t *cycles)
{
	pass->node = lh_arena_alloc(pass->arena, (pass->waiters + 1) * sizeof(*pass->node));
	for (uint32_t i = 0; i < pass->waiters; i++)
		add_holds(pass, i);
	for (uint32_t i = 0; i < pass->waiters; i++)
		if (pass->waiter[i].live.wait_on != LH_WAIT_JOIN)
			pass->waiter[i].lock = lock_of(pass, pass->waiter[i].process,
						       pass->waiter[i].live.wait_lock);
	for (uint32_t i = 0; i < pass->waiters; i++) {
		struct lh_deadlocks_waiter *x = &pass->waiter[i];

		if (!x->lock)
			join_edge(pass, x);
		else if (x->row.kind == LH_SEM)
			permit_edges(pass, x);
		else
			holder_edges(pass, x);
		pass->node[i] = (struct lh_wait_node){.waits = x->n_blockers > 0,
						      .one_of = x->row.kind == LH_SEM,
						      .blockers = x->blockers,
						      .n_blockers = x->n_blockers,
						      .lock = x->lock ? x->lock->number : 0,
						      .rank = x->live.thread};
	}
	pass->node[pass->waiters] = (struct lh_wait_node){.waits = true, .gone = true};
	*cycles = lh_wait_graph_solve(pass->node, pass->waiters + 1);
}
