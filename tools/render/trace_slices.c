/* trace_slices.c — finds the owner of each wait's lock, and makes the slices of a track nest. */
#include "tools/render/trace_slices.h"
#include "tools/util/map.h"

#include <stdlib.h>

/*
 * The holds of a lock, in the order of their begin. Holds of writers do not overlap, so a wait is
 * compared with the last LOOK_BACK of them that began before the wait's end.
 */
enum { LOOK_BACK = 64, DEPTH = 32 };

struct holds {
	const struct lh_report_span **at;
	bool *waited_for;
	uint32_t n;
};

static int by_lock(const void *x, const void *y)
{
	const struct lh_report_span *a = *(const struct lh_report_span *const *)x,
				    *b = *(const struct lh_report_span *const *)y;

	if (a->lock->id != b->lock->id)
		return a->lock->id < b->lock->id ? -1 : 1;
	return a->from_ns < b->from_ns ? -1 : a->from_ns > b->from_ns;
}

static struct holds holds_of(struct lh_view *v, const struct lh_wait_stats *p)
{
	struct holds h = {.at = lh_arena_alloc(v->arena, (p->spans + 1) * sizeof(*h.at)),
			  .waited_for = lh_arena_alloc(v->arena, p->spans + 1)};

	for (uint32_t i = 0; i < p->spans; i++)
		if (p->span[i]->wait == LH_WAIT_NONE && p->span[i]->lock)
			h.at[h.n++] = p->span[i];
	if (h.n)
		qsort(h.at, h.n, sizeof(*h.at), by_lock);
	return h;
}

/* The number of holds of locks before this one, or of this one with a begin before `ns`. */
static uint32_t holds_before(const struct holds *h, uint32_t lock, uint64_t ns)
{
	uint32_t low = 0, high = h->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct lh_report_span *x = h->at[middle];

		if (x->lock->id < lock || (x->lock->id == lock && x->from_ns < ns))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static uint64_t overlap(uint64_t a_from, uint64_t a_to, uint64_t b_from, uint64_t b_to)
{
	uint64_t from = a_from > b_from ? a_from : b_from, to = a_to < b_to ? a_to : b_to;

	return to > from ? to - from : 0;
}

/* The owner that the monitor saw, with the last of its holds; or else the thread of the hold that
 * lasted longest during the wait. */
static void find_owner(const struct holds *h, struct lh_trace_slice *s)
{
	const struct lh_report_span *x = s->span;
	uint32_t end, best = h->n;
	uint64_t most = 0;

	s->owner = x->owner != x->thread ? x->owner : NULL;
	if (x->wait != LH_WAIT_LOCK || !x->lock)
		return;
	end = holds_before(h, x->lock->id, x->to_ns);
	for (uint32_t i = end; i-- > 0 && end - i <= LOOK_BACK && h->at[i]->lock == x->lock;) {
		const struct lh_report_span *hold = h->at[i];
		uint64_t ns = overlap(x->from_ns, x->to_ns, hold->from_ns, hold->to_ns);

		if (ns <= most || !hold->thread || hold->thread == x->thread ||
		    (s->owner && hold->thread != s->owner))
			continue;
		most = s->owner ? UINT64_MAX : ns;
		best = i;
	}
	if (best == h->n)
		return;
	h->waited_for[best] = true;
	s->hold = h->at[best];
	s->owner = s->hold->thread;
}

/* ---- the slices of a track nest ---- */

static int by_track(const void *x, const void *y)
{
	const struct lh_trace_slice *a = x, *b = y;
	const struct lh_report_thread *s = a->span->thread, *t = b->span->thread;

	if (a->process != b->process)
		return a->process < b->process ? -1 : 1;
	if (s->tid != t->tid)
		return s->tid < t->tid ? -1 : 1;
	if (a->from_ns != b->from_ns)
		return a->from_ns < b->from_ns ? -1 : 1;
	return a->to_ns > b->to_ns ? -1 : a->to_ns < b->to_ns;
}

static bool same_track(const struct lh_trace_slice *a, const struct lh_trace_slice *b)
{
	return a->process == b->process && a->span->thread->tid == b->span->thread->tid;
}

static void nest(struct lh_trace_slices *s)
{
	uint32_t open[DEPTH], depth = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		struct lh_trace_slice *x = &s->slice[i];

		if (depth && !same_track(x, &s->slice[open[0]]))
			depth = 0;
		while (depth && s->slice[open[depth - 1]].to_ns <= x->from_ns)
			depth--;
		if (depth && x->to_ns > s->slice[open[depth - 1]].to_ns)
			x->to_ns = s->slice[open[depth - 1]].to_ns;
		if (depth < DEPTH)
			open[depth++] = i;
		else
			x->to_ns = x->from_ns; /* of a damaged file */
	}
}

