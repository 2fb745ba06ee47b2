/*
 * test_order_graph_random.c — compares the order graph with a brute-force oracle and a simulator.
 *
 * LINKS: libcheck/order_graph/ tests/unit/libcheck/order_graph/oracle.c
 * tests/unit/libcheck/order_graph/simulator*.c
 */
#include "tests/unit/libcheck/order_graph/order_driver.h"
#include "tests/unit/libcheck/order_graph/oracle.h"
#include "tests/unit/libcheck/order_graph/simulator.h"

/* ---- random tables against the oracle ---- */

static lh_site random_site(const struct order_tables *tables, lh_lock_id lock)
{
	enum lh_mode mode = LH_EXCLUSIVE;
	enum lh_how how = random_below(8) ? LH_BLOCKING : random_below(2) ? LH_TIMED : LH_TRY;

	if (tables->lock[LH_LOCK_ROW(lock)].kind == LH_RWLOCK && random_below(2))
		mode = LH_SHARED;
	if (tables->lock[LH_LOCK_ROW(lock)].flags & LH_LOCK_COUNTING)
		mode = LH_PERMIT;
	return LH_SITE(1 + random_below(2), how, mode);
}

static void random_locks(struct order_tables *tables, uint32_t n, bool plain)
{
	for (uint32_t i = 0; i < n; i++)
		switch (plain ? 0 : random_below(8)) {
		default:
			tables_add_lock(tables, LH_MUTEX, 0);
			break;
		case 5:
			tables_add_lock(tables, LH_RWLOCK, 0);
			break;
		case 6:
			tables_add_lock(tables, LH_RWLOCK, LH_LOCK_PREFER_WRITER);
			break;
		case 7:
			tables_add_lock(tables, LH_SEM, random_below(3) ? 0 : LH_LOCK_SIGNAL);
			break;
		}
}

static lh_lock_id random_lock(const struct order_tables *tables, uint32_t first, uint32_t locks,
			      uint32_t threads)
{
	uint32_t r = random_below(locks * 6 + threads);

	if (r < locks * 6)
		return LH_LOCK_ID(first + r / 6, 1);
	return tables->thread[1 + r - locks * 6].end_lock;
}

/* In a program with barriers the threads go from phase to phase. */
static bool with_phases;

static uint32_t random_segment(void)
{
	return with_phases ? random_below(4) * LH_PHASE + 1 + random_below(2) : random_below(3);
}

/* Some threads pass barriers together; each began by them only the phases of one range. */
static void random_rounds(struct order_tables *tables, uint32_t threads)
{
	lh_thread_id row = tables_add_thread(tables, 0, 0);

	tables->thread[row].flags = LH_THREAD_BARRIER_ROUND;
	for (lh_thread_id t = 1; t <= threads; t++) {
		uint32_t from = (1 + random_below(3)) * LH_PHASE,
			 to = from + random_below(3) * LH_PHASE;
		if (!random_below(3))
			continue;
		tables_add_hb_edge(tables, LH_HB_TEAM_JOIN, t, UINT32_MAX, row, 0);
		tables_add_hb_edge(tables, LH_HB_TEAM_FORK, row, to, t, from);
	}
}

/* A random thread acquires a random chain of locks, usually with a visit at each link. */
static void random_walk(struct order_tables *tables, uint32_t first, uint32_t locks,
			uint32_t threads)
{
	lh_thread_id t = 1 + random_below(threads);
	uint32_t segment = random_segment(), depth = 1 + random_below(4);
	lh_chain_id chain = 0;

	while (depth--) {
		lh_lock_id lock = random_lock(tables, first, locks, threads);
		bool again = false;
		for (lh_chain_id h = chain; h; h = tables->chain[h].parent)
			again |= tables->chain[h].lock == lock;
		if (again)
			continue;
		lh_chain_id child =
			tables_add_chain(tables, chain, lock, random_site(tables, lock));
		if (random_below(12))
			tables_add_visit(tables, child, t, segment);
		if (tables->lock[LH_LOCK_ROW(lock)].kind == LH_THREAD_END)
			break; /* a joined thread's end is never held */
		chain = child;
	}
}

