/*
 * known_wait.c — waits that bring no new row, without the internal lock.
 *
 * A thread that must wait stores its wait in its live-thread row, executes a full fence, and
 * follows the owners by loads. If the wait closes a cycle, the last thread of the cycle to pass its
 * fence sees the waits of all the others, and takes the internal lock to confirm the cycle, before
 * it blocks (docs/theory.md has the proof, rules/wait_cycle.c the search). All else about such a
 * wait is known: the lock, the stack, the chain. Every other wait takes the slow path (mutex.c).
 *
 * The end of the wait records the acquisition. Of a thread that waits for the lock all the time
 * only some waits are measured further (thread/own_waits.h), and only some of these holds.
 */
#include "libcheck/events/event.h"
#include "libcheck/lock/contention.h"
#include "libcheck/rules/wait_rules.h"
#include "libcheck/thread/own_waits.h"

/* ---- what is known ---- */

/* The row of the object, also of one without a tag; 0: not known. */
static inline uint32_t row_of(const struct lh_call *call)
{
	uint32_t row = lh_lock_tagged_row(call->object, (enum lh_kind)call->kind);

	if (LH_LIKELY(LH_LOCKS[row].address == (uintptr_t)call->object))
		return row;
	const struct lh_lock *l = lh_lock_find_untagged(call->object, (enum lh_kind)call->kind);
	return l ? (uint32_t)(l - LH_LOCKS) : 0;
}

static bool is_known_other(const struct lh_lock *l, const struct lh_call *call)
{
	enum lh_kind acts = lh_kind_acts(l->kind);

	if (acts == LH_RWLOCK)
		return call->mode == LH_SHARED || (l->flags & LH_LOCK_HAS_WRITERS);
	return acts == LH_MUTEX || acts == LH_SPIN || acts == LH_SEM || acts == LH_GIL ||
	       (acts == LH_CUSTOM && l->owner);
}

static inline bool is_known_kind(const struct lh_lock *l, const struct lh_call *call)
{
	if (l->address != (uintptr_t)call->object || l->kind != call->kind)
		return false;
	return LH_LIKELY(l->kind == LH_MUTEX) ? lh_glibc_is_mutex(call->object)
					      : is_known_other(l, call);
}

/* The chain of this acquisition, if the thread has visited it; 0: it has not. */
static inline lh_chain_id known_chain(struct lh_self *self, const struct lh_call *call,
				      lh_lock_id id, lh_site site)
{
	lh_chain_id parent = lh_held_chain_found(self->live_saved);

	if (self->live_saved->held_n && (!parent || lh_held_find(self->live_saved, call->object)))
		return 0;
	lh_chain_id chain = lh_chain_cached(self, parent, id, site);
	return LH_LIKELY(chain) ? chain : lh_event_visited_chain(self, parent, id, site);
}

/* ---- the wait begins ---- */

