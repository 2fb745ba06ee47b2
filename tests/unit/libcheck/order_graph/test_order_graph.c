/*
 * test_order_graph.c — tests the order graph: each filter with what it must filter and a near miss.
 *
 * LINKS: libcheck/order_graph/
 */
#include "tests/unit/libcheck/order_graph/order_driver.h"

/* ---- named cases ---- */

/* What a case begins with: threads and locks. */
static struct fixture {
	struct order_tables *tables;
	lh_thread_id t1, t2, t3;
	lh_lock_id A, B, C, G, R, W, Q; /* mutexes; rwlocks: one default, two writer-preferring */
} s;

static void new_fixture(void)
{
	free(s.tables);
	s.tables = tables_new();
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
}

#define ACQUIRES(t, segment, ...)                                                                  \
	tables_acquire(s.tables, t, segment,                                                       \
		       sizeof((struct acquisition[]){__VA_ARGS__}) / sizeof(struct acquisition),   \
		       (struct acquisition[]){__VA_ARGS__})

/* The thread wants a lock while it holds another that it acquired in an outer chain: only the last
 * link of this chain has a visit. */
static void holds_then(lh_thread_id t, lh_lock_id held, lh_lock_id want)
{
	lh_chain_id at = tables_add_chain(s.tables, 0, held, 50 << 8 | X);

	tables_add_visit(s.tables, tables_add_chain(s.tables, at, want, 51 << 8 | X), t, 0);
}

/* Expects exactly n cycles, of this length and with this filter, and begins a new case. */
static void expect(const char *name, uint32_t n, uint32_t length, enum lh_filter filter)
{
	static struct cycle_set whole, growing, quick;
	uint32_t wrong = 0;
	bool counts = filter == LH_F_NONE || filter == LH_F_TIMED ||
		      (filter == LH_F_ORDERED && s.tables->hb_edges_lost);

	whole.n = growing.n = quick.n = 0;
	check_all(s.tables, LH_ORDER_KEEP_FILTERED, &whole);
	check_growing(s.tables, LH_ORDER_KEEP_FILTERED, &growing);
	check_all(s.tables, 0, &quick);
	for (uint32_t i = 0; i < whole.n; i++)
		wrong += whole.cycle[i].n != length || whole.cycle[i].filter != filter;
	if (!CHECK(whole.n == n && !wrong && same_cycles(&whole, &growing, false) &&
		   quick.n == (counts ? n : 0))) {
		printf("\tcase %s: %u cycles\n", name, whole.n);
		for (uint32_t i = 0; i < whole.n; i++)
			print_cycle(&whole.cycle[i]);
	}
	new_fixture();
}

static void basic_cases(void)
{
	ACQUIRES(s.t1, 0, {s.A, X}, {s.B, X});
	ACQUIRES(s.t2, 0, {s.B, X}, {s.A, X});
	expect("abba", 1, 2, LH_F_NONE);
	ACQUIRES(s.t1, 0, {s.A, X}, {s.B, X});
	ACQUIRES(s.t2, 0, {s.A, X}, {s.B, X});
	expect("abab", 0, 0, 0);
	ACQUIRES(s.t1, 0, {s.A, X}, {s.B, X});
	ACQUIRES(s.t2, 0, {s.B, X}, {s.C, X});
	ACQUIRES(s.t3, 0, {s.C, X}, {s.A, X});
	expect("three threads, three locks", 1, 3, LH_F_NONE);
	ACQUIRES(s.t1, 0, {s.A, X}, {s.B, X});
	ACQUIRES(s.t2, 0, {s.B, X}, {s.C, X});
	ACQUIRES(s.t1, 0, {s.C, X}, {s.A, X});
	expect("three locks, two threads", 1, 3, LH_F_THREADS);
	ACQUIRES(s.t1, 0, {s.A, X}, {s.C, X}, {s.B, X}, {s.A, X});
	expect("recursion is no edge", 0, 0, 0);
	ACQUIRES(s.t1, 0, {s.A, X}, {s.C, X}, {s.B, X});
	ACQUIRES(s.t2, 0, {s.B, X}, {s.A, X});
	expect("not the last of the chain but the first", 1, 2, LH_F_NONE);
}

static void thread_cases(void)
{
	ACQUIRES(s.t1, 0, {s.A, X}, {s.B, X});
	ACQUIRES(s.t1, 0, {s.B, X}, {s.A, X});
	expect("one thread alone", 1, 2, LH_F_THREADS);
	ACQUIRES(s.t1, 0, {s.A, X}, {s.B, X});
	ACQUIRES(s.t1, 0, {s.B, X}, {s.A, X});
	ACQUIRES(s.t2, 0, {s.B, X}, {s.A, X});
	expect("two threads running the same code", 1, 2, LH_F_NONE);
	/* A, B, -A, C against C, A */
	ACQUIRES(s.t1, 0, {s.A, X}, {s.B, X});
	holds_then(s.t1, s.B, s.C);
	ACQUIRES(s.t2, 0, {s.C, X}, {s.A, X});
	expect("hand over hand, two threads", 1, 3, LH_F_THREADS);
	ACQUIRES(s.t1, 0, {s.A, X}, {s.B, X});
	ACQUIRES(s.t3, 0, {s.A, X}, {s.B, X});
	holds_then(s.t1, s.B, s.C);
	holds_then(s.t3, s.B, s.C);
	ACQUIRES(s.t2, 0, {s.C, X}, {s.A, X});
	expect("hand over hand, three threads", 1, 3, LH_F_NONE);
}

