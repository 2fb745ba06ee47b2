/* steer.c — the state of the parts: who pauses at which stop, and whose pause ends next. What the
 * pauses show is kept by evidence.c. */
#include "libcheck/steer/steer_internal.h"

/* Do threads of both parts acquire their locks at the same places? */
static bool is_alike(const struct lh_plan_part *a, const struct lh_plan_part *b)
{
	for (unsigned i = 0; i < a->stops && a != b; i++)
		if (a->stops != b->stops || !a->stop[i].frames ||
		    a->stop[i].frame != b->stop[i].frame ||
		    a->stop[i].frames != b->stop[i].frames || a->stop[i].kind != b->stop[i].kind ||
		    a->stop[i].mode != b->stop[i].mode)
			return false;
	return a->holds_at == b->holds_at;
}

void lh_steer_init(struct lh_steer *s, const struct lh_plan_cycle *plan)
{
	__builtin_memset(s, 0, sizeof(*s));
	s->n = plan->parts;
	s->writers = plan->writers;
	s->mode = (enum lh_steer_mode)plan->mode;
	for (unsigned i = 0; i < (unsigned)plan->parts + plan->writers; i++)
		s->part[i].plan = &plan->part[i];
	for (unsigned i = 0; i < s->n; i++)
		while (!is_alike(&plan->part[i], &plan->part[s->part[i].code]))
			s->part[i].code++;
}

static unsigned parts(const struct lh_steer *s)
{
	return (unsigned)s->n + s->writers;
}

static bool at_last(const struct lh_steer_part *p)
{
	return p->state == LH_STEER_PAUSED && p->stop == p->plan->stops - 1;
}

/* The part that the thread is in; NULL: in none. */
static struct lh_steer_part *part_of(struct lh_steer *s, uint32_t thread)
{
	for (unsigned i = 0; i < parts(s); i++)
		if (s->part[i].thread == thread && s->part[i].state != LH_STEER_AWAY)
			return &s->part[i];
	return NULL;
}

bool lh_steer_is_paused(const struct lh_steer *s, uint32_t thread)
{
	for (unsigned i = 0; i < parts(s); i++)
		if (s->part[i].thread == thread && s->part[i].state == LH_STEER_PAUSED)
			return true;
	return false;
}

bool lh_steer_any_paused(const struct lh_steer *s)
{
	for (unsigned i = 0; i < parts(s); i++)
		if (s->part[i].state == LH_STEER_PAUSED)
			return true;
	return false;
}

/* ---- the end of a pause ---- */

static void leave(struct lh_steer_part *p, enum lh_steer_end end, uint64_t now_ns)
{
	bool last = at_last(p);

	p->ended[last][end]++;
	if (end == LH_STEER_MET)
		p->quiet_before = false;
	p->paused_ns += now_ns - p->since_ns;
	p->ended_ns = now_ns;
	p->state = last ? LH_STEER_AWAY : LH_STEER_GOING;
}

void lh_steer_end_pause(struct lh_steer *s, uint32_t thread, enum lh_steer_end end, uint32_t by,
			uint64_t now_ns)
{
	struct lh_steer_part *p = part_of(s, thread);

	if (!p || p->state != LH_STEER_PAUSED)
		return;
	lh_steer_evidence_end(s, p, end, by, now_ns);
	if (at_last(p))
		s->gathered = false;
	leave(p, end, now_ns);
}

/* At their last stops, the part before waits for this one's lock: it would block if it went on. */
static bool blocks_next(const struct lh_steer *s, unsigned i)
{
	return i < s->n && at_last(&s->part[(i + 1) % s->n]);
}

/* Should the pause of part i end before that of part k? One at an early stop before all others,
 * because the thread holds nothing of the cycle yet; then one that the others do not block; then
 * the longest. */
static bool ends_before(const struct lh_steer *s, unsigned i, unsigned k)
{
	const struct lh_steer_part *x = &s->part[i], *y = &s->part[k];

	if (at_last(x) != at_last(y))
		return at_last(y);
	if (at_last(x) && blocks_next(s, i) != blocks_next(s, k))
		return blocks_next(s, k);
	return x->since_ns < y->since_ns;
}

