/* retired.c — the lists of retired rows, and which of the rows may be revived. */
#include "libcheck/thread/retired.h"

void lh_retired_push_or_end(struct lh_self *self, struct lh_lock *l)
{
	bool cached = false, retires = lh_retired_may_be(l);

	lh_lock_retire(l); /* from here on it counts as destroyed */
	if (!retires || !lh_chain_clean(self, l, &cached) || cached || lh_chain_is_waited_for(l) ||
	    !lh_retired_put(self, l))
		lh_lock_destroy(l);
}

/* Can the row serve a lock with these flags, after the lock that it served has ended? */
static bool is_over(struct lh_self *self, const struct lh_lock *l, uint32_t flags)
{
	return (l->flags & ~(uint32_t)LH_LOCK_LIFE_FLAGS) == flags && !lh_chain_graph_knows(l) &&
	       lh_chain_release(self, l);
}

struct lh_lock *lh_retired_pop_slow(struct lh_self *self, struct lh_retired *r, enum lh_kind kind,
				    uint32_t flags)
{
	enum { TRIES = 4 };
	uint32_t *at = &r->first;

	for (int i = 0; i < TRIES && *at; i++, at = &LH_LOCKS[*at].next) {
		struct lh_lock *l = &LH_LOCKS[*at];
		if (l->kind != kind || !is_over(self, l, flags))
			continue;
		*at = l->next;
		r->n--;
		return l;
	}
	return NULL;
}

bool lh_retired_is_over(struct lh_self *self, const struct lh_lock *l, uint32_t flags)
{
	return lh_lock_can_retire(l) && is_over(self, l, flags);
}

bool lh_retired_end_undestroyed(struct lh_self *self, struct lh_lock *l, uint32_t flags)
{
	bool cached = false, again = lh_lock_can_retire(l);

	lh_lock_retire(l);
	again = again && lh_chain_clean(self, l, &cached) && !cached && is_over(self, l, flags);
	if (!again)
		lh_lock_drop_retired(l);
	return again;
}

void lh_retired_end(struct lh_self *self, lh_stack_id init_stack)
{
	struct lh_retired *r = lh_retired_entry(self, init_stack);

	if (r && r->first)
		lh_retired_drop(r);
}