static void gate_cases(void)
{
	ACQUIRES(s.t1, 0, {s.G, X}, {s.A, X}, {s.B, X});
	ACQUIRES(s.t2, 0, {s.G, X}, {s.B, X}, {s.A, X});
	expect("gate", 1, 2, LH_F_GATE);
	ACQUIRES(s.t1, 0, {s.G, X}, {s.A, X}, {s.B, X});
	ACQUIRES(s.t2, 0, {s.C, X}, {s.B, X}, {s.A, X});
	expect("two gates are none", 1, 2, LH_F_NONE);
	ACQUIRES(s.t1, 0, {s.R, S}, {s.A, X}, {s.B, X});
	ACQUIRES(s.t2, 0, {s.R, S}, {s.B, X}, {s.A, X});
	expect("a gate held shared by both", 1, 2, LH_F_NONE);
	ACQUIRES(s.t1, 0, {s.R, X}, {s.A, X}, {s.B, X});
	ACQUIRES(s.t2, 0, {s.R, S}, {s.B, X}, {s.A, X});
	expect("a gate held shared by one", 1, 2, LH_F_GATE);
	ACQUIRES(s.t1, 0, {s.G, X | TRY}, {s.A, X}, {s.B, X});
	ACQUIRES(s.t2, 0, {s.G, X}, {s.B, X}, {s.A, X});
	expect("a gate that was tried", 1, 2, LH_F_GATE);
	/* the gate is released before the second lock is wanted */
	ACQUIRES(s.t1, 0, {s.G, X}, {s.A, X});
	holds_then(s.t1, s.A, s.B);
	ACQUIRES(s.t2, 0, {s.G, X}, {s.B, X}, {s.A, X});
	expect("a gate left too early", 1, 2, LH_F_NONE);
}

/* At some sites the thread has the GIL and releases it before it waits. */
static void gil_cases(void)
{
	enum { XW = X | LH_WITHOUT_GIL << 4 };
	lh_lock_id gil = tables_add_lock(s.tables, LH_GIL, 0);

	ACQUIRES(s.t1, 0, {gil, X}, {s.A, X});
	ACQUIRES(s.t2, 0, {s.A, X}, {gil, X});
	expect("the GIL is a lock", 1, 2, LH_F_NONE);
	gil = tables_add_lock(s.tables, LH_GIL, 0);
	ACQUIRES(s.t1, 0, {gil, X}, {s.A, XW});
	ACQUIRES(s.t2, 0, {s.A, X}, {gil, X});
	expect("the GIL is released before the wait", 0, 0, 0);
	gil = tables_add_lock(s.tables, LH_GIL, 0);
	ACQUIRES(s.t1, 0, {gil, X}, {s.A, X}, {s.B, X});
	ACQUIRES(s.t2, 0, {gil, X}, {s.B, X}, {s.A, X});
	expect("the GIL is a gate", 1, 2, LH_F_GATE);
	gil = tables_add_lock(s.tables, LH_GIL, 0);
	ACQUIRES(s.t1, 0, {gil, X}, {s.A, XW}, {s.B, XW});
	ACQUIRES(s.t2, 0, {gil, X}, {s.B, XW}, {s.A, XW});
	expect("no gate where it is released", 1, 2, LH_F_NONE);
	gil = tables_add_lock(s.tables, LH_GIL, 0);
	ACQUIRES(s.t1, 0, {gil, X}, {s.A, X}, {s.B, X});
	ACQUIRES(s.t2, 0, {gil, X}, {s.B, X}, {s.A, XW});
	expect("no gate where one releases it", 1, 2, LH_F_NONE);
	ACQUIRES(s.t1, 0, {s.G, X}, {s.A, XW}, {s.B, XW});
	ACQUIRES(s.t2, 0, {s.G, X}, {s.B, XW}, {s.A, XW});
	expect("another lock is not released", 1, 2, LH_F_GATE);
}

/* t1 creates t3 while it holds G, and joins t3 before it releases G; t2 holds G, too. */
static void creator_chain_cases(void)
{
	for (int held_over = 0; held_over < 2; held_over++) {
		lh_chain_id g = tables_add_chain(s.tables, 0, s.G, 1 << 8);
		s.tables->thread[s.t3].creator = s.t1;
		s.tables->thread[s.t3].creator_chain = held_over ? g : 0;
		ACQUIRES(s.t3, 0, {s.A, X}, {s.B, X});
		ACQUIRES(s.t2, 0, {s.G, X}, {s.B, X}, {s.A, X});
		expect("the gate of the creator", 1, 2, held_over ? LH_F_GATE : LH_F_NONE);
	}
	s.tables->thread[s.t3].creator = s.t1;
	s.tables->thread[s.t3].creator_chain = tables_add_chain(s.tables, 0, s.G, 1 << 8);
	ACQUIRES(s.t3, 0, {s.A, X}, {s.B, X});
	ACQUIRES(s.t1, 0, {s.G, X}, {s.B, X}, {s.A, X});
	expect("the creator itself meets its child", 1, 2, LH_F_NONE);
}

