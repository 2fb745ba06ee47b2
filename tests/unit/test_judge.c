/*
 * test_judge.c — the judge against named cases, a brute-force oracle and a simulator.
 *
 * LINKS: libcheck/judge.c libcheck/judge_graph.c libcheck/judge_before.c libcheck/judge_fit.c
 * libcheck/judge_search.c libcheck/judge_ring.c libcheck/judge_pool.c tests/unit/oracle.c
 * tests/unit/simulator.c
 *
 * LH_SEED and LH_ROUNDS in the environment change what is tried.
 */
#include "oracle.h"
#include "simulator.h"
#include "unit.h"

#include <stdint.h>

/* ---- driving the judge ---- */

static const struct lh_judge_room room = {.locks = 512,
					  .edges = 8192,
					  .witnesses = 16384,
					  .threads = BOOK_THREADS,
					  .seens = BOOK_SEENS,
					  .events = BOOK_EVENTS,
					  .circles = RINGS_MAX,
					  .earn = 1 << 22,
					  .burst = 1 << 22};

static struct lh_judge *judge_new(uint32_t flags)
{
	return lh_judge_make(calloc(1, lh_judge_bytes(&room)), &room, flags);
}

static struct ring ring_of(const struct lh_circle *c)
{
	struct ring r = {.n = c->n, .filter = c->filter};

	for (uint32_t i = 0; i < c->n; i++)
		r.link[i] = (struct ring_link){c->link[i].held, c->link[i].held_place,
					       c->link[i].wanted, c->link[i].wanted_place};
	return r;
}

static uint32_t pool_filter; /* of the last pool finding; 255 none */

static void collect(struct lh_judge *j, const struct lh_facts *f, lh_node_id node,
		    struct rings *out)
{
	const struct lh_circle *c = lh_judge_found(j);
	uint32_t n;

	do {
		n = lh_judge_node(j, f, node);
		for (uint32_t i = 0; i < n; i++)
			if (c[i].rule == LH_RULE_POOL_DEADLOCK)
				pool_filter = c[i].filter;
			else if (c[i].n <= RING_MAX)
				rings_add(out, ring_of(&c[i]));
	} while (n == LH_FOUND_MAX);
}

/* All at once, as the front end does. */
static struct lh_judge_counts judge_whole(const struct book *b, uint32_t flags, struct rings *out)
{
	struct lh_judge *j = judge_new(flags);
	struct lh_facts f = book_facts(b);
	struct lh_judge_counts counts;

	pool_filter = 255;
	for (lh_node_id n = 1; n < f.nodes; n++)
		collect(j, &f, n, out);
	if (!CHECK(lh_judge_ok(j)))
		printf("\torder between locks broken\n");
	counts = lh_judge_counts(j);
	free(j);
	return counts;
}

/* Piece by piece in the order of arrival, as the library does. Only the order of threads is
 * known from the beginning: here events come at random, in a program before what they order. */
static void judge_growing(const struct book *b, uint32_t flags, struct rings *out)
{
	struct lh_judge *j = judge_new(flags);
	struct book *g = book_new();

	memcpy(g->lock, b->lock, sizeof g->lock);
	memcpy(g->thread, b->thread, sizeof g->thread);
	g->locks = b->locks;
	memcpy(g->event, b->event, sizeof g->event);
	g->threads = b->threads;
	g->events = b->events;
	pool_filter = 255;
	for (uint32_t i = 0; i < b->steps; i++) {
		uint32_t row = b->step[i].row;
		lh_node_id ask = 0;
		switch (b->step[i].what) {
		case STEP_NODE:
			g->node[row] = b->node[row];
			g->node[row].seen = 0;
			g->node[row].flags = 0;
			g->nodes = row + 1;
			ask = row;
			break;
		case STEP_SEEN:
			g->seen[row] = b->seen[row];
			ask = g->seen[row].node;
			g->seen[row].next = g->node[ask].seen;
			g->node[ask].seen = row;
			g->seens = row + 1;
			break;
		case STEP_MANY:
			g->node[row].flags |= LH_NODE_MANY;
			ask = row;
			break;
		case STEP_EVENT:
			break;
		}
		struct lh_facts f = book_facts(g);
		if (ask)
			collect(j, &f, ask, out);
	}
	CHECK(lh_judge_ok(j));
	free(j);
	free(g);
}

/* ---- random books against the oracle ---- */

static uint64_t state;

static uint32_t dice(uint32_t sides)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % sides;
}

static lh_place random_place(const struct book *b, lh_lock_id lock)
{
	enum lh_mode mode = LH_EXCLUSIVE;
	enum lh_how how = dice(8) ? LH_WAITS : dice(2) ? LH_TIMED : LH_TRIES;

	if (b->lock[LH_LOCK_ROW(lock)].kind == LH_RWLOCK && dice(2))
		mode = LH_SHARED;
	if (b->lock[LH_LOCK_ROW(lock)].flags & LH_LOCK_COUNTING)
		mode = LH_PERMIT;
	return LH_PLACE(1 + dice(2), how, mode);
}

static void random_locks(struct book *b, uint32_t n, bool plain)
{
	for (uint32_t i = 0; i < n; i++)
		switch (plain ? 0 : dice(8)) {
		default:
			book_lock(b, LH_MUTEX, 0);
			break;
		case 5:
			book_lock(b, LH_RWLOCK, 0);
			break;
		case 6:
			book_lock(b, LH_RWLOCK, LH_LOCK_PREFER_WRITER);
			break;
		case 7:
			book_lock(b, LH_SEM, dice(3) ? LH_LOCK_TRIED : LH_LOCK_SIGNAL);
			break;
		}
}

static lh_lock_id random_lock(const struct book *b, uint32_t first, uint32_t locks,
			      uint32_t threads)
{
	uint32_t r = dice(locks * 6 + threads);

	if (r < locks * 6)
		return LH_LOCK_ID(first + r / 6, 1);
	return b->thread[1 + r - locks * 6].life;
}

