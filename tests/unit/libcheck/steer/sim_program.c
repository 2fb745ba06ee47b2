/* sim_program.c — random programs. */
#include "tests/unit/libcheck/steer/sim.h"

uint32_t random_below(uint64_t *rng, uint32_t n)
{
	*rng = *rng * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*rng >> 33) % n;
}

/* A function while it is made. */
struct maker {
	struct program *p;
	struct function *f;
	uint64_t *rng;
	uint32_t sync;   /* how often threads wait for each other */
	uint32_t rounds; /* how often the function runs */
	bool unseen;     /* flags, too */
};

static uint32_t below(struct maker *m, uint32_t n)
{
	return random_below(m->rng, n);
}

static struct op *add(struct maker *m, enum op_kind kind, uint32_t object)
{
	struct op *op = &m->f->op[m->f->n++];

	if (m->f->n > OPS)
		abort();
	*op = (struct op){.kind = (uint8_t)kind, .object = (uint8_t)object};
	return op;
}

static void add_lock(struct maker *m, enum op_kind kind, uint32_t lock)
{
	struct op *op = add(m, kind, lock);

	op->shared = m->p->lock_kind[lock] != LOCK_PLAIN && below(m, 2);
}

static void add_sync(struct maker *m)
{
	static const enum op_kind kinds[] = {OP_POST, OP_WAIT, OP_PUSH, OP_POP,  OP_OPEN,
					     OP_PASS, OP_SHUT, OP_SET,  OP_SPIN, OP_SLEEP};
	enum op_kind kind = kinds[below(m, m->unseen ? 10 : 7)];

	if (below(m, 10) == 0 && m->p->barrier) {
		add(m, OP_ARRIVE, 0);
		add(m, OP_LEAVE, 0);
	} else {
		add(m, kind, kind == OP_PUSH || kind == OP_POP ? 0 : below(m, SEMS));
	}
}

static bool has_room(const struct maker *m, uint32_t held)
{
	return m->f->n + (uint32_t)__builtin_popcount(held) + 14 < OPS;
}

static uint32_t add_block(struct maker *m, uint32_t outer, uint32_t n, uint32_t depth);

/* A block that is skipped if a lock is not free, a semaphore not posted, or in most rounds. */
static void add_branch(struct maker *m, uint32_t held, uint32_t depth)
{
	static const enum op_kind kinds[] = {OP_TRY, OP_TIMED, OP_ONLY};
	uint32_t lock = below(m, m->p->locks), at = m->f->n;
	enum op_kind kind = kinds[below(m, m->rounds > 1 ? 3 : 2)];
	bool again = held >> lock & 1;

	if (kind == OP_TRY && again)
		return;
	add(m, kind, kind == OP_TRY ? lock : below(m, kind == OP_ONLY ? m->rounds : SEMS));
	add_block(m, held | (kind == OP_TRY ? 1u << lock : 0), 2 + below(m, 3), depth + 1);
	if (kind == OP_TRY)
		add(m, OP_UNLOCK, lock);
	m->f->op[at].target = m->f->n;
}

static uint32_t add_one(struct maker *m, uint32_t outer, uint32_t held, uint32_t depth)
{
	uint32_t lock = below(m, m->p->locks), dice = below(m, 10 + m->sync * 3 + (depth < 2));

	if (dice < 6 && !((held | outer) >> lock & 1)) {
		add_lock(m, OP_LOCK, lock);
		return held | 1u << lock;
	}
	if (dice >= 6 && dice < 10 && (held >> lock & 1)) {
		add(m, OP_UNLOCK, lock);
		return held & ~(1u << lock);
	}
	if (dice >= 10 && dice < 10 + m->sync * 3)
		add_sync(m);
	if (dice == 10 + m->sync * 3 && below(m, 2))
		add_branch(m, held | outer, depth);
	return held;
}

/* Locks that the block acquires are released at its end. */
static uint32_t add_block(struct maker *m, uint32_t outer, uint32_t n, uint32_t depth)
{
	uint32_t held = 0, end = m->f->n + n;

	for (uint32_t i = 0; i < 40 && m->f->n < end && has_room(m, held | outer); i++)
		held = add_one(m, outer, held, depth);
	for (uint32_t lock = 0; lock < m->p->locks; lock++)
		if (held >> lock & 1)
			add(m, OP_UNLOCK, lock);
	return held;
}

/* Waits for what the thread before hands over (to: false), or hands over to the next one. */
static void add_hand_over(struct maker *m, uint32_t how, bool to)
{
	static const enum op_kind kinds[][2] = {{OP_WAIT, OP_POST},
						{OP_POP, OP_PUSH},
						{OP_PASS, OP_OPEN},
						{OP_SPIN, OP_SET},
						{OP_LEAVE, OP_ARRIVE}};
	uint32_t kind = how % 5, object = kind == 1 ? 0 : how / 5 % SEMS;

	if (kind == 4 && !m->p->barrier)
		return;
	if (kind == 4) {
		add(m, OP_ARRIVE, 0);
		add(m, OP_LEAVE, 0);
		return;
	}
	add(m, kinds[kind][to], object);
}

