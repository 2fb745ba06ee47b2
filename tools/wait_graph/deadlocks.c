/* deadlocks.c — the processes of a run, the samples of their waits, and one scan. */
#include "tools/wait_graph/deadlocks_internal.h"
#include "libcheck/base/hash.h"
#include "tools/util/list.h"
#include "tools/util/time.h"

#include <stdlib.h>
#include <string.h>

#define AGAIN_NS 500000000ull /* the graph of unchanged waits is solved again after this time */

struct lh_deadlocks *lh_deadlocks_new(struct lh_deadlocks_queries queries)
{
	struct lh_deadlocks *s = calloc(1, sizeof(*s));

	if (s)
		s->queries = queries;
	return s;
}

void lh_deadlocks_free(struct lh_deadlocks *s)
{
	if (!s)
		return;
	while (s->n)
		lh_deadlocks_drop(s, s->list[0]);
	free(s->abandoned);
	free(s->list);
	free(s);
}

struct lh_deadlocks_process *lh_deadlocks_add(struct lh_deadlocks *s,
					      const struct lh_ledger_view *r, void *with)
{
	struct lh_deadlocks_process *p = calloc(1, sizeof(*p));

	if (!p || !lh_list_grow(&s->list, &s->capacity, s->n + 1, sizeof(*s->list))) {
		free(p);
		return NULL;
	}
	p->ledger = r;
	p->queries = &s->queries;
	p->with = with;
	p->number = ++s->last_number;
	s->list[s->n++] = p;
	return p;
}

void lh_deadlocks_drop(struct lh_deadlocks *s, struct lh_deadlocks_process *p)
{
	if (p)
		lh_deadlocks_add_abandoned(s, p);
	for (uint32_t i = 0; p && i < s->n; i++)
		if (s->list[i] == p) {
			s->list[i] = s->list[--s->n];
			free(p->sample);
			free(p);
			return;
		}
}

void *lh_deadlocks_with(const struct lh_deadlocks_process *p)
{
	return p->with;
}

/* ---- samples ---- */

static void note(struct lh_wait_sample *g, const struct lh_live_thread *live, uint64_t now)
{
	if (g->thread != live->thread || g->seq != live->wait_seq)
		*g = (struct lh_wait_sample){
			.thread = live->thread, .seq = live->wait_seq, .first_ns = now};
	g->samples++;
}

static bool is_aged(const struct lh_wait_sample *g, uint64_t now)
{
	return now - g->first_ns >= LH_DEADLOCK_AFTER_NS;
}

/* How many threads two scans found in the same wait. Adds a hash of these waits to *hash. */
static uint32_t read_process(struct lh_deadlocks_process *p, uint64_t now, uint64_t *hash)
{
	uint32_t n = lh_read_used(p->ledger, LH_T_LIVE_THREAD), count = 0;
	struct lh_live_thread live;

	if (!lh_list_grow(&p->sample, &p->n_samples, n, sizeof(*p->sample)))
		return 0;
	for (uint32_t i = 1; i < n; i++) {
		struct lh_wait_sample *g = &p->sample[i];

		if (!lh_deadlocks_read_head(p, i, &live)) {
			g->thread = 0;
			continue;
		}
		note(g, &live, now);
		if (g->samples < 2)
			continue;
		count++;
		*hash += lh_hash_mix(lh_hash_mix(p->number, i),
				     (uint64_t)g->seq << 1 | is_aged(g, now));
	}
	return count;
}

/* ---- waiters ---- */

static void add_waiter(struct lh_deadlocks_pass *pass, struct lh_deadlocks_process *p, uint32_t i)
{
	struct lh_wait_sample *g = &p->sample[i];
	struct lh_deadlocks_waiter *x = &pass->waiter[pass->waiters];

	if (!g->thread || g->samples < 2 || !lh_deadlocks_read_wait(p, i, &x->live) ||
	    x->live.thread != g->thread || x->live.wait_seq != g->seq ||
	    !lh_read_lock(p->ledger, x->live.wait_lock, &x->row))
		return;
	x->process = p;
	x->sample = g;
	x->number = i;
	x->aged = is_aged(g, pass->now_ns);
	x->again = x->live.wait_seq & LH_WAIT_AGAIN;
	if (x->again)
		x->live.wait_since_ns = lh_time_between(g->first_ns, p->ledger->head.start_ns);
	/* its thread may run cleanup handlers, while the row still shows the wait */
	if (lh_wait_is_cancelled(&x->live, x->row.kind) &&
	    !(x->aged && pass->deadlocks->queries.futex(p->with, x->live.tid)))
		return;
	/* Skips a semaphore that is a signal, that other processes may post, or whose init call was
	 * not seen; and any other semaphore before LH_DEADLOCK_AFTER_NS. */
	if (x->row.kind == LH_SEM &&
	    (!x->aged || (x->row.flags & (LH_LOCK_SIGNAL | LH_LOCK_PSHARED)) ||
	     !(x->row.flags & LH_LOCK_INITED)))
		return;
	pass->waiters++;
}

static void add_waiters(struct lh_deadlocks_pass *pass, uint32_t capacity)
{
	pass->waiter = lh_arena_alloc(pass->arena, (capacity + 1) * sizeof(*pass->waiter));
	for (uint32_t k = 0; k < pass->deadlocks->n; k++)
		for (uint32_t i = 1;
		     i < pass->deadlocks->list[k]->n_samples && pass->waiters < capacity; i++)
			add_waiter(pass, pass->deadlocks->list[k], i);
}

uint32_t lh_deadlocks_scan(struct lh_deadlocks *s, uint64_t now_ns, struct lh_arena *arena,
			   struct lh_deadlock **out)
{
	struct lh_deadlocks_pass pass = {.deadlocks = s, .arena = arena, .now_ns = now_ns};
	uint64_t hash = 0;
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n; i++)
		n += read_process(s->list[i], now_ns, &hash);
	if (!n || (hash == s->waits_hash && now_ns - s->solved_ns < AGAIN_NS))
		return 0;
	s->waits_hash = hash;
	s->solved_ns = now_ns;
	add_waiters(&pass, n);
	lh_deadlocks_collect(&pass, lh_deadlocks_edges(&pass));
	*out = pass.deadlock;
	return pass.n_deadlocks;
}
