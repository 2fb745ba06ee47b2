/* hang.c — inspects one process: its threads and their waits, from the ledger and from the system
 * calls, in two scans. */
#include "libcheck/rules/wait_rules.h"
#include "tools/wait_graph/hang.h"
#include "tools/process/ledger_of_process.h"
#include "tools/process/peek_python.h"
#include "tools/process/syscall_text.h"
#include "tools/util/progress.h"
#include "tools/util/time.h"

#include <stdio.h>
#include <string.h>

enum {
	BETWEEN_MS = 50,
	RESTING_MS = 10,
	SEMAPHORE_MS = 1000,
	STARVED_MAX = LH_HANG_STARVED_S * 1000 / RESTING_MS
};

/* ---- the first scan ---- */

static void pause_between(unsigned ms)
{
	struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};

	while (nanosleep(&t, &t) != 0)
		;
}

static uint64_t ledger_now(const struct lh_ledger_view *r)
{
	return lh_time_now() - r->head.start_ns;
}

static const struct lh_live_thread *live_of(const struct lh_live_thread *list, uint32_t n,
					    pid_t own_tid)
{
	for (uint32_t i = 1; i < n; i++)
		if (list[i].state == LH_LIVE_ATTACHED && list[i].tid == own_tid)
			return &list[i];
	return NULL;
}

/* Copies all live-thread rows; the copies of the scan before are kept. */
static void copy_live_threads(struct lh_hang *h)
{
	h->before = h->live;
	h->n_before = h->live_threads;
	h->live_threads = lh_read_used(h->ledger, LH_T_LIVE_THREAD);
	h->live = lh_arena_alloc(h->arena, (h->live_threads + 1) * sizeof(*h->live));
	for (uint32_t i = 1; i < h->live_threads; i++)
		lh_read_live_thread(h->ledger, i, &h->live[i]);
}

/* A semaphore gets more time, because a thread may post it at any moment. */
static unsigned pause_for(const struct lh_hang *h)
{
	uint64_t now = h->ledger ? ledger_now(h->ledger) : 0;
	struct lh_lock l;

	for (uint32_t i = 1; i < h->live_threads; i++)
		if (h->live[i].state == LH_LIVE_ATTACHED &&
		    lh_read_lock(h->ledger, h->live[i].wait_lock, &l) && l.kind == LH_SEM &&
		    !(l.flags & LH_LOCK_SIGNAL) &&
		    now - h->live[i].wait_since_ns < SEMAPHORE_MS * 1000000ull)
			return SEMAPHORE_MS;
	return BETWEEN_MS;
}

/* ---- threads ---- */

static lh_thread_id thread_row(struct lh_hang *h, const struct lh_peek_task *k,
			       const struct lh_live_thread *live)
{
	if (live && live->thread && live->thread < h->snapshot.rows.table[LH_T_THREAD].used) {
		struct lh_thread *row = lh_snapshot_row(&h->snapshot, LH_T_THREAD, live->thread);

		if (!(row->flags & LH_THREAD_NAMED) || strcmp(k->name, h->peek->comm) != 0)
			memcpy(row->name, k->name, sizeof(row->name)); /* the current name */
		return live->thread;
	}
	return lh_snapshot_put_thread(&h->snapshot, k->tid, k->name,
				      k->tid == h->peek->pid ? LH_THREAD_MAIN : 0);
}

static void add_threads(struct lh_hang *h)
{
	const struct lh_peek *p = h->peek;

	/* The main thread first, whatever its tid. */
	for (int others = 0; others < 2; others++)
		for (uint32_t i = 0; i < p->tasks; i++) {
			const struct lh_peek_task *k = &p->task[i];
			struct lh_hang_thread t = {.tid = k->tid, .task = k};

			if ((k->tid != p->pid) != others)
				continue;
			t.live = h->ledger ? live_of(h->live, h->live_threads, k->own_tid) : NULL;
			t.id = thread_row(h, k, t.live);
			LH_PUSH(h->arena, h->thread, h->threads, t);
		}
}

/* ---- waits ---- */