/* Some thread goes down a random chain; on its way it is seen at each node. */
static void random_walk(struct book *b, uint32_t first, uint32_t locks, uint32_t threads)
{
	lh_thread_id t = 1 + dice(threads);
	uint32_t segment = dice(3), depth = 1 + dice(4);
	lh_node_id n = 0;

	while (depth--) {
		lh_lock_id lock = random_lock(b, first, locks, threads);
		bool again = false;
		for (lh_node_id h = n; h; h = b->node[h].parent)
			again |= b->node[h].lock == lock;
		if (again)
			continue;
		lh_node_id child = book_node(b, n, lock, random_place(b, lock));
		if (dice(12))
			book_seen(b, child, t, segment);
		else if (!dice(4))
			book_many(b, child);
		if (b->lock[LH_LOCK_ROW(lock)].kind == LH_LIFE)
			break; /* nobody holds a join */
		n = child;
	}
}

/* Some thread's creator holds one or two locks over its whole life. */
static void random_guard(struct book *b, lh_thread_id t, uint32_t first, uint32_t locks)
{
	lh_lock_id a = LH_LOCK_ID(first + dice(locks), 1), c = LH_LOCK_ID(first + dice(locks), 1);
	lh_node_id n = book_node(b, 0, a, random_place(b, a));

	b->thread[t].guard = a == c || dice(2) ? n : book_node(b, n, c, random_place(b, c));
}

static struct book *random_book(void)
{
	struct book *b = book_new();
	uint32_t threads = 2 + dice(4), locks = 2 + dice(5), first;
	bool plain = !dice(3);

	for (uint32_t t = 1; t <= threads; t++)
		book_thread(b, t > 1 ? 1 + dice(t - 1) : 0, 0);
	first = b->locks;
	random_locks(b, locks, plain);
	for (uint32_t t = 2; t <= threads; t++)
		if (!dice(8))
			random_guard(b, t, first, locks);
	for (uint32_t i = 4 + dice(14); i; i--) {
		random_walk(b, first, locks, threads);
		if (!dice(12))
			book_event(b, LH_EVENT_CREATE, 1 + dice(threads), dice(3),
				   1 + dice(threads), dice(3));
	}
	return b;
}

static void print_ring(const struct book *b, const struct ring *r)
{
	static const char *const name[] = {"counts",  "threads", "gate", "ordered",
					   "readers", "try",     "timed"};

	printf("\t%s:", name[r->filter]);
	for (uint32_t i = 0; i < r->n; i++)
		printf(" [holds %u/%x wants %u/%x]", LH_LOCK_ROW(r->link[i].held),
		       r->link[i].held_place, LH_LOCK_ROW(r->link[i].wanted),
		       r->link[i].wanted_place);
	printf("\n");
	(void)b;
}

static void print_book(const struct book *b)
{
	for (uint32_t i = 1; i < b->locks; i++)
		printf("\tlock %u kind %u flags %x initial %u\n", i, b->lock[i].kind,
		       b->lock[i].flags, b->lock[i].initial);
	for (uint32_t i = 1; i < b->threads; i++)
		printf("\tthread %u creator %u guard %u\n", i, b->thread[i].creator,
		       b->thread[i].guard);
	for (uint32_t i = 1; i < b->nodes; i++) {
		printf("\tnode %u parent %u lock %u place %x%s seen", i, b->node[i].parent,
		       LH_LOCK_ROW(b->node[i].lock), b->node[i].place,
		       b->node[i].flags & LH_NODE_MANY ? " many" : "");
		for (uint32_t s = b->node[i].seen; s; s = b->seen[s].next)
			printf(" %u@%u-%u", b->seen[s].thread, b->seen[s].first, b->seen[s].last);
		printf("\n");
	}
	for (uint32_t i = 1; i < b->events; i++)
		printf("\tevent %u@%u -> %u@%u\n", b->event[i].a, b->event[i].a_segment,
		       b->event[i].b, b->event[i].b_segment);
}

/* Everything in `a` that `wanted` says is in `b` with the same filter. */
static bool contained(const struct book *b, struct rings *a, struct rings *other,
		      bool counting_only, const char *who)
{
	for (uint32_t i = 0; i < a->n; i++) {
		const struct ring *r = &a->ring[i], *o = rings_find(other, r);
		if (counting_only && r->filter != LH_F_NONE && r->filter != LH_F_TIMED)
			continue;
		if (o && o->filter == r->filter)
			continue;
		printf("\tonly %s says so (the other: %d)\n", who, o ? (int)o->filter : -1);
		print_ring(b, r);
		return false;
	}
	return true;
}

static bool same_rings(const struct book *b, struct rings *judge, struct rings *oracle,
		       bool counting)
{
	return contained(b, judge, oracle, counting, "the judge") &&
	       contained(b, oracle, judge, counting, "the oracle");
}

static uint32_t rounds(uint32_t usual)
{
	const char *more = getenv("LH_ROUNDS");

	return more ? (uint32_t)strtoul(more, NULL, 10) : usual;
}

static uint64_t seed(uint64_t i)
{
	const char *given = getenv("LH_SEED");

	return given ? strtoull(given, NULL, 10) : i * 0x9e3779b97f4a7c15u + 1;
}

enum { ORACLE_LENGTH = 5 };

static void drop_long(struct rings *r)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < r->n; i++)
		if (r->ring[i].n <= ORACLE_LENGTH)
			r->ring[kept++] = r->ring[i];
	r->n = kept;
}

