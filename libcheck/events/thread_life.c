/*
 * thread_life.c — part of the room `track`: threads begin and end, processes fork.
 */
#include "libcheck/rules/cond_holding.h"
#include "libcheck/lock/contention.h"
#include "libcheck/base/options.h"
#include "libcheck/report/stderr_report.h"
#include "libcheck/base/text.h"
#include "libcheck/events/event_internal.h"
#include "libcheck/rules/wait_cycle.h"

/* What ran before a create, join or barrier is another segment than what runs after it. */
void lh_segment_next(struct lh_me *me, struct lh_seat *s)
{
	s->segment++;
	lh_me_forget(me);
}

void lh_orders_lost(void)
{
	__atomic_store_n(&lh_book.ledger->orders_lost, 1, __ATOMIC_RELAXED);
}

void lh_work_order(enum lh_event_kind what, lh_thread_id a, uint32_t a_segment, lh_thread_id b,
		   uint32_t b_segment)
{
	uint32_t at = lh_book_new(LH_T_EVENT, 1);

	if (at)
		LH_EVENTS[at] = (struct lh_event){what, a, a_segment, b, b_segment};
	else
		lh_orders_lost();
}

/* A thread's life is a lock that has no bytes: its address is one that no object can have. */
lh_lock_id lh_life_lock(lh_thread_id thread)
{
	const void *o = (const void *)(LH_ADDRESS_NONE | (uint64_t)thread << 4);
	struct lh_lock *l = thread ? lh_lock_make(o, LH_LIFE) : NULL;

	if (!l)
		return 0;
	l->initial = thread;
	l->flags |= LH_LOCK_KEPT;
	LH_THREADS[thread].life = lh_lock_id_of(l);
	return LH_THREADS[thread].life;
}

/* ---- create ---- */

/* The thread of this seat is gone: judge what it left, and make the seat free. Big lock. */
static uint32_t bury(uint32_t seat)
{
	uint32_t told = lh_check_exit(seat);

	lh_seat_free(seat);
	return told;
}

/*
 * Detached threads tell nobody when they are gone; the kernel knows. Asked when enough
 * of them have said that they are about to end, so that the cost per thread stays small.
 */
static void sweep(struct lh_event_work *w)
{
	enum { ENOUGH = 32 };
	static uint32_t threshold = ENOUGH;
	int pid = lh_book.ledger->pid;

	if (lh_seats_ending() < threshold)
		return;
	for (uint32_t i = 1; i < lh_book_used(LH_T_SEAT); i++)
		if (LH_SEATS[i].state >= LH_SEAT_LIVE && LH_SEATS[i].detached &&
		    lh_sys_tid_gone(pid, LH_SEATS[i].tid))
			lh_work_tell(w, bury(i));
	threshold = 2 * lh_seats_ending() + ENOUGH;
}

uint32_t lh_thread_making(const struct lh_call *c, bool detached)
{
	struct lh_event_work w;

	if (!lh_work_begin_order(&w, c))
		return 0;
	sweep(&w);
	lh_thread_id id = lh_thread_new(w.seat->thread, w.stack, w.seat->segment);
	uint32_t seat = id ? lh_seat_new(id) : 0;
	if (seat) {
		LH_SEATS[seat].detached = detached;
		lh_work_order(LH_EVENT_CREATE, w.seat->thread, w.seat->segment, id, 0);
		lh_work_over(&w);
		lh_segment_next(w.me, w.seat);
		__atomic_fetch_add(&lh_book.ledger->threads_live, 1, __ATOMIC_RELAXED);
	}
	lh_work_end(&w);
	return seat;
}

/*
 * The creator may join before the new thread has sat down, so it says the handle too. A
 * detached thread may be gone by now, and its seat another's; nobody can join it.
 */
void lh_thread_made(const struct lh_call *c, uint32_t seat, pthread_t handle, int rc)
{
	struct lh_event_work w;

	if (!lh_work_begin_order(&w, c))
		return;
	if (rc)
		lh_seat_free(seat);
	else if (!LH_SEATS[seat].detached && !LH_SEATS[seat].handle)
		lh_seat_handle(seat, handle);
	lh_work_end(&w);
}

void lh_thread_begins(uint32_t seat, uintptr_t frame, uint64_t stack_size)
{
	uintptr_t low, high;
	uint32_t name = (uint32_t)(lh_thread_pointer() >> 6) | 0x80000000u;

	if (!lh_book.ledger || lh_myself()->number == seat) /* a handler has seen to it */
		return;
	lh_thread_stack_bounds(frame, stack_size, &low, &high);
	if (!lh_big_lock_insist(&lh_book.big, name)) {
		lh_orders_lost(); /* it may sit down as a stranger */
		return;
	}
	lh_seat_take(seat, low, high);
	lh_big_lock_give(&lh_book.big, name);
}

