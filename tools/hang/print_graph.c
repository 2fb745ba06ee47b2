/*
 * print_graph.c — prints all threads with what they hold and wait for. A thread that holds a lock
 * has a line of its own; threads that hold none and wait for the same object share a line.
 */
#include "tools/hang/writer.h"

static bool holds_a_lock(const struct lh_hang_writer *g, uint32_t thread)
{
	for (uint32_t i = 0; i < g->hang->holds; i++)
		if (g->hang->hold[i].thread == thread && lh_hang_is_lock(g, g->hang->hold[i].lock))
			return true;
	return false;
}

const char *lh_hang_mode_text(const struct lh_hang_writer *g, const struct lh_hang_hold *h)
{
	const struct lh_report_lock *lock = lh_report_get_lock(g->report, g->process, h->lock);

	if (LH_SITE_MODE(h->site) == LH_PERMIT)
		return "a permit of ";
	return lock->row.kind == LH_RWLOCK && LH_SITE_MODE(h->site) == LH_SHARED ? "shared " : "";
}

static void draw_holds(const struct lh_hang_writer *g, uint32_t thread, bool stacks)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < g->hang->holds; i++) {
		const struct lh_hang_hold *h = &g->hang->hold[i];

		if (h->thread != thread || !lh_hang_is_lock(g, h->lock) || n++ >= LH_HOLDS_SHOWN)
			continue;
		const char *at = lh_hang_at(g, LH_SITE_STACK(h->site));
		bool timed = h->ns && !g->folded;
		fprintf(g->out, "    holds %s%s%s%s%s%s\n", lh_hang_mode_text(g, h),
			lh_hang_lock_text(g, h->lock), timed ? " for " : "",
			timed ? lh_report_time(g->report, h->ns) : "", at[0] ? ", acquired" : "",
			at[0] ? at + 1 : "");
		if (stacks)
			lh_hang_stack(g, LH_SITE_STACK(h->site));
	}
	if (n > LH_HOLDS_SHOWN)
		fprintf(g->out, "    holds %s\n",
			lh_hang_plural(g, n - LH_HOLDS_SHOWN, "more lock", "more locks"));
}

/* " 3.2 s", the longest of these waits */
static const char *how_long(const struct lh_hang_writer *g, const uint32_t *list, uint32_t n)
{
	uint64_t ns = 0;

	for (uint32_t i = 0; i < n; i++)
		if (g->hang->thread[list[i]].ns > ns)
			ns = g->hang->thread[list[i]].ns;
	return ns && !g->folded ? lh_arena_printf(g->arena, " %s%s", n > 1 ? "up to " : "",
						  lh_report_time(g->report, ns))
				: NULL;
}

void lh_hang_print_waiters(const struct lh_hang_writer *g, const uint32_t *list, uint32_t n,
			   bool brief)
{
	const struct lh_hang_thread *t = &g->hang->thread[list[0]];
	const char *at = lh_hang_at(g, t->stack), *time = brief ? NULL : how_long(g, list, n),
		   *verb = time     ? n == 1 ? "has waited" : "have waited"
			   : n == 1 ? "waits"
				    : "wait";

	fprintf(g->out, "  %s %s%s %s%s%s%s\n",
		n == 1 ? lh_hang_thread_text(g, list[0])
		       : lh_hang_plural(g, n, "thread", "threads"),
		verb, time ? time : "", lh_hang_wait_target(g, t),
		lh_hang_wait_reason(t, g->hang->node[list[0]].deadlocked),
		t->wait.timed ? ", with a time limit" : "", brief && n > 1 ? "" : at);
	if (n > 1)
		fprintf(g->out, "    %s%s\n", lh_hang_thread_list(g, list, n), brief ? at : "");
}

static void draw_others(const struct lh_hang_writer *g, const uint32_t *list, uint32_t n)
{
	const struct lh_hang_thread *t = &g->hang->thread[list[0]];

	if (n == 1)
		fprintf(g->out, "  %s %s%s\n", lh_hang_thread_text(g, list[0]),
			lh_hang_activity_text(g, t), lh_hang_at(g, t->stack));
	else
		fprintf(g->out, "  %u threads, each of which %s\n    %s\n", n,
			lh_hang_activity_text(g, t), lh_hang_thread_list(g, list, n));
}

static bool same_line(const struct lh_hang_writer *g, uint32_t a, uint32_t b, bool stacks)
{
	const struct lh_hang_thread *x = &g->hang->thread[a], *y = &g->hang->thread[b];

	if (x->waiting != y->waiting || (stacks && x->stack != y->stack))
		return false;
	if (x->waiting)
		return lh_hang_same_wait(x, y) &&
		       g->hang->node[a].deadlocked == g->hang->node[b].deadlocked;
	return lh_hang_activity_text(g, x) == lh_hang_activity_text(g, y) && x->stack == y->stack;
}

uint32_t lh_hang_gather(const struct lh_hang_writer *g, uint32_t first, bool *done, uint32_t *list,
			bool stacks)
{
	uint32_t n = 0;

	list[n++] = first;
	done[first] = true;
	if (holds_a_lock(g, first))
		return n;
	for (uint32_t k = first + 1; k < g->hang->threads; k++)
		if (!done[k] && !g->hang->thread[k].ended && same_line(g, first, k, stacks) &&
		    !holds_a_lock(g, k)) {
			done[k] = true;
			list[n++] = k;
		}
	return n;
}

void lh_hang_print_graph(const struct lh_hang_writer *g, bool stacks)
{
	const struct lh_hang *h = g->hang;
	bool *done = lh_arena_alloc(g->arena, h->threads + 1);
	uint32_t *list = lh_arena_alloc(g->arena, (h->threads + 1) * sizeof(*list)), n;

	for (uint32_t i = 0; i < h->threads; i++) {
		if (done[i] || h->thread[i].ended)
			continue;
		n = lh_hang_gather(g, i, done, list, stacks);
		if (h->thread[i].waiting)
			lh_hang_print_waiters(g, list, n, false);
		else
			draw_others(g, list, n);
		if (stacks)
			lh_hang_stack(g, h->thread[i].stack);
		draw_holds(g, i, stacks);
	}
}
