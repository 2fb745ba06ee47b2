/* pause.c — a thread comes to a stop of the plan: is it one, may the thread pause, and for how
 * long? Then the pause itself. */
#include "libcheck/steer/pause_internal.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>

/* ---- pauses ---- */

/* True: the pause is over. */
static bool step(struct lh_self *self, bool struck)
{
	struct lh_stepper *s = lh_stepper_of(self->number);
	uint64_t now = lh_clock_now();

	if (s->paused &&
	    (struck || (self->live_saved->cancel & LH_CANCEL_PENDING) || lh_sys_seccomp_seen()))
		lh_steering_end_pause(s, LH_STEER_BROKEN_OFF, 0, now);
	if (s->paused && now >= s->until_ns) {
		lh_look_for_runners();
		lh_steering_end_pause(s, LH_STEER_LIMIT, 0, now);
	}
	if (s->paused)
		lh_look(now);
	return !s->paused;
}

static void pause_thread(uintptr_t frame)
{
	const struct timespec t = {0, LH_STEER_STEP_NS};
	bool over = false;
	long rc = 0;

	while (!over) {
		uint32_t turn = __atomic_load_n(&lh_steering->turn, __ATOMIC_ACQUIRE);
		struct lh_self *self = lh_steering_begin(frame);
		if (!self) /* a filter was set, or a stopped thread has the lock */
			return;
		over = step(self, rc == -EINTR);
		lh_steering_end(self);
		if (!over)
			rc = lh_syscall(SYS_futex, (long)&lh_steering->turn, FUTEX_WAIT_PRIVATE,
					turn, (long)&t, 0, 0);
	}
}

static void begin_pause(struct lh_self *self, unsigned c, uint64_t now, uint64_t until)
{
	struct lh_stepper *s = lh_stepper_of(self->number);

	s->paused = (uint8_t)(1 + c);
	s->since_ns = now;
	s->until_ns = until;
	if (!lh_steering->paused++)
		lh_steering->since_ns = now;
	lh_steering->quiet = 0;
	lh_steering->looked_ns = 0;
}

/* ---- arrivals ---- */

/* What tells a thread at a stop from a thread elsewhere; under the steering lock. */
struct visitor {
	struct lh_self *self;
	const struct lh_steer_call *call;
	lh_stack_id stack;
	uint64_t wanted;
	uint64_t now, until; /* 0: it may not pause */
};

lh_stack_id lh_steering_stack_of(struct lh_self *self, uintptr_t frame)
{
	const struct lh_context *x = lh_context_find(frame);
	const struct lh_live_thread *live = self->live_saved;
	lh_stack_id stack = 0;

	if (x)
		return x->stack;
	if (!lh_enter(frame))
		return 0;
	lh_stack_walk(frame, live->stack_low, live->stack_high, self->walked);
	self->walked->makes_lock = false;
	if (lh_internal_lock_acquire(&lh_own_ledger.lock, self->number)) {
		stack = lh_stack_intern(frame, self->walked);
		lh_internal_lock_release(&lh_own_ledger.lock, self->number);
	}
	lh_leave(self);
	return stack;
}

static bool is_stop(lh_stack_id stack, const struct lh_stop *at)
{
	const struct lh_stop *stop;

	for (unsigned n = lh_stops_of(stack, &stop); n; n--, stop++)
		if (stop->cycle == at->cycle && stop->part == at->part && stop->stop == at->stop)
			return true;
	return false;
}

/* The address of the lock that the thread holds since the stop `at`; 0: none. */
static uint64_t held_since(const struct lh_live_thread *live, struct lh_stop at)
{
	for (uint32_t k = lh_held_count(live); k-- > 0;) {
		const struct lh_held *h = lh_held_at(live, k);
		if (h->lock && !(h->flags & LH_HELD_IN_COND_WAIT) &&
		    is_stop(LH_SITE_STACK(h->site), &at))
			return h->address;
	}
	return 0;
}

