/*
 * test_steer_random.c — compares the verdicts of steered runs with the truth, on random programs.
 * LH_ROUNDS and LH_SEED in the environment change how many programs it tries, and which.
 *
 * LINKS: libcheck/steer/steer.c libcheck/steer/evidence.c tools/confirm/verdict.c
 * tests/unit/libcheck/steer/sim_*.c
 */
#include "tests/unit/libcheck/steer/sim.h"
#include "tests/unit/unit.h"

#ifdef __SANITIZE_ADDRESS__ /* six times as slow */
enum { USUAL_PROGRAMS = 5000 };
#else
enum { USUAL_PROGRAMS = 40000 };
#endif

/* By verdict; [1]: cycles that some schedule closes. */
struct tally {
	uint32_t programs, skipped;
	uint32_t verdict[LH_VERDICTS][2];
	uint32_t first_attempt, seen;
	/* cycles of programs that cannot deadlock in another way */
	uint32_t alone, alone_confirmed, alone_first;
	/* cycles that no schedule closes, of programs in which no thread tries or waits with a
	 * limit, and whose attempts ended without another deadlock */
	uint32_t plain, plain_contradicted;
};

static bool has_tries(const struct program *p)
{
	for (unsigned f = 0; f < p->functions; f++)
		for (unsigned i = 0; i < p->function[f].n; i++)
			if (p->function[f].op[i].kind == OP_TRY ||
			    p->function[f].op[i].kind == OP_TIMED)
				return true;
	return false;
}

static void count(struct tally *t, const struct program *p, const struct lh_outcome *o,
		  const struct truth *truth)
{
	bool real = truth->real, contradicted = o->verdict == LH_VERDICT_CONTRADICTED;

	t->verdict[o->verdict][real]++;
	t->first_attempt += o->hits && o->runs == 1;
	if (real && !truth->stuck_elsewhere) {
		t->alone++;
		t->alone_confirmed += o->hits > 0;
		t->alone_first += o->hits && o->runs == 1;
	}
	t->seen += contradicted && o->seen;
	if (real || has_tries(p) || o->incomplete || o->verdict == LH_VERDICT_NOT_REACHED)
		return;
	t->plain++;
	t->plain_contradicted += contradicted;
}

static bool is_wrong(const struct lh_outcome *o, bool real)
{
	return (o->verdict == LH_VERDICT_CONFIRMED && !real) ||
	       (o->verdict == LH_VERDICT_CONTRADICTED && real);
}

static void try_program(uint64_t number, struct tally *t)
{
	static struct cycle cycle[CYCLES];
	struct program p;
	bool visited[THREADS][OPS] = {{0}};
	struct truth truth[CYCLES];
	struct run r = {.program = &p, .seed = number};
	uint32_t n;

	program_random(&p, number);
	run_program(&r, visited, NULL);
	n = predict(&p, visited, cycle);
	t->programs++;
	if (n && !explore(&p, cycle, n, truth)) {
		t->skipped++;
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		struct lh_outcome o;
		r.cycle = &cycle[i];
		o = confirm_cycle(&r);
		count(t, &p, &o, &truth[i]);
		if (!is_wrong(&o, truth[i].real))
			continue;
		printf("\tprogram %lu, cycle %u: verdict %d, real %d\n", number, i, o.verdict,
		       truth[i].real);
		program_print(&p);
		cycle_print(&p, &cycle[i]);
	}
}

static void show(const struct tally *t)
{
	uint32_t real = 0, all = 0;

	for (int v = 0; v < LH_VERDICTS; v++) {
		real += t->verdict[v][1];
		all += t->verdict[v][0] + t->verdict[v][1];
	}
	printf("\t%u programs, %u cycles, of which %u can close: %u confirmed (%u in the first "
	       "attempt), %u open, %u not reached, %u contradicted; if the program cannot "
	       "deadlock otherwise, %u of %u confirmed (%u in the first attempt)\n",
	       t->programs, all, real, t->verdict[LH_VERDICT_CONFIRMED][1], t->first_attempt,
	       t->verdict[LH_VERDICT_OPEN][1], t->verdict[LH_VERDICT_NOT_REACHED][1],
	       t->verdict[LH_VERDICT_CONTRADICTED][1], t->alone_confirmed, t->alone,
	       t->alone_first);
	printf("\t%u cannot: %u contradicted (%u by order in time), %u open, %u not reached, %u "
	       "confirmed; without tries, limits and other deadlocks %u of %u contradicted\n",
	       all - real, t->verdict[LH_VERDICT_CONTRADICTED][0], t->seen,
	       t->verdict[LH_VERDICT_OPEN][0], t->verdict[LH_VERDICT_NOT_REACHED][0],
	       t->verdict[LH_VERDICT_CONFIRMED][0], t->plain_contradicted, t->plain);
}

static uint64_t from_environment(const char *name, uint64_t usual)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : usual;
}

int main(void)
{
	uint64_t first = from_environment("LH_SEED", 1),
		 n = from_environment("LH_ROUNDS", USUAL_PROGRAMS);
	struct tally t = {0};

	for (uint64_t i = 0; i < n; i++)
		try_program(first + i, &t);
	show(&t);
	CHECK_EQ(t.verdict[LH_VERDICT_CONFIRMED][0], 0);
	CHECK_EQ(t.verdict[LH_VERDICT_CONTRADICTED][1], 0);
	/* A simulator that meets few of the cases would pass, too. */
	CHECK(n < USUAL_PROGRAMS || (t.skipped * 100 < t.programs &&
				     t.verdict[LH_VERDICT_CONFIRMED][1] * 4 > t.programs &&
				     t.verdict[LH_VERDICT_CONTRADICTED][0] * 30 > t.programs &&
				     t.seen * 200 > t.programs));
	return unit_done();
}
