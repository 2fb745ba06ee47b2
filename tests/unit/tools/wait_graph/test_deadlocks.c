/*
 * test_deadlocks.c — tests the deadlocks that the monitor finds, on ledgers made by hand with a
 * simulated clock: what is reported, when and how often; and waits that only look like a deadlock.
 * LINKS: tools/wait_graph/ tools/process/ tools/ledger/ tools/symbols/ tools/machine_code/ libcheck/machine_code/ tools/util/
 */
#include "tests/unit/ledger_builder.h"
#include "tools/wait_graph/deadlocks.h"
#include "tests/unit/unit.h"

#define MS 1000000ull

static struct lh_ledger *l;
static struct lh_ledger_view view;
static struct lh_deadlocks *deadlocks;
static struct lh_arena *arena;
static struct lh_deadlock *deadlock;
static uint64_t clock_ms;
static bool thread_is_gone, lock_is_abandoned;
static uint64_t futex;
static lh_lock_id a, b, s;

static bool is_gone(void *with, int32_t tid)
{
	(void)with;
	return thread_is_gone && tid == 4712;
}

static bool is_abandoned(void *with, const struct lh_lock *lock, int32_t tid)
{
	(void)with;
	return lock_is_abandoned && lock->address == 0x5000 && (tid == 4712 || tid == 4800);
}

static uint64_t futex_of(void *with, int32_t tid)
{
	(void)with;
	return tid == 4711 ? futex : 0;
}

static struct lh_live_thread *live_row(uint32_t i)
{
	return build_at(l, LH_T_LIVE_THREAD, i);
}

/* Three live threads, two mutexes and a semaphore with this number of permits. */
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
	lh_read_view(&view, l, l->total);
	deadlocks =
		lh_deadlocks_new((struct lh_deadlocks_queries){is_gone, is_abandoned, futex_of});
	lh_deadlocks_add(deadlocks, &view, NULL);
	arena = lh_arena_new();
	clock_ms = 1000;
	thread_is_gone = lock_is_abandoned = false;
	futex = 0;
}

static void tear_down(void)
{
	lh_deadlocks_free(deadlocks);
	lh_arena_free(arena);
}

static void acquire(uint32_t i, lh_lock_id lock, enum lh_mode mode)
{
	struct lh_live_thread *at = live_row(i);

	at->held[at->held_n++] =
		(struct lh_held){.lock = lock, .depth = 1, .site = LH_SITE(0, LH_BLOCKING, mode)};
}

static void wait_for_how(uint32_t i, lh_lock_id lock, enum lh_how how, enum lh_mode mode)
{
	live_row(i)->wait_site = LH_SITE(0, how, mode);
	live_row(i)->wait_on = LH_WAIT_LOCK;
	live_row(i)->wait_since_ns = clock_ms * MS;
	live_row(i)->wait_seq++;
	live_row(i)->wait_lock = lock;
}

static void wait_for(uint32_t i, lh_lock_id lock)
{
	wait_for_how(i, lock, LH_BLOCKING, LH_EXCLUSIVE);
}

/* Scans for this time; returns how many deadlocks were reported. */
static uint32_t scan_for(uint64_t ms)
{
	uint32_t n = 0;

	for (uint64_t end = clock_ms + ms; clock_ms < end; clock_ms += 25) {
		struct lh_deadlock *found = NULL;
		uint32_t k = lh_deadlocks_scan(deadlocks, clock_ms * MS, arena, &found);

		n += k;
		deadlock = k ? found : deadlock;
	}
	return n;
}

/* Expects one report, and not before the deadlock has lasted for a second. */
static void reported_once(enum lh_rule rule, uint32_t steps)
{
	CHECK_EQ(scan_for(1000), 0);
	CHECK_EQ(scan_for(50), 1);
	CHECK_EQ(deadlock->rule, rule);
	CHECK_EQ(deadlock->steps, steps);
	CHECK_EQ(scan_for(5000), 0);
	tear_down();
}

static void never_reported(void)
{
	CHECK_EQ(scan_for(5000), 0);
	tear_down();
}

static void sem_and_mutex(void)
{
	set_up(1);
	acquire(1, a, LH_EXCLUSIVE);
	acquire(2, s, LH_EXCLUSIVE);
	wait_for(1, s);
	wait_for(2, a);
}

