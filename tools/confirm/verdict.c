/* verdict.c — counts what the attempts of a cycle showed, and decides: verdict.h. */
#include "tools/confirm/verdict.h"

#include <string.h>

/* ---- one run of several processes ---- */

/* No thread came to a stop. */
static bool is_idle(const struct lh_steered *row)
{
	for (uint32_t i = 0; i < row->parts; i++)
		for (uint32_t k = 0; k < LH_PLAN_STOPS; k++)
			if (row->part[i].visits[k])
				return false;
	return !row->closed;
}

static void add_part(struct lh_steered_part *sum, const struct lh_steered_part *part)
{
	for (uint32_t i = 0; i < LH_PLAN_STOPS; i++)
		sum->visits[i] += part->visits[i];
	for (uint32_t i = 0; i < LH_STEER_ENDS; i++) {
		sum->ended[0][i] += part->ended[0][i];
		sum->ended[1][i] += part->ended[1][i];
	}
	sum->unpaused += part->unpaused;
	sum->untested += part->untested;
	sum->mismatched += part->mismatched;
	sum->turn = sum->first ? sum->turn : part->turn;
	sum->first = sum->first ? sum->first : part->first;
}

/* The reason is that of the weaker result, because the sum is no stronger. */
void lh_steered_merge(struct lh_steered *sum, const struct lh_steered *row)
{
	struct lh_steered old = *sum;

	if (!row->parts)
		return;
	if (!old.parts || is_idle(&old)) {
		uint64_t paused_ns = old.paused_ns;
		uint32_t refused = old.refused;
		*sum = *row;
		sum->paused_ns += paused_ns;
		sum->refused += refused;
		return;
	}
	if (!is_idle(row) && row->result < old.result)
		*sum = *row;
	sum->closed = old.closed + row->closed;
	sum->refused = old.refused + row->refused;
	sum->early = old.early + row->early;
	sum->paused_ns = old.paused_ns + row->paused_ns;
	memcpy(sum->part, old.part, sizeof(old.part));
	for (uint32_t i = 0; i < LH_PLAN_PARTS; i++)
		add_part(&sum->part[i], &row->part[i]);
}

/* ---- counting ---- */

struct visits {
	uint64_t of[LH_PLAN_PARTS][LH_PLAN_STOPS];
};

struct tally {
	struct visits visits;
	uint32_t rows, refuting, seen, other;
	/* the first attempt of each kind, from 1 */
	uint32_t hit, early, first_refused, first_closed, first_mismatched, refutes, apart,
		incomplete;
	uint32_t shortest_seen, longest_seen;
};

static void add_visits(struct visits *sum, const struct lh_steered *row)
{
	for (uint32_t p = 0; p < LH_PLAN_PARTS; p++)
		for (uint32_t k = 0; k < LH_PLAN_STOPS; k++)
			sum->of[p][k] += row->part[p].visits[k];
}

static bool is_same_stop(const struct lh_plan_stop *a, const struct lh_plan_stop *b)
{
	return a->frames && a->frame == b->frame && a->frames == b->frames && a->kind == b->kind &&
	       a->mode == b->mode;
}

/* A thread at a stop of several parts is counted in one of them. */
static bool is_reached(const struct lh_plan_cycle *cycle, const struct visits *visits, uint8_t part,
		       uint8_t stop)
{
	const struct lh_plan_stop *this = &cycle->part[part].stop[stop];

	if (visits->of[part][stop])
		return true;
	/* perhaps it is held from a try, which is no visit; a thread at a later stop holds it */
	for (uint8_t k = stop + 1;
	     stop == cycle->part[part].holds_at && k < cycle->part[part].stops; k++)
		if (visits->of[part][k])
			return true;
	for (uint8_t p = 0; p < cycle->parts + cycle->writers; p++)
		for (uint8_t k = 0; k < cycle->part[p].stops; k++)
			if (visits->of[p][k] && is_same_stop(this, &cycle->part[p].stop[k]))
				return true;
	return false;
}

static bool met_all(const struct lh_plan_cycle *cycle, const struct lh_steered *row)
{
	struct visits visits = {0};

	add_visits(&visits, row);
	for (uint8_t i = 0; i < cycle->parts; i++)
		if (!is_reached(cycle, &visits, i, cycle->part[i].stops - 1))
			return false;
	return true;
}

static uint32_t sum_mismatched(const struct lh_steered *row)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < row->parts && i < LH_PLAN_PARTS; i++)
		n += row->part[i].mismatched;
	return n;
}

static void remember(uint32_t *first, uint32_t attempt)
{
	if (!*first)
		*first = attempt;
}

static void count_refuting(struct tally *t, const struct lh_attempt *a, uint32_t number,
			   const struct lh_attempt *all)
{
	t->refuting++;
	t->seen += a->row.result == LH_STEER_SEEN;
	if (a->row.seen && (!t->shortest_seen || a->row.seen < t->shortest_seen))
		t->shortest_seen = a->row.seen;
	if (a->row.seen > t->longest_seen)
		t->longest_seen = a->row.seen;
	/* the reason that says most: one with the object of the wait */
	if (!t->refutes || (a->row.object && !all[t->refutes - 1].row.object))
		t->refutes = number;
}

