/*
 * wait_cycle.c — the rule deadlock: does the wait that begins now close a cycle of waiting threads?
 *
 * Follows the wait-for graph from the calling thread: the holders of its lock, the locks that these
 * wait for, and so on, until the search returns to the calling thread or reaches threads that can
 * continue. Only waits without a time limit count, and no wait that a pending cancellation ends.
 *
 * The result is consistent although no thread is stopped: a hold is recorded after the lock was
 * acquired and removed before the lock is released, so a thread with a recorded hold does hold the
 * lock; and a thread that waits in the cycle cannot release a lock meanwhile. A second search
 * checks that no wait has changed since the first.
 *
 * A semaphore ends the search, because any thread may post it; the front end finds deadlocks
 * through semaphores (tools/wait_graph/).
 */
#include "libcheck/rules/finding.h"
#include "libcheck/rules/wait_rules.h"

enum { CYCLE_MAX = 64, VISITS_MAX = 4096 };

struct link {
	uint32_t live; /* live-thread row that waits for `lock` */
	uint32_t seq;  /* number of its wait */
	lh_lock_id lock;
	uint32_t next_holder; /* first row to search next for a holder of `lock` */
};

/* The path of the depth-first search. The internal lock is held, so one is enough. */
static struct link path[CYCLE_MAX];
static uint32_t *visited; /* by live-thread row: number of the last search that visited it */
static uint32_t search;

static bool blocks(const struct lh_live_thread *live, lh_lock_id lock, enum lh_mode wanted,
		   bool queue)
{
	for (uint32_t k = 0; k < lh_held_count(live); k++)
		if (lh_held_blocks(lh_held_at(live, k), lock, wanted))
			return true;
	/* in a lock that prefers writers, a reader waits behind a queued writer */
	return queue && live->wait_lock == lock && LH_SITE_MODE(live->wait_site) == LH_EXCLUSIVE;
}

/* The next live-thread row, from `from` on, that `waiter` waits for; 0: none. */
static uint32_t next_holder(const struct lh_live_thread *waiter, const struct lh_lock *l,
			    uint32_t from)
{
	enum lh_mode wanted = LH_SITE_MODE(waiter->wait_site);
	bool queue = lh_readers_queue(l, wanted);

	if (l->kind == LH_THREAD_END)
		return from <= 1 ? LH_THREADS[waiter->wait_with].live : 0;
	if (lh_lock_may_signal(l))
		return 0;
	bool may_be_shared =
		lh_kind_acts(l->kind) == LH_RWLOCK || (l->kind == LH_CUSTOM && !l->owner);
	if (!may_be_shared) /* row 0 holds nothing */
		return from <= 1 && blocks(&LH_LIVE_THREADS[l->owner], waiter->wait_lock, wanted,
					   false)
			       ? l->owner
			       : 0;
	for (uint32_t i = from; i < lh_rows_used(LH_T_LIVE_THREAD); i++)
		if (&LH_LIVE_THREADS[i] != waiter && LH_LIVE_THREADS[i].state >= LH_LIVE_ATTACHED &&
		    blocks(&LH_LIVE_THREADS[i], waiter->wait_lock, wanted, queue))
			return i;
	return 0;
}

static bool step_to(int n, uint32_t live_row)
{
	const struct lh_live_thread *live = &LH_LIVE_THREADS[live_row];
	const struct lh_lock *l;

	if (n >= CYCLE_MAX || !lh_waits_without_limit(live))
		return false;
	l = lh_lock_row(live->wait_lock);
	if (!l || lh_wait_is_cancelled(live, l->kind))
		return false;
	path[n] = (struct link){live_row, live->wait_seq, live->wait_lock, 1};
	return true;
}

/* The length of a cycle through `start`, whose links are then in `path`; 0: there is none. */
static int find_cycle(uint32_t start)
{
	int n = 0, visits = 0;

	search++;
	if (!step_to(n++, start))
		return 0;
	while (n && visits++ < VISITS_MAX) {
		struct link *top = &path[n - 1];
		const struct lh_lock *l = lh_lock_row(top->lock);
		uint32_t holder =
			l ? next_holder(&LH_LIVE_THREADS[top->live], l, top->next_holder) : 0;
		if (!holder) {
			n--;
			continue;
		}
		top->next_holder = holder + 1;
		if (holder == start)
			return n;
		if (visited[holder] != search && step_to(n, holder))
			n++;
		visited[holder] = search;
	}
	return 0;
}

static bool is_unchanged(int n)
{
	for (int i = 0; i < n; i++) {
		const struct lh_live_thread *live = &LH_LIVE_THREADS[path[i].live];
		if (live->wait_seq != path[i].seq || live->wait_lock != path[i].lock)
			return false;
	}
	return true;
}

static lh_site site_of(const struct lh_live_thread *live, lh_lock_id lock)
{
	for (uint32_t k = 0; k < lh_held_count(live); k++)
		if (lh_held_at(live, k)->lock == lock)
			return lh_held_at(live, k)->site;
	return 0;
}

/*
 * path[i] waits for a lock that path[i + 1] holds. The steps begin at the thread with the smallest
 * number, so the finding does not depend on which thread closed the cycle.
 */
static uint32_t report(int n, lh_thread_id closer)
{
	struct lh_finding_draft *draft = lh_finding_begin(LH_RULE_DEADLOCK, LH_HAPPENED, closer);
	int first = 0;

	for (int i = 1; i < n; i++)
		if (LH_LIVE_THREADS[path[i].live].thread < LH_LIVE_THREADS[path[first].live].thread)
			first = i;
	for (int i = 0; i < n; i++) {
		const struct link *x = &path[(first + i) % n],
				  *before = &path[(first + i + n - 1) % n];
		const struct lh_live_thread *live = &LH_LIVE_THREADS[x->live];
		const struct lh_lock *l = lh_lock_row(before->lock);
		lh_site held = site_of(live, before->lock);
		/* a thread's end is held at no site */
		if (held || (l && l->kind == LH_THREAD_END))
			lh_finding_add_step(draft, live->thread, before->lock, held, LH_HOLDS);
		lh_finding_add_step(draft, live->thread, x->lock, live->wait_site,
				    live->wait_on == LH_WAIT_JOIN ? LH_JOINS : LH_WAITS_FOR);
	}
	return lh_finding_commit(draft, LH_F_NONE);
}

uint32_t lh_wait_cycle_check(struct lh_self *self)
{
	int n;

	if (!visited)
		return 0;
	n = find_cycle(self->number);
	if (n < 2 || !is_unchanged(n) || find_cycle(self->number) != n)
		return 0;
	return report(n, self->live_saved->thread);
}

bool lh_wait_cycle_init(void)
{
	visited = lh_private_alloc((size_t)lh_rows_max(LH_T_LIVE_THREAD) * sizeof(*visited));
	search = lh_deadlocks_open = 0;
	return visited != NULL;
}
