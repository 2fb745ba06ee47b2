/*
 * merge.c — process-shared locks: merges the wait-for graphs of the processes that share them.
 *
 * The owner of a process-shared lock may be a thread of another process, and wait there for a lock
 * that this process holds. Each process that maps the same memory is inspected by itself; then all
 * of them once more together: first the locks of all, then which threads have moved. So at one
 * moment all these threads slept, and the locks were read while they did.
 *
 * - Two locks are one if they lie in the same memory (device, inode, offset), as the mappings say
 *   now.
 * - The owner's tid in the lock's bytes must belong to exactly one thread of these processes.
 *   Readers, and owners of locks that store no owner, are known only where the library is present.
 * - Threads of other processes become threads of this inspection, with rows in its snapshot. At
 *   most LH_HANG_PROCESSES_MAX processes, and only threads that wait or hold.
 */
#include "tools/process/proc.h"
#include "tools/wait_graph/merge.h"

/* ---- who holds what across processes ---- */

struct link {
	uint32_t process, thread; /* of the waiter */
	uint32_t holder_process, holder;
};

/* False: no thread of another process is the owner, or more than one may be. */
static bool find_owner(const struct lh_hang_processes *all, struct lh_shm_key at, pid_t owner,
		       struct link *found)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < all->n; i++) {
		uint32_t k = i == found->process || all->ended[i]
				     ? UINT32_MAX
				     : lh_hang_task(all->process[i], owner);
		bool maps = false;

		for (uint32_t j = 0; k != UINT32_MAX && j < all->process[i]->peek->maps; j++)
			maps |= lh_shm_key_same_object(
				lh_shm_key_of_map(&all->process[i]->peek->map[j]), at);
		if (!maps)
			continue;
		found->holder_process = i;
		found->holder = k;
		n++;
	}
	return n == 1;
}

/* Unwinds a holder that is not in a known wait: its stack shows what it does. */
static void unwind_holder(struct lh_hang *s, uint32_t thread)
{
	struct lh_hang_thread *t = &s->thread[thread];

	if (t->waiting || t->stack || !t->task || s->peek->no_access || t->task->unwound)
		return;
	lh_hang_unwind(s, t);
	t->stack = lh_snapshot_put_stack(&s->snapshot, s->peek, t->task, 0);
}

static void add_hold(struct lh_hang *s, uint32_t thread, enum lh_kind kind, uint64_t address)
{
	struct lh_hang_hold hold = {.thread = thread,
				    .lock = lh_snapshot_put_lock(&s->snapshot, kind, address, 0)};

	if (hold.lock && !lh_hang_hold_of(s, thread, hold.lock))
		LH_PUSH(s->arena, s->hold, s->holds, hold);
	unwind_holder(s, thread);
}

/* The address of the lock in this process. 0: not mapped, or only in part. */
static uint64_t address_in(const struct lh_hang *s, struct lh_shm_key at)
{
	for (uint32_t i = 0; i < s->peek->maps; i++) {
		const struct lh_peek_map *m = &s->peek->map[i];

		if (lh_shm_key_same_object(lh_shm_key_of_map(m), at) && at.offset >= m->offset &&
		    at.offset - m->offset < m->end - m->start)
			return m->start + at.offset - m->offset;
	}
	return 0;
}

/* True if the holder holds the lock in a mode that blocks the waiter. */
static bool blocks(const struct lh_hang *s, const struct lh_hang_thread *holder,
		   const struct lh_hang_thread *waiter, struct lh_shm_key at)
{
	const struct lh_live_thread *live = holder->live;
	struct lh_held held;
	struct lh_lock l;

	for (uint32_t k = 0; live && lh_read_held(s->ledger, live, k, &held); k++) {
		if (!held.lock || held.flags & LH_HELD_IN_COND_WAIT ||
		    !lh_read_lock(s->ledger, held.lock, &l) || l.kind != waiter->wait.kind ||
		    !(l.flags & LH_LOCK_PSHARED) || l.flags & LH_LOCK_SIGNAL)
			continue;
		if (waiter->wait.mode == LH_SHARED && LH_SITE_MODE(held.site) == LH_SHARED)
			continue;
		if (lh_shm_key_equal(lh_shm_key_of_lock(s, l.address, held.lock), at))
			return true;
	}
	return false;
}

static void find_links(struct lh_hang_processes *all, uint32_t process, uint32_t thread,
		       struct link **list, uint32_t *n)
{
	struct lh_hang *h = all->process[0], *s = all->process[process];
	const struct lh_hang_thread *t = &s->thread[thread];
	struct lh_shm_key at = lh_hang_wanted_key(s, t);
	struct link found = {.process = process, .thread = thread};

