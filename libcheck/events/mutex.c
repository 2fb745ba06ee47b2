/* mutex.c — the slow path of the events of every lock: wait, acquire, try, release, init, destroy.
 */
#include "libcheck/lock/contention.h"
#include "libcheck/lock/lock_state.h"
#include "libcheck/base/options.h"
#include "libcheck/base/text.h"
#include "libcheck/events/event.h"
#include "libcheck/stack/python.h"
#include "libcheck/thread/retired.h"

/* Was the lock acquired? EOWNERDEAD: the thread acquired a robust mutex whose owner died. */
static bool means_acquired(int rc)
{
	return rc == 0 || rc == EOWNERDEAD;
}

/* ---- waiting ---- */

static void note_writer(struct lh_event_frame *event, struct lh_lock *l, const struct lh_call *call)
{
	if (lh_kind_acts(l->kind) != LH_RWLOCK || call->mode != LH_EXCLUSIVE ||
	    (l->flags & LH_LOCK_HAS_WRITERS))
		return;
	l->flags |= LH_LOCK_HAS_WRITERS;
	if (l->flags & LH_LOCK_PREFER_WRITER) /* now a reader can wait for a queued writer */
		lh_event_check_lock(event, lh_lock_id_of(l));
}

/* Does another thread hold the lock? The bytes of an announced lock do not say. */
static bool is_held(const struct lh_event_frame *event, const struct lh_lock *l)
{
	struct lh_held *h;

	return l->owner || lh_held_find_holder(lh_lock_id_of(l), event->self->number, &h);
}

static __attribute__((noinline)) void wait_begin(const struct lh_call *call)
{
	struct lh_event_frame event;

	if (!lh_event_begin_lock(&event, call, 0))
		return;
	struct lh_lock *l = lh_event_lock(&event, call->object, call->kind);
	if (l) {
		lh_site site = LH_SITE(event.stack, call->how, lh_event_mode(call, l));
		struct lh_held *h = lh_held_find(event.live, call->object);
		lh_event_note_shared(l);
		note_writer(&event, l, call);
		if (h && l->kind == LH_SEM && !(l->flags & LH_LOCK_COUNTING)) {
			lh_sem_mark_signal(
				l); /* it waits for its own permit: another thread must post */
			h = NULL;
		}
		lh_lock_stats_get(l); /* the wait is counted there */
		if (!lh_lock_is_free_now(call->object, call->kind)) {
			lh_event_announce_wait(&event, lh_lock_id_of(l), site, LH_WAIT_LOCK, 0);
			if (l->kind == LH_CUSTOM && !is_held(&event, l)) {
				event.self->waits_for_free = true;
				event.live->wait_entries = l->acquired;
			} else if (l->kind != LH_ONCE && lh_kind_acts(l->kind) != LH_GUARD) {
				lh_contention_wait_begin(l, lh_lock_id_of(l), event.live);
			}
		}
		uint32_t self = h ? lh_check_self_deadlock(event.self, l, h, site) : 0;
		/* a deadlock that happens is not reported as a potential one too */
		uint32_t cycle = self ? 0 : lh_wait_cycle_check(event.self);
		lh_event_report(&event, self ? self : cycle);
		if (lh_fork_has_not_copied(true) && LH_SITE_HOW(site) == LH_BLOCKING)
			lh_fork_report_not_copied(&event, l, site);
		if (!cycle && (!h || (l->flags & LH_LOCK_COUNTING)) && !(l->flags & LH_LOCK_SIGNAL))
			lh_event_record_chain(&event, lh_lock_id_of(l), site);
	}
	lh_event_end(&event);
}

void lh_on_wait_begin(const struct lh_call *call)
{
	if (!lh_on_wait_begin_known(call))
		wait_begin(call);
}

void lh_on_wait_begin_uncached(const void *object, uintptr_t frame, uint64_t how)
{
	const struct lh_call call = lh_call_of(object, frame, how);

	lh_on_wait_begin(&call);
}

/* ---- acquiring ---- */

/* The held list has an entry for the lock: raises its depth, or removes it if it is a leftover.
 * True: there is nothing else to record. */
