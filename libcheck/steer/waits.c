/*
 * waits.c — tells the state machine what threads wait for, and who wakes them.
 *
 * What threads wait for at a condition is protected by its mutex: a thread that holds the mutex and
 * does not signal may have taken it. So the mutex of a condition is known from the first wait on,
 * and its releases are followed. A thread that signals right after the release has taken nothing.
 */
#include "libcheck/lock/glibc_layout.h"
#include "libcheck/lock/lock_state.h"
#include "libcheck/steer/pause_internal.h"

bool lh_steer_guards[256], lh_steer_tried[256];

/* ---- conditions and their mutexes ---- */

static struct lh_guarded *guarded_by(uint64_t mutex)
{
	struct lh_steering *g = lh_steering;

	for (uint32_t i = 0; i < g->guarded_n; i++)
		if (g->guarded[i].mutex == mutex)
			return &g->guarded[i];
	return NULL;
}

/* All threads that have acquired the mutex before the first wait may have taken something. */
static void take_so_far(const struct lh_lock *mutex, lh_lock_id condition)
{
	enum { ROWS_MAX = 4096 };
	uint32_t rows = 0;

	for (lh_chain_id c = mutex->chains; c && rows < ROWS_MAX; c = LH_CHAINS[c].next)
		for (uint32_t v = LH_CHAINS[c].visit; v && rows < ROWS_MAX; v = LH_VISITS[v].next) {
			lh_steer_changes(lh_steering->cycle[0], LH_VISITS[v].thread, condition);
			rows++;
		}
	lh_steering->unguarded |= rows == ROWS_MAX;
}

/* Threads that have signalled the condition before the first wait, perhaps too early. */
static void take_signalled(uint64_t address, lh_lock_id condition)
{
	struct lh_steering *g = lh_steering;

	for (uint32_t i = 0; i < g->early_n; i++)
		if (g->early[i].condition == address)
			lh_steer_changes(g->cycle[0], g->early[i].thread, condition);
	g->unguarded |= g->early_n == LH_STEER_EARLY;
}

static void guard(lh_lock_id mutex, lh_lock_id condition)
{
	struct lh_steering *g = lh_steering;
	const struct lh_lock *l = lh_lock_row(mutex);
	const struct lh_guarded *old = l ? guarded_by(l->address) : NULL;

	if (old && old->condition == condition)
		return;
	if (!l || old || g->guarded_n == LH_STEER_GUARDED) {
		g->unguarded = true; /* two conditions of one mutex, say */
		return;
	}
	g->guarded[g->guarded_n++] = (struct lh_guarded){l->address, condition};
	take_so_far(l, condition);
	if (lh_lock_row(condition))
		take_signalled(lh_lock_row(condition)->address, condition);
	__atomic_store_n(lh_steer_flag_of(lh_steer_guards, l->address), true, __ATOMIC_RELEASE);
}

static void take_pending(struct lh_stepper *s)
{
	if (s->pending && lh_steering->cycle[0])
		lh_steer_changes(lh_steering->cycle[0], s->thread, s->pending);
	s->pending = 0;
}

static void take_all_pending(lh_lock_id condition)
{
	for (uint32_t i = 1; i < lh_rows_used(LH_T_LIVE_THREAD); i++)
		if (lh_steering->stepper[i].pending == condition)
			take_pending(&lh_steering->stepper[i]);
}

void lh_pause_releases(uintptr_t frame, const void *mutex)
{
	struct lh_self *self = lh_steering_begin(frame);
	struct lh_guarded *guarded = self ? guarded_by((uintptr_t)mutex) : NULL;

	if (guarded) {
		struct lh_stepper *s = lh_stepper_of(self->number);
		take_pending(s);
		s->pending = s->signals == guarded->condition ? 0 : guarded->condition;
		s->signals = 0;
	}
	if (self)
		lh_steering_end(self);
}

/* ---- a wait begins ---- */

/* May a thread of another process end the wait? */
static bool is_shared(const struct lh_live_thread *live)
{
	const struct lh_lock *l = lh_lock_row(live->wait_lock);
	const void *object = (const void *)(uintptr_t)(l ? l->address : 0);

	switch (l ? l->kind : LH_NOTHING) {
	case LH_SEM:
		return l->flags & LH_LOCK_PSHARED;
	case LH_COND:
		return lh_lock_cond_is_shared(object);
	case LH_BARRIER:
		return lh_glibc_load(object, LH_GLIBC_BARRIER_SHARED);
	default:
		return false;
	}
}

