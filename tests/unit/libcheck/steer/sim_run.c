/*
 * sim_run.c — one run of a program under a deterministic scheduler. It calls steer.c where the
 * library does: before a lock is acquired, when a thread begins to wait, and when it goes on.
 */
#include "tests/unit/libcheck/steer/sim.h"

struct scheduler {
	const struct run *r;
	const struct program *p;
	struct state s;
	uint64_t rng, now;
	bool asked[THREADS], blocked[THREADS], created_told[THREADS], ended_told[THREADS];
	uint64_t until[THREADS]; /* a sleep or a limit of a wait ends then; 0: none */
	uint64_t paused_at[THREADS];
};

enum { O_LOCK = 1, O_END = O_LOCK + LOCKS, O_SEM = 40, O_QUEUE = 50, O_GATE = 60, O_BARRIER = 70 };

static const struct op *op_at(const struct scheduler *w, unsigned t)
{
	return op_of(w->p, &w->s, t);
}

static bool is_paused(const struct scheduler *w, unsigned t)
{
	return w->r->cycle && lh_steer_is_paused(w->r->steer, t + 1);
}

/* What the library sees that the thread waits on; 0: nothing. */
static uint64_t object_of(const struct scheduler *w, unsigned t)
{
	const struct op *op = op_at(w, t);

	switch (op->kind) {
	case OP_LOCK:
	case OP_JOIN:
		return O_LOCK + wanted_at(w->p, t, w->s.pc[t]);
	case OP_POST:
	case OP_WAIT:
	case OP_TIMED:
		return O_SEM + op->object;
	case OP_PUSH:
	case OP_POP:
		return O_QUEUE;
	case OP_OPEN:
	case OP_PASS:
	case OP_SHUT:
		return O_GATE + op->object;
	case OP_ARRIVE:
	case OP_LEAVE:
		return O_BARRIER;
	default:
		return 0;
	}
}

static lh_site site_of(const struct scheduler *w, unsigned t)
{
	return 1 + w->p->runs[t] * (unsigned)OPS + w->s.pc[t];
}

/* ---- stops ---- */

void plan_of(const struct cycle *c, enum lh_steer_mode mode, struct lh_plan_cycle *plan)
{
	*plan = (struct lh_plan_cycle){.parts = c->n, .writers = c->writers, .mode = (uint8_t)mode};
	for (unsigned i = 0; i < c->n + (unsigned)c->writers; i++) {
		const struct part *from = &c->part[i];
		struct lh_plan_part *part = &plan->part[i];
		part->stops = (uint8_t)(from->n + 1);
		part->holds_at = part->stops;
		part->writer = from->writer;
		for (uint8_t k = 0; k < from->n; k++)
			if (from->chain[k] == from->hold)
				part->holds_at = k;
	}
}

static int stop_of(const struct part *part, unsigned pc)
{
	for (unsigned k = 0; k < part->n; k++)
		if (part->chain[k] == pc)
			return (int)k;
	return part->want == pc ? part->n : -1;
}

static uint64_t held_of(const struct scheduler *w, unsigned t, const struct part *part)
{
	if (part->hold == NO_HOLD)
		return O_END + t;
	return O_LOCK + lock_of(w->p, t, &w->p->function[part->function].op[part->hold]);
}

static bool arrive_at(struct scheduler *w, unsigned t, unsigned i, unsigned held)
{
	const struct part *part = &w->r->cycle->part[i];
	int stop = part->function == w->p->runs[t] ? stop_of(part, w->s.pc[t]) : -1;
	struct lh_steer_arrival a = {.thread = t + 1,
				     .part = (uint8_t)i,
				     .stop = (uint8_t)stop,
				     .may_pause = true,
				     .holds_more = (int)held > stop,
				     .wanted = object_of(w, t),
				     .now_ns = w->now};

	if (stop < 0)
		return false;
	if (stop == part->n)
		a.held = held_of(w, t, part);
	return lh_steer_arrive(w->r->steer, &a);
}

