/*
 * test_hold_texts.c — tests that the texts about a long hold do not contradict themselves or each
 * other, whatever the samples say: no part is longer than its whole, and no length is taken back.
 * LINKS: tools/watch/ tools/wait_graph/ tools/process/ tools/ledger/ tools/symbols/ tools/machine_code/ libcheck/machine_code/ tools/util/
 */
#include "tests/unit/ledger_builder.h"
#include "tests/unit/unit.h"
#include "tools/ledger/run_file.h"
#include "tools/watch/watch_internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MS 1000000ull

static struct lh_watch watch;
static struct lh_watch_process *p;
static struct lh_ledger *l;
static struct lh_run_header header;
static lh_lock_id lock[3];
static lh_site site, release_site;

static void set_up(void)
{
	memset(&watch, 0, sizeof(watch));
	memset(&header, 0, sizeof(header));
	watch.options = (struct lh_watch_options){.long_hold_ns = 100 * MS, .verbose = true};
	watch.options.wake = eventfd(0, EFD_NONBLOCK);
	pthread_mutex_init(&watch.mutex, NULL);
	l = build_ledger(4711, "/opt/bank");
	build_module(l, "/opt/bank", 0x10000, 0x20000);
	site = LH_SITE(build_stack(l, 1, LH_FRAME(1, 0x11000)), LH_BLOCKING, LH_EXCLUSIVE);
	release_site = LH_SITE(build_stack(l, 1, LH_FRAME(1, 0x12000)), 0, LH_EXCLUSIVE);
	lock[0] = build_lock(l, LH_MUTEX, 0x5000, "accounts");
	lock[1] = build_lock(l, LH_MUTEX, 0x5040, "journal");
	lock[2] = build_lock(l, LH_MUTEX, 0x5080, "log");
	for (int i = 1; i <= 2; i++) {
		struct lh_live_thread *live = build_row(l, LH_T_LIVE_THREAD, NULL);

		build_thread(l, 4710 + i, "worker");
		*live = (struct lh_live_thread){
			.state = LH_LIVE_ATTACHED, .thread = (uint32_t)i, .tid = 4710 + i};
	}
	p = lh_watch_add(&watch, l, l->total, 0, NULL);
}

static void tear_down(void)
{
	close(watch.options.wake);
	lh_watch_forget(p);
	free(watch.list);
	free(watch.event);
}

static struct lh_live_thread *live_row(uint32_t i)
{
	return build_at(l, LH_T_LIVE_THREAD, i);
}

static void acquire(uint32_t i, lh_lock_id id, uint64_t tick)
{
	struct lh_live_thread *live = live_row(i);

	live->held[live->held_n++] =
		(struct lh_held){.lock = id, .depth = 1, .tick = (uint32_t)tick, .site = site};
}

static void wait_for(uint32_t i, lh_lock_id id, uint64_t since_ms)
{
	struct lh_live_thread *live = live_row(i);

	live->wait_site = site;
	live->wait_on = id ? LH_WAIT_LOCK : LH_WAIT_NONE;
	live->wait_since_ns = since_ms * MS;
	live->wait_seq++;
	live->wait_lock = id;
}

static void scan(uint64_t from_ms, uint64_t to_ms)
{
	for (uint64_t t = from_ms; t <= to_ms; t += 5)
		lh_watch_scan(p, t * MS);
}

/* The row that the library writes at the release. */
static void add_measurement(uint32_t i, uint64_t ns, uint64_t at_ms)
{
	const struct lh_held *h = &live_row(i)->held[live_row(i)->held_n - 1];
	struct lh_finding *f = build_finding(l, LH_RULE_LONG_HOLD, LH_HAPPENED, LH_WARNING);

	build_step(l, i, h->lock, site, LH_HOLDS);
	build_step(l, i, h->lock, release_site, LH_RELEASES);
	((struct lh_step *)build_at(l, LH_T_STEP, f->step))->tick = h->tick;
	((struct lh_step *)build_at(l, LH_T_STEP, f->step + 1))->tick = (uint32_t)at_ms;
	f->key = lh_long_hold_key(build_lock_row(l, h->lock), h->lock, site);
	f->flags = LH_FINDING_MEASURED;
	f->duration_ns = ns;
	f->time_ns = at_ms * MS;
}