static void cycles(void)
{
	sem_and_mutex();
	reported_once(LH_RULE_DEADLOCK, 4);

	sem_and_mutex();
	CHECK_EQ(scan_for(1050), 1);
	CHECK_EQ(deadlock->step[0].step.thread, 1);
	CHECK_EQ(deadlock->step[0].step.lock, a);
	CHECK_EQ(deadlock->step[0].step.action, LH_HOLDS);
	CHECK_EQ(deadlock->step[1].step.lock, s);
	CHECK_EQ(deadlock->step[1].step.action, LH_WAITS_FOR);
	CHECK_EQ(deadlock->step[2].step.thread, 2);
	CHECK_EQ(deadlock->step[2].step.lock, s);
	tear_down();

	/* mutexes alone: the library reports these; the monitor does if the library did not */
	set_up(1);
	acquire(1, a, LH_EXCLUSIVE);
	acquire(2, b, LH_EXCLUSIVE);
	wait_for(1, b);
	wait_for(2, a);
	reported_once(LH_RULE_DEADLOCK, 4);

	set_up(1);
	acquire(1, a, LH_EXCLUSIVE);
	acquire(2, b, LH_EXCLUSIVE);
	wait_for(1, b);
	wait_for(2, a);
	build_finding(l, LH_RULE_DEADLOCK, LH_HAPPENED, LH_ERROR);
	build_step(l, 2, b, 0, LH_HOLDS);
	build_step(l, 2, a, 0, LH_WAITS_FOR);
	never_reported();

	/* a third thread waits behind the cycle and is not part of it */
	sem_and_mutex();
	wait_for(3, a);
	reported_once(LH_RULE_DEADLOCK, 4);
}

static void near_misses(void)
{
	sem_and_mutex(); /* another thread may post the semaphore */
	build_lock_row(l, s)->flags |= LH_LOCK_SIGNAL;
	never_reported();

	sem_and_mutex(); /* a timed wait */
	wait_for_how(2, a, LH_TIMED, LH_EXCLUSIVE);
	never_reported();

	sem_and_mutex(); /* a condition: any thread may signal it */
	live_row(2)->wait_on = LH_WAIT_COND;
	never_reported();

	sem_and_mutex(); /* its initialization was not seen: the number of permits is unknown */
	build_lock_row(l, s)->flags &= ~(uint32_t)LH_LOCK_INITED;
	never_reported();

	sem_and_mutex(); /* progress: the same lock, but a new wait each time */
	for (int i = 0; i < 100; i++) {
		CHECK_EQ(scan_for(50), 0);
		wait_for(2, a);
	}
	tear_down();

	sem_and_mutex(); /* a chain with a free end */
	acquire(3, b, LH_EXCLUSIVE);
	wait_for(2, b);
	never_reported();

	sem_and_mutex(); /* cancelled in sem_wait: its cleanup handlers run */
	live_row(1)->cancel = LH_CANCEL_PENDING;
	never_reported();

	sem_and_mutex(); /* cancelled in any wait */
	live_row(2)->cancel = LH_CANCEL_PENDING | LH_CANCEL_ASYNCHRONOUS;
	never_reported();

	set_up(1); /* readers do not block readers */
	build_lock_row(l, a)->kind = LH_RWLOCK;
	acquire(1, a, LH_SHARED);
	acquire(2, b, LH_EXCLUSIVE);
	wait_for(1, b);
	wait_for_how(2, a, LH_BLOCKING, LH_SHARED);
	never_reported();
}

/* A cancellation that does not end the waits of the cycle. */
static void cancelled(void)
{
	sem_and_mutex(); /* disabled */
	live_row(1)->cancel = LH_CANCEL_PENDING | LH_CANCEL_DISABLED;
	reported_once(LH_RULE_DEADLOCK, 4);

	sem_and_mutex(); /* pthread_mutex_lock is no cancellation point */
	live_row(2)->cancel = LH_CANCEL_PENDING;
	reported_once(LH_RULE_DEADLOCK, 4);

	sem_and_mutex(); /* waits in a cleanup handler: it sleeps on */
	live_row(1)->cancel = LH_CANCEL_PENDING;
	futex = 0x5080;
	reported_once(LH_RULE_DEADLOCK, 4);
}