/* True: the thread pauses. */
static bool arrive_at_stops(struct scheduler *w, unsigned t)
{
	uint8_t chain[OPS];
	unsigned held = held_at(&w->p->function[w->p->runs[t]], w->s.pc[t], chain);

	for (unsigned i = 0; i < w->r->cycle->n + (unsigned)w->r->cycle->writers; i++)
		if (arrive_at(w, t, i, held)) {
			if (w->r->trace)
				printf("%4lu T%u at %u pauses in part %u\n", w->now, t, w->s.pc[t],
				       i);
			w->paused_at[t] = w->now;
			return true;
		}
	return false;
}

/* ---- ends of pauses ---- */

static void end_pause(struct scheduler *w, unsigned t, enum lh_steer_end how, unsigned by)
{
	if (w->r->trace)
		printf("%4lu T%u: pause ends, %d\n", w->now, t, how);
	lh_steer_end_pause(w->r->steer, t + 1, how, by, w->now);
}

static bool holds_wanted(const struct scheduler *w, unsigned t, unsigned waiter)
{
	const struct op *op = op_at(w, waiter);
	unsigned lock = lock_of(w->p, waiter, op);

	if (op->kind == OP_JOIN)
		return op->object == t;
	return op->kind == OP_LOCK &&
	       ((w->s.lock[lock] >> t & 1) ||
		(op->shared && (w->s.queued >> t & 1) && lock_of(w->p, t, op_at(w, t)) == lock));
}

/* The paused thread for which this one waits, through locks and joins; or -1. */
static int needed_by(const struct scheduler *w, unsigned waiter, unsigned depth)
{
	for (unsigned t = 0; depth < THREADS && t < w->p->threads; t++) {
		if (!holds_wanted(w, t, waiter))
			continue;
		if (is_paused(w, t))
			return (int)t;
		int further = w->blocked[t] ? needed_by(w, t, depth + 1) : -1;
		if (further >= 0)
			return further;
	}
	return -1;
}

static void end_needed_pauses(struct scheduler *w)
{
	for (unsigned t = 0; t < w->p->threads; t++) {
		if (!w->blocked[t] || op_at(w, t)->kind != OP_LOCK || w->r->steer->closing)
			continue;
		int paused = needed_by(w, t, 0);
		if (paused >= 0)
			end_pause(w, (unsigned)paused, LH_STEER_NEEDED,
				  holds_wanted(w, (unsigned)paused, t) ? t + 1 : 0);
	}
}

static bool rests(const struct scheduler *w, unsigned t)
{
	enum op_kind kind = op_at(w, t)->kind;

	return w->blocked[t] && kind != OP_TIMED && kind != OP_SPIN && !is_enabled(w->p, &w->s, t);
}

static void tell_runners(struct scheduler *w)
{
	for (unsigned t = 0; t < w->p->threads; t++)
		if ((w->s.started >> t & 1) && !has_ended(w->p, &w->s, t) && !is_paused(w, t) &&
		    !rests(w, t))
			lh_steer_runs(w->r->steer, t + 1);
}

static void end_long_pauses(struct scheduler *w)
{
	for (unsigned t = 0; t < w->p->threads; t++)
		if (is_paused(w, t) && w->now - w->paused_at[t] >= w->r->limit) {
			tell_runners(w);
			end_pause(w, t, LH_STEER_LIMIT, 0);
		}
}

/* ---- steps ---- */

static bool may_use_up(const struct scheduler *w)
{
	unsigned users = 0;

	for (unsigned t = 0; t < w->p->threads; t++)
		for (unsigned pc = 0; pc < OPS; pc++)
			if (w->p->function[w->p->runs[t]].op[pc].kind == OP_ARRIVE) {
				users++;
				break;
			}
	return users > w->p->barrier;
}