static void happens_before_cases(void)
{
	ACQUIRES(s.t1, 0, {s.A, X}, {s.B, X});
	tables_add_hb_edge(s.tables, LH_HB_CREATE, s.t1, 0, s.t2, 0);
	ACQUIRES(s.t2, 0, {s.B, X}, {s.A, X});
	expect("before the other was created", 1, 2, LH_F_ORDERED);
	tables_add_hb_edge(s.tables, LH_HB_CREATE, s.t1, 0, s.t2, 0);
	ACQUIRES(s.t1, 1, {s.A, X}, {s.B, X});
	ACQUIRES(s.t2, 0, {s.B, X}, {s.A, X});
	expect("after the other was created", 1, 2, LH_F_NONE);
	ACQUIRES(s.t1, 0, {s.A, X}, {s.B, X});
	ACQUIRES(s.t2, 0, {s.B, X}, {s.A, X});
	s.tables->hb_edges_lost = true;
	expect("what ordered them may be missing", 1, 2, LH_F_ORDERED);
	ACQUIRES(s.t1, 0, {s.G, X}, {s.A, X}, {s.B, X});
	ACQUIRES(s.t2, 0, {s.G, X}, {s.B, X}, {s.A, X});
	s.tables->hb_edges_lost = true;
	expect("a gate is known all the same", 1, 2, LH_F_GATE);
	tables_add_hb_edge(s.tables, LH_HB_CREATE, s.t1, 0, s.t2, 0);
	ACQUIRES(s.t2, 0, {s.B, X}, {s.A, X});
	tables_add_hb_edge(s.tables, LH_HB_JOIN, s.t2, 0, s.t1, 2);
	ACQUIRES(s.t1, 2, {s.A, X}, {s.B, X});
	expect("after the other was joined", 1, 2, LH_F_ORDERED);
	ACQUIRES(s.t1, 0, {s.A, X}, {s.B, X});
	tables_add_hb_edge(s.tables, LH_HB_CREATE, s.t1, 0, s.t2, 0);
	tables_add_hb_edge(s.tables, LH_HB_JOIN, s.t2, 0, s.t1, 2);
	ACQUIRES(s.t1, 2, {s.A, X}, {s.B, X});
	ACQUIRES(s.t2, 0, {s.B, X}, {s.A, X});
	expect("before and after, but never beside", 1, 2, LH_F_ORDERED);
	tables_add_hb_edge(s.tables, LH_HB_CREATE, s.t1, 0, s.t2, 0);
	tables_add_hb_edge(s.tables, LH_HB_JOIN, s.t2, 0, s.t1, 2);
	tables_add_hb_edge(s.tables, LH_HB_CREATE, s.t1, 2, s.t3, 0);
	ACQUIRES(s.t2, 0, {s.B, X}, {s.A, X});
	ACQUIRES(s.t3, 0, {s.A, X}, {s.B, X});
	expect("one after the other", 1, 2, LH_F_ORDERED);
	/* two segments at a barrier: first A B | then B A */
	ACQUIRES(s.t1, 0, {s.A, X}, {s.B, X});
	tables_add_hb_edge(s.tables, LH_HB_BARRIER, s.t1, 0, s.t2, 1);
	tables_add_hb_edge(s.tables, LH_HB_BARRIER, s.t2, 0, s.t1, 1);
	ACQUIRES(s.t2, 1, {s.B, X}, {s.A, X});
	expect("a barrier between", 1, 2, LH_F_ORDERED);
}

/* `worker` works in the regions of `leader` from the segment `from` to the segment `until`. */
static void works_for(lh_thread_id worker, lh_thread_id leader, uint32_t from, uint32_t until)
{
	tables_add_hb_edge(s.tables, LH_HB_TEAM_FORK, leader, until, worker, from);
	tables_add_hb_edge(s.tables, LH_HB_TEAM_JOIN, worker, until, leader, from);
}

/* Threads t and u acquire two locks in opposite orders, in these segments. */
static void expect_of_teams(const char *name, lh_thread_id t, uint32_t t_segment, lh_thread_id u,
			    uint32_t u_segment, enum lh_filter filter)
{
	ACQUIRES(t, t_segment, {s.A, X}, {s.B, X});
	ACQUIRES(u, u_segment, {s.B, X}, {s.A, X});
	expect(name, 1, 2, filter);
}

