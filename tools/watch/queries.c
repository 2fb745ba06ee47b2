/* queries.c — queries that several files need: about a held lock, a thread and the limits. */
#include "tools/util/time.h"
#include "tools/watch/watch_internal.h"

#include <fnmatch.h>
#include <sys/syscall.h>

enum { HOPS_MAX = 64, READS_PER_SECOND = 2000, READS_AT_ONCE = 256 };

bool lh_watch_is_lock(const struct lh_watch_process *p, const struct lh_held *h, struct lh_lock *l)
{
	if (!h->lock || h->flags & (LH_HELD_IN_COND_WAIT | LH_HELD_INHERITED) ||
	    LH_SITE_MODE(h->site) == LH_PERMIT || !lh_read_lock(&p->ledger, h->lock, l))
		return false;
	switch (lh_kind_acts(l->kind)) {
	case LH_SEM: /* at its first hold it may still prove to be a signal */
		return !(l->flags & (LH_LOCK_SIGNAL | LH_LOCK_COUNTING)) && l->acquired > 1;
	case LH_MUTEX:
	case LH_RWLOCK:
	case LH_SPIN:
	case LH_ONCE:
	case LH_GUARD:
	case LH_CUSTOM:
		return true;
	default:
		return false;
	}
}

bool lh_watch_must_be_short(const struct lh_watch_process *p, lh_lock_id lock,
			    const struct lh_lock *l)
{
	if (l->kind == LH_GIL) /* a thread keeps it until another wants it */
		return false;
	if (l->kind != LH_ONCE && lh_kind_acts(l->kind) != LH_GUARD)
		return true;
	for (uint32_t i = 1; i < p->n_samples; i++)
		if (p->sample[i].wait.lock == lock)
			return true;
	return false;
}

bool lh_watch_is_current(const struct lh_watch_process *p, uint32_t live_row,
			 const struct lh_live_thread *live)
{
	struct lh_live_thread now;
	uint32_t n = live->held_n < LH_HELD_INLINE ? live->held_n : LH_HELD_INLINE;

	if (!lh_read_live_thread(&p->ledger, live_row, &now) || now.held_n < live->held_n)
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (now.held[i].lock != live->held[i].lock ||
		    now.held[i].tick != live->held[i].tick)
			return false;
	return now.thread == live->thread && now.wait_seq == live->wait_seq &&
	       now.wait_lock == live->wait_lock && now.wait_on == live->wait_on;
}

/* The row of the thread that blocks this one in a wait for a lock or a thread's end; 0: unknown. */
static uint32_t blocker_of(const struct lh_watch_process *p, uint32_t live_row)
{
	struct lh_thread thread;
	struct lh_live_thread live;
	struct lh_lock l;

	if (!lh_read_live_thread(&p->ledger, live_row, &live) || !live.wait_lock ||
	    LH_SITE_HOW(live.wait_site) != LH_BLOCKING)
		return 0;
	if (live.wait_on == LH_WAIT_JOIN)
		return lh_read_thread(&p->ledger, live.wait_with, &thread) ? thread.live : 0;
	if (live.wait_on != LH_WAIT_LOCK || !lh_read_lock(&p->ledger, live.wait_lock, &l))
		return 0;
	return l.owner;
}

static bool is_waiting(const struct lh_step *s, lh_thread_id thread)
{
	return s->thread == thread && (s->action == LH_WAITS_FOR || s->action == LH_JOINS);
}

/* Deadlocks that ended are potential ones. */
static bool is_deadlock(const struct lh_finding *f)
{
	if (f->flags & LH_FINDING_LIKELY)
		return false;
	switch (f->rule) {
	case LH_RULE_DEADLOCK:
	case LH_RULE_SELF_DEADLOCK:
	case LH_RULE_POOL_DEADLOCK:
	case LH_RULE_LOST_SIGNAL:
		return f->level >= LH_HAPPENED;
	case LH_RULE_EXIT_HOLDING:
	case LH_RULE_FORK_HOLDING:
		return f->severity == LH_ERROR;
	default:
		return false;
	}
}

static bool blocks(const struct lh_watch_process *p, uint32_t row, lh_thread_id thread)
{
	struct lh_finding f;
	struct lh_step s;

	if (!lh_read_finding(&p->ledger, row, &f) || f.filter || !is_deadlock(&f))
		return false;
	for (uint32_t i = 0; i < f.steps; i++)
		if (lh_read_step(&p->ledger, f.step + i, &s) && is_waiting(&s, thread))
			return true;
	return false;
}

/* Is this thread's wait in a reported deadlock that has not ended? */
static bool is_deadlocked(const struct lh_watch_process *p, lh_thread_id thread)
{
	uint32_t n = lh_read_used(&p->ledger, LH_T_FINDING);

	for (uint32_t i = 1; i < n; i++)
		if (blocks(p, i, thread))
			return true;
	for (uint32_t i = p->overlay ? p->overlay->table[LH_T_FINDING].base : 0;
	     i && lh_watch_row(p, i); i++)
		if (blocks(p, i, thread))
			return true;
	return false;
}

bool lh_watch_in_deadlock(const struct lh_watch_process *p, uint32_t live_row)
{
	uint32_t at = live_row, next;
	struct lh_live_thread live;

	for (int hops = 0; hops < HOPS_MAX; hops++, at = next) {
		next = blocker_of(p, at);
		if (!next)
			return lh_read_live_thread(&p->ledger, at, &live) && live.wait_lock &&
			       is_deadlocked(p, live.thread);
		if (next == live_row)
			return true;
	}
	return true; /* the waits lead into a cycle, or are HOPS_MAX or more */
}

/* A pattern with * and ?; brackets are those of arrays: "shard[*].lock". */
static bool fits(const char *pattern, const char *name)
{
	char text[512], *to = text;

	for (; *pattern && to < text + sizeof(text) - 2; pattern++) {
		if (*pattern == '[')
			*to++ = '\\';
		*to++ = *pattern;
	}
	*to = '\0';
	return !*pattern && fnmatch(text, name, 0) == 0;
}

uint64_t lh_watch_limit(struct lh_watch_process *p, lh_lock_id lock)
{
	const struct lh_watch_options *w = &p->watch->options;
	const char *name =
		w->locks && w->name_lock ? w->name_lock(&p->names, &p->ledger, lock) : NULL;

	for (uint32_t i = 0; name && i < w->locks; i++)
		if (fits(w->lock[i].name, name))
			return w->lock[i].ns;
	return w->long_hold_ns;
}

bool lh_watch_may_read_proc(struct lh_watch_process *p, uint32_t live_row)
{
	struct lh_watch *w = p->watch;
	uint64_t now = p->ledger.head.start_ns + p->now_ns,
		 refill = lh_time_between(now, w->refill_ns) / (1000 * LH_MS / READS_PER_SECOND);

	if (refill) {
		w->read_budget = w->read_budget + refill < READS_AT_ONCE ? w->read_budget + refill
									 : READS_AT_ONCE;
		w->refill_ns = now;
	}
	if (w->read_budget) {
		w->read_budget--;
		return true;
	}
	if (!p->refused)
		p->refused = live_row;
	return false;
}

uint64_t lh_watch_futex(void *process, int32_t tid)
{
	const struct lh_watch_process *p = process;
	struct lh_task_call call = {.in = LH_TASK_UNKNOWN};

	if (p->pid)
		lh_task_call(p->pid, tid, &call);
	return call.in == LH_TASK_CALL && call.nr == SYS_futex ? call.arg[0] : 0;
}
