/*
 * edges_ledger.c — the edges of the wait-for graph between waiters of a run, from their ledgers.
 *
 * Only holders that are waiters too become edges: any other holder can go on and release the lock,
 * so it need not be known.
 */
#include "tools/wait_graph/deadlocks_internal.h"

/* ---- locks ---- */

static struct lh_deadlocks_lock *lock_of(struct lh_deadlocks_pass *pass,
					 const struct lh_deadlocks_process *p, lh_lock_id id)
{
	struct lh_wait_lock_key key = lh_wait_lock_key_of(p, id);
	struct lh_deadlocks_lock *l =
		lh_map_get(&pass->locks, pass->arena, &key, sizeof(key), sizeof(*l));

	l->key = key;
	l->number = l->number ? l->number : pass->locks.n;
	return l;
}

static void add_holds(struct lh_deadlocks_pass *pass, uint32_t i)
{
	const struct lh_deadlocks_waiter *x = &pass->waiter[i];
	struct lh_held h;

	for (uint32_t k = 0; lh_read_held(x->process->ledger, &x->live, k, &h); k++) {
		struct lh_deadlocks_holder holder = {
			i,
			{.thread = x->live.thread, .lock = h.lock, .site = h.site, .tick = h.tick}};

		if (!h.lock || h.flags & LH_HELD_IN_COND_WAIT)
			continue;
		struct lh_deadlocks_lock *l = lock_of(pass, x->process, h.lock);
		LH_PUSH(pass->arena, l->holder, l->holders, holder);
	}
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
		if (lh_modes_exclude(LH_SITE_MODE(x->lock->holder[i].hold.site), wanted))
			add_blocker(pass, x, x->lock->holder[i].waiter);
	for (uint32_t i = 0; lh_readers_queue(&x->row, wanted) && i < pass->waiters; i++)
		if (pass->waiter[i].lock == x->lock &&
		    LH_SITE_MODE(pass->waiter[i].live.wait_site) == LH_EXCLUSIVE)
			add_blocker(pass, x, i);
	if (!x->n_blockers && lh_deadlocks_owner_has_ended(pass, x))
		add_blocker(pass, x, pass->waiters);
}

/* False: the likely owner is not known, or does not wait. */
static bool likely_edge(struct lh_deadlocks_pass *pass, struct lh_deadlocks_waiter *x)
{
	struct lh_lock_stats stats;
	lh_thread_id owner;

	lh_read_lock_stats(x->process->ledger, &x->row, &stats);
	owner = lh_futex_likely_owner(&x->row, &stats, x->live.thread);
	for (uint32_t i = 0; owner && x->aged && i < pass->waiters; i++)
		if (pass->waiter[i].process == x->process && pass->waiter[i].live.thread == owner)
			add_blocker(pass, x, i);
	return x->n_blockers > 0;
}

uint32_t lh_deadlocks_likely_edges(struct lh_deadlocks_pass *pass)
{
	bool any = false;

	for (uint32_t i = 0; i < pass->waiters; i++) {
		struct lh_deadlocks_waiter *x = &pass->waiter[i];
		struct lh_wait_node *node = &pass->node[i];

		if (x->row.kind != LH_FUTEX || !likely_edge(pass, x))
			continue;
		any = node->waits = true;
		node->blockers = x->blockers;
		node->n_blockers = x->n_blockers;
	}
	return any ? lh_wait_graph_solve(pass->node, pass->waiters + 1) : 0;
}

uint32_t lh_deadlocks_edges(struct lh_deadlocks_pass *pass)
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
	return lh_wait_graph_solve(pass->node, pass->waiters + 1);
}