/* The first thread holds `b` in a condition wait with the mutex `a`; the second holds `a` and waits
 * for `b`. */
static void signalled_waiter(enum lh_how how)
{
	set_up(1);
	acquire(1, b, LH_EXCLUSIVE);
	acquire(1, a, LH_EXCLUSIVE);
	live_row(1)->held[1].flags = LH_HELD_IN_COND_WAIT;
	wait_for_how(1, build_lock(l, LH_COND, 0x50c0, "c"), how, LH_EXCLUSIVE);
	live_row(1)->wait_on = LH_WAIT_COND;
	live_row(1)->wait_with = a;
	acquire(2, a, LH_EXCLUSIVE);
	build_lock_row(l, a)->owner = 2;
	wait_for(2, b);
}

static void signalled(void)
{
	for (enum lh_how how = LH_BLOCKING; how <= LH_TIMED; how++) {
		signalled_waiter(how);
		CHECK_EQ(scan_for(1100), 0); /* not yet signalled */
		futex = 0x5000;              /* of the mutex */
		CHECK_EQ(scan_for(75), 1);   /* two scans: the library cannot report it */
		CHECK_EQ(deadlock->rule, LH_RULE_DEADLOCK);
		CHECK_EQ(deadlock->steps, 4);
		CHECK_EQ(deadlock->step[1].step.lock, a);
		CHECK_EQ(scan_for(3000), 0);
		tear_down();
	}
	signalled_waiter(LH_BLOCKING); /* the owner of the mutex goes on */
	futex = 0x5000;
	live_row(2)->wait_lock = 0;
	never_reported();
	signalled_waiter(LH_BLOCKING); /* it sleeps on the condition */
	futex = 0x50c0;
	never_reported();
}

static void readers(void)
{
	set_up(1); /* one of two readers is not blocked, but the writer needs both to release */
	build_lock_row(l, a)->kind = LH_RWLOCK;
	acquire(1, a, LH_SHARED);
	acquire(3, a, LH_SHARED);
	acquire(2, b, LH_EXCLUSIVE);
	wait_for(1, b);
	wait_for(2, a);
	reported_once(LH_RULE_DEADLOCK, 4);
}

static void semaphore_cycles(void)
{
	set_up(2);
	acquire(1, s, LH_PERMIT);
	acquire(2, s, LH_PERMIT);
	wait_for_how(1, s, LH_BLOCKING, LH_PERMIT);
	wait_for_how(2, s, LH_BLOCKING, LH_PERMIT);
	reported_once(LH_RULE_POOL_DEADLOCK, 4);

	set_up(3); /* the holder of the third permit can release it */
	acquire(1, s, LH_PERMIT);
	acquire(2, s, LH_PERMIT);
	acquire(3, s, LH_PERMIT);
	wait_for_how(1, s, LH_BLOCKING, LH_PERMIT);
	wait_for_how(2, s, LH_BLOCKING, LH_PERMIT);
	never_reported();

	set_up(2); /* with a mutex in the cycle */
	acquire(1, s, LH_PERMIT);
	acquire(2, s, LH_PERMIT);
	acquire(3, a, LH_EXCLUSIVE);
	wait_for(1, a);
	wait_for(2, a);
	wait_for_how(3, s, LH_BLOCKING, LH_PERMIT);
	reported_once(LH_RULE_DEADLOCK, 6);

	set_up(2); /* one thread holds all permits */
	acquire(1, s, LH_PERMIT);
	acquire(1, s, LH_PERMIT);
	wait_for_how(1, s, LH_BLOCKING, LH_PERMIT);
	reported_once(LH_RULE_SELF_DEADLOCK, 2);
}

