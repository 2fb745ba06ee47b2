/*
 * test_order_graph.c — the judge: each filter with what it must filter and a near miss.
 *
 * LINKS: libcheck/order_graph/
 */
#include "tests/unit/libcheck/order_graph/order_driver.h"

/* ---- named cases ---- */

#define TAKES(b, t, segment, ...)                                                                  \
	takes(b, t, segment, sizeof((struct take[]){__VA_ARGS__}) / sizeof(struct take),           \
	      (struct take[]){__VA_ARGS__})

/* What holds while its head was taken elsewhere: nobody was seen at the chain's links. */
static void holds_then(struct book *b, lh_thread_id t, struct take held, struct take want)
{
	lh_chain_id at = book_node(b, 0, held.lock, 50 << 8 | held.as);

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
	bool counts = filter == LH_F_NONE || filter == LH_F_TIMED ||
		      (filter == LH_F_ORDERED && b->orders_lost);

	whole.n = growing.n = quick.n = 0;
	judge_whole(b, LH_ORDER_KEEP_FILTERED, &whole);
	judge_growing(b, LH_ORDER_KEEP_FILTERED, &growing);
	judge_whole(b, 0, &quick);
	for (uint32_t i = 0; i < whole.n; i++)
		bad += whole.ring[i].n != length || whole.ring[i].filter != filter;
	if (!CHECK(whole.n == n && !bad && same_rings(b, &whole, &growing, false) &&
		   quick.n == (counts ? n : 0))) {
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
		lh_chain_id g = book_node(s.b, 0, s.G, 1 << 8);
		s.b->thread[s.t3].creator = s.t1;
		s.b->thread[s.t3].creator_chain = kept ? g : 0;
		TAKES(s.b, s.t3, 0, {s.A, X}, {s.B, X});
		TAKES(s.b, s.t2, 0, {s.G, X}, {s.B, X}, {s.A, X});
		expect("the gate of the creator", s.b, 1, 2, kept ? LH_F_GATE : LH_F_NONE);
	}
	struct stage s = stage();
	s.b->thread[s.t3].creator = s.t1;
	s.b->thread[s.t3].creator_chain = book_node(s.b, 0, s.G, 1 << 8);
	TAKES(s.b, s.t3, 0, {s.A, X}, {s.B, X});
	TAKES(s.b, s.t1, 0, {s.G, X}, {s.B, X}, {s.A, X});
	expect("the creator itself meets its child", s.b, 1, 2, LH_F_NONE);
}

static void order_cases(void)
{
	struct stage s = stage();

	TAKES(s.b, s.t1, 0, {s.A, X}, {s.B, X});
	book_event(s.b, LH_HB_CREATE, s.t1, 0, s.t2, 0);
	TAKES(s.b, s.t2, 0, {s.B, X}, {s.A, X});
	expect("before the other was created", s.b, 1, 2, LH_F_ORDERED);
	s = stage();
	book_event(s.b, LH_HB_CREATE, s.t1, 0, s.t2, 0);
	TAKES(s.b, s.t1, 1, {s.A, X}, {s.B, X});
	TAKES(s.b, s.t2, 0, {s.B, X}, {s.A, X});
	expect("after the other was created", s.b, 1, 2, LH_F_NONE);
	s = stage();
	TAKES(s.b, s.t1, 0, {s.A, X}, {s.B, X});
	TAKES(s.b, s.t2, 0, {s.B, X}, {s.A, X});
	s.b->orders_lost = true;
	expect("what ordered them may be missing", s.b, 1, 2, LH_F_ORDERED);
	s = stage();
	TAKES(s.b, s.t1, 0, {s.G, X}, {s.A, X}, {s.B, X});
	TAKES(s.b, s.t2, 0, {s.G, X}, {s.B, X}, {s.A, X});
	s.b->orders_lost = true;
	expect("a gate is known all the same", s.b, 1, 2, LH_F_GATE);
	s = stage();
	book_event(s.b, LH_HB_CREATE, s.t1, 0, s.t2, 0);
	TAKES(s.b, s.t2, 0, {s.B, X}, {s.A, X});
	book_event(s.b, LH_HB_JOIN, s.t2, 0, s.t1, 2);
	TAKES(s.b, s.t1, 2, {s.A, X}, {s.B, X});
	expect("after the other was joined", s.b, 1, 2, LH_F_ORDERED);
	s = stage();
	TAKES(s.b, s.t1, 0, {s.A, X}, {s.B, X});
	book_event(s.b, LH_HB_CREATE, s.t1, 0, s.t2, 0);
	book_event(s.b, LH_HB_JOIN, s.t2, 0, s.t1, 2);
	TAKES(s.b, s.t1, 2, {s.A, X}, {s.B, X});
	TAKES(s.b, s.t2, 0, {s.B, X}, {s.A, X});
	expect("before and after, but never beside", s.b, 1, 2, LH_F_ORDERED);
	s = stage();
	book_event(s.b, LH_HB_CREATE, s.t1, 0, s.t2, 0);
	book_event(s.b, LH_HB_JOIN, s.t2, 0, s.t1, 2);
	book_event(s.b, LH_HB_CREATE, s.t1, 2, s.t3, 0);
	TAKES(s.b, s.t2, 0, {s.B, X}, {s.A, X});
	TAKES(s.b, s.t3, 0, {s.A, X}, {s.B, X});
	expect("one after the other", s.b, 1, 2, LH_F_ORDERED);
	s = stage(); /* two segments at a barrier: first A B | then B A */
	TAKES(s.b, s.t1, 0, {s.A, X}, {s.B, X});
	book_event(s.b, LH_HB_BARRIER, s.t1, 0, s.t2, 1);
	book_event(s.b, LH_HB_BARRIER, s.t2, 0, s.t1, 1);
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
	expect("a semaphore is tried", s.b, 1, 2, LH_F_TRY);
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
	lh_lock_id l1 = s.b->thread[s.t1].end_lock, l2 = s.b->thread[s.t2].end_lock,
		   l3 = s.b->thread[s.t3].end_lock;

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
	book_event(s.b, LH_HB_CREATE, s.t1, 0, s.t2, 0);
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
	struct lh_order_graph *graph = judge_new(0);
	struct lh_order_input input;
	uint32_t found = 0;

	TAKES(s.b, s.t1, 0, {s.A, X}, {s.B, X});
	TAKES(s.b, s.t2, 0, {s.B, X}, {s.A, X});
	book_seen(s.b, book_node(s.b, book_node(s.b, 0, s.A, 77 << 8), s.B, 78 << 8), s.t3, 0);
	book_seen(s.b,
		  book_node(s.b, book_node(s.b, book_node(s.b, 0, s.C, 70 << 8), s.A, 77 << 8), s.B,
			    78 << 8),
		  s.t3, 0);
	input = book_facts(s.b);
	for (lh_chain_id chain = 1; chain < input.chains; chain++)
		found += lh_order_check_chain(graph, &input, chain);
	CHECK_EQ(found, 2);
	free(graph);
	free(s.b);
}

