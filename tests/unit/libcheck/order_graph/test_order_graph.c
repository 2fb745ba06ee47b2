/*
 * test_order_graph.c — tests the order graph: each filter with what it must filter and a near miss.
 *
 * LINKS: libcheck/order_graph/
 */
#include "tests/unit/libcheck/order_graph/order_driver.h"

/* ---- named cases ---- */

#define ACQUIRES(tables, t, segment, ...)                                                          \
	tables_acquire(tables, t, segment,                                                         \
		       sizeof((struct acquisition[]){__VA_ARGS__}) / sizeof(struct acquisition),   \
		       (struct acquisition[]){__VA_ARGS__})

/* The thread wants a lock while it holds another that it acquired in an outer chain: only the last
 * link of this chain has a visit. */
static void holds_then(struct order_tables *tables, lh_thread_id t, struct acquisition held,
		       struct acquisition want)
{
	lh_chain_id at = tables_add_chain(tables, 0, held.lock, 50 << 8 | held.mode_how);

	tables_add_visit(tables, tables_add_chain(tables, at, want.lock, 51 << 8 | want.mode_how),
			 t, 0);
}

struct fixture {
	struct order_tables *tables;
	lh_thread_id t1, t2, t3;
	lh_lock_id A, B, C, G, R, W, Q; /* mutexes; rwlocks: one default, two writer-preferring */
};

static struct fixture new_fixture(void)
{
	struct fixture s = {.tables = tables_new()};

	s.t1 = tables_add_thread(s.tables, 0, 0);
	s.t2 = tables_add_thread(s.tables, 0, 0);
	s.t3 = tables_add_thread(s.tables, 0, 0);
	s.A = tables_add_lock(s.tables, LH_MUTEX, 0);
	s.B = tables_add_lock(s.tables, LH_MUTEX, 0);
	s.C = tables_add_lock(s.tables, LH_MUTEX, 0);
	s.G = tables_add_lock(s.tables, LH_MUTEX, 0);
	s.R = tables_add_lock(s.tables, LH_RWLOCK, 0);
	s.W = tables_add_lock(s.tables, LH_RWLOCK, LH_LOCK_PREFER_WRITER);
	s.Q = tables_add_lock(s.tables, LH_RWLOCK, LH_LOCK_PREFER_WRITER);
	return s;
}

/* Expects exactly n cycles, of this length and with this filter. */
static void expect(const char *name, struct order_tables *tables, uint32_t n, uint32_t length,
		   enum lh_filter filter)
{
	static struct cycle_set whole, growing, quick;
	uint32_t wrong = 0;
	bool counts = filter == LH_F_NONE || filter == LH_F_TIMED ||
		      (filter == LH_F_ORDERED && tables->hb_edges_lost);

	whole.n = growing.n = quick.n = 0;
	check_all(tables, LH_ORDER_KEEP_FILTERED, &whole);
	check_growing(tables, LH_ORDER_KEEP_FILTERED, &growing);
	check_all(tables, 0, &quick);
	for (uint32_t i = 0; i < whole.n; i++)
		wrong += whole.cycle[i].n != length || whole.cycle[i].filter != filter;
	if (!CHECK(whole.n == n && !wrong && same_cycles(tables, &whole, &growing, false) &&
		   quick.n == (counts ? n : 0))) {
		printf("\tcase %s: %u cycles\n", name, whole.n);
		for (uint32_t i = 0; i < whole.n; i++)
			print_cycle(tables, &whole.cycle[i]);
	}
	free(tables);
}

