/*
 * futex.c — waits of the program in a futex of its own, through libc's `syscall`.
 *
 * The object is the futex word: a row of kind LH_FUTEX, found by the word's address. It is never
 * held, and no order follows from it: only its waits are known, with who ended them. The last
 * thread that called FUTEX_WAKE there, or that was woken there since, may hold the lock behind the
 * word, if it is a lock; the front end says so as likely, never as certain.
 *
 * A wait in a word with a row, at a stack that is known, takes no internal lock; nor does any end
 * of a wait. The counts are atomic: the waiters of a word end their waits at one time.
 */
#include "libcheck/events/event.h"
#include "libcheck/kinds.h"

/* May the row be replaced by that of a futex? glibc makes its futex calls without `syscall`: where
 * one of its locks was, and no thread holds it, is other memory now. A lock of any other kind may
 * be this very word: its own call has recorded what is to be recorded. */
static bool is_outdated(const struct lh_lock *l)
{
	return lh_kind_is_pthread(l->kind) && l->kind != LH_GUARD && l->kind != LH_THREAD_END &&
	       !l->owner;
}

/* The kernel refuses other addresses of a futex; a row cannot have them. */
static bool is_address(const void *word)
{
	uintptr_t address = (uintptr_t)word;

	return address && !(address & 3) && !(address & (LH_ADDRESS_FREED | LH_ADDRESS_NONE));
}

/* NULL: not recorded. Needs the internal lock. */
static struct lh_lock *futex_row(const void *word)
{
	uint32_t row = lh_lock_find(word);
	struct lh_lock *l = &LH_LOCKS[row];

	if (row && l->kind != LH_FUTEX && !is_outdated(l))
		return NULL;
	if (!row || l->kind != LH_FUTEX)
		l = lh_lock_reinit(word, LH_FUTEX, 0, 0);
	return l && lh_lock_stats_get(l) ? l : NULL;
}

/*
 * Does the thread wait already? Then this call is made inside the wrapper of that wait, as by
 * libstdc++ for the guard of a static, or in a signal handler that interrupts it. But an earlier
 * wait in a futex that was left by a jump is over.
 */
static bool is_inner(const struct lh_self *self, const struct lh_live_thread *live,
		     const struct lh_call *call)
{
	const struct lh_lock *l = lh_lock_row(live->wait_lock);

	if (!live->wait_lock)
		return false;
	if (live->wait_on == LH_WAIT_COND)
		return l && l->kind == LH_G_COND &&
		       l->address + LH_GLIB_COND_WORD == (uintptr_t)call->object;
	return !(l && l->kind == LH_FUTEX && call->frame >= self->futex_frame);
}

static void announce(struct lh_self *self, struct lh_live_thread *live, struct lh_lock *l,
		     lh_site site, uintptr_t frame, struct lh_futex_wait *out)
{
	lh_lock_id id = lh_lock_id_of(l);
	uint64_t now = lh_clock_now();

	self->futex_frame = frame;
	if (l->woken == live->thread) /* it waits again, so it does not hold the lock */
		l->woken = 0;
	lh_live_thread_waits(live, id, site, LH_WAIT_LOCK, 0, now);
	*out = (struct lh_futex_wait){id, live->wait_seq, now};
}

static void announce_slow(const struct lh_call *call, struct lh_futex_wait *out)
{
	struct lh_event_frame event;

	if (!lh_event_begin(&event, call))
		return;
	struct lh_lock *l = is_inner(event.self, event.live, call) ? NULL : futex_row(call->object);
	if (l) {
		if (!l->first_stack)
			l->first_stack = event.stack;
		lh_event_save_outer_wait(event.self, event.live);
		announce(event.self, event.live, l, LH_SITE(event.stack, call->how, LH_EXCLUSIVE),
			 call->frame, out);
	}
	lh_event_end(&event);
}

struct lh_futex_wait lh_on_futex_wait(const struct lh_call *call)
{
	struct lh_self *self = lh_self_get();
	struct lh_live_thread *live = self->live;
	uint32_t row = live ? lh_lock_find(call->object) : 0;
	struct lh_lock *l = &LH_LOCKS[row];
	const struct lh_context *x = NULL;
	struct lh_futex_wait wait = {0};

	/* the wait of a lock whose call is recorded */
	if (live && ((row && !lh_kind_is_pthread(l->kind) && l->kind != LH_FUTEX) ||
		     (live->wait_lock && is_inner(self, live, call))))
		return wait;
	if (row && !live->wait_lock && l->kind == LH_FUTEX && l->stats)
		x = lh_context_find(call->frame);
	if (x) {
		lh_enter_known(self, call->frame);
		announce(self, live, l, LH_SITE(x->stack, call->how, LH_EXCLUSIVE), call->frame,
			 &wait);
		lh_leave(self);
	} else if (is_address(call->object)) {
		announce_slow(call, &wait);
	}
	return wait;
}

static void count(struct lh_lock_stats *stats, uint64_t ns)
{
	uint64_t max = __atomic_load_n(&stats->wait_max_ns, __ATOMIC_RELAXED);

	__atomic_fetch_add(&stats->contended, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&stats->wait_ns, ns, __ATOMIC_RELAXED);
	while (ns > max && !__atomic_compare_exchange_n(&stats->wait_max_ns, &max, ns, true,
							__ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

void lh_on_futex_wait_end(const struct lh_call *call, const struct lh_futex_wait *wait, bool slept,
			  bool woken)
{
	struct lh_self *self = lh_enter(call->frame);

	if (!self)
		return;
	struct lh_live_thread *live = self->live_saved;
	struct lh_lock *l =
		lh_lock_row(wait->lock); /* NULL too if the word is a lock of glibc now */
	if (live->wait_lock == wait->lock && live->wait_seq == wait->seq)
		lh_event_clear_wait(self, live);
	if (l && l->stats && slept)
		count(&LH_LOCK_STATS[l->stats], lh_clock_now() - wait->since_ns);
	if (l && woken)
		l->woken = live->thread;
	lh_leave(self);
}

/* Writes only what changes, so that the line stays clean for other processors. Threads may race: a
 * lost waker makes the front end believe less. */
static void note_waker(struct lh_lock *l, lh_thread_id thread, lh_stack_id stack)
{
	struct lh_lock_stats *stats = &LH_LOCK_STATS[l->stats];

	if (l->thread != thread) {
		l->many_chains |= l->thread && stats->other_waker && stats->other_waker != thread;
		stats->other_waker = l->thread;
		l->thread = thread;
	}
	if (l->wake_stack != stack)
		l->wake_stack = stack;
	if (l->woken)
		l->woken = 0;
}

void lh_on_futex_wake(const struct lh_call *call)
{
	struct lh_self *self = lh_self_get();
	uint32_t row = self->live ? lh_lock_find(call->object) : 0;
	struct lh_lock *l = &LH_LOCKS[row];

	if (!row || l->kind != LH_FUTEX || !l->stats) /* no thread has waited there */
		return;
	lh_stack_id stack = lh_call_stack(call);
	if (!self->live || l->kind != LH_FUTEX)
		return;
	note_waker(l, self->live->thread, stack);
}
