/* own_waits.c — counts the waits of a thread that waits often. */
#include "libcheck/thread/own_waits.h"
#include "libcheck/lock/contention.h"

enum { FIRST = 8 }; /* waits in one tick that are counted at once */

/* Readers and writers of one lock have different entries. */
static struct lh_own_waits *entry_of(struct lh_self *self, lh_lock_id lock, enum lh_mode mode)
{
	return &self->own_waits[(LH_LOCK_ROW(lock) + mode * (LH_OWN_WAITS / 2)) &
				(LH_OWN_WAITS - 1)];
}

static bool is_of(const struct lh_own_waits *w, lh_lock_id lock, enum lh_mode mode)
{
	return w->lock == lock && w->mode == mode;
}

/* The process may end meanwhile, in another thread: each wait is added once. */
static void add_to_lock(struct lh_own_waits *w, lh_thread_id thread)
{
	uint32_t n = __atomic_exchange_n(&w->n, 0, __ATOMIC_RELAXED);
	struct lh_lock *l = n ? lh_lock_row(w->lock) : NULL;

	if (l && l->stats)
		lh_contention_add_waits(l, thread, (enum lh_mode)w->mode, w->ns, n);
}

bool lh_own_wait_begin(struct lh_self *self, lh_lock_id lock, enum lh_mode mode)
{
	struct lh_own_waits *w = entry_of(self, lock, mode);
	uint32_t tick = lh_clock_tick();
	bool goes_on = is_of(w, lock, mode) && w->tick == tick;

	if (w->n && (!goes_on || w->n == LH_OWN_WAITS_KEPT))
		add_to_lock(w, self->live_saved->thread);
	if (!goes_on) {
		w->lock = lock;
		w->mode = (uint8_t)mode;
		w->tick = tick;
		w->in_tick = 0;
	}
	self->own_wait = w;
	if (w->in_tick >= FIRST)
		return false;
	w->in_tick++;
	return true;
}

void lh_own_waits_end(struct lh_self *self, lh_thread_id thread)
{
	for (uint32_t i = 0; i < LH_OWN_WAITS; i++)
		if (self->own_waits[i].n)
			add_to_lock(&self->own_waits[i], thread);
}