/* The lock of a wait: the library's row if there is one; otherwise our own row, by address. */
static lh_lock_id lock_row(struct lh_hang *h, const struct lh_hang_wait *w, lh_stack_id stack)
{
	uint32_t n = h->ledger ? lh_read_used(h->ledger, LH_T_LOCK) : 0;
	struct lh_lock l, *fresh;
	lh_lock_id id;

	for (uint32_t i = 1; i < n; i++)
		if (lh_read_lock_row(h->ledger, i, &l) && l.address == w->address &&
		    l.kind == w->kind)
			return lh_snapshot_copy_lock(&h->snapshot, LH_LOCK_ID(i, l.gen));
	if (w->kind == LH_THREAD_END)
		return 0;
	id = lh_snapshot_put_lock(&h->snapshot, w->kind, w->address, w->flags);
	fresh = w->kind == LH_FUTEX ? lh_snapshot_row(&h->snapshot, LH_T_LOCK, LH_LOCK_ROW(id))
				    : NULL;
	if (fresh && !fresh->first_stack)
		fresh->first_stack = stack; /* tells the lock behind the word */
	return id;
}

static void wait_from_ledger(struct lh_hang *h, struct lh_hang_thread *t,
			     const struct lh_live_thread *before)
{
	const struct lh_live_thread *live = t->live;
	struct lh_lock l = {0};

	lh_read_lock(h->ledger, live->wait_lock, &l);
	t->waiting = true;
	t->unchanged = before && before->wait_seq == live->wait_seq &&
		       (before->wait_lock == live->wait_lock ||
			(before->wait_on == LH_WAIT_COND && before->wait_with == live->wait_lock));
	t->wait.kind = live->wait_on == LH_WAIT_JOIN ? LH_THREAD_END : (enum lh_kind)l.kind;
	t->wait.mode = LH_SITE_MODE(live->wait_site);
	t->wait.timed = LH_SITE_HOW(live->wait_site) != LH_BLOCKING;
	t->wait.shared |= (l.flags & LH_LOCK_PSHARED) != 0;
	t->wait.address = l.address;
	t->wait.flags = l.flags;
	t->ns = lh_time_between(h->now_ns, live->wait_since_ns);
	t->lock = lh_snapshot_copy_lock(&h->snapshot, live->wait_lock);
	if (!t->stack)
		t->stack = lh_copy_stack(&h->snapshot.copier, LH_SITE_STACK(live->wait_site));
	t->site = LH_SITE(t->stack, LH_SITE_HOW(live->wait_site), t->wait.mode);
}

/* As in the library's stacks: starts at the caller of the lock function, if it is known. */
static uint32_t first_shown(const struct lh_peek_task *k, const struct lh_hang_wait *w)
{
	if (!w->called)
		return 0;
	return w->kind != LH_NOTHING && w->call + 1 < k->frames ? w->call + 1 : w->call;
}

static void wait_from_task(struct lh_hang *h, struct lh_hang_thread *t)
{
	const struct lh_peek_task *k = t->task;

	t->waiting = lh_hang_wait_of(h->peek, k, &t->wait);
	t->unchanged = k->unchanged;
	t->doing = t->waiting ? NULL : lh_thread_activity(h->peek, k);
	if (!t->stack && k->frames)
		t->stack =
			lh_snapshot_put_stack(&h->snapshot, h->peek, k, first_shown(k, &t->wait));
	if (t->waiting && t->wait.kind != LH_NOTHING)
		t->lock = lock_row(h, &t->wait, t->stack);
	t->site = LH_SITE(t->stack, t->wait.timed ? LH_TIMED : LH_BLOCKING, t->wait.mode);
}

/* A cancellation has ended the wait of the row, and the thread does something else. */
static bool is_cancelled(const struct lh_hang *h, const struct lh_hang_thread *t)
{
	struct lh_lock l = {0};

	lh_read_lock(h->ledger, t->live->wait_lock, &l);
	return !h->peek->no_access && !t->waiting &&
	       lh_wait_is_cancelled(t->live, (enum lh_kind)l.kind);
}

/* The bytes show that the thread waits for the mutex of the condition again; the row does not. */
static void notice_mutex(struct lh_hang *h, const struct lh_hang_thread *t)
{
	struct lh_live_thread *live = &h->live[t->live - h->live];
	struct lh_lock m;

	if (live->wait_on == LH_WAIT_COND && t->waiting && lh_kind_acts(t->wait.kind) == LH_MUTEX &&
	    lh_read_lock(h->ledger, live->wait_with, &m) && t->wait.address == lh_lock_address(&m))
		lh_wait_is_for_mutex(live);
}

