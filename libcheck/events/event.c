/*
 * event.c — the frame of every event that the fast path does not know: enter, walk the stack, take
 * the internal lock; then release the lock, report what was found, leave. Also what many events do:
 * announce a wait and end it, add a happens-before edge and begin a segment.
 */
#include "libcheck/base/options.h"
#include "libcheck/events/event.h"
#include "libcheck/lock/contention.h"
#include "libcheck/report/stderr_report.h"

static void no_gil(enum lh_gil_event what, const struct lh_call *call, const void *cond)
{
	(void)what, (void)call, (void)cond;
}
void (*lh_gil_event)(enum lh_gil_event what, const struct lh_call *call, const void *cond) = no_gil;

/* ---- segments and phases ---- */

static uint32_t last_phase;

void lh_phase_raise(uint32_t phase)
{
	uint32_t seen = __atomic_load_n(&last_phase, __ATOMIC_RELAXED);

	while (seen < phase && !__atomic_compare_exchange_n(&last_phase, &seen, phase, true,
							    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

/* After the last one, phases order nothing any more. */
uint32_t lh_phase_next(void)
{
	enum { PHASES_MAX = UINT32_MAX / LH_PHASE - 1 };
	uint32_t seen = __atomic_load_n(&last_phase, __ATOMIC_RELAXED);

	while (seen < PHASES_MAX &&
	       !__atomic_compare_exchange_n(&last_phase, &seen, seen + 1, true, __ATOMIC_RELAXED,
					    __ATOMIC_RELAXED))
		;
	if (seen >= PHASES_MAX)
		lh_hb_edges_lost();
	return seen + 1;
}

void lh_hb_next_segment(struct lh_self *self, struct lh_live_thread *live)
{
	lh_segment_begin(self, live, live->segment + 1);
}

void lh_segment_begin(struct lh_self *self, struct lh_live_thread *live, uint32_t segment)
{
	/* no thread is in the first segment of a phase */
	live->segment = segment % LH_PHASE ? segment : segment + 1;
	if (segment % LH_PHASE == 0)
		lh_phase_raise(segment / LH_PHASE);
	lh_self_forget_visits(self);
}

/* ---- happens-before edges ---- */

void lh_hb_edges_lost(void)
{
	__atomic_store_n(&lh_own_ledger.ledger->hb_edges_lost, 1, __ATOMIC_RELAXED);
}

void lh_hb_edge_add(enum lh_hb_kind kind, lh_thread_id a, uint32_t a_segment, lh_thread_id b,
		    uint32_t b_segment)
{
	uint32_t at = lh_row_add(LH_T_HB_EDGE, 1);

	if (at)
		LH_HB_EDGES[at] = (struct lh_hb_edge){kind, a, a_segment, b, b_segment};
	else
		lh_hb_edges_lost();
}

/* ---- begin and end ---- */

/* The stack of the call, looked up or walked: what is known before the internal lock is taken. */
static const struct lh_context *look_up_stack(struct lh_event_frame *event,
					      const struct lh_call *call, bool init)
{
	const struct lh_live_thread *live = event->live;
	struct lh_stack_walk_result *walked = event->self->walked;
	const struct lh_context *x = lh_context_find(call->frame);
	/* the interrupted code, and the signals unblocked there, differ each time */
	bool walks = !x || (LH_STACKS[x->stack].flags & LH_STACK_HANDLER);

	lh_clock_check_monitor();
	if (walks)
		lh_stack_walk(call->frame, live->stack_low, live->stack_high, walked);
	if (call->announced)
		walked->flags |= LH_STACK_ANNOUNCED;
	walked->makes_lock = init;
	event->open = walks ? walked->open : 0;
	return x;
}

/* Where nothing is walked, an event may be short, and the coarse clock a good part of it. */
static void check_monitor_sometimes(void)
{
	enum { ONE_IN = 32 };
	static uint32_t events; /* under the internal lock */

	if (++events % ONE_IN == 0)
		lh_clock_check_monitor();
}

static bool begin(struct lh_event_frame *event, const struct lh_call *call, bool must, bool init)
{
	const struct lh_context *x = NULL;

	event->self = lh_enter(call->frame);
	if (!event->self)
		return false;
	event->live = event->self->live_saved;
	/* not later: while the thread waits, others read its list */
	if (LH_UNLIKELY(event->live->held_gap))
		lh_held_close_gaps(event->live);
	event->n_reported = 0;
	event->open = 0;
	event->stack = call->stack == LH_NO_STACK ? 0 : call->stack;
	bool needs_stack = lh_options.stacks != LH_STACKS_OFF && !call->stack;
	if (needs_stack)
		x = look_up_stack(event, call, init);
	if (!(must ? lh_internal_lock_acquire_long
		   : lh_internal_lock_acquire)(&lh_own_ledger.lock, event->self->number)) {
		if (must)
			lh_hb_edges_lost();
		__atomic_fetch_add(&lh_own_ledger.ledger->dropped_events, 1, __ATOMIC_RELAXED);
		lh_leave(event->self);
		return false;
	}
	lh_lock_set_location(NULL, NULL);
	if (!needs_stack)
		check_monitor_sometimes();
	else
		event->stack = x ? x->stack : lh_stack_intern(call->frame, event->self->walked);
	return true;
}

bool lh_event_begin(struct lh_event_frame *event, const struct lh_call *call)
{
	return begin(event, call, false, false);
}

bool lh_event_begin_must(struct lh_event_frame *event, const struct lh_call *call)
{
	return begin(event, call, true, false);
}

bool lh_event_begin_lock(struct lh_event_frame *event, const struct lh_call *call, uint32_t flags)
{
	struct lh_shm_location location;
	bool needs_location =
		lh_self_get()->live &&
		(flags & LH_LOCK_INITED ? (flags & LH_LOCK_PSHARED) != 0
					: lh_lock_needs_location(call->object, call->kind));

	if (needs_location)
		location = lh_shm_locate(call->object);
	if (!begin(event, call, false, flags & LH_LOCK_INITED))
		return false;
	if (needs_location)
		lh_lock_set_location(call->object, &location);
	return true;
}

struct lh_lock *lh_event_lock(struct lh_event_frame *event, const void *object, enum lh_kind kind)
{
	struct lh_lock *l = lh_lock_known(object, kind);

	event->invalid = false;
	if (LH_LIKELY(l && l->kind == kind && (kind != LH_MUTEX || lh_glibc_is_mutex(object))))
		return l;
	if (lh_python_in_gil(object) && kind != LH_GIL)
		return NULL;
	event->invalid = lh_is_invalid(object, kind);
	if (event->invalid)
		lh_event_report(event,
				lh_check_use(event->self, object, kind,
					     LH_SITE(event->stack, 0, LH_EXCLUSIVE), LH_USES));
	return event->invalid && kind == LH_MUTEX ? NULL : lh_lock_make(object, kind);
}

void lh_event_report(struct lh_event_frame *event, uint32_t finding)
{
	if (finding &&
	    event->n_reported < (int)(sizeof(event->reported) / sizeof(event->reported[0])))
		event->reported[event->n_reported++] = finding;
}

void lh_event_end(struct lh_event_frame *event)
{
	char *output = NULL;

	if (event->n_reported && (lh_own_ledger.ledger->flags & LH_LEDGER_STANDALONE) &&
	    lh_options.report == LH_REPORT_STDERR)
		output = lh_private_alloc(LH_STDERR_REPORT_BYTES);
	lh_internal_lock_release(&lh_own_ledger.lock, event->self->number);
	for (int i = 0; output && i < event->n_reported; i++)
		lh_stderr_report(event->reported[i], output);
	lh_leave(event->self);
}

/* ---- waits, stacks, semaphores ---- */

void lh_event_save_outer_wait(struct lh_self *self, const struct lh_live_thread *live)
{
	if (live->wait_on != LH_WAIT_COND || !live->wait_lock || self->inside >= self->cond_frame)
		return;
	self->outer_wait.lock = live->wait_lock;
	self->outer_wait.mutex = live->wait_with;
	self->outer_wait.site = live->wait_site;
	self->outer_wait.since_ns = live->wait_since_ns;
}

void lh_event_show_outer_wait(struct lh_self *self, struct lh_live_thread *live)
{
	lh_live_thread_waits(live, self->outer_wait.lock, self->outer_wait.site, LH_WAIT_COND,
			     self->outer_wait.mutex, self->outer_wait.since_ns);
	self->outer_wait.lock = 0;
}

/* Like lh_live_thread_waits, but the clock is read after the arguments are stored. A thread that
 * announces its wait without the internal lock sees this wait, or is seen: the fence. */
void lh_event_announce_wait(struct lh_event_frame *event, lh_lock_id lock, lh_site site,
			    enum lh_wait on, uint32_t with)
{
	struct lh_live_thread *live = event->live;

	if (LH_UNLIKELY(live->wait_on == LH_WAIT_COND))
		lh_event_save_outer_wait(event->self, live);
	event->self->wait_is_known = false;
	event->self->wait_entry = NULL;
	live->wait_site = site;
	live->wait_on = on;
	live->wait_with = with;
	live->wait_since_ns = lh_clock_now();
	live->wait_seq++;
	__atomic_store_n(&live->wait_lock, lock, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

uint64_t lh_event_wait_time(struct lh_self *self)
{
	struct lh_live_thread *live = self->live_saved;
	struct lh_lock *l = lh_lock_row(live->wait_lock);
	bool is_contended = l && l->stats && live->wait_on == LH_WAIT_LOCK;
	uint64_t ns = 0;

	if (LH_UNLIKELY(self->waits_for_free)) {
		self->waits_for_free = false;
		is_contended = is_contended && live->wait_entries != l->acquired;
	}
	if (is_contended) {
		ns = lh_clock_now() - live->wait_since_ns;
		lh_lock_stats_add_waits(&LH_LOCK_STATS[l->stats], 1, ns, ns);
	}
	lh_event_clear_wait(self, live);
	return ns;
}

void lh_event_end_deadlock_slow(const struct lh_call *call)
{
	const struct lh_live_thread *live = lh_self_get()->live;
	lh_lock_id lock = live ? live->wait_lock : 0;
	struct lh_event_frame event;

	if (!lock || !lh_deadlock_has_wait(live->thread, lock) || !lh_event_begin(&event, call))
		return;
	lh_event_report(&event, lh_deadlock_wait_ended(event.live->thread, lock));
	lh_event_end(&event);
}

lh_stack_id lh_call_stack(const struct lh_call *call)
{
	const struct lh_context *x = lh_self_get()->live ? lh_context_find(call->frame) : NULL;
	struct lh_event_frame event;

	if (x)
		return x->stack;
	if (!lh_event_begin(&event, call))
		return 0;
	lh_event_end(&event);
	return event.stack;
}

/* A thread posted the semaphore without holding a permit. Clears the held entries that name the
 * semaphore. */
void lh_sem_mark_signal(struct lh_lock *l)
{
	lh_lock_id id = lh_lock_id_of(l);

	l->flags |= LH_LOCK_SIGNAL;
	l->owner = 0;
	lh_finding_withdraw(id);
	for (uint32_t i = 1; i < lh_rows_used(LH_T_LIVE_THREAD); i++) {
		const struct lh_live_thread *live = &LH_LIVE_THREADS[i];
		for (uint32_t k = 0; k < lh_held_count(live); k++)
			if (lh_held_at(live, k)->lock == id)
				lh_held_at(live, k)->lock = 0;
	}
}