static void basic_cases(void)
{
	struct fixture s = new_fixture();

	ACQUIRES(s.tables, s.t1, 0, {s.A, X}, {s.B, X});
	ACQUIRES(s.tables, s.t2, 0, {s.B, X}, {s.A, X});
	expect("abba", s.tables, 1, 2, LH_F_NONE);
	s = new_fixture();
	ACQUIRES(s.tables, s.t1, 0, {s.A, X}, {s.B, X});
	ACQUIRES(s.tables, s.t2, 0, {s.A, X}, {s.B, X});
	expect("abab", s.tables, 0, 0, 0);
	s = new_fixture();
	ACQUIRES(s.tables, s.t1, 0, {s.A, X}, {s.B, X});
	ACQUIRES(s.tables, s.t2, 0, {s.B, X}, {s.C, X});
	ACQUIRES(s.tables, s.t3, 0, {s.C, X}, {s.A, X});
	expect("three threads, three locks", s.tables, 1, 3, LH_F_NONE);
	s = new_fixture();
	ACQUIRES(s.tables, s.t1, 0, {s.A, X}, {s.B, X});
	ACQUIRES(s.tables, s.t2, 0, {s.B, X}, {s.C, X});
	ACQUIRES(s.tables, s.t1, 0, {s.C, X}, {s.A, X});
	expect("three locks, two threads", s.tables, 1, 3, LH_F_THREADS);
	s = new_fixture();
	ACQUIRES(s.tables, s.t1, 0, {s.A, X}, {s.C, X}, {s.B, X}, {s.A, X});
	expect("recursion is no edge", s.tables, 0, 0, 0);
	s = new_fixture();
	ACQUIRES(s.tables, s.t1, 0, {s.A, X}, {s.C, X}, {s.B, X});
	ACQUIRES(s.tables, s.t2, 0, {s.B, X}, {s.A, X});
	expect("not the last of the chain but the first", s.tables, 1, 2, LH_F_NONE);
}

static void thread_cases(void)
{
	struct fixture s = new_fixture();

	ACQUIRES(s.tables, s.t1, 0, {s.A, X}, {s.B, X});
	ACQUIRES(s.tables, s.t1, 0, {s.B, X}, {s.A, X});
	expect("one thread alone", s.tables, 1, 2, LH_F_THREADS);
	s = new_fixture();
	ACQUIRES(s.tables, s.t1, 0, {s.A, X}, {s.B, X});
	ACQUIRES(s.tables, s.t1, 0, {s.B, X}, {s.A, X});
	ACQUIRES(s.tables, s.t2, 0, {s.B, X}, {s.A, X});
	expect("two threads running the same code", s.tables, 1, 2, LH_F_NONE);
	s = new_fixture();
	ACQUIRES(s.tables, s.t1, 0, {s.A, X}, {s.B, X});
	ACQUIRES(s.tables, s.t1, 0, {s.B, X}, {s.A, X});
	tables_set_many_threads(s.tables, 2);
	expect("many threads: any of them", s.tables, 1, 2, LH_F_NONE);
	s = new_fixture(); /* A, B, -A, C against C, A */
	ACQUIRES(s.tables, s.t1, 0, {s.A, X}, {s.B, X});
	holds_then(s.tables, s.t1, (struct acquisition){s.B, X}, (struct acquisition){s.C, X});
	ACQUIRES(s.tables, s.t2, 0, {s.C, X}, {s.A, X});
	expect("hand over hand, two threads", s.tables, 1, 3, LH_F_THREADS);
	s = new_fixture();
	ACQUIRES(s.tables, s.t1, 0, {s.A, X}, {s.B, X});
	ACQUIRES(s.tables, s.t3, 0, {s.A, X}, {s.B, X});
	holds_then(s.tables, s.t1, (struct acquisition){s.B, X}, (struct acquisition){s.C, X});
	holds_then(s.tables, s.t3, (struct acquisition){s.B, X}, (struct acquisition){s.C, X});
	ACQUIRES(s.tables, s.t2, 0, {s.C, X}, {s.A, X});
	expect("hand over hand, three threads", s.tables, 1, 3, LH_F_NONE);
}