static bool acquire_again(struct lh_event_frame *event, struct lh_lock *l,
			  const struct lh_call *call)
{
	struct lh_held *h = lh_held_find(event->live, call->object);

	if (!h)
		return false;
	if (h->lock != lh_lock_id_of(l) || l->kind == LH_SEM ||
	    !(call->mode == LH_SHARED || (l->flags & LH_LOCK_RECURSIVE))) {
		/* a leftover: another thread has released the lock meanwhile */
		if (l->kind == LH_SEM && !(l->flags & LH_LOCK_COUNTING))
			lh_sem_mark_signal(l);
		if (l->kind != LH_SEM || (l->flags & LH_LOCK_SIGNAL))
			lh_held_remove(event->live, h);
		return (l->flags & LH_LOCK_SIGNAL) != 0;
	}
	h->depth++;
	call->mode == LH_SHARED ? l->shared++ : l->acquired++;
	lh_contention_recursive(l);
	return true;
}

/* The owner that is recorded no longer holds the lock: it died, or its unlock was not recorded. */
static void clear_former_owner(struct lh_lock *l, const struct lh_self *self)
{
	struct lh_held *h;

	if (l->owner && l->owner != self->number &&
	    lh_held_find_holder(lh_lock_id_of(l), self->number, &h))
		h->lock = 0;
}

static void set_owner(struct lh_lock *l, const struct lh_self *self)
{
	clear_former_owner(l, self);
	l->owner = self->number;
	if (l->stats)
		lh_lock_stats_add_owner(&LH_LOCK_STATS[l->stats], LH_EXCLUSIVE, self->number);
}

static void add_held(struct lh_event_frame *event, struct lh_lock *l, const struct lh_call *call)
{
	enum lh_mode mode = lh_event_mode(call, l);
	lh_site site = LH_SITE(event->stack, call->how, mode);
	lh_chain_id chain = lh_event_record_chain(event, lh_lock_id_of(l), site);
	struct lh_held *h = lh_held_push(event->live);

	mode == LH_EXCLUSIVE ? l->acquired++ : l->shared++;
	lh_contention_acquired(l, event->live->thread, 1);
	if (!l->first_stack)
		l->first_stack = event->stack;
	if (mode == LH_EXCLUSIVE)
		set_owner(l, event->self);
	if (!h)
		return;
	bool sampled = lh_held_is_sampled(event->self, event->fresh, site);
	*h = (struct lh_held){.address = (uintptr_t)call->object,
			      .site = site,
			      .tick = lh_clock_tick(),
			      .chain = chain,
			      .depth = 1,
			      .flags = sampled ? LH_HELD_EXACT_TIME : 0,
			      .since_ns = sampled ? lh_clock_now() : 0};
	__atomic_store_n(&h->lock, lh_lock_id_of(l), __ATOMIC_RELEASE);
	if ((l->flags & LH_LOCK_HELD_ACROSS_CREATE) && LH_SITE_HOW(site) == LH_BLOCKING)
		lh_across_create_on_acquire(event, lh_lock_id_of(l));
}

/* The kernel gives a robust mutex to the next thread when its owner has ended: all that the owner
 * did happens before. */
void lh_event_owner_died(struct lh_event_frame *event, const struct lh_lock *l)
{
	const struct lh_live_thread *owner = &LH_LIVE_THREADS[l->owner];

	if (!l->owner || l->owner == event->self->number || !owner->thread ||
	    owner->state < LH_LIVE_ATTACHED)
		return;
	lh_hb_edge_add(LH_HB_JOIN, owner->thread, owner->segment, event->live->thread,
		       event->live->segment + 1);
	lh_hb_next_segment(event->self, event->live);
}