void lh_steer_quiet(struct lh_steer *s, uint64_t now_ns)
{
	int first = -1;

	for (unsigned i = 0; i < parts(s); i++)
		if (s->part[i].state == LH_STEER_PAUSED &&
		    (first < 0 || ends_before(s, i, (unsigned)first)))
			first = (int)i;
	if (first >= 0)
		lh_steer_end_pause(s, s->part[first].thread, LH_STEER_QUIET, 0, now_ns);
}

/* ---- all parts are there ---- */

static void release_all(struct lh_steer *s, unsigned from, unsigned to, uint64_t now_ns)
{
	for (unsigned i = from; i < to; i++)
		if (s->part[i].state == LH_STEER_PAUSED)
			leave(&s->part[i], LH_STEER_MET, now_ns);
}

/* Has every part a thread, which is paused or already on its way to the last stop? */
static bool all_gathered(const struct lh_steer *s)
{
	for (unsigned i = 0; i < parts(s); i++)
		if (s->part[i].state == LH_STEER_AWAY)
			return false;
	return true;
}

static bool all_at_last(const struct lh_steer *s)
{
	for (unsigned i = 0; i < parts(s); i++)
		if (!at_last(&s->part[i]))
			return false;
	return true;
}

static void gather(struct lh_steer *s, uint64_t now_ns)
{
	if (!all_gathered(s))
		return;
	s->gathered = true;
	for (unsigned i = 0; i < parts(s); i++)
		if (s->part[i].state == LH_STEER_PAUSED && !at_last(&s->part[i]))
			leave(&s->part[i], LH_STEER_MET, now_ns);
}

/* The writers must wait in their queues before the readers behind them do. */
static void close_cycle(struct lh_steer *s, uint64_t now_ns)
{
	if (!all_at_last(s))
		return;
	s->closed++;
	s->gathered = false;
	s->closing = s->writers > 0;
	release_all(s, s->closing ? s->n : 0, parts(s), now_ns);
}

void lh_steer_blocks(struct lh_steer *s, uint32_t thread, uint64_t object, lh_site site)
{
	bool writers_wait = s->closing;

	lh_steer_evidence_blocks(s, thread, object, site);
	if (!s->closing)
		return;
	for (unsigned i = s->n; i < parts(s); i++)
		if (s->part[i].thread == thread && s->part[i].wanted == object)
			s->part[i].wanted = 0; /* it waits in the queue now */
	for (unsigned i = s->n; i < parts(s); i++)
		writers_wait &= !s->part[i].wanted;
	if (!writers_wait)
		return;
	s->closing = false;
	release_all(s, 0, s->n, s->part[0].since_ns);
}

/* ---- arrivals ---- */

static bool pauses_at(const struct lh_steer *s, const struct lh_steer_part *p, uint8_t stop)
{
	unsigned last = p->plan->stops - 1u;

	if (stop == last)
		return true;
	if (s->gathered)
		return false;
	switch (s->mode) {
	case LH_STEER_EVERY_STOP:
	case LH_STEER_SAME_LOCKS:
		return true;
	case LH_STEER_OUTER:
		return stop == 0;
	case LH_STEER_INNER:
		return stop == p->plan->holds_at;
	case LH_STEER_LAST:
	case LH_STEER_MODES:
		break;
	}
	return false;
}

/* Do these locks of two threads fit if one is in part i and the other in part j? Each wants the
 * lock that the next part holds, and no other one of the cycle. */
static bool is_pair(const struct lh_steer *s, unsigned i, unsigned j, bool i_wants_j,
		    bool j_wants_i)
{
	return i != j && i_wants_j == ((i + 1) % s->n == j) && j_wants_i == ((j + 1) % s->n == i);
}

/* The same for a thread that comes to part i and one that is paused in part j; either may be in the
 * place of another part with the same code. */
static bool fits_with(const struct lh_steer *s, unsigned i, const struct lh_steer_arrival *a,
		      unsigned j)
{
	const struct lh_steer_part *p = s->part;
	bool wants = a->wanted == p[j].held, is_wanted = p[j].wanted == a->held;

	for (unsigned x = 0; x < s->n; x++)
		for (unsigned y = 0; y < s->n; y++)
			if (p[x].code == p[i].code && p[y].code == p[j].code &&
			    is_pair(s, x, y, wants, is_wanted))
				return true;
	return false;
}