/* A reader waits for a reader only behind a queued writer: the first writer makes it a cycle. */
static void first_writer(void)
{
	struct stage s = stage();
	struct lh_order_graph *graph = judge_new(0);
	struct lh_order_input input;
	uint32_t found = 0;

	TAKES(s.b, s.t1, 0, {s.W, S}, {s.A, X});
	TAKES(s.b, s.t2, 0, {s.A, X}, {s.W, S});
	TAKES(s.b, s.t3, 0, {s.W, X});
	s.b->lock[LH_LOCK_ROW(s.W)].flags &= ~(uint32_t)LH_LOCK_HAS_WRITERS;
	input = book_facts(s.b);
	for (lh_chain_id chain = 1; chain < input.chains; chain++)
		found += lh_order_check_chain(graph, &input, chain);
	CHECK_EQ(found, 0);
	s.b->lock[LH_LOCK_ROW(s.W)].flags |= LH_LOCK_HAS_WRITERS;
	CHECK_EQ(lh_order_check_lock(graph, &input, s.W), 1);
	CHECK_EQ(lh_order_cycles(graph)->n, 2);
	free(graph);
	free(s.b);
}

/* Little room and few steps: counted, never wrong. */
static void bounds(void)
{
	struct lh_order_graph_size small = room;
	struct stage s = stage();
	struct lh_order_graph *graph;
	struct lh_order_input input;

	TAKES(s.b, s.t1, 0, {s.A, X}, {s.B, X}, {s.C, X}, {s.G, X});
	TAKES(s.b, s.t2, 0, {s.G, X}, {s.C, X}, {s.B, X}, {s.A, X});
	input = book_facts(s.b);
	for (uint32_t n = 1; n < 8; n++) {
		small = room;
		small.locks = small.edges = small.witnesses = small.cycles = n;
		small.visits = small.hb_edges = small.threads = n;
		graph = lh_order_graph_init(calloc(1, lh_order_graph_bytes(&small)), &small,
					    LH_ORDER_KEEP_FILTERED);
		for (lh_chain_id i = 1; i < input.chains; i++)
			lh_order_check_chain(graph, &input, i);
		CHECK(lh_order_counts(graph).refused > 0);
		CHECK(lh_order_graph_is_consistent(graph));
		free(graph);
	}
	small = room;
	small.refill = 1;
	small.budget_max = 4;
	graph = lh_order_graph_init(calloc(1, lh_order_graph_bytes(&small)), &small, 0);
	for (lh_chain_id i = 1; i < input.chains; i++)
		CHECK_EQ(lh_order_check_chain(graph, &input, i), 0);
	CHECK(lh_order_counts(graph).cut > 0);
	free(graph);
	free(s.b);
}

/* ---- pools ---- */

static void expect_pool(const char *name, struct book *b, uint32_t filter)
{
	static struct rings none;

	none.n = 0;
	judge_whole(b, LH_ORDER_KEEP_FILTERED, &none);
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
	book_event(s.b, LH_HB_CREATE, s.t1, 0, s.t2, 0);
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

int main(void)
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
	first_writer();
	bounds();
	pool_cases();
	return unit_done();
}