static void read_waits(struct lh_hang *h)
{
	for (uint32_t i = 0; i < h->threads; i++) {
		struct lh_hang_thread *t = &h->thread[i];

		if (t->ended)
			continue;
		t->lock = 0;
		if (!h->peek->no_access)
			wait_from_task(h, t);
		if (t->live && t->live->wait_lock)
			notice_mutex(h, t);
		if (t->live && t->live->wait_lock && !is_cancelled(h, t))
			wait_from_ledger(h, t, live_of(h->before, h->n_before, t->live->tid));
	}
}

/* ---- stacks ---- */

bool lh_hang_waits_without_limit(const struct lh_hang_thread *t)
{
	return t->waiting && t->unchanged && !t->wait.timed;
}

static bool is_awaited(const struct lh_hang *h, uint32_t thread)
{
	for (uint32_t i = 0; i < h->threads; i++)
		for (uint32_t k = 0;
		     lh_hang_waits_without_limit(&h->thread[i]) && k < h->thread[i].n_blockers; k++)
			if (h->thread[i].blockers[k] == thread)
				return true;
	return false;
}

/* Two words of a condition, 8 bytes together, serve its waiters in turn. */
static bool same_object(const struct lh_hang_thread *a, const struct lh_hang_thread *b)
{
	if (a->live && b->live && a->live->wait_lock && b->live->wait_lock)
		return a->live->wait_lock == b->live->wait_lock;
	return a->task && b->task && a->task->arg[0] >> 3 == b->task->arg[0] >> 3;
}

/* Threads that share their wait are a pool, most likely, and wait for work. */
bool lh_hang_may_be_lost(const struct lh_hang *h, uint32_t thread)
{
	const struct lh_hang_thread *t = &h->thread[thread];

	if (!lh_hang_waits_without_limit(t) || t->foreign_process)
		return false;
	if (is_awaited(h, thread))
		return true;
	for (uint32_t i = 0; i < h->threads; i++)
		if (i != thread && lh_hang_waits_without_limit(&h->thread[i]) &&
		    same_object(&h->thread[i], t))
			return false;
	return true;
}

/* Stopping threads is only worth it if a deadlock looks possible: idle threads wait for work, and
 * joins for long jobs. */
static bool may_be_stuck(const struct lh_hang *h)
{
	for (uint32_t i = 0; i < h->threads; i++)
		if (h->node[i].deadlocked ||
		    (h->thread[i].unchanged && (lh_kind_acts(h->thread[i].wait.kind) == LH_MUTEX ||
						lh_kind_acts(h->thread[i].wait.kind) == LH_RWLOCK)))
			return true;
	return false;
}

static bool has_initialiser(const struct lh_hang *h)
{
	for (uint32_t i = 0; i < h->threads; i++)
		if (!h->thread[i].live &&
		    (h->thread[i].wait.kind == LH_ONCE || h->thread[i].wait.kind == LH_GUARD))
			return true;
	return false;
}

/* False for a wait that the ledger knows: the ledger has its stack. */
static bool lacks_stack(const struct lh_hang *h, uint32_t i)
{
	const struct lh_hang_thread *t = &h->thread[i];

	return !t->ended && !t->task->unwound && !(t->live && t->live->wait_lock);
}

/* Keeps the end of a long name, as the library does: it tells a pool's threads apart. */
static void set_name(struct lh_thread *row, const char *name)
{
	size_t n = strlen(name), most = sizeof(row->name) - 1;

	if (n <= most) {
		snprintf(row->name, sizeof(row->name), "%s", name);
		return;
	}
	for (name += n - (most - 3); (*name & 0xc0) == 0x80; name++)
		; /* not from the middle of a letter */
	snprintf(row->name, sizeof(row->name), "...%s", name);
}

void lh_hang_unwind(struct lh_hang *h, const struct lh_hang_thread *t)
{
	struct lh_peek_task *task = lh_peek_find(h->peek, t->task->own_tid);

	lh_peek_unwind(h->peek, task);
	lh_peek_read_scripts(h->peek, task);
	bool unnamed = !task->name[0] || strcmp(task->name, h->peek->comm) == 0;
	if (!h->ledger && t->id && task->script_name && unnamed)
		set_name(lh_snapshot_row(&h->snapshot, LH_T_THREAD, t->id), task->script_name);
}

