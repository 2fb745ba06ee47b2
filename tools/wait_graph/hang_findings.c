/* hang_findings.c — adds the findings of the solved wait-for graph to the snapshot. */
#include "tools/wait_graph/hang.h"

#include <string.h>

static lh_thread_id id_of(const struct lh_hang *h, uint32_t i)
{
	return h->thread[i].id;
}

/* Begins a finding. `message`: NULL if the rule's own message fits. */
static void begin_finding(struct lh_hang *h, enum lh_rule rule, const char *message)
{
	if (lh_snapshot_put_finding(&h->snapshot, rule))
		LH_PUSH(h->arena, h->message, h->messages, message);
}

static void put_hold(struct lh_hang *h, uint32_t thread, lh_lock_id lock)
{
	const struct lh_hang_hold *hold = lh_hang_hold_of(h, thread, lock);

	lh_snapshot_put_step(&h->snapshot, id_of(h, thread), LH_HOLDS, lock, hold ? hold->site : 0);
}

/* The duration of a finding is that of its shortest wait. */
static void put_wait(struct lh_hang *h, uint32_t thread)
{
	const struct lh_hang_thread *t = &h->thread[thread];
	struct lh_finding *f = lh_snapshot_last_finding(&h->snapshot);

	if (f && t->ns && (!f->duration_ns || t->ns < f->duration_ns))
		f->duration_ns = t->ns;
	lh_snapshot_put_step(&h->snapshot, t->id,
			     t->wait.kind == LH_THREAD_END ? LH_JOINS : LH_WAITS_FOR, t->lock,
			     t->site);
}

/* ---- cycles ---- */

static uint32_t previous_in_cycle(const struct lh_hang *h, uint32_t i)
{
	uint32_t at = i;

	while (h->node[at].next != i)
		at = h->node[at].next;
	return at;
}

static void find_cycle(struct lh_hang *h, uint32_t first)
{
	bool self = h->node[first].next == first;
	uint32_t at = first;

	begin_finding(h, self ? LH_RULE_SELF_DEADLOCK : LH_RULE_DEADLOCK, NULL);
	do {
		put_hold(h, at, h->thread[previous_in_cycle(h, at)].lock);
		put_wait(h, at);
		at = h->node[at].next;
	} while (at != first);
}

/* A cycle of threads of other processes only is not reported, unless a thread of this process is
 * deadlocked too. */
static bool matters(const struct lh_hang *h, uint32_t cycle)
{
	bool waits = false;

	for (uint32_t i = 0; i < h->threads; i++) {
		if (h->node[i].cycle == cycle && !h->thread[i].foreign_process)
			return true;
		waits |= h->node[i].deadlocked && h->thread[i].waiting &&
			 !h->thread[i].foreign_process;
	}
	return waits;
}

static void find_cycles(struct lh_hang *h)
{
	for (uint32_t cycle = 1; cycle <= h->cycles; cycle++)
		for (uint32_t i = 0; i < h->threads; i++)
			if (h->node[i].cycle == cycle && matters(h, cycle)) {
				find_cycle(h, i);
				break;
			}
}

/* ---- owners that have ended ---- */

static void find_ended(struct lh_hang *h)
{
	for (uint32_t i = 0; i < h->threads; i++) {
		const struct lh_hang_thread *t = &h->thread[i];
		bool reported = false;

		if (!t->waiting || t->foreign_process || !h->node[i].deadlocked || !t->n_blockers ||
		    !h->thread[t->blockers[0]].ended)
			continue;
		for (uint32_t k = 0; k < i; k++) /* one finding for each lock */
			reported |= h->thread[k].waiting && h->thread[k].lock == t->lock;
		if (reported)
			continue;
		begin_finding(h, h->peek->forked ? LH_RULE_FORK_HOLDING : LH_RULE_EXIT_HOLDING,
			      lh_arena_printf(
				      h->arena,
				      "{who} waits for {lock}, whose owner %d is not a thread of "
				      "this process (%s)",
				      h->thread[t->blockers[0]].tid,
				      h->peek->forked ? "ended, or not copied by fork" : "ended"));
		put_hold(h, t->blockers[0], t->lock);
		put_wait(h, i);
	}
}

/* ---- counting semaphores ---- */

static bool is_counting_semaphore(const struct lh_hang *h, uint32_t i)
{
	const struct lh_hang_thread *t = &h->thread[i];

	if (!h->node[i].deadlocked || !h->node[i].one_of || t->n_blockers < 2)
		return false;
	for (uint32_t k = 0; k < t->n_blockers; k++)
		if (h->thread[t->blockers[k]].lock != t->lock)
			return false;
	return true;
}

static void find_semaphores(struct lh_hang *h)
{
	for (uint32_t i = 0; i < h->threads; i++) {
		const struct lh_hang_thread *t = &h->thread[i];
		bool reported = false;

		for (uint32_t k = 0; k < i; k++)
			reported |= is_counting_semaphore(h, k) && h->thread[k].lock == t->lock;
		if (reported || !is_counting_semaphore(h, i))
			continue;
		begin_finding(h, LH_RULE_POOL_DEADLOCK, NULL);
		for (uint32_t k = 0; k < t->n_blockers; k++) {
			put_hold(h, t->blockers[k], t->lock);
			put_wait(h, t->blockers[k]);
		}
	}
}

/* ---- all threads blocked ---- */

/* All threads wait and there is no other finding: a wakeup was lost, or will never come. */
static void find_all_blocked(struct lh_hang *h)
{
	uint32_t waiting = 0;

	for (uint32_t i = 0; i < h->threads; i++)
		waiting += h->thread[i].waiting && !h->thread[i].foreign_process;
	if (!h->all_blocked || h->messages || !waiting)
		return;
	if (h->peek->handlers) { /* the program may wait for a signal on purpose */
		h->idle = true;
		return;
	}
	begin_finding(h, LH_RULE_DEADLOCK,
		      waiting == 1 ? "{who} waits for {lock}, and there is no other thread"
				   : lh_arena_printf(
					     h->arena,
					     "all %u threads wait forever: no thread is left that "
					     "can wake any of them",
					     waiting));
	for (uint32_t i = 0; i < h->threads; i++)
		if (h->thread[i].waiting && !h->thread[i].foreign_process)
			put_wait(h, i);
}

uint32_t lh_hang_find(struct lh_hang *h)
{
	find_cycles(h);
	find_ended(h);
	find_semaphores(h);
	find_all_blocked(h);
	return h->messages;
}
