/*
 * thread_life.c — the events of create, start, end, join and detach of a thread; start and end of
 * this folder.
 */
#include "libcheck/lock/contention.h"
#include "libcheck/base/options.h"
#include "libcheck/report/stderr_report.h"
#include "libcheck/base/text.h"
#include "libcheck/events/event.h"
#include "libcheck/stack/python.h"
#include "libcheck/thread/own_reads.h"
#include "libcheck/thread/own_waits.h"

/* ---- create ---- */

/* The row's thread is gone: checks the locks that it still holds and frees the row. Needs the
 * internal lock. */
static uint32_t end_thread(uint32_t live_row)
{
	uint32_t reported = lh_check_thread_exit(live_row);

	lh_live_thread_free(live_row);
	return reported;
}

/*
 * Only the kernel shows when a detached thread is gone. It is asked when enough threads have begun
 * to end, so that the cost per thread stays small.
 */
static void end_detached_threads(struct lh_event_frame *event)
{
	enum { ENOUGH = 32 };
	static uint32_t threshold = ENOUGH;
	int pid = lh_own_ledger.ledger->pid;

	if (lh_live_threads_ending() < threshold)
		return;
	for (uint32_t i = 1; i < lh_rows_used(LH_T_LIVE_THREAD); i++)
		if (LH_LIVE_THREADS[i].state >= LH_LIVE_ATTACHED && LH_LIVE_THREADS[i].detached &&
		    lh_sys_tid_gone(pid, LH_LIVE_THREADS[i].tid))
			lh_event_report(event, end_thread(i));
	threshold = 2 * lh_live_threads_ending() + ENOUGH;
}

/* CPython 3.11 keeps the names of its threads to itself. */
static void set_script_name(struct lh_thread *thread)
{
	char name[LH_NAME_MAX];

	if (!lh_python.on || !lh_python_thread_name(name, sizeof(name)))
		return;
	lh_text_copy(thread->name, sizeof(thread->name), name);
	thread->flags |= LH_THREAD_NAMED;
}

uint32_t lh_on_thread_create(const struct lh_call *call, bool detached)
{
	struct lh_event_frame event;

	if (!lh_event_begin_must(&event, call))
		return 0;
	lh_event_orders_prepare(); /* now, and not while a thread waits for two locks */
	end_detached_threads(&event);
	lh_thread_id id = lh_thread_new(event.live->thread, event.stack, event.live->segment);
	uint32_t live_row = id ? lh_live_thread_new(id) : 0;
	if (live_row) {
		set_script_name(&LH_THREADS[id]);
		LH_LIVE_THREADS[live_row].detached = detached;
		lh_hb_edge_add(LH_HB_CREATE, event.live->thread, event.live->segment, id, 0);
		lh_across_create_mark(&event);
		if (!event.self->team_begins) /* what follows is ordered by the region */
			lh_hb_next_segment(event.self, event.live);
	}
	bool becomes_threaded = live_row && lh_rows_used(LH_T_LIVE_THREAD) <= 3; /* rows 0 to 2 */
	lh_event_end(&event);
	if (becomes_threaded)
		lh_own_ledger_touch();
	return live_row;
}

/*
 * The creator may join the new thread before that thread has attached to its row, so the creator
 * sets the handle too. As soon as the thread has attached, it may end, and free the memory that its
 * handle is in; the row may then be another thread's. No thread can join a detached one.
 */
void lh_on_thread_create_done(const struct lh_call *call, uint32_t live_row, lh_thread_id id,
			      const pthread_t *handle)
{
	const struct lh_live_thread *live = &LH_LIVE_THREADS[live_row];
	struct lh_event_frame event;

	if (!lh_event_begin_must(&event, call))
		return;
	if (!handle)
		lh_live_thread_free(live_row);
	else if (live->state == LH_LIVE_RESERVED && live->thread == id && !live->detached)
		lh_live_thread_set_handle(live_row, *handle);
	lh_event_end(&event);
}

void lh_on_thread_start(uint32_t live_row, uintptr_t frame, uint64_t stack_size)
{
	uintptr_t low, high;
	uint32_t name = (uint32_t)(lh_thread_pointer() >> 6) | 0x80000000u;

	if (!lh_own_ledger.ledger ||
	    lh_self_get()->number == live_row) /* attached by an event in a signal handler */
		return;
	lh_thread_stack_bounds(frame, stack_size, &low, &high);
	if (!lh_internal_lock_acquire_long(&lh_own_ledger.lock, name)) {
		lh_hb_edges_lost(); /* its first event may attach it to a row without a creator */
		return;
	}
	lh_live_thread_attach(live_row, low, high);
	lh_internal_lock_release(&lh_own_ledger.lock, name);
}

/* ---- end ---- */

/*
 * The start routine is over, but destructors of thread-local variables and of keys still run and
 * may release locks. So the held locks are checked only when the thread is gone.
 */
void lh_on_thread_exit(void)
{
	struct lh_self *self = lh_self_get();
	struct lh_live_thread *live = self->live ? self->live : self->live_saved;

	if (!live)
		return;
	__atomic_store_n(&live->wait_lock, 0, __ATOMIC_RELEASE);
	lh_contention_wait_cancel(live);
	lh_own_waits_end(self, live->thread);
	lh_own_reads_end(self);
	lh_live_thread_ending(self->number);
}

uint32_t lh_on_join_begin(const struct lh_call *call, pthread_t handle, enum lh_how how)
{
	struct lh_event_frame event;

	if (!lh_event_begin_must(&event, call))
		return 0;
	uint32_t live_row = lh_live_thread_by_handle(handle);
	lh_event_join_begin(&event, live_row ? LH_LIVE_THREADS[live_row].thread : 0, how);
	lh_event_end(&event);
	return live_row;
}