static void ended(void)
{
	set_up(1);
	acquire(2, a, LH_EXCLUSIVE);
	live_row(2)->state = LH_LIVE_ENDING;
	wait_for(1, a);
	CHECK_EQ(scan_for(1000), 0); /* its destructors may still release the lock */
	thread_is_gone = true;
	wait_for(3, a);
	CHECK_EQ(scan_for(1000), 1); /* one report for both waiters */
	CHECK_EQ(deadlock->rule, LH_RULE_EXIT_HOLDING);
	CHECK_EQ(deadlock->steps, 2);
	CHECK_EQ(deadlock->step[0].step.thread, 2);
	CHECK_EQ(deadlock->step[1].step.action, LH_WAITS_FOR);
	CHECK_EQ(scan_for(2000), 0);
	tear_down();

	set_up(1); /* a robust mutex passes to its next owner with EOWNERDEAD */
	build_lock_row(l, a)->flags |= LH_LOCK_ROBUST;
	acquire(2, a, LH_EXCLUSIVE);
	live_row(2)->state = LH_LIVE_ENDING;
	thread_is_gone = true;
	wait_for(1, a);
	never_reported();

	for (int abandoned = 0; abandoned < 2;
	     abandoned++) { /* the library reported the thread's end */
		set_up(1);
		build_finding(l, LH_RULE_EXIT_HOLDING, LH_HAPPENED, LH_ERROR);
		build_step(l, 2, a, 0, LH_HOLDS);
		((struct lh_thread *)build_at(l, LH_T_THREAD, 2))->flags |= LH_THREAD_ENDED;
		lock_is_abandoned = abandoned; /* otherwise another thread has released it since */
		wait_for(1, a);
		CHECK_EQ(scan_for(3000), (uint32_t)abandoned);
		tear_down();
	}
}

/* ---- two processes ---- */

static void set_location(struct lh_ledger *in, lh_lock_id lock, uint64_t off)
{
	uint32_t row;
	struct lh_lock_location *at = build_row(in, LH_T_LOCK_LOCATION, &row);

	*at = (struct lh_lock_location){.lock = lock, .dev = 1, .ino = 77, .off = off};
	build_lock_row(in, lock)->flags |= LH_LOCK_PSHARED;
	build_lock_stats(in, build_lock_row(in, lock))->location = row;
}

/* Each process holds the lock that the other waits for; the second has other ids for the two. */
static void two_processes(uint64_t second_off)
{
	static struct lh_ledger_view other;

	set_up(1);
	set_location(l, a, 0);
	set_location(l, b, 40);
	acquire(1, a, LH_EXCLUSIVE);
	wait_for(1, b);

	l = build_ledger(4800, "/opt/bank");
	b = build_lock(l, LH_MUTEX, 0x9040, "b");
	a = build_lock(l, LH_MUTEX, 0x9000, "a");
	set_location(l, a, second_off);
	set_location(l, b, second_off + 40);
	build_thread(l, 4800, "worker");
	*(struct lh_live_thread *)build_row(l, LH_T_LIVE_THREAD, NULL) =
		(struct lh_live_thread){.state = LH_LIVE_ATTACHED, .thread = 1, .tid = 4800};
	lh_read_view(&other, l, l->total);
	lh_deadlocks_add(deadlocks, &other, &other);
	acquire(1, b, LH_EXCLUSIVE);
	wait_for(1, a);
}

static void cross_process(void)
{
	two_processes(0);
	CHECK_EQ(scan_for(75), 1); /* two scans are enough: the library cannot report it */
	CHECK_EQ(deadlock->rule, LH_RULE_DEADLOCK);
	CHECK_EQ(deadlock->steps, 4);
	CHECK(deadlock->across);
	CHECK(!lh_deadlocks_with(deadlock->process)); /* the process that was added first */
	CHECK_EQ(scan_for(5000), 0);
	tear_down();

	two_processes(4096); /* other locks of the same file */
	never_reported();

	two_processes(0); /* the memory was reused: the location row is that of another lock */
	((struct lh_lock_location *)build_at(l, LH_T_LOCK_LOCATION, 1))->lock = 0;
	never_reported();
}

