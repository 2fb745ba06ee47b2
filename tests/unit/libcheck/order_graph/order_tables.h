/*
 * order_tables.h — rows for the judge, made by hand; and rings, the form in which judge, oracle
 * and simulator compare what they found.
 *
 * Knows the shape of the rows and nothing of the judge. Memory is never given back.
 */
#ifndef JUDGE_BOOK_H
#define JUDGE_BOOK_H

#include "libcheck/order_graph/order_graph.h"

#include <stdlib.h>
#include <string.h>

enum {
	BOOK_LOCKS = 128,
	BOOK_THREADS = 40,
	BOOK_NODES = 2048,
	BOOK_SEENS = 4096,
	BOOK_EVENTS = 256
};

/* What was added, in order of arrival: so that it can be shown to a judge piece by piece. */
struct book_step {
	enum { STEP_NODE, STEP_SEEN, STEP_MANY, STEP_EVENT } what;
	uint32_t row;
};

struct book {
	struct lh_lock lock[BOOK_LOCKS];
	struct lh_thread thread[BOOK_THREADS];
	struct lh_chain node[BOOK_NODES];
	struct lh_chain_visit seen[BOOK_SEENS];
	struct lh_hb_edge event[BOOK_EVENTS];
	uint32_t locks, threads, nodes, seens, events;
	struct book_step step[BOOK_NODES + BOOK_SEENS + BOOK_EVENTS];
	uint32_t steps;
	bool orders_lost;
};

static inline struct book *book_new(void)
{
	struct book *b = calloc(1, sizeof *b);

	b->locks = b->threads = b->nodes = b->seens = b->events = 1;
	return b;
}

static inline lh_lock_id book_lock(struct book *b, enum lh_kind kind, uint32_t flags)
{
	uint32_t row = b->locks++;

	b->lock[row] = (struct lh_lock){.kind = (uint8_t)kind, .flags = flags, .gen = 1};
	return LH_LOCK_ID(row, 1);
}

static inline lh_thread_id book_thread(struct book *b, lh_thread_id creator, uint32_t segment)
{
	lh_thread_id t = b->threads++;

	b->thread[t] = (struct lh_thread){.creator = creator, .creator_segment = segment};
	b->thread[t].end_lock = book_lock(b, LH_THREAD_END, 0);
	return t;
}

static inline void book_log(struct book *b, int what, uint32_t row)
{
	b->step[b->steps].what = what;
	b->step[b->steps++].row = row;
}

static inline void book_event(struct book *b, enum lh_hb_kind kind, lh_thread_id a, uint32_t as,
			      lh_thread_id c, uint32_t cs)
{
	b->event[b->events] = (struct lh_hb_edge){kind, a, as, c, cs};
	book_log(b, STEP_EVENT, b->events++);
}

static inline lh_chain_id book_node(struct book *b, lh_chain_id parent, lh_lock_id lock,
				    lh_site site)
{
	struct lh_lock *l = &b->lock[LH_LOCK_ROW(lock)];

	for (lh_chain_id i = 1; i < b->nodes; i++)
		if (b->node[i].parent == parent && b->node[i].lock == lock &&
		    b->node[i].site == site)
			return i;
	b->node[b->nodes] = (struct lh_chain){.parent = parent,
					      .lock = lock,
					      .site = site,
					      .depth = b->node[parent].depth + 1,
					      .next = l->chains};
	l->chains = b->nodes;
	if (l->kind == LH_RWLOCK && LH_SITE_MODE(site) == LH_EXCLUSIVE)
		l->flags |= LH_LOCK_HAS_WRITERS;
	book_log(b, STEP_NODE, b->nodes);
	return b->nodes++;
}

