/* findings.c — makes findings from the deadlocked threads of a solved wait-for graph. */
#include "tools/wait_graph/findings.h"

/* ---- steps ---- */

static void add_thread(struct lh_wait_findings *f, struct lh_wait_finding *out, uint32_t thread)
{
	LH_PUSH(f->arena, out->thread, out->threads, thread);
}

static void add_step(struct lh_wait_findings *f, struct lh_wait_finding *out,
		     struct lh_wait_step step)
{
	LH_PUSH(f->arena, out->step, out->steps, step);
}

/* In a cycle only the edges of the cycle count. */
static bool blocks(const struct lh_wait_node *waiter, uint32_t thread)
{
	for (uint32_t i = 0; !waiter->cycle && i < waiter->n_blockers; i++)
		if (waiter->blockers[i] == thread)
			return true;
	return waiter->cycle && waiter->next == thread;
}

/* Adds what the thread holds, each lock once, and its wait. A thread that blocks no thread of the
 * finding is not part of the deadlock. */
static void add_steps(struct lh_wait_findings *f, struct lh_wait_finding *out, uint32_t thread)
{
	uint32_t before = out->steps, lock = 0;

	for (uint32_t i = 0; i < out->threads; i++) {
		uint32_t waiter = out->thread[i];

		if (!blocks(&f->node[waiter], thread) || (lock && f->node[waiter].lock == lock))
			continue;
		add_step(f, out, (struct lh_wait_step){thread, true, waiter});
		lock = f->node[waiter].lock;
	}
	if (out->steps > before)
		add_step(f, out, (struct lh_wait_step){.thread = thread});
}

static void add_all_steps(struct lh_wait_findings *f, struct lh_wait_finding *out)
{
	for (uint32_t i = 0; i < out->threads; i++)
		add_steps(f, out, out->thread[i]);
}

/* ---- cycles ---- */

static uint32_t first_of_cycle(const struct lh_wait_findings *f, uint32_t cycle)
{
	uint32_t best = f->n;

	for (uint32_t i = 0; i < f->n; i++)
		if (f->node[i].cycle == cycle &&
		    (best == f->n || f->node[i].rank < f->node[best].rank))
			best = i;
	return best;
}

static bool find_cycle(struct lh_wait_findings *f, uint32_t cycle, struct lh_wait_finding *out)
{
	uint32_t first = first_of_cycle(f, cycle), at = first;
	bool reported = false;

	do {
		add_thread(f, out, at);
		reported |= f->node[at].reported;
		at = f->node[at].next;
	} while (at != first);
	for (uint32_t i = 0; i < out->threads; i++)
		f->node[out->thread[i]].reported = reported;
	if (reported)
		return false;
	out->rule = out->threads == 1 ? LH_RULE_SELF_DEADLOCK : LH_RULE_DEADLOCK;
	add_all_steps(f, out);
	return true;
}

/* ---- owners that have ended ---- */

static bool find_ended(struct lh_wait_findings *f, uint32_t waiter, struct lh_wait_finding *out)
{
	struct lh_wait_node *x = &f->node[waiter];

	if (!x->deadlocked || x->n_blockers != 1 || !f->node[x->blockers[0]].gone)
		return false;
	for (uint32_t i = 0; i < f->n; i++) /* one finding for each lock */
		x->reported |= f->node[i].reported && f->node[i].lock == x->lock;
	if (x->reported)
		return false;
	out->rule = LH_RULE_EXIT_HOLDING;
	add_thread(f, out, waiter);
	add_step(f, out, (struct lh_wait_step){x->blockers[0], true, waiter});
	add_step(f, out, (struct lh_wait_step){.thread = waiter});
	return true;
}

/* ---- counting semaphores, alone and together with locks ---- */

/* Lists `start` and each thread that it depends on, directly or not. False: one of them is in a
 * cycle, was reported, has ended, or is not deadlocked; or there are too many. */
static bool closure(struct lh_wait_findings *f, uint32_t start, struct lh_wait_finding *out)
{
	bool *in = lh_arena_alloc(f->arena, f->n);

	add_thread(f, out, start);
	in[start] = true;
	for (uint32_t i = 0; i < out->threads; i++) {
		const struct lh_wait_node *x = &f->node[out->thread[i]];

		if (x->cycle || x->reported || x->gone)
			return false;
		for (uint32_t k = 0; k < x->n_blockers; k++) {
			uint32_t to = x->blockers[k];

			if (!f->node[to].deadlocked || out->threads == f->threads_max)
				return false;
			if (!in[to])
				add_thread(f, out, to);
			in[to] = true;
		}
	}
	return true;
}

static bool find_semaphore(struct lh_wait_findings *f, uint32_t waiter, struct lh_wait_finding *out)
{
	const struct lh_wait_node *x = &f->node[waiter];

	if (!x->deadlocked || !x->one_of || x->n_blockers < 2 || x->reported ||
	    !closure(f, waiter, out))
		return false;
	out->rule = LH_RULE_POOL_DEADLOCK;
	for (uint32_t i = 0; i < out->threads; i++)
		if (f->node[out->thread[i]].lock != x->lock)
			out->rule = LH_RULE_DEADLOCK;
	add_all_steps(f, out);
	return true;
}

bool lh_wait_findings_next(struct lh_wait_findings *f, struct lh_wait_finding *out)
{
	bool found = false;

	while (!found && f->next < f->cycles + 2 * f->n) {
		uint32_t i = f->next++;

		*out = (struct lh_wait_finding){0};
		if (i < f->cycles)
			found = find_cycle(f, i + 1, out);
		else if (i < f->cycles + f->n)
			found = find_ended(f, i - f->cycles, out);
		else
			found = find_semaphore(f, i - f->cycles - f->n, out);
	}
	return found;
}
