/* sim_explore.c — programs as text; all orders of a program's steps, or random ones. */
#include "tests/unit/libcheck/rules/sim_wait.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- programs ---- */

static uint8_t lock_named(char c)
{
	static const char names[] = "ABCRWPFG";
	const char *at = strchr(names, toupper((unsigned char)c));

	if (!at)
		abort();
	return (uint8_t)(at - names);
}

/* Reads one operation; returns its length. */
static size_t parse_op(const char *at, struct op *op)
{
	if (*at == 'j' || *at == 'x') {
		*op = (struct op){(char)toupper((unsigned char)*at), (uint8_t)(at[1] - '1')};
		return 2;
	}
	if (*at == 'i') {
		*op = (struct op){'I', 0};
		return 1;
	}
	if (islower((unsigned char)*at) && isupper((unsigned char)at[1])) {
		*op = (struct op){(char)toupper((unsigned char)*at), lock_named(at[1])};
		return 2;
	}
	*op = (struct op){isupper((unsigned char)*at) ? 'L' : 'U', lock_named(*at)};
	return 1;
}

static void parse(struct program *p, const char *text)
{
	unsigned n = 0;

	memset(p, 0, sizeof(*p));
	p->text = text;
	for (const char *at = text; *at;) {
		if (*at == '|') {
			p->threads++;
			n = 0;
		}
		if (*at == '|' || *at == ' ') {
			at++;
			continue;
		}
		if (n == OPS || p->threads == THREADS)
			abort();
		at += parse_op(at, &p->op[p->threads][n++]);
	}
	p->threads++;
}

/* ---- steps ---- */

/* A thread goes on, with this result of its wait; or its store number `store` becomes visible. */
struct move {
	uint8_t thread, store, result;
};
enum { GOES_ON = 255, MOVES = 64, LEARN = 1000 /* runs that show which words are shared */ };

struct moves {
	struct move move[MOVES];
	unsigned n;
};

static void add(struct moves *all, unsigned t, unsigned store, int result)
{
	if (all->n < MOVES)
		all->move[all->n++] = (struct move){(uint8_t)t, (uint8_t)store, (uint8_t)result};
}

static bool is_drained(const struct sim_thread *t)
{
	return !t->n_stores || t->holds_back || (sim_weak && t->pause != AT_FENCE);
}

static void add_blocked(struct moves *all, unsigned t)
{
	if (sim_real_is_over(t))
		add(all, t, GOES_ON, 0);
	if (sim_real->thread[t].how == LH_TIMED)
		add(all, t, GOES_ON, ETIMEDOUT);
	if (sim_is_cancelled(t))
		add(all, t, GOES_ON, ECANCELED);
}

static void add_moves(struct moves *all, unsigned t)
{
	enum { ROOM = 24 }; /* for what a thread stores before it pauses again */
	const struct sim_thread *x = &sim_thread[t];

	for (unsigned i = 0; i < x->n_stores && sim_stores_matter(t); i++)
		if (sim_can_store(t, i))
			add(all, t, i, 0);
	switch (x->pause) {
	case AT_START:
	case AT_LOAD:
		if (x->n_stores + ROOM <= STORES)
			add(all, t, GOES_ON, 0);
		break;
	case AT_FENCE:
	case AT_RMW:
		if (is_drained(x))
			add(all, t, GOES_ON, 0);
		break;
	case AT_INTERNAL:
		if (is_drained(x) && !sim_real->internal)
			add(all, t, GOES_ON, 0);
		break;
	case AT_OTHER:
		if (sim_real->internal)
			add(all, t, GOES_ON, 0);
		break;
	case AT_BLOCKED:
		add_blocked(all, t);
		break;
	case AT_END:
		break;
	}
}

static struct moves moves_of(const struct program *p)
{
	struct moves all = {.n = 0};

	for (unsigned t = 0; t < p->threads; t++)
		add_moves(&all, t);
	return all;
}

static void make(struct move x)
{
	if (x.store != GOES_ON) {
		sim_do_store(x.thread, x.store);
		return;
	}
	sim_real->thread[x.thread].result = x.result;
	sim_become(x.thread);
	sim_resume(x.thread);
}

/* ---- random orders ---- */

static uint32_t below(uint64_t *rng, uint32_t n)
{
	*rng = *rng * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*rng >> 33) % n;
}

/* One thread makes a number of moves, then another one. */
struct burst {
	unsigned thread, left;
};

static struct move choose(const struct moves *all, struct burst *burst, uint64_t *rng)
{
	enum { LONG = 7 };
	struct moves own = {.n = 0};

	for (unsigned i = 0; i < all->n; i++)
		if (burst->left && all->move[i].thread == burst->thread)
			own.move[own.n++] = all->move[i];
	if (!own.n) {
		struct move x = all->move[below(rng, all->n)];
		*burst = (struct burst){x.thread, 1u << below(rng, LONG)};
		return x;
	}
	burst->left--;
	return own.move[below(rng, own.n)];
}

static void run_once(const struct program *p, uint64_t *rng)
{
	struct burst burst = {0, 0};

	sim_set_up(p);
	while (!sim_violation) {
		struct moves all = moves_of(p);
		if (!all.n) {
			sim_check_end();
			return;
		}
		make(choose(&all, &burst, rng));
	}
}

struct outcome sim_random(const char *text, const struct broken *broken, bool weak, unsigned runs)
{
	static struct program p[2];
	static unsigned turn;
	struct program *x = &p[turn++ % 2]; /* another address: another program */
	struct outcome out = {.violation = NULL};
	uint64_t rng = 18;

	parse(x, text);
	sim_broken = broken;
	sim_weak = weak;
	sim_violation = NULL;
	while (out.states < runs && !sim_violation) {
		run_once(x, &rng);
		out.states++;
		out.reports += sim_real->findings;
	}
	out.violation = sim_violation;
	return out;
}