static uint32_t held_now(const struct lh_live_thread *live)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < lh_held_count(live); k++)
		n += !(lh_held_at(live, k)->flags & LH_HELD_IN_COND_WAIT) &&
		     lh_held_at(live, k)->lock;
	return n;
}

/* False: the thread does not hold what a thread of the part holds there. */
static bool arrival_of(const struct visitor *v, const struct lh_stop *at,
		       struct lh_steer_arrival *a)
{
	const struct lh_live_thread *live = v->self->live_saved;
	const struct lh_plan_part *p = &lh_steering->plan->cycle[at->cycle].part[at->part];

	*a = (struct lh_steer_arrival){.thread = live->thread,
				       .part = at->part,
				       .stop = at->stop,
				       .may_pause = v->until != 0,
				       .holds_more = held_now(live) > at->stop,
				       .wanted = v->wanted,
				       .now_ns = v->now};
	if (p->holds_at == p->stops)
		a->held = lh_steer_end_of(live->thread);
	else if (at->stop > p->holds_at)
		a->held = held_since(live, (struct lh_stop){at->cycle, at->part, p->holds_at});
	else
		return true;
	return a->held != 0;
}

/* One cycle is steered at a time; the first of the plan comes before all others. */
static bool may_steer(unsigned c, uint64_t now)
{
	unsigned other = lh_steering_current();

	if (other == LH_PLAN_CYCLES || other == c)
		return true;
	if (c)
		return false;
	for (uint32_t i = 1; i < lh_rows_used(LH_T_LIVE_THREAD); i++)
		if (lh_steering->stepper[i].paused > 1)
			lh_steering_end_pause(&lh_steering->stepper[i], LH_STEER_BROKEN_OFF, 0,
					      now);
	return true;
}

/* Has the thread released the lock of its stop? One that has just gone on may not have it yet. */
static bool has_released(const struct lh_live_thread *live, const struct lh_steer_part *p,
			 struct lh_stop at, uint64_t now)
{
	enum { TO_GO_ON_NS = LH_STEER_STEP_NS / 5 };
	lh_lock_id waits = __atomic_load_n(&live->wait_lock, __ATOMIC_ACQUIRE);
	const struct lh_lock *l = waits ? lh_lock_row(waits) : NULL;

	if (held_since(live, at) || waits == p->wanted || (l && l->address == p->wanted))
		return false;
	return waits || (now - p->ended_ns > TO_GO_ON_NS && now - p->since_ns > TO_GO_ON_NS);
}

/* If another thread is in the part, but has released the lock of its stop, its visit came to
 * nothing. */
static void end_idle_visit(const struct visitor *v, const struct lh_stop *at)
{
	struct lh_steer *s = lh_steering->cycle[at->cycle];
	const struct lh_steer_part *p = &s->part[at->part];
	const struct lh_live_thread *live = &LH_LIVE_THREADS[LH_THREADS[p->thread].live];

	if (p->state == LH_STEER_GOING && p->thread != v->self->live_saved->thread &&
	    live->thread == p->thread &&
	    has_released(live, p, (struct lh_stop){at->cycle, at->part, p->stop}, v->now))
		lh_steer_thread_ends(s, p->thread);
}

static bool is_other_lock(const struct lh_plan_stop *stop, uint64_t address)
{
	return stop->row && address && !(address & LH_ADDRESS_NONE) &&
	       lh_lock_find((const void *)(uintptr_t)address) != stop->row;
}

/* Are its locks others than those of the first run, and does that matter? */
static bool has_other_locks(const struct lh_stop *at, const struct lh_steer_arrival *a)
{
	const struct lh_plan_cycle *c = &lh_steering->plan->cycle[at->cycle];
	const struct lh_plan_part *p = &c->part[at->part];

	return c->mode == LH_STEER_SAME_LOCKS &&
	       (is_other_lock(&p->stop[at->stop], a->wanted) ||
		(at->stop > p->holds_at && is_other_lock(&p->stop[p->holds_at], a->held)));
}

