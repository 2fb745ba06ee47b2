/*
 * known_again.c — events that the fast path does not know but that bring no new row.
 *
 * - An acquisition that is not in the thread's acquisition cache: the lock, the stack and the chain
 *   are looked up one after the other.
 * - An acquisition whose chain the thread has visited but not in its chain cache, which is too
 *   small for all of them: the lock's list of chains shows the visit.
 * - The same with LH_HELD_INLINE held locks or more, for which the fast path has no room.
 * - A lock that comes and goes at one site, by init and destroy or on the stack: the thread that
 *   destroyed the lock revives its row.
 *
 * Takes no internal lock and writes nothing that other threads write. An acquisition that brings
 * only a new chain goes to new_chain.c. An event that needs more takes the slow path.
 */
#include "libcheck/events/event.h"
#include "libcheck/thread/retired.h"

/* ---- retired and revived locks ---- */

/* The first lock of a row: its destroy stack is for a report that few locks get, and not for those
 * that come and go all the time. */
static __attribute__((noinline)) bool retire_first(struct lh_self *self, const struct lh_call *call,
						   struct lh_lock *l)
{
	const struct lh_context *x = lh_context_find(call->frame);

	if (!x)
		return false;
	lh_enter_known(self, call->frame);
	bool retired = lh_retired_push(self, l);
	if (retired)
		l->destroy_stack = x->stack;
	lh_leave(self);
	return retired;
}

/* The program destroyed the lock. */
bool lh_on_destroyed_retire(const struct lh_call *call)
{
	struct lh_self *self = lh_self_get();
	struct lh_lock *l =
		self->live ? lh_lock_known(call->object, (enum lh_kind)call->kind) : NULL;

	if (!l || l->kind != call->kind)
		return false;
	if (l->destroy_stack != LH_LOCK_REVIVED)
		return retire_first(self, call, l);
	lh_enter_known(self, call->frame);
	bool retired = lh_retired_push(self, l);
	lh_leave(self);
	return retired;
}

/* A lock is initialized with the stack of a retired one. */
bool lh_on_init_revived(const struct lh_call *call, uint32_t flags, lh_stack_id *stack)
{
	struct lh_self *self = lh_self_get();
	const struct lh_context *x = self->live ? lh_context_find(call->frame) : NULL;

	if (!x)
		return false;
	lh_enter_known(self, call->frame);
	struct lh_lock *l = lh_retired_pop(self, x->stack, (enum lh_kind)call->kind, flags);
	if (l)
		lh_lock_revive(l, call->object);
	lh_leave(self);
	if (!l && !(LH_STACKS[x->stack].flags & LH_STACK_HANDLER))
		*stack = x->stack;
	return l != NULL;
}

/*
 * A mutex that should have a tag and has none lies at the address of a mutex that was never
 * destroyed: a std::mutex on the stack or in an object. This thread has just acquired it, so no
 * other thread changes its row now. The first time, the earlier lock has to leave the order graph.
 */
static __attribute__((noinline)) struct lh_lock *revive_undestroyed(struct lh_self *self,
								    const struct lh_call *call)
{
	uint32_t row = call->kind == LH_MUTEX && lh_lock_lacks_tag(call->object) &&
				       !lh_is_part_of_gil(call)
			       ? lh_lock_find(call->object)
			       : 0;
	struct lh_lock *l = row ? &LH_LOCKS[row] : NULL;
	struct lh_event_frame event;

	if (!l || l->kind != LH_MUTEX || (l->flags & LH_LOCK_INITED))
		return NULL;
	uint32_t flags = lh_lock_attributes(call->object, LH_MUTEX);
	lh_enter_known(self, call->frame);
	bool over = lh_retired_is_over(self, l, flags);
	lh_leave(self);
	if (!over && lh_event_begin(&event, call)) {
		over = lh_retired_end_undestroyed(self, l, flags);
		lh_event_end(&event);
	}
	if (over)
		lh_lock_revive(l, call->object);
	return over ? l : NULL;
}

/* ---- acquired ---- */

/* False for the first writer of an rwlock, which the order graph must check, and in a forked child
 * that must still be warned of locks held by threads that were not copied. */
