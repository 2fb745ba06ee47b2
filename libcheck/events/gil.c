/*
 * gil.c — CPython's GIL, a lock that CPython makes of a mutex, a condition and a word.
 *
 *   take     lock the mutex; while `locked`: wait for the condition, with a time limit, again and
 *            again; locked = 1; unlock the mutex
 *   release  lock the mutex; locked = 0; signal the condition; unlock the mutex
 *
 * So the unlock of the mutex shows what the thread has done: only a thread that has the mutex
 * changes `locked`. The mutex and the conditions are no locks of the program and get no rows; the
 * fast path does not know them, so their events come here by the slow path.
 *
 * The acquisition is recorded while the thread has the mutex and the GIL, the release before
 * another thread can take the GIL. A wait with its repeated time limits is one wait without a
 * limit.
 *
 * CPython tries a lock of Python's while it has the GIL, and releases the GIL before it waits for
 * that lock: see LH_WITHOUT_GIL.
 */
#include "libcheck/events/event.h"

/* The thread that has the GIL, 0 none. Written by a thread that has the GIL's mutex. */
static uint64_t holder;

/* The same call, but for the GIL. */
static struct lh_call gil_call(const struct lh_call *call)
{
	return (struct lh_call){.object = (const void *)lh_python.gil,
				.frame = call->frame,
				.kind = LH_GIL,
				.mode = LH_EXCLUSIVE,
				.how = LH_BLOCKING};
}

static bool waits_for_gil(const struct lh_self *self)
{
	const struct lh_lock *l = self->live ? lh_lock_row(self->live->wait_lock) : NULL;

	return l && l->kind == LH_GIL;
}

/* The GIL is new; one that the thread had is gone without a release. */
static void begin_gil(const struct lh_call *call)
{
	const void *object = (const void *)lh_python.gil;
	struct lh_event_frame event;

	if (!lh_event_begin(&event, call))
		return;
	struct lh_held *h = lh_held_find(event.live, object);
	if (h)
		lh_held_remove(event.live, h);
	lh_lock_reinit(object, LH_GIL, LH_LOCK_INITED, 0);
	lh_event_end(&event);
}

static void initialized(const struct lh_call *call)
{
	if (!lh_python_is_gil_mutex(call->object))
		return;
	holder = 0;
	begin_gil(call);
}

static void destroyed(const struct lh_call *call)
{
	struct lh_self *self = lh_python_is_gil_mutex(call->object) ? lh_enter(call->frame) : NULL;
	struct lh_held *h =
		self ? lh_held_find(self->live_saved, (const void *)lh_python.gil) : NULL;
	struct lh_lock *l = h ? lh_lock_row(h->lock) : NULL;

	if (l)
		l->owner = 0;
	if (h)
		lh_held_remove(self->live_saved, h);
	if (self)
		lh_leave(self);
}

static void waits(const struct lh_call *call, const void *cond)
{
	const struct lh_call c = gil_call(call);

	if (lh_python_is_gil_cond(cond) && !waits_for_gil(lh_self_get()))
		lh_on_wait_begin(&c);
}

/* A thread that runs Python code takes the GIL in many places, which say nothing of what it does
 * with the GIL: the hold has no stack. */
#define HELD LH_SITE(0, LH_TRY, LH_EXCLUSIVE)

/* The row of the GIL, found again by its address; 0: none. */
static uint32_t gil_row(const void *object)
{
	static uint32_t last;
	uint32_t row = last & lh_own_ledger.lock_row_mask; /* of another ledger, before a fork */

	if (LH_LOCKS[row].address != (uintptr_t)object || LH_LOCKS[row].kind != LH_GIL)
		last = row = lh_lock_find(object);
	return row;
}

/* All is known: that a thread takes the GIL here with these locks, and the chain with the GIL. */
static bool taken_again(const struct lh_call *c)
{
	struct lh_self *self = lh_self_get();
	struct lh_live_thread *live = self->live;
	const struct lh_context *x = live ? lh_context_find(c->frame) : NULL;
	uint32_t row = x ? gil_row(c->object) : 0, n = row ? live->held_n : 0;
	lh_chain_id parent = n ? lh_held_chain(live) : 0;
	struct lh_lock *l = &LH_LOCKS[row];

	if (!row || l->owner || n >= LH_HELD_INLINE || (n && !parent) ||
	    !lh_chain_cached(self, parent, lh_lock_id_of(l),
			     LH_SITE(x->stack, LH_BLOCKING, LH_EXCLUSIVE)))
		return false;
	lh_chain_id chain = lh_chain_cached(self, parent, lh_lock_id_of(l), HELD);
	if (chain)
		lh_held_append(self, live, l, LH_EXCLUSIVE,
			       (struct lh_held){.address = (uintptr_t)c->object,
						.lock = lh_lock_id_of(l),
						.site = HELD,
						.tick = lh_clock_tick(),
						.chain = chain});
	return chain != 0;
}