static void team_cases(void)
{
	enum { PHASE = LH_PHASE }; /* segment n * PHASE + 1 is in phase n */

	works_for(s.t2, s.t1, PHASE + 1, UINT32_MAX);
	expect_of_teams("before the region", s.t1, 3, s.t2, PHASE + 1, LH_F_ORDERED);
	works_for(s.t2, s.t1, PHASE + 1, UINT32_MAX);
	expect_of_teams("in the region", s.t1, PHASE + 1, s.t2, PHASE + 1, LH_F_NONE);
	works_for(s.t2, s.t1, PHASE + 1, UINT32_MAX);
	expect_of_teams("in the region, after a create there", s.t1, PHASE + 2, s.t2, PHASE + 1,
			LH_F_NONE);
	works_for(s.t2, s.t1, PHASE + 1, UINT32_MAX);
	expect_of_teams("behind the region", s.t2, PHASE + 1, s.t1, 2 * PHASE + 1, LH_F_ORDERED);
	works_for(s.t2, s.t1, PHASE + 1, UINT32_MAX);
	works_for(s.t3, s.t1, PHASE + 1, UINT32_MAX);
	expect_of_teams("two workers", s.t2, 9 * PHASE + 1, s.t3, 9 * PHASE + 2, LH_F_NONE);
	works_for(s.t2, s.t1, PHASE + 1, UINT32_MAX);
	works_for(s.t3, s.t1, 9 * PHASE + 1, UINT32_MAX);
	expect_of_teams("a barrier between two workers", s.t2, 9 * PHASE + 5, s.t3, 10 * PHASE + 1,
			LH_F_ORDERED);
	works_for(s.t2, s.t1, PHASE + 1, 3 * PHASE + 1);
	expect_of_teams("it works for another leader now", s.t1, 4 * PHASE + 1, s.t2, 6 * PHASE + 1,
			LH_F_NONE);
	works_for(s.t2, s.t1, PHASE + 1, 3 * PHASE + 1);
	expect_of_teams("but what it did before is over", s.t1, 4 * PHASE + 1, s.t2, 3 * PHASE + 1,
			LH_F_ORDERED);
	works_for(s.t2, s.t1, 3 * PHASE + 1, UINT32_MAX);
	expect_of_teams("before it worked for the leader", s.t1, 5 * PHASE + 1, s.t2, 0,
			LH_F_ORDERED);
	/* a thread that the leader creates */
	works_for(s.t2, s.t1, PHASE + 1, UINT32_MAX);
	tables_add_hb_edge(s.tables, LH_HB_CREATE, s.t1, 2 * PHASE + 1, s.t3, 0);
	expect_of_teams("created behind the region", s.t2, PHASE + 1, s.t3, 0, LH_F_ORDERED);
	works_for(s.t2, s.t1, PHASE + 1, UINT32_MAX);
	tables_add_hb_edge(s.tables, LH_HB_CREATE, s.t1, PHASE + 1, s.t3, 0);
	expect_of_teams("created in the region", s.t2, PHASE + 1, s.t3, 0, LH_F_NONE);
}

/* t1 cancels t2, and then waits for what t2 holds. */
static void cancel_cases(void)
{
	for (int k = 0; k < 4; k++) {
		static const char *const what[] = {"its wait for a semaphore ends",
						   "a mutex is waited for on",
						   "cancellation is disabled", "before the cancel"};
		s.tables->lock[LH_LOCK_ROW(s.B)].kind = k == 1 ? LH_MUTEX : LH_SEM;
		tables_add_hb_edge(s.tables, LH_HB_CANCEL, s.t2, UINT32_MAX, s.t1, 1);
		ACQUIRES(s.t2, 7, {s.A, X}, {s.B, X});
		if (k == 2)
			s.tables->chain[s.tables->chains - 1].flags |= LH_CHAIN_UNCANCELLABLE;
		ACQUIRES(s.t1, k < 3, {s.B, X}, {s.A, X});
		expect(what[k], 1, 2, k ? LH_F_NONE : LH_F_ORDERED);
	}
}