static void acquired(const struct lh_call *call, int rc, uint64_t waited_ns)
{
	struct lh_event_frame event;

	if ((rc == 0 && !waited_ns &&
	     (lh_on_acquired_deep(call) || lh_on_acquired_revived(call))) ||
	    !lh_event_begin_lock(&event, call, 0))
		return;
	struct lh_lock *l = lh_event_lock(&event, call->object, call->kind);
	if (l && waited_ns)
		lh_contention_wait_end(l, event.live, lh_event_mode(call, l), waited_ns);
	if (l && lh_fork_has_not_copied(false))
		lh_fork_report_not_copied(&event, l, 0);
	if (l && means_acquired(rc)) {
		if (event.live->try_lock == lh_lock_id_of(l))
			event.live->try_lock = 0;
		lh_event_note_shared(l);
		note_writer(&event, l, call);
		if (rc == EOWNERDEAD)
			lh_event_owner_died(&event, l);
		if (l->flags & LH_LOCK_SIGNAL)
			l->acquired++;
		else if (!acquire_again(&event, l, call))
			add_held(&event, l, call);
	}
	lh_event_end(&event);
}

static __attribute__((noinline)) void wait_end(const struct lh_call *call, int rc)
{
	if (means_acquired(rc))
		lh_event_end_deadlock(call);
	struct lh_self *self = lh_enter(call->frame);
	uint64_t ns = 0;

	if (self) {
		ns = lh_event_wait_time(self);
		self->sample = 1; /* the hold that begins now is measured */
		lh_leave(self);
	}
	if (rc != EINVAL || !lh_is_invalid(call->object, call->kind)) /* reported before the wait */
		acquired(call, rc, ns);
}

void lh_on_wait_end(const struct lh_call *call, int rc)
{
	if (LH_UNLIKELY(lh_deadlocks_open) || !lh_on_wait_end_known(call, rc))
		wait_end(call, rc);
}

int lh_on_wait_end_uncached(const void *object, uintptr_t frame, uint64_t how, int rc)
{
	const struct lh_call call = lh_call_of(object, frame, how);

	lh_on_wait_end(&call, rc);
	return rc;
}

void lh_on_acquired_slow(const struct lh_call *call, int rc)
{
	if (rc || !lh_on_acquired_known(call))
		acquired(call, rc, 0);
}

int lh_on_acquired_uncached(const void *object, uintptr_t frame, uint64_t how, int rc)
{
	struct lh_call call = lh_call_of(object, frame, how);
	struct lh_self *self = lh_self_get();
	const struct lh_context *x = NULL;

	if (LH_UNLIKELY(lh_python_in_gil(object)) && call.kind == LH_MUTEX)
		return rc;
	if (LH_LIKELY(!rc && self->live) && lh_on_acquired_looked_up(self, &call, &x))
		return rc;
	/* the stack of a handler is walked each time; see begin in event.c */
	if (x && !(LH_STACKS[x->stack].flags & LH_STACK_HANDLER))
		call.stack = x->stack;
	if (rc == EBUSY && call.how == LH_TRY)
		lh_on_try_failed(&call);
	else
		lh_on_acquired_slow(&call, rc);
	return rc;
}

/* ---- tries ---- */

/*
 * Is this failed try consecutive: has the thread not acquired the lock since the last one? The slow
 * path clears try_lock at an acquisition. The fast path does not, so the try is consecutive only if
 * the thread acquired no lock since, or no thread acquired this lock.
 */
static bool is_consecutive(struct lh_self *self, const struct lh_lock *l)
{
	uint64_t entries = l->acquired + l->shared;
	bool again = self->live->try_lock == lh_lock_id_of(l) &&
		     (self->try_sample == self->sample || self->try_entries == entries);

	self->try_sample = self->sample;
	self->try_entries = entries;
	return again;
}

/* The tries count as a busy wait from now on: records their site. */
static void begin_busy_wait(const struct lh_call *call)
{
	struct lh_event_frame event;

	if (!lh_event_begin(&event, call))
		return;
	struct lh_lock *l = lh_lock_known(call->object, call->kind);
	if (l) {
		event.live->try_site = LH_SITE(event.stack, LH_TRY, call->mode);
		lh_contention_busy_begin(l, lh_lock_id_of(l));
	}
	lh_event_end(&event);
}