static enum lh_steer_wake how_woken(const struct scheduler *w, unsigned t)
{
	switch (op_at(w, t)->kind) {
	case OP_JOIN:
		return LH_WAKE_ALL;
	case OP_LEAVE:
		return may_use_up(w) && w->r->broken != BROKEN_ALL ? LH_WAKE_ANY : LH_WAKE_ALL;
	case OP_LOCK:
		return LH_WAKE_ANY;
	default:
		return LH_WAKE_ALONE;
	}
}

static bool anybody_waits(const struct scheduler *w, uint64_t object)
{
	for (unsigned t = 0; t < w->p->threads; t++)
		if (w->blocked[t] && object_of(w, t) == object)
			return true;
	return false;
}

/* The thread has passed a semaphore, or has had the mutex of a condition, without waiting. */
static void tell_use(struct scheduler *w, unsigned t)
{
	struct lh_steer *s = w->r->steer;
	uint64_t object = object_of(w, t);

	switch (op_at(w, t)->kind) {
	case OP_WAIT:
	case OP_TIMED:
		lh_steer_takes(s, t + 1, object);
		break;
	case OP_PUSH:
	case OP_OPEN:
		if (!anybody_waits(w, object))
			lh_steer_changes(s, t + 1, object);
		break;
	case OP_POP:
	case OP_PASS:
	case OP_SHUT:
		lh_steer_changes(s, t + 1, object);
		break;
	default:
		break;
	}
}

static void tell_step(struct scheduler *w, unsigned t)
{
	struct lh_steer *s = w->r->steer;
	const struct op *op = op_at(w, t);
	uint64_t object = object_of(w, t);

	if (w->blocked[t])
		lh_steer_wakes(s, t + 1, object, how_woken(w, t));
	else if (w->r->broken != BROKEN_TAKES)
		tell_use(w, t);
	if (op->kind == OP_POST || op->kind == OP_PUSH || op->kind == OP_OPEN ||
	    op->kind == OP_ARRIVE)
		lh_steer_signals(s, t + 1, object, site_of(w, t));
	if ((op->kind == OP_TRY || op->kind == OP_TIMED) && w->r->broken != BROKEN_TRIES)
		lh_steer_tries(s, t + 1);
	if (op->kind == OP_CREATE)
		lh_steer_creates(s, t + 1, op->object + 1u);
}

static void tell_end(struct scheduler *w, unsigned t)
{
	if (!w->r->cycle || !has_ended(w->p, &w->s, t))
		return;
	lh_steer_signals(w->r->steer, t + 1, O_END + t, 0);
	lh_steer_thread_ends(w->r->steer, t + 1);
}

static void begin_wait(struct scheduler *w, unsigned t)
{
	const struct op *op = op_at(w, t);

	w->blocked[t] = true;
	if (is_writer_to_queue(w->p, &w->s, t))
		w->s.queued |= (uint8_t)(1u << t);
	if (op->kind == OP_TIMED)
		w->until[t] = w->now + 1 + random_below(&w->rng, 60);
	if (w->r->cycle && object_of(w, t))
		lh_steer_blocks(w->r->steer, t + 1, object_of(w, t), site_of(w, t));
	if (w->r->cycle && op->kind == OP_TIMED && w->r->broken != BROKEN_TRIES)
		lh_steer_tries(w->r->steer, t + 1);
	if (w->r->trace)
		printf("%4lu T%u waits at %u\n", w->now, t, w->s.pc[t]);
}

static void go_on(struct scheduler *w, unsigned t)
{
	bool in_vain = op_at(w, t)->kind == OP_TIMED && !is_enabled(w->p, &w->s, t);

	if (w->r->trace)
		printf("%4lu T%u goes on from %u\n", w->now, t, w->s.pc[t]);
	if (w->r->cycle && !in_vain)
		tell_step(w, t);
	else if (w->r->cycle)
		lh_steer_wakes(w->r->steer, t + 1, object_of(w, t), LH_WAKE_ANY);
	w->asked[t] = w->blocked[t] = false;
	w->until[t] = 0;
	if (in_vain)
		give_up(w->p, &w->s, t);
	else
		take_step(w->p, &w->s, t);
	tell_end(w, t);
}

