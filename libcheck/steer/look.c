/*
 * look.c — looks whether pauses must end: does a thread wait for a paused one? Can none run but
 * paused ones? Has the thread of a pause gone?
 */
#include "libcheck/lock/lock_state.h"
#include "libcheck/rules/wait_rules.h"
#include "libcheck/steer/pause_internal.h"

enum {
	QUIET_LOOKS = 3,                 /* in a row */
	LATE_NS = 20 * LH_STEER_STEP_NS, /* after its limit a pause is ended by another thread */
	ON_THE_WAY_NS = 3 * LH_STEER_STEP_NS, /* to the last stops, when all have gathered */
	JOINS_MAX = 8                         /* one behind the other */
};

/* ---- who waits for whom ---- */

/* The lock that the thread waits for, and how. A condition's waiter that was signalled waits for
 * the mutex. 0: none. */
static lh_lock_id wanted_by(uint32_t row, lh_site *site)
{
	const struct lh_live_thread *live = &LH_LIVE_THREADS[row];
	lh_lock_id lock = __atomic_load_n(&live->wait_lock, __ATOMIC_ACQUIRE);

	*site = live->wait_site;
	if (!lock || live->wait_on != LH_WAIT_COND)
		return lock;
	*site = LH_SITE(0, LH_BLOCKING, LH_EXCLUSIVE);
	return lh_steering->stepper[row].signalled ? live->wait_with : 0;
}

enum waits { NOT, BY_JOIN, BY_LOCK };

static enum waits waits_for(uint32_t waiter, uint32_t row)
{
	const struct lh_live_thread *live = &LH_LIVE_THREADS[row];
	lh_site site;
	lh_lock_id lock = wanted_by(waiter, &site);
	const struct lh_lock *l = lock ? lh_lock_row(lock) : NULL;

	if (!l)
		return NOT;
	if (l->kind == LH_THREAD_END)
		return LH_LIVE_THREADS[waiter].wait_with != live->thread ? NOT
		       : LH_SITE_HOW(site) == LH_BLOCKING                ? BY_JOIN
									 : BY_LOCK;
	for (uint32_t k = 0; k < lh_held_count(live); k++)
		if (lh_held_blocks(lh_held_at(live, k), lock, LH_SITE_MODE(site)))
			return BY_LOCK;
	return NOT;
}

/* Is a thread that is paused at an early stop about to acquire what this one holds? It could go no
 * further, so that this one is no partner for it. */
static bool is_in_the_way(uint32_t row)
{
	const struct lh_stepper *s = &lh_steering->stepper[row];
	const struct lh_steer *steer = lh_steering->cycle[s->paused - 1];
	const struct lh_live_thread *live = &LH_LIVE_THREADS[row];

	for (unsigned i = 0; i < LH_STEERED[s->paused].parts; i++) {
		const struct lh_steer_part *p = &steer->part[i];
		if (p->state != LH_STEER_PAUSED || p->stop == p->plan->stops - 1 ||
		    p->thread == s->thread)
			continue;
		for (uint32_t k = 0; k < lh_held_count(live); k++) {
			const struct lh_held *h = lh_held_at(live, k);
			if (h->address == p->wanted &&
			    lh_held_blocks(h, h->lock, p->plan->stop[p->stop].mode))
				return true;
		}
	}
	return false;
}

/*
 * Does a thread wait for a lock of this one, or of one that joins it, and so on? A join alone needs
 * nobody: the first thread of most programs sits in one. `by`: the thread that waits for a lock of
 * this very one; 0: there is none.
 */
static bool is_needed(uint32_t row, unsigned joins, lh_thread_id *by)
{
	lh_thread_id ignored;

	for (uint32_t i = 1; i < lh_rows_used(LH_T_LIVE_THREAD); i++) {
		enum waits w = LH_LIVE_THREADS[i].state < LH_LIVE_ATTACHED ||
					       lh_steering->stepper[i].paused
				       ? NOT
				       : waits_for(i, row);
		*by = w == BY_LOCK ? LH_LIVE_THREADS[i].thread : 0;
		if (w == BY_LOCK ||
		    (w == BY_JOIN && joins < JOINS_MAX && is_needed(i, joins + 1, &ignored)))
			return true;
	}
	return false;
}