static bool oracle_round(void)
{
	static struct rings oracle, whole, growing, quick;
	struct book *b = random_book();
	bool good;

	oracle.n = whole.n = growing.n = quick.n = 0;
	oracle_rings(b, ORACLE_LENGTH, &oracle);
	CHECK(!judge_whole(b, LH_JUDGE_FILTERED, &whole).cut);
	judge_growing(b, LH_JUDGE_FILTERED, &growing);
	judge_whole(b, 0, &quick);
	drop_long(&whole);
	drop_long(&growing);
	drop_long(&quick);
	good = CHECK(same_rings(b, &whole, &oracle, false)) &&
	       CHECK(same_rings(b, &growing, &oracle, false)) &&
	       CHECK(same_rings(b, &quick, &oracle, true));
	if (!good)
		print_book(b);
	free(b);
	return good;
}

static void against_oracle(void)
{
	static uint32_t seen[LH_FILTERS];

	(void)seen;
	for (uint32_t i = 0; i < rounds(6000); i++) {
		state = seed(i);
		if (!oracle_round()) {
			printf("\tround %u\n", i);
			return;
		}
	}
}

/* ---- random programs against the simulator ---- */

static struct {
	uint32_t books, skipped, counting, timed, filtered[LH_FILTERS];
} tally;

/* What the judge says of the book and what the book, as a program, can do are the same. */
static bool against_book(const struct book *b, struct rings *judge)
{
	static struct rings played;

	played.n = 0;
	if (!book_explore(b, &played)) {
		tally.skipped++;
		return true;
	}
	return CHECK(contained(b, judge, &played, true, "the judge")) &&
	       CHECK(contained(b, &played, judge, true, "the simulator"));
}

/* Whatever the program itself can do with chains that the book knows, the judge has said. */
static bool against_program(const struct program *p, const struct book *b, struct rings *judge)
{
	static struct rings done;

	done.n = 0;
	if (!program_explore(p, b, &done)) {
		tally.skipped++;
		return true;
	}
	for (uint32_t i = 0; i < done.n; i++) {
		const struct ring *o = rings_find(judge, &done.ring[i]);
		if (CHECK(o && ring_nearness(o->filter) >= ring_nearness(done.ring[i].filter)))
			continue;
		printf("\tthe program does it, the judge says %d\n", o ? (int)o->filter : -1);
		print_ring(b, &done.ring[i]);
		return false;
	}
	return true;
}

static void count(const struct rings *judge)
{
	for (uint32_t i = 0; i < judge->n; i++)
		tally.filtered[judge->ring[i].filter]++;
}

static bool simulator_round(uint64_t number)
{
	static struct rings judge;
	struct program *p = program_random(seed(number));
	struct book *b = NULL;
	bool good = true;

	for (uint32_t i = 0; i < 20 && !b; i++)
		b = program_run(p, seed(number) + 1 + i);
	if (b) {
		tally.books++;
		judge.n = 0;
		judge_whole(b, LH_JUDGE_FILTERED, &judge);
		count(&judge);
		good = against_book(b, &judge) && against_program(p, b, &judge);
	}
	if (!good) {
		program_print(p);
		print_book(b);
	}
	program_free(p);
	free(b);
	return good;
}

static void against_simulator(void)
{
	for (uint32_t i = 0; i < rounds(3000); i++)
		if (!simulator_round(i)) {
			printf("\tround %u\n", i);
			return;
		}
	if (getenv("LH_TALLY"))
		for (int i = 0; i < LH_FILTERS; i++)
			printf("filter %d: %u\n", i, tally.filtered[i]);
	if (getenv("LH_TALLY"))
		printf("books %u skipped %u\n", tally.books, tally.skipped);
}

/* ---- named cases ---- */

enum {
	X = LH_EXCLUSIVE,
	S = LH_SHARED,
	P = LH_PERMIT,
	WAIT = LH_WAITS << 4,
	TIMED = LH_TIMED << 4,
	TRY = LH_TRIES << 4
};

struct take {
	lh_lock_id lock;
	uint32_t as; /* mode | how */
};

/* This thread, in this segment, takes these one after the other and keeps them. */
static void takes(struct book *b, lh_thread_id t, uint32_t segment, uint32_t n,
		  const struct take *k)
{
	lh_node_id at = 0;

	for (uint32_t i = 0; i < n; i++) {
		at = book_node(b, at, k[i].lock, (lh_place)(n * 16 + i + 1) << 8 | k[i].as);
		book_seen(b, at, t, segment);
	}
}
#define TAKES(b, t, segment, ...)                                                                  \
	takes(b, t, segment, sizeof((struct take[]){__VA_ARGS__}) / sizeof(struct take),           \
	      (struct take[]){__VA_ARGS__})

/* What holds while its head was taken elsewhere: nobody was seen at the chain's links. */
static void holds_then(struct book *b, lh_thread_id t, struct take held, struct take want)
{
	lh_node_id at = book_node(b, 0, held.lock, 50 << 8 | held.as);

	book_seen(b, book_node(b, at, want.lock, 51 << 8 | want.as), t, 0);
}

struct stage {
	struct book *b;
	lh_thread_id t1, t2, t3;
	lh_lock_id A, B, C, G, R, W, Q; /* mutexes; rwlocks: default, writer-preferring twice */
};

static struct stage stage(void)
{
	struct stage s = {.b = book_new()};

	s.t1 = book_thread(s.b, 0, 0);
	s.t2 = book_thread(s.b, 0, 0);
	s.t3 = book_thread(s.b, 0, 0);
	s.A = book_lock(s.b, LH_MUTEX, 0);
	s.B = book_lock(s.b, LH_MUTEX, 0);
	s.C = book_lock(s.b, LH_MUTEX, 0);
	s.G = book_lock(s.b, LH_MUTEX, 0);
	s.R = book_lock(s.b, LH_RWLOCK, 0);
	s.W = book_lock(s.b, LH_RWLOCK, LH_LOCK_PREFER_WRITER);
	s.Q = book_lock(s.b, LH_RWLOCK, LH_LOCK_PREFER_WRITER);
	return s;
}