/* The creator of this thread holds one or two locks as long as the thread lives. */
static void random_creator_chain(struct order_tables *tables, lh_thread_id t, uint32_t first,
				 uint32_t locks)
{
	lh_lock_id a = LH_LOCK_ID(first + random_below(locks), 1),
		   c = LH_LOCK_ID(first + random_below(locks), 1);
	lh_chain_id chain = tables_add_chain(tables, 0, a, random_site(tables, a));

	tables->thread[t].creator_chain =
		a == c || random_below(2)
			? chain
			: tables_add_chain(tables, chain, c, random_site(tables, c));
}

static struct order_tables *random_tables(void)
{
	struct order_tables *tables = tables_new();
	uint32_t threads = 2 + random_below(4), locks = 2 + random_below(5), first;
	bool plain = !random_below(3);

	with_phases = !random_below(3);
	for (uint32_t t = 1; t <= threads; t++)
		tables_add_thread(tables, t > 1 ? 1 + random_below(t - 1) : 0, 0);
	for (uint32_t i = with_phases ? 1 + random_below(2) : 0; i; i--)
		random_rounds(tables, threads);
	first = tables->locks;
	random_locks(tables, locks, plain);
	for (uint32_t t = 2; t <= threads; t++)
		if (!random_below(8))
			random_creator_chain(tables, t, first, locks);
	for (uint32_t i = 4 + random_below(14); i; i--) {
		random_walk(tables, first, locks, threads);
		if (!random_below(12))
			tables_add_hb_edge(tables, LH_HB_CREATE, 1 + random_below(threads),
					   random_segment(), 1 + random_below(threads),
					   random_segment());
	}
	return tables;
}

enum { ORACLE_LENGTH = 5 };

static void drop_long(struct cycle_set *r)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->n; i++)
		if (r->cycle[i].n <= ORACLE_LENGTH)
			r->cycle[n++] = r->cycle[i];
	r->n = n;
}

static bool oracle_round(void)
{
	static struct cycle_set oracle, whole, growing, quick;
	struct order_tables *tables = random_tables();
	bool ok;

	oracle.n = whole.n = growing.n = quick.n = 0;
	oracle_cycles(tables, ORACLE_LENGTH, &oracle);
	CHECK(!check_all(tables, LH_ORDER_KEEP_FILTERED, &whole).cut);
	check_growing(tables, LH_ORDER_KEEP_FILTERED, &growing);
	check_all(tables, 0, &quick);
	drop_long(&whole);
	drop_long(&growing);
	drop_long(&quick);
	ok = CHECK(same_cycles(&whole, &oracle, false)) &&
	     CHECK(same_cycles(&growing, &oracle, false)) &&
	     CHECK(same_cycles(&quick, &oracle, true));
	if (!ok)
		print_tables(tables);
	free(tables);
	return ok;
}

static void compare_with_oracle(void)
{
	for (uint32_t i = 0; i < rounds(4000); i++) {
		random_state = seed(i);
		if (!oracle_round()) {
			printf("\tround %u\n", i);
			return;
		}
	}
}

/* ---- random programs against the simulator ---- */

static struct {
	uint32_t runs, skipped, filtered[LH_FILTERS];
	/* cycles that count, of all programs; those that a run reaches only with more locks held,
	 * because a failed try succeeds; and those that no run reaches */
	uint32_t errors, with_more_locks, unreachable;
} tally;

/* The order graph finds in the tables exactly the cycles that can occur if the tables run as a
 * program. */
static bool compare_with_tables(const struct order_tables *tables, struct cycle_set *found)
{
	static struct cycle_set simulated;

	simulated.n = 0;
	if (!tables_explore(tables, &simulated)) {
		tally.skipped++;
		return true;
	}
	return CHECK(contained(found, &simulated, true, "the order graph")) &&
	       CHECK(contained(&simulated, found, true, "the simulator"));
}

/* True if a run reaches this cycle, with any other locks held. */
static bool can_reach(const struct program *p, const struct order_tables *tables,
		      const struct cycle *cycle)
{
	static struct cycle_set any;
	const struct cycle *found;

	any.n = 0;
	if (!program_explore(p, tables, true, &any))
		return false;
	found = cycle_set_find(&any, cycle);
	return found && found->filter == LH_F_NONE;
}

/* The order graph finds every cycle that the program itself can reach with chains in the tables. */
static bool compare_with_program(const struct program *p, const struct order_tables *tables,
				 struct cycle_set *found)
{
	static struct cycle_set reached;