/* Rows say "in every segment from first to last": grow by one or make another. */
static inline void book_seen(struct book *b, lh_chain_id chain, lh_thread_id thread,
			     uint32_t segment)
{
	for (uint32_t i = b->node[chain].visit; i; i = b->seen[i].next) {
		struct lh_chain_visit *s = &b->seen[i];
		if (s->thread != thread || segment < s->first || segment > s->last + 1)
			continue;
		if (segment > s->last)
			s->last = segment;
		return;
	}
	b->seen[b->seens] =
		(struct lh_chain_visit){chain, thread, segment, segment, b->node[chain].visit, 0};
	b->node[chain].visit = b->seens;
	book_log(b, STEP_SEEN, b->seens++);
}

static inline void book_many(struct book *b, lh_chain_id chain)
{
	b->node[chain].flags |= LH_CHAIN_MANY_THREADS;
	book_log(b, STEP_MANY, chain);
}

static inline struct lh_order_input book_facts(const struct book *b)
{
	return (struct lh_order_input){.lock = b->lock,
				       .thread = b->thread,
				       .chain = b->node,
				       .visit = b->seen,
				       .hb_edge = b->event,
				       .locks = b->locks,
				       .threads = b->threads,
				       .chains = b->nodes,
				       .visits = b->seens,
				       .hb_edges = b->events,
				       .hb_edges_lost = b->orders_lost};
}

/* ---- what a thread does ---- */

enum {
	X = LH_EXCLUSIVE,
	S = LH_SHARED,
	P = LH_PERMIT,
	WAIT = LH_BLOCKING << 4,
	TIMED = LH_TIMED << 4,
	TRY = LH_TRY << 4
};

struct take {
	lh_lock_id lock;
	uint32_t as; /* mode | how */
};

/* This thread, in this segment, takes these one after the other and keeps them. */
static inline void takes(struct book *b, lh_thread_id t, uint32_t segment, uint32_t n,
			 const struct take *k)
{
	lh_chain_id at = 0;

	for (uint32_t i = 0; i < n; i++) {
		at = book_node(b, at, k[i].lock, (lh_site)(n * 16 + i + 1) << 8 | k[i].as);
		book_seen(b, at, t, segment);
	}
}

/* ---- rings ---- */

enum { RING_MAX = 24, RINGS_MAX = 4096 };

struct ring {
	uint32_t n, filter;
	struct ring_link {
		lh_lock_id held;
		lh_site held_place; /* without how */
		lh_lock_id wanted;
		lh_site wanted_place;
	} link[RING_MAX];
};

struct rings {
	uint32_t n, lost;
	struct ring ring[RINGS_MAX];
};

/* The later the test that failed, the nearer. */
static inline uint32_t ring_nearness(uint32_t filter)
{
	return filter == LH_F_NONE ? LH_FILTERS : filter;
}

static inline void ring_turn(struct ring *r)
{
	struct ring_link turned[RING_MAX];
	uint32_t least = 0;

	for (uint32_t i = 1; i < r->n; i++)
		if (memcmp(&r->link[i], &r->link[least], sizeof r->link[0]) < 0)
			least = i;
	for (uint32_t i = 0; i < r->n; i++)
		turned[i] = r->link[(least + i) % r->n];
	memcpy(r->link, turned, r->n * sizeof turned[0]);
}

static inline struct ring *rings_find(struct rings *s, const struct ring *r)
{
	for (uint32_t i = 0; i < s->n; i++)
		if (s->ring[i].n == r->n &&
		    !memcmp(s->ring[i].link, r->link, r->n * sizeof r->link[0]))
			return &s->ring[i];
	return NULL;
}

/* The same ring again keeps the best that was said of it. */
static inline void rings_add(struct rings *s, struct ring r)
{
	struct ring *old;

	for (uint32_t i = 0; i < r.n; i++)
		r.link[i].held_place &= ~(lh_site)0xf0;
	ring_turn(&r);
	old = rings_find(s, &r);
	if (old) {
		if (ring_nearness(r.filter) > ring_nearness(old->filter))
			old->filter = r.filter;
	} else if (s->n < RINGS_MAX) {
		s->ring[s->n++] = r;
	} else {
		s->lost++;
	}
}

#endif
