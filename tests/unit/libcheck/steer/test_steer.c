/*
 * test_steer.c — the verdict of small programs: hand-over of every kind, the near miss of each, and
 * programs that can deadlock although every attempt may look as if they could not.
 *
 * LINKS: libcheck/steer/steer.c libcheck/steer/evidence.c tools/confirm/verdict.c
 * tests/unit/libcheck/steer/sim_*.c
 */
#include "tests/unit/libcheck/steer/sim.h"
#include "tests/unit/unit.h"

/* Two pieces that close a cycle of the locks 0 and 1. */
#define A "lock 0 lock 1 unlock 1 unlock 0 "
#define B "lock 1 lock 0 unlock 0 unlock 1 "

struct example {
	const char *what;
	const char *thread[THREADS + 1];
	enum lh_verdict verdict;
	enum broken broken; /* without this rule the program is contradicted, and wrongly */
};

#define NOT_REFUTED LH_VERDICTS /* open or confirmed */

static const char worker[] = "pop 0 " B;

static const struct example examples[] = {
	{"no order", {A, B}, LH_VERDICT_CONFIRMED, 0},
	{"semaphore", {A "post 0", "wait 0 " B}, LH_VERDICT_CONTRADICTED, 0},
	{"posted before", {"post 0 " A, "wait 0 " B}, LH_VERDICT_CONFIRMED, 0},
	{"queue", {A "push 0", "pop 0 " B}, LH_VERDICT_CONTRADICTED, 0},
	{"pushed before", {"push 0 " A, "pop 0 " B}, LH_VERDICT_CONFIRMED, 0},
	{"broadcast", {A "open 0", "pass 0 " B, "pass 0 " B}, LH_VERDICT_CONTRADICTED, 0},
	{"opened before", {"open 0 " A, "pass 0 " B, "pass 0 " B}, LH_VERDICT_CONFIRMED, 0},
	{"barrier", {A "arrive 0", "arrive 0 " B}, LH_VERDICT_CONTRADICTED, 0},
	{"both before the barrier", {A "arrive 0", B "arrive 0"}, LH_VERDICT_CONFIRMED, 0},
	{"create", {A "create 1", B}, LH_VERDICT_CONTRADICTED, 0},
	{"created before", {"create 1 " A, B}, LH_VERDICT_CONFIRMED, 0},
	{"join", {"create 1 join 1 " A, B}, LH_VERDICT_CONTRADICTED, 0},
	{"joined after", {"create 1 " A "join 1", B}, LH_VERDICT_CONFIRMED, 0},
	{"join in the cycle",
	 {"create 1 lock 0 join 1 unlock 0", "lock 0 unlock 0"},
	 LH_VERDICT_CONFIRMED,
	 0},
	{"data", {A "set 0", "spin 0 " B}, LH_VERDICT_CONTRADICTED, 0},
	{"data, before", {"set 0 " A, "spin 0 " B}, LH_VERDICT_CONFIRMED, 0},
	{"three workers, one job each",
	 {A "push 0 push 0 push 0", worker, worker, worker},
	 LH_VERDICT_CONTRADICTED,
	 0},
	{"three workers, one job",
	 {A "push 0", worker, worker, worker},
	 LH_VERDICT_CONTRADICTED,
	 0},
	{"through a third thread",
	 {A "post 0", "wait 0 push 0", "pop 0 " B},
	 LH_VERDICT_CONTRADICTED,
	 0},
	{"posted while it holds",
	 {"lock 0 post 0 lock 1 unlock 1 unlock 0", "wait 0 lock 0 unlock 0 " B},
	 LH_VERDICT_CONTRADICTED,
	 0},
	{"posted while it holds, and not needed",
	 {"lock 0 post 0 lock 1 unlock 1 unlock 0", "wait 0 " B},
	 LH_VERDICT_CONFIRMED,
	 0},
	{"in turns",
	 {"rounds 3 wait 0 " A "post 1", "rounds 3 wait 1 " B "post 0", "post 0"},
	 LH_VERDICT_CONTRADICTED,
	 0},
	{"in turns, but one is ahead",
	 {"rounds 3 wait 0 " A "post 1", "rounds 3 wait 1 " B "post 0", "post 0 post 1"},
	 LH_VERDICT_CONFIRMED,
	 0},
	{"cycle of three",
	 {"lock 0 lock 1 unlock 1 unlock 0", "lock 1 lock 2 unlock 2 unlock 1",
	  "lock 2 lock 0 unlock 0 unlock 2"},
	 LH_VERDICT_CONFIRMED,
	 0},
	{"cycle of five",
	 {"lock 0 lock 1 unlock 1 unlock 0", "lock 1 lock 2 unlock 2 unlock 1",
	  "lock 2 lock 3 unlock 3 unlock 2", "lock 3 lock 4 unlock 4 unlock 3",
	  "lock 4 lock 0 unlock 0 unlock 4"},
	 LH_VERDICT_CONFIRMED,
	 0},
	{"cycle of three, two of them ordered",
	 {"lock 0 lock 1 unlock 1 unlock 0", "lock 1 lock 2 unlock 2 unlock 1 post 0",
	  "wait 0 lock 2 lock 0 unlock 0 unlock 2"},
	 LH_VERDICT_CONTRADICTED,
	 0},
	{"rare",
	 {"rounds 3 lock 0 unlock 0 only 2 { " A "}", "rounds 3 only 0 { " B "}"},
	 LH_VERDICT_CONFIRMED,
	 0},
	{"one comes late", {A, "sleep 0 sleep 0 " B}, LH_VERDICT_CONFIRMED, BROKEN_ONCE},
	/* The order of the attempts is the scheduler's, which prefers the first thread. */
	{"the first thread takes what the second could have",
	 {"push 0", "pop 0 " A "push 0", "pop 0 push 0 " B},
	 NOT_REFUTED,
	 BROKEN_TAKES},
	{"the same, and another thread pushes it again",
	 {"push 0", "pop 0 " A "push 0", "pop 0 post 0 " B, "wait 0 push 0"},
	 NOT_REFUTED,
	 0},
	{"the same, and a lock lets the other thread go",
	 {"push 0", "pop 0 " A "push 0", "lock 2 pop 0 unlock 2 " B, "lock 2 push 0 unlock 2"},
	 NOT_REFUTED,
	 0},
	{"the same, and data lets the other thread go",
	 {"push 0", "pop 0 " A "push 0", "pop 0 set 0 " B, "spin 0 push 0"},
	 NOT_REFUTED,
	 0},
	{"the same, and the other thread is created",
	 {"push 0", "pop 0 " A "push 0", "pop 0 create 3 " B, "push 0"},
	 NOT_REFUTED,
	 0},
	{"the same, and the end of the thread lets it go",
	 {"push 0", "pop 0 " A "push 0", "pop 0 create 3 join 3 " B, "push 0"},
	 NOT_REFUTED,
	 0},
	{"the first thread shuts what was open",
	 {"open 0", "shut 0 " A "open 0", "pass 0 " B},
	 NOT_REFUTED,
	 BROKEN_TAKES},
	{"it is open between two rounds only",
	 {"rounds 2 shut 0 " A "open 0", "pass 0 " B},
	 NOT_REFUTED,
	 BROKEN_TAKES},
	{"the try always succeeds",
	 {A "post 0", "try 2 { wait 0 unlock 2 } " B, "lock 2 unlock 2"},
	 NOT_REFUTED,
	 BROKEN_TRIES},
	{"the wait has a limit",
	 {"lock 0 sleep 0 lock 1 unlock 1 unlock 0 post 0", "timed 0 { sleep 0 } " B},
	 NOT_REFUTED,
	 0},
	{"another thread opens, if it gets the job",
	 {"post 0 " A "open 0 post 0", "wait 0", "wait 0 open 0", "pass 0 " B},
	 NOT_REFUTED,
	 BROKEN_TAKES},
	{"another thread sets it, too", {A "set 0", "sleep 0 set 0", "spin 0 " B}, NOT_REFUTED, 0},
	{"two others meet at the barrier",
	 {"arrive 0", "arrive 0", A "arrive 0", "arrive 0 " B},
	 NOT_REFUTED,
	 BROKEN_ALL},
};