/* One piece of a cycle: locks a, then b; perhaps before or after another thread's piece. */
static void add_piece(struct maker *m, uint32_t a, uint32_t b, uint32_t before, uint32_t after)
{
	uint32_t inside = below(m, 4);

	if (below(m, 3) == 0)
		add_block(m, 0, 3, 1);
	if (before)
		add_hand_over(m, before, false);
	add_lock(m, OP_LOCK, a);
	if (after && inside == 0)
		add_hand_over(m, after, true);
	if (below(m, 6) == 0)
		add_block(m, 1u << a | 1u << b, 2, 1);
	add_lock(m, OP_LOCK, b);
	add(m, OP_UNLOCK, below(m, 2) ? a : b);
	add(m, OP_UNLOCK, m->f->op[m->f->n - 1].object == a ? b : a);
	if (after && inside)
		add_hand_over(m, after, true);
	if (below(m, 3) == 0 && has_room(m, 0))
		add_block(m, 0, 3, 1);
}

/* Thread 0 creates the others, or some of them, and joins one. */
static void add_creates(struct maker *m)
{
	for (uint32_t t = 1; t < m->p->threads; t++)
		if (m->p->created >> t & 1)
			add(m, OP_CREATE, t);
}

static void make_function(struct maker *m, uint32_t i, bool pieces, uint32_t n, const uint32_t *how)
{
	uint32_t locks = m->p->locks;

	m->f = &m->p->function[i];
	m->rounds = i == 0 && m->p->created ? 1 : below(m, 5) ? 1 : 2 + below(m, 2);
	m->f->rounds = (uint8_t)m->rounds;
	if (i == 0 && m->p->created && below(m, 2))
		add_block(m, 0, 4, 1);
	if (i == 0)
		add_creates(m);
	if (pieces && i < n)
		add_piece(m, i % locks, (i + 1) % n % locks, i ? how[i - 1] : 0, how[i]);
	else
		add_block(m, 0, 4 + below(m, 9), 0);
	if (i == 0 && m->p->created && m->f->n + 8 < OPS) {
		add(m, OP_JOIN, 1);
		add_block(m, 0, 3, 1);
	}
	add(m, OP_END, 0);
	m->f->n--;
}

static void random_objects(struct program *p, uint64_t *rng)
{
	bool rw = random_below(rng, 4) == 0;

	p->locks = (uint8_t)(2 + random_below(rng, LOCKS - 1));
	for (uint32_t l = 0; l < p->locks; l++)
		p->lock_kind[l] = rw ? (uint8_t)random_below(rng, 3) : LOCK_PLAIN;
	for (uint32_t s = 0; s < SEMS; s++)
		p->sem[s] = random_below(rng, 3) ? 0 : (uint8_t)(1 + random_below(rng, 2));
	p->barrier = random_below(rng, 3) ? 0 : 2;
}

static void random_threads(struct program *p, uint64_t *rng)
{
	uint32_t shifted = random_below(rng, 5) == 0, at = random_below(rng, THREADS);

	p->threads = (uint8_t)(2 + random_below(rng, 3));
	p->functions = (uint8_t)(2 + random_below(rng, p->threads - 1u));
	if (random_below(rng, 4) == 0)
		p->created = (uint8_t)((1u << p->threads) - 2);
	for (uint32_t t = 0; t < p->threads; t++) {
		p->runs[t] =
			(uint8_t)(t < p->functions ? t : 1 + random_below(rng, p->functions - 1u));
		p->shift[t] = shifted ? (uint8_t)random_below(rng, 2) : 0;
		p->speed[t] = (uint8_t)((at + t * 2) % THREADS);
	}
	p->biased = random_below(rng, 2);
}

void program_random(struct program *p, uint64_t seed)
{
	uint64_t rng = seed * 0x9e3779b97f4a7c15u + 1;
	struct maker m = {.p = p, .rng = &rng};
	uint32_t how[THREADS], n;
	bool pieces;

	memset(p, 0, sizeof(*p));
	random_objects(p, &rng);
	random_threads(p, &rng);
	m.sync = below(&m, 4);
	m.unseen = below(&m, 3) == 0;
	pieces = below(&m, 2);
	n = 2 + (p->functions > 2 ? below(&m, p->functions - 1u) : 0);
	if (n > p->locks)
		n = p->locks;
	for (uint32_t i = 0; i < THREADS; i++)
		how[i] = below(&m, 3) ? 1 + below(&m, 10) : 0;
	for (uint32_t i = 0; i < p->functions; i++)
		make_function(&m, i, pieces, n, how);
}