static void reader_cases(void)
{
	ACQUIRES(s.t1, 0, {s.R, S}, {s.A, X});
	ACQUIRES(s.t2, 0, {s.A, X}, {s.R, S});
	ACQUIRES(s.t3, 0, {s.R, X});
	expect("readers of a default rwlock", 1, 2, LH_F_READERS);
	ACQUIRES(s.t1, 0, {s.R, S}, {s.A, X});
	ACQUIRES(s.t2, 0, {s.A, X}, {s.R, X});
	expect("a writer waits for a reader", 1, 2, LH_F_NONE);
	ACQUIRES(s.t1, 0, {s.R, X}, {s.A, X});
	ACQUIRES(s.t2, 0, {s.A, X}, {s.R, S});
	expect("a reader waits for a writer", 1, 2, LH_F_NONE);
	ACQUIRES(s.t1, 0, {s.W, S}, {s.A, X});
	ACQUIRES(s.t2, 0, {s.A, X}, {s.W, S});
	expect("writers preferred, but nobody writes", 1, 2, LH_F_READERS);
	ACQUIRES(s.t1, 0, {s.W, S}, {s.A, X});
	ACQUIRES(s.t2, 0, {s.A, X}, {s.W, S});
	ACQUIRES(s.t3, 0, {s.W, X});
	expect("behind a third thread that queues", 1, 2, LH_F_NONE);
	ACQUIRES(s.t1, 0, {s.W, S}, {s.A, X});
	ACQUIRES(s.t2, 0, {s.A, X}, {s.W, S});
	ACQUIRES(s.t1, 0, {s.W, X});
	expect("the only writer is one of the two", 1, 2, LH_F_READERS);
	ACQUIRES(s.t1, 0, {s.W, S}, {s.A, X});
	ACQUIRES(s.t2, 0, {s.G, X}, {s.A, X}, {s.W, S});
	ACQUIRES(s.t3, 0, {s.G, X}, {s.W, X});
	expect("the writer cannot get there: it needs G", 1, 2, LH_F_READERS);
	ACQUIRES(s.t1, 0, {s.W, S}, {s.A, X});
	ACQUIRES(s.t2, 0, {s.A, X}, {s.W, S});
	ACQUIRES(s.t3, 0, {s.W, X | TIMED});
	expect("the writer waits with a limit", 1, 2, LH_F_TIMED);
	ACQUIRES(s.t1, 0, {s.W, S}, {s.A, X});
	ACQUIRES(s.t2, 0, {s.A, X}, {s.W, S});
	ACQUIRES(s.t3, 0, {s.W, X | TRY});
	expect("the writer only tries", 1, 2, LH_F_READERS);
}

/* Two readers of two writer-preferring rwlocks: each link needs a queued writer of its own. */
static void two_queued_writers(void)
{
	for (int writers = 1; writers <= 2; writers++) {
		lh_thread_id t4 = tables_add_thread(s.tables, 0, 0);
		ACQUIRES(s.t1, 0, {s.W, S}, {s.Q, S});
		ACQUIRES(s.t2, 0, {s.Q, S}, {s.W, S});
		ACQUIRES(s.t3, 0, {s.W, X});
		ACQUIRES(writers == 2 ? t4 : s.t3, 0, {s.Q, X});
		expect("readers in both directions", 1, 2, writers == 2 ? LH_F_NONE : LH_F_READERS);
	}
}

static void timed_and_try_cases(void)
{
	ACQUIRES(s.t1, 0, {s.A, X}, {s.B, X | TRY});
	ACQUIRES(s.t2, 0, {s.B, X}, {s.A, X});
	expect("try", 1, 2, LH_F_TRY);
	ACQUIRES(s.t1, 0, {s.A, X | TRY}, {s.B, X});
	ACQUIRES(s.t2, 0, {s.B, X | TRY}, {s.A, X});
	expect("tried, then held, then waits", 1, 2, LH_F_NONE);
	ACQUIRES(s.t1, 0, {s.A, X}, {s.B, X | TIMED});
	ACQUIRES(s.t2, 0, {s.B, X}, {s.A, X});
	expect("timed", 1, 2, LH_F_TIMED);
	lh_lock_id sem = tables_add_lock(s.tables, LH_SEM, 0);
	ACQUIRES(s.t1, 0, {sem, X}, {s.A, X});
	ACQUIRES(s.t2, 0, {s.A, X}, {sem, X | TRY});
	expect("a semaphore is tried", 1, 2, LH_F_TRY);
	sem = tables_add_lock(s.tables, LH_SEM, LH_LOCK_SIGNAL);
	ACQUIRES(s.t1, 0, {sem, X}, {s.A, X});
	ACQUIRES(s.t2, 0, {s.A, X}, {sem, X});
	ACQUIRES(s.t1, 0, {sem, X}, {s.B, X}, {s.C, X});
	ACQUIRES(s.t2, 0, {sem, X}, {s.C, X}, {s.B, X});
	expect("a signal is no lock and no gate", 1, 2, LH_F_NONE);
}

static void thread_end_cases(void)
{
	lh_lock_id l1 = s.tables->thread[s.t1].end_lock, l2 = s.tables->thread[s.t2].end_lock,
		   l3 = s.tables->thread[s.t3].end_lock;

	ACQUIRES(s.t1, 0, {s.A, X}, {l2, X});
	ACQUIRES(s.t2, 0, {s.A, X});
	expect("join under a lock that it takes", 1, 2, LH_F_NONE);
	ACQUIRES(s.t2, 0, {s.A, X});
	ACQUIRES(s.t1, 0, {s.B, X}, {l2, X});
	ACQUIRES(s.t3, 0, {s.B, X});
	expect("join under a lock that another takes", 0, 0, 0);
	ACQUIRES(s.t1, 0, {l2, X});
	ACQUIRES(s.t2, 0, {l3, X});
	ACQUIRES(s.t3, 0, {l1, X});
	expect("three join each other", 1, 3, LH_F_NONE);
	ACQUIRES(s.t2, 0, {l3, X});
	ACQUIRES(s.t3, 0, {s.A, X});
	ACQUIRES(s.t1, 0, {s.A, X}, {l2, X});
	expect("joins one that joins one that takes it", 1, 3, LH_F_NONE);
	ACQUIRES(s.t2, 0, {s.A, X});
	tables_add_hb_edge(s.tables, LH_HB_CREATE, s.t1, 0, s.t2, 0);
	ACQUIRES(s.t1, 1, {s.A, X}, {l2, X | TIMED});
	expect("timed join", 1, 2, LH_F_TIMED);
}