static bool is_as_it_should(const struct example *x, const struct lh_outcome *o, bool real)
{
	if (o->verdict == LH_VERDICT_CONFIRMED)
		return real && (x->verdict == LH_VERDICT_CONFIRMED || x->verdict == NOT_REFUTED);
	if (o->verdict == LH_VERDICT_CONTRADICTED)
		return !real && x->verdict == LH_VERDICT_CONTRADICTED;
	return x->verdict == NOT_REFUTED;
}

/* Predicts from runs, until one predicts a cycle, and gives the number of cycles. */
static uint32_t predict_any(struct run *r, struct cycle *cycle)
{
	uint32_t n = 0;

	for (uint64_t seed = r->seed; !n && seed < r->seed + 50; seed++) {
		bool visited[THREADS][OPS] = {{0}};
		struct run first = {.program = r->program, .seed = seed};
		run_program(&first, visited, NULL);
		n = predict(r->program, visited, cycle);
	}
	return n;
}

/* The number of wrong verdicts. */
static uint32_t try_example(const struct example *x, bool biased, uint64_t seed, enum broken broken)
{
	static struct cycle cycle[CYCLES];
	struct program p;
	struct run r = {.program = &p, .seed = seed, .broken = broken};
	struct truth truth[CYCLES];
	uint32_t n, wrong = 0;

	program_parse(&p, x->thread, biased);
	n = predict_any(&r, cycle);
	CHECK(n > 0);
	CHECK(explore(&p, cycle, n, truth));
	for (uint32_t i = 0; i < n; i++) {
		struct lh_outcome o;
		r.cycle = &cycle[i];
		o = confirm_cycle(&r);
		if (is_as_it_should(x, &o, truth[i].real))
			continue;
		wrong++;
		if (!broken)
			printf("\t%s: verdict %d in %u runs, real %d, biased %d, seed %lu\n",
			       x->what, o.verdict, o.runs, truth[i].real, biased, seed);
	}
	return wrong;
}

