/*
 * test_steer_random.c — compares the verdicts of steered runs with the truth, on random programs.
 * LH_ROUNDS and LH_SEED in the environment change how many programs it tries, and which.
 *
 * LINKS: libcheck/steer/steer.c libcheck/steer/evidence.c tools/confirm/verdict.c
 * tests/unit/libcheck/steer/sim_*.c
 */
#include "tests/unit/libcheck/steer/sim.h"
#include "tests/unit/unit.h"

enum { ATTEMPTS = 10, MS_PER_STEP = 3 };

struct tally {
	uint32_t programs, skipped, cycles, real;
	uint32_t confirmed, first_run, wrong_confirmed, contradicted, wrong_contradicted;
	uint32_t seen, open_real, open_false, unreached_real, unreached_false;
	uint32_t open[LH_OPENS][2];
};

static const struct run base = {.broken = BROKEN_NOTHING};

static void row_of(const struct lh_steer *s, struct lh_steered *row)
{
	struct lh_steer_reason why = {0};

	memset(row, 0, sizeof(*row));
	row->parts = (uint32_t)s->n + s->writers;
	row->closed = s->closed;
	row->result = lh_steer_result(s, &why);
	row->before = why.before;
	row->after = why.after;
	row->object = why.object;
	row->seen = (uint16_t)(why.seen_ns * MS_PER_STEP);
	for (uint32_t i = 0; i < row->parts; i++) {
		memcpy(row->part[i].visits, s->part[i].visits, sizeof(row->part[i].visits));
		memcpy(row->part[i].ended, s->part[i].ended, sizeof(row->part[i].ended));
		row->part[i].unpaused = s->part[i].unpaused;
		row->part[i].untested = s->part[i].untested;
		row->part[i].mismatched = s->part[i].mismatched;
	}
}

static void attempt(const struct run *like, uint32_t number, struct lh_attempt *a)
{
	static const enum lh_steer_mode modes[] = {LH_STEER_EVERY_STOP, LH_STEER_EVERY_STOP,
						   LH_STEER_EVERY_STOP, LH_STEER_OUTER,
						   LH_STEER_INNER,      LH_STEER_LAST};
	static struct lh_steer steer;
	struct run r = *like;
	struct lh_plan_cycle plan;

	plan_of(r.cycle, modes[number % 6], &plan);
	lh_steer_init(&steer, &plan);
	r.steer = &steer;
	r.seed = like->seed * 131 + number;
	r.limit = 50u << number % 3;
	*a = (struct lh_attempt){.first = true};
	a->happened = run_program(&r, NULL, &a->complete);
	row_of(&steer, &a->row);
	if (r.trace)
		printf("attempt %u: happened %d, result %u\n", number, a->happened, a->row.result);
}

static struct lh_outcome try_cycle(const struct run *r)
{
	struct lh_attempt a[ATTEMPTS];
	struct lh_plan_cycle plan;
	struct lh_outcome o = {0};
	uint32_t n = 0;

	plan_of(r->cycle, LH_STEER_EVERY_STOP, &plan);
	while (n < ATTEMPTS && o.verdict != LH_VERDICT_CONFIRMED &&
	       o.verdict != LH_VERDICT_CONTRADICTED) {
		attempt(r, n, &a[n]);
		n++;
		if (r->broken == BROKEN_ONCE)
			for (; n < 3; n++) {
				a[n] = a[0];
				a[n].row.seen <<= n;
			}
		o = lh_verdict_of(&plan, false, a, n);
	}
	return o;
}

static void count(struct tally *t, const struct lh_outcome *o, bool real)
{
	t->cycles++;
	t->real += real;
	switch (o->verdict) {
	case LH_VERDICT_CONFIRMED:
		t->confirmed++;
		t->first_run += o->runs == 1;
		t->wrong_confirmed += !real;
		break;
	case LH_VERDICT_CONTRADICTED:
		t->contradicted++;
		t->seen += o->seen;
		t->wrong_contradicted += real;
		break;
	case LH_VERDICT_NOT_REACHED:
		*(real ? &t->unreached_real : &t->unreached_false) += 1;
		break;
	default:
		t->open[o->open][real]++;
		*(real ? &t->open_real : &t->open_false) += 1;
		break;
	}
}

static bool is_wrong(const struct lh_outcome *o, bool real)
{
	return (o->verdict == LH_VERDICT_CONFIRMED && !real) ||
	       (o->verdict == LH_VERDICT_CONTRADICTED && real);
}

static void try_program(uint64_t number, enum broken broken, struct tally *t)
{
	static struct cycle cycle[CYCLES];
	struct program p;
	bool visited[THREADS][OPS] = {{0}}, real[CYCLES];
	struct run r = base;
	uint32_t n;

	program_random(&p, number);
	r.program = &p;
	r.seed = number;
	r.broken = broken;
	run_program(&r, visited, NULL);
	n = predict(&p, visited, cycle);
	t->programs++;
	if (n && !explore(&p, cycle, n, real)) {
		t->skipped++;
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		struct lh_outcome o;
		r.cycle = &cycle[i];
		o = try_cycle(&r);
		count(t, &o, real[i]);
		if (!is_wrong(&o, real[i]) || broken)
			continue;
		printf("\tprogram %lu, cycle %u: verdict %d, real %d\n", number, i, o.verdict,
		       real[i]);
		program_print(&p);
		cycle_print(&p, &cycle[i]);
	}
}

static void show(const struct tally *t, const char *what)
{
	printf("\t%s%u programs (%u too large), %u cycles, %u real: %u confirmed (%u in the first "
	       "attempt, %u wrong), %u contradicted (%u by order in time only, %u wrong), open: %u "
	       "real, %u false; not reached: %u real, %u false\n",
	       what, t->programs, t->skipped, t->cycles, t->real, t->confirmed, t->first_run,
	       t->wrong_confirmed, t->contradicted, t->seen, t->wrong_contradicted, t->open_real,
	       t->open_false, t->unreached_real, t->unreached_false);
	for (int i = 0; i < LH_OPENS; i++)
		printf("\t\topen %d: %u real %u false\n", i, t->open[i][1], t->open[i][0]);
}

static uint64_t from_environment(const char *name, uint64_t usual)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : usual;
}

int main(int argc, char **argv)
{
	uint64_t first = from_environment("LH_SEED", 1), n = from_environment("LH_ROUNDS", 10000);
	struct tally t = {0};
	int broken = argc > 1 ? atoi(argv[1]) : 0;

	for (uint64_t i = 0; i < n; i++)
		try_program(first + i, (enum broken)broken, &t);
	show(&t, "");
	CHECK_EQ(t.wrong_confirmed, 0);
	CHECK_EQ(t.wrong_contradicted, 0);
	return unit_done();
}
