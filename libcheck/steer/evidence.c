/*
 * evidence.c — what the pauses of a run show about the order of two parts.
 *
 * A visitor is a thread in a part. When a visitor's pause at its last stop ends because no other
 * thread could run, every other thread is blocked; those that go on later do so because the
 * visitor, or another thread that went on because of it, woke them. They depend on the visitor.
 *
 * A wake-up counts only if the thread was blocked there when the pause ended; if all that used the
 * object since depend on the visitor too; and if before that no other thread had taken anything
 * from it, which this thread could have got in another run. If a thread that does not depend on
 * the visitor uses such an object later in the run, it might have come earlier: then the whole run
 * shows nothing.
 */
#include "libcheck/steer/steer_internal.h"

static struct lh_steer_thread *thread_of(struct lh_steer *s, uint32_t thread)
{
	if (thread && thread < LH_STEER_THREADS)
		return &s->thread[thread];
	s->full = true;
	return &s->thread[0];
}

void lh_steer_runs(struct lh_steer *s, uint32_t thread)
{
	thread_of(s, thread)->runs = true;
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

/* Nobody has signalled the object, or taken from it, since the visitor was released before. */
static bool is_untouched(struct lh_steer *s, uint64_t object, uint64_t bit)
{
	const struct lh_steer_object *o = object_of(s, object);

	return !((o->depends | o->stray) & bit);
}

/* A thread could run while the visitor was paused, and did not come soon afterwards as another one
 * did: perhaps it lets that one go on, at its own time. */
static bool is_another_running(const struct lh_steer *s, uint64_t bit)
{
	for (uint32_t i = 1; (s->seen_only & bit) && i < LH_STEER_THREADS; i++)
		if (s->thread[i].ran & ~s->thread[i].seen & s->seen_only & bit)
			return true;
	return false;
}

/* The visitor goes on: all that was known of it is of no use from now on. `quiet`: no other thread
 * can run; otherwise a blocked thread may have been woken already, and not have run yet. */
static void forget(struct lh_steer *s, uint64_t bit, bool quiet)
{
	s->doubt |= is_another_running(s, bit);
	s->seen_only &= ~bit;
	for (uint32_t i = 0; i < LH_STEER_THREADS; i++) {
		struct lh_steer_thread *t = &s->thread[i];
		bool awaits = t->blocked_on &&
			      (quiet || ((t->awaits & bit) && is_untouched(s, t->blocked_on, bit)));
		t->depends &= ~bit;
		t->itself &= ~bit;
		t->woken_for &= ~bit;
		t->seen &= ~bit;
		t->ran &= ~bit;
		t->awaits = awaits ? t->awaits | bit : t->awaits & ~bit;
	}
	for (uint32_t i = 0; i < LH_STEER_OBJECTS; i++) {
		struct lh_steer_object *o = &s->object[i];
		o->depends &= ~bit;
		o->signalled &= ~bit;
		o->stray &= ~bit;
		o->early = o->taker[0] ? o->early | bit : o->early & ~bit;
	}
}

void lh_steer_evidence_blocks(struct lh_steer *s, uint32_t thread, uint64_t object, lh_site site)
{
	struct lh_steer_thread *t = thread_of(s, thread);

	t->blocked_on = object;
	t->blocked_at = site;
	t->awaits = 0;
}

/* Has another thread than these two taken something from the object? */
static bool has_other_taker(const struct lh_steer_object *o, uint32_t a, uint32_t b)
{
	for (unsigned i = 0; i < 2; i++)
		if (o->taker[i] && o->taker[i] != a && o->taker[i] != b)
			return true;
	return o->takers;
}

/* The visitors before which only the visitor itself, or this thread, took something. If this thread
 * had got it, the visitor would have waited, until something was there for it again: so this
 * thread depends on the visitor as long as it lets no other thread go on. */
static uint64_t taken_by_themselves(const struct lh_steer *s, uint32_t thread,
				    const struct lh_steer_object *o)
{
	uint64_t bits = 0;

	for (uint32_t v = 0; v < s->visitors; v++)
		if (!has_other_taker(o, thread, o->changed ? thread : s->visitor[v].thread))
			bits |= 1ull << v;
	return bits;
}

/* The visitors that the thread may depend on because its wait on the object ended. */
static uint64_t gained(const struct lh_steer_thread *t, const struct lh_steer_object *o,
		       enum lh_steer_wake how)
{
	uint64_t bits = t->blocked_on == o->object ? t->awaits & o->depends : 0;

	if (how == LH_WAKE_ALL)
		return bits;
	return how == LH_WAKE_ANY ? 0 : bits & ~o->stray;
}

static void use(struct lh_steer *s, const struct lh_steer_thread *t, struct lh_steer_object *o)
{
	uint64_t depends = t->depends | t->itself;

	o->stray |= ~depends;
	s->doubt |= (o->relied_on & ~depends) != 0;
}

static void take(struct lh_steer *s, uint32_t thread, struct lh_steer_object *o)
{
	use(s, thread_of(s, thread), o);
	if (!o->taker[0] || o->taker[0] == thread)
		o->taker[0] = thread;
	else if (!o->taker[1] || o->taker[1] == thread)
		o->taker[1] = thread;
	else
		o->takers = true;
}

/* The thread was blocked when the time ended the pauses of these visitors, and goes on: perhaps it
 * could have gone on before them, and have let others go on. */
static void doubt_limits(struct lh_steer *s, uint32_t thread, const struct lh_steer_object *o,
			 enum lh_steer_wake how)
{
	uint64_t unclear = thread_of(s, thread)->awaits & s->by_limit;

	if (how == LH_WAKE_ALL)
		return;
	if (how == LH_WAKE_ALONE)
		unclear &= has_other_taker(o, thread, thread) ? o->early : 0;
	s->by_limit &= ~unclear;
	s->doubt |= (unclear & s->relied_on) != 0;
}

void lh_steer_wakes(struct lh_steer *s, uint32_t thread, uint64_t object, enum lh_steer_wake how)
{
	struct lh_steer_thread *t = thread_of(s, thread);
	struct lh_steer_object *o = object_of(s, object);
	uint64_t bits = gained(t, o, how), taken = 0;

	if (how == LH_WAKE_ALONE && has_other_taker(o, thread, thread))
		taken = bits & o->early;
	bits &= ~taken | taken_by_themselves(s, thread, o);
	doubt_limits(s, thread, o, how);
	t->depends |= bits & ~taken;
	t->itself |= bits & taken;
	s->relied_on |= bits;
	if (bits) {
		t->woken_for = bits & o->signalled;
		t->woken_on = object;
		t->woken_at = t->blocked_at;
		t->waker = o->signaller;
		t->wake_site = o->wake_site;
	}
	t->blocked_on = 0;
	t->awaits = 0;
	if (how == LH_WAKE_ALL)
		return;
	o->relied_on |= bits;
	if (bits)
		o->taken_at = t->blocked_at;
	take(s, thread, o);
}

void lh_steer_takes(struct lh_steer *s, uint32_t thread, uint64_t object)
{
	take(s, thread, object_of(s, object));
}

void lh_steer_changes(struct lh_steer *s, uint32_t thread, uint64_t object)
{
	struct lh_steer_object *o = object_of(s, object);

	o->changed = true;
	take(s, thread, o);
}

void lh_steer_signals(struct lh_steer *s, uint32_t thread, uint64_t object, lh_site site)
{
	struct lh_steer_thread *t = thread_of(s, thread);
	struct lh_steer_object *o = object_of(s, object);

	use(s, t, o);
	t->itself = 0;
	o->depends |= t->depends;
	if (!t->depends)
		return;
	o->signalled = t->depends;
	o->signaller = thread;
	o->wake_site = site;
}

bool lh_steer_depends(const struct lh_steer *s, uint32_t thread)
{
	return thread < LH_STEER_THREADS && s->thread[thread].depends;
}

void lh_steer_tries(struct lh_steer *s, uint32_t thread)
{
	(void)thread;
	s->doubt = true;
}

void lh_steer_creates(struct lh_steer *s, uint32_t creator, uint32_t thread)
{
	struct lh_steer_thread *t = thread_of(s, thread);

	thread_of(s, creator)->itself = 0;
	*t = (struct lh_steer_thread){.depends = thread_of(s, creator)->depends, .waker = creator};
	t->woken_for = t->depends;
	s->relied_on |= t->depends;
}

/* ---- visits ---- */

/* Then the other thread may have been late because of its own pause. */
static bool is_another_paused(const struct lh_steer *s, const struct lh_steer_part *p)
{
	for (unsigned i = 0; i < (unsigned)s->n + s->writers; i++)
		if (&s->part[i] != p &&
		    (s->part[i].state == LH_STEER_PAUSED || s->part[i].ended_ns > p->since_ns))
			return true;
	return false;
}

static void note_runners(struct lh_steer *s, uint32_t v, bool limit)
{
	for (uint32_t i = 1; i < LH_STEER_THREADS; i++) {
		if (limit && s->thread[i].runs)
			s->thread[i].ran |= 1ull << v;
		s->thread[i].runs = false;
	}
}

static void leaves_last(struct lh_steer *s, struct lh_steer_part *p, uint32_t v,
			enum lh_steer_end end, bool tested, uint64_t now_ns)
{
	bool limit = end == LH_STEER_LIMIT && !is_another_paused(s, p);

	s->visitor[v].left = true;
	s->by_limit = limit ? s->by_limit | 1ull << v : s->by_limit & ~(1ull << v);
	s->visitor[v].released_ns = limit ? now_ns : 0;
	s->visitor[v].paused_ns = limit ? now_ns - p->since_ns : 0;
	note_runners(s, v, limit);
	p->untested += !tested && !limit;
}

void lh_steer_evidence_end(struct lh_steer *s, struct lh_steer_part *p, enum lh_steer_end end,
			   uint32_t by, uint64_t now_ns)
{
	uint32_t v = visitor_of(s, (uint32_t)(p - s->part), p->thread);
	uint64_t bit = v < LH_STEER_VISITORS ? 1ull << v : 0;
	bool last = p->stop == p->plan->stops - 1, quiet = end == LH_STEER_QUIET,
	     needed = end == LH_STEER_NEEDED && p->quiet_before && by &&
		      (thread_of(s, by)->depends & bit);

	p->quiet_before = quiet && !p->holds_more;
	forget(s, bit, quiet || end == LH_STEER_LIMIT);
	if (quiet || needed)
		thread_of(s, p->thread)->depends |= bit;
	if (needed) /* it waits for a lock: no wake-up gave it the bit */
		thread_of(s, by)->depends |= bit;
	s->relied_on |= needed ? bit : 0;
	if (last && bit)
		leaves_last(s, p, v, end, quiet || needed, now_ns);
}

/* Did the thread come soon after the time had ended the pause of visitor v? Its own pauses since do
 * not count. Every other thread that could run must come soon, too: one that sleeps or waits for
 * something outside may wake it in another run. */
static bool comes_soon(struct lh_steer *s, const struct lh_steer_arrival *a, uint32_t v)
{
	const struct lh_steer_part *p = &s->part[a->part];
	uint64_t own = p->thread == a->thread && p->state != LH_STEER_AWAY ? p->paused_ns : 0;

	return (s->by_limit >> v & 1) && (thread_of(s, a->thread)->ran >> v & 1) &&
	       a->now_ns - s->visitor[v].released_ns < s->visitor[v].paused_ns / 4 + own;
}

/* May the thread come to the last stop of its part only after visitor v has left its own? */
static bool comes_after(struct lh_steer *s, const struct lh_steer_arrival *a, uint32_t v,
			bool *seen)
{
	struct lh_steer_thread *t = thread_of(s, a->thread);

	if ((t->depends | t->itself) >> v & 1)
		return true;
	*seen = true;
	if (!(t->seen >> v & 1) && !comes_soon(s, a, v))
		return false;
	t->seen |= 1ull << v;
	s->relied_on |= 1ull << v;
	s->seen_only |= 1ull << v;
	return true;
}

static void give_reason(struct lh_steer_reason *why, const struct lh_steer_thread *t, uint32_t v)
{
	if (!(t->woken_for >> v & 1))
		return;
	why->object = t->woken_on;
	why->waker = t->waker;
	why->wait_site = t->woken_at;
	why->wake_site = t->wake_site;
}

static void compare(struct lh_steer *s, const struct lh_steer_arrival *a, uint32_t v)
{
	uint8_t other = s->visitor[v].part;
	const struct lh_steer_part *p = &s->part[other];
	const struct lh_steer_thread *t = thread_of(s, a->thread);
	uint64_t *shortest = &s->seen_ns[other][a->part];
	bool seen = false;

	bool there = p->thread == s->visitor[v].thread && p->state == LH_STEER_PAUSED &&
		     p->stop == p->plan->stops - 1;

	if (other == a->part || s->visitor[v].thread == a->thread ||
	    (!there && !s->visitor[v].left))
		return;
	if (there || !comes_after(s, a, v, &seen)) {
		s->unordered[other][a->part] = true;
		return;
	}
	s->followed[other][a->part] = true;
	if (seen && (!*shortest || s->visitor[v].paused_ns < *shortest))
		*shortest = s->visitor[v].paused_ns;
	s->reason[other][a->part] = (struct lh_steer_reason){.before = other,
							     .after = a->part,
							     .seen_ns = *shortest,
							     .thread = a->thread,
							     .earlier = s->visitor[v].thread};
	if (!seen)
		give_reason(&s->reason[other][a->part], t, v);
}

/* The visitor is not paused at its last stop: nothing shows who could have come meanwhile. */
static void passes_by(struct lh_steer *s, const struct lh_steer_arrival *a)
{
	uint32_t v = visitor_of(s, a->part, a->thread);

	s->part[a->part].unpaused++;
	if (v == LH_STEER_VISITORS)
		return;
	s->visitor[v].left = true;
	s->by_limit &= ~(1ull << v);
	forget(s, 1ull << v, false);
}

void lh_steer_evidence_arrives(struct lh_steer *s, const struct lh_steer_arrival *a, bool visits,
			       bool pauses)
{
	struct lh_steer_part *p = &s->part[a->part];
	bool last = a->stop == p->plan->stops - 1;

	if (visits) {
		p->quiet_before &= a->stop > 0 && p->thread == a->thread &&
				   p->state == LH_STEER_GOING && a->stop == p->stop + 1;
		p->holds_more = a->holds_more;
	}
	if (!last)
		return;
	for (uint32_t v = 0; v < s->visitors; v++)
		compare(s, a, v);
	visitor_of(s, a->part, a->thread);
	if (!pauses)
		passes_by(s, a);
}

/* ---- the result ---- */

static enum lh_steer_result result_of(const struct lh_steer *s, unsigned a, unsigned b)
{
	const struct lh_steer_part *x = &s->part[a], *y = &s->part[b];

	if (!x->visits[x->plan->stops - 1] || !y->visits[y->plan->stops - 1] ||
	    s->unordered[a][b] || s->unordered[b][a] || !(s->followed[a][b] || s->followed[b][a]))
		return LH_STEER_UNKNOWN;
	return s->seen_ns[a][b] || s->seen_ns[b][a] ? LH_STEER_SEEN : LH_STEER_ORDERED;
}

/* A thread waits for what others have taken. That is of no account if it would have done the same
 * as one of them, and they came only because of the visitors that somebody depends on. */
static bool has_lost(const struct lh_steer *s, uint32_t thread, const struct lh_steer_object *o)
{
	const struct lh_steer_thread *t = &s->thread[thread];

	return o->object == t->blocked_on && has_other_taker(o, thread, thread) &&
	       (((o->early | o->stray) & s->relied_on) || !t->blocked_at ||
		t->blocked_at != o->taken_at);
}

static bool anybody_has_lost(const struct lh_steer *s)
{
	for (uint32_t i = 1; i < LH_STEER_THREADS; i++)
		for (uint32_t k = 0; s->thread[i].blocked_on && k < LH_STEER_OBJECTS; k++)
			if (has_lost(s, i, &s->object[k]))
				return true;
	return false;
}

/* A cycle needs all its parts at once, so that two of them suffice. */
enum lh_steer_result lh_steer_result(const struct lh_steer *s, struct lh_steer_reason *why)
{
	enum lh_steer_result best = LH_STEER_UNKNOWN;

	if (s->full || s->closed || s->doubt || anybody_has_lost(s) || is_another_running(s, ~0ull))
		return best;
	for (unsigned a = 0; a < s->n; a++)
		for (unsigned b = a + 1; b < s->n; b++) {
			enum lh_steer_result r = result_of(s, a, b);
			if (r > best && why)
				*why = s->followed[b][a] ? s->reason[b][a] : s->reason[a][b];
			best = r > best ? r : best;
		}
	return best;
}
