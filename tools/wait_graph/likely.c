/*
 * likely.c — cycles with one wait in a futex whose owner is not certain: the only other thread that
 * is known to wake threads there may hold the lock behind the word.
 *
 * Solves a copy of the graph: nothing that is certain depends on such an edge.
 */
#include "libcheck/rules/wait_rules.h"
#include "tools/wait_graph/findings.h"
#include "tools/wait_graph/hang.h"

#include <string.h>

static uint32_t index_of(const struct lh_hang *h, lh_thread_id thread)
{
	for (uint32_t i = 0; i < h->threads; i++)
		if (h->thread[i].live && h->thread[i].live->thread == thread)
			return i;
	return UINT32_MAX;
}

/* The likely owner of the futex in which the thread waits; UINT32_MAX: not known. */
static uint32_t owner_of(const struct lh_hang *h, const struct lh_hang_thread *t, struct lh_lock *l)
{
	struct lh_lock_stats stats;
	lh_thread_id owner;

	if (t->wait.kind != LH_FUTEX || t->wait.shared || !t->live || !t->live->wait_lock ||
	    !lh_hang_waits_without_limit(t) || !lh_read_lock(h->ledger, t->live->wait_lock, l))
		return UINT32_MAX;
	lh_read_lock_stats(h->ledger, l, &stats);
	owner = lh_futex_likely_owner(l, &stats, t->live->thread);
	return owner ? index_of(h, owner) : UINT32_MAX;
}

/* Adds the likely edges to a copy of the graph. False: there are none. */
static bool add_edges(const struct lh_hang *h, struct lh_wait_node *node)
{
	bool any = false;

	memcpy(node, h->node, h->threads * sizeof(*node));
	for (uint32_t i = 0; i < h->threads; i++) {
		struct lh_lock l;
		uint32_t owner = owner_of(h, &h->thread[i], &l);

		if (owner == UINT32_MAX)
			continue;
		uint32_t *blocker = lh_arena_alloc(h->arena, sizeof(*blocker));
		*blocker = owner;
		any = node[i].waits = true;
		node[i].anyone = false;
		node[i].blockers = blocker;
		node[i].n_blockers = 1;
	}
	return any;
}

/* With two such waits the threads may hand work to each other and wait for a third one. And a
 * thread is joined while it waits for anything. */
static bool is_likely(const struct lh_hang *h, const struct lh_wait_finding *f)
{
	uint32_t futexes = 0;
	bool joins = false;

	for (uint32_t i = 0; i < f->threads; i++) {
		futexes += h->thread[f->thread[i]].wait.kind == LH_FUTEX;
		joins |= h->thread[f->thread[i]].wait.kind == LH_THREAD_END;
	}
	return !joins && f->rule == LH_RULE_DEADLOCK && futexes == 1;
}

static lh_site wake_site(struct lh_hang *h, uint32_t waiter, uint32_t owner)
{
	struct lh_lock l;

	owner_of(h, &h->thread[waiter], &l);
	if (l.thread != h->thread[owner].live->thread)
		return 0;
	return LH_SITE(lh_copy_stack(&h->snapshot.copier, l.wake_stack), LH_BLOCKING, LH_EXCLUSIVE);
}

static void add_steps(struct lh_hang *h, struct lh_finding *row, const struct lh_wait_finding *f)
{
	for (uint32_t i = 0; i < f->steps; i++) {
		const struct lh_wait_step *s = &f->step[i];
		const struct lh_hang_thread *t = &h->thread[s->thread], *waiter;

		if (!s->holds) {
			lh_hang_put_wait(h, row, t);
			continue;
		}
		waiter = &h->thread[s->waiter];
		if (waiter->wait.kind == LH_FUTEX)
			lh_snapshot_put_step(&h->snapshot, row, t->id, LH_HOLDS, waiter->lock,
					     wake_site(h, s->waiter, s->thread));
		else
			lh_hang_put_hold(h, row, s->thread, waiter->lock);
	}
}

void lh_hang_find_likely(struct lh_hang *h)
{
	struct lh_wait_node *node = lh_arena_alloc(h->arena, (h->threads + 1) * sizeof(*node));
	struct lh_wait_findings findings = {
		.node = node, .n = h->threads, .threads_max = UINT32_MAX, .arena = h->arena};
	struct lh_wait_finding f;
	struct lh_finding *row;

	if (!h->ledger || h->messages || h->all_blocked || !add_edges(h, node))
		return;
	findings.cycles = lh_wait_graph_solve(node, h->threads);
	while (findings.cycles && lh_wait_findings_next(&findings, &f)) {
		if (!is_likely(h, &f) ||
		    !(row = lh_snapshot_put_finding(&h->snapshot, LH_RULE_DEADLOCK)))
			continue;
		row->severity = LH_WARNING;
		row->flags |= LH_FINDING_LIKELY;
		add_steps(h, row, &f);
		LH_PUSH(h->arena, h->message, h->messages, NULL);
	}
}