/* Does the thread come although the one that should come before it has not started? */
static bool is_early(const struct lh_stop *at)
{
	const struct lh_plan *plan = lh_steering->plan;
	const struct lh_steer_part *before =
		&lh_steering->cycle[at->cycle]->part[plan->late_before];

	return lh_steering->late && at->cycle == 0 && at->part == plan->late_after &&
	       at->stop == plan->cycle[0].part[at->part].stops - 1 &&
	       !before->visits[before->plan->stops - 1];
}

/* Who comes to a last stop first, and which part that is. */
static void note_first(const struct lh_stop *at, lh_thread_id thread)
{
	struct lh_steered *row = &LH_STEERED[1 + at->cycle];
	struct lh_steered_part *part = &row->part[at->part];
	uint32_t turn = 1;

	if (part->first || at->stop != lh_steering->plan->cycle[at->cycle].part[at->part].stops - 1)
		return;
	for (unsigned i = 0; i < row->parts; i++)
		turn += row->part[i].first != 0;
	part->first = thread;
	part->turn = turn;
}

/* True: the thread pauses now. */
static bool arrive(const struct visitor *v, const struct lh_stop *at)
{
	const struct lh_plan_part *p = &lh_steering->plan->cycle[at->cycle].part[at->part];
	struct lh_steered_part *row = &LH_STEERED[1 + at->cycle].part[at->part];
	struct lh_steer_arrival a;

	if (p->stop[at->stop].kind != v->call->kind || !arrival_of(v, at, &a) ||
	    has_other_locks(at, &a))
		return false;
	if (v->until && !may_steer(at->cycle, v->now))
		a.may_pause = false;
	LH_STEERED[1 + at->cycle].refused += !v->until;
	LH_STEERED[1 + at->cycle].early += is_early(at);
	row->site = LH_SITE(v->stack, v->call->how, v->call->mode);
	note_first(at, a.thread);
	end_idle_visit(v, at);
	bool pauses = lh_steer_arrive(lh_steering->cycle[at->cycle], &a);
	lh_steering_notice_ends(at->cycle, v->now);
	if (pauses)
		begin_pause(v->self, at->cycle, v->now, v->until);
	lh_steering_show(at->cycle);
	return pauses;
}

/* All other Python threads wait for the thread that has the GIL, whatever they do next. */
static bool holds_gil(const struct lh_live_thread *live)
{
	for (uint32_t k = 0; lh_python.on && k < lh_held_count(live); k++)
		if (LH_LOCKS[LH_LOCK_ROW(lh_held_at(live, k)->lock)].kind == LH_GIL)
			return true;
	return false;
}

static bool is_about_gil(const struct lh_plan_part *p)
{
	for (unsigned i = 0; i < p->stops; i++)
		if (p->stop[i].kind == LH_GIL)
			return true;
	return false;
}

static bool may_pause(const struct visitor *v)
{
	const struct lh_live_thread *live = v->self->live_saved;

	return !(LH_STACKS[v->stack].flags & LH_STACK_HANDLER) &&
	       v->call->frame >= live->stack_low && v->call->frame < live->stack_high &&
	       !(live->cancel & (LH_CANCEL_PENDING | LH_CANCEL_ASYNCHRONOUS)) &&
	       !lh_stack_is_in_exit(v->stack) && lh_own_ledger.ledger->state == LH_LEDGER_READY;
}

/* Have many pauses of the part ended without a meeting? Then others come first. */
static bool is_in_vain(const struct lh_steer_part *p)
{
	enum { MANY = 8 };

	return p->ended[0][LH_STEER_LIMIT] + p->ended[0][LH_STEER_QUIET] +
		       p->ended[1][LH_STEER_LIMIT] + p->ended[1][LH_STEER_QUIET] >=
	       MANY;
}

