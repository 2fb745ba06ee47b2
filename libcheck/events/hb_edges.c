/*
 * hb_edges.c — adds happens-before edges and begins segments; makes the lock that stands for the
 * end of a thread.
 *
 * If an edge does not fit into the table, hb_edges_lost is set: from then on every cycle is
 * filtered, because any two threads may be ordered.
 */
#include "libcheck/events/event.h"

/* Called where a happens-before edge starts or ends in the thread. */
void lh_hb_next_segment(struct lh_self *self, struct lh_live_thread *live)
{
	live->segment++;
	lh_self_forget_visits(self);
}

void lh_hb_edges_lost(void)
{
	__atomic_store_n(&lh_own_ledger.ledger->hb_edges_lost, 1, __ATOMIC_RELAXED);
}

void lh_hb_edge_add(enum lh_hb_kind kind, lh_thread_id a, uint32_t a_segment, lh_thread_id b,
		    uint32_t b_segment)
{
	uint32_t at = lh_row_add(LH_T_HB_EDGE, 1);

	if (at)
		LH_HB_EDGES[at] = (struct lh_hb_edge){kind, a, a_segment, b, b_segment};
	else
		lh_hb_edges_lost();
}

/* The end of a thread is a lock without an object: no object can have its address. */
lh_lock_id lh_thread_end_lock(lh_thread_id thread)
{
	const void *object = (const void *)(LH_ADDRESS_NONE | (uint64_t)thread << 4);
	struct lh_lock *l = thread ? lh_lock_make(object, LH_THREAD_END) : NULL;

	if (!l)
		return 0;
	l->initial = thread;
	l->flags |= LH_LOCK_PINNED;
	LH_THREADS[thread].end_lock = lh_lock_id_of(l);
	return LH_THREADS[thread].end_lock;
}