/* Called in loops of failing tries. tries_failed is not atomic: a lost increment does no harm. */
void lh_on_try_failed(const struct lh_call *call)
{
	struct lh_self *self = lh_self_get();
	struct lh_live_thread *live = self->live;
	struct lh_lock *l = live ? lh_lock_known(call->object, call->kind) : NULL;
	uint64_t ns = 0;

	if (!l)
		return;
	if (LH_UNLIKELY(!l->stats) && (self = lh_enter(call->frame))) {
		lh_lock_stats_ensure(self, l);
		lh_leave(self);
	}
	if (l->stats)
		LH_LOCK_STATS[l->stats].tries_failed++;
	self = lh_self_get();
	live->tries = is_consecutive(self, l) ? live->tries + 1 : 1;
	live->try_lock = lh_lock_id_of(l);
	if (live->tries < LH_TRIES_BEFORE_TIMING)
		return;
	if (live->tries % LH_TRIES_BEFORE_TIMING == 0 && lh_may_read_clock()) {
		if (live->tries == LH_TRIES_BEFORE_TIMING)
			live->try_since_ns = lh_clock_now();
		else
			ns = lh_clock_now() - live->try_since_ns;
	}
	if (live->tries == LH_TRIES_BUSY_WAIT)
		begin_busy_wait(call);
	if (live->tries >= LH_TRIES_BUSY_WAIT)
		lh_contention_busy_add(l, live, ns);
}

/* ---- releasing ---- */

/*
 * The removed entry stays in the place above the top until the next acquisition:
 * lh_on_release_failed may need it. The fast path leaves it there; remove_held copies it. A release
 * that removed nothing clears that place.
 */
static void remove_held(struct lh_live_thread *live, struct lh_held *h)
{
	struct lh_held removed = *h;
	struct lh_lock *l = lh_lock_row(h->lock);

	if (l && LH_SITE_MODE(h->site) == LH_EXCLUSIVE)
		l->owner = 0;
	if (h != lh_held_at(live, live->held_n - 1))
		removed.chain = 0; /* it would return above locks that were acquired later */
	lh_held_remove(live, h);
	removed.lock = 0;
	removed.address = 0;
	if (live->held_n < lh_held_capacity(live))
		*lh_held_at(live, live->held_n) = removed;
}

static void check_unlock(const struct lh_call *call)
{
	struct lh_event_frame event;

	if (!lh_event_begin_lock(&event, call, 0))
		return;
	struct lh_lock *l = lh_event_lock(&event, call->object, call->kind);
	if (l && !event.invalid)
		lh_event_report(&event, lh_check_unlock(event.self, l, call->object,
							LH_SITE(event.stack, 0, 0)));
	lh_event_end(&event);
}

static bool is_last_across_create(const struct lh_held *h)
{
	return h && (h->flags & (LH_HELD_ACROSS_CREATE | LH_HELD_ACROSS_FORK)) && h->depth == 1;
}

void lh_on_release_slow(const struct lh_call *call)
{
	struct lh_self *self = lh_self_get();
	struct lh_held *own = NULL;

	if (self->live)
		own = lh_held_find(self->live, call->object);
	if (own && own->depth > 1 && !(own->flags & LH_HELD_IN_COND_WAIT)) {
		own->depth--; /* the thread still holds the lock */
		return;
	}
	lh_long_hold_on_release(call);
	if (is_last_across_create(own))
		lh_across_create_on_release(call);
	self = lh_enter(call->frame);
	if (!self)
		return;
	struct lh_live_thread *live = self->live_saved;
	struct lh_held *h = lh_held_find(live, call->object);
	if (h && (h->flags & LH_HELD_IN_COND_WAIT)) { /* the condition wait was cancelled */
		h->flags &= (uint16_t)~LH_HELD_IN_COND_WAIT;
		lh_event_end_cond_wait(self, live);
	}
	if (h && h->depth > 1) {
		h->depth--;
	} else if (h) {
		lh_held_measure_end(h);
		lh_held_keep_lengths(self, h->lock);
		remove_held(live, h);
	} else if (live->held_n < lh_held_capacity(live)) {
		lh_held_at(live, live->held_n)->site = 0;
	}
	lh_leave(self);
	if (!h)
		check_unlock(call);
}