/* Exactly n rings, of this length and with this said of them; or none at all. */
static void expect(const char *name, struct book *b, uint32_t n, uint32_t length,
		   enum lh_filter filter)
{
	static struct rings whole, growing, quick;
	uint32_t bad = 0;

	whole.n = growing.n = quick.n = 0;
	judge_whole(b, LH_JUDGE_FILTERED, &whole);
	judge_growing(b, LH_JUDGE_FILTERED, &growing);
	judge_whole(b, 0, &quick);
	for (uint32_t i = 0; i < whole.n; i++)
		bad += whole.ring[i].n != length || whole.ring[i].filter != filter;
	if (!CHECK(whole.n == n && !bad && same_rings(b, &whole, &growing, false) &&
		   quick.n == (filter == LH_F_NONE || filter == LH_F_TIMED ? n : 0))) {
		printf("\tcase %s: %u rings\n", name, whole.n);
		for (uint32_t i = 0; i < whole.n; i++)
			print_ring(b, &whole.ring[i]);
	}
	free(b);
}

static void plain_cases(void)
{
	struct stage s = stage();

	TAKES(s.b, s.t1, 0, {s.A, X}, {s.B, X});
	TAKES(s.b, s.t2, 0, {s.B, X}, {s.A, X});
	expect("abba", s.b, 1, 2, LH_F_NONE);
	s = stage();
	TAKES(s.b, s.t1, 0, {s.A, X}, {s.B, X});
	TAKES(s.b, s.t2, 0, {s.A, X}, {s.B, X});
	expect("abab", s.b, 0, 0, 0);
	s = stage();
	TAKES(s.b, s.t1, 0, {s.A, X}, {s.B, X});
	TAKES(s.b, s.t2, 0, {s.B, X}, {s.C, X});
	TAKES(s.b, s.t3, 0, {s.C, X}, {s.A, X});
	expect("three threads, three locks", s.b, 1, 3, LH_F_NONE);
	s = stage();
	TAKES(s.b, s.t1, 0, {s.A, X}, {s.B, X});
	TAKES(s.b, s.t2, 0, {s.B, X}, {s.C, X});
	TAKES(s.b, s.t1, 0, {s.C, X}, {s.A, X});
	expect("three locks, two threads", s.b, 1, 3, LH_F_THREADS);
	s = stage();
	TAKES(s.b, s.t1, 0, {s.A, X}, {s.C, X}, {s.B, X}, {s.A, X});
	expect("recursion is no edge", s.b, 0, 0, 0);
	s = stage();
	TAKES(s.b, s.t1, 0, {s.A, X}, {s.C, X}, {s.B, X});
	TAKES(s.b, s.t2, 0, {s.B, X}, {s.A, X});
	expect("not the last of the chain but the first", s.b, 1, 2, LH_F_NONE);
}

static void thread_cases(void)
{
	struct stage s = stage();

	TAKES(s.b, s.t1, 0, {s.A, X}, {s.B, X});
	TAKES(s.b, s.t1, 0, {s.B, X}, {s.A, X});
	expect("one thread alone", s.b, 1, 2, LH_F_THREADS);
	s = stage();
	TAKES(s.b, s.t1, 0, {s.A, X}, {s.B, X});
	TAKES(s.b, s.t1, 0, {s.B, X}, {s.A, X});
	TAKES(s.b, s.t2, 0, {s.B, X}, {s.A, X});
	expect("two threads running the same code", s.b, 1, 2, LH_F_NONE);
	s = stage();
	TAKES(s.b, s.t1, 0, {s.A, X}, {s.B, X});
	TAKES(s.b, s.t1, 0, {s.B, X}, {s.A, X});
	book_many(s.b, 2);
	expect("many threads: any of them", s.b, 1, 2, LH_F_NONE);
	s = stage(); /* A, B, -A, C against C, A */
	TAKES(s.b, s.t1, 0, {s.A, X}, {s.B, X});
	holds_then(s.b, s.t1, (struct take){s.B, X}, (struct take){s.C, X});
	TAKES(s.b, s.t2, 0, {s.C, X}, {s.A, X});
	expect("hand over hand, two threads", s.b, 1, 3, LH_F_THREADS);
	s = stage();
	TAKES(s.b, s.t1, 0, {s.A, X}, {s.B, X});
	TAKES(s.b, s.t3, 0, {s.A, X}, {s.B, X});
	holds_then(s.b, s.t1, (struct take){s.B, X}, (struct take){s.C, X});
	holds_then(s.b, s.t3, (struct take){s.B, X}, (struct take){s.C, X});
	TAKES(s.b, s.t2, 0, {s.C, X}, {s.A, X});
	expect("hand over hand, three threads", s.b, 1, 3, LH_F_NONE);
}

static void gate_cases(void)
{
	struct stage s = stage();

	TAKES(s.b, s.t1, 0, {s.G, X}, {s.A, X}, {s.B, X});
	TAKES(s.b, s.t2, 0, {s.G, X}, {s.B, X}, {s.A, X});
	expect("gate", s.b, 1, 2, LH_F_GATE);
	s = stage();
	TAKES(s.b, s.t1, 0, {s.G, X}, {s.A, X}, {s.B, X});
	TAKES(s.b, s.t2, 0, {s.C, X}, {s.B, X}, {s.A, X});
	expect("two gates are none", s.b, 1, 2, LH_F_NONE);
	s = stage();
	TAKES(s.b, s.t1, 0, {s.R, S}, {s.A, X}, {s.B, X});
	TAKES(s.b, s.t2, 0, {s.R, S}, {s.B, X}, {s.A, X});
	expect("a gate held shared by both", s.b, 1, 2, LH_F_NONE);
	s = stage();
	TAKES(s.b, s.t1, 0, {s.R, X}, {s.A, X}, {s.B, X});
	TAKES(s.b, s.t2, 0, {s.R, S}, {s.B, X}, {s.A, X});
	expect("a gate held shared by one", s.b, 1, 2, LH_F_GATE);
	s = stage();
	TAKES(s.b, s.t1, 0, {s.G, X | TRY}, {s.A, X}, {s.B, X});
	TAKES(s.b, s.t2, 0, {s.G, X}, {s.B, X}, {s.A, X});
	expect("a gate that was tried", s.b, 1, 2, LH_F_GATE);
	s = stage(); /* the gate is given back before the second lock is asked for */
	TAKES(s.b, s.t1, 0, {s.G, X}, {s.A, X});
	holds_then(s.b, s.t1, (struct take){s.A, X}, (struct take){s.B, X});
	TAKES(s.b, s.t2, 0, {s.G, X}, {s.B, X}, {s.A, X});
	expect("a gate left too early", s.b, 1, 2, LH_F_NONE);
}

