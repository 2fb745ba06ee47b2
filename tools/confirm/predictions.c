/* predictions.c — collects the findings to try, and their verdicts from all of their cycles. */
#include "tools/confirm/predictions.h"

#include <string.h>

#include "tools/confirm/plan.h"
#include "tools/util/arena.h"
#include "tools/util/log.h"

enum {
	REPEATS = 3,   /* times that a confirmed deadlock happens before that is enough */
	UNREACHED = 5, /* attempts after which a place counts as not reached */
	ID_DIGITS = 16
};

/* ---- ids ---- */

static const char *next_id(const char *id)
{
	id += strcspn(id, "\n");
	return id + (*id == '\n');
}

static bool is_id(const char *fingerprint, const char *id)
{
	return !strncmp(fingerprint, id, ID_DIGITS);
}

static bool has_fingerprint(const struct lh_report_finding *f, const char *id)
{
	bool has = is_id(f->fingerprint, id) || is_id(f->former_v2, id);

	for (uint32_t i = 0; i < f->mergeds && !has; i++)
		has = is_id(f->merged[i]->former, id);
	return has;
}

bool lh_predictions_are_named(const char *ids, const struct lh_report_finding *f)
{
	for (const char *id = ids; *id; id = next_id(id))
		if (has_fingerprint(f, id))
			return true;
	return false;
}

bool lh_predictions_check_ids(const char *ids)
{
	for (const char *id = ids; *id; id = next_id(id)) {
		int n = (int)strcspn(id, "\n");
		if (n == ID_DIGITS && strspn(id, "0123456789abcdef") >= ID_DIGITS)
			continue;
		lh_log("--id: bad value '%.*s'; accepted: a fingerprint, the 16 digits behind 'id' "
		       "in a report",
		       n, id);
		return false;
	}
	return true;
}

static bool is_known(const struct lh_report *report, const char *id)
{
	for (uint32_t i = 0; i < report->findings; i++)
		if (has_fingerprint(report->finding[i], id))
			return true;
	lh_log("--id=%.*s: no finding of this run has this fingerprint", ID_DIGITS, id);
	return false;
}

/* ---- findings ---- */

static bool is_prediction(const struct lh_report_finding *f, const char *ids,
			  enum lh_severity least)
{
	return f->status == LH_NEW && f->level == LH_POTENTIAL &&
	       lh_rule_is(f->rule, LH_IS_CYCLE) &&
	       (*ids ? lh_predictions_are_named(ids, f) : f->severity >= least);
}

static bool is_in_plan(const struct lh_plan *plan)
{
	for (uint32_t i = 0; i + 1 < plan->cycles; i++)
		if (lh_plan_same(plan, i, plan->cycles - 1))
			return true;
	return false;
}

/* `plan` collects the finding's cycles: each is tried once. */
static void add_cycle(struct lh_prediction *p, struct lh_plan *plan, struct lh_report *report,
		      const struct lh_report_finding *of)
{
	const char *why = NULL;

	p->is_partial |= p->cycles == LH_PREDICTED_CYCLES;
	if (p->is_partial)
		return;
	why = lh_plan_add(plan, report, of);
	if (why) {
		p->is_partial |= p->cycles > 0;
		p->why = why;
	} else if (is_in_plan(plan)) {
		plan->cycles--;
	} else {
		struct lh_predicted_cycle *c = &p->cycle[p->cycles++];
		c->of = of;
		c->plan = plan->cycle[plan->cycles - 1];
		c->hash = lh_plan_hash(plan, plan->cycles - 1);
	}
}

/*
 * All rows with the finding's fingerprint, of all processes. The report keeps of equal call paths
 * one, but a compiler may have made several copies of a lock call in one line.
 */
static void add_cycles(struct lh_prediction *p, struct lh_plan *plan, struct lh_report *report,
		       const struct lh_ledger_view *ledger)
{
	const struct lh_report_finding *f = p->finding;

	for (uint32_t row = 1; row < lh_read_used(ledger, LH_T_FINDING); row++) {
		const struct lh_report_finding *x = lh_report_read_row(report, ledger, row);

		if (x && x->rule == f->rule && x->filter == LH_F_NONE &&
		    !strcmp(x->fingerprint, f->fingerprint))
			add_cycle(p, plan, report, x);
	}
}

static void add(struct lh_predictions *all, struct lh_report *report, struct lh_report_finding *f)
{
	struct lh_plan *plan = lh_arena_alloc(all->arena, sizeof(*plan));
	struct lh_prediction p = {.finding = f};

	add_cycle(&p, plan, report, f);
	for (uint32_t i = 0; i < report->processes && !p.why; i++)
		add_cycles(&p, plan, report, report->process[i]->ledger);
	if (p.cycles)
		p.why = NULL;
	p.decided = !p.cycles;
	LH_PUSH(all->arena, all->list, all->n, p);
}

bool lh_predictions_find(struct lh_predictions *all, struct lh_report *report, const char *ids,
			 enum lh_severity least)
{
	for (const char *id = ids; *id; id = next_id(id))
		if (!is_known(report, id))
			return false;
	for (uint32_t i = 0; i < report->findings; i++)
		if (is_prediction(report->finding[i], ids, least))
			add(all, report, report->finding[i]);
	for (uint32_t i = 0; i < all->n; i++)
		all->list[i].proof = &all->list[i].cycle[0]; /* the list has moved */
	return true;
}

