/*
 * pause.c — runs the state machine of steer.h in the process: tells it what threads do, pauses
 * them, and looks whether a pause must end.
 *
 * One small lock protects everything. It is taken inside the entry check (thread/thread.h), so that
 * a signal handler that interrupts its owner steers nothing; never during a pause, and no original
 * runs under it.
 */
#include "libcheck/rules/wait_rules.h"
#include "libcheck/steer/pause_internal.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>

enum {
	STEP_NS = 1000000,      /* of a pause */
	QUIET_LOOKS = 3,        /* in a row */
	LATE_NS = 20 * STEP_NS, /* after its limit a pause is ended by another thread */
	SIGNALS = 1024,         /* objects whose last signal is kept */
};

/* What is kept of a thread, by its live-thread row. */
struct stepper {
	lh_thread_id thread;         /* whose these are */
	uint8_t paused;              /* 1 + the cycle */
	uint32_t seq;                /* of its wait, at the last look */
	uint64_t since_ns, until_ns; /* of its pause */
	uint64_t timed_ns;           /* of its wait with a time limit; 0: none */
};

/* What is kept of a condition, semaphore, barrier or end of a thread. */
struct object {
	lh_lock_id object;
	lh_site site; /* where it was signalled last, and by whom */
	lh_thread_id signaller;
	lh_thread_id taker; /* of a permit */
	bool takers;        /* more than one, or not known */
};

static struct steering {
	struct lh_internal_lock lock;
	const struct lh_plan *plan;
	struct lh_steer *cycle[LH_PLAN_CYCLES];
	struct stepper *stepper;
	uint32_t turn;     /* a futex: raised when a pause ends */
	uint32_t paused;   /* threads */
	uint64_t since_ns; /* there are some */
	uint64_t looked_ns;
	uint32_t quiet;
	lh_site waited[LH_STEER_THREADS]; /* where the thread waited last */
	struct object object[SIGNALS];
} * g; /* private memory: zero in a forked child until lh_pause_init */

/* ---- the lock ---- */

/* NULL: nothing is steered now. */
static struct lh_self *begin(uintptr_t frame)
{
	struct lh_self *self = lh_self_get();

	if (!self->live || !g->plan || !(self = lh_enter(frame)))
		return NULL;
	if (g->plan && lh_internal_lock_acquire_long(&g->lock, self->number))
		return self;
	lh_leave(self);
	return NULL;
}

static void end(struct lh_self *self)
{
	lh_internal_lock_release(&g->lock, self->number);
	lh_leave(self);
}

static struct stepper *stepper_of(uint32_t row)
{
	struct stepper *s = &g->stepper[row];

	if (s->thread != LH_LIVE_THREADS[row].thread)
		*s = (struct stepper){.thread = LH_LIVE_THREADS[row].thread};
	return s;
}

/* ---- the rows ---- */

static struct object *object_of(lh_lock_id object)
{
	struct object *o = &g->object[object % SIGNALS];

	if (o->object != object)
		*o = (struct object){.object = object, .takers = o->object != 0};
	return o;
}

static void show_reason(struct lh_steered *row, const struct lh_steer *s)
{
	const struct lh_steer_reason *r = &s->reason;

	row->result = lh_steer_result(s);
	row->before = r->before;
	row->after = r->after;
	row->seen = r->seen;
	row->object = (lh_lock_id)r->object;
	row->thread = r->thread;
	row->waker = r->waker;
	row->wait_site = r->thread < LH_STEER_THREADS && !r->seen ? g->waited[r->thread] : 0;
	row->wake_site = r->object ? object_of((lh_lock_id)r->object)->site : 0;
}

static void show(unsigned c)
{
	const struct lh_steer *s = g->cycle[c];
	struct lh_steered *row = &LH_STEERED[1 + c];

	row->closed = s->closed;
	if (c == 0)
		show_reason(row, s);
	for (unsigned i = 0; i < row->parts; i++) {
		const struct lh_steer_part *p = &s->part[i];
		struct lh_steered_part *to = &row->part[i];
		__builtin_memcpy(to->visits, p->visits, sizeof(to->visits));
		__builtin_memcpy(to->ended, p->ended, sizeof(to->ended));
		to->unpaused = p->unpaused;
		to->untested = p->untested;
		to->mismatched = p->mismatched;
		to->thread = p->state == LH_STEER_AWAY ? 0 : p->thread;
		to->state = (uint8_t)p->state;
		to->stop = p->stop;
	}
}