static void gate_cases(void)
{
	struct fixture s = new_fixture();

	ACQUIRES(s.tables, s.t1, 0, {s.G, X}, {s.A, X}, {s.B, X});
	ACQUIRES(s.tables, s.t2, 0, {s.G, X}, {s.B, X}, {s.A, X});
	expect("gate", s.tables, 1, 2, LH_F_GATE);
	s = new_fixture();
	ACQUIRES(s.tables, s.t1, 0, {s.G, X}, {s.A, X}, {s.B, X});
	ACQUIRES(s.tables, s.t2, 0, {s.C, X}, {s.B, X}, {s.A, X});
	expect("two gates are none", s.tables, 1, 2, LH_F_NONE);
	s = new_fixture();
	ACQUIRES(s.tables, s.t1, 0, {s.R, S}, {s.A, X}, {s.B, X});
	ACQUIRES(s.tables, s.t2, 0, {s.R, S}, {s.B, X}, {s.A, X});
	expect("a gate held shared by both", s.tables, 1, 2, LH_F_NONE);
	s = new_fixture();
	ACQUIRES(s.tables, s.t1, 0, {s.R, X}, {s.A, X}, {s.B, X});
	ACQUIRES(s.tables, s.t2, 0, {s.R, S}, {s.B, X}, {s.A, X});
	expect("a gate held shared by one", s.tables, 1, 2, LH_F_GATE);
	s = new_fixture();
	ACQUIRES(s.tables, s.t1, 0, {s.G, X | TRY}, {s.A, X}, {s.B, X});
	ACQUIRES(s.tables, s.t2, 0, {s.G, X}, {s.B, X}, {s.A, X});
	expect("a gate that was tried", s.tables, 1, 2, LH_F_GATE);
	s = new_fixture(); /* the gate is released before the second lock is wanted */
	ACQUIRES(s.tables, s.t1, 0, {s.G, X}, {s.A, X});
	holds_then(s.tables, s.t1, (struct acquisition){s.A, X}, (struct acquisition){s.B, X});
	ACQUIRES(s.tables, s.t2, 0, {s.G, X}, {s.B, X}, {s.A, X});
	expect("a gate left too early", s.tables, 1, 2, LH_F_NONE);
}

/* t1 creates t3 while it holds G, and joins t3 before it releases G; t2 holds G, too. */
static void creator_chain_cases(void)
{
	for (int held_over = 0; held_over < 2; held_over++) {
		struct fixture s = new_fixture();
		lh_chain_id g = tables_add_chain(s.tables, 0, s.G, 1 << 8);
		s.tables->thread[s.t3].creator = s.t1;
		s.tables->thread[s.t3].creator_chain = held_over ? g : 0;
		ACQUIRES(s.tables, s.t3, 0, {s.A, X}, {s.B, X});
		ACQUIRES(s.tables, s.t2, 0, {s.G, X}, {s.B, X}, {s.A, X});
		expect("the gate of the creator", s.tables, 1, 2,
		       held_over ? LH_F_GATE : LH_F_NONE);
	}
	struct fixture s = new_fixture();
	s.tables->thread[s.t3].creator = s.t1;
	s.tables->thread[s.t3].creator_chain = tables_add_chain(s.tables, 0, s.G, 1 << 8);
	ACQUIRES(s.tables, s.t3, 0, {s.A, X}, {s.B, X});
	ACQUIRES(s.tables, s.t1, 0, {s.G, X}, {s.B, X}, {s.A, X});
	expect("the creator itself meets its child", s.tables, 1, 2, LH_F_NONE);
}

