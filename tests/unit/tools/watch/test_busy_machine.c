/*
 * test_busy_machine.c — tests that the watch thread reports no time in which a thread did not sleep
 * or hold a lock: its rounds may be late, it stops threads itself, and the end of a process is
 * noticed late. The clock is simulated, the threads are of real processes.
 * LINKS: tools/watch/ tools/wait_graph/ tools/process/ tools/ledger/ tools/symbols/ tools/machine_code/ libcheck/machine_code/ tools/util/
 */
#include "tests/unit/ledger_builder.h"
#include "tests/unit/unit.h"
#include "tools/process/stop.h"
#include "tools/util/time.h"
#include "tools/watch/watch_internal.h"

#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MS 1000000ull
enum { TURNS = 6 /* of a loop of sleeps, between two scans */ };

static struct lh_watch watch;
static struct lh_watch_process *p;
static struct lh_ledger *l;
static pid_t child;

static void sleep_in_child(long ns)
{
	const struct timespec t = {ns / 1000000000, ns % 1000000000};

	child = fork();
	if (child)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		nanosleep(&t, NULL);
}

static uint64_t turns(void)
{
	struct lh_task t;

	lh_stop_end_late();
	return lh_task_times(child, child, &t) ? t.turns : 0;
}

static void wait_until_asleep(void)
{
	struct lh_task t;

	do {
		lh_stop_end_late();
		sched_yield();
	} while (!lh_task_read(child, child, &t) || t.state != 'S');
}

/* A process whose only thread is that of the child, and holds a lock since 1000 ms. */
static void set_up(long sleep_ns, uint64_t long_hold_ns, uint64_t blocking_ns)
{
	struct lh_live_thread *live;
	lh_lock_id lock;

	sleep_in_child(sleep_ns);
	wait_until_asleep();
	memset(&watch, 0, sizeof(watch));
	watch.options = (struct lh_watch_options){.long_hold_ns = long_hold_ns,
						  .blocking_ns = blocking_ns,
						  .wake = eventfd(0, EFD_NONBLOCK)};
	pthread_mutex_init(&watch.mutex, NULL);
	l = build_ledger(child, "/opt/bank");
	build_thread(l, child, "bank");
	lock = build_lock(l, LH_MUTEX, 0x5000, "accounts");
	live = build_row(l, LH_T_LIVE_THREAD, NULL);
	*live = (struct lh_live_thread){
		.state = LH_LIVE_ATTACHED, .thread = 1, .tid = child, .held_n = 1};
	live->held[0] = (struct lh_held){.lock = lock, .depth = 1, .tick = 1000};
	build_lock_row(l, lock)->owner = 1;
	p = lh_watch_add(&watch, l, l->total, child, NULL);
}

static uint32_t findings(void)
{
	return p->overlay ? p->overlay->table[LH_T_FINDING].used : 0;
}

static struct lh_finding *finding(uint32_t i)
{
	return lh_watch_row(p, p->overlay->table[LH_T_FINDING].base + i);
}

static void tear_down(void)
{
	if (p->pid)
		lh_watch_drop(&watch, p);
	lh_watch_forget(p);
	close(watch.options.wake);
	free(watch.list);
	free(watch.event);
	free(l);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* The round began at 1010 ms and read /proc 50 ms later: how long the thread slept in between is
 * not known. */
static void a_late_round(void)
{
	set_up(1000000000000, 0, 10 * MS);
	p->began_ns = lh_time_now() - 50 * MS;
	lh_watch_scan(p, 1010 * MS);
	p->began_ns = 0;
	lh_watch_scan(p, 1030 * MS);
	wait_until_asleep();
	lh_watch_scan(p, 1055 * MS);
	CHECK_EQ(findings(), 0);
	uint64_t at = 1100;
	for (int after = 0; after < 5 && at < 100000;
	     at += 40) { /* a stop may need some attempts */
		lh_watch_scan(p, at * MS);
		wait_until_asleep();
		after += findings() > 0;
	}
	if (CHECK_EQ(findings(), 1)) {
		CHECK(finding(0)->duration_ns >= 10 * MS);
		CHECK(finding(0)->duration_ns < (at - 1060) * MS);
		CHECK_EQ(finding(0)->count, 1); /* although the stack was copied meanwhile */
	}
	tear_down();
}

/* Samples of a long hold stop the thread, which sleeps again and again for less than the limit. */
static void short_sleeps(void)
{
	/* In real time a step is short, also if the child gets no CPU for most of it. */
	set_up(200000, 10000 * MS, 500 * MS);
	for (uint64_t t = 1000; t < 80000; t += 500) {
		uint64_t scanned;

		lh_watch_scan(p, t * MS);
		scanned = turns();
		while (turns() < scanned + TURNS)
			sched_yield();
	}
	if (CHECK_EQ(findings(), 1)) {
		CHECK_EQ(finding(0)->rule, LH_RULE_LONG_HOLD);
		CHECK(finding(0)->steps > 1); /* it was stopped */
	}
	tear_down();
}

/* The process ends while its thread holds the lock; the monitor notices that later. */
static void a_late_end(void)
{
	siginfo_t ended;

	for (int reaped = 0; reaped < 2; reaped++) {
		set_up(1000000000000, 100 * MS, 0);
		for (uint64_t t = 1000; t <= 1060; t += 5)
			lh_watch_scan(p, t * MS);
		kill(child, SIGKILL);
		waitid(P_PID, (id_t)child, &ended, WEXITED | (reaped ? 0 : WNOWAIT));
		for (uint64_t t = 1065; t <= 2000; t += 5)
			lh_watch_scan(p, t * MS);
		lh_watch_drop(&watch, p);
		CHECK_EQ(findings(), 0);
		tear_down();
	}
	set_up(1000000000000, 100 * MS, 0);
	for (uint64_t t = 1000; t <= 1060; t += 5)
		lh_watch_scan(p, t * MS);
	l->state = LH_LEDGER_ENDED;
	l->end_ns = 1090 * MS; /* the last round was before, and the lock was held until then */
	lh_watch_drop(&watch, p);
	CHECK_EQ(findings(), 0);
	tear_down();
	set_up(1000000000000, 100 * MS, 0);
	for (uint64_t t = 1000; t <= 1060; t += 5)
		lh_watch_scan(p, t * MS);
	l->state = LH_LEDGER_ENDED;
	l->end_ns = 1110 * MS;
	lh_watch_drop(&watch, p);
	CHECK_EQ(findings(), 1);
	tear_down();
}

int main(void)
{
	a_late_round();
	short_sleeps();
	a_late_end();
	return unit_done();
}