/* The part whose thread is paused before a lock that is held by the next one of the cycle, which is
 * to run this code; LH_PLAN_PARTS: there is none. */
static unsigned next_of(const struct lh_steer *s, unsigned at, uint32_t code, unsigned used)
{
	for (unsigned i = 0; i < s->n; i++)
		if (!(used >> i & 1) && s->part[i].code == code &&
		    s->part[i].held == s->part[at].wanted)
			return i;
	return LH_PLAN_PARTS;
}

/* All are at their last stops: do their locks make a cycle? */
static bool is_cycle(const struct lh_steer *s)
{
	unsigned at = 0, used = 1;

	for (unsigned i = 1; i < s->n; i++) {
		at = next_of(s, at, s->part[i].code, used);
		if (at == LH_PLAN_PARTS)
			return false;
		used |= 1u << at;
	}
	return s->n == 1 || s->part[at].wanted == s->part[0].held;
}

/* May the thread pause at the last stop of the part, beside those that pause at theirs? */
static bool fits(struct lh_steer *s, const struct lh_steer_arrival *a)
{
	struct lh_steer_part *p = &s->part[a->part];
	bool all = true;

	if (a->part >= s->n)
		return true; /* a queued writer: its lock is compared with nothing */
	for (unsigned i = 0; i < s->n; i++) {
		if (i == a->part)
			continue;
		if (at_last(&s->part[i]) && !fits_with(s, a->part, a, i))
			return false;
		all &= at_last(&s->part[i]);
	}
	p->held = a->held;
	p->wanted = a->wanted;
	return !all || is_cycle(s);
}

/* The thread comes to another stop than that of its visit's next lock: the visit came to nothing.
 */
static void end_other_visits(struct lh_steer *s, const struct lh_steer_arrival *a)
{
	for (unsigned i = 0; i < parts(s); i++) {
		struct lh_steer_part *p = &s->part[i];
		if (p->thread == a->thread && p->state == LH_STEER_GOING &&
		    (i != a->part || a->stop <= p->stop)) {
			p->state = LH_STEER_AWAY;
			s->gathered = false;
		}
	}
}

static bool is_elsewhere(const struct lh_steer *s, const struct lh_steer_arrival *a)
{
	for (unsigned i = 0; i < parts(s); i++)
		if (i != a->part && s->part[i].thread == a->thread &&
		    s->part[i].state != LH_STEER_AWAY)
			return true;
	return false;
}

bool lh_steer_arrive(struct lh_steer *s, const struct lh_steer_arrival *a)
{
	struct lh_steer_part *p = &s->part[a->part];
	bool last = a->stop == p->plan->stops - 1, taken, pause;

	p->visits[a->stop]++;
	end_other_visits(s, a);
	taken = (p->state != LH_STEER_AWAY && p->thread != a->thread) || is_elsewhere(s, a) ||
		s->closing;
	pause = !taken && a->may_pause && pauses_at(s, p, a->stop);
	if (last && pause && !fits(s, a)) {
		p->mismatched++;
		pause = false;
	}
	lh_steer_evidence_arrives(s, a, !taken, pause);
	if (taken)
		return false;
	if (p->state == LH_STEER_AWAY)
		p->paused_ns = 0;
	p->thread = a->thread;
	p->stop = a->stop;
	p->held = a->held;
	p->wanted = a->wanted;
	p->since_ns = a->now_ns;
	p->state = pause ? LH_STEER_PAUSED : last ? LH_STEER_AWAY : LH_STEER_GOING;
	if (last)
		close_cycle(s, a->now_ns);
	gather(s, a->now_ns);
	return p->state == LH_STEER_PAUSED;
}

void lh_steer_thread_ends(struct lh_steer *s, uint32_t thread)
{
	for (unsigned i = 0; i < parts(s); i++)
		if (s->part[i].thread == thread) {
			s->part[i].state = LH_STEER_AWAY;
			s->gathered = false;
		}
}