static inline bool needs_no_check(const struct lh_self *self, const struct lh_lock *l,
				  const struct lh_call *call)
{
	if (l->kind != call->kind ||
	    (lh_kind_acts(call->kind) == LH_RWLOCK && call->mode == LH_EXCLUSIVE &&
	     !(l->flags & LH_LOCK_HAS_WRITERS)))
		return false;
	return !(self->live->held_n && lh_held_find(self->live, call->object)) && !lh_fork_uncopied;
}

/* Behind the entries of the live-thread row. False: there is no memory for it yet. */
static bool append_deep(struct lh_self *self, struct lh_live_thread *live, struct lh_lock *l,
			struct lh_held entry)
{
	uint32_t n = live->held_n;
	struct lh_held *h = lh_held_at(live, n);

	if (n >= lh_held_capacity(live))
		return false;
	entry.tick = lh_clock_tick();
	entry.depth = 1;
	*h = entry;
	__atomic_store_n(&live->held_n, n + 1, __ATOMIC_RELEASE);
	if (LH_SITE_MODE(entry.site) == LH_SHARED) {
		__atomic_fetch_add(&l->shared, 1, __ATOMIC_RELAXED);
	} else {
		l->owner = self->number;
		l->acquired++;
	}
	if (--self->sample == 0)
		lh_held_measure_begin(self, h);
	return true;
}

/* A thread that holds the lock exclusively does not acquire it again, unless it is recursive. */
static bool is_known_and_free(struct lh_live_thread *live, const struct lh_lock *l,
			      const struct lh_call *call)
{
	return l && l->kind == call->kind && !l->owner && l->kind != LH_SEM &&
	       (call->mode == LH_EXCLUSIVE ? lh_kind_acts(l->kind) != LH_RWLOCK
					   : !lh_held_find(live, call->object)) &&
	       !lh_fork_uncopied;
}

bool lh_on_acquired_deep(const struct lh_call *call)
{
	struct lh_self *self = lh_self_get();
	struct lh_live_thread *live = self->live;

	if (!live || live->held_n < LH_HELD_INLINE || !call->stack || call->stack == LH_NO_STACK)
		return false;
	struct lh_lock *l = lh_lock_known(call->object, (enum lh_kind)call->kind);
	lh_chain_id parent = lh_held_chain_found(live);
	if (!parent || !is_known_and_free(live, l, call))
		return false;
	lh_lock_id id = lh_lock_id_of(l);
	lh_site site = LH_SITE(call->stack, call->how, call->mode);
	lh_enter_known(self, call->frame);
	lh_chain_id chain = lh_chain_cached(self, parent, id, site);
	if (chain && LH_UNLIKELY(lh_handler_must_check(chain)))
		chain = 0;
	else if (!chain)
		chain = lh_event_visited_chain(self, parent, id, site);
	bool done = chain && append_deep(self, live, l,
					 (struct lh_held){.address = (uintptr_t)call->object,
							  .lock = id,
							  .site = site,
							  .chain = chain});
	lh_leave(self);
	return done;
}

/* False: the thread has not visited the chain. `adds`: then it is recorded here, if nothing else is
 * new. */
static bool acquired_visited(struct lh_self *self, const struct lh_call *call, lh_chain_id parent,
			     lh_lock_id id, lh_site site, bool adds)
{
	struct lh_lock *l = &LH_LOCKS[LH_LOCK_ROW(id)];

	if (!needs_no_check(self, l, call))
		return false;
	lh_enter_known(self, call->frame);
	lh_chain_id chain = lh_event_visited_chain(self, parent, id, site);
	if (chain)
		lh_held_append(self, self->live_saved, l, (enum lh_mode)call->mode,
			       (struct lh_held){.address = (uintptr_t)call->object,
						.lock = id,
						.site = site,
						.tick = lh_clock_tick(),
						.chain = chain});
	lh_leave(self);
	return chain || (adds && lh_on_acquired_add_chain(self, call, id, site));
}

bool lh_on_acquired_new_chain(struct lh_self *self, const struct lh_call *call, lh_chain_id parent,
			      lh_lock_id id, lh_site site)
{
	return acquired_visited(self, call, parent, id, site, false);
}