/* ---- pauses end ---- */

/* After any call that may have ended pauses of the cycle. */
static void notice_ends(unsigned c, uint64_t now)
{
	uint32_t rows = lh_rows_used(LH_T_LIVE_THREAD), ended = 0;

	for (uint32_t i = 1; i < rows && g->paused; i++) {
		struct stepper *s = &g->stepper[i];
		if (s->paused != 1 + c || lh_steer_is_paused(g->cycle[c], s->thread))
			continue;
		LH_STEERED[1 + c].paused_ns += now - s->since_ns;
		s->paused = 0;
		ended++;
		if (!--g->paused)
			lh_limits_spend(now - g->since_ns);
	}
	show(c);
	if (!ended)
		return;
	g->quiet = 0;
	__atomic_fetch_add(&g->turn, 1, __ATOMIC_RELEASE);
	lh_syscall(SYS_futex, (long)&g->turn, FUTEX_WAKE_PRIVATE, INT32_MAX, 0, 0, 0);
}

static void end_pause(struct stepper *s, enum lh_steer_end how, lh_thread_id by, uint64_t now)
{
	unsigned c = s->paused - 1u;

	lh_steer_end_pause(g->cycle[c], s->thread, how, by, now);
	notice_ends(c, now);
}

/* ---- looks ---- */

/* Does the thread wait for something that the paused one holds? A join waits for all that a thread
 * does: if only that is left, no other thread can run. */
static bool needs(const struct lh_live_thread *waiter, const struct lh_live_thread *paused)
{
	lh_lock_id lock = __atomic_load_n(&waiter->wait_lock, __ATOMIC_ACQUIRE);
	const struct lh_lock *l = lock ? lh_lock_row(lock) : NULL;

	if (!l)
		return false;
	if (l->kind == LH_THREAD_END)
		return LH_SITE_HOW(waiter->wait_site) != LH_BLOCKING &&
		       waiter->wait_with == paused->thread;
	for (uint32_t k = 0; k < paused->held_n && k < LH_HELD_MAX; k++)
		if (lh_held_blocks(&paused->held[k], lock, LH_SITE_MODE(waiter->wait_site)))
			return true;
	return false;
}

/* A thread that waits for a paused one; 0: none. */
static lh_thread_id needed_by(uint32_t paused_row)
{
	const struct lh_live_thread *paused = &LH_LIVE_THREADS[paused_row];

	for (uint32_t i = 1; i < lh_rows_used(LH_T_LIVE_THREAD); i++) {
		const struct lh_live_thread *live = &LH_LIVE_THREADS[i];
		if (!g->stepper[i].paused && live->state >= LH_LIVE_ATTACHED && needs(live, paused))
			return live->thread;
	}
	return 0;
}

static void look_for_needed(uint64_t now)
{
	for (uint32_t i = 1; i < lh_rows_used(LH_T_LIVE_THREAD) && g->paused; i++) {
		struct stepper *s = &g->stepper[i];
		lh_thread_id by = s->paused ? needed_by(i) : 0;
		if (by)
			end_pause(s, LH_STEER_NEEDED, by, now);
	}
}

static bool is_over(lh_thread_id thread)
{
	const struct lh_thread *t = &LH_THREADS[thread];

	return (t->flags & LH_THREAD_ENDED) || LH_LIVE_THREADS[t->live].state == LH_LIVE_ENDING;
}

static void end_visits_of_ended(unsigned c)
{
	const struct lh_steer *s = g->cycle[c];

	for (unsigned i = 0; i < LH_STEERED[1 + c].parts; i++)
		if (s->part[i].state == LH_STEER_GOING && is_over(s->part[i].thread))
			lh_steer_thread_ends(g->cycle[c], s->part[i].thread);
}

