/*
 * edges_bytes.c — the edges of the wait-for graph of an inspected process: which threads hold what
 * each thread waits for.
 *
 * The ledger comes first: it knows readers and holders of permits. What the ledger does not know is
 * read from the lock's own bytes.
 */
#include "libcheck/rules/wait_rules.h"
#include "tools/wait_graph/hang.h"

#define SECOND 1000000000ull

static struct lh_hang_thread *main_thread(const struct lh_hang *h)
{
	for (uint32_t i = 0; i < h->threads; i++)
		if (h->thread[i].tid == h->peek->pid)
			return &h->thread[i];
	return NULL;
}

void lh_hang_add_edge(struct lh_hang *h, uint32_t thread, uint32_t blocker)
{
	struct lh_hang_thread *t = &h->thread[thread];

	for (uint32_t i = 0; i < t->n_blockers; i++)
		if (t->blockers[i] == blocker)
			return;
	LH_PUSH(h->arena, t->blockers, t->n_blockers, blocker);
}

static void add_hold(struct lh_hang *h, uint32_t thread, lh_lock_id lock, lh_site site, uint64_t ns)
{
	struct lh_hang_hold hold = {thread, lock, site, ns};

	if (!lh_hang_hold_of(h, thread, lock))
		LH_PUSH(h->arena, h->hold, h->holds, hold);
}

static void add_holder(struct lh_hang *h, uint32_t waiter, uint32_t holder)
{
	lh_hang_add_edge(h, waiter, holder);
	add_hold(h, holder, h->thread[waiter].lock, 0, 0);
}

static void add_joined(struct lh_hang *h, uint32_t waiter, uint32_t joined)
{
	h->thread[waiter].lock = lh_snapshot_put_thread_end(&h->snapshot, h->thread[joined].id);
	add_holder(h, waiter, joined);
}

const struct lh_hang_hold *lh_hang_hold_of(const struct lh_hang *h, uint32_t thread,
					   lh_lock_id lock)
{
	for (uint32_t i = 0; i < h->holds; i++)
		if (h->hold[i].thread == thread && h->hold[i].lock == lock)
			return &h->hold[i];
	return NULL;
}

bool lh_hang_holds(const struct lh_hang *h, uint32_t thread)
{
	for (uint32_t i = 0; i < h->holds; i++)
		if (h->hold[i].thread == thread)
			return true;
	return false;
}

/* ---- from the lock's bytes ---- */

uint32_t lh_hang_task(const struct lh_hang *h, pid_t own_tid)
{
	for (uint32_t i = 0; i < h->threads; i++) {
		const struct lh_peek_task *k = h->thread[i].task;

		if (k && k->own_tid == own_tid && k->state != 'Z' && k->state != 'X')
			return i;
	}
	return UINT32_MAX;
}

/* The entry of a thread that has ended, added for the first lock that names the thread. */
static uint32_t index_of_ended(struct lh_hang *h, pid_t own_tid)
{
	struct lh_hang_thread t = {.tid = own_tid, .ended = true};

	for (uint32_t i = 0; i < h->threads; i++)
		if (h->thread[i].ended && h->thread[i].tid == own_tid)
			return i;
	t.id = lh_snapshot_put_thread(&h->snapshot, own_tid, "", LH_THREAD_ENDED);
	LH_PUSH(h->arena, h->thread, h->threads, t);
	return h->threads - 1;
}

/* The owner is no thread of this process. In a forked child, the lock may have been held by the
 * parent's thread that forked; the main thread of the child is the heir of that thread. Only if the
 * main thread itself waits for the lock is it certain that no thread can release the lock. */
static void foreign_owner(struct lh_hang *h, uint32_t waiter, pid_t owner)
{
	struct lh_hang_thread *heir = h->peek->forked ? main_thread(h) : NULL;

	if (h->thread[waiter].wait.shared) {
		h->thread[waiter].foreign_tid = owner;
		return;
	}
	if (heir && heir != &h->thread[waiter])
		lh_hang_add_edge(h, waiter, (uint32_t)(heir - h->thread));
	else
		add_holder(h, waiter, index_of_ended(h, owner));
}

static void owner_edge(struct lh_hang *h, uint32_t waiter, pid_t owner)
{
	uint32_t holder = lh_hang_task(h, owner);

	if (holder == UINT32_MAX)
		foreign_owner(h, waiter, owner);
	else
		add_holder(h, waiter, holder);
}

static void join_edge(struct lh_hang *h, uint32_t waiter)
{
	uint32_t joined = lh_hang_task(h, h->thread[waiter].wait.owner);

	if (joined != UINT32_MAX) /* otherwise the thread has just ended: the wait is over */
		add_joined(h, waiter, joined);
}

static void initialiser_edge(struct lh_hang *h, uint32_t waiter)
{
	const struct lh_peek_task *t =
		lh_once_owner(h->peek, h->thread[waiter].task, &h->thread[waiter].wait);

	if (t)
		owner_edge(h, waiter, t->own_tid);
}

static void edges_from_bytes(struct lh_hang *h, uint32_t waiter)
{
	const struct lh_hang_wait *w = &h->thread[waiter].wait;

	if (w->kind == LH_THREAD_END)
		join_edge(h, waiter);
	else if (w->kind == LH_ONCE || w->kind == LH_GUARD)
		initialiser_edge(h, waiter);
	else if (w->owner)
		owner_edge(h, waiter, w->owner);
}

/* ---- from the library's ledger ---- */