/* ---- texts ---- */

/* The times of a text in milliseconds. Returns how many there are. */
static uint32_t times_of(const char *text, double ms[4])
{
	uint32_t n = 0;

	for (const char *at = text; *at && n < 4; at++) {
		char unit[8] = "";
		int end = 0;

		if (at[0] < '0' || at[0] > '9' || (at > text && at[-1] != ' ') ||
		    sscanf(at, "%lf %7[a-z]%n", &ms[n], unit, &end) != 2)
			continue;
		if (strcmp(unit, "s") == 0)
			ms[n] *= 1000;
		if (strcmp(unit, "s") == 0 || strcmp(unit, "ms") == 0)
			n++;
	}
	return n;
}

static struct lh_watch_event event;

/* The next event of a kind; its text is in `event`. */
static bool next(enum lh_watch_event_kind kind)
{
	while (lh_watch_next_event(&watch, &event))
		if (event.kind == kind)
			return true;
	return false;
}

static const char *note_of(const struct lh_finding *f, uint32_t i)
{
	const struct lh_step *s = lh_overlay_row(p->overlay, LH_T_STEP, f->step + i);
	const struct lh_note *note =
		s && s->note ? lh_overlay_row(p->overlay, LH_T_NOTE, s->note) : NULL;

	return note ? note->text : "";
}

static struct lh_finding *finding(uint32_t i)
{
	return p->overlay ? lh_watch_row(p, p->overlay->table[LH_T_FINDING].base + i) : NULL;
}

/* ---- single texts ---- */

/* /proc was read later than the clock: more time without a CPU than the hold has lasted. */
static void excuse_is_longer(void)
{
	double ms[4];

	set_up();
	acquire(1, lock[0], 1000);
	scan(1000, 1095);
	p->hold[0].lagged_ns = 547 * MS;
	scan(1478, 1478);
	CHECK(next(LH_WATCH_EXCUSED));
	CHECK_EQ(times_of(event.text, ms), 2);
	CHECK(ms[1] <= ms[0]);
	CHECK(strstr(event.text, "ready to run") != NULL);
	tear_down();
}

/* The parts together are no longer than the hold, so a hold without any excuse left is reported. */
static void excuses_add_up(void)
{
	set_up();
	acquire(1, lock[0], 1000);
	scan(1000, 1095);
	p->hold[0].lagged_ns = p->hold[0].stopped_ns = 5000 * MS;
	scan(1100, 1100);
	CHECK(!finding(0));
	scan(1105, 1205);
	CHECK(finding(0) != NULL);
	tear_down();
}

/* A late tick has made the hold shorter than the wait that it contains. */
static void waits_before_the_hold(void)
{
	double ms[4];

	set_up();
	watch.options.run_header = &header;
	lh_run_clock_set(&header, 1000 * MS);
	acquire(1, lock[0], 1000);
	wait_for(1, lock[1], 1010);
	lh_run_clock_set(&header, 1100 * MS); /* late: the lock may have been acquired at 1100 */
	lh_run_clock_set(&header, 1105 * MS);
	scan(1150, 1320);
	CHECK(next(LH_WATCH_EXCUSED));
	CHECK_EQ(times_of(event.text, ms), 2);
	CHECK(ms[1] <= ms[0] && ms[0] <= 220);
	tear_down();
}

/* Two locks of one thread have one text. */
static void two_locks(void)
{
	double ms[4];

	set_up();
	acquire(1, lock[0], 1000);
	acquire(1, lock[1], 1000);
	wait_for(1, lock[2], 1010);
	scan(1000, 1300);
	CHECK(next(LH_WATCH_EXCUSED));
	CHECK(strstr(event.text, "T1 has held a lock (and 1 more) for 2") == event.text);
	CHECK_EQ(times_of(event.text, ms), 2);
	CHECK(!next(LH_WATCH_EXCUSED));
	tear_down();
}