/* Threads that end while they are in a part, and pauses that their threads have left by a jump. */
static void look_for_gone(uint64_t now)
{
	for (unsigned c = 0; c < g->plan->cycles; c++)
		if (g->cycle[c])
			end_visits_of_ended(c);
	for (uint32_t i = 1; i < lh_rows_used(LH_T_LIVE_THREAD) && g->paused; i++) {
		struct stepper *s = &g->stepper[i];
		if (s->paused &&
		    (s->thread != LH_LIVE_THREADS[i].thread ||
		     LH_LIVE_THREADS[i].state != LH_LIVE_ATTACHED || now > s->until_ns + LATE_NS))
			end_pause(s, LH_STEER_BROKEN_OFF, 0, now);
	}
}

static bool is_gone(const struct lh_live_thread *live)
{
	return live->state == LH_LIVE_FREE ||
	       (live->state == LH_LIVE_ENDING &&
		lh_sys_tid_gone(lh_own_ledger.ledger->pid, live->tid));
}

/* Is the thread in a wait without a time limit, and the same as at the last look? */
static bool rests(uint32_t row)
{
	const struct lh_live_thread *live = &LH_LIVE_THREADS[row];
	struct stepper *s = stepper_of(row);
	bool same = s->seq == live->wait_seq;

	s->seq = live->wait_seq;
	return same && live->state == LH_LIVE_ATTACHED &&
	       __atomic_load_n(&live->wait_lock, __ATOMIC_ACQUIRE) &&
	       live->wait_on != LH_WAIT_NONE && LH_SITE_HOW(live->wait_site) == LH_BLOCKING;
}

/* Can no thread run but paused ones? `others`: there are others. */
static bool all_rest(bool *others)
{
	bool all = true;

	*others = false;
	for (uint32_t i = 1; i < lh_rows_used(LH_T_LIVE_THREAD); i++)
		if (!is_gone(&LH_LIVE_THREADS[i]) && !g->stepper[i].paused) {
			*others = true;
			all &= rests(i);
		}
	return all;
}

static unsigned current(void)
{
	for (unsigned c = 0; c < g->plan->cycles; c++)
		if (g->cycle[c] && lh_steer_any_paused(g->cycle[c]))
			return c;
	return LH_PLAN_CYCLES;
}

static void look(uint64_t now)
{
	bool others;
	unsigned c;

	look_for_gone(now);
	look_for_needed(now);
	if (!g->paused || now - g->looked_ns < STEP_NS * 3 / 4)
		return;
	g->looked_ns = now;
	g->quiet = all_rest(&others) ? g->quiet + 1 : 0;
	if (g->quiet < (others ? QUIET_LOOKS : 1))
		return;
	c = current();
	if (c == LH_PLAN_CYCLES)
		return;
	lh_steer_quiet(g->cycle[c], now);
	notice_ends(c, now);
}

/* ---- pauses ---- */

/* True: the pause is over. */
static bool step(struct lh_self *self, bool struck)
{
	struct stepper *s = stepper_of(self->number);
	uint64_t now = lh_clock_now();

	if (s->paused &&
	    (struck || (self->live_saved->cancel & LH_CANCEL_PENDING) || lh_sys_seccomp_seen()))
		end_pause(s, LH_STEER_BROKEN_OFF, 0, now);
	if (s->paused && now >= s->until_ns)
		end_pause(s, LH_STEER_LIMIT, 0, now);
	if (s->paused)
		look(now);
	return !s->paused;
}

static void pause_thread(uintptr_t frame)
{
	const struct timespec t = {0, STEP_NS};
	bool over = false;
	long rc = 0;

	while (!over) {
		uint32_t turn = __atomic_load_n(&g->turn, __ATOMIC_ACQUIRE);
		struct lh_self *self = begin(frame);
		if (!self) /* a thread that is stopped has the lock; look_for_gone ends the pause */
			return;
		over = step(self, rc == -EINTR);
		end(self);
		if (!over)
			rc = lh_syscall(SYS_futex, (long)&g->turn, FUTEX_WAIT_PRIVATE, turn,
					(long)&t, 0, 0);
	}
}

