/*
 * test_watch.c — tests the watch thread's scans on ledgers made by hand, with a simulated clock:
 * what is reported, when, and with which duration; and that the saved file has the whole overlay.
 * LINKS: tools/watch/ tools/wait_graph/ tools/process/ tools/ledger/ tools/symbols/ tools/machine_code/ libcheck/machine_code/ tools/util/
 */
#include "tests/unit/ledger_builder.h"
#include "tests/unit/unit.h"
#include "tools/watch/watch_internal.h"
#include "tools/process/stop.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MS 1000000ull
#define HALF_TICK (LH_TICK_NS / 2) /* an acquisition counts from the middle of its tick */

static struct lh_watch watch;
static struct lh_watch_process *p;
static struct lh_ledger *l;
static lh_lock_id accounts, journal;
static lh_stack_id acquire_stack, release_stack, wait_stack;

/* A process with two live threads and two locks. */
static void set_up(void)
{
	memset(&watch, 0, sizeof(watch));
	watch.options = (struct lh_watch_options){.long_hold_ns = 100 * MS, .blocking_ns = 10 * MS};
	watch.options.wake = eventfd(0, EFD_NONBLOCK);
	pthread_mutex_init(&watch.mutex, NULL);
	l = build_ledger(4711, "/opt/bank");
	build_module(l, "/opt/bank", 0x10000, 0x20000);
	build_thread(l, 4711, "bank");
	build_thread(l, 4712, "worker");
	acquire_stack = build_stack(l, 1, LH_FRAME(1, 0x11000));
	release_stack = build_stack(l, 1, LH_FRAME(1, 0x12000));
	wait_stack = build_stack(l, 1, LH_FRAME(1, 0x13000));
	accounts = build_lock(l, LH_MUTEX, 0x5000, "accounts");
	journal = build_lock(l, LH_MUTEX, 0x5040, "journal");
	for (uint32_t i = 1; i <= 2; i++) {
		struct lh_live_thread *live = build_row(l, LH_T_LIVE_THREAD, NULL);
		*live = (struct lh_live_thread){
			.state = LH_LIVE_ATTACHED, .thread = i, .tid = 4710 + (int)i};
	}
	p = lh_watch_add(&watch, l, l->total, 0, NULL);
}

static struct lh_live_thread *live_row(uint32_t i)
{
	return build_at(l, LH_T_LIVE_THREAD, i);
}

static void acquire(uint32_t i, lh_lock_id lock, uint64_t at_ms)
{
	struct lh_live_thread *live = live_row(i);

	live->held[live->held_n++] =
		(struct lh_held){.lock = lock,
				 .depth = 1,
				 .tick = (uint32_t)at_ms,
				 .site = LH_SITE(acquire_stack, LH_BLOCKING, LH_EXCLUSIVE)};
	build_lock_row(l, lock)->owner = i;
	build_lock_row(l, lock)->acquired++;
}

static void release(uint32_t i)
{
	build_lock_row(l, live_row(i)->held[live_row(i)->held_n - 1].lock)->owner = 0;
	live_row(i)->held_n--;
}

static void wait_for(uint32_t i, lh_lock_id lock, uint64_t since_ms)
{
	struct lh_live_thread *live = live_row(i);

	live->wait_site = LH_SITE(wait_stack, LH_BLOCKING, LH_EXCLUSIVE);
	live->wait_on = LH_WAIT_LOCK;
	live->wait_since_ns = since_ms * MS;
	live->wait_seq++;
	live->wait_lock = lock;
}

static uint64_t scan(uint64_t from_ms, uint64_t to_ms)
{
	uint64_t t = from_ms;

	for (; t <= to_ms; t += 5)
		lh_watch_scan(p, t * MS);
	return t;
}

static uint32_t findings(void)
{
	return p->overlay ? p->overlay->table[LH_T_FINDING].used : 0;
}

static struct lh_finding *finding(uint32_t i)
{
	return lh_watch_row(p, p->overlay->table[LH_T_FINDING].base + i);
}

static struct lh_step *step(const struct lh_finding *f, uint32_t i)
{
	return lh_overlay_row(p->overlay, LH_T_STEP, f->step + i);
}