/* While the tick is still that of the acquisition, the lock may have been acquired just now. */
static void tick_of_the_acquisition(void)
{
	set_up();
	watch.options.run_header = &header;
	lh_run_clock_set(&header, 1000 * MS);
	acquire(1, lock[0], 1000); /* in truth at 1310 */
	scan(1315, 1315);
	CHECK(!finding(0));
	lh_run_clock_set(&header, 1320 * MS);
	scan(1320, 1415);
	CHECK(!finding(0));
	scan(1420, 1430);
	CHECK(finding(0) && finding(0)->duration_ns < 115 * MS);
	tear_down();
}

/* The library measures less than what was reported while the lock was held. */
static void a_shorter_measurement(void)
{
	double ms[4];

	set_up();
	acquire(1, lock[0], 1000);
	scan(1000, 1095);
	scan(1315, 1315); /* reported now */
	CHECK(finding(0) && finding(0)->duration_ns / MS == 312);
	add_measurement(1, 171 * MS, 1316);
	p->hold[0].base.run_ns = 0;
	p->hold[0].ran_ns = 24 * MS;
	p->hold[0].ran_at_ns = 1320 * MS;
	live_row(1)->held_n = 0;
	scan(1320, 1320);
	CHECK(next(LH_WATCH_ENDED));
	CHECK_EQ(times_of(event.text, ms), 3);
	CHECK(ms[0] >= 312 && ms[1] <= ms[2] && ms[2] <= ms[0]);
	CHECK_EQ((uint64_t)ms[1], 24);
	CHECK(finding(0)->duration_ns >= 312 * MS);
	tear_down();
}

/* A CPU time that was read long after the release is not that of the hold. */
static void cpu_time_of_later(void)
{
	double ms[4];

	set_up();
	acquire(1, lock[0], 1000);
	scan(1000, 1200);
	p->hold[0].ran_ns = 400 * MS;
	p->hold[0].ran_at_ns = 1612 * MS;
	live_row(1)->held_n = 0;
	scan(1612, 1612);
	CHECK(next(LH_WATCH_ENDED));
	CHECK_EQ(times_of(event.text, ms), 1);
	tear_down();
}

/* A waiter waits no longer than the lock is held. */
static void waiter_of_the_hold(void)
{
	double ms[4];

	set_up();
	acquire(1, lock[0], 1000);
	wait_for(2, lock[0], 900);
	scan(1000, 1300);
	add_measurement(1, 200 * MS, 1302);
	live_row(1)->held_n = 0;
	wait_for(2, 0, 0);
	scan(1400, 1400);
	CHECK(finding(0) && finding(0)->steps == 3);
	CHECK_EQ(times_of(note_of(finding(0), 2), ms), 1);
	CHECK(ms[0] <= (double)finding(0)->duration_ns / MS);
	tear_down();
}

/* ---- any samples ---- */

static uint32_t below(uint32_t n)
{
	return n ? (uint32_t)rand() % n : 0;
}

/* The first time is the length of the hold, the others are parts of it, or parts of a part. */
static void check_parts(const char *text)
{
	double ms[4];
	uint32_t n = times_of(text, ms);
	bool good = n > 0;

	for (uint32_t i = 1; i < n; i++)
		good &= ms[i] <= ms[0];
	if (n == 3) /* "on a CPU for 24 ms of the last 40 ms" */
		good &= ms[1] <= ms[2];
	if (!CHECK(good))
		printf("\t%s\n", text);
}

/* The lengths in the notes of a finding do not shrink, and its duration has them all. */
static void check_notes(const struct lh_finding *f)
{
	double ms[4], before = 0;

	for (uint32_t i = 0; i < f->steps; i++) {
		const char *note = note_of(f, i);

		if (strncmp(note, "after ", 6) == 0) {
			check_parts(note);
			times_of(note, ms);
			CHECK(ms[0] >= before);
			before = ms[0];
		} else if (*note) {
			CHECK_EQ(times_of(note, ms), 1);
			CHECK(ms[0] <= (double)f->duration_ns / MS);
		}
	}
	CHECK(before <= (double)f->duration_ns / MS);
}