static void begin_pause(struct lh_self *self, unsigned c, uint64_t now, uint64_t until)
{
	struct stepper *s = stepper_of(self->number);

	s->paused = (uint8_t)(1 + c);
	s->since_ns = now;
	s->until_ns = until;
	if (!g->paused++)
		g->since_ns = now;
	g->quiet = 0;
	g->looked_ns = 0;
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

static lh_stack_id stack_of(struct lh_self *self, uintptr_t frame)
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

static lh_lock_id lock_of(const void *object, enum lh_kind kind)
{
	const struct lh_lock *l = lh_lock_known(object, kind);
	uint32_t row = l ? 0 : lh_lock_find(object);

	l = row ? &LH_LOCKS[row] : l;
	return l ? lh_lock_id_of(l) : 0;
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
	for (uint32_t k = live->held_n < LH_HELD_MAX ? live->held_n : LH_HELD_MAX; k-- > 0;)
		if (!(live->held[k].flags & LH_HELD_IN_COND_WAIT) &&
		    is_stop(LH_SITE_STACK(live->held[k].site), &at))
			return live->held[k].address;
	return 0;
}

static uint32_t held_now(const struct lh_live_thread *live)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < live->held_n && k < LH_HELD_MAX; k++)
		n += !(live->held[k].flags & LH_HELD_IN_COND_WAIT) && live->held[k].lock;
	return n;
}

/* False: the thread does not hold what a thread of the part holds there. */
static bool arrival_of(const struct visitor *v, const struct lh_stop *at,
		       struct lh_steer_arrival *a)
{
	const struct lh_live_thread *live = v->self->live_saved;
	const struct lh_plan_part *p = &g->plan->cycle[at->cycle].part[at->part];

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
	unsigned other = current();

	if (other == LH_PLAN_CYCLES || other == c)
		return true;
	if (c)
		return false;
	for (uint32_t i = 1; i < lh_rows_used(LH_T_LIVE_THREAD); i++)
		if (g->stepper[i].paused > 1)
			end_pause(&g->stepper[i], LH_STEER_BROKEN_OFF, 0, now);
	return true;
}

/* True: the thread pauses now. */
static bool arrive(const struct visitor *v, const struct lh_stop *at)
{
	const struct lh_plan_part *p = &g->plan->cycle[at->cycle].part[at->part];
	struct lh_steered_part *row = &LH_STEERED[1 + at->cycle].part[at->part];
	struct lh_steer_arrival a;

	if (p->stop[at->stop].kind != v->call->kind || !arrival_of(v, at, &a))
		return false;
	if (v->until && !may_steer(at->cycle, v->now))
		a.may_pause = false;
	LH_STEERED[1 + at->cycle].refused += !v->until;
	row->site = LH_SITE(v->stack, v->call->how, v->call->mode);
	bool pauses = lh_steer_arrive(g->cycle[at->cycle], &a);
	notice_ends(at->cycle, v->now);
	if (pauses)
		begin_pause(v->self, at->cycle, v->now, v->until);
	show(at->cycle);
	return pauses;
}

static bool may_pause(const struct visitor *v)
{
	const struct lh_live_thread *live = v->self->live_saved;

	return !(LH_STACKS[v->stack].flags & LH_STACK_HANDLER) &&
	       v->call->frame >= live->stack_low && v->call->frame < live->stack_high &&
	       !(live->cancel & (LH_CANCEL_PENDING | LH_CANCEL_ASYNCHRONOUS)) &&
	       !lh_sys_seccomp_seen() && !lh_stack_is_in_exit(v->stack) &&
	       lh_own_ledger.ledger->state == LH_LEDGER_READY;
}