bool lh_on_acquired_revived(const struct lh_call *call)
{
	struct lh_self *self = lh_self_get();
	struct lh_live_thread *live = self->live;
	struct lh_lock *l =
		live && (call->stack || lh_contexts.off) ? revive_undestroyed(self, call) : NULL;
	lh_chain_id parent = l ? lh_held_chain_found(live) : 0;

	return l && live->held_n < LH_HELD_INLINE && (parent || !live->held_n) &&
	       lh_on_acquired_new_chain(self, call, parent, lh_lock_id_of(l),
					LH_SITE(call->stack, call->how, call->mode));
}

/* ---- the acquisition cache ---- */

void lh_held_count_read(struct lh_self *self, struct lh_lock *l, struct lh_held *h)
{
	lh_own_read_count(self, l, h->lock);
	lh_held_sample(self, h);
}

enum { REPLACED_ONE_IN = 4 };

/* `own`: the lock, and the chain of its acquisition while the first `n` locks are held. */
static inline __attribute__((always_inline)) void
cache(struct lh_self *self, const struct lh_call *call, uintptr_t python, uint32_t n,
      struct lh_held_chain own, lh_site site, const struct lh_context *x, uint32_t epoch)
{
	const struct lh_live_thread *live = self->live_saved;
	struct lh_lock *l = &LH_LOCKS[LH_LOCK_ROW(own.lock)];
	uint64_t top = lh_acquisition_top(live, n);
	uintptr_t key = lh_acquisition_key(call->frame, python);

	/* a context without a group is not compared by its words; a wait in a handler is checked */
	if ((lh_python.on && !python) || (LH_STACKS[x->stack].flags & LH_STACK_HANDLER) ||
	    (!x->groups && !lh_contexts.off) || (n && !live->held[n - 1].lock))
		return;
	struct lh_acquisition *a = lh_acquisition_at(self, key, call->frame, call->object, top);
	/* acquisitions that share an entry do not replace each other all the time */
	if (a->epoch == epoch && a->key && ++self->acquisitions_kept % REPLACED_ONE_IN)
		return;
	*a = (struct lh_acquisition){.key = key,
				     .frame = call->frame,
				     .own = own,
				     .l = l,
				     .state = lh_acquisition_free_state(l),
				     .site = site,
				     .epoch = epoch,
				     .x = x};
	__builtin_memcpy(&a->top, &top, sizeof(top));
}

void lh_on_acquired_cache(struct lh_self *self, const struct lh_call *call, uintptr_t python,
			  uint32_t n, const struct lh_acquisition *known)
{
	cache(self, call, python, n, known->own, known->site, known->x, known->epoch);
}

/* The same for the last entry of the held list. Returns true: see lh_on_acquired_looked_up. */
static __attribute__((noinline)) bool keep_last(struct lh_self *self, const struct lh_call *call,
						const struct lh_context *x, uintptr_t python,
						uint32_t epoch)
{
	uint32_t n = self->live_saved->held_n - 1;
	const struct lh_held *h = &self->live_saved->held[n];

	cache(self, call, python, n, (struct lh_held_chain){h->lock, h->chain}, h->site, x, epoch);
	return true;
}

/* Does the entry show the acquisition of an earlier lock of the row by this call, while the same
 * locks were held? */
static inline bool was_acquired(const struct lh_self *self, const struct lh_acquisition *a,
				const struct lh_call *call, uintptr_t key, uint64_t top)
{
	return a->key == key && a->frame == call->frame && lh_acquisition_word(&a->top) == top &&
	       a->epoch == self->acquisition_epoch &&
	       (uint8_t)a->site == LH_SITE(0, call->how, call->mode) &&
	       lh_context_still_same(a->x, call->frame);
}

/*
 * The thread's last acquisition of the row by this call was of an earlier lock, so its entry is not
 * valid; but the stack is the same, and the chain passes to the row's present lock.
 */
static __attribute__((noinline)) bool acquired_again(struct lh_self *self,
						     const struct lh_call *call, uintptr_t python,
						     struct lh_lock *l)
{
	struct lh_live_thread *live = self->live;
	uint32_t n = live->held_n;

