/*
 * announced.c — the events of locks that the program announces, by lockhound.h or by annotations.
 *
 * An announced lock is found by its address. No byte of it is read: the address may be any number.
 *
 * - What is announced is believed, so there is no return code and no probe.
 * - A wait is announced before each acquisition, also of a free lock. It is contention only if a
 *   thread held the lock when the wait began, or acquired it meanwhile.
 * - The acquisition after a wait has the site of the wait: one chain for both.
 * - If the thread holds another kind of lock at the address, that lock is what the announced one
 *   is made of: it is recorded already, and the announcement is ignored.
 */
#include "libcheck/base/text.h"
#include "libcheck/events/event.h"
#include "libcheck/thread/retired.h"

/* The row at the address, of any kind; NULL: none is known. */
static struct lh_lock *find(const struct lh_call *call)
{
	uint32_t row = lh_self_get()->live ? lh_lock_find(call->object) : 0;

	return row ? &LH_LOCKS[row] : NULL;
}

/* A row of another kind may be of a lock that ended unseen, or that this lock is made of: only the
 * acquisition shows which. */
static bool is_custom(const struct lh_lock *l)
{
	return l && l->kind == LH_CUSTOM;
}

static bool is_announced(const struct lh_held *h)
{
	return !h->lock || LH_LOCKS[LH_LOCK_ROW(h->lock)].kind == LH_CUSTOM;
}

static struct lh_held *find_held(const void *object)
{
	struct lh_live_thread *live = lh_self_get()->live;

	return live && live->held_n ? lh_held_find(live, object) : NULL;
}

/* Returns the row, or `l` if there is none. */
static struct lh_lock *set_flags(const struct lh_call *call, struct lh_lock *l, uint32_t flags)
{
	struct lh_event_frame event;

	if (!(flags & ~(is_custom(l) ? l->flags : 0)) || !lh_event_begin(&event, call))
		return l;
	l = lh_lock_make(call->object, LH_CUSTOM);
	if (l)
		l->flags |= flags;
	lh_event_end(&event);
	return l;
}

/* ---- locks that are made of other locks ---- */

/* The announcement may be made by a function that the lock's code calls, so the end of the lock's
 * code shows only in frames that lie above it by more than this. */
enum { ANNOUNCING_BYTES = 1024 };

void lh_on_cover_begin(const struct lh_call *call)
{
	struct lh_self *self = lh_self_get();

	if (!self->live)
		return;
	lh_enter_known(self, call->frame + ANNOUNCING_BYTES);
	self->inner = true;
	self->cover = call->object;
}

void lh_on_cover_end(const void *object)
{
	struct lh_self *self = lh_self_get();

	if (self->inside && self->inner && self->cover == object) {
		self->cover = NULL;
		lh_inner_end(self);
	}
}

/* ---- waiting ---- */

/*
 * Announces the wait for a lock that no thread holds, at a place where the thread has acquired the
 * lock before under the same chain. If another thread acquires the lock first and then waits for
 * this thread, that thread's wait is checked and finds this one. False: take the slow path.
 */