static void number_processes(struct lh_view *v, struct lh_trace_slices *s)
{
	struct lh_map numbers = {0};

	for (uint32_t i = 0; i < v->report->processes; i++)
		*(uint32_t *)lh_map_get(&numbers, v->arena, &v->report->process[i], sizeof(void *),
					sizeof(uint32_t)) = i;
	for (uint32_t i = 0; i < s->n; i++) {
		const uint32_t *number =
			lh_map_find(&numbers, &s->slice[i].span->thread->process, sizeof(void *));

		s->slice[i].process = number ? *number : 0;
	}
}

struct lh_trace_slices lh_trace_slices(struct lh_view *v)
{
	static const struct lh_wait_stats none;
	const struct lh_wait_stats *p = v->report->profile ? v->report->profile : &none;
	struct holds h = holds_of(v, p);
	struct lh_trace_slices s = {
		.slice = lh_arena_alloc(v->arena, (2 * (size_t)p->spans + 1) * sizeof(*s.slice))};

	for (uint32_t i = 0; i < p->spans; i++) {
		const struct lh_report_span *x = p->span[i];

		if (x->wait == LH_WAIT_NONE || !x->thread || x->to_ns <= x->from_ns)
			continue;
		s.slice[s.n] = (struct lh_trace_slice){
			.span = x, .from_ns = x->from_ns, .to_ns = x->to_ns};
		find_owner(&h, &s.slice[s.n++]);
	}
	for (uint32_t i = 0; i < h.n; i++)
		if (h.waited_for[i])
			s.slice[s.n++] =
				(struct lh_trace_slice){.span = h.at[i],
							.ends_hold = true,
							.from_ns = h.at[i]->to_ns,
							.to_ns = h.at[i]->to_ns + LH_TRACE_MARK_NS};
	number_processes(v, &s);
	if (s.n)
		qsort(s.slice, s.n, sizeof(*s.slice), by_track);
	nest(&s);
	return s;
}

uint64_t lh_trace_overlap(const struct lh_trace_slice *a, const struct lh_trace_slice *b)
{
	return overlap(a->from_ns, a->to_ns, b->from_ns, b->to_ns);
}

const struct lh_trace_slice *lh_trace_wait_during(const struct lh_trace_slices *s,
						  const struct lh_report_thread *thread,
						  const struct lh_trace_slice *during)
{
	const struct lh_report_span on_track = {.thread = thread};
	const struct lh_trace_slice key = {
		.span = &on_track, .from_ns = during->to_ns, .process = during->process};
	const struct lh_trace_slice *best = NULL;
	uint32_t low = 0, high = s->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (by_track(&s->slice[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (uint32_t i = low; i-- > 0 && low - i <= LOOK_BACK;) {
		const struct lh_trace_slice *x = &s->slice[i];

		if (!same_track(x, &key))
			break;
		if (!x->ends_hold && lh_trace_overlap(x, during) &&
		    (!best || lh_trace_overlap(x, during) > lh_trace_overlap(best, during)))
			best = x;
	}
	return best;
}
