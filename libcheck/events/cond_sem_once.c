/*
 * cond_sem_once.c — part of the room `track`: conditions, barriers, joins, semaphores that
 * are posted; waits that do not end with a lock in hand.
 */
#include "libcheck/rules/cond_holding.h"
#include "libcheck/lock/contention.h"
#include "libcheck/events/event.h"

#include <pthread.h>

/* ---- conditions ---- */

static struct lh_lock *cond_row(const void *cond)
{
	return lh_lock_make(cond, LH_COND);
}

/* A wait or a signal that is new, with what is held at it. */
static void note_cond(struct lh_event_frame *event, struct lh_lock *v, lh_site site)
{
	bool fresh = false;

	lh_chain_record(event->self, lh_event_chain(event), lh_lock_id_of(v), site, &fresh);
	if (fresh)
		lh_event_report(event, lh_cond_holding_check(v));
}

/* What its thread can say of it without the big lock: it is not held meanwhile. */
static void set_aside(struct lh_held *h)
{
	struct lh_lock *m = lh_lock_row(h->lock);

	h->flags |= LH_HELD_IN_COND_WAIT;
	h->flags &= (uint16_t)~LH_HELD_ACROSS_CREATE;
	if (m)
		m->owner = 0;
}

/* The wait itself is not recorded. */
static void cond_wait_unrecorded(const struct lh_call *call)
{
	struct lh_self *self = lh_enter(call->frame);
	struct lh_held *h = self ? lh_held_find(self->live_saved, call->object) : NULL;

	if (h && h->depth == 1)
		set_aside(h);
	if (self)
		lh_leave(self);
}

/*
 * The mutex is given back while waiting and comes back by itself, also when the wait is
 * cancelled: then no code of ours runs, so the entry stays in the list, marked, and the
 * next event that touches it sets it right.
 */
void lh_on_cond_wait(const struct lh_call *call, const void *cond, enum lh_how how)
{
	struct lh_event_frame event;

	lh_long_hold_on_release(call);
	if (!lh_event_begin_lock(&event, call, 0)) {
		cond_wait_unrecorded(call);
		return;
	}
	struct lh_lock *m = lh_lock_make(call->object, LH_MUTEX), *v = cond_row(cond);
	struct lh_held *h = lh_held_find(event.live, call->object);
	lh_site site = LH_SITE(event.stack, how, LH_EXCLUSIVE);
	if (m && v && !h)
		lh_event_report(&event,
				lh_check_cond_unlocked(event.self, v, m, call->object, site));
	if (h && h->depth == 1) {
		lh_held_measure_end(h);
		lh_across_fork_on_release(&event, h);
		set_aside(h);
	}
	if (v) {
		lh_event_announce_wait(&event, lh_lock_id_of(v), site, LH_WAIT_COND,
				       m ? lh_lock_id_of(m) : 0);
		note_cond(&event, v, site);
	}
	lh_event_end(&event);
}

void lh_on_cond_wait_end(const struct lh_call *call)
{
	struct lh_self *self = lh_enter(call->frame);

	if (!self)
		return;
	struct lh_live_thread *live = self->live_saved;
	struct lh_held *h = lh_held_find(live, call->object);
	__atomic_store_n(&live->wait_lock, 0, __ATOMIC_RELEASE);
	live->wait_on = LH_WAIT_NONE;
	if (h && (h->flags & LH_HELD_IN_COND_WAIT)) {
		struct lh_lock *m = lh_lock_row(h->lock);
		h->flags &= (uint16_t)~LH_HELD_IN_COND_WAIT;
		h->tick = lh_clock_tick();
		if (h->flags & LH_HELD_EXACT_TIME)
			h->since_ns = lh_clock_now();
		if (m)
			m->owner = self->number;
	}
	lh_leave(self);
}

static bool signal_known(struct lh_self *self, const struct lh_call *call)
{
	const struct lh_context *x = self->live ? lh_context_find(call->frame) : NULL;
	uint32_t row = x ? lh_lock_find(call->object) : 0, n = row ? self->live->held_n : 0;

	return row && lh_chain_cached(self, n ? self->live->held[n - 1].chain : 0,
				      lh_lock_id_of(&LH_LOCKS[row]),
				      LH_SITE(x->stack, LH_BLOCKING, LH_COND_SIGNALS));
}

/* Who signals, and holding what: the first time that it is done so. */
void lh_on_cond_signal(const struct lh_call *call)
{
	struct lh_self *self = lh_self_get();
	struct lh_event_frame event;

	if (signal_known(self, call) || !lh_event_begin(&event, call))
		return;
	struct lh_lock *v = cond_row(call->object);
	if (v)
		note_cond(&event, v, LH_SITE(event.stack, LH_BLOCKING, LH_COND_SIGNALS));
	lh_event_end(&event);
}

/* ---- barriers ---- */

void lh_on_wait_clear(const struct lh_call *call)
{
	struct lh_self *self = lh_enter(call->frame);

	if (!self)
		return;
	__atomic_store_n(&self->live_saved->wait_lock, 0, __ATOMIC_RELEASE);
	self->live_saved->wait_on = LH_WAIT_NONE;
	lh_contention_wait_cancel(self->live_saved);
	lh_leave(self);
}

/*
 * Barrier order: what came before in any of the threads comes before what comes after
 * in any other. Each round is a thread of its own that all of them join and that
 * creates all of them anew, so that n threads cost 2n rows and not n squared. A program
 * that lives in barriers is believed for so many rounds; later ones order nothing.
 *
 * Of a barrier's row, `come` counts who has come to this round and `thread` is the
 * round.
 */
enum { ROUNDS_MAX = 20000 };

