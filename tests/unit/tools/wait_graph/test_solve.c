/*
 * test_solve.c — tests which threads are deadlocked: small graphs by hand, and random graphs
 * against the definition; and the findings of small graphs.
 * LINKS: tools/wait_graph/solve.c tools/wait_graph/findings.c tools/util/
 */
#include "tools/wait_graph/findings.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

enum { MAX = 8, ROUNDS = 20000 };

static const uint32_t number[MAX] = {0, 1, 2, 3, 4, 5, 6, 7};

/* A wait for the `n` threads from `list` on. */
static struct lh_wait_node waits_for(const uint32_t *list, uint32_t n)
{
	return (struct lh_wait_node){.waits = true, .blockers = list, .n_blockers = n};
}

static const struct lh_wait_node runs = {0}, anyone = {.waits = true, .anyone = true},
				 owner_gone = {.waits = true, .gone = true};

static void two_wait_for_each_other(void)
{
	struct lh_wait_node n[] = {waits_for(&number[1], 1), waits_for(&number[0], 1),
				   waits_for(&number[0], 1), runs};

	CHECK_EQ(lh_wait_graph_solve(n, 4), 1);
	CHECK(n[0].deadlocked && n[1].deadlocked && n[2].deadlocked && !n[3].deadlocked);
	CHECK(n[0].cycle == 1 && n[1].cycle == 1 && !n[2].cycle);
	CHECK(n[0].next == 1 && n[1].next == 0);
}

static void a_running_thread_frees_the_waiters(void)
{
	struct lh_wait_node n[] = {waits_for(&number[1], 1), waits_for(&number[2], 1), runs};

	CHECK_EQ(lh_wait_graph_solve(n, 3), 0);
	CHECK(!n[0].deadlocked && !n[1].deadlocked);
}

static void self_deadlock(void)
{
	struct lh_wait_node n[] = {waits_for(&number[0], 1), runs};

	CHECK_EQ(lh_wait_graph_solve(n, 2), 1);
	CHECK(n[0].cycle == 1 && n[0].next == 0);
}

static void owner_is_gone(void)
{
	struct lh_wait_node n[] = {owner_gone, waits_for(&number[0], 1), runs};

	CHECK_EQ(lh_wait_graph_solve(n, 3), 0);
	CHECK(n[0].deadlocked && n[1].deadlocked);
}

/* Any thread may signal, so the wait is deadlocked only if all other threads are. */
static void no_signaller_left(void)
{
	struct lh_wait_node n[] = {waits_for(&number[1], 1), waits_for(&number[0], 1), anyone,
				   runs};

	lh_wait_graph_solve(n, 4);
	CHECK(!n[2].deadlocked);
	lh_wait_graph_solve(n, 3);
	CHECK(n[2].deadlocked);
}

/* A timed wait does not block: its thread continues afterwards. */
static void timed_wait(void)
{
	struct lh_wait_node n[] = {waits_for(&number[1], 1), waits_for(&number[0], 1)};

	n[1].waits = false;
	CHECK_EQ(lh_wait_graph_solve(n, 2), 0);
	CHECK(!n[0].deadlocked);
}

static void one_of_several(void)
{
	struct lh_wait_node n[] = {waits_for(&number[1], 2), waits_for(&number[0], 1), runs};

	n[0].one_of = true; /* a permit of 1 or 2 is enough */
	CHECK_EQ(lh_wait_graph_solve(n, 3), 0);
	CHECK(!n[0].deadlocked && !n[1].deadlocked);
	n[0].one_of = false; /* both must release */
	CHECK_EQ(lh_wait_graph_solve(n, 3), 1);
	CHECK(n[0].deadlocked && n[1].deadlocked);
}

/* ---- findings ---- */

static bool next_finding(struct lh_wait_findings *f, struct lh_wait_node *n, uint32_t k,
			 struct lh_wait_finding *out)
{
	*f = (struct lh_wait_findings){.node = n,
				       .n = k,
				       .cycles = lh_wait_graph_solve(n, k),
				       .threads_max = k,
				       .arena = lh_arena_new()};
	return lh_wait_findings_next(f, out);
}

static void cycle_from_its_lowest_rank(void)
{
	struct lh_wait_node n[] = {waits_for(&number[1], 1), waits_for(&number[0], 1)};
	struct lh_wait_findings f;
	struct lh_wait_finding found;

	n[0].rank = 2;
	CHECK(next_finding(&f, n, 2, &found) && found.threads == 2 && found.steps == 4);
	CHECK(found.thread[0] == 1 && found.step[0].holds && found.step[0].waiter == 0);
	lh_arena_free(f.arena);
	n[0].reported = true;
	CHECK(!next_finding(&f, n, 2, &found) && n[1].reported);
	lh_arena_free(f.arena);
}