static void unwind(struct lh_hang *h, bool all)
{
	for (uint32_t i = 0; i < h->threads; i++) {
		if (h->peek->core) /* of a live process a monitor's thread may be the caller */
			lh_progress_step("thread", i + 1, h->threads);
		if (lacks_stack(h, i) && (all || h->thread[i].waiting || lh_hang_holds(h, i)))
			lh_hang_unwind(h, &h->thread[i]);
	}
}

static bool shares_wait_of_awaited(const struct lh_hang *h, uint32_t thread)
{
	for (uint32_t i = 0; i < h->threads; i++)
		if (lh_hang_waits_without_limit(&h->thread[thread]) && is_awaited(h, i) &&
		    lh_hang_waits_without_limit(&h->thread[i]) &&
		    same_object(&h->thread[i], &h->thread[thread]))
			return true;
	return false;
}

/* Nothing is deadlocked, but a wake-up may have been lost: shows where a thread waits without a
 * limit that another thread waits for, or that does not share its wait. False: there is none. */
static bool unwind_waiters(struct lh_hang *h)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < h->threads && n < LH_HANG_WAITERS_MAX; i++)
		if (lacks_stack(h, i) &&
		    (lh_hang_may_be_lost(h, i) || shares_wait_of_awaited(h, i))) {
			lh_hang_unwind(h, &h->thread[i]);
			n++;
		}
	return n > 0;
}

static bool still_waits(const struct lh_hang *h, const struct lh_hang_thread *t)
{
	return t->wait.kind == LH_GIL && !h->peek->core
		       ? lh_peek_gil_is_unchanged(h->peek, t->wait.address)
		       : t->task->unchanged;
}

/* The locks' bytes are read between two scans of the waiters. A copy of the ledger needs no second
 * scan: a thread's held locks are in the same row as its wait. */
bool lh_hang_is_unchanged(struct lh_hang *h)
{
	if (!lh_peek_rescan(h->peek))
		return false;
	for (uint32_t i = 0; i < h->threads; i++)
		if (h->thread[i].task && !(h->thread[i].live && h->thread[i].live->wait_lock))
			h->thread[i].unchanged = still_waits(h, &h->thread[i]);
	lh_hang_edges(h);
	return true;
}

static bool solve(struct lh_hang *h)
{
	read_waits(h);
	return lh_hang_is_unchanged(h);
}

/* Solves the graph from the bytes alone; if a deadlock looks possible, unwinds stacks and solves it
 * again. */
static bool solve_twice(struct lh_hang *h, bool all)
{
	if (!solve(h))
		return false;
	if (h->peek->no_access)
		return true;
	if (all || may_be_stuck(h))
		unwind(h, all);
	else if (!unwind_waiters(h))
		return true;
	read_waits(h);
	if (has_initialiser(h))
		unwind(h, true);
	lh_peek_read_gils(h->peek);
	if (!lh_peek_scan(h->peek))
		return false;
	if (!h->peek->core)
		pause_between(RESTING_MS);
	if (!solve(h))
		return false;
	if (all || may_be_stuck(h))
		unwind(h, all); /* holders that were found only now */
	for (uint32_t i = 0; i < h->threads; i++)
		if (h->thread[i].task && !h->thread[i].waiting && !h->thread[i].stack)
			wait_from_task(h, &h->thread[i]);
	return true;
}

/* ---- the inspection ---- */

static void fill_head(struct lh_hang *h)
{
	const struct lh_peek *p = h->peek;
	struct lh_ledger *l = &h->snapshot.head;

	if (h->ledger) {
		lh_snapshot_copy_all(&h->snapshot, h->ledger);
	} else {
		l->pid = p->pid;
		l->end = p->core ? LH_END_UNKNOWN : LH_END_RUNNING;
		strncpy(l->exe, p->exe, sizeof(l->exe) - 1);
		strncpy(l->command, p->command, sizeof(l->command) - 1);
		memcpy(l->comm, p->comm, sizeof(l->comm));
	}
	lh_snapshot_put_modules(&h->snapshot, p);
}

/* Copies the view; the rows of a ledger that the caller passed stay where they are. */
static bool open_ledger(struct lh_ledger_view *r, const struct lh_peek *p,
			const struct lh_ledger_view *given)
{
	if (!given)
		return lh_ledger_of_process(r, p, UINT32_MAX);
	*r = *given;
	r->copied = false;
	lh_read_refresh(r);
	return true;
}

