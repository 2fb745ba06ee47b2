/* schedules.c — the example of each rule as lanes. A step's place has a remark instead of a line.
 */
#include "tools/cmd/schedules.h"

enum { STEPS_MAX = 6, LANES_MAX = 3 };

#define ACQUIRES(lane, text)                                                                       \
	{                                                                                          \
		lane, LH_LANE_ACQUIRES, text, NULL, 0                                              \
	}
#define WAITS(lane, text, owner, remark)                                                           \
	{                                                                                          \
		lane, LH_LANE_WAITS, text, remark, owner                                           \
	}
#define DOES(lane, text, remark)                                                                   \
	{                                                                                          \
		lane, LH_LANE_OTHER, text, remark, 0                                               \
	}
#define LANE(head, label)                                                                          \
	{                                                                                          \
		head, label ":", NULL                                                              \
	}
#define THREADS LANE("1", "thread 1"), LANE("2", "thread 2")

/* clang-format off */
static const struct {
	struct lh_lane lane[LANES_MAX];
	struct lh_lane_step step[STEPS_MAX];
	const char *end;
} schedules[LH_RULES] = {
	[LH_RULE_LOCK_ORDER] = {
		{THREADS},
		{ACQUIRES(0, "lock(&accounts)"), ACQUIRES(1, "lock(&journal)"),
		 WAITS(0, "lock(&journal)", 2, NULL),
		 WAITS(1, "lock(&accounts)", 1, "the opposite order")},
		"neither continues"},
	[LH_RULE_DEADLOCK] = {
		{THREADS},
		{ACQUIRES(0, "lock(&accounts)"), ACQUIRES(1, "lock(&journal)"),
		 WAITS(0, "lock(&journal)", 2, "waits for thread 2"),
		 WAITS(1, "lock(&accounts)", 1, "the cycle is complete")},
		"neither continues"},
	[LH_RULE_SELF_DEADLOCK] = {
		{LANE("1", "thread 1")},
		{{0, LH_LANE_ACQUIRES, "lock(&m)", "in twice()", 0},
		 WAITS(0, "lock(&m)", 1, "in add()")},
		"only this thread could unlock m"},
	[LH_RULE_POOL_DEADLOCK] = {
		{LANE("1", "task 1"), LANE("2", "task 2"), LANE("3", "task 3")},
		{ACQUIRES(0, "sem_wait(&pool)"), ACQUIRES(1, "sem_wait(&pool)"),
		 ACQUIRES(2, "sem_wait(&pool)"), WAITS(0, "sem_wait(&pool)", 2, NULL),
		 WAITS(1, "sem_wait(&pool)", 3, NULL), WAITS(2, "sem_wait(&pool)", 1, NULL)},
		"no permit is left"},
	[LH_RULE_COND_WAIT_HOLDING] = {
		{LANE("W", "waiter"), LANE("S", "signaller")},
		{ACQUIRES(0, "lock(&config)"), ACQUIRES(0, "lock(&m)"),
		 WAITS(0, "wait(&c, &m)", 0, "releases m, and keeps config"),
		 WAITS(1, "lock(&config)", 1, "waits for the waiter"),
		 DOES(1, "signal(&c)", "never reached")},
		"neither continues"},
	[LH_RULE_COND_WAIT_UNLOCKED] = {
		{LANE("W", "waiter"), LANE("S", "signaller")},
		{DOES(0, "if (!ready)", "m is not held"),
		 DOES(1, "ready = 1; signal(&c)", "no thread waits yet: it is lost"),
		 WAITS(0, "wait(&c, &m)", 0, NULL)},
		"the waiter waits forever"},
	[LH_RULE_UNLOCK_NOT_OWNER] = {
		{THREADS},
		{ACQUIRES(0, "lock(&m)"), DOES(0, "start_work()", NULL),
		 DOES(1, "unlock(&m)", "to report that the work is done")},
		"m is free, while thread 1 still relies on it"},
	[LH_RULE_EXIT_HOLDING] = {
		{THREADS},
		{ACQUIRES(0, "lock(&m)"), DOES(0, "return NULL", "ends, and m stays locked"),
		 WAITS(1, "lock(&m)", 1, NULL)},
		"thread 2 waits forever"},
	[LH_RULE_FORK_HOLDING] = {
		{THREADS, LANE("C", "child")},
		{ACQUIRES(0, "lock(&log)"), DOES(1, "fork()", "copies log as it is: locked"),
		 WAITS(2, "lock(&log)", 1, "thread 1 is not there")},
		"the child waits forever"},
	[LH_RULE_LONG_HOLD] = {
		{THREADS},
		{ACQUIRES(0, "lock(&cache)"), DOES(0, "ask_the_server(key)", "takes a second"),
		 WAITS(1, "lock(&cache)", 1, "waits all that time")},
		NULL},
	[LH_RULE_BLOCKING_CALL] = {
		{THREADS},
		{ACQUIRES(0, "lock(&queue)"),
		 DOES(0, "read(fd, buffer, n)", "until data arrives"),
		 WAITS(1, "lock(&queue)", 1, "waits for the data, too")},
		NULL},
	[LH_RULE_LOST_SIGNAL] = {
		{LANE("S", "signaller"), LANE("W", "waiter")},
		{DOES(0, "signal(&c)", "no thread waits yet: it is lost"),
		 ACQUIRES(1, "lock(&m)"),
		 WAITS(1, "wait(&c, &m)", 0, "no other signal will come")},
		"the waiter waits forever"},
	[LH_RULE_SIGNAL_LOCK] = {
		{LANE("M", "main"), LANE("H", "handler")},
		{ACQUIRES(0, "lock(&m)"), DOES(1, "on_signal()", "interrupts main"),
		 WAITS(1, "lock(&m)", 1, "waits for what it interrupted")},
		"main cannot unlock m"},
	[LH_RULE_LIVELOCK] = {
		{THREADS},
		{ACQUIRES(0, "lock(&a)"), ACQUIRES(1, "lock(&b)"),
		 WAITS(0, "trylock(&b)", 2, "fails, again and again"),
		 WAITS(1, "trylock(&a)", 1, "fails, again and again")},
		"neither releases its lock"},
	[LH_RULE_COND_TWO_MUTEXES] = {
		{THREADS},
		{ACQUIRES(0, "lock(&a)"), WAITS(0, "wait(&c, &a)", 0, NULL),
		 ACQUIRES(1, "lock(&b)"),
		 WAITS(1, "wait(&c, &b)", 0, "with another mutex")},
		"POSIX does not say what happens"},
};
/* clang-format on */

struct lh_lanes lh_schedule_of_rule(enum lh_rule rule)
{
	struct lh_lanes s = {.title = lh_rule_row(rule)->title,
			     .lane = schedules[rule].lane,
			     .step = schedules[rule].step,
			     .end = schedules[rule].end};

	while (s.lanes < LANES_MAX && s.lane[s.lanes].head)
		s.lanes++;
	while (s.steps < STEPS_MAX && s.step[s.steps].text)
		s.steps++;
	return s;
}