/* The row that the library writes at the release of a long hold. */
static struct lh_finding *add_measurement(lh_lock_id lock, uint64_t ns, uint64_t at_ms)
{
	struct lh_finding *f = build_finding(l, LH_RULE_LONG_HOLD, LH_HAPPENED, LH_WARNING);

	build_step(l, 1, lock, LH_SITE(acquire_stack, LH_BLOCKING, LH_EXCLUSIVE), LH_HOLDS);
	build_step(l, 1, lock, LH_SITE(release_stack, 0, LH_EXCLUSIVE), LH_RELEASES);
	((struct lh_step *)build_at(l, LH_T_STEP, f->step))->tick =
		live_row(1)->held_n ? live_row(1)->held[0].tick : 0;
	((struct lh_step *)build_at(l, LH_T_STEP, f->step + 1))->tick = (uint32_t)at_ms;
	f->key = lh_long_hold_key(build_lock_row(l, lock), lock, LH_SITE(acquire_stack, 0, 0));
	f->flags = LH_FINDING_MEASURED;
	f->duration_ns = ns;
	f->time_ns = at_ms * MS;
	return f;
}

static void tear_down(void)
{
	close(watch.options.wake);
	lh_watch_forget(p);
	free(watch.list);
	free(watch.event);
}

/* A long hold is reported once, while it lasts, at most one scan after the limit. */
static void reported_while_held(void)
{
	set_up();
	acquire(1, accounts, 1000);
	scan(1000, 1095);
	CHECK_EQ(findings(), 0);
	scan(1100, 1105);
	CHECK_EQ(findings(), 1);
	struct lh_finding *f = finding(0);
	CHECK_EQ(f->rule, LH_RULE_LONG_HOLD);
	CHECK_EQ(f->severity, LH_WARNING);
	CHECK(f->flags & LH_FINDING_OPEN);
	CHECK(f->duration_ns >= 100 * MS && f->duration_ns <= 105 * MS);
	CHECK_EQ(f->steps, 1);
	CHECK_EQ(step(f, 0)->action, LH_HOLDS);
	CHECK_EQ(step(f, 0)->tick, 1000);
	scan(1110, 2000);
	CHECK_EQ(findings(), 1);
	CHECK_EQ(finding(0)->count, 1);
	tear_down();
}

/* Without the library's measurement the duration is right to one scan; with it, exact. */
static void hold_duration(void)
{
	set_up();
	acquire(1, accounts, 1000);
	scan(1000, 1300);
	release(1);
	scan(1305, 1310);
	CHECK(!(finding(0)->flags & LH_FINDING_OPEN));
	CHECK_EQ(finding(0)->duration_ns, 300 * MS - HALF_TICK);
	tear_down();
	set_up();
	acquire(1, accounts, 1000);
	scan(1000, 1300);
	add_measurement(accounts, 302123456, 1302);
	release(1);
	scan(1305, 1500);
	CHECK_EQ(finding(0)->duration_ns, 302123456);
	CHECK_EQ(finding(0)->count, 1);
	CHECK_EQ(finding(0)->steps, 2);
	CHECK_EQ(step(finding(0), 1)->action, LH_RELEASES);
	CHECK_EQ(LH_SITE_STACK(step(finding(0), 1)->site), release_stack);
	tear_down();
}

/*
 * With a simulated tick. A lock is acquired at every part of a tick and held for a known time; the
 * reported duration is right to half a tick, and the rest of a millisecond.
 */
