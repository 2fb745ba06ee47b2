/* Part of the room `model`: how locks treat those who want them; see lock_stats.h. */
#include "tools/report/report_internal.h"
#include "tools/report/lock_stats.h"
#include "libcheck/base/histogram.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

/* ---- lengths ---- */

static void add_times(struct lh_times *to, const struct lh_times *from)
{
	to->n += from->n;
	to->ns += from->ns;
	if (from->max_ns > to->max_ns)
		to->max_ns = from->max_ns;
	for (uint32_t i = 0; i < LH_BUCKETS; i++)
		to->bucket[i] = to->bucket[i] > UINT32_MAX - from->bucket[i]
					? UINT32_MAX
					: to->bucket[i] + from->bucket[i];
}

/* The end of the bucket below which 99 of 100 lie; nothing is longer than the longest. */
static uint64_t p99_of(const struct lh_times *t)
{
	uint64_t all = 0, below = 0;
	uint32_t i = 0;

	for (uint32_t k = 0; k < LH_BUCKETS; k++)
		all += t->bucket[k];
	if (!all)
		return 0;
	while (i + 1 < LH_BUCKETS && (below += t->bucket[i]) * 100 < all * 99)
		i++;
	return i + 1 < LH_BUCKETS && lh_scale_end(i) < t->max_ns ? lh_scale_end(i) : t->max_ns;
}

static struct lh_spread spread_of(const struct lh_times *t)
{
	return (struct lh_spread){t->n, t->n ? t->ns / t->n : 0, p99_of(t), t->max_ns};
}

static struct lh_spread spread_of_two(const struct lh_times two[2])
{
	struct lh_times both = two[0];

	add_times(&both, &two[1]);
	return spread_of(&both);
}

struct lh_spread lh_thing_wait(const struct lh_thing *t)
{
	return (struct lh_spread){.n = t->more.contended,
				  .mean_ns = t->more.contended ? t->more.wait_ns / t->more.contended
							       : 0,
				  .p99_ns = t->service ? t->service->all_waits.p99_ns : 0,
				  .max_ns = t->more.wait_max_ns};
}

struct lh_spread lh_thing_hold(const struct lh_thing *t)
{
	struct lh_spread s = {.n = t->more.hold_samples, .max_ns = t->more.hold_max_ns};

	if (t->service && t->service->all_holds.n) {
		s.mean_ns = t->service->all_holds.mean_ns;
		s.p99_ns = t->service->all_holds.p99_ns;
	} else if (s.n) {
		s.mean_ns = t->more.hold_ns / s.n;
	}
	return s;
}

uint32_t lh_thing_queue(const struct lh_thing *t)
{
	uint32_t counted = t->service ? t->service->queue : 0;

	return counted > t->queue ? counted : t->queue;
}

/* ---- portions ---- */

static int by_taken(const void *x, const void *y)
{
	const struct lh_portion *a = x, *b = y;

	if (!a->thread != !b->thread)
		return a->thread ? -1 : 1;
	if (a->taken != b->taken)
		return a->taken > b->taken ? -1 : 1;
	return a->wait_ns > b->wait_ns ? -1 : a->wait_ns < b->wait_ns;
}

static void add_portions(struct lh_model *m, const struct lh_process *p, struct lh_service *s,
			 const struct lh_fare *f)
{
	struct lh_portion *list = lh_pool_get(m->shop->pool, LH_SHARES * sizeof(*list));
	uint64_t most = 0;

	for (uint32_t i = 0; i < LH_SHARES; i++) {
		const struct lh_share *x = &f->share[i];
		if (!x->thread)
			continue;
		list[s->portions++] = (struct lh_portion){
			.thread = x->thread == LH_SHARE_REST ? NULL
							     : lh_model_person(m, p, x->thread),
			.taken = x->taken,
			.waits = x->waits,
			.wait_ns = x->wait_ns,
			.wait_max_ns = x->wait_max_ns,
			.passed_max = x->passed_max};
		s->taken += x->taken;
	}
	qsort(list, s->portions, sizeof(*list), by_taken);
	s->portion = list;
	for (uint32_t i = 0; i < s->portions; i++)
		if (list[i].thread && list[i].wait_ns > most) {
			most = list[i].wait_ns;
			s->starved = &list[i];
		}
}

/* ---- one lock ---- */

static struct lh_service *service_of(struct lh_model *m, struct lh_thing *t)
{
	if (!t->service)
		t->service = lh_pool_get(m->shop->pool, sizeof(*t->service));
	return t->service;
}

static const struct lh_trace *stack_of(struct lh_model *m, const struct lh_process *p,
				       lh_place place)
{
	return place ? lh_model_trace(m, p, LH_PLACE_STACK(place)) : NULL;
}

void lh_model_add_service(struct lh_model *m, struct lh_thing *t)
{
	const struct lh_process *p = t->process;
	struct lh_service *s;
	struct lh_fare f;

	if (!lh_read_fare(p->record, &t->row, t->lock, &f))
		return;
	s = service_of(m, t);
	for (int i = 0; i < 2; i++) {
		s->wait[i] = spread_of(&f.wait[i]);
		s->hold[i] = spread_of(&f.hold[i]);
	}
	s->all_waits = spread_of_two(f.wait);
	s->all_holds = spread_of_two(f.hold);
	s->queue = f.queue;
	s->passed = f.passed;
	s->passed_max = f.passed_max;
	s->passed_thread = f.passed_thread ? lh_model_person(m, p, f.passed_thread) : NULL;
	s->overtaken = f.overtaken;
	s->overtaken_max = f.overtaken_max;
	s->busy = f.busy;
	s->busy_tries = f.busy_tries;
	s->busy_ns = f.busy_ns;
	s->busy_thread = f.busy_thread ? lh_model_person(m, p, f.busy_thread) : NULL;
	s->busy_place = stack_of(m, p, f.busy_place);
	add_portions(m, p, s, &f);
}

