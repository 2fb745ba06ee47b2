/*
 * process_order.c — happens-before edges between processes.
 *
 * Certain are an exec and a fork: all that the parent's thread had done before the fork comes
 * before all that the child does. The locks that the thread held at the fork are held for the child
 * (lh_thread.creator_chain): a parent that holds a lock while it waits for its child excludes other
 * holders of the lock. Locks that the thread released while the child was alive do not count: then
 * it did not wait for the child's end.
 *
 * All other orders may be chance. If a process was started without a fork that we saw, its starter
 * may have done everything before. If a process was not seen alive after another began, something
 * may have waited for its end: all of the first comes before all of the other. (The monitor learns
 * late that a process ended by itself; so what counts is when the process last used a
 * process-shared lock.)
 */
#include "tools/lock_order/lock_order_internal.h"

#include <stdlib.h>

#define EVER UINT32_MAX /* a segment after all that a thread does */
enum { SAME_BOOT = 60 /* seconds by which the wall clock may have been set in between */ };
enum { SECOND = 1000000000 };

/* ---- times and parents ---- */

/* A file may contain any start time; then the boot time is computed modulo 2^64. */
static bool is_near(uint64_t a, uint64_t b)
{
	return a - b <= SAME_BOOT || b - a <= SAME_BOOT;
}

static void find_times(struct lh_merged_run *run, struct lh_merged_process *m)
{
	const struct lh_ledger *h = &m->process->ledger->head;

	m->first_seen = h->start_ns + h->watched_from_ns;
	m->last_seen = h->start_ns + (h->state == LH_LEDGER_ENDED ? h->end_ns : h->shared_ns);
	if (h->end == LH_END_RUNNING)
		m->last_seen = UINT64_MAX;
	if (m->last_seen <= m->first_seen)
		m->last_seen = m->first_seen + 1;
	m->boot = (h->start_wall_ns - m->first_seen) / SECOND;
	for (const struct lh_merged_process *k = run->process; k < m; k++)
		if (is_near(k->boot, m->boot)) {
			m->boot = k->boot;
			return;
		}
}

/* Pids are reused: the latest process with this pid that began before `m`. */
static struct lh_merged_process *latest(struct lh_merged_run *run,
					const struct lh_merged_process *m, int32_t pid)
{
	struct lh_merged_process *best = NULL;

	for (struct lh_merged_process *k = run->process; k < run->process + run->processes; k++)
		if (k != m && lh_ledger_pid(&k->process->ledger->head) == pid &&
		    k->boot == m->boot && k->first_seen <= m->first_seen &&
		    (!best || best->first_seen < k->first_seen))
			best = k;
	return best;
}

/* The process with this slot in the run file of the run of `m`. */
static struct lh_merged_process *of_slot(struct lh_merged_run *run,
					 const struct lh_merged_process *m, uint32_t slot)
{
	for (struct lh_merged_process *k = run->process; k < run->process + run->processes; k++) {
		const struct lh_ledger *h = &k->process->ledger->head;
		if (k != m && h->slot == slot && k->boot == m->boot &&
		    h->start_ns == m->process->ledger->head.start_ns)
			return k;
	}
	return NULL;
}

void lh_merged_find_times(struct lh_merged_run *run)
{
	for (uint32_t i = 0; i < run->processes; i++)
		find_times(run, &run->process[i]);
}

void lh_merged_find_parents(struct lh_merged_run *run)
{
	for (uint32_t i = 0; i < run->processes; i++) {
		struct lh_merged_process *m = &run->process[i];
		const struct lh_ledger *h = &m->process->ledger->head;

		if (h->flags & LH_LEDGER_FORKED)
			m->from = h->fork_slot ? of_slot(run, m, h->fork_slot)
					       : latest(run, m, h->fork_pid);
		else
			m->by = latest(run, m, lh_ledger_pid(h)); /* what it was before an exec */
		/* in another pid namespace the parent's number is another process's here */
		if (!m->from && !m->by && lh_ledger_pid(h) == h->pid)
			m->by = latest(run, m, h->parent);
	}
}

/* ---- happens-before edges ---- */

static void add_edge(struct lh_merged_run *run, lh_thread_id a, uint32_t a_segment, lh_thread_id b)
{
	LH_PUSH(run->arena, run->hb_edge, run->hb_edges,
		((struct lh_hb_edge){LH_HB_CREATE, a, a_segment, b, 0}));
}

/* The whole process comes before its end. */
static void add_end_edges(struct lh_merged_run *run, const struct lh_merged_process *m)
{
	for (lh_thread_id t = 1; t < m->threads; t++)
		add_edge(run, m->base + t, EVER, m->end);
}

/* An edge to every thread: a thread whose creator was not seen may have no path from the first. */
static void add_begin_edges(struct lh_merged_run *run, lh_thread_id after, uint32_t segment,
			    const struct lh_merged_process *m)
{
	for (lh_thread_id t = 1; t < m->threads; t++)
		add_edge(run, after, segment, m->base + t);
}