static void half_tick_accuracy(void)
{
	static struct lh_run_header header;
	const uint64_t period = LH_TICK_NS, held = 120 * MS;
	uint64_t shortest = UINT64_MAX, longest = 0;

	memset(&header, 0, sizeof(header));
	for (uint64_t at = period; at < 3 * period; at += period / 50) {
		lh_run_clock_set(&header, at / period * period); /* the last tick before it */
		struct lh_held h = {.tick = header.tick};
		uint64_t reported = lh_held_for(&h, &header, at + held);
		shortest = reported < shortest ? reported : shortest;
		longest = reported > longest ? reported : longest;
	}
	CHECK_EQ(header.late_ticks, 0);
	CHECK_EQ(shortest, held - HALF_TICK);
	CHECK(longest > held && longest < held + HALF_TICK);
	/* a measured hold is exact; otherwise since_ns is left from an earlier entry */
	struct lh_held h = {.tick = 1000, .since_ns = 1003 * MS, .flags = LH_HELD_EXACT_TIME};
	CHECK_EQ(lh_held_for(&h, &header, 1500 * MS), 497 * MS);
	h.flags = 0;
	CHECK_EQ(lh_held_for(&h, &header, 1500 * MS), 500 * MS - HALF_TICK);
	CHECK_EQ(lh_held_for(&h, &header, 1000 * MS), 0); /* acquired in this tick */
}

/* The tick came late: a lock that was acquired before it may be held for a short time only, and is
 * not reported as a long hold. */
static void a_late_tick(void)
{
	static struct lh_run_header header;
	struct lh_held h = {.tick = 1000};

	set_up();
	memset(&header, 0, sizeof(header));
	watch.options.run_header = &header;
	lh_run_clock_set(&header, 995 * MS);
	lh_run_clock_set(&header, 1000 * MS);
	CHECK_EQ(header.late_ticks, 1); /* the first tick, from 0 on */
	scan(1000, 1000);
	acquire(1, accounts, 1000); /* in truth at 1390 */
	lh_run_clock_set(&header, 1400 * MS);
	CHECK_EQ(header.late_ticks, 2);
	scan(1400, 1495);
	CHECK_EQ(findings(), 0);
	scan(1500, 1505);
	CHECK_EQ(findings(), 1);
	CHECK(finding(0)->duration_ns < 110 * MS);
	lh_run_clock_set(
		&header,
		1300 * MS); /* the other thread's time is older, and must not set the tick back */
	CHECK_EQ(header.tick, 1400);
	for (uint64_t t = 1400; t <= 1400 + 10 * LH_LATE_TICKS;
	     t += 10) /* only the last LH_LATE_TICKS are kept */
		lh_run_clock_set(&header, t * MS);
	CHECK_EQ(lh_held_since(&h, &header), 1000 * MS + HALF_TICK);
	tear_down();
}

/* A child that sleeps. */
static pid_t sleeper_in(bool timed)
{
	const struct timespec long_time = {1000, 0};
	pid_t child = fork();

	if (child)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		timed ? nanosleep(&long_time, NULL) : pause();
}

static pid_t sleeper(void)
{
	return sleeper_in(false);
}

static uint64_t wait_until_asleep(pid_t child)
{
	struct lh_task t;

	do {
		lh_stop_end_late();
		sched_yield();
	} while (!lh_task_read(child, child, &t) || t.state != 'S');
	return t.lag_ns;
}

/*
 * The holder's stack is sampled at one, two and four times the limit, and not again: on a simulated
 * clock, but of a real process. The time it had no CPU does not count; the process is not left
 * stopped.
 */