/* A wait with a time limit is in no finding, and hides none. */
static void one_finding_for_each_ended_owner(void)
{
	struct lh_wait_node n[] = {owner_gone, waits_for(&number[0], 1), waits_for(&number[0], 1),
				   waits_for(&number[0], 1)};
	struct lh_wait_findings f;
	struct lh_wait_finding found;

	n[1].lock = n[2].lock = n[3].lock = 7;
	n[1].waits = false;
	CHECK(next_finding(&f, n, 4, &found) && found.rule == LH_RULE_EXIT_HOLDING &&
	      found.thread[0] == 2);
	n[2].reported = true;
	CHECK(!lh_wait_findings_next(&f, &found) && n[3].reported);
	lh_arena_free(f.arena);
}

/* ---- comparison with the definition: the largest set that no outside thread can free ---- */

static bool freed_from_outside(const struct lh_wait_node *n, uint32_t k, uint32_t i, uint32_t set)
{
	uint32_t inside = 0, outside = ~set & ((1u << k) - 1);

	if (n[i].gone)
		return false;
	for (uint32_t j = 0; j < n[i].n_blockers; j++)
		inside += set >> n[i].blockers[j] & 1;
	if (n[i].anyone)
		return outside && !(inside && !n[i].one_of);
	return n[i].one_of || !n[i].n_blockers ? inside < n[i].n_blockers || !n[i].n_blockers
					       : !inside;
}

static bool is_closed(const struct lh_wait_node *n, uint32_t k, uint32_t set)
{
	for (uint32_t i = 0; i < k; i++)
		if (set >> i & 1 && (!n[i].waits || freed_from_outside(n, k, i, set)))
			return false;
	return true;
}

/* The union of closed sets is closed, so there is one that contains all others. */
static uint32_t largest_closed_set(const struct lh_wait_node *n, uint32_t k)
{
	uint32_t all = 0;

	for (uint32_t set = 0; set < 1u << k; set++)
		if (is_closed(n, k, set))
			all |= set;
	return all;
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 16;
}

static void fill(struct lh_wait_node *n, uint32_t k, uint32_t list[MAX][MAX], uint32_t *state)
{
	memset(n, 0, k * sizeof(*n));
	for (uint32_t i = 0; i < k; i++) {
		uint32_t what = next_random(state) % 10;

		n[i].waits = what > 1;
		n[i].gone = what == 2;
		n[i].anyone = what == 3;
		n[i].one_of = what == 4 || what == 5;
		n[i].blockers = list[i];
		for (uint32_t j = 0; j < k && !n[i].anyone; j++)
			if (next_random(state) % k < 2)
				list[i][n[i].n_blockers++] = j;
	}
}

static void check_cycle(const struct lh_wait_node *n, uint32_t k, uint32_t i)
{
	uint32_t at = i, steps = 0;
	bool edge;

	do {
		edge = false;
		for (uint32_t j = 0; j < n[at].n_blockers; j++)
			edge |= n[at].blockers[j] == n[at].next;
		CHECK(edge && n[at].deadlocked && n[at].cycle == n[i].cycle);
		at = n[at].next;
	} while (at != i && ++steps < k);
	CHECK_EQ(at, i);
}

static void compare_with_definition(void)
{
	uint32_t list[MAX][MAX], state = 1, wrong = 0, deadlocked = 0, cycles = 0;
	struct lh_wait_node n[MAX];

	for (int round = 0; round < ROUNDS; round++) {
		uint32_t k = 2 + next_random(&state) % (MAX - 1), set, found = 0;

		fill(n, k, list, &state);
		set = largest_closed_set(n, k);
		cycles += lh_wait_graph_solve(n, k);
		for (uint32_t i = 0; i < k; i++) {
			found |= (uint32_t)n[i].deadlocked << i;
			if (n[i].cycle)
				check_cycle(n, k, i);
		}
		wrong += found != set;
		deadlocked += set != 0;
	}
	CHECK_EQ(wrong, 0);
	/* both answers, and cycles, occurred often enough for the test to be useful */
	CHECK(deadlocked > ROUNDS / 10 && deadlocked < ROUNDS - ROUNDS / 100 &&
	      cycles > ROUNDS / 20);
}

int main(void)
{
	two_wait_for_each_other();
	a_running_thread_frees_the_waiters();
	self_deadlock();
	owner_is_gone();
	no_signaller_left();
	timed_wait();
	one_of_several();
	cycle_from_its_lowest_rank();
	one_finding_for_each_ended_owner();
	compare_with_definition();
	return unit_done();
}
