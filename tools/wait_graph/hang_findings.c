/* hang_findings.c — adds the findings of the solved wait-for graph to the snapshot. */
#include "tools/wait_graph/findings.h"
#include "tools/wait_graph/hang.h"

/* `message`: NULL if the rule's own message fits. NULL: the table is full. */
static struct lh_finding *begin_finding(struct lh_hang *h, enum lh_rule rule, const char *message)
{
	struct lh_finding *f = lh_snapshot_put_finding(&h->snapshot, rule);

	if (f)
		LH_PUSH(h->arena, h->message, h->messages, message);
	return f;
}

void lh_hang_put_hold(struct lh_hang *h, struct lh_finding *f, uint32_t thread, lh_lock_id lock)
{
	const struct lh_hang_hold *hold = lh_hang_hold_of(h, thread, lock);

	lh_snapshot_put_step(&h->snapshot, f, h->thread[thread].id, LH_HOLDS, lock,
			     hold ? hold->site : 0);
}

/* The duration of a finding is that of its shortest wait. */
void lh_hang_put_wait(struct lh_hang *h, struct lh_finding *f, const struct lh_hang_thread *t)
{
	if (f && t->ns && (!f->duration_ns || t->ns < f->duration_ns))
		f->duration_ns = t->ns;
	lh_snapshot_put_step(&h->snapshot, f, t->id,
			     t->wait.kind == LH_THREAD_END ? LH_JOINS : LH_WAITS_FOR, t->lock,
			     t->site);
}

/* ---- findings of the graph ---- */

/* A deadlock of other processes only is reported if a thread of this process is deadlocked too; a
 * lock of theirs whose owner has ended is not. */
static bool matters(const struct lh_hang *h, const struct lh_wait_finding *f)
{
	bool waits = false;

	for (uint32_t i = 0; i < f->threads; i++)
		if (!h->thread[f->thread[i]].foreign_process)
			return true;
	for (uint32_t i = 0; i < h->threads; i++)
		waits |= h->node[i].deadlocked && h->thread[i].waiting &&
			 !h->thread[i].foreign_process;
	return waits && f->rule != LH_RULE_EXIT_HOLDING;
}

static struct lh_finding *begin_ended(struct lh_hang *h, pid_t owner)
{
	const char *reason = h->peek->forked ? "ended, or not copied by fork" : "ended";

	return begin_finding(
		h, h->peek->forked ? LH_RULE_FORK_HOLDING : LH_RULE_EXIT_HOLDING,
		lh_arena_printf(h->arena,
				"{who} waits for {lock}, whose owner %d is not a thread of "
				"this process (%s)",
				owner, reason));
}

static void report(struct lh_hang *h, const struct lh_wait_finding *f)
{
	struct lh_finding *row = f->rule == LH_RULE_EXIT_HOLDING
					 ? begin_ended(h, h->thread[f->step[0].thread].tid)
					 : begin_finding(h, f->rule, NULL);

	for (uint32_t i = 0; i < f->steps; i++)
		if (f->step[i].holds)
			lh_hang_put_hold(h, row, f->step[i].thread,
					 h->thread[f->step[i].waiter].lock);
		else
			lh_hang_put_wait(h, row, &h->thread[f->step[i].thread]);
	for (uint32_t i = 0; i < f->threads; i++)
		h->node[f->thread[i]].reported = true;
}

/* ---- all threads blocked ---- */

/* All threads wait and there is no other finding: a wakeup was lost, or will never come. */
static void find_all_blocked(struct lh_hang *h)
{
	struct lh_finding *f;
	uint32_t waiting = 0;

	for (uint32_t i = 0; i < h->threads; i++)
		waiting += h->thread[i].waiting && !h->thread[i].foreign_process;
	if (!h->all_blocked || h->messages || !waiting)
		return;
	if (h->peek->handlers) { /* the program may wait for a signal on purpose */
		h->idle = true;
		return;
	}
	f = begin_finding(h, LH_RULE_LOST_SIGNAL, NULL);
	for (uint32_t i = 0; i < h->threads; i++)
		if (h->thread[i].waiting && !h->thread[i].foreign_process)
			lh_hang_put_wait(h, f, &h->thread[i]);
}

uint32_t lh_hang_find(struct lh_hang *h)
{
	struct lh_wait_findings findings = {.node = h->node,
					    .n = h->threads,
					    .cycles = h->cycles,
					    .threads_max = UINT32_MAX,
					    .arena = h->arena};
	struct lh_wait_finding f;

	while (lh_wait_findings_next(&findings, &f))
		if (matters(h, &f))
			report(h, &f);
	find_all_blocked(h);
	return h->messages;
}
