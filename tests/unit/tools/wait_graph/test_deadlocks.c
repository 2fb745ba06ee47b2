/*
 * Deadlocks that are seen from outside, on ledgers made by hand, with a clock of our own: what is
 * told, when, how often; and what only looks like one.
 * LINKS: tools/wait_graph/ tools/process/ tools/ledger/ tools/symbols/ tools/util/
 */
#include "tests/unit/ledger_builder.h"
#include "tools/wait_graph/deadlocks.h"
#include "tests/unit/unit.h"

#define MS 1000000ull

static struct lh_ledger *l;
static struct lh_ledger_view record;
static struct lh_deadlocks *still;
static struct lh_arena *pool;
static struct lh_deadlock *knot;
static uint64_t clock_ms;
static bool all_gone, all_kept;
static lh_lock_id a, b, s;

static bool gone(void *with, int32_t tid)
{
	(void)with;
	return all_gone && tid == 4712;
}

static bool kept(void *with, const struct lh_lock *lock, int32_t tid)
{
	(void)with;
	return all_kept && lock->address == 0x5000 && (tid == 4712 || tid == 4800);
}

static struct lh_live_thread *seat(uint32_t i)
{
	return build_at(l, LH_T_LIVE_THREAD, i);
}

/* Three threads on three seats, two mutexes and a semaphore of so many permits. */
static void set_up(uint32_t permits)
{
	l = build_ledger(4711, "/opt/bank");
	a = build_lock(l, LH_MUTEX, 0x5000, "a");
	b = build_lock(l, LH_MUTEX, 0x5040, "b");
	s = build_lock(l, LH_SEM, 0x5080, "s");
	build_lock_row(l, s)->initial = permits;
	build_lock_row(l, s)->flags |= LH_LOCK_INITED | (permits > 1 ? LH_LOCK_COUNTING : 0);
	for (uint32_t i = 1; i <= 3; i++) {
		build_thread(l, 4710 + (int)i, "worker");
		*(struct lh_live_thread *)build_row(l, LH_T_LIVE_THREAD, NULL) =
			(struct lh_live_thread){
				.state = LH_LIVE_ATTACHED, .thread = i, .tid = 4710 + (int)i};
	}
	lh_read_view(&record, l, l->total);
	still = lh_deadlocks_new((struct lh_deadlocks_queries){gone, kept});
	lh_deadlocks_add(still, &record, NULL);
	pool = lh_arena_new();
	clock_ms = 1000;
	all_gone = all_kept = false;
}

static void tear_down(void)
{
	lh_deadlocks_free(still);
	lh_arena_free(pool);
}

static void take(uint32_t i, lh_lock_id lock, enum lh_mode mode)
{
	struct lh_live_thread *at = seat(i);

	at->held[at->held_n++] =
		(struct lh_held){.lock = lock, .depth = 1, .site = LH_SITE(0, LH_BLOCKING, mode)};
}

static void await_how(uint32_t i, lh_lock_id lock, enum lh_how how, enum lh_mode mode)
{
	seat(i)->wait_site = LH_SITE(0, how, mode);
	seat(i)->wait_on = LH_WAIT_LOCK;
	seat(i)->wait_since_ns = clock_ms * MS;
	seat(i)->wait_seq++;
	seat(i)->wait_lock = lock;
}

static void await(uint32_t i, lh_lock_id lock)
{
	await_how(i, lock, LH_BLOCKING, LH_EXCLUSIVE);
}

/* How many were told in all looks of this time. */
static uint32_t look(uint64_t ms)
{
	uint32_t n = 0;

	for (uint64_t end = clock_ms + ms; clock_ms < end; clock_ms += 25) {
		struct lh_deadlock *some = NULL;
		uint32_t k = lh_deadlocks_scan(still, clock_ms * MS, pool, &some);

		n += k;
		knot = k ? some : knot;
	}
	return n;
}

/* Told once, and not before it has lasted for a second. */
static void told_once(enum lh_rule rule, uint32_t steps)
{
	CHECK_EQ(look(1000), 0);
	CHECK_EQ(look(50), 1);
	CHECK_EQ(knot->rule, rule);
	CHECK_EQ(knot->steps, steps);
	CHECK_EQ(look(5000), 0);
	tear_down();
}

static void never_told(void)
{
	CHECK_EQ(look(5000), 0);
	tear_down();
}

static void sem_and_mutex(void)
{
	set_up(1);
	take(1, a, LH_EXCLUSIVE);
	take(2, s, LH_EXCLUSIVE);
	await(1, s);
	await(2, a);
}