/* Made-up samples: whatever could be read of the threads, at whatever time. */
static void upset(uint64_t now)
{
	for (uint32_t i = 0; i < p->holds; i++) {
		uint64_t *const field[] = {&p->hold[i].lagged_ns, &p->hold[i].stopped_ns,
					   &p->hold[i].waited_ns, &p->hold[i].ran_ns};

		if (below(4) == 0)
			*field[below(4)] += below(400) * MS;
		p->hold[i].ran_at_ns = now - below(100) * MS;
	}
}

static void step_of_threads(uint64_t ms)
{
	uint32_t i = 1 + below(2);
	struct lh_live_thread *live = live_row(i);

	switch (below(6)) {
	case 0:
		if (live->held_n < 3)
			acquire(i, lock[live->held_n], ms - below(50));
		break;
	case 1:
		if (live->held_n && below(2))
			add_measurement(i, below(500) * MS, ms);
		if (live->held_n)
			live->held_n--;
		break;
	case 2:
		wait_for(i, lock[below(3)], ms - below(300));
		break;
	case 3:
		wait_for(i, 0, 0);
		break;
	default:
		break;
	}
}

static void random_samples(unsigned seed)
{
	uint64_t ms = 1000;

	srand(seed);
	set_up();
	watch.options.run_header = &header;
	for (int round = 0; round < 60; round++) {
		ms += 5 + (below(3) ? 0 : below(200));
		if (below(3))
			lh_run_clock_set(&header, ms * MS);
		if (below(3) == 0)
			step_of_threads(ms);
		upset(ms * MS);
		lh_watch_scan(p, ms * MS);
	}
	p->now_ns += below(2) * 100 * MS;
	lh_long_hold_end_round(p, true);
	while (lh_watch_next_event(&watch, &event))
		if (event.kind != LH_WATCH_FOUND)
			check_parts(event.text);
	for (uint32_t i = 0; finding(i); i++)
		check_notes(finding(i));
	tear_down();
}

/* ---- one moment ---- */

static void is_current(void)
{
	struct lh_live_thread copy;

	set_up();
	acquire(1, lock[0], 1000);
	wait_for(1, lock[1], 1010);
	copy = *live_row(1);
	CHECK(lh_watch_is_current(p, 1, &copy));
	acquire(1, lock[2], 1020);
	CHECK(lh_watch_is_current(p, 1, &copy));
	wait_for(1, lock[1], 1010); /* the same lock, but another wait */
	CHECK(!lh_watch_is_current(p, 1, &copy));
	copy = *live_row(1);
	live_row(1)->wait_lock = 0;
	CHECK(!lh_watch_is_current(p, 1, &copy));
	copy = *live_row(1);
	live_row(1)->held[0].tick++; /* released and acquired again */
	CHECK(!lh_watch_is_current(p, 1, &copy));
	copy = *live_row(1);
	live_row(1)->held_n = 1;
	CHECK(!lh_watch_is_current(p, 1, &copy));
	copy = *live_row(1);
	live_row(1)->thread = 2;
	CHECK(!lh_watch_is_current(p, 1, &copy));
	tear_down();
}

int main(void)
{
	const char *seed = getenv("LH_SEED"), *rounds = getenv("LH_ROUNDS");
	unsigned first = seed ? (unsigned)atoi(seed) : 1, n = rounds ? (unsigned)atoi(rounds) : 300;

	excuse_is_longer();
	excuses_add_up();
	waits_before_the_hold();
	two_locks();
	tick_of_the_acquisition();
	a_shorter_measurement();
	cpu_time_of_later();
	waiter_of_the_hold();
	is_current();
	for (unsigned i = 0; i < n; i++)
		random_samples(first + i);
	return unit_done();
}