/* When all have gathered, the others are just coming: the thread is needed a little later. When all
 * are there, the readers let the writers queue first. */
static bool may_wait(const struct lh_stepper *s, uint64_t now)
{
	const struct lh_steer *steer = lh_steering->cycle[s->paused - 1];

	return steer->closing || (steer->gathered && now - s->since_ns < ON_THE_WAY_NS);
}

void lh_look_for_needed(uint64_t now)
{
	lh_thread_id by;

	for (uint32_t i = 1; i < lh_rows_used(LH_T_LIVE_THREAD) && lh_steering->paused; i++) {
		struct lh_stepper *s = &lh_steering->stepper[i];
		if (s->paused && !may_wait(s, now) && is_needed(i, 0, &by))
			lh_steering_end_pause(s, LH_STEER_NEEDED, by, now);
		else if (s->paused && is_in_the_way(i))
			lh_steering_end_pause(s, LH_STEER_NEEDED, 0, now);
	}
}

/* ---- queued writers ---- */

/* A writer that was released waits in its queue when its announcement is older than a step. */
static void look_for_writers(unsigned c, uint64_t now)
{
	for (uint32_t i = 1; i < lh_rows_used(LH_T_LIVE_THREAD); i++) {
		const struct lh_live_thread *live = &LH_LIVE_THREADS[i];
		lh_lock_id lock = __atomic_load_n(&live->wait_lock, __ATOMIC_ACQUIRE);
		const struct lh_lock *l = lock ? lh_lock_row(lock) : NULL;
		if (l && lh_stepper_of(i)->seq == live->wait_seq && !lh_steering->stepper[i].paused)
			lh_steer_blocks(lh_steering->cycle[c], live->thread, l->address,
					live->wait_site);
	}
	lh_steering_notice_ends(c, now);
}

/* ---- threads that go ---- */

static bool is_over(lh_thread_id thread)
{
	const struct lh_thread *t = &LH_THREADS[thread];

	return (t->flags & LH_THREAD_ENDED) || LH_LIVE_THREADS[t->live].state == LH_LIVE_ENDING;
}

static void end_visits_of_ended(unsigned c)
{
	const struct lh_steer *s = lh_steering->cycle[c];

	for (unsigned i = 0; i < LH_STEERED[1 + c].parts; i++)
		if (s->part[i].state == LH_STEER_GOING && is_over(s->part[i].thread))
			lh_steer_thread_ends(lh_steering->cycle[c], s->part[i].thread);
}

/* Threads that end while they are in a part, and pauses that their threads have left by a jump. */
static void look_for_gone(uint64_t now)
{
	const struct lh_steering *g = lh_steering;

	for (unsigned c = 0; c < g->plan->cycles; c++)
		if (g->cycle[c])
			end_visits_of_ended(c);
	for (uint32_t i = 1; i < lh_rows_used(LH_T_LIVE_THREAD) && g->paused; i++) {
		struct lh_stepper *s = &g->stepper[i];
		if (s->paused &&
		    (s->thread != LH_LIVE_THREADS[i].thread ||
		     LH_LIVE_THREADS[i].state != LH_LIVE_ATTACHED || now > s->until_ns + LATE_NS))
			lh_steering_end_pause(s, LH_STEER_BROKEN_OFF, 0, now);
	}
}

static bool is_gone(const struct lh_live_thread *live)
{
	return live->state == LH_LIVE_FREE ||
	       (live->state == LH_LIVE_ENDING &&
		lh_sys_tid_gone(lh_own_ledger.ledger->pid, live->tid));
}

/* ---- quiet ---- */

/* Does the thread wait for a word of the program's own? What ends such a wait is not known, as if
 * the thread polled the word. */
static bool polls(const struct lh_live_thread *live)
{
	const struct lh_lock *l = lh_lock_row(live->wait_lock);

	return l && l->kind == LH_FUTEX;
}

