/*
 * evidence.c — what the pauses of a run show about the order of two parts.
 *
 * A visitor is a thread in a part. When a visitor's pause ends because no other thread could run,
 * every other thread is blocked; those that go on later do so because the visitor, or another
 * thread that went on because of it, woke them. They depend on the visitor. A wake-up counts only
 * if the thread was blocked there when the pause ended, if one thread alone signalled there since,
 * and if no third thread could have used up what it waited for (`alone`): otherwise another
 * schedule might have let it go on without the visitor.
 */
#include "libcheck/steer/steer_internal.h"

static struct lh_steer_thread *thread_of(struct lh_steer *s, uint32_t thread)
{
	if (thread && thread < LH_STEER_THREADS)
		return &s->thread[thread];
	s->full = true;
	return &s->thread[0];
}

static struct lh_steer_object *object_of(struct lh_steer *s, uint64_t object)
{
	uint32_t i = (uint32_t)((object * 0x9e3779b97f4a7c15u) >> 56) & (LH_STEER_OBJECTS - 1);

	for (uint32_t n = 0; n < LH_STEER_OBJECTS; n++, i = (i + 1) & (LH_STEER_OBJECTS - 1)) {
		if (!s->object[i].object)
			s->object[i].object = object;
		if (s->object[i].object == object)
			return &s->object[i];
	}
	s->full = true;
	return &s->object[0];
}

/* The number of a visitor, LH_STEER_VISITORS if there are too many. */
static uint32_t visitor_of(struct lh_steer *s, uint32_t part, uint32_t thread)
{
	uint32_t i = 0;

	while (i < s->visitors && !(s->visitor[i].thread == thread && s->visitor[i].part == part))
		i++;
	if (i == s->visitors && i < LH_STEER_VISITORS) {
		s->visitors++;
		s->visitor[i].thread = thread;
		s->visitor[i].part = (uint8_t)part;
	}
	s->full |= i == LH_STEER_VISITORS;
	return i;
}

/* ---- dependencies ---- */

static void forget(struct lh_steer *s, uint64_t bit)
{
	for (uint32_t i = 0; i < LH_STEER_THREADS; i++) {
		struct lh_steer_thread *t = &s->thread[i];
		t->depends &= ~bit;
		t->seen &= ~bit;
		t->awaits = t->blocked_on ? t->awaits | bit : t->awaits & ~bit;
	}
	for (uint32_t i = 0; i < LH_STEER_OBJECTS; i++) {
		s->object[i].depends &= ~bit;
		s->object[i].signaller = 0;
		s->object[i].many = false;
	}
}

void lh_steer_evidence_blocks(struct lh_steer *s, uint32_t thread, uint64_t object)
{
	struct lh_steer_thread *t = thread_of(s, thread);

	t->blocked_on = object;
	t->awaits = 0;
}

void lh_steer_wakes(struct lh_steer *s, uint32_t thread, uint64_t object, bool alone)
{
	struct lh_steer_thread *t = thread_of(s, thread);
	const struct lh_steer_object *o = object_of(s, object);

	if (t->blocked_on == object && alone && !o->many) {
		uint64_t gained = t->awaits & o->depends;
		t->depends |= gained;
		if (gained) {
			t->woken_on = object;
			t->waker = o->signaller;
		}
	}
	t->blocked_on = 0;
	t->awaits = 0;
}

void lh_steer_signals(struct lh_steer *s, uint32_t thread, uint64_t object)
{
	struct lh_steer_object *o = object_of(s, object);

	o->many |= o->signaller && o->signaller != thread;
	o->signaller = thread;
	o->depends |= thread_of(s, thread)->depends;
}

void lh_steer_creates(struct lh_steer *s, uint32_t creator, uint32_t thread)
{
	struct lh_steer_thread *t = thread_of(s, thread);

	*t = (struct lh_steer_thread){.depends = thread_of(s, creator)->depends, .waker = creator};
}

/* ---- visits ---- */

