/* sim_explore.c — every state that a program can reach. */
#include "tests/unit/libcheck/steer/sim.h"

enum { TABLE = 1 << 18, STATES = TABLE / 2 };

static struct {
	struct state state[STATES];
	uint32_t n;
	uint32_t table[TABLE]; /* index + 1, if stamp says so */
	uint32_t stamp[TABLE], now;
} known;

static uint32_t hash(const struct state *s)
{
	uint64_t word[sizeof(*s) / 8], h = 0;

	memcpy(word, s, sizeof(word));
	for (unsigned i = 0; i < sizeof(*s) / 8; i++)
		h = (h ^ word[i]) * 0x9e3779b97f4a7c15u, h ^= h >> 29;
	return (uint32_t)(h >> 20);
}

static bool add(const struct state *s)
{
	uint32_t i = hash(s) & (TABLE - 1);

	for (;; i = (i + 1) & (TABLE - 1)) {
		if (known.stamp[i] != known.now)
			break;
		if (!memcmp(&known.state[known.table[i]], s, sizeof(*s)))
			return true;
	}
	if (known.n == STATES)
		return false;
	known.stamp[i] = known.now;
	known.table[i] = known.n;
	known.state[known.n++] = *s;
	return true;
}

/* The successors of a state: each thread's step, and that a waiting thread gives up or queues.
 * Without one the program is stuck, or has ended. */
static bool add_successors(const struct program *p, const struct state *s, uint32_t *successors)
{
	bool room = true;

	for (unsigned t = 0; t < p->threads; t++) {
		struct state next = *s;
		if (is_enabled(p, s, t)) {
			take_step(p, &next, t);
		} else if (!(s->started >> t & 1)) {
			continue;
		} else if (op_of(p, s, t)->kind == OP_TIMED) {
			give_up(p, &next, t);
		} else if (is_writer_to_queue(p, s, t)) {
			next.queued |= (uint8_t)(1u << t);
		} else {
			continue;
		}
		(*successors)++;
		room &= add(&next);
	}
	return room;
}

static bool all_ended(const struct program *p, const struct state *s)
{
	for (unsigned t = 0; t < p->threads; t++)
		if (!has_ended(p, s, t))
			return false;
	return true;
}

/* Returns whether all is known. */
static bool look_at(const struct program *p, const struct state *s, bool stuck,
		    const struct cycle *cycle, uint32_t n, struct truth *truth)
{
	bool all = true;

	for (uint32_t k = 0; k < n; k++) {
		bool closed = (stuck || !truth[k].real) && is_closed(p, s, &cycle[k]);
		truth[k].real |= closed;
		truth[k].stuck_elsewhere |= stuck && !closed;
		all &= truth[k].real && truth[k].stuck_elsewhere;
	}
	return all;
}

bool explore(const struct program *p, const struct cycle *cycle, uint32_t n, struct truth *truth)
{
	struct state first;

	known.n = 0;
	known.now++;
	memset(truth, 0, n * sizeof(*truth));
	state_init(p, &first);
	add(&first);
	for (uint32_t i = 0; i < known.n; i++) {
		struct state s = known.state[i];
		uint32_t successors = 0;
		if (!add_successors(p, &s, &successors))
			return false;
		if (look_at(p, &s, !successors && !all_ended(p, &s), cycle, n, truth))
			break;
	}
	return true;
}