static void happens_before_cases(void)
{
	struct fixture s = new_fixture();

	ACQUIRES(s.tables, s.t1, 0, {s.A, X}, {s.B, X});
	tables_add_hb_edge(s.tables, LH_HB_CREATE, s.t1, 0, s.t2, 0);
	ACQUIRES(s.tables, s.t2, 0, {s.B, X}, {s.A, X});
	expect("before the other was created", s.tables, 1, 2, LH_F_ORDERED);
	s = new_fixture();
	tables_add_hb_edge(s.tables, LH_HB_CREATE, s.t1, 0, s.t2, 0);
	ACQUIRES(s.tables, s.t1, 1, {s.A, X}, {s.B, X});
	ACQUIRES(s.tables, s.t2, 0, {s.B, X}, {s.A, X});
	expect("after the other was created", s.tables, 1, 2, LH_F_NONE);
	s = new_fixture();
	ACQUIRES(s.tables, s.t1, 0, {s.A, X}, {s.B, X});
	ACQUIRES(s.tables, s.t2, 0, {s.B, X}, {s.A, X});
	s.tables->hb_edges_lost = true;
	expect("what ordered them may be missing", s.tables, 1, 2, LH_F_ORDERED);
	s = new_fixture();
	ACQUIRES(s.tables, s.t1, 0, {s.G, X}, {s.A, X}, {s.B, X});
	ACQUIRES(s.tables, s.t2, 0, {s.G, X}, {s.B, X}, {s.A, X});
	s.tables->hb_edges_lost = true;
	expect("a gate is known all the same", s.tables, 1, 2, LH_F_GATE);
	s = new_fixture();
	tables_add_hb_edge(s.tables, LH_HB_CREATE, s.t1, 0, s.t2, 0);
	ACQUIRES(s.tables, s.t2, 0, {s.B, X}, {s.A, X});
	tables_add_hb_edge(s.tables, LH_HB_JOIN, s.t2, 0, s.t1, 2);
	ACQUIRES(s.tables, s.t1, 2, {s.A, X}, {s.B, X});
	expect("after the other was joined", s.tables, 1, 2, LH_F_ORDERED);
	s = new_fixture();
	ACQUIRES(s.tables, s.t1, 0, {s.A, X}, {s.B, X});
	tables_add_hb_edge(s.tables, LH_HB_CREATE, s.t1, 0, s.t2, 0);
	tables_add_hb_edge(s.tables, LH_HB_JOIN, s.t2, 0, s.t1, 2);
	ACQUIRES(s.tables, s.t1, 2, {s.A, X}, {s.B, X});
	ACQUIRES(s.tables, s.t2, 0, {s.B, X}, {s.A, X});
	expect("before and after, but never beside", s.tables, 1, 2, LH_F_ORDERED);
	s = new_fixture();
	tables_add_hb_edge(s.tables, LH_HB_CREATE, s.t1, 0, s.t2, 0);
	tables_add_hb_edge(s.tables, LH_HB_JOIN, s.t2, 0, s.t1, 2);
	tables_add_hb_edge(s.tables, LH_HB_CREATE, s.t1, 2, s.t3, 0);
	ACQUIRES(s.tables, s.t2, 0, {s.B, X}, {s.A, X});
	ACQUIRES(s.tables, s.t3, 0, {s.A, X}, {s.B, X});
	expect("one after the other", s.tables, 1, 2, LH_F_ORDERED);
	s = new_fixture(); /* two segments at a barrier: first A B | then B A */
	ACQUIRES(s.tables, s.t1, 0, {s.A, X}, {s.B, X});
	tables_add_hb_edge(s.tables, LH_HB_BARRIER, s.t1, 0, s.t2, 1);
	tables_add_hb_edge(s.tables, LH_HB_BARRIER, s.t2, 0, s.t1, 1);
	ACQUIRES(s.tables, s.t2, 1, {s.B, X}, {s.A, X});
	expect("a barrier between", s.tables, 1, 2, LH_F_ORDERED);
}