void lh_steer_evidence_end(struct lh_steer *s, struct lh_steer_part *p, enum lh_steer_end end,
			   uint32_t by, uint64_t now_ns)
{
	uint32_t part = (uint32_t)(p - s->part), v = visitor_of(s, part, p->thread);
	bool after_quiet = p->tested && p->stop > 0;

	if (end == LH_STEER_LIMIT && v < LH_STEER_VISITORS) {
		s->visitor[v].released_ns = now_ns;
		s->visitor[v].paused_ns = p->paused_ns + (now_ns - p->since_ns);
	} else if (v < LH_STEER_VISITORS) {
		s->visitor[v].released_ns = s->visitor[v].paused_ns = 0;
	}
	if (v == LH_STEER_VISITORS)
		return;
	uint64_t bit = 1ull << v;
	bool quiet = end == LH_STEER_QUIET || (end == LH_STEER_NEEDED && after_quiet);
	forget(s, bit);
	if (quiet)
		thread_of(s, p->thread)->depends |= bit;
	if (quiet && end == LH_STEER_NEEDED)
		thread_of(s, by)->depends |= bit;
	p->tested &= quiet || end == LH_STEER_LIMIT;
	p->untested += !p->tested && p->stop == p->plan->stops - 1;
}

/* May the thread come to the last stop of `part` only after visitor v has left its own? */
static bool comes_after(struct lh_steer *s, const struct lh_steer_arrival *a, uint32_t v,
			bool *seen)
{
	struct lh_steer_thread *t = thread_of(s, a->thread);

	if (t->depends >> v & 1)
		return true;
	if (!(t->seen >> v & 1) && s->visitor[v].paused_ns &&
	    a->now_ns - s->visitor[v].released_ns < s->visitor[v].paused_ns / 2)
		t->seen |= 1ull << v;
	*seen = true;
	return t->seen >> v & 1;
}

static void compare(struct lh_steer *s, const struct lh_steer_arrival *a, uint32_t v)
{
	uint8_t other = s->visitor[v].part;
	const struct lh_steer_part *p = &s->part[other];
	const struct lh_steer_thread *t = thread_of(s, a->thread);
	bool seen = false;

	if (other == a->part || s->visitor[v].thread == a->thread)
		return;
	if ((p->thread == s->visitor[v].thread && p->state != LH_STEER_AWAY) ||
	    !comes_after(s, a, v, &seen)) {
		s->unordered[other][a->part] = true;
		return;
	}
	s->followed[other][a->part] = true;
	s->only_seen[other][a->part] |= seen;
	s->reason = (struct lh_steer_reason){.before = other,
					     .after = a->part,
					     .seen = seen,
					     .object = seen ? 0 : t->woken_on,
					     .waker = seen ? 0 : t->waker,
					     .thread = a->thread};
}

void lh_steer_evidence_arrives(struct lh_steer *s, const struct lh_steer_arrival *a, bool visits,
			       bool pauses)
{
	struct lh_steer_part *p = &s->part[a->part];
	bool last = a->stop == p->plan->stops - 1;

	if (visits && (p->state == LH_STEER_AWAY || a->stop == 0))
		p->tested = true;
	p->tested &= !a->holds_more;
	if (!last)
		return;
	for (uint32_t v = 0; v < s->visitors; v++)
		compare(s, a, v);
	if (!pauses)
		p->unpaused++;
	visitor_of(s, a->part, a->thread);
}

/* ---- the result ---- */

static enum lh_steer_result result_of(const struct lh_steer *s, unsigned a, unsigned b)
{
	const struct lh_steer_part *x = &s->part[a], *y = &s->part[b];

	if (!x->visits[x->plan->stops - 1] || !y->visits[y->plan->stops - 1] || x->unpaused ||
	    y->unpaused || x->untested || y->untested || s->unordered[a][b] || s->unordered[b][a] ||
	    !(s->followed[a][b] || s->followed[b][a]))
		return LH_STEER_UNKNOWN;
	return s->only_seen[a][b] || s->only_seen[b][a] ? LH_STEER_SEEN : LH_STEER_ORDERED;
}

/* A cycle needs all its parts at once, so that two of them suffice. */
enum lh_steer_result lh_steer_result(const struct lh_steer *s)
{
	enum lh_steer_result best = LH_STEER_UNKNOWN;

	if (s->full || s->closed)
		return best;
	for (unsigned a = 0; a < s->n; a++)
		for (unsigned b = a + 1; b < s->n; b++) {
			enum lh_steer_result r = result_of(s, a, b);
			best = r > best ? r : best;
		}
	return best;
}