/* The thread could have waited for the GIL. */
static void record_dependency(const struct lh_call *c)
{
	struct lh_event_frame event;

	if (!lh_event_begin(&event, c))
		return;
	const struct lh_lock *l = lh_event_lock(&event, c->object, LH_GIL);
	if (l)
		lh_event_record_chain(&event, lh_lock_id_of(l),
				      LH_SITE(event.stack, LH_BLOCKING, LH_EXCLUSIVE));
	lh_event_end(&event);
}

/* Another thread has released the lock of the top entry. With the GIL above it, which is released
 * and taken all the time, the entry would stay, and the list would fill up. */
static void remove_holes(struct lh_live_thread *live)
{
	if (live)
		lh_held_trim(live);
}

static void taken(const struct lh_call *call)
{
	const bool waited = waits_for_gil(lh_self_get());
	struct lh_call c = gil_call(call);

	remove_holes(lh_self_get()->live);
	if (waited || !taken_again(&c)) {
		if (!waited)
			record_dependency(&c);
		c.how = LH_TRY;
		c.stack = LH_NO_STACK;
		waited ? lh_on_wait_end(&c, 0) : lh_on_acquired_slow(&c, 0);
	}
	if (lh_python_away)
		lh_python_away->identity = lh_python_away->n = 0;
	lh_self_get()->python = LH_ACQUISITION_NONE;
}

/* A stack with the frames that lh_python_away has; 0: not known. */
static lh_stack_id stack_with_frames(const struct lh_call *call)
{
	const struct lh_context *x = lh_context_find(call->frame);
	struct lh_event_frame event;

	if (x || !lh_event_begin(&event, call))
		return x ? x->stack : 0;
	lh_event_end(&event);
	return event.stack;
}

/* Keeps where the thread is in Python, for what it does without the GIL. A thread releases the GIL
 * at few places again and again: any stack with these frames serves. */
static void keep_frames(struct lh_self *self, const struct lh_call *call)
{
	struct lh_python_chain *away = &self->away;

	lh_python_read_last_frames(away);
	lh_python_away = away;
	struct lh_away_stack *known = &self->away_stack[away->identity & (LH_AWAY_STACKS - 1)];
	if (away->n && known->identity != away->identity)
		*known = (struct lh_away_stack){away->identity, stack_with_frames(call)};
	away->stack = away->n ? known->stack : 0;
	if (!away->stack)
		away->identity = away->n = known->identity = 0;
	self->python = away->identity ? away->identity : LH_ACQUISITION_NONE;
}

static void released(const struct lh_call *call)
{
	struct lh_self *self = lh_self_get();
	struct lh_call c = gil_call(call);

	if (!self->live)
		return;
	if (lh_held_find(self->live, c.object))
		lh_on_release(c);
	keep_frames(self, call);
}

static void unlocks(const struct lh_call *call)
{
	if (!lh_python_is_gil_mutex(call->object))
		return;
	const bool is_held = lh_python_gil_is_held(), was_held = holder != 0;
	holder = is_held ? holder ? holder : lh_thread_handle() : 0;
	if (is_held && !was_held) {
		taken(call);
	} else if (was_held && !is_held) {
		released(call);
	} else if (waits_for_gil(lh_self_get())) { /* CPython ends: the thread gives up */
		const struct lh_call c = gil_call(call);
		lh_on_wait_clear(&c);
	}
}

static void on_event(enum lh_gil_event what, const struct lh_call *call, const void *cond)
{
	switch (what) {
	case LH_GIL_INIT:
		initialized(call);
		break;
	case LH_GIL_DESTROYED:
		destroyed(call);
		break;
	case LH_GIL_WAIT:
		waits(call, cond);
		break;
	case LH_GIL_UNLOCK:
		unlocks(call);
		break;
	}
}

void lh_gil_init(void)
{
	lh_gil_event = on_event;
}