static bool scan_again(struct lh_hang *h, const struct lh_ledger_view *given)
{
	struct lh_ledger_view second;

	if (!h->ledger)
		return true;
	if (!open_ledger(&second, h->peek, given))
		return false;
	lh_read_drop(h->ledger);
	*h->ledger = second;
	copy_live_threads(h);
	h->now_ns = ledger_now(h->ledger);
	return true;
}

/* Capacity for the modules of the process and of the ledger: frames of the ledger name its own. */
static void make_snapshot(struct lh_hang *h)
{
	uint32_t modules =
		h->peek->modules + (h->ledger ? lh_read_used(h->ledger, LH_T_MODULE) : 0);
	uint32_t threads = h->ledger ? lh_read_used(h->ledger, LH_T_THREAD) : 0;

	lh_snapshot_make(&h->snapshot, h->arena, threads + h->peek->tasks, modules);
}

bool lh_hang_inspect(struct lh_hang *h, struct lh_peek *p, const struct lh_ledger_view *ledger,
		     bool all)
{
	struct lh_ledger_view *view;

	memset(h, 0, sizeof(*h));
	h->arena = lh_arena_new();
	h->peek = p;
	lh_peek_objects(p);
	lh_peek_read_gils(p);
	view = lh_arena_alloc(h->arena, sizeof(*view));
	if (open_ledger(view, p, ledger)) {
		h->ledger = view;
		copy_live_threads(h);
	} else if (p->no_access) {
		return false;
	}
	if (!p->core)
		pause_between(pause_for(h));
	for (int i = 0; i < STARVED_MAX && lh_peek_is_starved(p); i++)
		pause_between(RESTING_MS);
	if (!scan_again(h, ledger))
		return false;
	make_snapshot(h);
	fill_head(h);
	add_threads(h);
	if (!solve_twice(h, all))
		return false;
	lh_hang_hold_all(h);
	lh_hang_read_signals(h);
	return true;
}

bool lh_hang_inspect_again(struct lh_hang *h)
{
	if (!scan_again(h, NULL))
		return false;
	for (uint32_t i = 0; i < h->threads; i++)
		if (h->ledger && h->thread[i].task)
			h->thread[i].live =
				live_of(h->live, h->live_threads, h->thread[i].task->own_tid);
	read_waits(h);
	return true;
}

/* ---- from a ledger alone ---- */

/* Makes a task for each thread that is alive in the ledger. */
static void add_live_tasks(struct lh_hang *h)
{
	struct lh_thread row;

	for (uint32_t i = 1; i < h->live_threads; i++) {
		const struct lh_live_thread *live = &h->live[i];
		struct lh_peek_task t = {.tid = live->tid, .own_tid = live->tid, .state = 'S'};

		if (live->state != LH_LIVE_ATTACHED ||
		    !lh_read_thread(h->ledger, live->thread, &row))
			continue;
		memcpy(t.name, row.name, sizeof(t.name));
		LH_PUSH(h->peek->arena, h->peek->task, h->peek->tasks, t);
	}
}

void lh_hang_from_ledger(struct lh_hang *h, struct lh_peek *p, const struct lh_ledger_view *r)
{
	memset(h, 0, sizeof(*h));
	memset(p, 0, sizeof(*p));
	h->arena = lh_arena_new();
	p->arena = lh_arena_new();
	h->peek = p;
	p->pid = p->alive_tid = r->head.pid;
	memcpy(p->comm, r->head.comm, sizeof(p->comm));
	p->no_access = true;
	p->handlers = true; /* unknown, so assume some */
	p->forked = r->head.flags & LH_LEDGER_FORKED;
	h->ledger = lh_arena_alloc(h->arena, sizeof(*h->ledger));
	open_ledger(h->ledger, p, r);
	copy_live_threads(h);
	h->now_ns = r->head.end_ns ? r->head.end_ns : ledger_now(r);
	add_live_tasks(h);
	make_snapshot(h);
	fill_head(h);
	add_threads(h);
	h->before = h->live;
	h->n_before = h->live_threads;
	read_waits(h);
	lh_hang_edges(h);
	lh_hang_hold_all(h);
	lh_hang_read_signals(h);
}

void lh_hang_close(struct lh_hang *h)
{
	if (h->ledger)
		lh_read_drop(h->ledger);
	lh_arena_free(h->arena);
	memset(h, 0, sizeof(*h));
}