static uint64_t until_of(const struct visitor *v, const struct lh_stop *at)
{
	const struct lh_steer_part *p = &lh_steering->cycle[at->cycle]->part[at->part];
	bool last = at->stop == p->plan->stops - 1;
	uint64_t until, ends;

	if (!may_pause(v) || (holds_gil(v->self->live_saved) &&
			      !is_about_gil(&lh_steering->plan->cycle[at->cycle].part[at->part])))
		return 0;
	until = lh_limits_until(&(struct lh_limits_of_pause){
		.now_ns = v->now,
		.since_ns = lh_steering->paused ? lh_steering->since_ns : 0,
		.last = last,
		.in_vain = is_in_vain(p),
		.ended = p->ended[last][LH_STEER_LIMIT]});
	for (uint32_t i = 1; i < lh_rows_used(LH_T_LIVE_THREAD); i++) {
		uint64_t timed = lh_steering->stepper[i].timed_ns;
		ends = timed > v->now ? v->now + (timed - v->now) / 2 : UINT64_MAX;
		until = ends < until ? ends : until;
	}
	return until > v->now + LH_STEER_STEP_NS ? until : 0;
}

/* The stop of the part that the thread is in, on its way; `n`: none. */
static unsigned own_stop(const struct visitor *v, const struct lh_stop *stop, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		const struct lh_steer *s = lh_steering->cycle[stop[i].cycle];
		const struct lh_steer_part *p = &s->part[stop[i].part];
		if (p->state == LH_STEER_GOING && p->thread == v->self->live_saved->thread)
			return i;
	}
	return n;
}

static bool arrive_at(struct visitor *v, const struct lh_stop *at)
{
	v->until = until_of(v, at);
	return arrive(v, at);
}

/* The part that the thread is in comes before others with the same stops: they end its visit. */
static bool arrive_at_all(struct visitor *v)
{
	const struct lh_stop *stop;
	unsigned n = lh_stops_of(v->stack, &stop);
	struct lh_stepper *s = lh_stepper_of(v->self->number);

	if (n && s->paused) /* it left its pause by a jump */
		lh_steering_end_pause(s, LH_STEER_BROKEN_OFF, 0, v->now);
	unsigned own = own_stop(v, stop, n);
	if (own < n && arrive_at(v, &stop[own]))
		return true;
	/* of parts with the same stops each thread prefers another one */
	for (unsigned i = 0, first = n ? v->self->live_saved->thread % n : 0; i < n; i++)
		if ((first + i) % n != own && arrive_at(v, &stop[(first + i) % n]))
			return true;
	return false;
}

/* The stack of the try that CPython made before, while it had the GIL; 0: there was none. */
static lh_stack_id deferred_stack(const struct lh_self *self, const void *object)
{
	struct lh_stepper *s = &lh_steering->stepper[self->number];
	bool is_deferred =
		s->deferred && s->deferred == object && s->thread == self->live_saved->thread;

	s->deferred = NULL;
	return is_deferred ? s->deferred_stack : 0;
}

/* ---- rests ---- */

/* Threads pass these parts in a loop, and may not pause there any more: for a while nobody looks
 * when they come. */
static void begin_rest(bool of_all)
{
	enum { REST_TICKS = 50 };
	struct lh_steering *g = lh_steering;

	for (unsigned c = 0; c < g->plan->cycles; c++)
		for (unsigned i = 0; g->cycle[c] && i < LH_STEERED[1 + c].parts; i++) {
			const struct lh_steer_part *p = &g->cycle[c]->part[i];
			bool rests = is_in_vain(p) || (of_all && p->visits[p->plan->stops - 1]);
			g->resting[c] = (uint16_t)((g->resting[c] & ~(1u << i)) | rests << i);
			if (p->state == LH_STEER_GOING && rests)
				lh_steer_thread_ends(g->cycle[c], p->thread);
			if (rests && c == 0)
				lh_steer_tries(g->cycle[0], 0);
		}
	__atomic_store_n(&g->rest_tick, (lh_clock_tick() + REST_TICKS) | 1, __ATOMIC_RELAXED);
}

/* Do all parts rest that have a stop here? Without the steering lock: an old answer does no harm.
 */
