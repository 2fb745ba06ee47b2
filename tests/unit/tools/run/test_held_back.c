/*
 * test_held_back.c — tests which warnings are printed later, and when.
 * LINKS: tools/run/held_back.c tools/ledger/ tools/util/
 */
#include "tests/unit/ledger_builder.h"
#include "tests/unit/unit.h"
#include "tools/run/held_back.h"
#include "tools/watch/watch.h"

#include <stdlib.h>

enum { SECOND = 1000000000 };

static struct lh_held_back held_back;
static struct lh_run_process first, second;
static struct lh_ledger *l;
static bool of_deadlock;

bool lh_watch_is_of_deadlock(struct lh_watch_process *p, uint32_t row)
{
	(void)p;
	(void)row;
	return of_deadlock;
}

static uint32_t add(struct lh_run_process *process, enum lh_rule rule, uint64_t now)
{
	uint32_t row = lh_read_used(&first.ledger, LH_T_FINDING);

	build_finding(l, rule, LH_HAPPENED, LH_WARNING);
	return lh_held_back_add(&held_back, process, row, now) ? row : 0;
}

static void set_up(void)
{
	l = build_ledger(4711, "/opt/bank");
	CHECK(lh_read_view(&first.ledger, l, l->total));
	CHECK(lh_read_view(&second.ledger, l, l->total));
	of_deadlock = false;
}

static void tear_down(void)
{
	lh_held_back_free(&held_back);
	free(l);
}

static void which(void)
{
	set_up();
	CHECK(add(&first, LH_RULE_LONG_HOLD, 0));
	CHECK(add(&first, LH_RULE_BLOCKING_CALL, 0));
	CHECK(!add(&first, LH_RULE_DEADLOCK, 0));
	CHECK(!add(&first, LH_RULE_LIVELOCK, 0));
	CHECK(!add(&first, LH_RULE_LOST_SIGNAL, 0));
	tear_down();
}

/* After its time, oldest first; the end of a hold takes it out before. */
static void when(void)
{
	struct lh_run_process *process;

	set_up();
	uint32_t a = add(&first, LH_RULE_LONG_HOLD, SECOND),
		 b = add(&second, LH_RULE_LONG_HOLD, SECOND + 1),
		 c = add(&first, LH_RULE_BLOCKING_CALL, SECOND + 2);
	CHECK_EQ(lh_held_back_next(&held_back, &process, SECOND + LH_HELD_BACK_NS - 1), 0);
	CHECK_EQ(lh_held_back_next(&held_back, &process, SECOND + LH_HELD_BACK_NS), a);
	CHECK(process == &first);
	CHECK_EQ(lh_held_back_next(&held_back, &process, SECOND + LH_HELD_BACK_NS), 0);
	CHECK(!lh_held_back_take(&held_back, &first, b)); /* it is the other process's */
	CHECK(lh_held_back_take(&held_back, &second, b));
	CHECK(!lh_held_back_take(&held_back, &second, b));
	CHECK_EQ(lh_held_back_next(&held_back, &process, 9ull * SECOND), c);
	CHECK_EQ(lh_held_back_next(&held_back, &process, 9ull * SECOND), 0);
	tear_down();
}

/* A warning of a deadlock waits for the end of its process, which decides. */
static void of_a_deadlock(void)
{
	struct lh_run_process *process;

	set_up();
	uint32_t a = add(&first, LH_RULE_LONG_HOLD, 0), b = add(&first, LH_RULE_LONG_HOLD, 0),
		 c = add(&second, LH_RULE_LONG_HOLD, 0);
	of_deadlock = true;
	CHECK_EQ(lh_held_back_next(&held_back, &process, 9ull * SECOND), 0);
	((struct lh_finding *)build_at(l, LH_T_FINDING, a))->rule = LH_NO_RULE;
	CHECK_EQ(lh_held_back_drop_withdrawn(&held_back, &second), 0);
	CHECK_EQ(lh_held_back_drop_withdrawn(&held_back, &first), 1);
	CHECK_EQ(lh_held_back_next_of(&held_back, &first), b);
	CHECK_EQ(lh_held_back_next_of(&held_back, &first), 0);
	CHECK_EQ(lh_held_back_next_of(&held_back, &second), c);
	tear_down();
}

int main(void)
{
	which();
	when();
	of_a_deadlock();
	return unit_done();
}