void lh_on_join_end(const struct lh_call *call, uint32_t live_row, int rc)
{
	struct lh_event_frame event;

	lh_event_end_deadlock(call);
	if (!lh_event_begin_must(&event, call))
		return;
	lh_event_wait_time(event.self);
	if (!rc && live_row && LH_LIVE_THREADS[live_row].state != LH_LIVE_FREE) {
		lh_thread_id ended = LH_LIVE_THREADS[live_row].thread;
		lh_hb_edge_add(LH_HB_JOIN, ended, LH_LIVE_THREADS[live_row].segment,
			       event.live->thread, event.live->segment + 1);
		lh_hb_next_segment(event.self, event.live);
		lh_event_report(&event, end_thread(live_row));
	}
	lh_event_end(&event);
}

void lh_on_detach(const struct lh_call *call, pthread_t handle)
{
	struct lh_self *self = lh_enter(call->frame);
	uint32_t live_row = self ? lh_live_thread_by_handle(handle) : 0;

	if (live_row)
		LH_LIVE_THREADS[live_row].detached = 1;
	if (self)
		lh_leave(self);
}

/* ---- cancellation ---- */

/* The row is marked first, because the thread may go on before this event gets the internal lock.
 */
void lh_on_cancel(const struct lh_call *call, pthread_t handle)
{
	struct lh_self *self = lh_enter(call->frame);
	uint32_t live_row = self ? lh_live_thread_by_handle(handle) : 0;
	struct lh_live_thread *live = &LH_LIVE_THREADS[live_row];
	uint16_t before = LH_CANCEL_PENDING;
	struct lh_event_frame event;

	if (live_row)
		before = __atomic_fetch_or(&live->cancel, LH_CANCEL_PENDING, __ATOMIC_ACQ_REL);
	if (self)
		lh_leave(self);
	if ((before & LH_CANCEL_PENDING) || !lh_event_begin(&event, call))
		return;
	lh_event_report(&event,
			lh_deadlock_cancelled(event.self, live, LH_SITE(event.stack, 0, 0)));
	if (live != event.live)
		lh_hb_edge_add(LH_HB_CANCEL, live->thread, UINT32_MAX, event.live->thread,
			       event.live->segment + 1);
	lh_hb_next_segment(event.self, event.live);
	lh_event_end(&event);
}

void lh_on_cancel_mode(const struct lh_call *call, uint16_t bit, bool set)
{
	struct lh_live_thread *live = lh_self_get()->live_saved;
	struct lh_self *self;

	if (!live && set && (self = lh_enter(call->frame))) { /* gives the thread its row */
		live = self->live_saved;
		lh_leave(self);
	}
	if (live && set)
		__atomic_fetch_or(&live->cancel, bit, __ATOMIC_RELAXED);
	else if (live && (live->cancel & bit))
		__atomic_fetch_and(&live->cancel, (uint16_t)~bit, __ATOMIC_RELAXED);
}

void lh_on_thread_name(const struct lh_call *call, pthread_t handle, const char *name)
{
	struct lh_self *self = lh_enter(call->frame);
	uint32_t live_row = self ? lh_live_thread_by_handle(handle) : 0;

	if (live_row)
		lh_text_copy(LH_THREADS[LH_LIVE_THREADS[live_row].thread].name, LH_NAME_MAX, name);
	if (self)
		lh_leave(self);
}

/* ---- start and end of the process, and of its freedom to call the kernel ---- */

void lh_on_sandbox(uintptr_t frame)
{
	struct lh_self *self = lh_self_get()->live ? lh_enter(frame) : NULL;

	if (!self)
		return;
	if (lh_internal_lock_acquire(&lh_own_ledger.lock, self->number)) {
		lh_event_orders_prepare();
		lh_own_ledger_map_ahead();
		lh_internal_lock_release(&lh_own_ledger.lock, self->number);
	}
	lh_leave(self);
}

bool lh_events_init(void)
{
	lh_long_hold_init();
	lh_event_orders_init();
	lh_rounds_init();
	lh_gil_init();
	return lh_wait_cycle_init();
}

void lh_events_end(void)
{
	struct lh_self *self = lh_enter((uintptr_t)__builtin_frame_address(0));
	struct lh_event_frame event = {.self = self};

	if (!self)
		return;
	event.live = self->live_saved;
	if (!lh_internal_lock_acquire_long(&lh_own_ledger.lock, self->number)) {
		lh_leave(self);
		return;
	}
	int pid = lh_own_ledger.ledger->pid;
	lh_live_threads_end_counts();
	for (uint32_t row = 1; row < lh_rows_used(LH_T_LOCK); row++) {
		if (lh_kind_acts(LH_LOCKS[row].kind) == LH_COND)
			lh_event_check_waits(&event, &LH_LOCKS[row], true);
	}
	for (uint32_t i = 1; i < lh_rows_used(LH_T_FINDING); i++) {
		if (LH_FINDINGS[i].flags & LH_FINDING_UNSURE)
			lh_event_report(&event, i);
		LH_FINDINGS[i].flags &= (uint8_t)~LH_FINDING_UNSURE; /* nothing happens any more
									that could withdraw it */
	}
	for (uint32_t i = 1; i < lh_rows_used(LH_T_LIVE_THREAD); i++)
		if (LH_LIVE_THREADS[i].state == LH_LIVE_ENDING && LH_LIVE_THREADS[i].held_n &&
		    lh_sys_tid_gone(pid, LH_LIVE_THREADS[i].tid))
			lh_event_report(&event, end_thread(i));
	lh_event_end(&event);
}
