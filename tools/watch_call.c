/*
 * Part of the room `watch`: a thread that holds a lock and sleeps in a system call.
 *
 * Two looks that find it in the same call, without a turn on a CPU in between, are one sleep;
 * when it has lasted for the limit it is told. A wait for another watched lock is not (that
 * is contention), nor is one that is part of a deadlock, nor an uninterruptible sleep for a
 * device or a page, unless the call is one that waits for the disk and says so.
 */
#include "watch_inside.h"

#include "callwords.h"

#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

enum {
	YOUNG_MS = 3,
	ASKED_MAX = 64, /* threads that /proc is asked about in one round */
	PAUSE_BUSY = 3, /* rounds that one is left alone that does not sleep */
	PAUSE_TOLD = 8, /* and one of which all is said */
};
#define MS 1000000ull

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* The locks it holds, the one taken last first; how many. */
static uint32_t held_locks(const struct lh_watched *p, const struct lh_seat *s,
			   const struct lh_held *out[LH_DEEP])
{
	struct lh_lock l;
	uint32_t n = 0;

	for (uint32_t k = s->held_n; k-- > 0 && n < LH_DEEP;)
		if (lh_watch_is_lock(p, &s->held[k], &l))
			out[n++] = &s->held[k];
	return n;
}

static bool waits_for_lock(const struct lh_watched *p, uint32_t seat, const struct lh_seat *s)
{
	struct lh_lock l;

	if (!s->wait_lock || !s->wait_on)
		return false;
	if (s->wait_on == LH_WAIT_LOCK || s->wait_on == LH_WAIT_ONCE)
		return !lh_read_lock(&p->record, s->wait_lock, &l) || !(l.flags & LH_LOCK_SIGNAL);
	return s->wait_on == LH_WAIT_JOIN && lh_watch_circle(p, seat);
}

/* A futex that nothing of ours waits on: a lock inside the C library, or of another kind than ours.
 */
static bool counts(const struct lh_watched *p, uint32_t seat, const struct lh_seat *s,
		   const struct lh_task *t, const struct lh_task_call *c)
{
	if (c->in != LH_TASK_CALL || t->state == 'R' || t->state == 'T' || t->state == 't')
		return false;
	if (waits_for_lock(p, seat, s) || (c->nr == SYS_futex && !s->wait_on))
		return false;
	return t->state != 'D' || lh_call_syncs(c->nr);
}

static uint64_t key_of(const struct lh_lock *l, const struct lh_held *h, lh_place place, long nr)
{
	uint64_t k = lh_watch_birth(l, h->lock) * 0x9e3779b97f4a7c15u ^ LH_PLACE_STACK(place);

	return (k * 0x94d049bb133111ebu ^ (uint64_t)nr) * 0xbf58476d1ce4e5b9u | 1;
}

static void add_steps(struct lh_watched *p, uint32_t row, const struct lh_seat *s,
		      const struct lh_held *const *held, uint32_t n, lh_place place,
		      const char *words)
{
	lh_lock_id on = s->wait_on ? s->wait_lock : 0;

	for (uint32_t i = 0; i < n; i++)
		lh_watch_step(p, row,
			      &(struct lh_step){.thread = s->thread,
						.lock = held[i]->lock,
						.place = held[i]->place,
						.action = LH_HOLDS,
						.tick = held[i]->tick},
			      "");
	lh_watch_step(p, row,
		      &(struct lh_step){.thread = s->thread,
					.lock = on,
					.place = place,
					.action = LH_CALLS,
					.tick = (uint32_t)(p->now_ns / MS)},
		      words);
}