/* Two locks that have the same row one after the other: their ids differ in the generation. */
static void dead_locks(void)
{
	lh_lock_id later = LH_LOCK_ID(LH_LOCK_ROW(s.A), 2);

	ACQUIRES(s.t1, 0, {s.A, X}, {s.B, X});
	ACQUIRES(s.t2, 0, {s.B, X}, {later, X});
	expect("another lock in the same row", 0, 0, 0);
	ACQUIRES(s.t1, 0, {s.A, X}, {s.B, X});
	ACQUIRES(s.t2, 0, {s.B, X}, {s.A, X});
	s.tables->lock[LH_LOCK_ROW(s.A)].flags |= LH_LOCK_DEAD;
	expect("dead by now, but it could have happened", 1, 2, LH_F_NONE);
}

static void long_cycles(void)
{
	for (uint32_t n = 2; n <= 24; n += 1) {
		lh_lock_id lock[24];
		for (uint32_t i = 0; i < n; i++) {
			tables_add_thread(s.tables, 0, 0);
			lock[i] = tables_add_lock(s.tables, LH_MUTEX, 0);
		}
		for (uint32_t i = 0; i < n; i++)
			ACQUIRES(1 + i, 0, {lock[i], X}, {lock[(i + 1) % n], X});
		expect("long cycle", 1, n, LH_F_NONE);
	}
}

/* How many cycles are found in all the rows. */
static uint32_t found_in_all(struct lh_order_graph *graph)
{
	struct lh_order_input input = tables_input(s.tables);
	uint32_t found = 0;

	for (lh_chain_id chain = 1; chain < input.chains; chain++)
		found += lh_order_check_chain(graph, &input, chain);
	return found;
}

/* The same locks at different sites give two findings; with other outer locks it is the same
 * finding, which is counted. */
static void distinct_findings(void)
{
	struct lh_order_graph *graph = graph_new(0);
	lh_chain_id a = tables_add_chain(s.tables, 0, s.A, 77 << 8);
	lh_chain_id c = tables_add_chain(s.tables, 0, s.C, 70 << 8);
	lh_chain_id c_a = tables_add_chain(s.tables, c, s.A, 77 << 8);

	ACQUIRES(s.t1, 0, {s.A, X}, {s.B, X});
	ACQUIRES(s.t2, 0, {s.B, X}, {s.A, X});
	tables_add_visit(s.tables, tables_add_chain(s.tables, a, s.B, 78 << 8), s.t3, 0);
	tables_add_visit(s.tables, tables_add_chain(s.tables, c_a, s.B, 78 << 8), s.t3, 0);
	CHECK_EQ(found_in_all(graph), 2);
	free(graph);
	new_fixture();
}

enum { CALLERS = 20, FIRST_CALLER = 100, LAST_CALLER = FIRST_CALLER + CALLERS };

static lh_chain_id dependency(lh_thread_id t, lh_lock_id outer, lh_lock_id held, lh_lock_id want,
			      uint32_t stack)
{
	lh_chain_id at = outer ? tables_add_chain(s.tables, 0, outer, stack << 8 | X) : 0;
	lh_chain_id chain;

	at = tables_add_chain(s.tables, at, held, stack << 8 | X);
	chain = tables_add_chain(s.tables, at, want, stack << 8 | X);
	tables_add_visit(s.tables, chain, t, 0);
	return chain;
}

static uint32_t cycles_of(struct lh_order_graph *graph, lh_chain_id chain)
{
	struct lh_order_input input = tables_input(s.tables);

	return lh_order_check_chain(graph, &input, chain);
}

/* The row of a visit by t1 is used again by t3, which can meet t2 as t1 could not; the end of t1
 * wants nothing any more, that of t3 does. */
static void visit_of_another_thread(void)
{
	struct lh_order_graph *graph = graph_new(0);
	struct lh_order_input input;
	lh_chain_id a_b = dependency(s.t1, 0, s.A, s.B, 1), b_a = dependency(s.t2, 0, s.B, s.A, 2);
	uint32_t row = s.tables->chain[a_b].visit;

	tables_add_hb_edge(s.tables, LH_HB_CREATE, s.t1, 0, s.t2, 0);
	CHECK_EQ(found_in_all(graph), 0);
	dependency(s.t2, 0, s.B, s.tables->thread[s.t1].end_lock, 3);
	CHECK_EQ(cycles_of(graph, s.tables->chains - 1), 0);
	input = tables_input(s.tables);
	lh_order_remove_visit(graph, &input, row);
	s.tables->visit[row].thread = s.t3;
	lh_order_visit_reused(graph, &input, row);
	CHECK_EQ(cycles_of(graph, a_b), 1);
	CHECK_EQ(lh_order_cycles(graph)[0].filter, LH_F_NONE);
	dependency(s.t2, 0, s.B, s.tables->thread[s.t3].end_lock, 4);
	CHECK_EQ(cycles_of(graph, s.tables->chains - 1), 1);
	CHECK_EQ(cycles_of(graph, b_a), 0);
	CHECK(lh_order_graph_is_consistent(graph));
	free(graph);
	new_fixture();
}

