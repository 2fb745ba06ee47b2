/*
 * test_condition.c — tests which waits on a condition are errors: each filter with what it must
 * filter and a near miss, in both orders of arrival. And which joins under a lock are warnings,
 * because the joined thread signalled that it is done.
 *
 * LINKS: libcheck/order_graph/
 */
#include "tests/unit/libcheck/order_graph/order_driver.h"

/* W waits; S and U signal. R is a default rwlock, Q one that prefers writers. */
static struct fixture {
	struct order_tables *tables;
	lh_thread_id W, S, U;
	lh_lock_id L, G, R, Q, C;
} s;

enum { SIGNAL = LH_COND_SIGNALS };

static void new_fixture(void)
{
	free(s.tables);
	s.tables = tables_new();
	s.W = tables_add_thread(s.tables, 0, 0);
	s.S = tables_add_thread(s.tables, 0, 0);
	s.U = tables_add_thread(s.tables, 0, 0);
	s.L = tables_add_lock(s.tables, LH_MUTEX, 0);
	s.G = tables_add_lock(s.tables, LH_MUTEX, 0);
	s.R = tables_add_lock(s.tables, LH_RWLOCK, 0);
	s.Q = tables_add_lock(s.tables, LH_RWLOCK, LH_LOCK_PREFER_WRITER);
	s.C = tables_add_lock(s.tables, LH_COND, 0);
}

#define DOES(t, segment, ...)                                                                      \
	tables_acquire(s.tables, t, segment,                                                       \
		       sizeof((struct acquisition[]){__VA_ARGS__}) / sizeof(struct acquisition),   \
		       (struct acquisition[]){__VA_ARGS__})

struct answers {
	uint32_t errors, warnings, filter;
	lh_lock_id lock; /* of the last error or warning */
	lh_thread_id signaller;
};

static void add(struct answers *a, const struct lh_cycle *cycle)
{
	CHECK(cycle->rule == LH_RULE_COND_WAIT_HOLDING && cycle->link[0].wanted == s.C);
	if (cycle->filter) {
		a->filter = cycle->filter;
		return;
	}
	a->errors += cycle->severity == LH_ERROR;
	a->warnings += cycle->severity == LH_WARNING;
	a->lock = cycle->link[0].held;
	a->signaller = cycle->n > 1 ? cycle->link[1].thread : 0;
}

static struct answers check_waits(uint32_t flags)
{
	struct lh_order_graph *graph = graph_new(flags | LH_ORDER_LOCK_LISTS);
	struct lh_order_input input = tables_input(s.tables);
	struct answers a = {0};

	for (lh_chain_id i = 1; i < input.chains; i++)
		for (uint32_t n = s.tables->chain[i].lock == s.C
					  ? lh_order_check_wait(graph, &input, i)
					  : 0;
		     n--;)
			add(&a, &lh_order_cycles(graph)[n]);
	CHECK(lh_order_graph_is_consistent(graph));
	free(graph);
	return a;
}

/* One error or one warning, for this lock. Begins a new case. */
static void expect(const char *name, enum lh_severity severity, lh_lock_id lock, uint32_t filter)
{
	struct answers all = check_waits(LH_ORDER_KEEP_FILTERED), quick = check_waits(0);
	bool error = severity == LH_ERROR;

	if (!CHECK(all.errors == error && all.warnings == !error && all.lock == lock &&
		   all.filter == filter && quick.errors == all.errors &&
		   quick.warnings == all.warnings &&
		   quick.filter == (filter == LH_F_TIMED ? filter : 0)))
		printf("\tcase %s: %u errors, %u warnings, filter %u\n", name, all.errors,
		       all.warnings, all.filter);
	new_fixture();
}