static void holder_edges(struct lh_hang *h, uint32_t waiter, const struct lh_lock *l)
{
	struct lh_hang_thread *t = &h->thread[waiter];
	enum lh_mode wanted = LH_SITE_MODE(t->live->wait_site);

	for (uint32_t i = 0; i < h->threads; i++) {
		const struct lh_live_thread *live = h->thread[i].live;
		struct lh_held held;

		for (uint32_t k = 0; live && lh_read_held(h->ledger, live, k, &held); k++) {
			if (!lh_held_blocks(&held, t->live->wait_lock, wanted))
				continue;
			lh_hang_add_edge(h, waiter, i);
			add_hold(h, i, t->lock, lh_copy_site(&h->snapshot.copier, held.site),
				 lh_held_for(&held, NULL, h->now_ns));
		}
		if (live && i != waiter && lh_readers_queue(l, wanted) &&
		    live->wait_lock == t->live->wait_lock &&
		    LH_SITE_MODE(live->wait_site) == LH_EXCLUSIVE)
			lh_hang_add_edge(h, waiter, i);
	}
}

void lh_hang_hold_all(struct lh_hang *h)
{
	for (uint32_t i = 0; i < h->threads; i++) {
		const struct lh_live_thread *live = h->thread[i].live;
		struct lh_held held;

		for (uint32_t k = 0; live && lh_read_held(h->ledger, live, k, &held); k++)
			if (held.lock && !(held.flags & LH_HELD_IN_COND_WAIT))
				add_hold(h, i, lh_snapshot_copy_lock(&h->snapshot, held.lock),
					 lh_copy_site(&h->snapshot.copier, held.site),
					 lh_held_for(&held, NULL, h->now_ns));
	}
}

static void joined_edge(struct lh_hang *h, uint32_t waiter, lh_thread_id with)
{
	for (uint32_t i = 0; i < h->threads; i++)
		if (h->thread[i].live && h->thread[i].live->thread == with)
			add_joined(h, waiter, i);
}

/* False: the ledger does not know a holder. */
static bool edges_from_ledger(struct lh_hang *h, uint32_t waiter)
{
	const struct lh_live_thread *live = h->thread[waiter].live;
	struct lh_lock l = {0};

	if (!live || !live->wait_lock)
		return false;
	lh_read_lock(h->ledger, live->wait_lock, &l);
	if (live->wait_on == LH_WAIT_JOIN)
		joined_edge(h, waiter, live->wait_with);
	else if (live->wait_on == LH_WAIT_LOCK || live->wait_on == LH_WAIT_ONCE ||
		 (live->wait_on == LH_WAIT_SEM && !(l.flags & LH_LOCK_SIGNAL)))
		holder_edges(h, waiter, &l);
	return h->thread[waiter].n_blockers > 0;
}

/* ---- the graph ---- */

/* True if the wait can be ended by something outside of the known threads. */
static bool ends_from_outside(const struct lh_hang *h, const struct lh_hang_thread *t)
{
	if (t->foreign_tid)
		return true;
	if (t->n_blockers)
		return false;
	if (h->peek->unlisted)
		return true;
	/* A signal handler may call sem_post; what ends a wait for an unknown object is unknown. */
	return t->wait.shared ||
	       ((t->foreign_process ? t->foreign_process : h->peek)->handlers &&
		(t->wait.kind == LH_SEM || t->wait.kind == LH_FUTEX || t->wait.kind == LH_NOTHING));
}

/* Any thread may post a semaphore: a wait with known holders counts only after a second. */
static bool may_be_posted(const struct lh_hang_thread *t)
{
	return t->wait.kind == LH_SEM && t->n_blockers && t->ns && t->ns < SECOND;
}

static void fill_wait_node(const struct lh_hang *h, uint32_t i)
{
	const struct lh_hang_thread *t = &h->thread[i];
	struct lh_wait_node *n = &h->node[i];

	n->blockers = t->blockers;
	n->n_blockers = t->n_blockers;
	n->waits = t->waiting && t->unchanged && !t->wait.timed && !ends_from_outside(h, t) &&
		   !may_be_posted(t);
	n->one_of = t->wait.kind == LH_SEM;
	n->anyone = !t->n_blockers;
	n->lock = t->lock;
	/* an exited thread blocks its waiters forever and waits for none */
	if (t->ended || (t->task && (t->task->state == 'Z' || t->task->state == 'X')))
		n->waits = n->gone = true;
}

void lh_hang_edges(struct lh_hang *h)
{
	uint32_t n = h->threads; /* threads that have ended are added in the loop */

	h->holds = 0;
	for (uint32_t i = 0; i < n; i++) {
		struct lh_hang_thread *t = &h->thread[i];

		t->n_blockers = 0;
		t->foreign_tid = 0;
		if (t->waiting && !edges_from_ledger(h, i) && t->task && t->wait.kind)
			edges_from_bytes(h, i);
	}
	lh_hang_solve(h);
}

void lh_hang_solve(struct lh_hang *h)
{
	h->node = lh_arena_alloc(h->arena, (h->threads + 1) * sizeof(*h->node));
	for (uint32_t i = 0; i < h->threads; i++)
		fill_wait_node(h, i);
	h->cycles = lh_wait_graph_solve(h->node, h->threads);
	h->all_blocked = true;
	for (uint32_t i = 0; i < h->threads; i++)
		h->all_blocked &= h->node[i].deadlocked || h->thread[i].foreign_process;
}
