/*
 * busy_wait.c — measures the CPU time of busy waits.
 *
 * For a thread that spins for a spinlock, or whose tries fail many times in a row, the CPU time
 * since the last sample is added to the lock and the site of the wait. Busy waits shorter than the
 * time between two samples are missed; the library counts their tries.
 */
#include "tools/watch/watch_internal.h"

static struct lh_busy_wait *row_of(struct lh_watch_process *p, lh_lock_id lock, lh_site site)
{
	const struct lh_busy_wait fresh = {.lock = lock, .site = site};
	struct lh_overlay *overlay = lh_watch_overlay(p);
	struct lh_busy_wait *b;

	if (!overlay)
		return NULL;
	for (uint32_t i = overlay->table[LH_T_BUSY_WAIT].base;
	     (b = lh_overlay_row(overlay, LH_T_BUSY_WAIT, i)); i++)
		if (b->lock == lock && b->site == site)
			return b;
	return lh_overlay_row(overlay, LH_T_BUSY_WAIT,
			      lh_overlay_add(overlay, LH_T_BUSY_WAIT, &fresh, 1));
}

/* The lock for which the thread waits without sleeping; 0: none. */
static lh_lock_id busy_wait_lock(const struct lh_watch_process *p,
				 const struct lh_thread_sample *at,
				 const struct lh_live_thread *live, lh_site *site)
{
	struct lh_lock l;

	if (live->wait_lock && live->wait_on == LH_WAIT_LOCK &&
	    lh_read_lock(&p->ledger, live->wait_lock, &l) && l.kind == LH_SPIN) {
		*site = live->wait_site;
		return live->wait_lock;
	}
	*site = live->try_site;
	return live->tries >= LH_TRIES_BUSY_WAIT && live->tries != at->tries ? live->try_lock : 0;
}

void lh_busy_wait_scan(struct lh_watch_process *p, uint32_t live_row,
		       const struct lh_live_thread *live)
{
	struct lh_thread_sample *at = &p->sample[live_row];
	struct lh_busy_wait *b;
	struct lh_task t;
	lh_site site;
	lh_lock_id lock = busy_wait_lock(p, at, live, &site);
	bool is_read =
		lock && lh_watch_may_read_proc(p, live_row) && lh_task_times(p->pid, live->tid, &t);
	uint64_t before = at->busy_cpu_ns;

	at->busy_cpu_ns = is_read ? t.run_ns : 0;
	if (!is_read)
		return;
	/* the next round samples it again */
	at->due_ns = p->now_ns;
	b = before && t.run_ns > before ? row_of(p, lock, site) : NULL;
	if (!b)
		return;
	b->cpu_ns += t.run_ns - before;
	b->samples++;
	if (t.run_ns - before > b->worst_ns) {
		b->worst_ns = t.run_ns - before;
		b->thread = live->thread;
	}
}
