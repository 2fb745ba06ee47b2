/* own_waits.c — counts the waits of a thread that waits often. */
#include "libcheck/thread/own_waits.h"
#include "libcheck/lock/contention.h"

/* The process may end meanwhile, in another thread: each wait is added once. */
static void add_to_lock(struct lh_own_waits *w, lh_thread_id thread)
{
	uint32_t n = __atomic_exchange_n(&w->n, 0, __ATOMIC_RELAXED), measured = w->measured;
	struct lh_lock *l = n ? lh_lock_row((lh_lock_id)w->key) : NULL;

	w->measured = 0;
	if (l && l->stats && measured)
		lh_contention_add_waits(l, thread, (enum lh_mode)(w->key >> 32), w->ns, measured,
					n);
}

bool lh_own_wait_begin_slow(struct lh_self *self, struct lh_own_waits *w, uint64_t key,
			    uint32_t tick)
{
	bool goes_on = w->key == key && w->tick == tick;

	if (w->n && (!goes_on || w->n >= LH_OWN_WAITS_KEPT))
		add_to_lock(w, self->live_saved->thread);
	if (!goes_on) {
		w->key = key;
		w->tick = tick;
		w->at_once = 0;
	}
	if (w->at_once >= LH_OWN_WAITS_AT_ONCE)
		return false;
	w->at_once++;
	return true;
}

void lh_own_waits_end(struct lh_self *self, lh_thread_id thread)
{
	for (uint32_t i = 0; i < LH_OWN_WAITS; i++)
		if (self->own_waits[i].n)
			add_to_lock(&self->own_waits[i], thread);
}