static bool announce_known(const struct lh_call *call, const struct lh_lock *l)
{
	struct lh_self *self = lh_self_get();
	struct lh_live_thread *live = self->live;
	const struct lh_context *x = lh_context_find(call->frame);
	uint32_t n = live->held_n;

	if (!x || l->owner || l->shared || live->wait_on)
		return false;
	lh_chain_id parent = lh_held_chain(live);
	lh_site site = LH_SITE(x->stack, call->how, call->mode);
	if ((n && !parent) || !lh_chain_cached(self, parent, lh_lock_id_of(l), site))
		return false;
	lh_live_thread_waits(live, lh_lock_id_of(l), site, LH_WAIT_LOCK, 0,
			     (uint64_t)lh_clock_tick() * 1000000u);
	/* A thread that has recorded its hold by now may have looked for this wait before it was
	 * visible. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (l->owner || l->shared) {
		lh_event_clear_wait(self, live);
		return false;
	}
	self->waits_for_free = true;
	live->wait_entries = l->acquired;
	return true;
}

/* A thread does not wait for a recursive lock that it holds. */
static bool is_again(const struct lh_call *call, const struct lh_lock *l)
{
	return l && (l->flags & LH_LOCK_RECURSIVE) && find_held(call->object);
}

void lh_on_announced_wait(const struct lh_call *call, uint32_t flags)
{
	struct lh_lock *l = find(call);

	if (l && !is_custom(l))
		return;
	l = set_flags(call, l, flags);
	if (call->how != LH_TRY && !(l && lh_self_get()->live && announce_known(call, l)) &&
	    !is_again(call, l))
		lh_on_wait_begin(call);
	if ((l ? l->flags : flags) & LH_LOCK_COVERS)
		lh_on_cover_begin(call);
}

/* The thread has announced that it waits for this lock. */
static bool is_waiting(const struct lh_live_thread *live, const struct lh_lock *l)
{
	return is_custom(l) && live->wait_on == LH_WAIT_LOCK && live->wait_lock == lh_lock_id_of(l);
}

/* Nobody made the thread wait, and it has acquired the lock there before. */
static bool acquire_known(struct lh_self *self, struct lh_lock *l, const struct lh_call *call)
{
	struct lh_live_thread *live = self->live;
	uint32_t n = live->held_n;
	lh_chain_id parent = lh_held_chain(live), chain;

	if (!self->waits_for_free || live->wait_entries != l->acquired || l->owner || l->shared ||
	    n >= LH_HELD_INLINE || (n && !parent) || self->outer_wait.lock || lh_deadlocks_open)
		return false;
	chain = lh_chain_cached(self, parent, lh_lock_id_of(l), live->wait_site);
	if (!chain)
		return false;
	__atomic_store_n(&live->wait_lock, 0, __ATOMIC_RELEASE);
	live->wait_on = LH_WAIT_NONE;
	self->waits_for_free = false;
	lh_held_append(self, live, l, LH_SITE_MODE(live->wait_site),
		       (struct lh_held){.address = (uintptr_t)call->object,
					.lock = lh_lock_id_of(l),
					.site = live->wait_site,
					.tick = lh_clock_tick(),
					.chain = chain});
	return true;
}

static void acquire_waited(const struct lh_call *call, lh_site site)
{
	struct lh_call as_waited = *call;

	as_waited.stack = LH_SITE_STACK(site);
	as_waited.how = (uint8_t)LH_SITE_HOW(site);
	lh_on_wait_end(&as_waited, 0);
}

void lh_on_announced_acquired(const struct lh_call *call, uint32_t flags)
{
	struct lh_self *self = lh_self_get();
	const struct lh_held *h;

	lh_on_cover_end(call->object);
	struct lh_lock *l = find(call);
	if (l && is_waiting(self->live, l)) {
		if (!acquire_known(self, l, call))
			acquire_waited(call, self->live->wait_site);
		return;
	}
	h = find_held(call->object);
	if (h && !is_announced(h))
		return;
	l = set_flags(call, l, flags);
	if (!is_custom(l) || (l->flags & LH_LOCK_SIGNAL))
		lh_on_acquired_slow(call, 0);
	else
		lh_on_acquired(*call, 0);
}

void lh_on_announced_quit(const struct lh_call *call)
{
	lh_on_cover_end(call->object);
	const struct lh_lock *l = find(call);

	if (l && is_waiting(lh_self_get()->live, l))
		lh_on_wait_end(call, ETIMEDOUT);
	else if (is_custom(l))
		lh_on_try_failed(call);
}

/* ---- releasing ---- */

/* The thread does not hold the lock. If another one does, any thread may release the lock, and what
 * a thread holds says nothing about who will. */
static void release_other(const struct lh_call *call, uint32_t flags)
{
	struct lh_lock *l = find(call);
	struct lh_event_frame event;
	struct lh_held *h;

	if (l ? l->kind != LH_CUSTOM || (l->flags & LH_LOCK_SIGNAL) : !(flags & LH_LOCK_MAY_SIGNAL))
		return;
	if (!lh_event_begin(&event, call))
		return;
	l = lh_lock_make(call->object, LH_CUSTOM);
	if (l && ((l->flags | flags) & LH_LOCK_MAY_SIGNAL ||
		  lh_held_find_holder(lh_lock_id_of(l), event.self->number, &h))) {
		l->flags |= flags;
		lh_sem_mark_signal(l);
		lh_deadlock_note_release(event.self, lh_lock_id_of(l), LH_SITE(event.stack, 0, 0));
	}
	lh_event_end(&event);
}

void lh_on_announced_release(const struct lh_call *call, uint32_t flags)
{
	const struct lh_held *h = find_held(call->object);
	uint32_t known = h ? LH_LOCKS[LH_LOCK_ROW(h->lock)].flags : 0;

	if (!h)
		release_other(call, flags);
	else if (is_announced(h))
		lh_on_release(*call);
	if ((known | flags) & LH_LOCK_COVERS)
		lh_on_cover_begin(call);
}

uint32_t lh_announced_depth(const void *object)
{
	const struct lh_held *h = find_held(object);

	return h && is_announced(h) ? h->depth : 0;
}

void lh_announced_set_depth(const void *object, uint32_t depth)
{
	struct lh_held *h = find_held(object);

	if (h && is_announced(h) && depth)
		h->depth = (uint16_t)(depth < UINT16_MAX ? depth : UINT16_MAX);
}

/* ---- init, destroy, name ---- */

void lh_on_announced_init(const struct lh_call *call, uint32_t flags)
{
	const struct lh_held *h = find_held(call->object);

	if (!h || is_announced(h))
		lh_on_init(call, flags, 0);
}

bool lh_announced_is_known(const void *object)
{
	return lh_self_get()->live && LH_LOCKS[lh_lock_find(object)].kind == LH_CUSTOM;
}

void lh_on_announced_destroyed(const struct lh_call *call, bool if_initialized)
{
	const struct lh_lock *l = find(call);

	if (is_custom(l) && (!if_initialized || (l->flags & LH_LOCK_INITED)))
		lh_on_destroyed(call, 0);
}

/* The program does not give the kind: names the lock that is known at this address, or makes one of
 * kind LH_CUSTOM. */
void lh_on_name(const struct lh_call *call, const char *name)
{
	struct lh_event_frame event;

	if (!lh_event_begin(&event, call))
		return;
	uint32_t row = lh_lock_find(call->object);
	struct lh_lock *l = row ? &LH_LOCKS[row] : lh_lock_make(call->object, LH_CUSTOM);
	struct lh_lock_stats *stats = l ? lh_lock_stats_get(l) : NULL;
	if (stats) {
		lh_text_copy(stats->name, LH_LOCK_NAME_MAX, name);
		l->flags |= LH_LOCK_NAMED;
	}
	lh_event_end(&event);
}