	if (n >= LH_HELD_INLINE)
		return false;
	uint64_t top = lh_acquisition_top(live, n);
	uintptr_t key = lh_acquisition_key(call->frame, python);
	struct lh_acquisition *a = lh_acquisition_at(self, key, call->frame, call->object, top);
	if (a->l != l || !a->own.chain || l->owner || !was_acquired(self, a, call, key, top) ||
	    !needs_no_check(self, l, call) || lh_handler_must_check(a->own.chain))
		return false;
	lh_lock_id id = LH_LOCK_ID(LH_LOCK_ROW(a->own.lock), l->gen);
	lh_enter_known(self, call->frame);
	bool passes = lh_chain_pass(self, a->own.chain, a->own.lock, id);
	lh_leave(self);
	if (!passes)
		return false;
	a->own.lock = id;
	a->state = lh_acquisition_lock_state(l); /* it has no owner yet */
	lh_held_append(self, live, l, (enum lh_mode)call->mode,
		       (struct lh_held){.address = (uintptr_t)call->object,
					.lock = id,
					.chain = a->own.chain,
					.site = a->site,
					.tick = lh_clock_tick()});
	return true;
}

/* False: something about the acquisition is new. Looks up the lock, the stack and the chain. *x:
 * the stack, if it is known. */
bool lh_on_acquired_looked_up(struct lh_self *self, const struct lh_call *call,
			      const struct lh_context **x)
{
	struct lh_live_thread *live = self->live;
	uint32_t epoch = __atomic_load_n(&self->acquisition_epoch, __ATOMIC_SEQ_CST);
	uintptr_t python = lh_python_identity(call->frame);
	if (LH_UNLIKELY(python != self->python) && python &&
	    lh_on_acquired_cached_with(self, live, *call, python))
		return true;
	uint32_t row = lh_lock_tagged_row(call->object, (enum lh_kind)call->kind);
	struct lh_lock *l = &LH_LOCKS[row];
	bool same = l->address == (uintptr_t)call->object;

	struct lh_lock *revived = row ? NULL : revive_undestroyed(self, call);
	if (LH_UNLIKELY(revived)) {
		l = revived;
		row = (uint32_t)(l - LH_LOCKS);
		same = true;
	}
	if (call->kind == LH_SEM && same && (l->flags & LH_LOCK_SIGNAL))
		return true; /* a signal is not held */
	if (l->destroy_stack == LH_LOCK_REVIVED && same && acquired_again(self, call, python, l))
		return true;
	*x = lh_context_find_with(call->frame, python);
	uint32_t n = live->held_n;
	if (LH_UNLIKELY(!same || l->owner || !*x || n >= LH_HELD_INLINE ||
			/* another lock lay there; a tag would have changed */
			(!lh_glibc_unused((enum lh_kind)call->kind) && l->kind != call->kind) ||
			(call->kind == LH_SEM && (l->flags & LH_SLOW_FLAGS))))
		return false;
	lh_lock_id id = LH_LOCK_ID(row, l->gen);
	lh_site site = LH_SITE((*x)->stack, call->how, call->mode);
	lh_chain_id parent = n ? live->held[n - 1].chain : 0;
	if (LH_UNLIKELY(n && !parent))
		parent = lh_held_chain_search(live);
	lh_chain_id chain = lh_chain_cached(self, parent, id, site);
	if (LH_UNLIKELY(n &&
			(!parent || (call->mode == LH_SHARED && lh_held_find(live, call->object)))))
		return false;
	if (LH_UNLIKELY(!chain && l->destroy_stack != LH_LOCK_REVIVED))
		return acquired_visited(self, call, parent, id, site, true);
	if (LH_LIKELY(chain))
		lh_held_append(self, live, l, (enum lh_mode)call->mode,
			       (struct lh_held){.address = (uintptr_t)call->object,
						.lock = id,
						.site = site,
						.tick = lh_clock_tick(),
						.chain = chain});
	else if (!lh_on_acquired_new_chain(self, call, parent, id, site))
		return false;
	return keep_last(self, call, *x, python, epoch);
}