	if (t->foreign_tid) {
		if (!find_owner(all, at, t->foreign_tid, &found))
			return;
		s = all->process[found.holder_process];
		add_hold(s, found.holder, t->wait.kind, address_in(s, at));
		LH_PUSH(h->arena, *list, *n, found);
		return;
	}
	for (uint32_t i = 0; i < all->n; i++)
		for (uint32_t k = 0; i != process && !all->ended[i] && k < all->process[i]->threads;
		     k++)
			if (blocks(all->process[i], &all->process[i]->thread[k], t, at)) {
				found.holder_process = i;
				found.holder = k;
				unwind_holder(all->process[i], k);
				LH_PUSH(h->arena, *list, *n, found);
			}
}

/* Finds owners of whose tid no thread exists. */
static void find_gone_owners(struct lh_hang *s)
{
	for (uint32_t i = 0; i < s->threads; i++) {
		pid_t owner = s->thread[i].foreign_tid;

		s->thread[i].owner_gone = owner && lh_proc_is_gone(owner);
	}
}

static void merge(struct lh_hang *h)
{
	struct lh_hang_processes *all = h->processes;
	struct link *link = NULL;
	uint32_t links = 0;

	for (uint32_t i = 1; i < all->n; i++)
		find_gone_owners(all->process[i]);
	for (uint32_t i = 0; i < all->n; i++)
		for (uint32_t k = 0; !all->ended[i] && k < all->process[i]->threads; k++)
			if (lh_hang_owner_unknown(&all->process[i]->thread[k]))
				find_links(all, i, k, &link, &links);
	for (uint32_t i = 1; i < all->n; i++)
		if (!all->ended[i])
			lh_hang_merge_process(h, i);
	for (uint32_t i = 0; i < links; i++) {
		uint32_t waiter = all->at[link[i].process][link[i].thread],
			 blocker = all->at[link[i].holder_process][link[i].holder];

		if (waiter == UINT32_MAX || blocker == UINT32_MAX)
			continue;
		h->thread[waiter].foreign_tid = 0;
		lh_hang_add_edge(h, waiter, blocker);
	}
	lh_hang_solve(h);
}

/* ---- text ---- */

const char *lh_hang_address_text(const struct lh_hang *h, struct lh_arena *arena, uint64_t address)
{
	uint32_t process = (uint32_t)(address >> LH_READ_ADDRESS_BITS);
	const struct lh_hang *s = process && h->processes && process < h->processes->n
					  ? h->processes->process[process]
					  : h;
	uint64_t at = lh_read_address(address);
	const struct lh_peek_map *m = lh_peek_map_at(s->peek, at);
	const char *text = lh_arena_printf(arena, "%#llx", (unsigned long long)at);

	if (s != h)
		text = lh_arena_printf(arena, "%s of process %d", text, s->peek->pid);
	if (!m || !m->shared)
		return text;
	return lh_arena_printf(arena, "%s, %#llx in the shared memory %s", text,
			       (unsigned long long)(at - m->start + m->offset), m->path);
}

/* ---- the merge ---- */

static void alloc_indices(struct lh_hang *h)
{
	struct lh_hang_processes *all = h->processes;

	for (uint32_t i = 0; i < all->n; i++) {
		uint32_t n = all->process[i]->threads + 1;

		all->at[i] = lh_arena_alloc(h->arena, n * sizeof(**all->at));
		for (uint32_t k = 0; k < n; k++)
			all->at[i][k] = i ? UINT32_MAX : k;
	}
}

static bool has_unknown_owner(const struct lh_hang *s)
{
	for (uint32_t i = 0; i < s->threads; i++)
		if (lh_hang_owner_unknown(&s->thread[i]))
			return true;
	return false;
}

uint32_t lh_hang_merge_processes(struct lh_hang *h)
{
	struct lh_hang_processes *all;

	if (h->peek->core || !has_unknown_owner(h))
		return 0;
	h->processes = all = lh_arena_alloc(h->arena, sizeof(*all));
	all->process[all->n++] = h;
	lh_hang_find_processes(all);
	find_gone_owners(h);
	if (all->n == 1)
		return 0;
	if (!lh_hang_inspect_all(all))
		return UINT32_MAX;
	alloc_indices(h);
	merge(h);
	return all->n - 1;
}

void lh_hang_drop_processes(struct lh_hang *h)
{
	for (uint32_t i = 1; h->processes && i < h->processes->n; i++) {
		struct lh_peek *p = h->processes->process[i]->peek;

		lh_hang_close(h->processes->process[i]);
		lh_peek_close(p);
	}
	h->processes = NULL;
}