static void circles(void)
{
	sem_and_mutex();
	told_once(LH_RULE_DEADLOCK, 4);

	sem_and_mutex();
	CHECK_EQ(look(1050), 1);
	CHECK_EQ(knot->step[0].step.thread, 1);
	CHECK_EQ(knot->step[0].step.lock, a);
	CHECK_EQ(knot->step[0].step.action, LH_HOLDS);
	CHECK_EQ(knot->step[1].step.lock, s);
	CHECK_EQ(knot->step[1].step.action, LH_WAITS_FOR);
	CHECK_EQ(knot->step[2].step.thread, 2);
	CHECK_EQ(knot->step[2].step.lock, s);
	tear_down();

	/* mutexes alone: the library's, unless it has not told it */
	set_up(1);
	take(1, a, LH_EXCLUSIVE);
	take(2, b, LH_EXCLUSIVE);
	await(1, b);
	await(2, a);
	told_once(LH_RULE_DEADLOCK, 4);

	set_up(1);
	take(1, a, LH_EXCLUSIVE);
	take(2, b, LH_EXCLUSIVE);
	await(1, b);
	await(2, a);
	build_finding(l, LH_RULE_DEADLOCK, LH_HAPPENED, LH_ERROR);
	build_step(l, 2, b, 0, LH_HOLDS);
	build_step(l, 2, a, 0, LH_WAITS_FOR);
	never_told();

	/* a third thread stands behind it: no part of it */
	sem_and_mutex();
	await(3, a);
	told_once(LH_RULE_DEADLOCK, 4);
}

static void near_circles(void)
{
	sem_and_mutex(); /* somebody else posts it */
	build_lock_row(l, s)->flags |= LH_LOCK_SIGNAL;
	never_told();

	sem_and_mutex(); /* a wait with a limit */
	await_how(2, a, LH_TIMED, LH_EXCLUSIVE);
	never_told();

	sem_and_mutex(); /* a condition: anybody may signal it */
	seat(2)->wait_on = LH_WAIT_COND;
	never_told();

	sem_and_mutex(); /* its beginning was not seen: who knows how many permits there are */
	build_lock_row(l, s)->flags &= ~(uint32_t)LH_LOCK_INITED;
	never_told();

	sem_and_mutex(); /* moves: the same wait, but another one each time */
	for (int i = 0; i < 100; i++) {
		CHECK_EQ(look(50), 0);
		await(2, a);
	}
	tear_down();

	sem_and_mutex(); /* a chain with a free end */
	take(3, b, LH_EXCLUSIVE);
	await(2, b);
	never_told();

	set_up(1); /* readers do not keep readers out */
	build_lock_row(l, a)->kind = LH_RWLOCK;
	take(1, a, LH_SHARED);
	take(2, b, LH_EXCLUSIVE);
	await(1, b);
	await_how(2, a, LH_BLOCKING, LH_SHARED);
	never_told();
}

static void readers(void)
{
	set_up(1); /* one of two readers is free, and that does not help the writer */
	build_lock_row(l, a)->kind = LH_RWLOCK;
	take(1, a, LH_SHARED);
	take(3, a, LH_SHARED);
	take(2, b, LH_EXCLUSIVE);
	await(1, b);
	await(2, a);
	told_once(LH_RULE_DEADLOCK, 4);
}

static void pools(void)
{
	set_up(2);
	take(1, s, LH_PERMIT);
	take(2, s, LH_PERMIT);
	await_how(1, s, LH_BLOCKING, LH_PERMIT);
	await_how(2, s, LH_BLOCKING, LH_PERMIT);
	told_once(LH_RULE_POOL_DEADLOCK, 4);

	set_up(3); /* the third permit's holder will give it back */
	take(1, s, LH_PERMIT);
	take(2, s, LH_PERMIT);
	take(3, s, LH_PERMIT);
	await_how(1, s, LH_BLOCKING, LH_PERMIT);
	await_how(2, s, LH_BLOCKING, LH_PERMIT);
	never_told();

	set_up(2); /* by way of a mutex */
	take(1, s, LH_PERMIT);
	take(2, s, LH_PERMIT);
	take(3, a, LH_EXCLUSIVE);
	await(1, a);
	await(2, a);
	await_how(3, s, LH_BLOCKING, LH_PERMIT);
	told_once(LH_RULE_DEADLOCK, 6);

	set_up(2); /* all of it in one hand */
	take(1, s, LH_PERMIT);
	take(1, s, LH_PERMIT);
	await_how(1, s, LH_BLOCKING, LH_PERMIT);
	told_once(LH_RULE_SELF_DEADLOCK, 2);
}