static lh_thread_id round_of(struct lh_lock *b)
{
	static uint32_t rounds;

	if (!b->initial)
		return 0; /* older than we: nobody knows how many must come */
	if (!b->barrier_arrived) {
		b->thread = rounds++ < ROUNDS_MAX ? lh_thread_new(0, 0, 0) : 0;
		if (b->thread)
			LH_THREADS[b->thread].flags |= LH_THREAD_BARRIER_ROUND;
	}
	b->barrier_arrived = b->barrier_arrived + 1 < b->initial ? b->barrier_arrived + 1 : 0;
	return b->thread;
}

lh_thread_id lh_on_barrier_arrive(const struct lh_call *call)
{
	struct lh_event_frame event;
	lh_thread_id round = 0;

	if (!lh_event_begin_must(&event, call))
		return 0;
	struct lh_lock *b = lh_lock_make(call->object, LH_BARRIER);
	if (b) {
		b->acquired++;
		round = round_of(b);
		if (round)
			lh_hb_edge_add(LH_HB_BARRIER, event.live->thread, event.live->segment,
				       round, 0);
		lh_event_announce_wait(&event, lh_lock_id_of(b),
				       LH_SITE(event.stack, LH_BLOCKING, LH_EXCLUSIVE),
				       LH_WAIT_BARRIER, round);
	}
	lh_event_end(&event);
	return round;
}

void lh_on_barrier_leave(const struct lh_call *call, lh_thread_id round)
{
	struct lh_event_frame event;

	if (!lh_event_begin_must(&event, call))
		return;
	lh_event_wait_time(&event);
	if (round)
		lh_hb_edge_add(LH_HB_BARRIER, round, 0, event.live->thread,
			       event.live->segment + 1);
	lh_hb_next_segment(event.self, event.live);
	lh_event_end(&event);
}

/* ---- semaphores ---- */

void lh_on_sem_post(const struct lh_call *call)
{
	struct lh_self *self = lh_self_get();
	struct lh_lock *l = self->live ? lh_lock_known(call->object, LH_SEM) : NULL;
	struct lh_event_frame event;

	if (l && (l->flags & LH_LOCK_SIGNAL)) {
		if (LH_UNLIKELY(l->flags & LH_LOCK_THREAD_END_SEM))
			lh_thread_end_posted(call, l);
		return; /* in a signal handler too: nothing to do */
	}
	if (self->live && lh_held_find(self->live, call->object)) {
		lh_on_release_slow(call);
		return;
	}
	if (!lh_event_begin_lock(&event, call, 0))
		return;
	l = lh_lock_make(call->object, LH_SEM);
	if (l)
		lh_sem_mark_signal(l);
	lh_event_end(&event);
}

void lh_on_sem_open(const struct lh_call *call)
{
	struct lh_event_frame event;

	if (!lh_event_begin_lock(&event, call, 0))
		return;
	struct lh_lock *l = lh_lock_make(call->object, LH_SEM);
	if (l) {
		l->flags |= LH_LOCK_SIGNAL | LH_LOCK_PSHARED | LH_LOCK_INITED;
		l->init_stack = l->init_stack ? l->init_stack : event.stack;
	}
	lh_event_end(&event);
}

/* ---- once ---- */

/* The routine has run: nobody will wait here, but with a lock held somebody could have. */
static bool is_known_or_free(const struct lh_call *call)
{
	struct lh_self *self = lh_self_get();
	const struct lh_context *x;
	uint32_t row;

	if (!self->live || !self->live->held_n)
		return true;
	x = lh_context_find(call->frame);
	row = x ? lh_lock_find(call->object) : 0;
	return row && lh_chain_cached(self, self->live->held[self->live->held_n - 1].chain,
				      lh_lock_id_of(&LH_LOCKS[row]),
				      LH_SITE(x->stack, LH_BLOCKING, LH_EXCLUSIVE));
}

/* An entry of this control block whose routine was left by an exception or a jump. */
static void forget_thrown(struct lh_live_thread *live, const struct lh_call *call)
{
	struct lh_held *h = lh_held_find(live, call->object);

	if (h && h->pad && h->pad < (uint32_t)(live->stack_high - call->frame))
		return; /* that frame is above this one: it runs still, and waits for itself */
	if (h)
		lh_held_remove(live, h);
}

bool lh_on_once_call(const struct lh_call *call, void (*routine)(void))
{
	bool done = lh_once_is_done(call->object);

	if (done && is_known_or_free(call))
		return false;
	struct lh_self *self = lh_enter(call->frame);
	if (!self)
		return false;
	self->once_routine = routine;
	self->once_call = call;
	forget_thrown(self->live_saved, call);
	lh_leave(self);
	lh_on_wait_begin(call);
	if (done)
		lh_on_wait_clear(call); /* of no time */
	return true;
}

const struct lh_call *lh_on_once_routine_begin(void (**routine)(void))
{
	struct lh_self *self = lh_self_get();
	const struct lh_call *call = self->once_call;

	*routine = self->once_routine;
	lh_on_wait_clear(call);
	lh_on_acquired_slow(call, 0);
	struct lh_held *h = self->live ? lh_held_find(self->live, call->object) : NULL;
	if (h)
		h->pad = (uint32_t)(self->live->stack_high - call->frame);
	return call;
}

void lh_on_once_routine_end(const struct lh_call *call)
{
	lh_on_release_slow(call);
}

/* Who has run the routine himself has ended his wait before that; who has not has waited for it. */
void lh_on_once_return(const struct lh_call *call)
{
	struct lh_self *self = lh_enter(call->frame);

	if (!self)
		return;
	struct lh_event_frame event = {.self = self, .live = self->live_saved};
	lh_event_wait_time(&event);
	lh_contention_wait_cancel(self->live_saved);
	lh_leave(self);
}