/* The pauses that have begun end before half of the wait is over, as those that begin later do. */
static void shorten_pauses(uint64_t until_ns, uint64_t now)
{
	uint64_t latest = until_ns > now ? now + (until_ns - now) / 2 : now;

	for (uint32_t i = 1; i < lh_rows_used(LH_T_LIVE_THREAD); i++)
		if (lh_steering->stepper[i].paused && lh_steering->stepper[i].until_ns > latest)
			lh_steering->stepper[i].until_ns = latest;
}

struct lh_steer_wait lh_pause_wait_begins(uintptr_t frame, uint64_t until_ns)
{
	struct lh_self *self = lh_steering_begin(frame);
	struct lh_steer_wait wait = {0, 0};

	if (!self)
		return wait;
	const struct lh_live_thread *live = self->live_saved;
	struct lh_stepper *s = lh_stepper_of(self->number);
	wait.object = live->wait_lock;
	wait.mutex = live->wait_on == LH_WAIT_COND ? live->wait_with : 0;
	take_pending(s);
	s->signals = 0;
	s->signalled = false;
	s->timed_ns = until_ns;
	if (wait.mutex && lh_steering->cycle[0])
		guard(wait.mutex, wait.object);
	if ((until_ns || is_shared(live)) && lh_steering->cycle[0])
		lh_steer_tries(lh_steering->cycle[0], live->thread);
	if (wait.object && lh_steering->cycle[0])
		lh_steer_blocks(lh_steering->cycle[0], live->thread, wait.object, live->wait_site);
	if (until_ns)
		shorten_pauses(until_ns, lh_clock_now());
	lh_look_for_needed(lh_clock_now());
	lh_steering_end(self);
	return wait;
}

/* ---- it ends ---- */

static struct lh_crowd *crowd_of(lh_lock_id barrier)
{
	struct lh_steering *g = lh_steering;

	for (uint32_t i = 0; i < g->crowds_n; i++)
		if (g->crowd[i].barrier == barrier)
			return &g->crowd[i];
	if (g->crowds_n == LH_STEER_CROWDS)
		return NULL;
	g->crowd[g->crowds_n].barrier = barrier;
	return &g->crowd[g->crowds_n++];
}

/* A thread has arrived at the barrier. */
static void join_crowd(lh_lock_id barrier, lh_thread_id thread)
{
	struct lh_crowd *c = crowd_of(barrier);
	uint32_t i = 0;

	while (c && i < c->n && c->thread[i] != thread)
		i++;
	if (!c || i < c->n)
		return;
	if (c->n < LH_STEER_CROWD)
		c->thread[c->n++] = thread;
	else
		c->more = true;
}

/* Have no more threads arrived at the barrier than it waits for? */
static bool needs_all(const struct lh_lock *l, lh_lock_id barrier)
{
	const struct lh_crowd *c = crowd_of(barrier);

	return c && !c->more && c->n <= l->initial;
}

static enum lh_steer_wake how_woken(lh_lock_id object)
{
	const struct lh_lock *l = lh_lock_row(object);

	switch (lh_kind_acts(l ? l->kind : LH_NOTHING)) {
	case LH_COND:
		return lh_steering->unguarded ? LH_WAKE_ANY : LH_WAKE_ALONE;
	case LH_SEM:
		return LH_WAKE_ALONE;
	case LH_BARRIER:
		return needs_all(l, object) ? LH_WAKE_ALL : LH_WAKE_ANY;
	case LH_THREAD_END:
		return LH_WAKE_ALL;
	default:
		return LH_WAKE_ANY;
	}
}

static void wakes(struct lh_stepper *s, struct lh_steer_wait wait)
{
	struct lh_steer *steer = lh_steering->cycle[0];

	if (!steer || !wait.object)
		return;
	if (s->signalled) {
		lh_steer_wakes(steer, s->thread, wait.mutex, LH_WAKE_ANY);
		return;
	}
	if (wait.mutex)
		take_all_pending(wait.object);
	lh_steer_wakes(steer, s->thread, wait.object, how_woken(wait.object));
}

void lh_pause_wait_ended(uintptr_t frame, struct lh_steer_wait wait)
{
	struct lh_self *self = lh_steering_begin(frame);
	struct lh_stepper *s = self ? lh_stepper_of(self->number) : NULL;

	if (!s)
		return;
	wakes(s, wait);
	s->signalled = false;
	s->timed_ns = 0;
	lh_steering_end(self);
}