static void step(struct scheduler *w, unsigned t, bool visited[THREADS][OPS])
{
	const struct op *op = op_at(w, t);

	w->now++;
	if ((op->kind == OP_LOCK || op->kind == OP_JOIN) && !w->asked[t]) {
		w->asked[t] = true;
		if (visited)
			visited[t][w->s.pc[t]] = true;
		if (w->r->cycle && arrive_at_stops(w, t))
			return;
	}
	if (op->kind == OP_SLEEP && !w->until[t]) {
		w->until[t] = w->now + 1 + random_below(&w->rng, 400);
		return;
	}
	if (is_enabled(w->p, &w->s, t) || (w->blocked[t] && op->kind == OP_TIMED))
		go_on(w, t);
	else
		begin_wait(w, t);
}

/* ---- the scheduler ---- */

static bool can_step(const struct scheduler *w, unsigned t)
{
	if (!(w->s.started >> t & 1) || has_ended(w->p, &w->s, t) || is_paused(w, t))
		return false;
	if (op_at(w, t)->kind == OP_SLEEP)
		return w->now >= w->until[t];
	if (op_at(w, t)->kind == OP_TIMED && w->blocked[t] && w->now >= w->until[t])
		return true;
	return !w->blocked[t] || is_enabled(w->p, &w->s, t);
}

/* The thread that runs next; -1: none can. */
static int choose(struct scheduler *w)
{
	unsigned ready[THREADS], n = 0, best = 0;

	for (unsigned t = 0; t < w->p->threads; t++)
		if (can_step(w, t))
			ready[n++] = t;
	if (!n)
		return -1;
	if (!w->p->biased || random_below(&w->rng, 16) == 0)
		return (int)ready[random_below(&w->rng, n)];
	for (unsigned i = 1; i < n; i++)
		if (w->p->speed[ready[i]] < w->p->speed[ready[best]])
			best = i;
	return (int)ready[best];
}

/* No thread can step. If time lets one go on, or ends a pause, then it passes. */
static bool pass_time(struct scheduler *w)
{
	uint64_t next = UINT64_MAX;
	bool spins = false, sleeps = false;

	for (unsigned t = 0; t < w->p->threads; t++) {
		if (is_paused(w, t)) {
			uint64_t end = w->paused_at[t] + w->r->limit;
			next = end < next ? end : next;
			continue;
		}
		spins |= (w->s.started >> t & 1) && op_at(w, t)->kind == OP_SPIN;
		if (!w->until[t])
			continue;
		sleeps = true;
		next = w->until[t] < next ? w->until[t] : next;
	}
	if (!sleeps && !(spins && next != UINT64_MAX))
		return false;
	w->now = next > w->now ? next : w->now;
	return true;
}

static bool is_complete(const struct scheduler *w)
{
	for (unsigned t = 0; t < w->p->threads; t++)
		if (w->blocked[t] && (op_at(w, t)->kind == OP_LOCK || op_at(w, t)->kind == OP_JOIN))
			return false;
	return true;
}

bool run_program(const struct run *r, bool visited[THREADS][OPS], bool *complete)
{
	struct scheduler w = {.r = r, .p = r->program, .rng = r->seed * 0x9e3779b97f4a7c15u + 77};

	state_init(w.p, &w.s);
	for (uint32_t i = 0; i < 100000; i++) {
		int t;
		if (r->cycle) {
			end_needed_pauses(&w);
			end_long_pauses(&w);
		}
		t = choose(&w);
		if (t >= 0)
			step(&w, (unsigned)t, visited);
		else if (pass_time(&w))
			continue;
		else if (r->cycle && lh_steer_any_paused(r->steer))
			lh_steer_quiet(r->steer, w.now);
		else
			break;
	}
	if (complete)
		*complete = is_complete(&w);
	return r->cycle && is_closed(w.p, &w.s, r->cycle);
}