static void order_of_arrival(void)
{
	DOES(s.S, 0, {s.L, X});
	DOES(s.S, 0, {s.C, SIGNAL});
	DOES(s.W, 0, {s.L, X}, {s.C, X});
	expect("signaller first", LH_ERROR, s.L, LH_F_NONE);
	DOES(s.W, 0, {s.L, X}, {s.C, X});
	DOES(s.S, 0, {s.L, X});
	DOES(s.S, 0, {s.C, SIGNAL});
	expect("waiter first", LH_ERROR, s.L, LH_F_NONE);
	DOES(s.W, 0, {s.L, X}, {s.C, X});
	DOES(s.S, 0, {s.C, SIGNAL});
	DOES(s.S, 0, {s.L, X});
	expect("the lock only after the signal", LH_WARNING, s.L, LH_F_NONE);
	DOES(s.S, 0, {s.L, X}, {s.C, SIGNAL});
	DOES(s.W, 0, {s.L, X}, {s.C, X});
	expect("signals while it holds the lock", LH_ERROR, s.L, LH_F_NONE);
	DOES(s.W, 0, {s.L, X}, {s.C, X});
	expect("no signaller", LH_WARNING, s.L, LH_F_NONE);
}

static void several_signallers(void)
{
	DOES(s.W, 0, {s.L, X}, {s.C, X});
	DOES(s.S, 0, {s.L, X});
	DOES(s.S, 0, {s.C, SIGNAL});
	DOES(s.U, 0, {s.C, SIGNAL});
	expect("one needs no lock", LH_WARNING, s.L, LH_F_NONE);
	DOES(s.W, 0, {s.L, X}, {s.C, X});
	DOES(s.S, 0, {s.L, X});
	DOES(s.S, 0, {s.C, SIGNAL});
	DOES(s.U, 0, {s.L, X}, {s.C, SIGNAL});
	expect("both need it", LH_ERROR, s.L, LH_F_NONE);
	DOES(s.W, 0, {s.L, X}, {s.C, X});
	DOES(s.S, 0, {s.L, X}, {s.C, SIGNAL});
	DOES(s.U, 0, {s.C, SIGNAL});
	tables_add_hb_edge(s.tables, LH_HB_JOIN, s.U, 0, s.W, 0);
	expect("the free one was joined before", LH_ERROR, s.L, LH_F_NONE);
	DOES(s.W, 0, {s.L, X}, {s.C, X});
	DOES(s.S, 0, {s.L, X}, {s.C, SIGNAL});
	DOES(s.U, 0, {s.C, SIGNAL});
	tables_add_hb_edge(s.tables, LH_HB_CREATE, s.W, 0, s.U, 0);
	expect("the free one was created after", LH_ERROR, s.L, LH_F_NONE);
	/* in segment 0 of W only S can signal, in segment 1 also U */
	DOES(s.W, 0, {s.L, X}, {s.C, X});
	DOES(s.S, 0, {s.L, X}, {s.C, SIGNAL});
	DOES(s.U, 0, {s.C, SIGNAL});
	tables_add_hb_edge(s.tables, LH_HB_CREATE, s.W, 0, s.U, 0);
	DOES(s.W, 2, {s.L, X}, {s.C, X});
	expect("one of two visits of the wait", LH_ERROR, s.L, LH_F_NONE);
}

