/*
 * test_verdict.c — the verdict of a cycle, from attempts made by hand.
 *
 * LINKS: tools/confirm/verdict.c
 */
#include "tools/confirm/verdict.h"
#include "tests/unit/unit.h"

static const struct lh_plan_cycle two_parts = {.parts = 2, .part = {{.stops = 2}, {.stops = 2}}};

static struct lh_attempt attempt(enum lh_steer_result result)
{
	struct lh_attempt a = {.first = true, .complete = true};

	a.row = (struct lh_steered){.parts = 2, .result = result, .before = 0, .after = 1};
	for (int p = 0; p < 2; p++)
		a.row.part[p].visits[0] = a.row.part[p].visits[1] = 1;
	return a;
}

static struct lh_outcome verdict(const struct lh_attempt *a, uint32_t n)
{
	return lh_verdict_of(&two_parts, false, a, n);
}

static void happened(void)
{
	struct lh_attempt a[] = {attempt(LH_STEER_ORDERED), attempt(LH_STEER_ORDERED),
				 attempt(LH_STEER_ORDERED), attempt(LH_STEER_UNKNOWN)};
	struct lh_outcome o;

	a[3].happened = true;
	o = verdict(a, 4);
	CHECK_EQ(o.verdict, LH_VERDICT_CONFIRMED);
	CHECK_EQ(o.hits, 1);
	CHECK_EQ(o.attempt, 3);
	a[3].happened = false;
	CHECK_EQ(verdict(a, 4).verdict, LH_VERDICT_OPEN); /* mixed evidence */
	CHECK_EQ(verdict(a, 4).open, LH_OPEN_MIXED);
	CHECK_EQ(verdict(a, 3).verdict, LH_VERDICT_CONTRADICTED);
	CHECK_EQ(verdict(a, 2).open, LH_OPEN_FEW);
	CHECK_EQ(verdict(a, 0).open, LH_OPEN_NO_ATTEMPT);
}

/* Each of three attempts that refute, spoilt in one way. */
static void not_refuted(void)
{
	struct lh_attempt a[] = {attempt(LH_STEER_ORDERED), attempt(LH_STEER_ORDERED),
				 attempt(LH_STEER_ORDERED)};

	a[2].complete = false;
	CHECK_EQ(verdict(a, 3).verdict, LH_VERDICT_OPEN);
	a[0].complete = a[1].complete = false;
	CHECK_EQ(verdict(a, 3).open, LH_OPEN_INCOMPLETE);
	a[0].complete = a[1].complete = a[2].complete = true;
	a[2].first = false;
	CHECK_EQ(verdict(a, 3).open, LH_OPEN_FEW);
	a[2].first = true;
	a[1].row.closed = 1;
	CHECK_EQ(verdict(a, 3).open, LH_OPEN_CLOSED);
	a[1].row.closed = 0;
	CHECK_EQ(lh_verdict_of(&two_parts, true, a, 3).open, LH_OPEN_SHARED);
	a[0].row.parts = a[1].row.parts = a[2].row.parts = 0;
	CHECK_EQ(verdict(a, 3).open, LH_OPEN_NO_ROW);
}

/* An attempt in which one thread starts late refutes nothing, but can show that the other comes. */
static void late_start(void)
{
	struct lh_attempt a[] = {attempt(LH_STEER_ORDERED), attempt(LH_STEER_ORDERED),
				 attempt(LH_STEER_ORDERED), attempt(LH_STEER_UNKNOWN)};

	a[3].late = true;
	CHECK_EQ(verdict(a, 4).verdict, LH_VERDICT_CONTRADICTED);
	CHECK_EQ(verdict(a, 4).lates, 1);
	a[2].late = true;
	CHECK_EQ(verdict(a, 4).open, LH_OPEN_FEW);
	a[2].late = false;
	a[3].row.early = 1;
	CHECK_EQ(verdict(a, 4).open, LH_OPEN_EARLY);
	CHECK_EQ(verdict(a, 4).attempt, 0);
	a[3].happened = true;
	CHECK_EQ(verdict(a, 4).verdict, LH_VERDICT_CONFIRMED);
}

static void order_in_time(void)
{
	struct lh_attempt a[] = {attempt(LH_STEER_SEEN), attempt(LH_STEER_SEEN),
				 attempt(LH_STEER_ORDERED)};

	a[0].row.seen = 100;
	a[1].row.seen = LH_SEEN_LONGEST_MS;
	CHECK_EQ(verdict(a, 3).verdict, LH_VERDICT_CONTRADICTED);
	CHECK(verdict(a, 3).seen);
	a[1].row.seen = LH_SEEN_LONGEST_MS - 1;
	CHECK_EQ(verdict(a, 3).open, LH_OPEN_FEW);
	a[0].row.seen = a[1].row.seen = LH_SEEN_LONGEST_MS;
	CHECK_EQ(verdict(a, 3).open, LH_OPEN_FEW);
}

static void not_reached(void)
{
	struct lh_attempt a[] = {attempt(LH_STEER_UNKNOWN), attempt(LH_STEER_UNKNOWN)};
	struct lh_outcome o;

	a[0].row.part[1].visits[1] = 0;
	CHECK_EQ(verdict(a, 2).verdict, LH_VERDICT_OPEN); /* the other attempt came there */
	a[1].row.part[1].visits[1] = 0;
	o = verdict(a, 2);
	CHECK_EQ(o.verdict, LH_VERDICT_NOT_REACHED);
	CHECK_EQ(o.part, 1);
	CHECK_EQ(o.stop, 1);
}

/* A lone thread at a stop that two parts share is counted in one of them. */
static void shared_stop(void)
{
	struct lh_plan_cycle cycle = two_parts;
	struct lh_attempt a = attempt(LH_STEER_UNKNOWN);

	a.row.part[1].visits[0] = a.row.part[1].visits[1] = 0;
	CHECK_EQ(lh_verdict_of(&cycle, false, &a, 1).verdict, LH_VERDICT_NOT_REACHED);
	for (int p = 0; p < 2; p++)
		for (int k = 0; k < 2; k++)
			cycle.part[p].stop[k] =
				(struct lh_plan_stop){.frame = (uint16_t)(7 * k), .frames = 3};
	CHECK_EQ(lh_verdict_of(&cycle, false, &a, 1).verdict, LH_VERDICT_OPEN);
	cycle.part[1].stop[1].frame++;
	CHECK_EQ(lh_verdict_of(&cycle, false, &a, 1).verdict, LH_VERDICT_NOT_REACHED);
}

/* The sum of two processes is no stronger than the weaker one; an idle one changes nothing. */
static void processes(void)
{
	struct lh_steered sum = {0}, ordered = attempt(LH_STEER_ORDERED).row,
			  unknown = attempt(LH_STEER_UNKNOWN).row, idle = {.parts = 2};

	idle.refused = 3;
	lh_steered_merge(&sum, &idle);
	lh_steered_merge(&sum, &ordered);
	CHECK_EQ(sum.result, LH_STEER_ORDERED);
	CHECK_EQ(sum.refused, 3);
	lh_steered_merge(&sum, &idle);
	CHECK_EQ(sum.result, LH_STEER_ORDERED);
	lh_steered_merge(&sum, &unknown);
	CHECK_EQ(sum.result, LH_STEER_UNKNOWN);
	CHECK_EQ(sum.part[1].visits[1], 2);
}

int main(void)
{
	happened();
	not_refuted();
	late_start();
	order_in_time();
	not_reached();
	shared_stop();
	processes();
	return unit_done();
}