/* What the ended thread did last was to signal its end. */
void lh_pause_joined(uintptr_t frame, struct lh_steer_wait wait)
{
	struct lh_self *self = wait.object ? lh_steering_begin(frame) : NULL;
	const struct lh_lock *l = self ? lh_lock_row(wait.object) : NULL;

	if (l && l->kind == LH_THREAD_END && lh_steering->cycle[0]) {
		uint32_t row = LH_THREADS[l->initial].live;
		if (row)
			take_pending(lh_stepper_of(row));
		lh_steer_signals(lh_steering->cycle[0], l->initial, wait.object, 0);
		lh_steer_thread_ends(lh_steering->cycle[0], l->initial);
	}
	if (self)
		lh_steering_end(self);
}

/* ---- without a wait ---- */

void lh_pause_takes(uintptr_t frame, const void *object)
{
	struct lh_self *self = lh_steering_begin(frame);
	lh_lock_id id = self ? lh_steering_lock_of(object, LH_SEM) : 0;

	if (id && lh_steering->cycle[0])
		lh_steer_takes(lh_steering->cycle[0], self->live_saved->thread, id);
	if (self)
		lh_steering_end(self);
}

/* Has another thread acquired the lock? */
static bool has_others(lh_lock_id lock, lh_thread_id thread)
{
	enum { ROWS_MAX = 4096 };
	const struct lh_lock *l = lock ? lh_lock_row(lock) : NULL;
	uint32_t rows = 0;

	for (lh_chain_id c = l ? l->chains : 0; c; c = LH_CHAINS[c].next)
		for (uint32_t v = LH_CHAINS[c].visit; v; v = LH_VISITS[v].next)
			if (LH_VISITS[v].thread != thread || ++rows == ROWS_MAX)
				return true;
	return false;
}

/* Keeps the object, for lh_pause_uses. False: another thread has tried it, or there is no room. */
static bool keep_tried(uint64_t object, lh_lock_id lock, lh_thread_id thread)
{
	struct lh_steering *g = lh_steering;
	uint32_t i = 0;

	while (i < g->tried_n && g->tried[i].object != object)
		i++;
	if (i < g->tried_n && g->tried[i].lock == lock && g->tried[i].thread != thread)
		return false;
	if (i == LH_STEER_TRIED)
		return false;
	g->tried_n += i == g->tried_n;
	g->tried[i] = (struct lh_tried){object, lock, thread};
	__atomic_store_n(lh_steer_flag_of(lh_steer_tried, object), true, __ATOMIC_RELEASE);
	return true;
}

/* A lock that the thread holds itself is never free for it, and one that no other thread uses is
 * always free. */
void lh_pause_tries(uintptr_t frame, const void *object, enum lh_kind kind, bool acquired)
{
	struct lh_self *self = lh_steering_begin(frame);
	struct lh_steer *s = self ? lh_steering->cycle[0] : NULL;
	lh_thread_id thread = self ? self->live_saved->thread : 0;
	lh_lock_id lock = s ? lh_steering_lock_of(object, kind) : 0;

	if (s &&
	    (acquired ? has_others(lock, thread) || !keep_tried((uintptr_t)object, lock, thread)
		      : !lh_held_find(self->live_saved, object)))
		lh_steer_tries(s, thread);
	if (self)
		lh_steering_end(self);
}

void lh_pause_uses(uintptr_t frame, const void *object, enum lh_kind kind)
{
	struct lh_self *self = lh_steering_begin(frame);
	lh_lock_id lock = self ? lh_steering_lock_of(object, kind) : 0;

	for (uint32_t i = 0; self && lh_steering->cycle[0] && i < lh_steering->tried_n; i++) {
		const struct lh_tried *t = &lh_steering->tried[i];
		if (t->object == (uintptr_t)object && (!t->lock || t->lock == lock) &&
		    t->thread != self->live_saved->thread)
			lh_steer_tries(lh_steering->cycle[0], self->live_saved->thread);
	}
	if (self)
		lh_steering_end(self);
}

/* ---- signals ---- */