static void count_row(struct tally *t, const struct lh_plan_cycle *cycle,
		      const struct lh_attempt *all, uint32_t i)
{
	const struct lh_attempt *a = &all[i];
	const struct lh_steered *row = &a->row;

	if (!row->parts)
		return;
	t->rows++;
	add_visits(&t->visits, row);
	if (row->refused)
		remember(&t->first_refused, i + 1);
	if (row->closed)
		remember(&t->first_closed, i + 1);
	if (sum_mismatched(row))
		remember(&t->first_mismatched, i + 1);
	if (a->late && row->early)
		remember(&t->early, i + 1);
	if (a->some_locks || a->late)
		return;
	if (a->first && !a->complete && row->result != LH_STEER_UNKNOWN) {
		remember(&t->incomplete, i + 1);
	} else if (a->first && row->result != LH_STEER_UNKNOWN) {
		count_refuting(t, a, i + 1, all);
	} else if (a->first && met_all(cycle, row)) {
		t->other++;
		remember(&t->apart, i + 1);
	}
}

/* ---- deciding ---- */

static bool find_unreached(const struct lh_plan_cycle *cycle, const struct tally *t,
			   struct lh_outcome *o)
{
	for (uint8_t p = 0; p < cycle->parts + cycle->writers; p++)
		for (uint8_t k = 0; k < cycle->part[p].stops; k++)
			if (!is_reached(cycle, &t->visits, p, k)) {
				o->part = p;
				o->stop = k;
				return true;
			}
	return false;
}

static bool is_contradicted(const struct tally *t, bool shared)
{
	return !shared && !t->first_closed && !t->early && !t->other &&
	       t->refuting >= LH_REFUTING_ATTEMPTS &&
	       (!t->seen || (t->longest_seen >= LH_SEEN_LONGEST_MS &&
			     t->longest_seen >= LH_SEEN_FACTOR * t->shortest_seen));
}

static void say_open(const struct tally *t, bool shared, struct lh_outcome *o)
{
	uint32_t attempt = 0;

	if (!o->runs)
		o->open = LH_OPEN_NO_ATTEMPT;
	else if (!t->rows)
		o->open = LH_OPEN_NO_ROW;
	else if ((attempt = t->first_closed))
		o->open = LH_OPEN_CLOSED;
	else if (t->early && (attempt = t->refutes))
		o->open = LH_OPEN_EARLY;
	else if ((attempt = t->first_refused))
		o->open = LH_OPEN_REFUSED;
	else if (t->refuting && t->other && (attempt = t->apart))
		o->open = LH_OPEN_MIXED;
	else if ((attempt = t->refutes))
		o->open = shared ? LH_OPEN_SHARED : LH_OPEN_FEW;
	else if ((attempt = t->incomplete))
		o->open = LH_OPEN_INCOMPLETE;
	else if ((attempt = t->first_mismatched))
		o->open = LH_OPEN_INSTANCES;
	else {
		o->open = LH_OPEN_APART;
		attempt = t->apart;
	}
	if (attempt)
		o->attempt = attempt - 1;
}

/* The part whose thread waited longest in vain at its last stop, or at an early one. */
static void find_waiting(const struct lh_plan_cycle *cycle, const struct lh_steered *row,
			 struct lh_outcome *o)
{
	uint32_t most = 0;

	for (int last = 1; last >= 0 && !most; last--)
		for (uint8_t p = 0; p < cycle->parts; p++) {
			const uint32_t *ended = row->part[p].ended[last];
			uint32_t n = ended[LH_STEER_LIMIT] + ended[LH_STEER_QUIET] +
				     ended[LH_STEER_NEEDED];
			if (n <= most)
				continue;
			most = n;
			o->part = p;
			o->stop = last ? cycle->part[p].stops - 1 : 0;
		}
}

struct lh_outcome lh_verdict_of(const struct lh_plan_cycle *cycle, bool shared,
				const struct lh_attempt *attempt, uint32_t attempts)
{
	struct lh_outcome o = {.runs = attempts, .attempt = attempts};
	struct tally t = {0};

	for (uint32_t i = 0; i < attempts; i++) {
		o.lates += attempt[i].late;
		o.hits += attempt[i].happened;
		o.incomplete += !attempt[i].complete && !attempt[i].happened;
		if (attempt[i].happened)
			remember(&t.hit, i + 1);
		count_row(&t, cycle, attempt, i);
	}
	o.refuting = t.refuting;
	if (o.hits) {
		o.verdict = LH_VERDICT_CONFIRMED;
		o.attempt = t.hit - 1;
	} else if (t.rows && find_unreached(cycle, &t, &o)) {
		o.verdict = LH_VERDICT_NOT_REACHED;
	} else if (is_contradicted(&t, shared)) {
		o.verdict = LH_VERDICT_CONTRADICTED;
		o.attempt = t.refutes - 1;
		o.seen = t.seen > 0;
	} else {
		o.verdict = LH_VERDICT_OPEN;
		say_open(&t, shared, &o);
		if (o.attempt < attempts)
			find_waiting(cycle, &attempt[o.attempt].row, &o);
	}
	return o;
}
