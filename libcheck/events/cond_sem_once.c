/*
 * cond_sem_once.c — the events of conditions, semaphores that are signals, and pthread_once.
 */
#include "libcheck/lock/contention.h"
#include "libcheck/events/event.h"

#include <pthread.h>

/* ---- conditions ---- */

/* Records a wait or a signal with the held chain, and checks it if the visit is new. */
static lh_chain_id record_cond(struct lh_event_frame *event, struct lh_lock *v, lh_site site)
{
	bool fresh = false;
	lh_chain_id id =
		lh_chain_record(event->self, lh_event_chain(event), lh_lock_id_of(v), site, &fresh);

	if (fresh)
		lh_event_check_waits(event, v, false);
	return id;
}

/* The condition wait releases the mutex. Does not need the internal lock. */
static void mark_in_cond_wait(struct lh_held *h)
{
	struct lh_lock *m = lh_lock_row(h->lock);

	h->flags |= LH_HELD_IN_COND_WAIT;
	h->flags &= (uint16_t)~LH_HELD_ACROSS_CREATE;
	if (m)
		m->owner = 0;
}

/* The event is dropped, but the mutex is not held during the wait. */
static void cond_wait_unrecorded(const struct lh_call *call)
{
	struct lh_self *self = lh_enter(call->frame);
	struct lh_held *h = self ? lh_held_find(self->live_saved, call->object) : NULL;

	if (h && h->depth == 1)
		mark_in_cond_wait(h);
	if (self)
		lh_leave(self);
}

/* The program may have announced a lock that is made of the mutex and has its address: then it is
 * that lock which the thread holds, and releases. */
static struct lh_lock *announced_lock(const struct lh_held *h)
{
	struct lh_lock *l = h ? lh_lock_row(h->lock) : NULL;

	return l && l->kind == LH_CUSTOM ? l : NULL;
}

/* Threads that wait without the internal lock see that this wait has another mutex, or their waits
 * are seen by lh_check_cond_mutexes: the fence. */