static void reader_cases(void)
{
	struct fixture s = new_fixture();

	ACQUIRES(s.tables, s.t1, 0, {s.R, S}, {s.A, X});
	ACQUIRES(s.tables, s.t2, 0, {s.A, X}, {s.R, S});
	ACQUIRES(s.tables, s.t3, 0, {s.R, X});
	expect("readers of a default rwlock", s.tables, 1, 2, LH_F_READERS);
	s = new_fixture();
	ACQUIRES(s.tables, s.t1, 0, {s.R, S}, {s.A, X});
	ACQUIRES(s.tables, s.t2, 0, {s.A, X}, {s.R, X});
	expect("a writer waits for a reader", s.tables, 1, 2, LH_F_NONE);
	s = new_fixture();
	ACQUIRES(s.tables, s.t1, 0, {s.R, X}, {s.A, X});
	ACQUIRES(s.tables, s.t2, 0, {s.A, X}, {s.R, S});
	expect("a reader waits for a writer", s.tables, 1, 2, LH_F_NONE);
	s = new_fixture();
	ACQUIRES(s.tables, s.t1, 0, {s.W, S}, {s.A, X});
	ACQUIRES(s.tables, s.t2, 0, {s.A, X}, {s.W, S});
	expect("writers preferred, but nobody writes", s.tables, 1, 2, LH_F_READERS);
	s = new_fixture();
	ACQUIRES(s.tables, s.t1, 0, {s.W, S}, {s.A, X});
	ACQUIRES(s.tables, s.t2, 0, {s.A, X}, {s.W, S});
	ACQUIRES(s.tables, s.t3, 0, {s.W, X});
	expect("behind a third thread that queues", s.tables, 1, 2, LH_F_NONE);
	s = new_fixture();
	ACQUIRES(s.tables, s.t1, 0, {s.W, S}, {s.A, X});
	ACQUIRES(s.tables, s.t2, 0, {s.A, X}, {s.W, S});
	ACQUIRES(s.tables, s.t1, 0, {s.W, X});
	expect("the only writer is one of the two", s.tables, 1, 2, LH_F_READERS);
	s = new_fixture();
	ACQUIRES(s.tables, s.t1, 0, {s.W, S}, {s.A, X});
	ACQUIRES(s.tables, s.t2, 0, {s.G, X}, {s.A, X}, {s.W, S});
	ACQUIRES(s.tables, s.t3, 0, {s.G, X}, {s.W, X});
	expect("the writer cannot get there: it needs G", s.tables, 1, 2, LH_F_READERS);
	s = new_fixture();
	ACQUIRES(s.tables, s.t1, 0, {s.W, S}, {s.A, X});
	ACQUIRES(s.tables, s.t2, 0, {s.A, X}, {s.W, S});
	ACQUIRES(s.tables, s.t3, 0, {s.W, X | TIMED});
	expect("the writer waits with a limit", s.tables, 1, 2, LH_F_TIMED);
	s = new_fixture();
	ACQUIRES(s.tables, s.t1, 0, {s.W, S}, {s.A, X});
	ACQUIRES(s.tables, s.t2, 0, {s.A, X}, {s.W, S});
	ACQUIRES(s.tables, s.t3, 0, {s.W, X | TRY});
	expect("the writer only tries", s.tables, 1, 2, LH_F_READERS);
}

/* Two readers of two writer-preferring rwlocks: each link needs a queued writer of its own. */
static void two_queued_writers(void)
{
	struct fixture s;

	for (int writers = 1; writers <= 2; writers++) {
		s = new_fixture();
		lh_thread_id t4 = tables_add_thread(s.tables, 0, 0);
		ACQUIRES(s.tables, s.t1, 0, {s.W, S}, {s.Q, S});
		ACQUIRES(s.tables, s.t2, 0, {s.Q, S}, {s.W, S});
		ACQUIRES(s.tables, s.t3, 0, {s.W, X});
		ACQUIRES(s.tables, writers == 2 ? t4 : s.t3, 0, {s.Q, X});
		expect("readers in both directions", s.tables, 1, 2,
		       writers == 2 ? LH_F_NONE : LH_F_READERS);
	}
}