/* t1 makes t3 while it holds G, and joins it before it gives G back; t2 works under G. */
static void guard_cases(void)
{
	for (int kept = 0; kept < 2; kept++) {
		struct stage s = stage();
		lh_node_id g = book_node(s.b, 0, s.G, 1 << 8);
		s.b->thread[s.t3].creator = s.t1;
		s.b->thread[s.t3].guard = kept ? g : 0;
		TAKES(s.b, s.t3, 0, {s.A, X}, {s.B, X});
		TAKES(s.b, s.t2, 0, {s.G, X}, {s.B, X}, {s.A, X});
		expect("the gate of the creator", s.b, 1, 2, kept ? LH_F_GATE : LH_F_NONE);
	}
	struct stage s = stage();
	s.b->thread[s.t3].creator = s.t1;
	s.b->thread[s.t3].guard = book_node(s.b, 0, s.G, 1 << 8);
	TAKES(s.b, s.t3, 0, {s.A, X}, {s.B, X});
	TAKES(s.b, s.t1, 0, {s.G, X}, {s.B, X}, {s.A, X});
	expect("the creator itself meets its child", s.b, 1, 2, LH_F_NONE);
}

static void order_cases(void)
{
	struct stage s = stage();

	TAKES(s.b, s.t1, 0, {s.A, X}, {s.B, X});
	book_event(s.b, LH_EVENT_CREATE, s.t1, 0, s.t2, 0);
	TAKES(s.b, s.t2, 0, {s.B, X}, {s.A, X});
	expect("before the other was created", s.b, 1, 2, LH_F_ORDERED);
	s = stage();
	book_event(s.b, LH_EVENT_CREATE, s.t1, 0, s.t2, 0);
	TAKES(s.b, s.t1, 1, {s.A, X}, {s.B, X});
	TAKES(s.b, s.t2, 0, {s.B, X}, {s.A, X});
	expect("after the other was created", s.b, 1, 2, LH_F_NONE);
	s = stage();
	book_event(s.b, LH_EVENT_CREATE, s.t1, 0, s.t2, 0);
	TAKES(s.b, s.t2, 0, {s.B, X}, {s.A, X});
	book_event(s.b, LH_EVENT_JOIN, s.t2, 0, s.t1, 2);
	TAKES(s.b, s.t1, 2, {s.A, X}, {s.B, X});
	expect("after the other was joined", s.b, 1, 2, LH_F_ORDERED);
	s = stage();
	TAKES(s.b, s.t1, 0, {s.A, X}, {s.B, X});
	book_event(s.b, LH_EVENT_CREATE, s.t1, 0, s.t2, 0);
	book_event(s.b, LH_EVENT_JOIN, s.t2, 0, s.t1, 2);
	TAKES(s.b, s.t1, 2, {s.A, X}, {s.B, X});
	TAKES(s.b, s.t2, 0, {s.B, X}, {s.A, X});
	expect("before and after, but never beside", s.b, 1, 2, LH_F_ORDERED);
	s = stage();
	book_event(s.b, LH_EVENT_CREATE, s.t1, 0, s.t2, 0);
	book_event(s.b, LH_EVENT_JOIN, s.t2, 0, s.t1, 2);
	book_event(s.b, LH_EVENT_CREATE, s.t1, 2, s.t3, 0);
	TAKES(s.b, s.t2, 0, {s.B, X}, {s.A, X});
	TAKES(s.b, s.t3, 0, {s.A, X}, {s.B, X});
	expect("one after the other", s.b, 1, 2, LH_F_ORDERED);
	s = stage(); /* two segments at a barrier: first A B | then B A */
	TAKES(s.b, s.t1, 0, {s.A, X}, {s.B, X});
	book_event(s.b, LH_EVENT_BARRIER, s.t1, 0, s.t2, 1);
	book_event(s.b, LH_EVENT_BARRIER, s.t2, 0, s.t1, 1);
	TAKES(s.b, s.t2, 1, {s.B, X}, {s.A, X});
	expect("a barrier between", s.b, 1, 2, LH_F_ORDERED);
}

