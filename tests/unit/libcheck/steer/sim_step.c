/* sim_step.c — what each operation of a simulated program does. */
#include "tests/unit/libcheck/steer/sim.h"

void state_init(const struct program *p, struct state *s)
{
	memset(s, 0, sizeof(*s));
	memcpy(s->sem, p->sem, sizeof(s->sem));
	s->started = (uint8_t)(((1u << p->threads) - 1) & ~p->created);
}

const struct op *op_of(const struct program *p, const struct state *s, unsigned t)
{
	return &p->function[p->runs[t]].op[s->pc[t]];
}

unsigned lock_of(const struct program *p, unsigned t, const struct op *op)
{
	return (op->object + p->shift[t]) % p->locks;
}

bool has_ended(const struct program *p, const struct state *s, unsigned t)
{
	return op_of(p, s, t)->kind == OP_END;
}

bool has_queued_writer(const struct program *p, const struct state *s, unsigned lock, unsigned but)
{
	for (unsigned t = 0; t < p->threads; t++)
		if (t != but && (s->queued >> t & 1) && lock_of(p, t, op_of(p, s, t)) == lock)
			return true;
	return false;
}

static bool can_acquire(const struct program *p, const struct state *s, unsigned t)
{
	const struct op *op = op_of(p, s, t);
	unsigned lock = lock_of(p, t, op);

	if (!op->shared)
		return !s->lock[lock];
	return !(s->lock[lock] & EXCLUSIVE) &&
	       !(p->lock_kind[lock] == LOCK_RW_WRITERS_FIRST && has_queued_writer(p, s, lock, t));
}

bool is_writer_to_queue(const struct program *p, const struct state *s, unsigned t)
{
	const struct op *op = op_of(p, s, t);

	return op->kind == OP_LOCK && !op->shared && !(s->queued >> t & 1) &&
	       p->lock_kind[lock_of(p, t, op)] == LOCK_RW_WRITERS_FIRST && !can_acquire(p, s, t);
}

bool is_enabled(const struct program *p, const struct state *s, unsigned t)
{
	const struct op *op = op_of(p, s, t);

	if (!(s->started >> t & 1))
		return false;
	switch (op->kind) {
	case OP_END:
		return false;
	case OP_LOCK:
		return can_acquire(p, s, t);
	case OP_WAIT:
	case OP_TIMED:
		return s->sem[op->object];
	case OP_SPIN:
		return s->flags >> op->object & 1;
	case OP_PASS:
		return s->flags >> (GATE_BIT + op->object) & 1;
	case OP_POP:
		return s->queue;
	case OP_LEAVE:
		return s->leaving >> t & 1;
	case OP_JOIN:
		return has_ended(p, s, op->object);
	default:
		return true;
	}
}

static void acquire(const struct program *p, struct state *s, unsigned t)
{
	const struct op *op = op_of(p, s, t);

	s->lock[lock_of(p, t, op)] |= (uint8_t)(1u << t | (op->shared ? 0 : EXCLUSIVE));
	s->queued &= (uint8_t) ~(1u << t);
}

static void release(const struct program *p, struct state *s, unsigned t)
{
	uint8_t *lock = &s->lock[lock_of(p, t, op_of(p, s, t))];

	*lock &= (uint8_t) ~(1u << t | EXCLUSIVE);
}

static void arrive(const struct program *p, struct state *s, unsigned t)
{
	if (++s->arrived < p->barrier)
		return;
	s->arrived = 0;
	s->leaving |= (uint8_t)(1u << t);
	for (unsigned u = 0; u < p->threads; u++)
		if (op_of(p, s, u)->kind == OP_LEAVE)
			s->leaving |= (uint8_t)(1u << u);
}

static void go_to(const struct program *p, struct state *s, unsigned t, unsigned pc)
{
	const struct function *f = &p->function[p->runs[t]];

	s->pc[t] = (uint8_t)pc;
	if (f->op[pc].kind == OP_END && s->round[t] + 1 < f->rounds) {
		s->round[t]++;
		s->pc[t] = 0;
	}
}

static bool tries_in_vain(const struct program *p, struct state *s, unsigned t)
{
	const struct op *op = op_of(p, s, t);

	if (op->kind == OP_ONLY)
		return s->round[t] != op->object;
	return op->kind == OP_TRY && !can_acquire(p, s, t);
}

static void act(const struct program *p, struct state *s, unsigned t)
{
	const struct op *op = op_of(p, s, t);

	switch (op->kind) {
	case OP_LOCK:
	case OP_TRY:
		acquire(p, s, t);
		break;
	case OP_UNLOCK:
		release(p, s, t);
		break;
	case OP_POST:
		s->sem[op->object] += s->sem[op->object] < 7;
		break;
	case OP_WAIT:
	case OP_TIMED:
		s->sem[op->object]--;
		break;
	case OP_SET:
		s->flags |= (uint8_t)(1u << op->object);
		break;
	case OP_OPEN:
		s->flags |= (uint8_t)(1u << (GATE_BIT + op->object));
		break;
	case OP_SHUT:
		s->flags &= (uint8_t) ~(1u << (GATE_BIT + op->object));
		break;
	case OP_PUSH:
		s->queue += s->queue < 7;
		break;
	case OP_POP:
		s->queue--;
		break;
	case OP_ARRIVE:
		arrive(p, s, t);
		break;
	case OP_LEAVE:
		s->leaving &= (uint8_t) ~(1u << t);
		break;
	case OP_CREATE:
		s->started |= (uint8_t)(1u << op->object);
		break;
	default:
		break;
	}
}

void take_step(const struct program *p, struct state *s, unsigned t)
{
	if (tries_in_vain(p, s, t)) {
		go_to(p, s, t, op_of(p, s, t)->target);
		return;
	}
	act(p, s, t);
	go_to(p, s, t, s->pc[t] + 1u);
}

void give_up(const struct program *p, struct state *s, unsigned t)
{
	go_to(p, s, t, op_of(p, s, t)->target);
}