/* ---- end ---- */

/*
 * The start routine is over, but destructors of thread-local variables and of keys still
 * run and may give locks back. So nothing is judged here; it is when the thread is gone.
 */
void lh_thread_ends(void)
{
	struct lh_me *me = lh_myself();
	struct lh_seat *s = me->seat ? me->seat : me->parked;

	if (!s)
		return;
	__atomic_store_n(&s->wait_lock, 0, __ATOMIC_RELEASE);
	lh_fare_left(s);
	lh_seat_ending(me->number);
	__atomic_fetch_sub(&lh_book.ledger->threads_live, 1, __ATOMIC_RELAXED);
}

void lh_work_join(struct lh_event_work *w, lh_thread_id thread, enum lh_how how)
{
	lh_lock_id life = lh_life_lock(thread);
	lh_place place = LH_PLACE(w->stack, how, LH_EXCLUSIVE);

	if (!life)
		return;
	lh_work_announce(w, life, place, LH_WAIT_JOIN, thread);
	uint32_t circle = lh_wait_check(w->me);
	lh_work_tell(w, circle);
	if (!circle)
		lh_work_node(w, life, place);
}

uint32_t lh_join_begin(const struct lh_call *c, pthread_t handle, enum lh_how how)
{
	struct lh_event_work w;

	if (!lh_work_begin_order(&w, c))
		return 0;
	uint32_t seat = lh_seat_of_handle(handle);
	lh_work_join(&w, seat ? LH_SEATS[seat].thread : 0, how);
	lh_work_end(&w);
	return seat;
}

void lh_join_end(const struct lh_call *c, uint32_t seat, int rc)
{
	struct lh_event_work w;

	if (!lh_work_begin_order(&w, c))
		return;
	lh_work_waited(&w);
	if (!rc && seat && LH_SEATS[seat].state != LH_SEAT_FREE) {
		lh_thread_id gone = LH_SEATS[seat].thread;
		lh_work_order(LH_EVENT_JOIN, gone, LH_SEATS[seat].segment, w.seat->thread,
			      w.seat->segment + 1);
		LH_THREADS[gone].flags |= LH_THREAD_JOINED;
		lh_segment_next(w.me, w.seat);
		lh_work_tell(&w, bury(seat));
	}
	lh_work_end(&w);
}

void lh_thread_detached(const struct lh_call *c, pthread_t handle)
{
	struct lh_me *me = lh_enter(c->frame);
	uint32_t seat = me ? lh_seat_of_handle(handle) : 0;

	if (seat)
		LH_SEATS[seat].detached = 1;
	if (me)
		lh_leave(me);
}

void lh_thread_named(const struct lh_call *c, pthread_t handle, const char *name)
{
	struct lh_me *me = lh_enter(c->frame);
	uint32_t seat = me ? lh_seat_of_handle(handle) : 0;

	if (seat)
		lh_text_copy(LH_THREADS[LH_SEATS[seat].thread].name, LH_NAME_MAX, name);
	if (me)
		lh_leave(me);
}

/* ---- birth and death of the room ---- */

bool lh_track_init(void)
{
	lh_long_init();
	return lh_judge_room_init() && lh_wait_init();
}

static void told_at_end(void *w, uint32_t finding)
{
	lh_work_tell(w, finding);
}

void lh_track_end(void)
{
	struct lh_me *me = lh_enter((uintptr_t)__builtin_frame_address(0));
	struct lh_event_work w = {.me = me};

	if (!me)
		return;
	w.seat = me->parked;
	if (!lh_big_lock_insist(&lh_book.big, me->number)) {
		lh_leave(me);
		return;
	}
	int pid = lh_book.ledger->pid;
	lh_cond_end(told_at_end, &w);
	for (uint32_t i = 1; i < lh_book_used(LH_T_FINDING); i++) {
		if (LH_FINDINGS[i].flags & LH_FINDING_UNSURE)
			lh_work_tell(&w, i);
		LH_FINDINGS[i].flags &=
			(uint8_t)~LH_FINDING_UNSURE; /* no semaphore changes its mind now */
	}
	for (uint32_t i = 1; i < lh_book_used(LH_T_SEAT); i++)
		if (LH_SEATS[i].state == LH_SEAT_ENDING && LH_SEATS[i].held_n &&
		    lh_sys_tid_gone(pid, LH_SEATS[i].tid))
			lh_work_tell(&w, bury(i));
	lh_work_end(&w);
}