static uint64_t until_of(const struct visitor *v, const struct lh_stop *at)
{
	const struct lh_steer_part *p = &g->cycle[at->cycle]->part[at->part];
	uint64_t until, ends;

	if (!may_pause(v))
		return 0;
	until = lh_limits_until(v->now, g->paused ? g->since_ns : 0,
				p->ended[0][LH_STEER_LIMIT] + p->ended[1][LH_STEER_LIMIT]);
	for (uint32_t i = 1; i < lh_rows_used(LH_T_LIVE_THREAD); i++) {
		uint64_t timed = g->stepper[i].timed_ns;
		ends = timed > v->now ? v->now + (timed - v->now) / 2 : UINT64_MAX;
		until = ends < until ? ends : until;
	}
	return until > v->now + STEP_NS ? until : 0;
}

static bool arrive_at_all(struct visitor *v)
{
	const struct lh_stop *stop;
	unsigned n = lh_stops_of(v->stack, &stop);
	struct stepper *s = stepper_of(v->self->number);

	if (n && s->paused) /* it left its pause by a jump */
		end_pause(s, LH_STEER_BROKEN_OFF, 0, v->now);
	for (unsigned i = 0; i < n; i++) {
		v->until = until_of(v, &stop[i]);
		if (arrive(v, &stop[i]))
			return true;
	}
	return false;
}

void lh_pause_at_stop(const struct lh_steer_call *call)
{
	struct lh_self *self = lh_self_get();
	struct visitor v = {.call = call};

	if (!self->live || !lh_stop_may_be(((const uintptr_t *)call->frame)[1]))
		return;
	v.stack = stack_of(self, call->frame);
	if (!v.stack || !(v.self = begin(call->frame)))
		return;
	/* a lock that nobody has acquired has no number yet */
	v.wanted = call->wanted ? call->wanted : (uintptr_t)call->object;
	v.now = lh_clock_now();
	bool pauses = arrive_at_all(&v);
	end(v.self);
	if (pauses)
		pause_thread(call->frame);
}

/* ---- what threads wait for ---- */

/* When a cycle closes, its writers are known by the address of what they want. */
static void blocks(lh_thread_id thread, unsigned c, lh_lock_id object)
{
	const struct lh_lock *l = lh_lock_row(object);

	if (!g->cycle[c] || (c > 0 && !g->cycle[c]->closing))
		return;
	lh_steer_blocks(g->cycle[c], thread, l && g->cycle[c]->closing ? l->address : object);
	notice_ends(c, lh_clock_now());
}

struct lh_steer_wait lh_pause_wait_begins(uintptr_t frame, uint64_t until_ns)
{
	struct lh_self *self = begin(frame);
	lh_lock_id object = self ? self->live_saved->wait_lock : 0;
	struct lh_steer_wait wait = {object, 0};

	if (!self)
		return wait;
	if (self->live_saved->wait_on == LH_WAIT_COND)
		wait.mutex = self->live_saved->wait_with;
	for (unsigned c = 0; object && c < g->plan->cycles; c++)
		blocks(self->live_saved->thread, c, object);
	if (object && self->live_saved->thread < LH_STEER_THREADS)
		g->waited[self->live_saved->thread] = self->live_saved->wait_site;
	stepper_of(self->number)->timed_ns = until_ns;
	look_for_needed(lh_clock_now());
	end(self);
	return wait;
}

/* Has only these two threads acquired the lock? */
static bool is_between(lh_lock_id lock, lh_thread_id a, lh_thread_id b)
{
	enum { ROWS_MAX = 10000 };
	const struct lh_lock *l = lh_lock_row(lock);
	uint32_t rows = 0;

	for (lh_chain_id c = l ? l->chains : 0; c; c = LH_CHAINS[c].next)
		for (uint32_t v = LH_CHAINS[c].visit; v; v = LH_VISITS[v].next)
			if (++rows == ROWS_MAX ||
			    (LH_VISITS[v].thread != a && LH_VISITS[v].thread != b))
				return false;
	return l != NULL;
}