/* Some of those that wait for the condition have been signalled, and have not gone on yet. */
static bool some_are_signalled(lh_lock_id condition, const void *copy)
{
	uint32_t waiters = 0;

	for (uint32_t i = 1; i < lh_rows_used(LH_T_LIVE_THREAD); i++)
		waiters += LH_LIVE_THREADS[i].wait_lock == condition;
	return lh_lock_knows_conditions() && lh_lock_sleepers(copy, LH_COND) < waiters;
}

/* Another thread may have made the wait end already, on a machine that is busy. The object may be
 * gone: a copy of it is read, which the kernel makes. */
static bool is_woken(const struct lh_live_thread *live)
{
	const struct lh_lock *l = lh_lock_row(live->wait_lock);
	_Alignas(8) char copy[64];

	if (!l)
		return true;
	if (l->kind == LH_THREAD_END)
		return is_gone(&LH_LIVE_THREADS[LH_THREADS[live->wait_with].live]);
	if (!lh_kind_is_pthread(l->kind))
		return lh_kind_acts(l->kind) == LH_MUTEX && !l->owner;
	if (!lh_steering->copies)
		return false;
	if (!lh_sys_copy(copy, (const void *)(uintptr_t)l->address, lh_kind_row(l->kind)->bytes))
		return true;
	switch (l->kind) {
	case LH_SEM:
		return lh_sem_is_positive(copy);
	case LH_COND:
		return some_are_signalled(live->wait_lock, copy);
	case LH_BARRIER:
		return !lh_lock_sleepers(copy, LH_BARRIER);
	default:
		return lh_lock_is_free_now(copy, (enum lh_kind)l->kind);
	}
}

/* Is the thread in a wait without a time limit, and the same as at the last look? */
static bool rests(uint32_t row)
{
	const struct lh_live_thread *live = &LH_LIVE_THREADS[row];
	struct lh_stepper *s = lh_stepper_of(row);
	bool same = s->seq == live->wait_seq;

	s->seq = live->wait_seq;
	return same && live->state == LH_LIVE_ATTACHED && !s->signalled && !polls(live) &&
	       __atomic_load_n(&live->wait_lock, __ATOMIC_ACQUIRE) &&
	       live->wait_on != LH_WAIT_NONE && LH_SITE_HOW(live->wait_site) == LH_BLOCKING &&
	       !is_woken(live);
}

/* Can no thread run but paused ones? `others`: there are others. */
static bool all_rest(bool *others)
{
	bool all = true;

	*others = false;
	for (uint32_t i = 1; i < lh_rows_used(LH_T_LIVE_THREAD); i++)
		if (!is_gone(&LH_LIVE_THREADS[i]) && !lh_steering->stepper[i].paused &&
		    !lh_steering->stepper[i].late) {
			*others = true;
			all &= rests(i);
		}
	return all;
}

bool lh_look_for_quiet(void)
{
	struct lh_steering *g = lh_steering;
	bool others;

	g->quiet = all_rest(&others) ? g->quiet + 1 : 0;
	return g->quiet >= (others ? QUIET_LOOKS : 1);
}

void lh_look_for_runners(void)
{
	for (uint32_t i = 1; lh_steering->cycle[0] && i < lh_rows_used(LH_T_LIVE_THREAD); i++)
		if (!is_gone(&LH_LIVE_THREADS[i]) && !lh_steering->stepper[i].paused && !rests(i))
			lh_steer_runs(lh_steering->cycle[0], LH_LIVE_THREADS[i].thread);
}

void lh_look(uint64_t now)
{
	struct lh_steering *g = lh_steering;
	unsigned c;

	look_for_gone(now);
	lh_look_for_needed(now);
	if (!g->paused || now - g->looked_ns < LH_STEER_STEP_NS * 3 / 4)
		return;
	g->looked_ns = now;
	c = lh_steering_current();
	if (c < LH_PLAN_CYCLES && g->cycle[c]->closing)
		look_for_writers(c, now);
	if (!lh_look_for_quiet() || c == LH_PLAN_CYCLES || !g->paused)
		return;
	if (g->late) { /* it is the late thread's turn */
		g->must_start = true;
		return;
	}
	if (lh_limits_signal_may_come())
		lh_steer_tries(g->cycle[c], 0);
	lh_steer_quiet(g->cycle[c], now);
	lh_steering_notice_ends(c, now);
}
