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
 * must find the same waits.
 *
 * A semaphore ends the search, because any thread may post it; the front end finds deadlocks
 * through semaphores (tools/wait_graph/).
 */
#include "libcheck/rules/finding.h"
#include "libcheck/rules/wait_rules.h"

enum { CYCLE_MAX = 64, VISITS_MAX = 4096 };
/* Of a search without the internal lock: what it does not find within these bounds, the other
 * search decides. */
enum { SHORT_CYCLE = 12, FEW_VISITS = 64 };

struct link {
	uint32_t live; /* live-thread row that waits for `lock` */
	uint32_t seq;  /* number of its wait */
	lh_lock_id lock;
	uint32_t next_holder; /* first row to search next for a holder of `lock` */
};

/* A depth-first search, and the path to where it is. */
struct search {
	struct link *path;
	int longest, visits;
	uint32_t *
		visited; /* by live-thread row: `number` if this search visited it; NULL: unknown */
	uint32_t number;
	bool cut; /* a bound was reached */
};

/* Under the internal lock there is one search at a time. */
static struct link path[CYCLE_MAX];
static uint32_t *visited, searches;

static bool blocks(const struct lh_live_thread *live, lh_lock_id lock, enum lh_mode wanted,
		   bool queue)
{
	for (uint32_t k = 0; k < lh_held_count(live); k++)
		if (lh_held_blocks(lh_held_at(live, k), lock, wanted))
			return true;
	/* in a lock that prefers writers, a reader waits behind a queued writer */
	return queue && live->wait_lock == lock && LH_SITE_MODE(live->wait_site) == LH_EXCLUSIVE;
}

/* The next live-thread row, from `from` on, that waits and that `waiter` waits for; 0: none. */
static uint32_t next_holder(const struct lh_live_thread *waiter, const struct lh_lock *l,
			    lh_lock_id lock, uint32_t from)
{
	enum lh_mode wanted = LH_SITE_MODE(waiter->wait_site);
	bool queue = lh_readers_queue(l, wanted);
	uint32_t owner = l->owner;

	if (l->kind == LH_THREAD_END)
		return from <= 1 ? LH_THREADS[l->initial].live : 0;
	if (lh_lock_may_signal(l))
		return 0;
	bool may_be_shared = lh_kind_acts(l->kind) == LH_RWLOCK || (l->kind == LH_CUSTOM && !owner);
	if (!may_be_shared) /* row 0 holds nothing */
		return from <= 1 && blocks(&LH_LIVE_THREADS[owner], lock, wanted, false) ? owner
											 : 0;
	for (uint32_t i = from; i < lh_rows_used(LH_T_LIVE_THREAD); i++) {
		const struct lh_live_thread *live = &LH_LIVE_THREADS[i];
		if (live != waiter && live->wait_lock && live->state >= LH_LIVE_ATTACHED &&
		    blocks(live, lock, wanted, queue))
			return i;
	}
	return 0;
}

static bool step_to(struct search *s, int n, uint32_t live_row)
{
	const struct lh_live_thread *live = &LH_LIVE_THREADS[live_row];
	uint32_t seq = __atomic_load_n(&live->wait_seq, __ATOMIC_ACQUIRE);
	lh_lock_id lock = __atomic_load_n(&live->wait_lock, __ATOMIC_ACQUIRE);
	const struct lh_lock *l = lh_lock_row(lock);

	if (!l || !lh_waits_without_limit(live) || lh_wait_is_cancelled(live, l->kind))
		return false;
	s->cut |= n >= s->longest;
	if (n >= s->longest)
		return false;
	s->path[n] = (struct link){live_row, seq, lock, 1};
	return true;
}

/* False: this search has been there. */
static bool visit(const struct search *s, uint32_t live_row)
{
	if (!s->visited)
		return true;
	bool fresh = s->visited[live_row] != s->number;
	s->visited[live_row] = s->number;
	return fresh;
}

/* The length of a cycle through `start`, whose links are then in the path; 0: there is none. */
static int find_cycle(struct search *s, uint32_t start)
{
	int n = 0, visits = 0;

	if (!step_to(s, n++, start))
		return 0;
	while (n && visits++ < s->visits) {
		struct link *top = &s->path[n - 1];
		const struct lh_lock *l = lh_lock_row(top->lock);
		uint32_t holder =
			l ? next_holder(&LH_LIVE_THREADS[top->live], l, top->lock, top->next_holder)
			  : 0;
		if (!holder) {
			n--;
			continue;
		}
		top->next_holder = holder + 1;
		if (holder == start)
			return n;
		if (visit(s, holder) && step_to(s, n, holder))
			n++;
	}
	s->cut |= n > 0;
	return 0;
}

static int find_cycle_locked(uint32_t start)
{
	struct search s = {path, CYCLE_MAX, VISITS_MAX, visited, ++searches, false};

	return find_cycle(&s, start);
}

/* Are these the waits of the last search? */
static bool is_path(const struct link *before, int n)
{
	for (int i = 0; i < n; i++)
		if (path[i].live != before[i].live || path[i].seq != before[i].seq ||
		    path[i].lock != before[i].lock)
			return false;
	return true;
}

/*
 * The length of a cycle that two searches found, one after the other: each of its waits has lasted
 * from the one to the other, and each hold was seen meanwhile. A search that other threads misled,
 * because they went on, is followed by another one.
 */
static int find_lasting_cycle(uint32_t start)
{
	enum { SEARCHES_MAX = 32 };
	static struct link before[CYCLE_MAX];
	int n = find_cycle_locked(start);

	for (int i = 0; n && i < SEARCHES_MAX; i++) {
		int last = n;
		__builtin_memcpy(before, path, (size_t)n * sizeof(*path));
		n = find_cycle_locked(start);
		if (n == last && is_path(before, n))
			return n;
	}
	return 0;
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

/* Two threads that announce their waits at once may both see the cycle; the first one has reported
 * it. */
static bool is_reported(const struct lh_live_thread *live)
{
	return lh_deadlocks_open && lh_deadlock_has_wait(live->thread, live->wait_lock);
}

uint32_t lh_wait_cycle_check(struct lh_self *self)
{
	int n;

	if (!visited)
		return 0;
	n = find_lasting_cycle(self->number);
	if (n < 2 || is_reported(self->live_saved))
		return 0;
	return report(n, self->live_saved->thread);
}

bool lh_wait_may_close_cycle(const struct lh_self *self)
{
	struct link few[SHORT_CYCLE];
	struct search s = {few, SHORT_CYCLE, FEW_VISITS, NULL, 0, false};

	return find_cycle(&s, self->number) || s.cut;
}

bool lh_wait_cycle_init(void)
{
	visited = lh_private_alloc((size_t)lh_rows_max(LH_T_LIVE_THREAD) * sizeof(*visited));
	searches = lh_deadlocks_open = 0;
	return visited != NULL;
}