static void samples_of_a_hold(void)
{
	const char *note_text;
	pid_t child = sleeper();
	uint64_t lag = wait_until_asleep(child), t = 1000;
	unsigned after;

	set_up();
	watch.options.blocking_ns = 0;
	p->pid = live_row(1)->tid = child;
	acquire(1, accounts, 1000);
	for (uint32_t n = 1, times = 1; n <= 3; n++, times *= 2) {
		for (; (findings() ? finding(0)->steps : 1) <= n && t < 9000; t += 5) {
			lh_watch_scan(p, t * MS);
			wait_until_asleep(child);
		}
		CHECK_EQ(finding(0)->steps, n + 1);
		CHECK_EQ(step(finding(0), n)->action, LH_CALLS);
		CHECK(LH_SITE_STACK(step(finding(0), n)->site));
		note_text = ((struct lh_note *)lh_overlay_row(p->overlay, LH_T_NOTE,
							      step(finding(0), n)->note))
				    ->text;
		CHECK(sscanf(note_text, "after %u ms: pause", &after) == 1 &&
		      after >= times * 100 &&
		      after <= times * 100 + 10 + (wait_until_asleep(child) - lag) / MS);
	}
	for (; t < 12000; t += 5)
		lh_watch_scan(p, t * MS);
	CHECK_EQ(finding(0)->steps, 4);
	wait_until_asleep(child);
	tear_down();
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* The same call again at the same site: one finding, counted, with the longest duration. */
static void calls_again(void)
{
	static const uint64_t from[] = {1000, 4000, 6000}, to[] = {3000, 5000, 9000};
	pid_t child = sleeper();

	wait_until_asleep(child);
	set_up();
	watch.options.long_hold_ns = 0;
	p->pid = live_row(1)->tid = child;
	for (int i = 0; i < 3; i++) {
		acquire(1, accounts, from[i]);
		for (uint64_t t = from[i]; t <= to[i]; t += 5) {
			lh_watch_scan(p, t * MS);
			wait_until_asleep(child);
		}
		release(1);
		scan(to[i] + 5, to[i] + 100);
		CHECK_EQ(findings(), 1);
		CHECK_EQ(finding(0)->rule, LH_RULE_BLOCKING_CALL);
		CHECK_EQ(finding(0)->count, i + 1);
		/* the thread was first found in the call a while after it acquired the lock */
		uint64_t ms = finding(0)->duration_ns / MS, longest = i < 2 ? 2000 : 3000;
		CHECK(ms <= longest && ms >= longest - longest / 4);
	}
	CHECK_EQ(finding(0)->steps, 2);
	CHECK_EQ(step(finding(0), 1)->action, LH_CALLS);
	tear_down();
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* The library's row describes the last long hold at this site: its release step is not that of the
 * hold that the watch follows. */
static void a_later_end(void)
{
	set_up();
	acquire(1, accounts, 1000);
	scan(1000, 1300);
	struct lh_finding *f =
		add_measurement(accounts, 500 * MS, 1302); /* of an earlier hold by thread 2 */
	((struct lh_step *)build_at(l, LH_T_STEP, f->step))->thread = 2;
	f->count = 2;
	release(1);
	scan(1305, 1500);
	CHECK_EQ(finding(0)->steps, 1);
	CHECK_EQ(finding(0)->duration_ns, 500 * MS); /* the longest at this site */
	acquire(1, accounts, 2000);
	scan(2000, 2300);
	release(1);
	scan(2305, 2400);
	CHECK_EQ(finding(0)->count, 3); /* two that were followed, and one that no scan found */
	CHECK_EQ(finding(0)->steps, 1);
	tear_down();
}

/* A sleep that was stopped continues as restart_syscall; the report has the original call. */
static void stopped_before(void)
{
	pid_t child = sleeper_in(true);

	wait_until_asleep(child);
	set_up();
	watch.options.blocking_ns = 0;
	p->pid = live_row(1)->tid = child;
	acquire(1, accounts, 1000);
	for (uint64_t t = 1000; t < 3000; t += 5) {
		lh_watch_scan(p, t * MS);
		wait_until_asleep(child);
		if (t == 2000) { /* the hold has all its samples */
			CHECK_EQ(findings() ? finding(0)->steps : 0, 4);
			watch.options.blocking_ns = 10 * MS;
		}
	}
	CHECK_EQ(findings(), 2);
	CHECK_STR(
		((struct lh_note *)lh_overlay_row(p->overlay, LH_T_NOTE, step(finding(1), 1)->note))
			->text,
		"clock_nanosleep (16 min 40 s)");
	tear_down();
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void the_same_again(void)
{
	set_up();
	for (uint64_t t = 1000; t < 3000; t += 500) {
		acquire(1, accounts, t);
		scan(t, t + 200);
		release(1);
		scan(t + 205, t + 495);
	}
	CHECK_EQ(findings(), 1);
	CHECK_EQ(finding(0)->count, 4);
	tear_down();
}

/* A followed hold that ends just after its limit, before the next scan, is reported at its end,
 * unless it is excused. */
static void ended_between_scans(void)
{
	for (int excused = 0; excused < 2; excused++) {
		set_up();
		acquire(1, accounts, 1000);
		scan(1000, 1060);
		if (excused)
			wait_for(1, journal, 1063);
		scan(1065, 1080);
		live_row(1)->wait_lock = 0;
		scan(1085, 1095);
		CHECK_EQ(findings(), 0);
		add_measurement(accounts, 103 * MS, 1105);
		release(1);
		scan(1110, 1300);
		CHECK_EQ(findings(), excused ? 0 : 1);
		CHECK(excused || finding(0)->duration_ns == 103 * MS);
		tear_down();
	}
}

/* With more holds at once than a round may sample, each gets its stacks in later rounds. */
static void many_at_once(void)
{
	enum { MANY = 6 };
	pid_t child = sleeper();

	wait_until_asleep(child);
	set_up();
	watch.options.blocking_ns = 0;
	p->pid = live_row(1)->tid = child;
	for (int i = 0; i < MANY; i++)
		acquire(1, build_lock(l, LH_MUTEX, 0x6000 + 64 * (uint64_t)i, "many"), 1000);
	for (uint64_t t = 1000; t < 3000; t += 5) {
		lh_watch_scan(p, t * MS);
		wait_until_asleep(child);
	}
	CHECK_EQ(findings(), MANY);
	for (uint32_t i = 0; i < findings(); i++)
		CHECK(finding(i)->steps == 4 && LH_SITE_STACK(step(finding(i), 1)->site) &&
		      LH_SITE_STACK(step(finding(i), 3)->site));
	tear_down();
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* Sixty readers of six locks each: all holds are followed, and the end of a hold does not change
 * the others. */
static void many_readers(void)
{
	enum { READERS = 60, LOCKS = 6 };
	uint32_t counted = 0;

	set_up();
	for (uint32_t i = 3; i <= READERS; i++) {
		struct lh_live_thread *live = build_row(l, LH_T_LIVE_THREAD, NULL);
		*live = (struct lh_live_thread){
			.state = LH_LIVE_ATTACHED, .thread = i, .tid = 4710 + (int)i};
	}
	for (uint32_t k = 0; k < LOCKS; k++) {
		lh_lock_id lock = build_lock(l, LH_RWLOCK, 0x6000 + 64 * k, "crowd");
		for (uint32_t i = 1; i <= READERS; i++) {
			acquire(i, lock, 1000);
			live_row(i)->held[k].site = LH_SITE(acquire_stack, LH_BLOCKING, LH_SHARED);
		}
	}
	scan(1000, 1200);
	CHECK_EQ(p->holds, READERS * LOCKS);
	for (uint32_t i = 0; i < findings(); i++)
		counted += finding(i)->count;
	CHECK_EQ(findings(), LOCKS);
	CHECK_EQ(counted, READERS * LOCKS);
	for (uint32_t i = 1; i <= READERS; i += 2) /* every second thread releases its last lock */
		release(i);
	scan(1205, 1500);
	CHECK_EQ(p->holds, READERS * LOCKS - READERS / 2);
	for (uint32_t i = 1; i <= READERS; i++)
		while (live_row(i)->held_n)
			release(i);
	scan(1505, 1700);
	CHECK_EQ(p->holds, 0);
	CHECK(!(finding(0)->flags & LH_FINDING_OPEN));
	tear_down();
}

/* As a report would; it is linked above this module. */
static const char *name_lock(void **names, const struct lh_ledger_view *ledger, lh_lock_id id)
{
	static struct lh_lock_stats stats;
	struct lh_lock row;

	(void)names;
	if (!lh_read_lock(ledger, id, &row))
		return NULL;
	lh_read_lock_stats(ledger, &row, &stats);
	return stats.name;
}

/* Limits of single locks by name: the first that matches counts; 0 means never. */
static void own_limits(void)
{
	set_up();
	watch.options.name_lock = name_lock;
	watch.options.lock[0].name = "acc*";
	watch.options.lock[0].ns = 0;
	watch.options.lock[1].name = "*";
	watch.options.lock[1].ns = 300 * MS;
	watch.options.locks = 2;
	watch.options.name_lock = name_lock;
	acquire(1, accounts, 1000);
	acquire(2, journal, 1000);
	scan(1000, 1295);
	CHECK_EQ(findings(), 0);
	scan(1300, 3000);
	CHECK_EQ(findings(), 1);
	CHECK_EQ(step(finding(0), 0)->lock, journal);
	tear_down();
}

/* A hold that no scan found is reported once, from the library's measurement. */
static void between_scans(void)
{
	set_up();
	scan(1000, 1100);
	add_measurement(accounts, 110 * MS, 1202);
	scan(1205, 1400);
	CHECK_EQ(findings(), 1);
	CHECK_EQ(finding(0)->duration_ns, 110 * MS);
	CHECK_EQ(finding(0)->steps, 2);
	tear_down();
}

static void not_held(void)
{
	set_up();
	acquire(1, accounts, 1000);
	live_row(1)->held[0].flags = LH_HELD_IN_COND_WAIT;
	scan(1000, 2000);
	CHECK_EQ(findings(), 0);
	tear_down();
	set_up();
	for (uint64_t t = 1000; t < 2000; t += 5) {
		acquire(1, accounts, t);
		scan(t, t);
		release(1);
	}
	CHECK_EQ(findings(), 0);
	tear_down();
}

/* A semaphore that was acquired once may still turn out to be a signal; a permit is not a lock. */
static void not_a_lock(void)
{
	set_up();
	build_lock_row(l, accounts)->kind = LH_SEM;
	acquire(1, accounts, 1000);
	scan(1000, 2000);
	CHECK_EQ(findings(), 0);
	build_lock_row(l, accounts)->acquired = 2;
	scan(2005, 2105); /* an old hold is scanned less often */
	CHECK_EQ(findings(), 1);
	tear_down();
	set_up();
	acquire(1, accounts, 1000);
	live_row(1)->held[0].site = LH_SITE(acquire_stack, LH_BLOCKING, LH_PERMIT);
	scan(1000, 2000);
	CHECK_EQ(findings(), 0);
	tear_down();
}

/* An initializer is a long hold only while another thread waits for it. */
static void an_initializer(void)
{
	static const uint8_t kind[] = {LH_ONCE, LH_GUARD};

	for (int i = 0; i < 2; i++) {
		set_up();
		build_lock_row(l, accounts)->kind = kind[i];
		acquire(1, accounts, 1000);
		wait_for(2, journal, 1005);
		scan(1000, 2000);
		CHECK_EQ(findings(), 0);
		wait_for(2, accounts, 2000);
		scan(2005, 2205); /* an old hold is scanned less often */
		CHECK_EQ(findings(), 1);
		tear_down();
	}
}

/* A thread that waits for another lock is excused; the owner of that lock has the long hold. */
static void waiting(void)
{
	set_up();
	acquire(1, accounts, 1000);
	acquire(2, journal, 1000);
	wait_for(1, journal, 1005);
	scan(1000, 1400);
	CHECK_EQ(findings(), 1);
	CHECK_EQ(step(finding(0), 0)->lock, journal);
	release(2);
	live_row(1)->wait_lock = 0;
	live_row(1)->wait_on = LH_WAIT_NONE;
	scan(1405, 1405);
	struct lh_finding *f = finding(0);
	CHECK_EQ(f->steps, 2);
	CHECK_EQ(step(f, 1)->action, LH_WAITS_FOR);
	CHECK_EQ(step(f, 1)->thread, 1);
	scan(1410, 1490);
	CHECK_EQ(findings(), 1);
	scan(1500, 1520); /* from now on its own time counts */
	CHECK_EQ(findings(), 2);
	tear_down();
}

/* Wait time is added to pairs of sites; a span has the times of its start and end. */
static void wait_pairs(void)
{
	struct lh_wait_pair *x, *hold = NULL, *wait = NULL;
	struct lh_span *s;

	set_up();
	acquire(1, accounts, 1000);
	wait_for(2, accounts, 1000);
	scan(1000, 1050);
	release(1);
	live_row(2)->wait_lock = 0;
	scan(1055, 1060);
	for (uint32_t i = 0; i < p->overlay->table[LH_T_WAIT_PAIR].used; i++) {
		x = lh_overlay_row(p->overlay, LH_T_WAIT_PAIR,
				   p->overlay->table[LH_T_WAIT_PAIR].base + i);
		*(x->waiter ? &wait : &hold) = x;
	}
	CHECK(hold && hold->ns == 50 * MS && hold->worst_ns == 50 * MS - HALF_TICK);
	CHECK(wait && wait->ns == 50 * MS && wait->thread == 2 && wait->queue == 1);
	CHECK(wait && LH_SITE_STACK(wait->holder) == acquire_stack &&
	      LH_SITE_STACK(wait->waiter) == wait_stack);
	CHECK_EQ(p->overlay->table[LH_T_SPAN].used, 2);
	s = lh_overlay_row(p->overlay, LH_T_SPAN, p->overlay->table[LH_T_SPAN].base);
	CHECK(s && s->from_ns == 1000 * MS && s->to_ns == 1050 * MS);
	tear_down();
}

/* In the saved file the overlay's rows follow the ledger's, and all row numbers are changed
 * accordingly. */
static void saved_overlay(void)
{
	const uint64_t frame[2] = {LH_FRAME(1, 0x14000), LH_FRAME(1, 0x15000)};
	struct lh_stack stack = {.n = 2};
	struct lh_ledger_view again;
	struct lh_finding f;
	struct lh_note note;
	struct lh_step s;
	uint64_t back[LH_FRAMES_MAX];
	int fd = memfd_create("saved", 0);

	set_up();
	acquire(1, accounts, 1000);
	scan(1000, 1200);
	stack.frame = lh_overlay_add(p->overlay, LH_T_FRAME, frame, 2);
	lh_stack_id id = lh_overlay_add(p->overlay, LH_T_STACK, &stack, 1);
	lh_watch_step(p, p->overlay->table[LH_T_FINDING].base,
		      &(struct lh_step){.thread = 1,
					.lock = accounts,
					.site = LH_SITE(id, 0, 0),
					.action = LH_CALLS},
		      "computing");
	add_measurement(accounts, 1, 1); /* the ledger grows, so the overlay's rows move */
	p->ledger.overlay = p->overlay;
	CHECK_EQ(lh_read_pack(&p->ledger, fd), 0);
	struct lh_byte_source b = {.fd = fd, .size = (uint64_t)lseek(fd, 0, SEEK_END)};
	CHECK(lh_read_copy(&again, &b, 0));
	CHECK_STR(again.error, "");
	CHECK_EQ(lh_read_used(&again, LH_T_FINDING), 3);
	CHECK(lh_read_finding(&again, 1, &f) && f.flags == LH_FINDING_MEASURED);
	CHECK(lh_read_finding(&again, 2, &f) && f.steps == 2);
	CHECK(lh_read_step(&again, f.step, &s) && s.action == LH_HOLDS && s.note == 0);
	CHECK(LH_SITE_STACK(s.site) == acquire_stack);
	CHECK(lh_read_step(&again, f.step + 1, &s) && s.action == LH_CALLS);
	CHECK(lh_read_note(&again, s.note, &note));
	CHECK_STR(note.text, "computing");
	CHECK_EQ(lh_read_frames(&again, LH_SITE_STACK(s.site), back), 2);
	CHECK(back[0] == frame[0] && back[1] == frame[1]);
	CHECK(lh_read_used(&again, LH_T_WAIT_PAIR) == 2);
	lh_read_drop(&again);
	close(fd);
	tear_down();
}

/* The clock of a ledger begins with its process. */
static void reads_of_a_later_process(void)
{
	set_up();
	p->now_ns = 3600000 * MS;
	CHECK(lh_watch_may_read_proc(p, 1));
	watch.read_budget = 0;
	p->ledger.head.start_ns += 3599000 * MS;
	p->now_ns = 2000 * MS;
	CHECK(lh_watch_may_read_proc(p, 1));
	tear_down();
}

int main(void)
{
	reads_of_a_later_process();
	reported_while_held();
	hold_duration();
	half_tick_accuracy();
	a_late_tick();
	samples_of_a_hold();
	calls_again();
	stopped_before();
	ended_between_scans();
	a_later_end();
	many_at_once();
	many_readers();
	own_limits();
	the_same_again();
	between_scans();
	not_held();
	not_a_lock();
	an_initializer();
	waiting();
	wait_pairs();
	saved_overlay();
	return unit_done();
}
