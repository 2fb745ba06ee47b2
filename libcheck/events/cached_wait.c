/*
 * cached_wait.c — waits of which the thread's acquisition cache knows everything.
 *
 * The entry that a free acquisition uses (thread/acquisition_cache.h) names the stack and the held
 * chain of a wait too: the same call acquires the lock, whether it waits or not. Only the owner may
 * be any other thread. The begin of the wait finds the entry, compares the stack, announces the
 * wait and follows the owners, as known_wait.c does. lh_self.wait_entry keeps the entry for the end
 * of the wait, which looks nothing up: it appends the acquisition to the held list.
 *
 * Between begin and end another thread may release a lock of this thread's held list, or end a
 * chain; a signal handler may use the entry for another acquisition. So the end compares the last
 * held lock and the epoch again, and that the entry is of the lock and the site of the wait.
 */
#include "libcheck/events/event.h"
#include "libcheck/thread/own_waits.h"

/* Of a lock with one of these flags, known_wait.c has more to do. */
enum { OTHER_FLAGS = LH_LOCK_PSHARED | LH_LOCK_PREFER_WRITER };

/* May the cache have an entry of the object? It has none of a robust mutex, which has no tag. */
static inline bool may_have_entry(const void *object, enum lh_kind kind)
{
	enum { OTHER_KINDS = ~LH_GLIBC_KIND_ALL | LH_GLIBC_KIND_ROBUST };

	return LH_UNLIKELY(kind != LH_MUTEX) ||
	       !(lh_glibc_load(object, LH_GLIBC_MUTEX_KIND) & (uint32_t)OTHER_KINDS);
}

static inline bool has_tag_of(const void *object, enum lh_kind kind, lh_lock_id id)
{
	size_t unused = LH_LIKELY(kind == LH_MUTEX) ? LH_GLIBC_MUTEX_UNUSED : lh_glibc_unused(kind);

	return !unused || !LH_LOCK_ROW(*lh_glibc_word(object, unused) ^ id);
}

/* The wait of a thread for a lock that it holds needs another check. */
static inline bool is_held(const struct lh_self *self, const struct lh_live_thread *live,
			   uint32_t n, const struct lh_lock *l)
{
	if (LH_LIKELY(!n))
		return false;
	if (l->owner)
		return l->owner == self->number;
	while (n-- > 0)
		if (live->held[n].address == l->address && live->held[n].lock)
			return true;
	return false;
}

/* Is this the mode of the call? A semaphore gives permits; lh_event_mode. */
static inline bool has_mode(const struct lh_acquisition *a, const struct lh_call *call)
{
	enum lh_mode mode = (enum lh_mode)call->mode;

	if (LH_UNLIKELY(a->l->flags & (OTHER_FLAGS | LH_SLOW_FLAGS))) {
		if ((a->l->flags & OTHER_FLAGS) || call->kind != LH_SEM)
			return false;
		mode = lh_event_mode(call, a->l);
	}
	return (uint8_t)a->site == LH_SITE(0, call->how, mode);
}

/* The thread's entry of this acquisition; NULL: it has none. */
static inline __attribute__((always_inline)) const struct lh_acquisition *
entry_of(struct lh_self *self, const struct lh_live_thread *live, const struct lh_call *call)
{
	uint32_t n = live->held_n;
	uint64_t top = LH_LIKELY(n < LH_HELD_INLINE) ? lh_acquisition_top(live, n) : 0;
	uintptr_t key = lh_acquisition_key(call->frame, self->python);
	const struct lh_acquisition *a =
		lh_acquisition_at(self, key, call->frame, call->object, top);
	const struct lh_lock *l = a->l;

	if (a->key != key || a->frame != call->frame || lh_acquisition_word(&a->top) != top ||
	    a->epoch != self->acquisition_epoch || l->address != (uintptr_t)call->object ||
	    !lh_acquisition_is_of_lock(a) || l->kind != call->kind || !has_mode(a, call) ||
	    !has_tag_of(call->object, (enum lh_kind)call->kind, a->own.lock) ||
	    is_held(self, live, n, l))
		return NULL;
	return lh_context_still_same(a->x, call->frame) ? a : NULL;
}

/* May a wait of this thread be announced without a look at what was announced before? */
static inline bool may_announce(const struct lh_live_thread *live)
{
	return !(live->wait_on | live->wait_lock | live->wait_contention) && !lh_fork_uncopied;
}

/* Does the thread keep the wait, and no more? */
static inline bool keeps(struct lh_self *self, const struct lh_acquisition *a)
{
	const uint32_t *tick = lh_own_ledger.tick;
	const struct lh_own_waits *w = lh_own_waits_of(self, a->own.lock, LH_SITE_MODE(a->site));

	return LH_LIKELY(tick != NULL) &&
	       lh_own_is_kept(&w->count, a->own.lock, *(const volatile uint32_t *)tick);
}

/* ---- the wait begins ---- */

/* After the announcement. No reader waits behind this thread: entry_of leaves out such a lock. */
static inline bool may_close_cycle(const struct lh_live_thread *live,
				   const struct lh_acquisition *a)
{
	return (live->held_n || __atomic_load_n(&live->joined, __ATOMIC_RELAXED)) &&
	       LH_SITE_HOW(a->site) == LH_BLOCKING;
}

static __attribute__((noinline)) void follow(const struct lh_acquisition *a)
{
	const struct lh_call call = {.object = (const void *)(uintptr_t)a->l->address,
				     .frame = a->frame,
				     .kind = a->l->kind,
				     .mode = (uint8_t)LH_SITE_MODE(a->site),
				     .how = LH_BLOCKING};

	lh_wait_follow(&call);
}

