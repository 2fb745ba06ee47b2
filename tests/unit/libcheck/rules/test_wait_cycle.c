/*
 * test_wait_cycle.c — waits that threads announce and follow at the same time: no deadlock is
 * missed and none is invented, in any order of the single loads and stores (sim_wait.h,
 * sim_check.c). Each part of the argument in docs/theory.md is taken away once, and the test finds
 * what goes wrong.
 * LINKS: libcheck/rules/wait_cycle.c libcheck/rules/deadlock_end.c libcheck/events/known_wait.c
 * libcheck/events/cached_wait.c
 * tests/unit/libcheck/rules/sim_memory.c tests/unit/libcheck/rules/sim_check.c
 * tests/unit/libcheck/rules/sim_threads.c tests/unit/libcheck/rules/sim_explore.c
 */
#include "tests/unit/libcheck/rules/sim_wait.h"
#include "tests/unit/unit.h"

static const struct broken nothing;

static const char inverted[] = "A B b a | B A a b";
static const char ring[] = "A B b a | B C c b | C A a c";

/* ---- nothing is missed or invented ---- */

static void holds(const char *text, struct outcome out, bool whole)
{
	if (!CHECK(!out.violation) || !CHECK(out.complete || !whole))
		printf("\t%s: %s\n", text, out.violation ? out.violation : "not all orders");
}

/* All orders; and with stores that become visible in any order. */
static void two_threads(void)
{
	static const char *const programs[] = {
		inverted,
		"A B b a | A B b a",
		"A B b a | B b A a",
		"A rR r a | R A a r",
		"rR A a r | A R r a",
		"A j2 a | A a",
		"A P p a | P A a p",
		"A tB b a | B A a b",
		"A F f a | F A a f",
		"A G g a | G A a g",
		"A B cB b a | B sB A a b",
	};

	for (unsigned i = 0; i < sizeof(programs) / sizeof(*programs); i++)
		holds(programs[i], sim_all(programs[i], &nothing, false, ANY_SWITCHES), true);
}

/* A thread that goes on is not interrupted; but each store becomes visible at any time. */
static void three_threads(void)
{
	holds(ring, sim_all(ring, &nothing, false, 0), true);
}

static void random_orders(void)
{
	static const char *const programs[] = {
		ring,
		"A B b a | B A a b | A B b a",
		"A B b a | B C c b | C B b c | C A a c",
		"A R r a | rR B b r | B R r b",
		"A W w a | rW B b w | B rW w b",
		"A j2 a | B A a b | B b",
		"A j2 a | B j3 b | A a",
		"A j2 a | j3 x1 | A a",
		"A F f a | F j3 f | A a",
		"A G g a | G B b g | B A a b",
		"A B cB b a | B A a b | sB",
		"A P p a | P B b p | B A a b",
		"A tB b a | B C c b | C A a c",
	};
	enum { N = 300 };

	for (unsigned i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		holds(programs[i], sim_random(programs[i], &nothing, false, N), false);
		holds(programs[i], sim_random(programs[i], &nothing, true, N), false);
	}
}

/*
 * The first search of the second thread's join is misled by thread 2, and the second one by thread
 * 3: each releases B when the search has seen that it holds B, and then waits for a lock of the
 * joiner.
 */
static void misled_twice(void)
{
	static const struct stop stops[] = {{1, AT_OTHER, 0},   {3, AT_BLOCKED, 0}, {0, AT_LOAD, 1},
					    {1, AT_BLOCKED, 0}, {2, AT_OTHER, 0},   {0, AT_LOAD, 2},
					    {2, AT_BLOCKED, 0}, {0, AT_BLOCKED, 0}};
	struct outcome out = sim_stops("A C j4 c a | B i b A a | B i b C c | B b", stops,
				       sizeof(stops) / sizeof(*stops));

	CHECK(!out.violation);
	CHECK_EQ(out.reports, 0);
}

/* ---- each part of the argument is needed ---- */

static void needs(const char *what, const char *text, struct broken broken, const char *violation)
{
	enum { N = 20000 };
	struct outcome out = sim_random(text, &broken, false, N);

	if (CHECK(out.violation && strstr(out.violation, violation)))
		printf("%s: %s: found after %u runs\n", what, out.violation, (unsigned)out.states);
	else
		printf("\t%s: %s\n", what, out.violation ? out.violation : "nothing was found");
}

static void parts_of_the_argument(void)
{
	static const char joins[] = "A j2 a | A a", releases[] = "A j2 a | B b | B i b A a",
			  next[] = "A B b a | B b | B A a b";

	needs("without the fence", inverted, (struct broken){.no_fence = true}, "missed");
	needs("visible after the search", inverted, (struct broken){.late_announce = true},
	      "missed");
	needs("a join does not show", joins, (struct broken){.no_joined = true}, "missed");
	needs("holds are recorded late", inverted, (struct broken){.late_hold = true}, "missed");
	needs("without the second search", releases, (struct broken){.one_search = true},
	      "invented");
	needs("releases are recorded late", next, (struct broken){.late_release = true}, "missed");
	needs("reports are forgotten", inverted, (struct broken){.twice = true}, "twice");
}

static void all(void)
{
	two_threads();
	three_threads();
	random_orders();
	misled_twice();
	parts_of_the_argument();
}

int main(void)
{
	all();
	CHECK_EQ(sim_cached_waits, 0);
	sim_cached = true;
	all();
	CHECK(sim_cached_waits > 0);
	return unit_done();
}