static void note_mutex(struct lh_lock *v, lh_lock_id mutex)
{
	lh_lock_id was = v->waits_with;

	if (was == mutex || was == LH_COND_MUTEXES)
		return;
	__atomic_store_n(&v->waits_with, lh_lock_row(was) ? LH_COND_MUTEXES : mutex,
			 __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* The wait is announced, and another thread brought another mutex meanwhile. */
static void check_mutexes(const struct lh_call *call, const void *cond, lh_site site)
{
	struct lh_event_frame event;

	if (!lh_event_begin(&event, call))
		return;
	const struct lh_lock *v = lh_lock_row(event.live->wait_lock),
			     *m = lh_lock_row(event.live->wait_with);
	if (v && m)
		lh_event_report(&event, lh_check_cond_mutexes(event.self, v, m, cond, site));
	lh_event_end(&event);
}

/* The entry of the mutex, if the thread acquired the mutex last, and once. */
static struct lh_held *top_entry(struct lh_live_thread *live, const struct lh_call *call)
{
	enum { OTHER = LH_HELD_IN_COND_WAIT | LH_HELD_ACROSS_FORK | LH_HELD_INHERITED };
	struct lh_held *h = lh_held_find(live, call->object);

	return h && h == lh_held_at(live, lh_held_count(live) - 1) && h->depth == 1 &&
			       !(h->flags & OTHER)
		       ? h
		       : NULL;
}

/* The site of a wait that brings no new row; 0: something about the wait is new. */
static lh_site known_site(struct lh_self *self, const struct lh_call *call, const struct lh_lock *v)
{
	const struct lh_live_thread *live = self->live;
	lh_stack_id stack = lh_event_known_stack(call);
	uint32_t n = lh_held_count(live);
	lh_chain_id parent = n > 1 ? lh_held_at(live, n - 2)->chain : 0;

	if (stack == LH_NO_STACK || (n > 1 && !parent))
		return 0;
	lh_site site = LH_SITE(stack, call->how, LH_EXCLUSIVE);
	return lh_chain_cached(self, parent, lh_lock_id_of(v), site) ? site : 0;
}

/*
 * A wait that brings no new row, without the internal lock. The order graph has nothing to check,
 * because the chain is known; nor has cond-two-mutexes, because all waits on the condition have had
 * this mutex. A thread that brings another mutex stores it in the condition's row, executes a fence
 * and reads the waits. This thread stores its wait, executes a fence and reads the row. So one of
 * the two sees the other, and checks both waits.
 */
static bool cond_wait_known(const struct lh_call *call, const void *cond, enum lh_kind kind)
{
	struct lh_self *self = lh_self_get();
	struct lh_live_thread *live = self->live;
	struct lh_held *h =
		live && !live->wait_on && !live->wait_lock ? top_entry(live, call) : NULL;
	const struct lh_lock *m = h ? lh_lock_known_untagged(call->object, (enum lh_kind)call->kind)
				    : NULL,
			     *v = m ? lh_lock_known_untagged(cond, kind) : NULL;

	if (!v || v->kind != kind || m->kind != call->kind || h->lock != lh_lock_id_of(m) ||
	    v->waits_with != h->lock ||
	    (call->kind == LH_MUTEX && !lh_glibc_is_mutex(call->object)))
		return false;
	lh_site site = known_site(self, call, v);
	if (!site)
		return false;
	lh_enter_known(self, call->frame);
	lh_held_measure_end(h);
	mark_in_cond_wait(h);
	self->cond_frame = call->frame;
	self->outer_wait.lock = 0;
	lh_live_thread_waits(live, lh_lock_id_of(v), site, LH_WAIT_COND, h->lock, lh_clock_now());
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	bool other = __atomic_load_n(&v->waits_with, __ATOMIC_RELAXED) != h->lock;
	lh_leave(self);
	if (LH_UNLIKELY(other))
		check_mutexes(call, cond, site);
	return true;
}

/*
 * The wait releases the mutex and acquires it again when it ends, also when it is cancelled. After
 * a cancellation no code of the library runs. So the entry stays in the held list with
 * LH_HELD_IN_COND_WAIT, and the next event of the mutex clears that flag.
 */
void lh_on_cond_wait(const struct lh_call *call, const void *cond, enum lh_kind kind)
{
	struct lh_event_frame event;

	if (lh_is_gil_event(LH_GIL_WAIT, call, cond))
		return;
	lh_long_hold_on_release(call);
	if (cond_wait_known(call, cond, kind))
		return;
	if (!lh_event_begin_lock(&event, call, 0)) {
		cond_wait_unrecorded(call);
		return;
	}
	struct lh_held *h = lh_held_find(event.live, call->object);
	struct lh_lock *m = announced_lock(h);
	if (!m)
		m = lh_event_lock(&event, call->object, call->kind);
	struct lh_lock *v = lh_event_lock(&event, cond, kind);
	lh_site site = LH_SITE(event.stack, call->how, LH_EXCLUSIVE);
	if (m && v && !h)
		lh_event_report(&event,
				lh_check_cond_unlocked(event.self, v, m, call->object, site));
	if (m && v) {
		note_mutex(v, lh_lock_id_of(m));
		lh_event_report(&event, lh_check_cond_mutexes(event.self, v, m, cond, site));
	}
	if (h && h->depth == 1) {
		lh_held_measure_end(h);
		lh_across_fork_on_release(&event, h);
		mark_in_cond_wait(h);
	}
	event.self->cond_frame = call->frame;
	event.self->outer_wait.lock = 0;
	if (v) {
		lh_event_announce_wait(&event, lh_lock_id_of(v), site, LH_WAIT_COND,
				       m ? lh_lock_id_of(m) : 0);
		record_cond(&event, v, site);
	}
	lh_event_end(&event);
}

/* The mutex was acquired again from an owner that had ended. */
static void order_after_owner(const struct lh_call *call)
{
	struct lh_event_frame event;

	if (!lh_event_begin_must(&event, call))
		return;
	const struct lh_lock *m = lh_lock_make(call->object, LH_MUTEX); /* it has no tag */
	if (m)
		lh_event_owner_died(&event, m);
	lh_event_end(&event);
}

void lh_on_cond_wait_end(const struct lh_call *call, int rc)
{
	if (lh_is_part_of_gil(call))
		return;
	if (LH_UNLIKELY(rc == EOWNERDEAD))
		order_after_owner(call);
	struct lh_self *self = lh_enter(call->frame);

	if (!self)
		return;
	struct lh_live_thread *live = self->live_saved;
	struct lh_held *h = lh_held_find(live, call->object);
	lh_event_end_cond_wait(self, live);
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

/* Has the thread visited the chain of this blocking acquisition before? */
static inline __attribute__((always_inline)) bool
is_chain_known(struct lh_self *self, const struct lh_call *call, enum lh_mode mode)
{
	uint32_t row = self->live ? lh_lock_find(call->object) : 0;
	const struct lh_context *x = row ? lh_context_find(call->frame) : NULL;

	return x && lh_chain_cached(self, lh_held_chain(self->live), lh_lock_id_of(&LH_LOCKS[row]),
				    LH_SITE(x->stack, LH_BLOCKING, mode));
}

static bool is_first_visit(lh_chain_id id, const struct lh_live_thread *live)
{
	bool visited = false, first = true;

	for (uint32_t i = LH_CHAINS[id].visit; i; i = LH_VISITS[i].next)
		if (LH_VISITS[i].thread == live->thread) {
			visited = true;
			first &= LH_VISITS[i].first == live->segment;
		}
	return visited && first;
}

/*
 * A thread that will be joined may signal to say that it is done, see order_graph/told.c. A new
 * segment begins at its first signal through a chain, so that the order graph can tell what the
 * thread acquires after it.
 */
static void begin_segment_after_signal(struct lh_event_frame *event, lh_chain_id id)
{
	if (id && LH_THREADS[event->live->thread].creator && !event->live->detached &&
	    is_first_visit(id, event->live))
		lh_hb_next_segment(event->self, event->live);
}

/* Records the thread that signals and its held chain, once for each chain and site. */
void lh_on_cond_signal(const struct lh_call *call)
{
	struct lh_event_frame event;

	if (lh_is_part_of_gil(call) || is_chain_known(lh_self_get(), call, LH_COND_SIGNALS) ||
	    !lh_event_begin(&event, call))
		return;
	struct lh_lock *v = lh_event_lock(&event, call->object, call->kind);
	lh_site site = LH_SITE(event.stack, LH_BLOCKING, LH_COND_SIGNALS);
	lh_chain_id id = v ? record_cond(&event, v, site) : 0;
	if (v && lh_stack_in_interpreter(((const uintptr_t *)call->frame)[1]))
		v->flags |= LH_LOCK_INTERPRETER;
	else
		begin_segment_after_signal(&event, id);
	lh_event_end(&event);
}

void lh_on_wait_clear(const struct lh_call *call)
{
	lh_event_end_deadlock(call);
	struct lh_self *self = lh_enter(call->frame);

	if (!self)
		return;
	lh_event_clear_wait(self, self->live_saved);
	lh_contention_wait_cancel(self->live_saved);
	lh_leave(self);
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
		return; /* takes no lock, so a post in a signal handler is safe */
	}
	if (self->live && lh_held_find(self->live, call->object)) {
		lh_on_release_slow(call);
		return;
	}
	if (!lh_event_begin_lock(&event, call, 0))
		return;
	l = lh_event_lock(&event, call->object, LH_SEM);
	if (l) {
		lh_sem_mark_signal(l);
		lh_deadlock_note_release(event.self, lh_lock_id_of(l), LH_SITE(event.stack, 0, 0));
	}
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

/* A thread that holds a lock could have waited in another run, so that dependency counts. */
bool lh_once_adds_nothing(const struct lh_call *call)
{
	struct lh_self *self = lh_self_get();

	return !self->live || !self->live->held_n || is_chain_known(self, call, LH_EXCLUSIVE);
}

bool lh_on_once_call(const struct lh_call *call, void (*routine)(void))
{
	if (lh_once_is_done(call->object) && lh_once_adds_nothing(call))
		return false;
	struct lh_self *self = lh_enter(call->frame);
	if (!self)
		return false;
	self->once_routine = routine;
	self->once_call = call;
	lh_event_remove_left_once(self);
	lh_leave(self);
	lh_on_wait_begin(call);
	return true;
}

const struct lh_call *lh_on_once_routine_begin(void (**routine)(void))
{
	struct lh_self *self = lh_self_get();
	const struct lh_call *call = self->once_call;

	*routine = self->once_routine;
	lh_on_wait_clear(call);
	lh_lock_once_begun(call->object);
	lh_on_acquired_slow(call, 0);
	struct lh_live_thread *live = self->live;
	struct lh_held *h = live ? lh_held_find(live, call->object) : NULL;
	if (h && call->frame >= live->stack_low && call->frame < live->stack_high)
		h->pad = (uint32_t)(live->stack_high - call->frame);
	return call;
}

void lh_on_once_routine_end(const struct lh_call *call)
{
	lh_on_release_slow(call);
}

/* The thread that ran the routine ended its wait earlier; any other thread waited until now. */
void lh_on_once_return(const struct lh_call *call)
{
	lh_event_end_deadlock(call);
	struct lh_self *self = lh_enter(call->frame);

	if (!self)
		return;
	lh_event_wait_time(self);
	lh_contention_wait_cancel(self->live_saved);
	lh_leave(self);
}
