/*
 * test_steer_state.c — who pauses where, call by call, and what happens when there is no room.
 *
 * LINKS: libcheck/steer/steer.c libcheck/steer/evidence.c
 */
#include "libcheck/steer/steer.h"
#include "tests/unit/unit.h"

enum { T1 = 1, T2, T3, LOCK_A = 101, LOCK_B, LOCK_C, SEM = 200 };

static struct lh_steer steer;
static uint64_t now;

/* Two parts of two stops: part 0 holds A and wants B, part 1 holds B and wants A. */
static struct lh_plan_cycle two_parts(enum lh_steer_mode mode)
{
	struct lh_plan_cycle plan = {.parts = 2, .mode = (uint8_t)mode};

	plan.part[0].stops = plan.part[1].stops = 2;
	/* no two stops are one place */
	for (int i = 0; i < 4; i++)
		plan.part[i / 2].stop[i % 2] =
			(struct lh_plan_stop){.frame = (uint16_t)i, .frames = 1};
	return plan;
}

static bool arrive(uint32_t thread, uint8_t part, uint8_t stop, uint64_t held, uint64_t wanted)
{
	struct lh_steer_arrival a = {.thread = thread,
				     .part = part,
				     .stop = stop,
				     .may_pause = true,
				     .held = held,
				     .wanted = wanted,
				     .now_ns = ++now};

	return lh_steer_arrive(&steer, &a);
}

static bool visit_a(uint32_t thread, uint8_t stop)
{
	return arrive(thread, 0, stop, stop ? LOCK_A : 0, stop ? LOCK_B : LOCK_A);
}

static bool visit_b(uint32_t thread, uint8_t stop)
{
	return arrive(thread, 1, stop, stop ? LOCK_B : 0, stop ? LOCK_A : LOCK_B);
}

static void begin(enum lh_steer_mode mode)
{
	static struct lh_plan_cycle plan;

	plan = two_parts(mode);
	lh_steer_init(&steer, &plan);
}

/* ---- who pauses ---- */

static void gather_and_close(void)
{
	begin(LH_STEER_EVERY_STOP);
	CHECK(visit_a(T1, 0));
	CHECK(!visit_b(T2, 0)); /* all are there: nobody waits */
	CHECK(!lh_steer_any_paused(&steer));
	CHECK(visit_a(T1, 1));
	CHECK(!visit_b(T2, 1));
	CHECK_EQ(steer.closed, 1);
	CHECK(!lh_steer_any_paused(&steer));
	CHECK_EQ(lh_steer_result(&steer, NULL), LH_STEER_UNKNOWN);
}

static void modes(void)
{
	static const bool pauses[LH_STEER_MODES] = {[LH_STEER_EVERY_STOP] = true,
						    [LH_STEER_OUTER] = true,
						    [LH_STEER_INNER] = true,
						    [LH_STEER_SAME_LOCKS] = true};

	for (int mode = 0; mode < LH_STEER_MODES; mode++) {
		begin((enum lh_steer_mode)mode);
		CHECK_EQ(visit_a(T1, 0), pauses[mode]);
		if (pauses[mode])
			lh_steer_quiet(&steer, ++now);
		CHECK(visit_a(T1, 1));
	}
}

/* A thread with the locks of another instance does not wait at its last stop. */
static void instances(void)
{
	begin(LH_STEER_LAST);
	CHECK(visit_a(T1, 1));
	CHECK(!arrive(T2, 1, 1, LOCK_C, LOCK_A));
	CHECK(!arrive(T3, 1, 1, LOCK_B, LOCK_C));
	CHECK_EQ(steer.part[1].mismatched, 2);
	CHECK_EQ(steer.closed, 0);
	CHECK(!visit_b(T2, 1));
	CHECK_EQ(steer.closed, 1);
}