/* A measured hold: it has a new chain, or was sampled. */
static __attribute__((noinline)) bool release_measured(struct lh_self *self, struct lh_held *h,
						       uintptr_t frame)
{
	struct lh_live_thread *live = self->live;

	if (!h->lock || (h->flags & ~(uint32_t)(LH_HELD_EXACT_TIME | LH_HELD_WEIGHTED)))
		return false;
	lh_enter_known(self, frame);
	lh_held_measure_end(h);
	lh_held_keep_lengths(self, h->lock);
	lh_held_take_off(live, h, live->held_n - 1);
	lh_leave(self);
	return true;
}

/* False: there is more to do. Without a monitor the clock is read. */
static bool release_last(struct lh_self *self, struct lh_live_thread *live, const void *object,
			 uintptr_t frame)
{
	uint32_t n = live->held_n - 1;
	struct lh_held *h = &live->held[n];

	if (n >= LH_HELD_INLINE || h->address != (uintptr_t)object || h->depth != 1 ||
	    lh_clock_tick() - h->tick > lh_long_hold_ticks)
		return false;
	if (!lh_held_is_simple(h))
		return release_measured(self, h, frame);
	lh_held_take_off(live, h, n);
	return true;
}

void lh_on_release_uncached(const void *object, uintptr_t frame, uint64_t how)
{
	const struct lh_call call = lh_call_of(object, frame, how);
	struct lh_self *self = lh_self_get();
	struct lh_live_thread *live = self->live;

	if (!lh_is_gil_event(LH_GIL_UNLOCK, &call, NULL) &&
	    (!live || !release_last(self, live, object, frame)))
		lh_on_release_slow(&call);
}

/*
 * Is `h`, the entry above the top, the hold of `l` that this release removed? A signal handler may
 * have left another entry there since; and an entry of a lock that this thread no longer held says
 * nothing. A forked child inherits locks with the thread id of its parent.
 */
static bool was_removed(const struct lh_live_thread *live, const struct lh_held *h,
			const struct lh_lock *l, const void *object)
{
	return h->site && h->depth && (!h->chain || LH_CHAINS[h->chain].lock == lh_lock_id_of(l)) &&
	       ((h->flags & LH_HELD_INHERITED) || l->kind != LH_MUTEX ||
		lh_lock_owner_tid(object, LH_MUTEX) == live->tid);
}

void lh_on_release_failed(const struct lh_call *call)
{
	struct lh_self *self = lh_enter(call->frame);

	if (!self)
		return;
	struct lh_live_thread *live = self->live_saved;
	struct lh_held *h = lh_held_find(live, call->object);
	uint32_t row = lh_lock_find(call->object); /* by table: a robust mutex has no tag */
	struct lh_lock *l = row ? &LH_LOCKS[row] : NULL;
	if (h) { /* acquired more than once */
		h->depth++;
	} else if (l && live->held_n < lh_held_capacity(live) &&
		   was_removed(live, lh_held_at(live, live->held_n), l, call->object)) {
		h = lh_held_at(live, live->held_n);
		h->lock = lh_lock_id_of(l);
		h->address = (uintptr_t)call->object;
		if (LH_SITE_MODE(h->site) == LH_EXCLUSIVE)
			l->owner = self->number;
		live->held_n++;
	}
	lh_leave(self);
}

/* ---- init, destroy, name ---- */

/* A semaphore of CPython is a lock of the program that it runs. */
static void mark_interpreter(struct lh_lock *l, const struct lh_call *call)
{
	enum { MODES = LH_LEDGER_PYTHON_WAITED | LH_LEDGER_PYTHON_ASSUMED };
	bool unread = lh_python.kind == LH_PYTHON_UNREAD;
	unsigned option = lh_options.python;

	if (l->kind != LH_SEM || !lh_stack_in_interpreter(((const uintptr_t *)call->frame)[1]))
		return;
	l->flags |= LH_LOCK_INTERPRETER;
	lh_own_ledger.ledger->flags &= ~(uint32_t)MODES;
	if (option == LH_PYTHON_WAITED || (unread && option == LH_PYTHON_AUTO))
		lh_own_ledger.ledger->flags |= LH_LEDGER_PYTHON_WAITED;
	else if (unread)
		lh_own_ledger.ledger->flags |= LH_LEDGER_PYTHON_ASSUMED;
}