static void reader_cases(void)
{
	struct stage s = stage();

	TAKES(s.b, s.t1, 0, {s.R, S}, {s.A, X});
	TAKES(s.b, s.t2, 0, {s.A, X}, {s.R, S});
	TAKES(s.b, s.t3, 0, {s.R, X});
	expect("readers of a default rwlock", s.b, 1, 2, LH_F_READERS);
	s = stage();
	TAKES(s.b, s.t1, 0, {s.R, S}, {s.A, X});
	TAKES(s.b, s.t2, 0, {s.A, X}, {s.R, X});
	expect("a writer waits for a reader", s.b, 1, 2, LH_F_NONE);
	s = stage();
	TAKES(s.b, s.t1, 0, {s.R, X}, {s.A, X});
	TAKES(s.b, s.t2, 0, {s.A, X}, {s.R, S});
	expect("a reader waits for a writer", s.b, 1, 2, LH_F_NONE);
	s = stage();
	TAKES(s.b, s.t1, 0, {s.W, S}, {s.A, X});
	TAKES(s.b, s.t2, 0, {s.A, X}, {s.W, S});
	expect("writers preferred, but nobody writes", s.b, 1, 2, LH_F_READERS);
	s = stage();
	TAKES(s.b, s.t1, 0, {s.W, S}, {s.A, X});
	TAKES(s.b, s.t2, 0, {s.A, X}, {s.W, S});
	TAKES(s.b, s.t3, 0, {s.W, X});
	expect("behind a third thread that queues", s.b, 1, 2, LH_F_NONE);
	s = stage();
	TAKES(s.b, s.t1, 0, {s.W, S}, {s.A, X});
	TAKES(s.b, s.t2, 0, {s.A, X}, {s.W, S});
	TAKES(s.b, s.t1, 0, {s.W, X});
	expect("the only writer is one of the two", s.b, 1, 2, LH_F_READERS);
	s = stage();
	TAKES(s.b, s.t1, 0, {s.W, S}, {s.A, X});
	TAKES(s.b, s.t2, 0, {s.G, X}, {s.A, X}, {s.W, S});
	TAKES(s.b, s.t3, 0, {s.G, X}, {s.W, X});
	expect("the writer cannot get there: it needs G", s.b, 1, 2, LH_F_READERS);
	s = stage();
	TAKES(s.b, s.t1, 0, {s.W, S}, {s.A, X});
	TAKES(s.b, s.t2, 0, {s.A, X}, {s.W, S});
	TAKES(s.b, s.t3, 0, {s.W, X | TIMED});
	expect("the writer waits with a limit", s.b, 1, 2, LH_F_TIMED);
	s = stage();
	TAKES(s.b, s.t1, 0, {s.W, S}, {s.A, X});
	TAKES(s.b, s.t2, 0, {s.A, X}, {s.W, S});
	TAKES(s.b, s.t3, 0, {s.W, X | TRY});
	expect("the writer only tries", s.b, 1, 2, LH_F_READERS);
}

/* Two readers of two writer-preferring rwlocks: each link needs its own writer. */
static void two_queues(void)
{
	struct stage s;

	for (int writers = 1; writers <= 2; writers++) {
		s = stage();
		lh_thread_id t4 = book_thread(s.b, 0, 0);
		TAKES(s.b, s.t1, 0, {s.W, S}, {s.Q, S});
		TAKES(s.b, s.t2, 0, {s.Q, S}, {s.W, S});
		TAKES(s.b, s.t3, 0, {s.W, X});
		TAKES(s.b, writers == 2 ? t4 : s.t3, 0, {s.Q, X});
		expect("readers in both directions", s.b, 1, 2,
		       writers == 2 ? LH_F_NONE : LH_F_READERS);
	}
}

static void limit_cases(void)
{
	struct stage s = stage();

	TAKES(s.b, s.t1, 0, {s.A, X}, {s.B, X | TRY});
	TAKES(s.b, s.t2, 0, {s.B, X}, {s.A, X});
	expect("try", s.b, 1, 2, LH_F_TRY);
	s = stage();
	TAKES(s.b, s.t1, 0, {s.A, X | TRY}, {s.B, X});
	TAKES(s.b, s.t2, 0, {s.B, X | TRY}, {s.A, X});
	expect("tried, then held, then waits", s.b, 1, 2, LH_F_NONE);
	s = stage();
	TAKES(s.b, s.t1, 0, {s.A, X}, {s.B, X | TIMED});
	TAKES(s.b, s.t2, 0, {s.B, X}, {s.A, X});
	expect("timed", s.b, 1, 2, LH_F_TIMED);
	s = stage();
	lh_lock_id sem = book_lock(s.b, LH_SEM, 0);
	TAKES(s.b, s.t1, 0, {sem, X}, {s.A, X});
	TAKES(s.b, s.t2, 0, {s.A, X}, {sem, X | TRY});
	struct book *again = book_new();
	memcpy(again, s.b, sizeof *again);
	again->lock[LH_LOCK_ROW(sem)].flags |= LH_LOCK_TRIED;
	expect("a semaphore is tried", s.b, 1, 2, LH_F_TRY);
	expect("tried first, waited for then", again, 1, 2, LH_F_NONE);
	s = stage();
	sem = book_lock(s.b, LH_SEM, LH_LOCK_SIGNAL);
	TAKES(s.b, s.t1, 0, {sem, X}, {s.A, X});
	TAKES(s.b, s.t2, 0, {s.A, X}, {sem, X});
	TAKES(s.b, s.t1, 0, {sem, X}, {s.B, X}, {s.C, X});
	TAKES(s.b, s.t2, 0, {sem, X}, {s.C, X}, {s.B, X});
	expect("a signal is no lock and no gate", s.b, 1, 2, LH_F_NONE);
}

static void life_cases(void)
{
	struct stage s = stage();
	lh_lock_id l1 = s.b->thread[s.t1].life, l2 = s.b->thread[s.t2].life,
		   l3 = s.b->thread[s.t3].life;

	TAKES(s.b, s.t1, 0, {s.A, X}, {l2, X});
	TAKES(s.b, s.t2, 0, {s.A, X});
	expect("join under a lock that it takes", s.b, 1, 2, LH_F_NONE);
	s = stage();
	TAKES(s.b, s.t2, 0, {s.A, X});
	TAKES(s.b, s.t1, 0, {s.B, X}, {l2, X});
	TAKES(s.b, s.t3, 0, {s.B, X});
	expect("join under a lock that another takes", s.b, 0, 0, 0);
	s = stage();
	TAKES(s.b, s.t1, 0, {l2, X});
	TAKES(s.b, s.t2, 0, {l3, X});
	TAKES(s.b, s.t3, 0, {l1, X});
	expect("three join each other", s.b, 1, 3, LH_F_NONE);
	s = stage();
	TAKES(s.b, s.t2, 0, {l3, X});
	TAKES(s.b, s.t3, 0, {s.A, X});
	TAKES(s.b, s.t1, 0, {s.A, X}, {l2, X});
	expect("joins one that joins one that takes it", s.b, 1, 3, LH_F_NONE);
	s = stage();
	TAKES(s.b, s.t2, 0, {s.A, X});
	book_event(s.b, LH_EVENT_CREATE, s.t1, 0, s.t2, 0);
	TAKES(s.b, s.t1, 1, {s.A, X}, {l2, X | TIMED});
	expect("timed join", s.b, 1, 2, LH_F_TIMED);
}