static void ended(void)
{
	set_up(1);
	take(2, a, LH_EXCLUSIVE);
	seat(2)->state = LH_LIVE_ENDING;
	await(1, a);
	CHECK_EQ(look(1000), 0); /* its destructors run */
	all_gone = true;
	await(3, a);
	CHECK_EQ(look(1000), 1); /* once for both */
	CHECK_EQ(knot->rule, LH_RULE_EXIT_HOLDING);
	CHECK_EQ(knot->steps, 2);
	CHECK_EQ(knot->step[0].step.thread, 2);
	CHECK_EQ(knot->step[1].step.action, LH_WAITS_FOR);
	CHECK_EQ(look(2000), 0);
	tear_down();

	set_up(1); /* a robust one tells its next owner itself */
	build_lock_row(l, a)->flags |= LH_LOCK_ROBUST;
	take(2, a, LH_EXCLUSIVE);
	seat(2)->state = LH_LIVE_ENDING;
	all_gone = true;
	await(1, a);
	never_told();

	for (int says = 0; says < 2; says++) { /* the library told when it ended */
		set_up(1);
		build_finding(l, LH_RULE_EXIT_HOLDING, LH_HAPPENED, LH_ERROR);
		build_step(l, 2, a, 0, LH_HOLDS);
		((struct lh_thread *)build_at(l, LH_T_THREAD, 2))->flags |= LH_THREAD_ENDED;
		all_kept = says; /* else somebody has given it back since */
		await(1, a);
		CHECK_EQ(look(3000), (uint32_t)says);
		tear_down();
	}
}

/* ---- two processes ---- */

static void lies_at(struct lh_ledger *in, lh_lock_id lock, uint64_t off)
{
	uint32_t row;
	struct lh_lock_location *at = build_row(in, LH_T_LOCK_LOCATION, &row);

	*at = (struct lh_lock_location){.lock = lock, .dev = 1, .ino = 77, .off = off};
	build_lock_row(in, lock)->flags |= LH_LOCK_PSHARED;
	build_more(in, build_lock_row(in, lock))->location = row;
}

/* Each holds what the other one waits for; the second knows the two by other numbers. */
static void two_processes(uint64_t second_off)
{
	static struct lh_ledger_view other;

	set_up(1);
	lies_at(l, a, 0);
	lies_at(l, b, 40);
	take(1, a, LH_EXCLUSIVE);
	await(1, b);

	l = build_ledger(4800, "/opt/bank");
	b = build_lock(l, LH_MUTEX, 0x9040, "b");
	a = build_lock(l, LH_MUTEX, 0x9000, "a");
	lies_at(l, a, second_off);
	lies_at(l, b, second_off + 40);
	build_thread(l, 4800, "worker");
	*(struct lh_live_thread *)build_row(l, LH_T_LIVE_THREAD, NULL) =
		(struct lh_live_thread){.state = LH_LIVE_ATTACHED, .thread = 1, .tid = 4800};
	lh_read_view(&other, l, l->total);
	lh_deadlocks_add(still, &other, &other);
	take(1, b, LH_EXCLUSIVE);
	await(1, a);
}

static void across(void)
{
	two_processes(0);
	CHECK_EQ(look(75), 1); /* the second look is enough: nobody else tells it */
	CHECK_EQ(knot->rule, LH_RULE_DEADLOCK);
	CHECK_EQ(knot->steps, 4);
	CHECK(knot->across);
	CHECK(!lh_deadlocks_with(knot->process)); /* of the one that came first */
	CHECK_EQ(look(5000), 0);
	tear_down();

	two_processes(4096); /* other locks of the same file */
	never_told();

	two_processes(0); /* the file was mapped anew: the row of the place means another lock */
	((struct lh_lock_location *)build_at(l, LH_T_LOCK_LOCATION, 1))->lock = 0;
	never_told();
}

/* The second process ends with `a` in its hands. */
static void dead_process(void)
{
	struct lh_deadlocks_process *second;
	static struct lh_ledger_view other;

	for (int robust = 0; robust < 2; robust++) {
		set_up(1);
		lies_at(l, a, 0);
		await(1, a);
		struct lh_ledger *first = l;
		l = build_ledger(4800, "/opt/bank");
		lh_lock_id there = build_lock(l, LH_MUTEX, 0x9000, "a");
		lies_at(l, there, 0);
		build_lock_row(l, there)->flags |= robust ? LH_LOCK_ROBUST : 0;
		build_lock_row(first, a)->flags |= robust ? LH_LOCK_ROBUST : 0;
		build_thread(l, 4800, "other");
		*(struct lh_live_thread *)build_row(l, LH_T_LIVE_THREAD, NULL) =
			(struct lh_live_thread){
				.state = LH_LIVE_ATTACHED, .thread = 1, .tid = 4800};
		lh_read_view(&other, l, l->total);
		second = lh_deadlocks_add(still, &other, &other);
		take(1, there, LH_EXCLUSIVE);
		CHECK_EQ(look(1000), 0); /* it can go on */
		lh_deadlocks_drop(still, second);
		CHECK_EQ(look(1000), 0); /* the bytes do not say so */
		all_kept = true;
		CHECK_EQ(look(1000), robust ? 0 : 1);
		if (!robust) {
			CHECK_EQ(knot->rule, LH_RULE_EXIT_HOLDING);
			CHECK_EQ(knot->step[0].dead_thread->pid, 4800);
			CHECK_STR(knot->step[0].dead_thread->name, "other");
		}
		tear_down();
	}
}

int main(void)
{
	dead_process();
	across();
	circles();
	near_circles();
	readers();
	pools();
	ended();
	return unit_done();
}