static void filters(void)
{
	DOES(s.U, 0, {s.C, SIGNAL});
	DOES(s.W, 0, {s.L, X}, {s.C, X});
	DOES(s.W, 0, {s.C, SIGNAL});
	expect("the waiter signals", LH_WARNING, s.L, LH_F_THREADS);
	DOES(s.W, 0, {s.G, X}, {s.L, X}, {s.C, X});
	DOES(s.S, 0, {s.G, X}, {s.L, X});
	DOES(s.S, 0, {s.C, SIGNAL});
	expect("gate", LH_ERROR, s.G, LH_F_GATE);
	DOES(s.W, 0, {s.L, X}, {s.C, X});
	DOES(s.S, 0, {s.L, X}, {s.C, SIGNAL});
	tables_add_hb_edge(s.tables, LH_HB_JOIN, s.S, 0, s.W, 0);
	expect("joined before", LH_WARNING, s.L, LH_F_ORDERED);
	DOES(s.W, 0, {s.L, X}, {s.C, X});
	DOES(s.S, 0, {s.L, X});
	DOES(s.S, 1, {s.C, SIGNAL});
	tables_add_hb_edge(s.tables, LH_HB_CREATE, s.S, 0, s.W, 0);
	expect("acquired before the waiter was created", LH_WARNING, s.L, LH_F_ORDERED);
	DOES(s.W, 0, {s.R, S}, {s.C, X});
	DOES(s.S, 0, {s.R, S}, {s.C, SIGNAL});
	expect("readers", LH_WARNING, s.R, LH_F_READERS);
	DOES(s.W, 0, {s.R, S}, {s.C, X});
	DOES(s.S, 0, {s.R, X}, {s.C, SIGNAL});
	expect("a writer", LH_ERROR, s.R, LH_F_NONE);
	DOES(s.W, 0, {s.Q, S}, {s.C, X});
	DOES(s.S, 0, {s.Q, S}, {s.C, SIGNAL});
	DOES(s.U, 0, {s.Q, X});
	expect("queued writer", LH_ERROR, s.Q, LH_F_NONE);
	DOES(s.W, 0, {s.Q, S}, {s.C, X});
	DOES(s.S, 0, {s.Q, S}, {s.C, SIGNAL});
	DOES(s.U, 0, {s.Q, X | TIMED});
	expect("queued writer with a limit", LH_WARNING, s.Q, LH_F_TIMED);
	DOES(s.W, 0, {s.L, X}, {s.C, X});
	DOES(s.S, 0, {s.L, X | TIMED}, {s.C, SIGNAL});
	expect("limit", LH_WARNING, s.L, LH_F_TIMED);
	DOES(s.W, 0, {s.L, X}, {s.C, X});
	DOES(s.S, 0, {s.L, X | TRY}, {s.C, SIGNAL});
	expect("try", LH_WARNING, s.L, LH_F_TRY);
}

static void no_answer(void)
{
	struct answers a;

	DOES(s.W, 0, {s.L, X}, {s.C, X | TIMED});
	DOES(s.S, 0, {s.L, X}, {s.C, SIGNAL});
	a = check_waits(LH_ORDER_KEEP_FILTERED);
	CHECK(!a.errors && !a.warnings && !a.filter);
	new_fixture();
	DOES(s.W, 0, {tables_add_lock(s.tables, LH_SEM, 0), X}, {s.C, X});
	DOES(s.S, 0, {s.L, X}, {s.C, SIGNAL});
	a = check_waits(LH_ORDER_KEEP_FILTERED);
	CHECK(!a.errors && !a.warnings && !a.filter);
	new_fixture();
	DOES(s.W, 0, {s.L, X}, {s.C, X});
	DOES(s.S, 0, {s.L, X}, {s.C, SIGNAL});
	s.tables->hb_edges_lost = true;
	expect("edges lost", LH_WARNING, s.L, LH_F_ORDERED);
}

/* ---- joins ---- */

/* Severity of the join cycles, with the lists of chains or without: as in the library, and as in
 * the front end. LH_NOTE: none counts. */
static enum lh_severity check_joins(uint32_t flags)
{
	struct lh_order_graph *graph = graph_new(flags);
	struct lh_order_input input = tables_input(s.tables);
	enum lh_severity severity = LH_NOTE;

	for (lh_chain_id i = 1; i < input.chains; i++)
		for (uint32_t n = lh_order_check_chain(graph, &input, i); n--;) {
			const struct lh_cycle *cycle = &lh_order_cycles(graph)[n];
			CHECK(!cycle->signal == (cycle->severity == LH_ERROR));
			if (cycle->severity > severity)
				severity = (enum lh_severity)cycle->severity;
		}
	free(graph);
	return severity;
}

/* W joins S while it holds L. */
static void expect_join(const char *name, enum lh_severity severity)
{
	DOES(s.W, 1, {s.L, X}, {s.tables->thread[s.S].end_lock, X});
	if (!CHECK(check_joins(LH_ORDER_LOCK_LISTS) == severity && check_joins(0) == severity))
		printf("\tcase %s\n", name);
	new_fixture();
}