static void timed_and_try_cases(void)
{
	struct fixture s = new_fixture();

	ACQUIRES(s.tables, s.t1, 0, {s.A, X}, {s.B, X | TRY});
	ACQUIRES(s.tables, s.t2, 0, {s.B, X}, {s.A, X});
	expect("try", s.tables, 1, 2, LH_F_TRY);
	s = new_fixture();
	ACQUIRES(s.tables, s.t1, 0, {s.A, X | TRY}, {s.B, X});
	ACQUIRES(s.tables, s.t2, 0, {s.B, X | TRY}, {s.A, X});
	expect("tried, then held, then waits", s.tables, 1, 2, LH_F_NONE);
	s = new_fixture();
	ACQUIRES(s.tables, s.t1, 0, {s.A, X}, {s.B, X | TIMED});
	ACQUIRES(s.tables, s.t2, 0, {s.B, X}, {s.A, X});
	expect("timed", s.tables, 1, 2, LH_F_TIMED);
	s = new_fixture();
	lh_lock_id sem = tables_add_lock(s.tables, LH_SEM, 0);
	ACQUIRES(s.tables, s.t1, 0, {sem, X}, {s.A, X});
	ACQUIRES(s.tables, s.t2, 0, {s.A, X}, {sem, X | TRY});
	expect("a semaphore is tried", s.tables, 1, 2, LH_F_TRY);
	s = new_fixture();
	sem = tables_add_lock(s.tables, LH_SEM, LH_LOCK_SIGNAL);
	ACQUIRES(s.tables, s.t1, 0, {sem, X}, {s.A, X});
	ACQUIRES(s.tables, s.t2, 0, {s.A, X}, {sem, X});
	ACQUIRES(s.tables, s.t1, 0, {sem, X}, {s.B, X}, {s.C, X});
	ACQUIRES(s.tables, s.t2, 0, {sem, X}, {s.C, X}, {s.B, X});
	expect("a signal is no lock and no gate", s.tables, 1, 2, LH_F_NONE);
}

static void thread_end_cases(void)
{
	struct fixture s = new_fixture();
	lh_lock_id l1 = s.tables->thread[s.t1].end_lock, l2 = s.tables->thread[s.t2].end_lock,
		   l3 = s.tables->thread[s.t3].end_lock;

	ACQUIRES(s.tables, s.t1, 0, {s.A, X}, {l2, X});
	ACQUIRES(s.tables, s.t2, 0, {s.A, X});
	expect("join under a lock that it takes", s.tables, 1, 2, LH_F_NONE);
	s = new_fixture();
	ACQUIRES(s.tables, s.t2, 0, {s.A, X});
	ACQUIRES(s.tables, s.t1, 0, {s.B, X}, {l2, X});
	ACQUIRES(s.tables, s.t3, 0, {s.B, X});
	expect("join under a lock that another takes", s.tables, 0, 0, 0);
	s = new_fixture();
	ACQUIRES(s.tables, s.t1, 0, {l2, X});
	ACQUIRES(s.tables, s.t2, 0, {l3, X});
	ACQUIRES(s.tables, s.t3, 0, {l1, X});
	expect("three join each other", s.tables, 1, 3, LH_F_NONE);
	s = new_fixture();
	ACQUIRES(s.tables, s.t2, 0, {l3, X});
	ACQUIRES(s.tables, s.t3, 0, {s.A, X});
	ACQUIRES(s.tables, s.t1, 0, {s.A, X}, {l2, X});
	expect("joins one that joins one that takes it", s.tables, 1, 3, LH_F_NONE);
	s = new_fixture();
	ACQUIRES(s.tables, s.t2, 0, {s.A, X});
	tables_add_hb_edge(s.tables, LH_HB_CREATE, s.t1, 0, s.t2, 0);
	ACQUIRES(s.tables, s.t1, 1, {s.A, X}, {l2, X | TIMED});
	expect("timed join", s.tables, 1, 2, LH_F_TIMED);
}

/* Two locks that have the same row one after the other: their ids differ in the generation. */
static void dead_locks(void)
{
	struct fixture s = new_fixture();
	lh_lock_id later = LH_LOCK_ID(LH_LOCK_ROW(s.A), 2);

	ACQUIRES(s.tables, s.t1, 0, {s.A, X}, {s.B, X});
	ACQUIRES(s.tables, s.t2, 0, {s.B, X}, {later, X});
	expect("another lock in the same row", s.tables, 0, 0, 0);
	s = new_fixture();
	ACQUIRES(s.tables, s.t1, 0, {s.A, X}, {s.B, X});
	ACQUIRES(s.tables, s.t2, 0, {s.B, X}, {s.A, X});
	s.tables->lock[LH_LOCK_ROW(s.A)].flags |= LH_LOCK_DEAD;
	expect("dead by now, but it could have happened", s.tables, 1, 2, LH_F_NONE);
}