/* True if the thread that forked released this lock before the child was last seen alive. */
static bool was_released(const struct lh_merged_process *m, lh_lock_id lock)
{
	const struct lh_ledger_view *parent = m->from->process->ledger;
	uint32_t n = lh_read_used(parent, LH_T_HB_EDGE);
	struct lh_hb_edge e;

	for (uint32_t i = 1; i < n; i++) {
		if (!lh_read_hb_edge(parent, i, &e) || e.what != LH_HB_FORKER_RELEASED ||
		    e.b != lock || e.a != m->process->ledger->head.fork_thread)
			continue;
		uint64_t at = parent->head.start_ns + lh_hb_edge_ns(&e);
		if (at >= m->first_seen)
			return at < m->last_seen;
	}
	return false;
}

/* The locks that the thread held when it forked and did not release; a merged chain. */
static lh_chain_id creator_chain_of(struct lh_merged_run *run, const struct lh_merged_process *m)
{
	const struct lh_ledger_view *parent = m->from->process->ledger;
	lh_chain_id chain[LH_HELD_MAX], held = 0;
	uint32_t n =
		lh_read_chain_path(parent, m->process->ledger->head.fork_chain, chain, LH_HELD_MAX);
	struct lh_chain row;

	for (uint32_t i = 0; i < n; i++) {
		lh_chain_id merged = chain[i] < m->from->chains ? m->from->chain[chain[i]] : 0;

		if (merged && lh_read_chain_row(parent, chain[i], &row) &&
		    !was_released(m, row.lock))
			held = lh_merged_chain_get(run, held, run->chain[merged].lock,
						   run->chain[merged].site);
	}
	return held;
}

static bool is_certain_fork(const struct lh_merged_process *m)
{
	const struct lh_ledger *h = &m->process->ledger->head;

	return h->fork_thread && h->fork_thread < m->from->threads;
}

static void fork_from(struct lh_merged_run *run, const struct lh_merged_process *m)
{
	const struct lh_ledger *h = &m->process->ledger->head;
	lh_thread_id thread = m->from->base + h->fork_thread;

	if (!is_certain_fork(m)) {
		/* the time of a fork that we did not see is unknown */
		add_begin_edges(run, m->from->end, 0, m);
		return;
	}
	add_begin_edges(run, thread, h->fork_segment, m);
	lh_chain_id held = creator_chain_of(run, m);
	for (lh_thread_id t = 1; held && t < m->threads; t++) {
		run->thread[m->base + t].creator_chain = held;
		run->thread[m->base + t].creator = thread;
	}
}

static bool was_exec(const struct lh_merged_process *m)
{
	return m->by->process->pid == m->process->pid;
}

struct moment {
	uint64_t ns;
	const struct lh_merged_process *ends, *begins;
};

/* By time; at equal times "last seen" sorts before "began". */
static int by_time(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	return (x->begins != NULL) - (y->begins != NULL);
}

/* Orders the ends by time, each after the one before it; a process that begins comes after the last
 * end. */
static void add_time_order(struct lh_merged_run *run, uint64_t boot)
{
	struct moment *list = NULL;
	const struct lh_merged_process *last = NULL;
	uint32_t n = 0;

	for (const struct lh_merged_process *m = run->process; m < run->process + run->processes;
	     m++) {
		if (!m->merged || m->boot != boot)
			continue;
		LH_PUSH(run->arena, list, n, ((struct moment){m->first_seen, NULL, m}));
		LH_PUSH(run->arena, list, n, ((struct moment){m->last_seen, m, NULL}));
	}
	if (n > 1)
		qsort(list, n, sizeof(*list), by_time);
	for (uint32_t i = 0; i < n; i++) {
		if (list[i].begins && last)
			add_begin_edges(run, last->end, 0, list[i].begins);
		if (!list[i].ends)
			continue;
		if (last)
			add_edge(run, last->end, 0, list[i].ends->end);
		last = list[i].ends;
	}
}

void lh_merged_add_order(struct lh_merged_run *run)
{
	for (struct lh_merged_process *m = run->process; m < run->process + run->processes; m++) {
		if (!m->merged)
			continue;
		add_end_edges(run, m);
		if (m->from && m->from->merged && is_certain_fork(m))
			fork_from(run, m);
		if (m->by && m->by->merged && was_exec(m))
			add_begin_edges(run, m->by->end, 0, m);
	}
	run->certain_hb_edges = run->hb_edges;
	for (struct lh_merged_process *m = run->process; m < run->process + run->processes; m++) {
		if (m->merged && m->from && m->from->merged && !is_certain_fork(m))
			fork_from(run, m);
		if (m->merged && m->by && m->by->merged && !was_exec(m))
			add_begin_edges(run, m->by->end, 0, m);
	}
	for (struct lh_merged_process *m = run->process; m < run->process + run->processes; m++) {
		bool first = m->merged;

		for (const struct lh_merged_process *k = run->process; k < m && first; k++)
			first = !k->merged || k->boot != m->boot;
		if (first)
			add_time_order(run, m->boot);
	}
}