/* It has slept for long enough: where, and in what? */
static void tell(struct lh_watched *p, struct lh_sight *at, const struct lh_seat *s, char state,
		 const struct lh_held *const *held, uint32_t n)
{
	char words[LH_NOTE_MAX];
	struct lh_sample sample;
	struct lh_finding *f;
	struct lh_lock l;

	if (!lh_watch_may_sample(p))
		return; /* in the next round then */
	lh_watch_sample(p, s, &at->call, &sample);
	at->stopped_by_us |= sample.stopped_ns > 0;
	lh_place place = lh_watch_place(p, &sample);
	if (!lh_read_lock(&p->record, held[0]->lock, &l))
		return;
	uint64_t key = key_of(&l, held[0], place, at->call.nr);
	at->told = true;
	at->row = lh_watch_find(p, key);
	f = lh_watch_row(p, at->row);
	if (f) {
		f->count++;
		return;
	}
	at->row = lh_watch_finding(p, LH_RULE_BLOCKING_CALL, key, s->thread);
	f = lh_watch_row(p, at->row);
	if (!f)
		return;
	lh_watch_words(p, s, s->tid, state, &at->call, words, sizeof(words));
	f->duration_ns = less(p->now_ns, at->since_ns);
	add_steps(p, at->row, s, held, n, place, words);
	lh_watch_tell(p, LH_NEWS_FOUND, at->row, "");
}

static void begin(struct lh_watched *p, struct lh_sight *at, const struct lh_task_call *c,
		  const struct lh_task *t)
{
	at->call = *c;
	at->turns = t->turns;
	at->since_ns = p->now_ns;
	at->told = false;
	at->row = 0;
	at->stopped_by_us = false;
}

static void end(struct lh_sight *at)
{
	at->call.in = LH_TASK_RUNS;
	at->told = false;
	at->row = 0;
}

static void go_on(struct lh_watched *p, struct lh_sight *at, const struct lh_seat *s, char state,
		  const struct lh_held *const *held, uint32_t n)
{
	struct lh_finding *f = lh_watch_row(p, at->row);
	uint64_t slept = less(p->now_ns, at->since_ns);

	if (f && slept > f->duration_ns)
		f->duration_ns = slept;
	if (!at->told && slept >= p->watch->wants.blocking_ns)
		tell(p, at, s, state, held, n);
}

/* Is this seat's turn to be asked about? Those that do the same for long are asked more seldom. */
static bool is_due(struct lh_watched *p, struct lh_sight *at)
{
	if (at->skip) {
		at->skip--;
		return false;
	}
	return p->asked++ < ASKED_MAX;
}

static void look(struct lh_watched *p, uint32_t seat, const struct lh_seat *s,
		 const struct lh_held *const *held, uint32_t n)
{
	struct lh_sight *at = &p->sight[seat];
	struct lh_task_call c;
	struct lh_task t;

	lh_task_call(p->pid, s->tid, &c);
	if (c.in != LH_TASK_CALL || !lh_task_look(p->pid, s->tid, &t) ||
	    !counts(p, seat, s, &t, &c)) {
		end(at);
		at->pause = at->pause < PAUSE_BUSY ? at->pause + 1 : PAUSE_BUSY;
	} else if (at->call.in != LH_TASK_CALL || !lh_task_same(&at->call, &c) ||
		   (at->turns != t.turns && !at->stopped_by_us)) {
		begin(p, at, &c, &t);
		at->pause = 0;
	} else {
		at->turns = t.turns;
		at->stopped_by_us = false;
		go_on(p, at, s, t.state, held, n);
		at->pause = at->told ? PAUSE_TOLD : 0;
	}
	at->skip = at->pause;
}

void lh_call_look(struct lh_watched *p, uint32_t seat, const struct lh_seat *s)
{
	const struct lh_held *held[LH_DEEP];
	struct lh_sight *at = &p->sight[seat];
	uint32_t n = p->watch->wants.blocking_ns ? held_locks(p, s, held) : 0;

	/* Held since a moment ago: it would be over before we have asked. */
	if (!n || (uint64_t)held[n - 1]->tick * MS + YOUNG_MS * MS > p->now_ns) {
		end(at);
		at->skip = at->pause = 0;
	} else if (is_due(p, at)) {
		look(p, seat, s, held, n);
	}
}