/* ---- what attempts showed ---- */

bool lh_prediction_is_news(const struct lh_predicted_cycle *c, const struct lh_steered *row)
{
	for (uint32_t i = 0; i < row->parts; i++)
		for (uint32_t k = 0; k < LH_PLAN_STOPS; k++) {
			bool known = !row->part[i].visits[k];
			for (uint32_t a = 0; a < c->attempts && !known; a++)
				known = c->attempt[a].row.part[i].visits[k] != 0;
			if (!known)
				return true;
		}
	return row->closed != 0;
}

void lh_prediction_add(struct lh_predictions *all, struct lh_prediction *p,
		       struct lh_predicted_cycle *c, const struct lh_attempt *a,
		       struct lh_row_source source)
{
	LH_PUSH(all->arena, c->attempt, c->attempts, *a);
	LH_PUSH(all->arena, c->source, c->sources, source);
	c->firsts += a->first && !a->late;
	p->firsts += a->first && !a->late;
	p->hits += a->happened;
}

/* ---- the verdict ---- */

/* With a process-shared lock, the order of threads in one process shows nothing of another's. */
static bool is_shared(const struct lh_report_finding *f)
{
	for (uint32_t i = 0; i < f->locks; i++)
		if (f->lock[i]->row.flags & LH_LOCK_PSHARED)
			return true;
	return false;
}

/* Threads that run the same code may change parts: then who comes first shows nothing. */
static bool are_alike(const struct lh_plan_cycle *c, unsigned a, unsigned b)
{
	const struct lh_plan_stop *x = &c->part[a].stop[c->part[a].stops - 1],
				  *y = &c->part[b].stop[c->part[b].stops - 1];

	return x->frames && x->frame == y->frame && x->frames == y->frames;
}

/*
 * A verdict "contradicted" needs an attempt in which the thread that comes first starts late: the
 * other one must not come without it. If it does, more such attempts may make them meet. The first
 * thread of the program cannot start late.
 */
static struct lh_late_start late_start(const struct lh_predicted_cycle *c)
{
	enum { LATE_ATTEMPTS = 4 };
	const struct lh_outcome *o = &c->outcome;
	bool needed = o->verdict == LH_VERDICT_CONTRADICTED && !o->lates;
	bool helps = o->open == LH_OPEN_EARLY && o->lates < LATE_ATTEMPTS;
	struct lh_late_start late = {0, 0, 0};

	if (!needed && !helps)
		return late;
	const struct lh_steered *row = &c->attempt[o->attempt].row;
	bool other = row->part[row->after].turn < row->part[row->before].turn;
	late.before = other ? row->after : row->before;
	late.after = other ? row->before : row->after;
	late.thread = row->part[late.before].first;
	return late.thread > 1 && !are_alike(&c->plan, late.before, late.after)
		       ? late
		       : (struct lh_late_start){0, 0, 0};
}

static void decide_cycle(struct lh_prediction *p, struct lh_predicted_cycle *c, uint32_t runs)
{
	enum lh_verdict v;

	c->outcome = lh_verdict_of(&c->plan, is_shared(p->finding), c->attempt, c->attempts);
	c->late = late_start(c);
	if (c->late.thread && c->outcome.verdict == LH_VERDICT_CONTRADICTED) {
		c->outcome.verdict = LH_VERDICT_OPEN;
		c->outcome.open = LH_OPEN_FEW;
	}
	v = c->outcome.verdict;
	bool unreached = v == LH_VERDICT_NOT_REACHED || c->outcome.open == LH_OPEN_NO_ROW;
	c->decided = v == LH_VERDICT_CONFIRMED || v == LH_VERDICT_CONTRADICTED ||
		     (unreached && c->firsts >= UNREACHED) ||
		     (c->firsts >= runs && !c->late.thread);
}

/* How much a cycle's verdict says of its finding: that of the weightiest is the finding's. */
static int weight(const struct lh_predicted_cycle *c)
{
	static const int weights[LH_VERDICTS] = {
		[LH_VERDICT_CONTRADICTED] = 1,
		[LH_VERDICT_NOT_REACHED] = 2,
		[LH_VERDICT_OPEN] = 3,
		[LH_VERDICT_CONFIRMED] = 4,
	};

	return weights[c->outcome.verdict];
}

void lh_prediction_decide(struct lh_prediction *p, uint32_t runs)
{
	bool decided = true, is_last = p->firsts >= runs;

	p->proof = &p->cycle[0];
	for (uint32_t i = 0; i < p->cycles; i++) {
		struct lh_predicted_cycle *c = &p->cycle[i];
		decide_cycle(p, c, runs);
		decided &= c->decided;
		is_last &= !c->late.thread;
		if (weight(c) > weight(p->proof))
			p->proof = c;
	}
	p->verdict = p->proof->outcome.verdict;
	if (p->verdict == LH_VERDICT_CONTRADICTED && p->is_partial)
		p->verdict = LH_VERDICT_OPEN;
	p->decided = is_last || (p->verdict == LH_VERDICT_CONFIRMED ? p->hits >= REPEATS : decided);
}