/* The thread's waiters go on to wait for the mutex, which it holds: they can be needed there. */
static void move_waiters(lh_lock_id condition, bool all)
{
	uint32_t waiters = 0, rows = lh_rows_used(LH_T_LIVE_THREAD);

	for (uint32_t i = 1; i < rows; i++)
		waiters += LH_LIVE_THREADS[i].wait_lock == condition;
	for (uint32_t i = 1; i < rows && (all || waiters == 1); i++) {
		const struct lh_live_thread *live = &LH_LIVE_THREADS[i];
		struct lh_stepper *s = lh_stepper_of(i);
		if (live->wait_lock != condition || s->signalled)
			continue;
		wakes(s, (struct lh_steer_wait){condition, live->wait_with});
		lh_steer_blocks(lh_steering->cycle[0], live->thread, live->wait_with,
				live->wait_site);
		s->signalled = true;
	}
}

/* Nobody has waited for it yet: if the program does not keep that it signalled, it is lost. */
static void signals_early(struct lh_self *self, uint64_t condition)
{
	struct lh_steering *g = lh_steering;
	lh_thread_id thread = self->live_saved->thread;

	for (uint32_t i = 0; i < g->early_n; i++)
		if (g->early[i].condition == condition && g->early[i].thread == thread)
			return;
	if (g->early_n < LH_STEER_EARLY)
		g->early[g->early_n++] = (struct lh_early){condition, thread};
}

static bool has_waiter(lh_lock_id condition)
{
	for (uint32_t i = 1; i < lh_rows_used(LH_T_LIVE_THREAD); i++)
		if (LH_LIVE_THREADS[i].wait_lock == condition && !lh_stepper_of(i)->signalled)
			return true;
	return false;
}

/* A signal that no waiter gets may say that what threads wait for is no longer so; and one without
 * the mutex, and not right after it, may be lost. */
static void signals_condition(struct lh_self *self, lh_lock_id condition, bool all)
{
	struct lh_stepper *s = lh_stepper_of(self->number);
	bool kept = s->pending == condition, waited_for = has_waiter(condition);

	if (kept)
		s->pending = 0;
	for (uint32_t i = 0; i < lh_steering->guarded_n; i++) {
		const struct lh_guarded *x = &lh_steering->guarded[i];
		if (x->condition == condition &&
		    lh_held_find(self->live_saved, (const void *)(uintptr_t)x->mutex)) {
			s->signals = condition;
			move_waiters(condition, all);
			kept = true;
		}
	}
	if (!kept || !waited_for)
		lh_steer_changes(lh_steering->cycle[0], self->live_saved->thread, condition);
}

/* Of a thread that goes on because of a pause: what it wakes may be the reason of an order. */
static lh_stack_id stack_of_signal(uintptr_t frame)
{
	struct lh_self *self = lh_self_get();
	const struct lh_steer *s = lh_steering->cycle[0];

	return self->live && s && lh_steer_depends(s, self->live->thread)
		       ? lh_steering_stack_of(self, frame)
		       : 0;
}

void lh_pause_signals(uintptr_t frame, const void *object, enum lh_kind kind, bool all)
{
	lh_stack_id stack = stack_of_signal(frame);
	struct lh_self *self = lh_steering_begin(frame);
	lh_lock_id id = self ? lh_steering_lock_of(object, kind) : 0;

	if (id && lh_steering->cycle[0]) {
		lh_thread_id thread = self->live_saved->thread;
		if (kind == LH_BARRIER)
			join_crowd(id, thread);
		lh_steer_signals(lh_steering->cycle[0], thread, id,
				 LH_SITE(stack, LH_BLOCKING, LH_COND_SIGNALS));
		if (lh_kind_acts((uint8_t)kind) == LH_COND)
			signals_condition(self, id, all);
	} else if (self && lh_kind_acts((uint8_t)kind) == LH_COND) {
		signals_early(self, (uintptr_t)object);
	}
	if (self)
		lh_steering_end(self);
}

/* The thread that is about to be created has the newest of the reserved rows. */
void lh_pause_creates(uintptr_t frame)
{
	struct lh_self *self = lh_steering_begin(frame);
	lh_thread_id newest = 0;

	if (!self)
		return;
	for (uint32_t i = 1; i < lh_rows_used(LH_T_LIVE_THREAD); i++) {
		const struct lh_live_thread *live = &LH_LIVE_THREADS[i];
		if (live->state == LH_LIVE_RESERVED && live->thread > newest &&
		    LH_THREADS[live->thread].creator == self->live_saved->thread)
			newest = live->thread;
	}
	if (newest && lh_steering->cycle[0])
		lh_steer_creates(lh_steering->cycle[0], self->live_saved->thread, newest);
	lh_steering_end(self);
}