/* ---- what the monitor saw, and who waits still ---- */

static void add_burnt(struct lh_model *m, const struct lh_process *p, const struct lh_burnt *b)
{
	struct lh_thing *t = lh_model_thing(m, p, b->lock);
	struct lh_service *s = t ? service_of(m, t) : NULL;

	if (!s)
		return;
	s->burnt_ns += b->cpu_ns;
	if (!s->burnt_place || b->worst_ns > s->burnt_worst_ns) {
		s->burnt_place = stack_of(m, p, b->place);
		s->burnt_worst_ns = b->worst_ns;
	}
}

static void add_waiting(struct lh_model *m, const struct lh_process *p, const struct lh_seat *seat)
{
	uint64_t end = p->record->head.end_ns;
	struct lh_thing *t;
	struct lh_service *s;

	if (seat->state != LH_SEAT_LIVE || !seat->wait_lock || seat->wait_on != LH_WAIT_LOCK)
		return;
	t = lh_model_thing(m, p, seat->wait_lock);
	if (!t || t->row.flags & LH_LOCK_SIGNAL || t->row.kind == LH_LIFE)
		return;
	s = service_of(m, t);
	uint64_t ns = end > seat->wait_since_ns ? end - seat->wait_since_ns : 0;
	if (!s->waiting || ns > s->waiting_ns) {
		s->waiting = lh_model_person(m, p, seat->thread);
		s->waiting_ns = ns;
	}
}

void lh_model_add_seen(struct lh_model *m, const struct lh_process *p)
{
	uint32_t n = lh_read_used(p->record, LH_T_BURNT),
		 seats = lh_read_used(p->record, LH_T_SEAT);
	struct lh_burnt b;
	struct lh_seat s;

	for (uint32_t i = 1; i < n; i++)
		if (lh_read_burnt(p->record, i, &b))
			add_burnt(m, p, &b);
	for (uint32_t i = 1; i < seats; i++)
		if (lh_read_seat(p->record, i, &s))
			add_waiting(m, p, &s);
}

/* ---- birthplaces ---- */

struct nest {
	struct lh_birth birth; /* first: a nest is found by its birth */
	const char *class;
	const struct lh_thing *some;
	struct lh_times wait, hold;
	UT_hash_handle hh;
};

static void count_in(struct nest *n, const struct lh_thing *t)
{
	const struct lh_lock *l = &t->row;
	uint32_t queue = lh_thing_queue(t);
	struct lh_fare f;

	n->birth.locks++;
	n->birth.acquired += l->acquired;
	n->birth.shared += l->shared;
	n->birth.contended += t->more.contended;
	n->birth.tries_failed += t->more.tries_failed;
	n->birth.wait_ns += t->more.wait_ns;
	if (queue > n->birth.queue)
		n->birth.queue = queue;
	if (!lh_read_fare(t->process->record, l, t->lock, &f))
		return;
	for (int i = 0; i < 2; i++) {
		add_times(&n->wait, &f.wait[i]);
		add_times(&n->hold, &f.hold[i]);
	}
}

static int by_wait(const void *x, const void *y)
{
	const struct lh_birth *a = *(struct lh_birth *const *)x, *b = *(struct lh_birth *const *)y;

	if (a->wait_ns != b->wait_ns)
		return a->wait_ns > b->wait_ns ? -1 : 1;
	if (a->contended != b->contended)
		return a->contended > b->contended ? -1 : 1;
	return strcmp(a->name, b->name);
}

static void keep(struct lh_model *m, struct nest *n)
{
	const char *at = lh_model_where(m, n->some->born);

	n->birth.kind = n->some->kind;
	n->birth.name =
		at ? lh_pool_print(m->shop->pool, "%s born %s", n->some->kind, at) : n->class;
	n->birth.wait = spread_of(&n->wait);
	n->birth.hold = spread_of(&n->hold);
	LH_PUSH(m->shop->pool, m->profile->birth, m->profile->births, &n->birth);
}

void lh_model_count_births(struct lh_model *m)
{
	struct nest *all = NULL, *n, *next;

	if (!m->profile)
		return;
	m->profile->births = 0;
	for (uint32_t i = 0; i < m->locks; i++) {
		const struct lh_thing *t = m->lock[i];
		if (t->row.kind == LH_LIFE)
			continue;
		HASH_FIND_STR(all, t->class, n);
		if (!n) {
			n = lh_pool_get(m->shop->pool, sizeof(*n));
			n->class = t->class;
			n->some = t;
			HASH_ADD_KEYPTR(hh, all, n->class, strlen(n->class), n);
		}
		count_in(n, t);
	}
	HASH_ITER (hh, all, n, next)
		if (n->birth.locks > 1)
			keep(m, n);
	HASH_CLEAR(hh, all);
	if (m->profile->births > 1)
		qsort(m->profile->birth, m->profile->births, sizeof(*m->profile->birth), by_wait);
}