static inline void announce(struct lh_live_thread *live, lh_lock_id id, lh_site site, uint64_t now)
{
	lh_live_thread_waits(live, id, site, LH_WAIT_LOCK, 0, now);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

bool lh_wait_count_begin(struct lh_lock *l, lh_lock_id id, struct lh_live_thread *live)
{
	if (!lh_contention_is_ready(l))
		return false;
	lh_contention_wait_begin(l, id, live);
	return true;
}

/* The wait is announced, and may close a cycle. */
static void confirm_cycle(const struct lh_call *call)
{
	struct lh_event_frame event;

	if (!lh_event_begin(&event, call))
		return;
	lh_event_report(&event, lh_wait_cycle_check(event.self));
	lh_event_end(&event);
}

/* A robust mutex is not tried before; it may be free. */
static bool looks_free(const struct lh_call *call)
{
	return !lh_lock_may_try(call->object, (enum lh_kind)call->kind) &&
	       lh_lock_is_free_now(call->object, (enum lh_kind)call->kind);
}

/* Without an owner that is recorded, each thread may be a holder; usually none waits. */
static bool another_waits(const struct lh_self *self)
{
	uint32_t rows = lh_rows_used(LH_T_LIVE_THREAD);

	for (uint32_t i = 1; i < rows; i++)
		if (i != self->number &&
		    __atomic_load_n(&LH_LIVE_THREADS[i].wait_lock, __ATOMIC_ACQUIRE))
			return true;
	return false;
}

/* Usually the owner does not wait. */
static inline bool may_close_cycle(const struct lh_self *self, const struct lh_lock *l)
{
	uint32_t owner = l->owner;

	if (!lh_is_waited_for(self->live_saved, l))
		return false;
	if ((owner || l->kind == LH_MUTEX) && !(l->flags & LH_LOCK_PREFER_WRITER) &&
	    !__atomic_load_n(&LH_LIVE_THREADS[owner].wait_lock, __ATOMIC_ACQUIRE))
		return false;
	return another_waits(self) && lh_wait_may_close_cycle(self);
}

void lh_wait_follow(const struct lh_call *call)
{
	const struct lh_self *self = lh_self_get();

	if (may_close_cycle(self, &LH_LOCKS[LH_LOCK_ROW(self->live_saved->wait_lock)]))
		confirm_cycle(call);
}

bool lh_on_wait_begin_known(const struct lh_call *call)
{
	struct lh_self *self = lh_self_get();
	struct lh_live_thread *live = self->live;
	uint32_t epoch = __atomic_load_n(&self->acquisition_epoch, __ATOMIC_SEQ_CST);
	const struct lh_context *x;
	uint32_t row = live ? row_of(call) : 0;
	struct lh_lock *l = &LH_LOCKS[row];

	if (!row || !is_known_kind(l, call) || live->wait_on || live->wait_lock || lh_fork_uncopied)
		return false;
	lh_stack_id stack = lh_event_known_context(call, &x);
	if (stack == LH_NO_STACK)
		return false;
	lh_lock_id id = LH_LOCK_ID(row, l->gen);
	enum lh_mode mode = lh_event_mode(call, l);
	lh_site site = LH_SITE(stack, call->how, mode);
	lh_enter_known(self, call->frame);
	/* without a held lock there is no dependency to record */
	bool known =
		!live->held_n || (l->flags & LH_LOCK_SIGNAL) || known_chain(self, call, id, site);
	if (known) {
		self->waits_for_free = looks_free(call);
		live->wait_entries = l->acquired;
		if (live->wait_contention)
			lh_contention_wait_cancel(live);
		if (!self->waits_for_free && lh_own_wait_begin(self, id, mode))
			known = lh_wait_count_begin(l, id, live);
	}
	if (known) {
		self->wait_is_known = true;
		self->wait_entry = NULL;
		self->wait_context =
			lh_lock_may_try(call->object, (enum lh_kind)call->kind) ? x : NULL;
		self->wait_epoch = epoch;
		lh_event_note_shared(l);
		announce(live, id, site, lh_clock_now());
	}
	lh_leave(self);
	if (known && call->how == LH_BLOCKING && may_close_cycle(self, l))
		confirm_cycle(call);
	return known;
}

/* ---- the wait ends ---- */

/* No thread held the lock when the wait began, and none has acquired it since. */
static bool did_not_wait(struct lh_self *self, const struct lh_lock *l)
{
	bool free = self->waits_for_free;

	self->waits_for_free = false;
	return free && self->live_saved->wait_entries == l->acquired;
}

/* Counts the wait at once. */
static void count_now(struct lh_self *self, struct lh_lock *l, uint64_t ns)
{
	enum lh_mode mode = LH_SITE_MODE(self->live_saved->wait_site);

	lh_lock_stats_add_waits(&LH_LOCK_STATS[l->stats], 1, ns, ns);
	lh_contention_wait_end(l, self->live_saved, mode, ns);
}

void lh_wait_count(struct lh_self *self, struct lh_lock *l, lh_lock_id id, struct lh_held *h)
{
	struct lh_live_thread *live = self->live_saved;
	enum lh_mode mode = LH_SITE_MODE(live->wait_site);
	bool at_once = live->wait_contention != 0;
	uint64_t now =
		at_once ? lh_clock_now() : lh_own_wait_end(self, id, mode, live->wait_since_ns);

	if (!now)
		return;
	lh_lock_stats_add_owner(&LH_LOCK_STATS[l->stats], mode, self->number);
	count_now(self, l, now - live->wait_since_ns);
	if (!h || !at_once)
		return;
	lh_contention_acquired(l, live->thread, 1);
	h->since_ns = now;
	h->flags = LH_HELD_EXACT_TIME;
}

/* The end of a wait that brought something new has that to record too. */
static inline bool ends_known(const struct lh_call *call, const struct lh_lock *l, lh_lock_id id,
			      const struct lh_live_thread *live)
{
	/* a wait for a lock that looked free may need a row that counts it */
	bool can_count = LH_LIKELY(!lh_self_get()->waits_for_free) ||
			 live->wait_entries == l->acquired || lh_contention_is_ready(l);

	return lh_self_get()->wait_is_known && can_count && live->wait_on == LH_WAIT_LOCK &&
	       l->address == (uintptr_t)call->object && l->gen == LH_LOCK_GEN(id) &&
	       l->kind == call->kind && !lh_self_get()->outer_wait.lock && !lh_fork_uncopied &&
	       live->held_n < LH_HELD_INLINE;
}

static inline void end_wait(struct lh_live_thread *live, lh_lock_id id)
{
	if (live->try_lock == id)
		live->try_lock = 0;
	__atomic_store_n(&live->wait_lock, 0, __ATOMIC_RELEASE);
	live->wait_on = LH_WAIT_NONE;
}

/* Is the next wait like this one to be found in the acquisition cache? */
static inline bool is_for_cache(const struct lh_self *self)
{
	return self->wait_context && !self->wait_entry;
}

static void keep_in_cache(struct lh_self *self, const struct lh_call *call, uint32_t n,
			  struct lh_held_chain own)
{
	const struct lh_acquisition known = {.own = own,
					     .site = self->live_saved->wait_site,
					     .epoch = self->wait_epoch,
					     .x = self->wait_context};

	lh_on_acquired_cache(self, call, lh_python_identity(call->frame), n, &known);
}

/* The thread does not have the lock. */
static bool end_in_vain(struct lh_self *self, const struct lh_call *call, struct lh_lock *l,
			lh_lock_id id)
{
	struct lh_live_thread *live = self->live_saved;
	lh_chain_id chain = is_for_cache(self) ? known_chain(self, call, id, live->wait_site) : 0;

	if (chain)
		keep_in_cache(self, call, live->held_n, (struct lh_held_chain){id, chain});
	end_wait(live, id);
	if (!did_not_wait(self, l))
		count_now(self, l, lh_clock_now() - live->wait_since_ns);
	return true;
}

/* A signal is not held, and has no chain. */
static bool end_with_signal(struct lh_self *self, const struct lh_call *call, struct lh_lock *l,
			    lh_lock_id id)
{
	if (is_for_cache(self) && self->live_saved->held_n < LH_HELD_INLINE)
		keep_in_cache(self, call, self->live_saved->held_n, (struct lh_held_chain){id, 0});
	end_wait(self->live_saved, id);
	__atomic_fetch_add(&l->acquired, 1, __ATOMIC_RELAXED);
	lh_wait_count(self, l, id, NULL);
	return true;
}

static inline bool end_with_hold(struct lh_self *self, const struct lh_call *call,
				 struct lh_lock *l, lh_lock_id id)
{
	struct lh_live_thread *live = self->live_saved;
	lh_site site = live->wait_site;

	if (LH_UNLIKELY(call->stack))
		site = LH_SITE(call->stack == LH_NO_STACK ? 0 : call->stack, call->how,
			       LH_SITE_MODE(site));
	lh_chain_id chain = l->owner ? 0 : known_chain(self, call, id, site);
	if (!chain)
		return false;
	bool at_once = live->wait_contention != 0, free = did_not_wait(self, l);
	end_wait(live, id);
	struct lh_held *h = lh_held_fill(self, live, l, LH_SITE_MODE(site),
					 (struct lh_held){.address = (uintptr_t)call->object,
							  .lock = id,
							  .chain = chain,
							  .site = site,
							  .tick = lh_clock_tick()});
	if (!free)
		lh_wait_count(self, l, id, h);
	if (!at_once)
		lh_held_sample(self, h);
	if (is_for_cache(self))
		keep_in_cache(self, call, live->held_n - 1, (struct lh_held_chain){id, chain});
	return true;
}

bool lh_on_wait_end_known(const struct lh_call *call, int rc)
{
	struct lh_self *self = lh_self_get();
	struct lh_live_thread *live = self->live;
	lh_lock_id id = live ? live->wait_lock : 0;
	struct lh_lock *l = &LH_LOCKS[LH_LOCK_ROW(id)];

	if (!id || rc == EOWNERDEAD || rc == EINVAL || !ends_known(call, l, id, live))
		return false;
	lh_enter_known(self, call->frame);
	lh_event_note_shared(l);
	bool known = rc                          ? end_in_vain(self, call, l, id)
		     : l->flags & LH_LOCK_SIGNAL ? end_with_signal(self, call, l, id)
						 : end_with_hold(self, call, l, id);
	lh_leave(self);
	return known;
}

/* ---- a wait for a lock that looks free ---- */

static bool is_free(const struct lh_lock *l, const struct lh_call *call)
{
	return !l->owner && (call->mode == LH_SHARED || !l->shared);
}

bool lh_on_wait_begin_free(const struct lh_call *call)
{
	struct lh_self *self = lh_self_get();
	struct lh_live_thread *live = self->live;
	const struct lh_lock *l =
		live ? lh_lock_known(call->object, (enum lh_kind)call->kind) : NULL;
	const struct lh_context *x = l && l->kind == call->kind && is_free(l, call)
					     ? lh_context_find(call->frame)
					     : NULL;

	if (!x || live->wait_on || live->wait_lock)
		return false;
	lh_lock_id id = lh_lock_id_of(l);
	lh_site site = LH_SITE(x->stack, call->how, call->mode);
	lh_chain_id parent = lh_held_chain_found(live);
	if (live->held_n && (!parent || !lh_chain_cached(self, parent, id, site)))
		return false;
	/* A thread that acquires the lock from now on sees this wait when it looks for a cycle. */
	announce(live, id, site, (uint64_t)lh_clock_tick() * 1000000u);
	if (is_free(l, call))
		return true;
	lh_event_clear_wait(self, live);
	return false;
}

void lh_on_wait_end_free(const struct lh_call *call)
{
	struct lh_self *self = lh_self_get();

	lh_event_end_deadlock(call);
	if (self->live)
		lh_event_clear_wait(self, self->live);
}