/* The second process ends while it holds `a`. */
static void dead_process(void)
{
	struct lh_deadlocks_process *second;
	static struct lh_ledger_view other;

	for (int robust = 0; robust < 2; robust++) {
		set_up(1);
		set_location(l, a, 0);
		wait_for(1, a);
		struct lh_ledger *first = l;
		l = build_ledger(4800, "/opt/bank");
		lh_lock_id there = build_lock(l, LH_MUTEX, 0x9000, "a");
		set_location(l, there, 0);
		build_lock_row(l, there)->flags |= robust ? LH_LOCK_ROBUST : 0;
		build_lock_row(first, a)->flags |= robust ? LH_LOCK_ROBUST : 0;
		build_thread(l, 4800, "other");
		*(struct lh_live_thread *)build_row(l, LH_T_LIVE_THREAD, NULL) =
			(struct lh_live_thread){
				.state = LH_LIVE_ATTACHED, .thread = 1, .tid = 4800};
		lh_read_view(&other, l, l->total);
		second = lh_deadlocks_add(deadlocks, &other, &other);
		acquire(1, there, LH_EXCLUSIVE);
		CHECK_EQ(scan_for(1000), 0); /* its thread is not blocked */
		lh_deadlocks_drop(deadlocks, second);
		for (uint32_t i = 1; i <= 256; i++) { /* the list of abandoned locks is full */
			if (i == 256)
				strcpy(((struct lh_thread *)build_at(l, LH_T_THREAD, 1))->name,
				       "newest");
			lh_deadlocks_drop(deadlocks, lh_deadlocks_add(deadlocks, &other, &other));
		}
		CHECK_EQ(scan_for(1000),
			 0); /* the lock's bytes do not name the dead thread as owner */
		lock_is_abandoned = true;
		CHECK_EQ(scan_for(1000), robust ? 0 : 1);
		if (!robust) {
			CHECK_EQ(deadlock->rule, LH_RULE_EXIT_HOLDING);
			CHECK_EQ(deadlock->step[0].dead_thread->pid, 4800);
			CHECK_STR(deadlock->step[0].dead_thread->thread.name, "newest");
		}
		tear_down();
	}
}

/* ---- likely owners of futexes ---- */

/* Thread 2 holds `a` and waits for a futex; thread 1 waits for `a`, and woke others there last. */
static struct lh_lock *futex_cycle(void)
{
	lh_lock_id f;
	struct lh_lock *row;

	set_up(1);
	f = build_lock(l, LH_FUTEX, 0x50c0, "f");
	row = build_lock_row(l, f);
	row->thread = 1;
	acquire(2, a, LH_EXCLUSIVE);
	wait_for(2, f);
	wait_for(1, a);
	return row;
}

static void likely(void)
{
	struct lh_lock *f = futex_cycle();

	CHECK_EQ(scan_for(1050), 1);
	CHECK(deadlock->likely);
	tear_down();
	futex_cycle();
	reported_once(LH_RULE_DEADLOCK, 4);
	f = futex_cycle();
	f->thread = 2; /* the waiter itself; thread 1 woke others before */
	build_lock_stats(l, f)->other_waker = 1;
	reported_once(LH_RULE_DEADLOCK, 4);
	f = futex_cycle();
	f->thread = 2; /* thread 1 was woken by it, and has woken nobody */
	f->woken = 1;
	reported_once(LH_RULE_DEADLOCK, 4);
}

static void not_likely(void)
{
	struct lh_lock *f = futex_cycle();

	f->thread = 0; /* nobody ever woke another there */
	f->woken = 1;
	never_reported();
	f = futex_cycle();
	f->woken = 3; /* another thread may hold it */
	never_reported();
	f = futex_cycle();
	f->many_chains = 1;
	never_reported();
	f = futex_cycle();
	f->thread = 3; /* which does not wait */
	never_reported();
	futex_cycle(); /* it joins the waiter, which holds nothing else for it */
	live_row(1)->wait_on = LH_WAIT_JOIN;
	live_row(1)->wait_with = 2;
	never_reported();
	futex_cycle();
	wait_for_how(2, live_row(2)->wait_lock, LH_TIMED, LH_EXCLUSIVE);
	never_reported();
}

/* Two threads that wake each other, and both wait for a third one. */
static void two_futexes(void)
{
	struct lh_lock *f = futex_cycle();
	lh_lock_id other = build_lock(l, LH_FUTEX, 0x5100, "other");

	f->thread = 1;
	build_lock_row(l, other)->thread = 2;
	wait_for(1, other);
	never_reported();
}

int main(void)
{
	dead_process();
	cross_process();
	cycles();
	near_misses();
	cancelled();
	signalled();
	readers();
	semaphore_cycles();
	ended();
	likely();
	not_likely();
	two_futexes();
	return unit_done();
}