void lh_pause_wait_ended(uintptr_t frame, struct lh_steer_wait wait)
{
	lh_lock_id object = wait.object;
	struct lh_self *self = begin(frame);
	const struct lh_lock *l = self && object ? lh_lock_row(object) : NULL;
	enum lh_kind acts = l ? lh_kind_acts(l->kind) : LH_NOTHING;
	bool alone = acts == LH_BARRIER || acts == LH_THREAD_END;

	if (!self)
		return;
	lh_thread_id thread = self->live_saved->thread;
	if (acts == LH_COND)
		alone = is_between(wait.mutex, thread, object_of(object)->signaller);
	else if (acts == LH_SEM)
		alone = !object_of(object)->takers;
	if (object && g->cycle[0])
		lh_steer_wakes(g->cycle[0], thread, object, alone);
	stepper_of(self->number)->timed_ns = 0;
	end(self);
}

void lh_pause_takes(uintptr_t frame, const void *object)
{
	struct lh_self *self = begin(frame);
	lh_lock_id id = self ? lock_of(object, LH_SEM) : 0;

	if (id) {
		struct object *o = object_of(id);
		o->takers |= o->taker && o->taker != self->live_saved->thread;
		o->taker = self->live_saved->thread;
	}
	if (self)
		end(self);
}

void lh_pause_signals(uintptr_t frame, const void *object, enum lh_kind kind)
{
	const struct lh_context *x = lh_context_find(frame);
	struct lh_self *self = begin(frame);
	lh_lock_id id = self ? lock_of(object, kind) : 0;

	if (id && g->cycle[0]) {
		struct object *o = object_of(id);
		o->signaller = self->live_saved->thread;
		o->site = LH_SITE(x ? x->stack : 0, LH_BLOCKING, LH_COND_SIGNALS);
		lh_steer_signals(g->cycle[0], o->signaller, id);
	}
	if (self)
		end(self);
}

/* The thread that is about to be created has the newest of the reserved rows. */
void lh_pause_creates(uintptr_t frame)
{
	struct lh_self *self = begin(frame);
	lh_thread_id newest = 0;

	if (!self)
		return;
	for (uint32_t i = 1; i < lh_rows_used(LH_T_LIVE_THREAD); i++) {
		const struct lh_live_thread *live = &LH_LIVE_THREADS[i];
		if (live->state == LH_LIVE_RESERVED && live->thread > newest &&
		    LH_THREADS[live->thread].creator == self->live_saved->thread)
			newest = live->thread;
	}
	if (newest && g->cycle[0])
		lh_steer_creates(g->cycle[0], self->live_saved->thread, newest);
	end(self);
}

/* What the ended thread did last was to signal its end. */
void lh_pause_joined(uintptr_t frame, struct lh_steer_wait wait)
{
	lh_lock_id object = wait.object;
	struct lh_self *self = object ? begin(frame) : NULL;
	const struct lh_lock *l = self ? lh_lock_row(object) : NULL;

	if (l && l->kind == LH_THREAD_END && g->cycle[0]) {
		object_of(object)->signaller = l->initial;
		object_of(object)->site = 0;
		lh_steer_signals(g->cycle[0], l->initial, object);
	}
	if (self)
		end(self);
}

/* ---- the start ---- */

static bool make_cycle(unsigned c)
{
	const struct lh_plan_cycle *plan = &g->plan->cycle[c];

	if (!plan->parts)
		return true;
	g->cycle[c] = lh_private_alloc(sizeof(*g->cycle[c]));
	if (!g->cycle[c])
		return false;
	lh_steer_init(g->cycle[c], plan);
	LH_STEERED[1 + c].parts = (uint32_t)plan->parts + plan->writers;
	return true;
}

bool lh_pause_start(void)
{
	const struct lh_plan *plan = lh_plan_read();
	uint32_t rows = lh_rows_max(LH_T_LIVE_THREAD);

	if (!plan || lh_sys_seccomp_at_start() || lh_sys_seccomp_active())
		return false;
	g = lh_private_alloc(sizeof(*g));
	if (!g || lh_row_add(LH_T_STEERED, plan->cycles) != 1)
		return false;
	g->stepper = lh_private_alloc(rows * sizeof(*g->stepper));
	g->plan = plan;
	for (unsigned c = 0; c < plan->cycles; c++)
		if (!g->stepper || !make_cycle(c)) {
			g->plan = NULL;
			return false;
		}
	lh_limits_init(plan);
	return true;
}