/* Two lock functions that twenty others call: once LH_CYCLES_PER_LOCKS cycles of the two locks are
 * known, each new dependency is still in one, and in those of other locks. */
static void many_callers(void)
{
	struct lh_order_graph *graph = graph_new(0);
	uint32_t found = 0;
	lh_chain_id late;

	for (uint32_t i = FIRST_CALLER; i < LAST_CALLER; i++)
		found += cycles_of(graph, dependency(s.t1, 0, s.A, s.B, i));
	CHECK_EQ(found, 0);
	cycles_of(graph, dependency(s.t1, 0, s.A, s.C, FIRST_CALLER));
	for (uint32_t i = FIRST_CALLER; i < LAST_CALLER; i++) {
		uint32_t n = cycles_of(graph, dependency(s.t2, 0, s.B, s.A, i));

		CHECK(n == CALLERS || (n == 1 && found == LH_CYCLES_PER_LOCKS) ||
		      found + n >= LH_CYCLES_PER_LOCKS);
		CHECK(n > 0);
		found += n;
	}
	CHECK(found >= LH_CYCLES_PER_LOCKS && found < LH_CYCLES_PER_LOCKS + CALLERS);
	/* a dependency of two cycles: one of the locks above, one with C */
	late = dependency(s.t2, s.C, s.B, s.A, LAST_CALLER);
	CHECK_EQ(cycles_of(graph, late), 2);
	CHECK(lh_order_cycles(graph)[0].link[0].held != lh_order_cycles(graph)[1].link[0].held ||
	      lh_order_cycles(graph)[0].link[1].held != lh_order_cycles(graph)[1].link[1].held);
	CHECK_EQ(cycles_of(graph, late), 0);
	/* visited by another thread it is the same dependency */
	tables_add_visit(s.tables, late, s.t3, 0);
	CHECK_EQ(cycles_of(graph, late), 0);
	CHECK_EQ(lh_order_counts(graph).refused, 0);
	CHECK_EQ(lh_order_counts(graph).cut, 0);
	free(graph);
	new_fixture();
}

/* A timed wait first: the cycle that counts is not left out for it. */
static void many_timed_callers(void)
{
	struct lh_order_graph *graph = graph_new(0);
	uint32_t counted = 0;
	lh_chain_id at;

	for (uint32_t i = FIRST_CALLER; i < LAST_CALLER; i++) {
		at = tables_add_chain(s.tables, 0, s.A, i << 8 | X);
		at = tables_add_chain(s.tables, at, s.B,
				      LH_SITE(i, i == FIRST_CALLER ? LH_BLOCKING : LH_TIMED, X));
		tables_add_visit(s.tables, at, s.t1, 0);
		cycles_of(graph, at);
	}
	for (uint32_t i = FIRST_CALLER; i < LAST_CALLER; i++) {
		uint32_t n = cycles_of(graph, dependency(s.t2, 0, s.B, s.A, i));

		for (uint32_t k = 0; k < n; k++)
			counted += lh_order_cycles(graph)[k].filter == LH_F_NONE;
	}
	CHECK_EQ(counted, CALLERS);
	free(graph);
	new_fixture();
}

/* The keys decide which link a cycle begins with, and that must not change: see lh_order_mix. */
static void keys(void)
{
	struct lh_order_graph *graph = graph_new(0);

	ACQUIRES(s.t1, 0, {s.A, X}, {s.B, X});
	ACQUIRES(s.t2, 0, {s.B, X}, {s.A, X});
	CHECK_EQ(found_in_all(graph), 1);
	CHECK(lh_order_cycles(graph)[0].key == 0x59cffd854b09f870u);
	free(graph);
	new_fixture();
}

/* A reader waits for a reader only behind a queued writer, so the first writer closes a cycle. */
static void first_writer(void)
{
	struct lh_order_graph *graph = graph_new(0);
	struct lh_order_input input;

	ACQUIRES(s.t1, 0, {s.W, S}, {s.A, X});
	ACQUIRES(s.t2, 0, {s.A, X}, {s.W, S});
	ACQUIRES(s.t3, 0, {s.W, X});
	s.tables->lock[LH_LOCK_ROW(s.W)].flags &= ~(uint32_t)LH_LOCK_HAS_WRITERS;
	CHECK_EQ(found_in_all(graph), 0);
	s.tables->lock[LH_LOCK_ROW(s.W)].flags |= LH_LOCK_HAS_WRITERS;
	input = tables_input(s.tables);
	CHECK_EQ(lh_order_check_lock(graph, &input, s.W), 1);
	CHECK_EQ(lh_order_cycles(graph)->n, 2);
	free(graph);
	new_fixture();
}

/* With little capacity or few steps the graph counts what it leaves out, and reports no false
 * cycle. */