	reached.n = 0;
	if (!program_explore(p, tables, false, &reached)) {
		tally.skipped++;
		return true;
	}
	for (uint32_t i = 0; i < reached.n; i++) {
		const struct cycle *o = cycle_set_find(found, &reached.cycle[i]);
		if (CHECK(o && filter_rank(o->filter) >= filter_rank(reached.cycle[i].filter)))
			continue;
		printf("\tprogram reaches it, filter in the order graph: %d\n",
		       o ? (int)o->filter : -1);
		print_cycle(&reached.cycle[i]);
		return false;
	}
	for (uint32_t i = 0; i < found->n; i++) {
		const struct cycle *o = cycle_set_find(&reached, &found->cycle[i]);
		if (found->cycle[i].filter != LH_F_NONE)
			continue;
		tally.errors++;
		if (o && o->filter == LH_F_NONE)
			continue;
		if (can_reach(p, tables, &found->cycle[i]))
			tally.with_more_locks++;
		else
			tally.unreachable++;
	}
	return true;
}

static void count(const struct cycle_set *found)
{
	for (uint32_t i = 0; i < found->n; i++)
		tally.filtered[found->cycle[i].filter]++;
}

static bool simulator_round(uint64_t number)
{
	static struct cycle_set found;
	struct program *p = program_random(seed(number));
	struct order_tables *tables = NULL;
	bool ok = true;

	for (uint32_t i = 0; i < 20 && !tables; i++)
		tables = program_run(p, seed(number) + 1 + i);
	if (tables) {
		tally.runs++;
		found.n = 0;
		check_all(tables, LH_ORDER_KEEP_FILTERED, &found);
		count(&found);
		ok = compare_with_tables(tables, &found) && compare_with_program(p, tables, &found);
	}
	if (!ok) {
		program_print(p);
		print_tables(tables);
	}
	program_free(p);
	free(tables);
	return ok;
}

static void compare_with_simulator(void)
{
	for (uint32_t i = 0; i < rounds(3000); i++)
		if (!simulator_round(i)) {
			printf("\tround %u\n", i);
			return;
		}
	printf("\t%u of %u errors are beyond what their program can do; %u it does, but with more "
	       "locks in hand\n",
	       tally.unreachable, tally.errors, tally.with_more_locks);
	/* A test that never meets the tested cases would pass, too. */
	if (!are_usual_rounds())
		return;
	CHECK(tally.skipped * 20 < tally.runs);
	CHECK(tally.errors > 500 && tally.unreachable * 100 < tally.errors);
	for (int i = 0; i < LH_FILTERS; i++)
		CHECK(tally.filtered[i] > 50);
}

/* ---- random counting semaphores against the oracle ---- */

static void random_sem(uint64_t number)
{
	static struct cycle_set none;
	struct order_tables *tables = tables_new();
	lh_lock_id a = tables_add_lock(tables, LH_MUTEX, 0),
		   g = tables_add_lock(tables, LH_MUTEX, 0);
	lh_lock_id m = tables_add_lock(tables, LH_SEM, LH_LOCK_COUNTING);
	uint32_t threads = 0;
	int oracle;

	random_state = seed(number);
	tables->lock[LH_LOCK_ROW(m)].initial = 2 + random_below(3);
	while (threads < 5)
		threads = tables_add_thread(tables, 0, 0);
	for (uint32_t i = 2 + random_below(6); i; i--) {
		struct acquisition k[4];
		uint32_t n = 1 + random_below(4);
		for (uint32_t q = 0; q < n; q++)
			k[q] = random_below(4)
				       ? (struct acquisition){m, P | (random_below(6)   ? WAIT
								      : random_below(2) ? TIMED
											: TRY)}
				       : (struct acquisition){random_below(2) ? a : g, X};
		tables_acquire(tables, 1 + random_below(threads), random_below(3), n, k);
	}
	for (uint32_t i = random_below(4); i; i--)
		tables_add_hb_edge(tables, LH_HB_CREATE, 1 + random_below(threads), random_below(3),
				   1 + random_below(threads), random_below(3));
	none.n = 0;
	oracle = oracle_sem_cycle(tables, m);
	check_all(tables, LH_ORDER_KEEP_FILTERED, &none);
	if (!CHECK_EQ(sem_filter, oracle < 0 ? 255 : oracle)) {
		printf("\tsemaphore round %u\n", (uint32_t)number);
		print_tables(tables);
	}
	free(tables);
}

int main(void)
{
	compare_with_oracle();
	for (uint32_t i = 0; i < rounds(2000) && !unit_failed; i++)
		random_sem(i);
	compare_with_simulator();
	return unit_done();
}