/* The thread has entered the library. */
static __attribute__((noinline)) void announce(struct lh_self *self, const struct lh_acquisition *a)
{
	uint64_t now = lh_clock_now();
	struct lh_live_thread *live = self->live_saved;

	lh_live_thread_waits(live, a->own.lock, a->site, LH_WAIT_LOCK, 0, now);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	lh_leave(self);
	if (LH_UNLIKELY(may_close_cycle(live, a)))
		follow(a);
}

/* The wait is the first of a tick, or one of the first. */
static __attribute__((noinline)) void begin_counted(const void *object, uintptr_t frame,
						    uint64_t how)
{
	struct lh_self *self = lh_self_get();
	const struct lh_acquisition *a = self->wait_entry;

	if (!lh_own_wait_begin(self, a->own.lock, LH_SITE_MODE(a->site)) ||
	    lh_wait_count_begin(a->l, a->own.lock, self->live_saved)) {
		announce(self, a);
		return;
	}
	lh_leave(self);
	lh_on_wait_begin_uncached(object, frame, how);
}

static __attribute__((noinline)) void begin(const void *object, uintptr_t frame, uint64_t how)
{
	const struct lh_call call = lh_call_of(object, frame, how);
	struct lh_self *self = lh_self_get();
	struct lh_live_thread *live = self->live;
	const struct lh_acquisition *a = LH_LIKELY(live) ? entry_of(self, live, &call) : NULL;

	if (LH_UNLIKELY(!a || !may_announce(live))) {
		lh_on_wait_begin_uncached(object, frame, how);
		return;
	}
	lh_enter_known(self, frame);
	self->wait_is_known = true;
	self->waits_for_free = false;
	self->wait_entry = a;
	if (LH_LIKELY(keeps(self, a)))
		announce(self, a);
	else
		begin_counted(object, frame, how);
}

void lh_on_wait_begin_of(const void *object, uintptr_t frame, uint64_t how)
{
	if (LH_LIKELY(may_have_entry(object, (enum lh_kind)(uint8_t)how)))
		begin(object, frame, how);
	else
		lh_on_wait_begin_uncached(object, frame, how);
}

/* ---- the wait ends ---- */

/* Does the entry that was found at the begin of the wait still name all of it? */
static inline __attribute__((always_inline)) bool is_of_wait(const struct lh_self *self,
							     const struct lh_live_thread *live,
							     const struct lh_acquisition *a,
							     const void *object)
{
	uint32_t n = live->held_n;

	if (LH_UNLIKELY(n >= LH_HELD_INLINE ||
			lh_acquisition_word(&a->top) != lh_acquisition_top(live, n)))
		return false;
	LH_COMPILER_FENCE(); /* no value is kept in a register */
	return LH_LIKELY(a->own.lock == live->wait_lock && a->site == live->wait_site &&
			 a->epoch == self->acquisition_epoch &&
			 a->l->address == (uintptr_t)object &&
			 lh_acquisition_lock_state(a->l) == a->state);
}

/* The acquisition is recorded, and the wait or the hold is measured; or the tick is over. */
static __attribute__((noinline)) bool count_end(void)
{
	struct lh_self *self = lh_self_get();
	struct lh_live_thread *live = self->live;
	struct lh_held *h = &live->held[live->held_n - 1];

	if (live->wait_contention)
		self->sample++; /* this hold is measured anyway */
	else if (!self->sample)
		lh_held_measure_begin(self, h);
	lh_wait_count(self, &LH_LOCKS[LH_LOCK_ROW(h->lock)], h->lock, h);
	return true;
}

/* A signal is not held. */
static __attribute__((noinline)) bool
end_with_signal(struct lh_self *self, struct lh_live_thread *live, const struct lh_acquisition *a)
{
	lh_lock_id id = a->own.lock;
	struct lh_lock *l = a->l;

	__atomic_store_n(&live->wait_lock, 0, __ATOMIC_RELEASE);
	live->wait_on = LH_WAIT_NONE;
	__atomic_fetch_add(&l->acquired, 1, __ATOMIC_RELAXED);
	lh_wait_count(self, l, id, NULL);
	return true;
}

bool lh_on_wait_end_cached(const void *object, int rc)
{
	struct lh_self *self = lh_self_get();
	struct lh_live_thread *live = self->live;
	const struct lh_acquisition *a = self->wait_entry;

	if (LH_UNLIKELY(!live || !a || rc || lh_deadlocks_open))
		return false;
	if (!is_of_wait(self, live, a, object))
		return false;
	if (LH_UNLIKELY(a->l->flags & LH_LOCK_SIGNAL))
		return end_with_signal(self, live, a);
	const uint32_t *tick = lh_own_ledger.tick;
	if (LH_UNLIKELY(!tick))
		return false;
	__atomic_store_n(&live->wait_lock, 0, __ATOMIC_RELEASE);
	live->wait_on = LH_WAIT_NONE;
	uint32_t now = *(const volatile uint32_t *)tick;
	enum lh_mode mode = LH_SITE_MODE(a->site);
	lh_held_fill(self, live, a->l, mode,
		     (struct lh_held){.address = (uintptr_t)object,
				      .lock = a->own.lock,
				      .chain = a->own.chain,
				      .site = a->site,
				      .tick = now});
	LH_COMPILER_FENCE();
	struct lh_own_waits *w = lh_own_waits_of(self, a->own.lock, mode);
	if (LH_UNLIKELY(--self->sample == 0 || !lh_own_is_kept(&w->count, a->own.lock, now)))
		return count_end();
	if (LH_UNLIKELY(w->count.room % LH_OWN_WAITS_MEASURED == 0))
		return count_end();
	w->count.room--;
	return true;
}