/* ---- one order ---- */

static bool is_at(const struct stop *stop)
{
	const struct sim_thread *t = &sim_thread[stop->thread];

	return t->pause == stop->at &&
	       (t->pause != AT_LOAD || t->loads == sim_wait_word(stop->seen));
}

static bool has_move(const struct program *p, unsigned t, struct move *move)
{
	struct moves all = moves_of(p);

	for (unsigned i = 0; i < all.n; i++)
		if (all.move[i].thread == t) {
			*move = all.move[i];
			return true;
		}
	return false;
}

static void run_until(const struct program *p, const struct stop *stop)
{
	struct move move;

	while (!is_at(stop) && has_move(p, stop->thread, &move))
		make(move);
	while (sim_can_store(stop->thread, 0))
		sim_do_store(stop->thread, 0);
}

struct outcome sim_stops(const char *text, const struct stop *stops, unsigned n)
{
	static const struct broken nothing;
	static struct program p;
	struct burst burst = {0, 0};
	uint64_t rng = 1;

	parse(&p, text);
	sim_broken = &nothing;
	sim_weak = false;
	sim_violation = NULL;
	for (int i = 0; i < LEARN && !sim_violation; i++)
		run_once(&p, &rng);
	sim_set_up(&p);
	for (unsigned i = 0; i < n; i++)
		run_until(&p, &stops[i]);
	for (struct moves all = moves_of(&p); all.n; all = moves_of(&p))
		make(choose(&all, &burst, &rng));
	sim_check_end();
	return (struct outcome){.violation = sim_violation, .reports = sim_real->findings};
}

/* ---- all orders ---- */

enum { SEEN = 1 << 22 };

/* `last` is the thread that went on last; `switched`: how often it was another one although the one
 * before it could have gone on. */
struct level {
	struct sim_state *state;
	struct moves moves;
	unsigned next, last, switched;
};

static struct search {
	uint64_t *seen, n;
	unsigned switches; /* at most */
	struct level *level;
	unsigned depth, room;
	struct outcome out;
} * w;

static bool is_new(uint64_t hash)
{
	uint64_t i = hash & (SEEN - 1);

	for (; w->seen[i]; i = (i + 1) & (SEEN - 1))
		if (w->seen[i] == hash)
			return false;
	w->seen[i] = hash;
	w->n++;
	return true;
}

static uint64_t hash_of(const struct sim_state *s, unsigned last, unsigned switched)
{
	uint64_t h = sim_hash(s);

	if (w->switches < ANY_SWITCHES)
		h ^= (last + 1 + switched * THREADS) * 0x9e3779b97f4a7c15u;
	return h | 1;
}

/* The present state, unless it was there before. */
static void enter(const struct program *p, unsigned last, unsigned switched)
{
	struct sim_state *s = sim_save();

	if (!is_new(hash_of(s, last, switched))) {
		free(s);
		return;
	}
	struct moves all = moves_of(p);
	if (!all.n) {
		sim_check_end();
		w->out.reports += sim_real->findings;
		free(s);
		return;
	}
	if (w->depth == w->room) {
		w->room = w->room ? 2 * w->room : 1024;
		w->level = realloc(w->level, w->room * sizeof(*w->level));
	}
	w->level[w->depth++] = (struct level){s, all, 0, last, switched};
}

static void leave(void)
{
	free(w->level[--w->depth].state);
}

static bool goes_on(const struct moves *all, unsigned t)
{
	for (unsigned i = 0; i < all->n; i++)
		if (all->move[i].thread == t && all->move[i].store == GOES_ON)
			return true;
	return false;
}

/* Makes the next move of the level, unless it switches threads once too often. */
static void try_move(const struct program *p)
{
	struct level *top = &w->level[w->depth - 1];
	struct move x = top->moves.move[top->next++];
	bool goes = x.store == GOES_ON;
	unsigned last = goes ? x.thread : top->last;
	unsigned switched =
		top->switched + (goes && x.thread != top->last && goes_on(&top->moves, top->last));

	if (switched > w->switches)
		return;
	sim_restore(top->state);
	make(x);
	if (!sim_violation)
		enter(p, last, switched);
}

/* False: a word was found to be shared, so that the orders so far are not all. */
static bool explore(const struct program *p)
{
	memset(w->seen, 0, SEEN * sizeof(*w->seen));
	w->n = 0;
	sim_set_up(p);
	sim_learned = false;
	enter(p, 0, 0);
	while (w->depth && !sim_violation && !sim_learned && w->n < SEEN / 2) {
		struct level *top = &w->level[w->depth - 1];
		if (top->next == top->moves.n)
			leave();
		else
			try_move(p);
	}
	w->out.complete = !w->depth;
	while (w->depth)
		leave();
	return !sim_learned || sim_violation;
}

struct outcome sim_all(const char *text, const struct broken *broken, bool weak, unsigned switches)
{
	static struct program p[2];
	static unsigned turn;
	struct program *x = &p[turn++ % 2];
	uint64_t rng = 1;

	if (!w) {
		w = calloc(1, sizeof(*w));
		w->seen = calloc(SEEN, sizeof(*w->seen));
	}
	w->out = (struct outcome){.violation = NULL};
	w->switches = switches;
	parse(x, text);
	sim_broken = broken;
	sim_weak = weak;
	sim_violation = NULL;
	for (int i = 0; i < LEARN && !sim_violation; i++) /* learns which words are shared */
		run_once(x, &rng);
	while (!sim_violation && !explore(x))
		;
	w->out.violation = sim_violation;
	w->out.states = w->n;
	return w->out;
}