static void joins_of_told(void)
{
	DOES(s.W, 0, {s.C, X});
	DOES(s.S, 0, {s.L, X}, {s.C, SIGNAL});
	expect_join("said under the lock, to the joiner", LH_WARNING);
	DOES(s.S, 0, {s.L, X}, {s.C, SIGNAL});
	expect_join("said under the lock, nobody waited", LH_WARNING);
	DOES(s.W, 0, {s.C, X | TIMED});
	DOES(s.S, 0, {s.L, X});
	DOES(s.S, 0, {s.C, SIGNAL});
	expect_join("said after the release", LH_WARNING);
	DOES(s.U, 0, {s.C, X});
	DOES(s.S, 0, {s.L, X}, {s.C, SIGNAL});
	tables_add_hb_edge(s.tables, LH_HB_JOIN, s.U, 0, s.W, 1);
	expect_join("said to a thread that was joined before", LH_WARNING);
	DOES(s.W, 0, {s.C, X});
	DOES(s.S, 0, {s.L, X});
	DOES(s.S, 1, {s.L, X}, {s.C, SIGNAL});
	DOES(s.S, 2, {s.G, X});
	expect_join("two holds of the lock, another lock after it", LH_WARNING);
	DOES(s.W, 0, {s.C, X});
	DOES(s.S, 0, {s.L, X}, {s.C, SIGNAL});
	DOES(s.S, 1, {s.L, X | TRY});
	expect_join("only tries the lock after it", LH_WARNING);
	DOES(s.W, 0, {s.C, X});
	DOES(s.S, 0, {s.L, X}, {s.C, SIGNAL});
	tables_add_hb_edge(s.tables, LH_HB_BARRIER, s.S, 0, s.W, 1);
	expect_join("ordered", LH_NOTE);
}

static void joins_of_not_told(void)
{
	DOES(s.S, 0, {s.L, X});
	expect_join("says nothing", LH_ERROR);
	DOES(s.W, 0, {s.C, X});
	DOES(s.S, 0, {s.L, X}, {s.C, SIGNAL});
	DOES(s.S, 1, {s.G, X}, {s.L, X});
	expect_join("once more", LH_ERROR);
	DOES(s.W, 0, {s.C, X});
	DOES(s.S, 0, {s.L, X}, {s.C, SIGNAL});
	DOES(s.S, 1, {s.L, X});
	expect_join("once more at the same site", LH_ERROR);
	DOES(s.W, 0, {s.C, X});
	DOES(s.S, 0, {s.L, X}, {s.C, SIGNAL});
	DOES(s.S, 1, {tables_add_lock(s.tables, LH_COND, 0), X});
	expect_join("waits after it", LH_ERROR);
	DOES(s.W, 0, {s.C, X});
	DOES(s.S, 0, {s.L, X}, {s.C, SIGNAL});
	DOES(s.S, 2, {s.L, X}, {s.C, SIGNAL});
	expect_join("said twice", LH_ERROR);
	DOES(s.U, 0, {s.C, X});
	DOES(s.S, 0, {s.L, X}, {s.C, SIGNAL});
	expect_join("said to another thread", LH_ERROR);
	DOES(s.U, 1, {s.C, X});
	DOES(s.S, 0, {s.L, X}, {s.C, SIGNAL});
	tables_add_hb_edge(s.tables, LH_HB_BARRIER, s.U, 0, s.W, 1);
	expect_join("said to another thread, which was ordered before its wait", LH_ERROR);
	DOES(s.S, 0, {s.L, X});
	DOES(s.S, 0, {s.C, SIGNAL});
	expect_join("said after the release, nobody waited", LH_ERROR);
	DOES(s.W, 0, {s.C, X});
	DOES(s.U, 0, {s.L, X}, {s.C, SIGNAL});
	DOES(s.S, 0, {s.L, X});
	expect_join("another thread said it", LH_ERROR);
}

int main(void)
{
	new_fixture();
	order_of_arrival();
	several_signallers();
	filters();
	no_answer();
	joins_of_told();
	joins_of_not_told();
	free(s.tables);
	return unit_done();
}