enum { SEEDS = 20 };

static void try_rules(const struct example *x)
{
	uint32_t wrong = 0, caught = 0;

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		wrong += try_example(x, false, seed, BROKEN_NOTHING);
		wrong += try_example(x, true, seed, BROKEN_NOTHING);
		if (x->broken)
			caught += try_example(x, true, seed, x->broken);
	}
	CHECK_EQ(wrong, 0);
	CHECK(!x->broken || caught > 0);
}

/* ---- the reason ---- */

/* A cycle of two parts; the first one has an early stop. */
static struct lh_steer *two_parts(void)
{
	static struct lh_plan_cycle plan = {.parts = 2, .mode = LH_STEER_EVERY_STOP};
	static struct lh_steer s;

	plan.part[0] = (struct lh_plan_part){.stops = 2, .holds_at = 2};
	plan.part[1] = (struct lh_plan_part){.stops = 1, .holds_at = 1};
	lh_steer_init(&s, &plan);
	return &s;
}

static bool arrives(struct lh_steer *s, uint32_t thread, uint8_t part, uint8_t stop)
{
	return lh_steer_arrive(s, &(struct lh_steer_arrival){.thread = thread,
							     .part = part,
							     .stop = stop,
							     .may_pause = true,
							     .now_ns = 1000});
}

enum { GATHERED = 5, READY = 7 };

/* Thread 1 leaves its last stop, because thread 2 and others wait on READY. */
static void leave_last(struct lh_steer *s)
{
	lh_steer_blocks(s, 2, READY, 70);
	CHECK(arrives(s, 1, 0, 0));
	lh_steer_quiet(s, 2000);
	CHECK(arrives(s, 1, 0, 1));
	lh_steer_quiet(s, 3000);
}

static struct lh_steer_reason reason_of(struct lh_steer *s)
{
	struct lh_steer_reason why = {0};

	CHECK(arrives(s, 2, 1, 0));
	lh_steer_end_pause(s, 2, LH_STEER_QUIET, 0, 4000);
	CHECK_EQ(lh_steer_result(s, &why), LH_STEER_ORDERED);
	CHECK_EQ(why.before, 0);
	CHECK_EQ(why.after, 1);
	CHECK_EQ(why.thread, 2);
	CHECK_EQ(why.earlier, 1);
	return why;
}

/* The thread that goes first wakes the other one, itself or through a third. */
static void says_who_woke(void)
{
	struct lh_steer *s = two_parts();
	struct lh_steer_reason why;

	leave_last(s);
	lh_steer_signals(s, 1, READY, 71);
	lh_steer_wakes(s, 2, READY, LH_WAKE_ALONE);
	why = reason_of(s);
	CHECK(why.object == READY && why.waker == 1 && why.wait_site == 70 && why.wake_site == 71);
	s = two_parts();
	lh_steer_blocks(s, 3, GATHERED, 50);
	leave_last(s);
	lh_steer_signals(s, 1, GATHERED, 51);
	lh_steer_wakes(s, 3, GATHERED, LH_WAKE_ALONE);
	lh_steer_signals(s, 3, READY, 73);
	lh_steer_wakes(s, 2, READY, LH_WAKE_ALONE);
	why = reason_of(s);
	CHECK(why.object == READY && why.waker == 3 && why.wake_site == 73);
}

/* The creation of a thread, and a wake-up before the pause, are no reasons: it waited for a lock.
 */
static void says_no_more_than_it_knows(void)
{
	struct lh_steer *s = two_parts();
	struct lh_steer_reason why;

	lh_steer_creates(s, 9, 2);
	lh_steer_blocks(s, 2, GATHERED, 50);
	CHECK(arrives(s, 1, 0, 0));
	lh_steer_quiet(s, 2000);
	lh_steer_signals(s, 1, GATHERED, 51);
	lh_steer_wakes(s, 2, GATHERED, LH_WAKE_ALONE);
	CHECK(arrives(s, 1, 0, 1));
	lh_steer_end_pause(s, 1, LH_STEER_NEEDED, 2, 3000);
	why = reason_of(s);
	CHECK(why.object == 0 && why.waker == 0 && why.wait_site == 0 && why.wake_site == 0);
}

int main(void)
{
	says_who_woke();
	says_no_more_than_it_knows();
	for (unsigned i = 0; i < sizeof(examples) / sizeof(*examples); i++)
		try_rules(&examples[i]);
	return unit_done();
}