static __attribute__((noinline)) void init(const struct lh_call *call, uint32_t flags,
					   uint32_t initial, lh_stack_id stack)
{
	struct lh_event_frame event;
	struct lh_call known = *call;

	if (stack)
		known.stack = stack;
	if (lh_is_gil_event(LH_GIL_INIT, call, NULL) || !lh_event_begin_lock(&event, &known, flags))
		return;
	lh_retired_end(event.self, event.stack); /* they would stay in front of others */
	struct lh_lock *l = lh_lock_reinit(call->object, call->kind, flags, initial);
	if (l) {
		l->init_stack = event.stack;
		mark_interpreter(l, call);
	}
	lh_event_end(&event);
}

void lh_on_init(const struct lh_call *call, uint32_t flags, uint32_t initial)
{
	lh_stack_id stack = 0;

	flags |= lh_lock_attributes(call->object, call->kind) | LH_LOCK_INITED;
	if (!lh_on_init_revived(call, flags, &stack))
		init(call, flags, initial, stack);
}

static bool is_slept_in(const struct lh_lock *l)
{
	enum lh_kind acts = lh_kind_acts(l->kind);

	return acts == LH_COND || acts == LH_SEM || acts == LH_BARRIER;
}

static bool has_no_user(const struct lh_lock *l, const void *object)
{
	enum lh_kind acts = lh_kind_acts(l->kind);

	struct lh_held *h;

	if (acts == LH_RWLOCK && acts != l->kind) /* what its bytes say is not known */
		return !l->owner && !lh_held_find_holder(lh_lock_id_of(l), 0, &h);
	if (acts == LH_MUTEX || acts == LH_SPIN)
		return !l->owner;
	if (l->kind == LH_RWLOCK)
		return lh_lock_is_free_now(object, LH_RWLOCK);
	return !lh_lock_sleepers(object, (enum lh_kind)l->kind);
}

void lh_on_reinit_begin_slow(const struct lh_call *call)
{
	struct lh_lock *l = lh_lock_known(call->object, call->kind);
	struct lh_event_frame event;

	/* memory without a lock may hold any bytes, so it is not read */
	if (!l || l->kind != call->kind || has_no_user(l, call->object) ||
	    !lh_event_begin(&event, call))
		return;
	l = lh_lock_known(call->object, call->kind);
	if (l)
		lh_event_report(&event,
				(is_slept_in(l) ? lh_check_destroy_slept_in : lh_check_destroy)(
					event.self, l, call->object, LH_SITE(event.stack, 0, 0)));
	lh_event_end(&event);
}

void lh_on_destroy_begin_slow(const struct lh_call *call)
{
	const struct lh_lock *l = lh_lock_known(call->object, call->kind);
	struct lh_event_frame event;

	if (l && l->kind == call->kind) {
		lh_on_reinit_begin_slow(call);
	} else if (lh_is_invalid(call->object, call->kind) && lh_event_begin(&event, call)) {
		lh_event_report(&event, lh_check_use(event.self, call->object, call->kind,
						     LH_SITE(event.stack, 0, 0), LH_DESTROYS));
		lh_event_end(&event);
	}
}

void lh_on_destroyed(const struct lh_call *call, int rc)
{
	struct lh_event_frame event;

	if (rc || !call->object || lh_on_destroyed_retire(call) ||
	    lh_is_gil_event(LH_GIL_DESTROYED, call, NULL) || !lh_event_begin(&event, call))
		return;
	lh_note_destroy(event.stack);
	struct lh_lock *l = lh_lock_known(call->object, call->kind);
	if (l && l->kind == call->kind)
		l->flags |= LH_LOCK_DESTROYED;
	enum lh_kind acts = lh_kind_acts(l ? l->kind : LH_NOTHING);
	if (acts == LH_MUTEX || acts == LH_RWLOCK || acts == LH_COND)
		l->destroy_stack = event.stack;
	if (l)
		lh_retired_push_or_end(event.self, l);
	lh_event_end(&event);
}