static void long_cycles(void)
{
	for (uint32_t n = 2; n <= 24; n += 1) {
		struct order_tables *tables = tables_new();
		lh_lock_id lock[24];
		for (uint32_t i = 0; i < n; i++) {
			tables_add_thread(tables, 0, 0);
			lock[i] = tables_add_lock(tables, LH_MUTEX, 0);
		}
		for (uint32_t i = 0; i < n; i++)
			ACQUIRES(tables, 1 + i, 0, {lock[i], X}, {lock[(i + 1) % n], X});
		expect("long cycle", tables, 1, n, LH_F_NONE);
	}
}

/* The same locks at different sites give two findings; with other outer locks it is the same
 * finding, which is counted. */
static void distinct_findings(void)
{
	struct fixture s = new_fixture();
	struct lh_order_graph *graph = graph_new(0);
	struct lh_order_input input;
	uint32_t found = 0;

	ACQUIRES(s.tables, s.t1, 0, {s.A, X}, {s.B, X});
	ACQUIRES(s.tables, s.t2, 0, {s.B, X}, {s.A, X});
	tables_add_visit(s.tables,
			 tables_add_chain(s.tables, tables_add_chain(s.tables, 0, s.A, 77 << 8),
					  s.B, 78 << 8),
			 s.t3, 0);
	tables_add_visit(
		s.tables,
		tables_add_chain(s.tables,
				 tables_add_chain(s.tables,
						  tables_add_chain(s.tables, 0, s.C, 70 << 8), s.A,
						  77 << 8),
				 s.B, 78 << 8),
		s.t3, 0);
	input = tables_input(s.tables);
	for (lh_chain_id chain = 1; chain < input.chains; chain++)
		found += lh_order_check_chain(graph, &input, chain);
	CHECK_EQ(found, 2);
	free(graph);
	free(s.tables);
}

/* A reader waits for a reader only behind a queued writer, so the first writer closes a cycle. */
static void first_writer(void)
{
	struct fixture s = new_fixture();
	struct lh_order_graph *graph = graph_new(0);
	struct lh_order_input input;
	uint32_t found = 0;

	ACQUIRES(s.tables, s.t1, 0, {s.W, S}, {s.A, X});
	ACQUIRES(s.tables, s.t2, 0, {s.A, X}, {s.W, S});
	ACQUIRES(s.tables, s.t3, 0, {s.W, X});
	s.tables->lock[LH_LOCK_ROW(s.W)].flags &= ~(uint32_t)LH_LOCK_HAS_WRITERS;
	input = tables_input(s.tables);
	for (lh_chain_id chain = 1; chain < input.chains; chain++)
		found += lh_order_check_chain(graph, &input, chain);
	CHECK_EQ(found, 0);
	s.tables->lock[LH_LOCK_ROW(s.W)].flags |= LH_LOCK_HAS_WRITERS;
	CHECK_EQ(lh_order_check_lock(graph, &input, s.W), 1);
	CHECK_EQ(lh_order_cycles(graph)->n, 2);
	free(graph);
	free(s.tables);
}

/* With little capacity or few steps the graph counts what it leaves out, and reports no false
 * cycle. */