static void bounds(void)
{
	struct lh_order_graph_size small = graph_size;
	struct lh_order_graph *graph;

	ACQUIRES(s.t1, 0, {s.A, X}, {s.B, X}, {s.C, X}, {s.G, X});
	ACQUIRES(s.t2, 0, {s.G, X}, {s.C, X}, {s.B, X}, {s.A, X});
	for (uint32_t n = 1; n < 8; n++) {
		small = graph_size;
		small.locks = small.edges = small.witnesses = small.cycles = n;
		small.visits = small.hb_edges = small.threads = n;
		graph = lh_order_graph_init(calloc(1, lh_order_graph_bytes(&small)), &small,
					    LH_ORDER_KEEP_FILTERED);
		found_in_all(graph);
		CHECK(lh_order_counts(graph).refused > 0);
		CHECK(lh_order_graph_is_consistent(graph));
		free(graph);
	}
	small = graph_size;
	small.refill = 1;
	small.budget_max = 4;
	graph = lh_order_graph_init(calloc(1, lh_order_graph_bytes(&small)), &small, 0);
	CHECK_EQ(found_in_all(graph), 0);
	CHECK(lh_order_counts(graph).cut > 0);
	free(graph);
	new_fixture();
}

/* ---- counting semaphores ---- */

static void expect_sem_cycle(const char *name, uint32_t filter)
{
	static struct cycle_set none;

	none.n = 0;
	check_all(s.tables, LH_ORDER_KEEP_FILTERED, &none);
	if (!CHECK_EQ(sem_filter, filter))
		printf("\tcase %s\n", name);
	new_fixture();
}

static lh_lock_id add_sem(uint32_t permits)
{
	lh_lock_id sem = tables_add_lock(s.tables, LH_SEM, LH_LOCK_COUNTING);

	s.tables->lock[LH_LOCK_ROW(sem)].initial = permits;
	return sem;
}

static void sem_cases(void)
{
	lh_lock_id m = add_sem(2);

	ACQUIRES(s.t1, 0, {m, P}, {m, P});
	ACQUIRES(s.t2, 0, {m, P}, {m, P});
	expect_sem_cycle("two of two", LH_F_NONE);
	m = add_sem(3);
	ACQUIRES(s.t1, 0, {m, P}, {m, P});
	ACQUIRES(s.t2, 0, {m, P}, {m, P});
	expect_sem_cycle("one is always left", LH_F_THREADS);
	m = add_sem(3);
	ACQUIRES(s.t1, 0, {m, P}, {m, P}, {m, P});
	ACQUIRES(s.t2, 0, {m, P}, {m, P});
	expect_sem_cycle("two and one of three", LH_F_NONE);
	m = add_sem(2);
	ACQUIRES(s.t1, 0, {s.G, X}, {m, P}, {m, P});
	ACQUIRES(s.t2, 0, {s.G, X}, {m, P}, {m, P});
	expect_sem_cycle("under a gate", LH_F_GATE);
	m = add_sem(2);
	ACQUIRES(s.t1, 0, {m, P}, {m, P});
	tables_add_hb_edge(s.tables, LH_HB_CREATE, s.t1, 0, s.t2, 0);
	ACQUIRES(s.t2, 0, {m, P}, {m, P});
	expect_sem_cycle("one after the other", LH_F_ORDERED);
	m = add_sem(2);
	ACQUIRES(s.t1, 0, {m, P}, {m, P | TIMED});
	ACQUIRES(s.t2, 0, {m, P}, {m, P | TIMED});
	expect_sem_cycle("with a limit", LH_F_TIMED);
	m = add_sem(2);
	ACQUIRES(s.t1, 0, {m, P}, {m, P | TRY});
	ACQUIRES(s.t2, 0, {m, P}, {m, P | TRY});
	expect_sem_cycle("only tries", 255);
	m = add_sem(40);
	for (int i = 0; i < 40; i++)
		ACQUIRES(tables_add_thread(s.tables, 0, 0), 0, {m, P}, {m, P});
	expect_sem_cycle("a permit for each of 40 threads", LH_F_NONE);
	m = add_sem(40);
	for (int i = 0; i < 39; i++)
		ACQUIRES(tables_add_thread(s.tables, 0, 0), 0, {m, P}, {m, P});
	expect_sem_cycle("one more permit than threads", LH_F_THREADS);
	m = add_sem(2);
	ACQUIRES(s.t1, 0, {m, P}, {s.A, X});
	ACQUIRES(s.t2, 0, {s.A, X}, {m, P});
	expect("a permit is not a lock", 0, 0, 0);
}

int main(void)
{
	new_fixture();
	basic_cases();
	thread_cases();
	gate_cases();
	gil_cases();
	creator_chain_cases();
	happens_before_cases();
	team_cases();
	cancel_cases();
	reader_cases();
	two_queued_writers();
	timed_and_try_cases();
	thread_end_cases();
	dead_locks();
	long_cycles();
	distinct_findings();
	visit_of_another_thread();
	many_callers();
	many_timed_callers();
	keys();
	first_writer();
	bounds();
	sem_cases();
	return unit_done();
}