/* The queued writer goes first, and the readers when it waits in the queue. */
static void writers(void)
{
	static struct lh_plan_cycle plan;

	plan = two_parts(LH_STEER_LAST);
	plan.writers = 1;
	plan.part[2] = (struct lh_plan_part){.stops = 1, .writer = 1};
	plan.part[2].stop[0] = (struct lh_plan_stop){.frame = 9, .frames = 1};
	lh_steer_init(&steer, &plan);
	CHECK(visit_a(T1, 1));
	CHECK(visit_b(T2, 1));
	CHECK(!arrive(T3, 2, 0, 0, LOCK_B));
	CHECK(lh_steer_is_paused(&steer, T1) && lh_steer_is_paused(&steer, T2));
	lh_steer_blocks(&steer, T3, LOCK_B, 1);
	CHECK(!lh_steer_any_paused(&steer));
}

/* ---- evidence ---- */

/* T1 visits part 0, is paused until all is quiet, and then lets this thread visit part 1. */
static void hand_over(uint32_t thread)
{
	lh_steer_blocks(&steer, thread, SEM + thread, thread);
	CHECK(visit_a(T1, 1));
	lh_steer_quiet(&steer, ++now);
	lh_steer_signals(&steer, T1, SEM + thread, 7);
	lh_steer_wakes(&steer, thread, SEM + thread, LH_WAKE_ALONE);
	CHECK(visit_b(thread, 1));
	lh_steer_quiet(&steer, ++now);
	lh_steer_blocks(&steer, T1, SEM, 8);
	lh_steer_signals(&steer, thread, SEM, 9);
	lh_steer_wakes(&steer, T1, SEM, LH_WAKE_ALONE);
}

static void ordered(void)
{
	struct lh_steer_reason why = {0};

	begin(LH_STEER_LAST);
	hand_over(T2);
	CHECK_EQ(lh_steer_result(&steer, &why), LH_STEER_ORDERED);
	CHECK_EQ(why.before, 0);
	CHECK_EQ(why.after, 1);
	CHECK_EQ(why.thread, T2);
	CHECK_EQ(why.waker, T1);
	CHECK_EQ(why.object, SEM + T2);
	CHECK_EQ(why.wait_site, T2);
	CHECK_EQ(why.wake_site, 7);
	lh_steer_tries(&steer, T3);
	CHECK_EQ(lh_steer_result(&steer, &why), LH_STEER_UNKNOWN);
}

/* A third thread has the semaphore's permits, too, before or after. */
static void used_by_others(void)
{
	begin(LH_STEER_LAST);
	lh_steer_takes(&steer, T3, SEM + T2);
	hand_over(T2);
	CHECK_EQ(lh_steer_result(&steer, NULL), LH_STEER_UNKNOWN);
	begin(LH_STEER_LAST);
	hand_over(T2);
	lh_steer_signals(&steer, T3, SEM + T2, 1);
	CHECK_EQ(lh_steer_result(&steer, NULL), LH_STEER_UNKNOWN);
}

/* Without room for all visitors or objects nothing is refuted; threads are steered as before. */
static void no_room(void)
{
	begin(LH_STEER_LAST);
	for (uint32_t t = T2; t < T2 + LH_STEER_VISITORS + 1; t++) {
		visit_b(t, 1);
		lh_steer_quiet(&steer, ++now);
	}
	CHECK(steer.full);
	CHECK(visit_a(T1, 1));
	CHECK(!visit_b(T2, 1));
	CHECK_EQ(steer.closed, 1);
	begin(LH_STEER_LAST);
	hand_over(T2);
	for (uint64_t o = 0; o < LH_STEER_OBJECTS; o++)
		lh_steer_signals(&steer, T1, 1000 + o, 1);
	CHECK(steer.full);
	CHECK_EQ(lh_steer_result(&steer, NULL), LH_STEER_UNKNOWN);
	begin(LH_STEER_LAST);
	hand_over(LH_STEER_THREADS);
	CHECK_EQ(lh_steer_result(&steer, NULL), LH_STEER_UNKNOWN);
}

int main(void)
{
	gather_and_close();
	modes();
	instances();
	writers();
	ordered();
	used_by_others();
	no_room();
	return unit_done();
}