/* The same address, another lock: its number has another generation. */
static void dead_locks(void)
{
	struct stage s = stage();
	lh_lock_id later = LH_LOCK_ID(LH_LOCK_ROW(s.A), 2);

	TAKES(s.b, s.t1, 0, {s.A, X}, {s.B, X});
	TAKES(s.b, s.t2, 0, {s.B, X}, {later, X});
	expect("another lock in the same row", s.b, 0, 0, 0);
	s = stage();
	TAKES(s.b, s.t1, 0, {s.A, X}, {s.B, X});
	TAKES(s.b, s.t2, 0, {s.B, X}, {s.A, X});
	s.b->lock[LH_LOCK_ROW(s.A)].flags |= LH_LOCK_DEAD;
	expect("dead by now, but it could have happened", s.b, 1, 2, LH_F_NONE);
}

static void long_rings(void)
{
	for (uint32_t n = 2; n <= 24; n += 1) {
		struct book *b = book_new();
		lh_lock_id lock[24];
		for (uint32_t i = 0; i < n; i++) {
			book_thread(b, 0, 0);
			lock[i] = book_lock(b, LH_MUTEX, 0);
		}
		for (uint32_t i = 0; i < n; i++)
			TAKES(b, 1 + i, 0, {lock[i], X}, {lock[(i + 1) % n], X});
		expect("ring", b, 1, n, LH_F_NONE);
	}
}

/* Different code, same locks: different findings; other outer locks: the same, counted. */
static void distinct(void)
{
	struct stage s = stage();
	struct lh_judge *j = judge_new(0);
	struct lh_facts f;
	uint32_t found = 0;

	TAKES(s.b, s.t1, 0, {s.A, X}, {s.B, X});
	TAKES(s.b, s.t2, 0, {s.B, X}, {s.A, X});
	book_seen(s.b, book_node(s.b, book_node(s.b, 0, s.A, 77 << 8), s.B, 78 << 8), s.t3, 0);
	book_seen(s.b,
		  book_node(s.b, book_node(s.b, book_node(s.b, 0, s.C, 70 << 8), s.A, 77 << 8), s.B,
			    78 << 8),
		  s.t3, 0);
	f = book_facts(s.b);
	uint64_t key = 0;
	for (lh_node_id n = 1; n < f.nodes; n++) {
		uint32_t got = lh_judge_node(j, &f, n);
		found += got;
		if (got)
			key = lh_judge_found(j)->key;
	}
	CHECK_EQ(found, 2);
	CHECK_EQ(lh_judge_count(j, key), 2);
	CHECK_EQ(lh_judge_count(j, 12345), 0);
	free(j);
	free(s.b);
}

/* Flags that change later, and locks of other ledgers that are the same lock. */
static void changes(void)
{
	struct stage s = stage();
	struct lh_judge *j = judge_new(0);
	lh_lock_id sem = book_lock(s.b, LH_SEM, 0),
		   other = book_lock(s.b, LH_MUTEX, LH_LOCK_PSHARED);
	lh_lock_id same[BOOK_LOCKS] = {0};
	struct lh_facts f;
	uint32_t found = 0;

	TAKES(s.b, s.t1, 0, {sem, X}, {s.A, X});
	TAKES(s.b, s.t2, 0, {s.A, X}, {sem, X | TRY});
	f = book_facts(s.b);
	for (lh_node_id n = 1; n < f.nodes; n++)
		found += lh_judge_node(j, &f, n);
	CHECK_EQ(found, 0);
	s.b->lock[LH_LOCK_ROW(sem)].flags |= LH_LOCK_TRIED;
	CHECK_EQ(lh_judge_lock(j, &f, sem), 1);
	CHECK_EQ(lh_judge_found(j)->n, 2);
	free(j);
	TAKES(s.b, s.t1, 0, {s.B, X}, {s.C, X});
	TAKES(s.b, s.t2, 0, {s.C, X}, {other, X});
	same[LH_LOCK_ROW(other)] = s.B;
	f = book_facts(s.b);
	f.same = same;
	j = judge_new(0);
	for (lh_node_id n = 1, last = 0; n < f.nodes; n++, last = found)
		found = lh_judge_node(j, &f, n) ? n : last;
	CHECK_EQ(found, f.nodes - 1);
	free(j);
	free(s.b);
}

/* Little room and few steps: counted, never wrong. */
static void bounds(void)
{
	struct lh_judge_room small = room;
	struct stage s = stage();
	struct lh_judge *j;
	struct lh_facts f;

	TAKES(s.b, s.t1, 0, {s.A, X}, {s.B, X}, {s.C, X}, {s.G, X});
	TAKES(s.b, s.t2, 0, {s.G, X}, {s.C, X}, {s.B, X}, {s.A, X});
	f = book_facts(s.b);
	for (uint32_t n = 1; n < 8; n++) {
		small = room;
		small.locks = small.edges = small.witnesses = small.circles = n;
		small.seens = small.events = small.threads = n;
		j = lh_judge_make(calloc(1, lh_judge_bytes(&small)), &small, LH_JUDGE_FILTERED);
		for (lh_node_id i = 1; i < f.nodes; i++)
			lh_judge_node(j, &f, i);
		CHECK(lh_judge_counts(j).refused > 0);
		CHECK(lh_judge_ok(j));
		free(j);
	}
	small = room;
	small.earn = 1;
	small.burst = 4;
	j = lh_judge_make(calloc(1, lh_judge_bytes(&small)), &small, 0);
	for (lh_node_id i = 1; i < f.nodes; i++)
		CHECK_EQ(lh_judge_node(j, &f, i), 0);
	CHECK(lh_judge_counts(j).cut > 0);
	free(j);
	free(s.b);
}

