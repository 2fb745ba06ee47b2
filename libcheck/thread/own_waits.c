/* own_waits.c — counts the waits of a thread that waits often. */
#include "libcheck/thread/own_waits.h"
#include "libcheck/lock/contention.h"

static const struct lh_own_rule rule = {
	.first = LH_OWN_WAITS_AT_ONCE, .keep = LH_OWN_WAITS_KEPT, .quiet = LH_OWN_WAITS_QUIET_MS};

static void add_to_lock(struct lh_own_waits *w, lh_thread_id thread)
{
	uint32_t n = lh_own_take(&w->count), measured = w->measured;
	struct lh_lock *l = n ? lh_lock_row(w->count.lock) : NULL;

	w->measured = 0;
	if (l && l->stats && measured)
		lh_contention_add_waits(l, thread, (enum lh_mode)w->mode, w->ns, measured, n);
}

bool lh_own_wait_begin_slow(struct lh_self *self, struct lh_own_waits *w, lh_lock_id lock,
			    enum lh_mode mode)
{
	if (w->count.kept)
		add_to_lock(w, self->live_saved->thread);
	w->mode = mode;
	return !lh_own_keep(&w->count, lock, lh_clock_tick(), rule);
}

void lh_own_waits_end(struct lh_self *self, lh_thread_id thread)
{
	for (uint32_t i = 0; i < LH_OWN_WAITS; i++)
		if (self->own_waits[i].count.kept)
			add_to_lock(&self->own_waits[i], thread);
}
