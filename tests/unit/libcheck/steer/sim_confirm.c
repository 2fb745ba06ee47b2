/* sim_confirm.c — the attempts of a cycle, and their verdict: what the front end does. */
#include "tests/unit/libcheck/steer/sim.h"

enum { ATTEMPTS = 10 };

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
	row->seen = (uint16_t)why.seen_ns; /* as if a step took a millisecond */
	;
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
	r.limit = 200u << number % 3;
	*a = (struct lh_attempt){.first = true};
	a->happened = run_program(&r, NULL, &a->complete);
	row_of(&steer, &a->row);
	if (r.trace)
		printf("attempt %u: happened %d, result %u\n", number, a->happened, a->row.result);
}

/* As if one attempt were enough: the others are said to show the same. */
static uint32_t repeat_first(struct lh_attempt *a)
{
	for (uint32_t i = 1; i < LH_REFUTING_ATTEMPTS; i++) {
		a[i] = a[0];
		a[i].row.seen <<= i;
	}
	return LH_REFUTING_ATTEMPTS;
}

struct lh_outcome confirm_cycle(const struct run *r)
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
		if (r->broken == BROKEN_ONCE && n == 1)
			n = repeat_first(a);
		o = lh_verdict_of(&plan, false, a, n);
	}
	return o;
}
