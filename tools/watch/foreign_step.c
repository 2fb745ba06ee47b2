/*
 * foreign_step.c — copies a step of another process's thread into the overlay of this process, so
 * that a finding about both is complete in one file.
 */
#include "tools/watch/watch_internal.h"

#include <string.h>

/* ---- threads ---- */

lh_thread_id lh_watch_dead_thread(struct lh_watch_process *p, const struct lh_dead_thread *dead)
{
	uint32_t base = p->overlay->table[LH_T_THREAD].base,
		 n = p->overlay->table[LH_T_THREAD].used;

	for (uint32_t i = base; i < base + n; i++) {
		const struct lh_thread *old = lh_overlay_row(p->overlay, LH_T_THREAD, i);
		if (old->tid == dead->tid && old->creator_segment == (uint32_t)dead->pid)
			return i;
	}
	struct lh_thread copy = {.tid = dead->tid,
				 .creator_segment = (uint32_t)dead->pid,
				 .flags = LH_THREAD_FOREIGN};
	memcpy(copy.name, dead->name, sizeof(copy.name));
	return lh_overlay_add(p->overlay, LH_T_THREAD, &copy, 1);
}

static lh_thread_id copy_thread(struct lh_watch_process *p, const struct lh_watch_process *from,
				lh_thread_id id)
{
	struct lh_dead_thread dead = {.pid = from->ledger.head.pid};
	struct lh_thread t;

	if (!lh_read_thread(&from->ledger, id, &t))
		return 0;
	dead.tid = t.tid;
	memcpy(dead.name, t.name, sizeof(dead.name));
	return lh_watch_dead_thread(p, &dead);
}

/* ---- stacks ---- */

static bool same_module(const struct lh_module *a, const struct lh_module *b)
{
	return a->start == b->start && a->end == b->end && a->base == b->base &&
	       a->build_id_n == b->build_id_n && !memcmp(a->build_id, b->build_id, a->build_id_n) &&
	       !memcmp(a->path, b->path, sizeof(a->path));
}

static uint32_t copy_module(struct lh_watch_process *p, const struct lh_watch_process *from,
			    uint32_t row)
{
	uint32_t used = lh_read_used(&p->ledger, LH_T_MODULE),
		 base = p->overlay->table[LH_T_MODULE].base,
		 n = p->overlay->table[LH_T_MODULE].used;
	struct lh_module m, known;

	if (!lh_read_module(&from->ledger, row, &m))
		return 0;
	m.link_map = 0;
	for (uint32_t i = 1; i < base + n; i = i + 1 == used ? base : i + 1)
		if (lh_read_module(&p->ledger, i, &known) && same_module(&known, &m))
			return i;
	return lh_overlay_add(p->overlay, LH_T_MODULE, &m, 1);
}

static lh_stack_id copy_stack(struct lh_watch_process *p, const struct lh_watch_process *from,
			      lh_stack_id id)
{
	uint64_t frame[LH_FRAMES_MAX];
	struct lh_stack s;
	uint32_t n = lh_read_frames(&from->ledger, id, frame);

	if (!n || !lh_read_stack(&from->ledger, id, &s))
		return 0;
	for (uint32_t i = 0; i < n; i++)
		frame[i] = LH_FRAME(copy_module(p, from, LH_FRAME_MODULE(frame[i])),
				    LH_FRAME_PC(frame[i]));
	struct lh_stack copy = {.n = (uint16_t)n,
				.flags = s.flags,
				.frame = lh_overlay_add(p->overlay, LH_T_FRAME, frame, n)};
	return copy.frame ? lh_overlay_add(p->overlay, LH_T_STACK, &copy, 1) : 0;
}

/* ---- locks ---- */

static bool same_location(const struct lh_lock_location *a, const struct lh_lock_location *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->off == b->off;
}

/* This process's id of the process-shared lock at this location; 0: it does not know the lock. */
static lh_lock_id find_own_lock(const struct lh_watch_process *p, const struct lh_lock_location *at)
{
	uint32_t n = lh_read_used(&p->ledger, LH_T_LOCK);
	struct lh_lock_location known;
	struct lh_lock l;

	for (uint32_t i = 1; i < n; i++)
		if (lh_read_lock_row(&p->ledger, i, &l) && lh_lock_is_live(&l) &&
		    l.flags & LH_LOCK_PSHARED && lh_read_lock_location(&p->ledger, i, &l, &known) &&
		    same_location(&known, at))
			return LH_LOCK_ID(i, l.gen);
	return 0;
}

/* An overlay row for a lock that only the other process knows; found again by pid and lock id. */
static lh_lock_id add_foreign_lock(struct lh_watch_process *p, const struct lh_watch_process *from,
				   lh_lock_id id, const struct lh_lock *l)
{
	uint32_t base = p->overlay->table[LH_T_LOCK].base, n = p->overlay->table[LH_T_LOCK].used;
	uint32_t pid = (uint32_t)from->ledger.head.pid;

	for (uint32_t i = base; i < base + n; i++) {
		const struct lh_lock *old = lh_overlay_row(p->overlay, LH_T_LOCK, i);
		if (old->owner == pid && old->next == id)
			return LH_LOCK_ID(i, old->gen);
	}
	/* No address: it means nothing here. `owner` and `next` hold the other pid and lock id. */
	struct lh_lock copy = {.gen = 1,
			       .kind = l->kind,
			       .flags = l->flags,
			       .owner = pid,
			       .next = id,
			       .init_stack = copy_stack(p, from, l->init_stack),
			       .first_stack = copy_stack(p, from, l->first_stack)};
	struct lh_lock_stats stats;
	lh_read_lock_stats(&from->ledger, l, &stats);
	stats.location = 0;
	if (l->flags & LH_LOCK_NAMED)
		copy.stats = lh_overlay_add(p->overlay, LH_T_LOCK_STATS, &stats, 1);
	uint32_t row = lh_overlay_add(p->overlay, LH_T_LOCK, &copy, 1);
	return row ? LH_LOCK_ID(row, 1) : 0;
}

static lh_lock_id copy_lock(struct lh_watch_process *p, const struct lh_watch_process *from,
			    lh_lock_id id)
{
	struct lh_lock_location at;
	struct lh_lock l;
	lh_lock_id known = 0;

	if (!lh_read_lock(&from->ledger, id, &l))
		return 0;
	if (l.flags & LH_LOCK_PSHARED &&
	    lh_read_lock_location(&from->ledger, LH_LOCK_ROW(id), &l, &at))
		known = find_own_lock(p, &at);
	return known ? known : add_foreign_lock(p, from, id, &l);
}

struct lh_step lh_watch_foreign_step(struct lh_watch_process *p,
				     const struct lh_watch_process *from, const struct lh_step *s)
{
	p->ledger.overlay = p->overlay;
	return (struct lh_step){
		.thread = copy_thread(p, from, s->thread),
		.lock = copy_lock(p, from, s->lock),
		.site = LH_SITE(copy_stack(p, from, LH_SITE_STACK(s->site)), LH_SITE_HOW(s->site),
				LH_SITE_MODE(s->site)),
		.action = s->action,
		.tick = s->tick,
	};
}