static bool is_resting(lh_stack_id stack)
{
	uint32_t tick = __atomic_load_n(&lh_steering->rest_tick, __ATOMIC_RELAXED);
	const struct lh_stop *stop;
	unsigned n;

	if (!tick || (int32_t)(lh_clock_tick() - tick) >= 0 || !lh_stops_known(stack, &stop, &n))
		return false;
	for (; n; n--, stop++)
		if (!(lh_steering->resting[stop->cycle] >> stop->part & 1))
			return false;
	return true;
}

/* What this costs is part of what all pauses may. */
static void book(uint64_t since_ns)
{
	uint64_t now = lh_clock_now(), left;

	if (lh_steering->paused)
		return;
	lh_limits_spend(now - since_ns);
	left = lh_limits_left(now);
	if (left < LH_LIMITS_RESERVE_NS)
		begin_rest(!left);
}

/* Under a filter that was set since the start: the stop was reached, and no more. */
static void pass_unpaused(uintptr_t frame, lh_stack_id stack)
{
	struct lh_self *self = lh_steering_begin_unpaused(frame);
	const struct lh_stop *stop;
	unsigned n = self ? lh_stops_of(stack, &stop) : 0;

	for (; n; n--, stop++) {
		struct lh_steer_part *p = &lh_steering->cycle[stop->cycle]->part[stop->part];
		p->visits[stop->stop]++;
		p->unpaused += stop->stop == p->plan->stops - 1;
		LH_STEERED[1 + stop->cycle].refused++;
		lh_steering_show(stop->cycle);
	}
	if (self)
		lh_steering_end(self);
}

void lh_pause_at_stop(const struct lh_steer_call *call)
{
	struct lh_self *self = lh_self_get();
	struct visitor v = {.call = call};

	if (!self->live || !lh_steering->plan)
		return;
	v.stack = lh_python.on ? deferred_stack(self, call->object) : 0;
	if (!v.stack && lh_stop_may_be(((const uintptr_t *)call->frame)[1]))
		v.stack = lh_steering_stack_of(self, call->frame);
	if (v.stack && lh_sys_seccomp_seen())
		pass_unpaused(call->frame, v.stack);
	if (!v.stack || lh_sys_seccomp_seen() || is_resting(v.stack))
		return;
	v.now = lh_clock_now();
	if (!(v.self = lh_steering_begin(call->frame)))
		return;
	uint64_t since = v.now;
	/* a lock that nobody has acquired has no number yet */
	v.wanted = call->wanted ? call->wanted : (uintptr_t)call->object;
	v.now = lh_clock_now();
	bool pauses = arrive_at_all(&v);
	book(since);
	lh_steering_end(v.self);
	if (pauses)
		pause_thread(call->frame);
}

static bool is_thread_end(const void *semaphore)
{
	const struct lh_lock *l = lh_lock_known(semaphore, LH_SEM);

	return l && (l->flags & LH_LOCK_THREAD_END_SEM);
}

bool lh_pause_defers(uintptr_t frame, const void *object)
{
	struct lh_self *self = lh_self_get();
	const struct lh_stop *stop;

	if (!self->live || !lh_steering->plan || !lh_stop_may_be(((const uintptr_t *)frame)[1]) ||
	    is_thread_end(object) || lh_python_read_intent() != LH_PYTHON_BLOCKING)
		return false;
	lh_stack_id stack = lh_steering_stack_of(self, frame);
	if (!stack || is_resting(stack) || !(self = lh_steering_begin(frame)))
		return false;
	bool at_stop = lh_stops_of(stack, &stop) != 0;
	struct lh_stepper *s = lh_stepper_of(self->number);
	s->deferred = at_stop ? object : NULL;
	s->deferred_stack = stack;
	lh_steering_end(self);
	return at_stop;
}

void lh_pause_before_join(uintptr_t frame)
{
	const struct lh_live_thread *live = lh_self_get()->live;

	if (!live || live->wait_on != LH_WAIT_JOIN)
		return;
	const struct lh_steer_call call = {.frame = frame,
					   .kind = LH_THREAD_END,
					   .mode = LH_EXCLUSIVE,
					   .how = LH_BLOCKING,
					   .wanted = lh_steer_end_of(live->wait_with)};
	lh_pause_at_stop(&call);
}
