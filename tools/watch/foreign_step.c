/*
 * foreign_step.c — copies a step of another process's thread into the overlay of this process, so
 * that a finding about both is complete in one file.
 */
#include "tools/process/copy_rows.h"
#include "tools/watch/watch_internal.h"

/* This process's id of the process-shared lock at this location; 0: it does not know the lock. */
static lh_lock_id find_own_lock(const struct lh_watch_process *p, const struct lh_lock_location *at)
{
	uint32_t n = lh_read_used(&p->ledger, LH_T_LOCK);
	struct lh_lock_location known;
	struct lh_lock l;

	for (uint32_t i = 1; i < n; i++)
		if (lh_read_lock_row(&p->ledger, i, &l) && lh_lock_is_live(&l) &&
		    l.flags & LH_LOCK_PSHARED && lh_read_lock_location(&p->ledger, i, &l, &known) &&
		    known.dev == at->dev && known.ino == at->ino && known.off == at->off)
			return LH_LOCK_ID(i, l.gen);
	return 0;
}

/* An overlay row for a lock that only the other process knows; found again by pid and lock id. */
static lh_lock_id add_foreign_lock(struct lh_row_copier *c, lh_lock_id id, const struct lh_lock *l)
{
	const struct lh_lock *old;
	uint32_t pid = (uint32_t)lh_ledger_pid(&c->from->head);
	struct lh_lock_stats stats;
	/* No address: it means nothing here. `owner` and `next` hold the other pid and lock id. */
	struct lh_lock copy = {.kind = l->kind,
			       .flags = l->flags,
			       .owner = pid,
			       .next = id,
			       .init_stack = l->init_stack,
			       .first_stack = l->first_stack};

	for (uint32_t i = c->to->table[LH_T_LOCK].base; (old = lh_overlay_row(c->to, LH_T_LOCK, i));
	     i++)
		if (old->owner == pid && old->next == id)
			return LH_LOCK_ID(i, old->gen);
	lh_read_lock_stats(c->from, l, &stats);
	stats.location = 0;
	if (l->flags & LH_LOCK_NAMED)
		copy.stats = lh_overlay_add(c->to, LH_T_LOCK_STATS, &stats, 1);
	return lh_copy_lock_row(c, copy);
}

static lh_lock_id copy_lock(struct lh_row_copier *c, const struct lh_watch_process *p,
			    lh_lock_id id)
{
	struct lh_lock_location at;
	struct lh_lock l;
	lh_lock_id known = 0;

	if (!lh_read_lock(c->from, id, &l))
		return 0;
	if (l.flags & LH_LOCK_PSHARED && lh_read_lock_location(c->from, LH_LOCK_ROW(id), &l, &at))
		known = find_own_lock(p, &at);
	return known ? known : add_foreign_lock(c, id, &l);
}

struct lh_step lh_watch_foreign_step(struct lh_watch_process *p, struct lh_arena *arena,
				     const struct lh_watch_process *from, const struct lh_step *s)
{
	struct lh_row_copier c = {
		.from = &from->ledger, .to = p->overlay, .own = &p->ledger, .arena = arena};
	struct lh_step step = {
		.lock = copy_lock(&c, p, s->lock),
		.site = lh_copy_site(&c, s->site),
		.action = s->action,
		.tick = s->tick,
	};
	struct lh_thread t;

	if (lh_read_thread(&from->ledger, s->thread, &t))
		step.thread =
			lh_put_foreign_thread(p->overlay, lh_ledger_pid(&from->ledger.head), &t);
	return step;
}
