/*
 * state.c — the state of steering in this process: its lock, what is kept of each thread, the rows
 * that the front end reads, and the end of a pause.
 *
 * One small lock protects everything. It is taken inside the entry check (thread/thread.h), so that
 * a signal handler that interrupts its owner steers nothing; never during a pause, and no original
 * runs under it.
 */
#include "libcheck/steer/pause_internal.h"

#include <linux/futex.h>
#include <sys/syscall.h>

static struct lh_steering nothing; /* without a plan */
struct lh_steering *lh_steering = &nothing;

/* ---- the lock ---- */

struct lh_self *lh_steering_begin_unpaused(uintptr_t frame)
{
	struct lh_self *self = lh_self_get();

	if (!self->live || !lh_steering->plan || !(self = lh_enter(frame)))
		return NULL;
	if (lh_steering->plan && lh_internal_lock_acquire_long(&lh_steering->lock, self->number))
		return self;
	lh_leave(self);
	return NULL;
}

/* Under a strict filter not even the clock may be read. */
struct lh_self *lh_steering_begin(uintptr_t frame)
{
	return lh_sys_seccomp_seen() ? NULL : lh_steering_begin_unpaused(frame);
}

void lh_steering_end(struct lh_self *self)
{
	lh_internal_lock_release(&lh_steering->lock, self->number);
	lh_leave(self);
}

struct lh_stepper *lh_stepper_of(uint32_t row)
{
	struct lh_stepper *s = &lh_steering->stepper[row];

	if (s->thread != LH_LIVE_THREADS[row].thread)
		*s = (struct lh_stepper){.thread = LH_LIVE_THREADS[row].thread};
	return s;
}

lh_lock_id lh_steering_lock_of(const void *object, enum lh_kind kind)
{
	const struct lh_lock *l = lh_lock_known(object, kind);
	uint32_t row = l ? 0 : lh_lock_find(object);

	l = row ? &LH_LOCKS[row] : l;
	return l ? lh_lock_id_of(l) : 0;
}

/* ---- the rows ---- */

static void show_result(struct lh_steered *row, const struct lh_steer *s)
{
	struct lh_steer_reason why = {0};

	row->result = lh_steer_result(s, &why);
	row->before = why.before;
	row->after = why.after;
	row->seen = (uint16_t)(why.seen_ns / 1000000);
	row->object = (lh_lock_id)why.object;
	row->thread = why.thread;
	row->earlier = why.earlier;
	row->waker = why.waker;
	row->wait_site = why.wait_site;
	row->wake_site = why.wake_site;
}

void lh_steering_show(unsigned c)
{
	const struct lh_steer *s = lh_steering->cycle[c];
	struct lh_steered *row = &LH_STEERED[1 + c];

	row->closed = s->closed;
	if (c == 0)
		show_result(row, s);
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

void lh_steering_notice_ends(unsigned c, uint64_t now)
{
	struct lh_steering *g = lh_steering;
	uint32_t rows = lh_rows_used(LH_T_LIVE_THREAD), ended = 0;

	for (uint32_t i = 1; i < rows && g->paused; i++) {
		struct lh_stepper *s = &g->stepper[i];
		if (s->paused != 1 + c || lh_steer_is_paused(g->cycle[c], s->thread))
			continue;
		LH_STEERED[1 + c].paused_ns += now - s->since_ns;
		s->paused = 0;
		ended++;
		if (!--g->paused)
			lh_limits_spend(now - g->since_ns);
	}
	lh_steering_show(c);
	if (!ended)
		return;
	g->quiet = 0;
	__atomic_fetch_add(&g->turn, 1, __ATOMIC_RELEASE);
	lh_syscall(SYS_futex, (long)&g->turn, FUTEX_WAKE_PRIVATE, INT32_MAX, 0, 0, 0);
}

void lh_steering_end_pause(struct lh_stepper *s, enum lh_steer_end how, lh_thread_id by,
			   uint64_t now)
{
	unsigned c = s->paused - 1u;

	if (how == LH_STEER_LIMIT && (lh_limits_signal_may_come() || lh_limits_has_children()))
		lh_steer_tries(lh_steering->cycle[c], s->thread);
	lh_steer_end_pause(lh_steering->cycle[c], s->thread, how, by, now);
	lh_steering_notice_ends(c, now);
}

unsigned lh_steering_current(void)
{
	for (unsigned c = 0; c < lh_steering->plan->cycles; c++)
		if (lh_steering->cycle[c] && lh_steer_any_paused(lh_steering->cycle[c]))
			return c;
	return LH_PLAN_CYCLES;
}

/* ---- the start ---- */

static bool make_cycle(struct lh_steering *g, unsigned c)
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

bool lh_steering_start(void)
{
	const struct lh_plan *plan = lh_plan_read();
	uint32_t rows = lh_rows_max(LH_T_LIVE_THREAD);
	struct lh_steering *g = plan ? lh_private_alloc(sizeof(*g)) : NULL;

	lh_steering = &nothing; /* in a forked child it still is where other memory may be now */
	if (!g || lh_sys_seccomp_at_start() || lh_sys_seccomp_active() ||
	    lh_row_add(LH_T_STEERED, plan->cycles) != 1)
		return false;
	g->stepper = lh_private_alloc(rows * sizeof(*g->stepper));
	g->plan = plan;
	for (unsigned c = 0; c < plan->cycles; c++)
		if (!g->stepper || !make_cycle(g, c))
			return false;
	g->copies = lh_sys_copy(&(uint32_t){0}, &plan->cycles, sizeof(uint32_t));
	lh_limits_init(plan);
	lh_steering = g;
	return true;
}