static void bounds(void)
{
	struct lh_order_graph_size small = graph_size;
	struct fixture s = new_fixture();
	struct lh_order_graph *graph;
	struct lh_order_input input;

	ACQUIRES(s.tables, s.t1, 0, {s.A, X}, {s.B, X}, {s.C, X}, {s.G, X});
	ACQUIRES(s.tables, s.t2, 0, {s.G, X}, {s.C, X}, {s.B, X}, {s.A, X});
	input = tables_input(s.tables);
	for (uint32_t n = 1; n < 8; n++) {
		small = graph_size;
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
	small = graph_size;
	small.refill = 1;
	small.budget_max = 4;
	graph = lh_order_graph_init(calloc(1, lh_order_graph_bytes(&small)), &small, 0);
	for (lh_chain_id i = 1; i < input.chains; i++)
		CHECK_EQ(lh_order_check_chain(graph, &input, i), 0);
	CHECK(lh_order_counts(graph).cut > 0);
	free(graph);
	free(s.tables);
}

/* ---- counting semaphores ---- */

static void expect_sem_cycle(const char *name, struct order_tables *tables, uint32_t filter)
{
	static struct cycle_set none;

	none.n = 0;
	check_all(tables, LH_ORDER_KEEP_FILTERED, &none);
	if (!CHECK_EQ(sem_filter, filter))
		printf("\tcase %s\n", name);
	free(tables);
}

static struct fixture sem_fixture(lh_lock_id *sem, uint32_t permits)
{
	struct fixture s = new_fixture();

	*sem = tables_add_lock(s.tables, LH_SEM, LH_LOCK_COUNTING);
	s.tables->lock[LH_LOCK_ROW(*sem)].initial = permits;
	return s;
}

static void sem_cases(void)
{
	lh_lock_id m;
	struct fixture s = sem_fixture(&m, 2);

	ACQUIRES(s.tables, s.t1, 0, {m, P}, {m, P});
	ACQUIRES(s.tables, s.t2, 0, {m, P}, {m, P});
	expect_sem_cycle("two of two", s.tables, LH_F_NONE);
	s = sem_fixture(&m, 3);
	ACQUIRES(s.tables, s.t1, 0, {m, P}, {m, P});
	ACQUIRES(s.tables, s.t2, 0, {m, P}, {m, P});
	expect_sem_cycle("one is always left", s.tables, LH_F_THREADS);
	s = sem_fixture(&m, 3);
	ACQUIRES(s.tables, s.t1, 0, {m, P}, {m, P}, {m, P});
	ACQUIRES(s.tables, s.t2, 0, {m, P}, {m, P});
	expect_sem_cycle("two and one of three", s.tables, LH_F_NONE);
	s = sem_fixture(&m, 2);
	ACQUIRES(s.tables, s.t1, 0, {s.G, X}, {m, P}, {m, P});
	ACQUIRES(s.tables, s.t2, 0, {s.G, X}, {m, P}, {m, P});
	expect_sem_cycle("under a gate", s.tables, LH_F_GATE);
	s = sem_fixture(&m, 2);
	ACQUIRES(s.tables, s.t1, 0, {m, P}, {m, P});
	tables_add_hb_edge(s.tables, LH_HB_CREATE, s.t1, 0, s.t2, 0);
	ACQUIRES(s.tables, s.t2, 0, {m, P}, {m, P});
	expect_sem_cycle("one after the other", s.tables, LH_F_ORDERED);
	s = sem_fixture(&m, 2);
	ACQUIRES(s.tables, s.t1, 0, {m, P}, {m, P | TIMED});
	ACQUIRES(s.tables, s.t2, 0, {m, P}, {m, P | TIMED});
	expect_sem_cycle("with a limit", s.tables, LH_F_TIMED);
	s = sem_fixture(&m, 2);
	ACQUIRES(s.tables, s.t1, 0, {m, P}, {m, P | TRY});
	ACQUIRES(s.tables, s.t2, 0, {m, P}, {m, P | TRY});
	expect_sem_cycle("only tries", s.tables, 255);
	s = sem_fixture(&m, 40);
	ACQUIRES(s.tables, s.t1, 0, {m, P}, {m, P});
	tables_set_many_threads(s.tables, 2);
	expect_sem_cycle("many threads", s.tables, LH_F_NONE);
	s = sem_fixture(&m, 2);
	ACQUIRES(s.tables, s.t1, 0, {m, P}, {s.A, X});
	ACQUIRES(s.tables, s.t2, 0, {s.A, X}, {m, P});
	expect("a permit is not a lock", s.tables, 0, 0, 0);
}

int main(void)
{
	basic_cases();
	thread_cases();
	gate_cases();
	creator_chain_cases();
	happens_before_cases();
	reader_cases();
	two_queued_writers();
	timed_and_try_cases();
	thread_end_cases();
	dead_locks();
	long_cycles();
	distinct_findings();
	first_writer();
	bounds();
	sem_cases();
	return unit_done();
}