/* ---- pools ---- */

static void expect_pool(const char *name, struct book *b, uint32_t filter)
{
	static struct rings none;

	none.n = 0;
	judge_whole(b, LH_JUDGE_FILTERED, &none);
	if (!CHECK_EQ(pool_filter, filter))
		printf("\tcase %s\n", name);
	free(b);
}

static struct stage pool_stage(lh_lock_id *sem, uint32_t permits)
{
	struct stage s = stage();

	*sem = book_lock(s.b, LH_SEM, LH_LOCK_COUNTING);
	s.b->lock[LH_LOCK_ROW(*sem)].initial = permits;
	return s;
}

static void pool_cases(void)
{
	lh_lock_id m;
	struct stage s = pool_stage(&m, 2);

	TAKES(s.b, s.t1, 0, {m, P}, {m, P});
	TAKES(s.b, s.t2, 0, {m, P}, {m, P});
	expect_pool("two of two", s.b, LH_F_NONE);
	s = pool_stage(&m, 3);
	TAKES(s.b, s.t1, 0, {m, P}, {m, P});
	TAKES(s.b, s.t2, 0, {m, P}, {m, P});
	expect_pool("one is always left", s.b, LH_F_THREADS);
	s = pool_stage(&m, 3);
	TAKES(s.b, s.t1, 0, {m, P}, {m, P}, {m, P});
	TAKES(s.b, s.t2, 0, {m, P}, {m, P});
	expect_pool("two and one of three", s.b, LH_F_NONE);
	s = pool_stage(&m, 2);
	TAKES(s.b, s.t1, 0, {s.G, X}, {m, P}, {m, P});
	TAKES(s.b, s.t2, 0, {s.G, X}, {m, P}, {m, P});
	expect_pool("under a gate", s.b, LH_F_GATE);
	s = pool_stage(&m, 2);
	TAKES(s.b, s.t1, 0, {m, P}, {m, P});
	book_event(s.b, LH_EVENT_CREATE, s.t1, 0, s.t2, 0);
	TAKES(s.b, s.t2, 0, {m, P}, {m, P});
	expect_pool("one after the other", s.b, LH_F_ORDERED);
	s = pool_stage(&m, 2);
	TAKES(s.b, s.t1, 0, {m, P}, {m, P | TIMED});
	TAKES(s.b, s.t2, 0, {m, P}, {m, P | TIMED});
	expect_pool("with a limit", s.b, LH_F_TIMED);
	s = pool_stage(&m, 2);
	TAKES(s.b, s.t1, 0, {m, P}, {m, P | TRY});
	TAKES(s.b, s.t2, 0, {m, P}, {m, P | TRY});
	expect_pool("only tries", s.b, 255);
	s = pool_stage(&m, 40);
	TAKES(s.b, s.t1, 0, {m, P}, {m, P});
	book_many(s.b, 2);
	expect_pool("many threads", s.b, LH_F_NONE);
	s = pool_stage(&m, 2);
	TAKES(s.b, s.t1, 0, {m, P}, {s.A, X});
	TAKES(s.b, s.t2, 0, {s.A, X}, {m, P});
	expect("a permit is not a lock", s.b, 0, 0, 0);
}

static void random_pool(uint64_t number)
{
	static struct rings none;
	lh_lock_id m;
	struct stage s = pool_stage(&m, 2);
	uint32_t threads = 3;
	int oracle;

	state = seed(number);
	s.b->lock[LH_LOCK_ROW(m)].initial = 2 + dice(3);
	while (threads < 5)
		threads = book_thread(s.b, 0, 0);
	for (uint32_t i = 2 + dice(6); i; i--) {
		struct take k[4];
		uint32_t n = 1 + dice(4);
		for (uint32_t q = 0; q < n; q++)
			k[q] = dice(4) ? (struct take){m, P | (dice(6)   ? WAIT
							       : dice(2) ? TIMED
									 : TRY)}
				       : (struct take){dice(2) ? s.A : s.G, X};
		takes(s.b, 1 + dice(threads), dice(3), n, k);
	}
	for (uint32_t i = dice(4); i; i--)
		book_event(s.b, LH_EVENT_CREATE, 1 + dice(threads), dice(3), 1 + dice(threads),
			   dice(3));
	none.n = 0;
	oracle = oracle_pool(s.b, m);
	judge_whole(s.b, LH_JUDGE_FILTERED, &none);
	if (!CHECK_EQ(pool_filter, oracle < 0 ? 255 : oracle)) {
		printf("\tpool round %u\n", (uint32_t)number);
		print_book(s.b);
	}
	free(s.b);
}

static void named_cases(void)
{
	plain_cases();
	thread_cases();
	gate_cases();
	guard_cases();
	order_cases();
	reader_cases();
	two_queues();
	limit_cases();
	life_cases();
	dead_locks();
	long_rings();
	distinct();
	changes();
	bounds();
	pool_cases();
	for (uint32_t i = 0; i < rounds(2000) && !unit_failed; i++)
		random_pool(i);
}

int main(void)
{
	named_cases();
	if (!getenv("LH_NO_ORACLE"))
		against_oracle();
	if (!getenv("LH_NO_SIMULATOR"))
		against_simulator();
	return unit_done();
}
