/* retired.c — the lists of retired rows, and which of the rows may be revived. */
#include "libcheck/thread/retired.h"

static bool can_retire(const struct lh_lock *l)
{
	return (l->flags & LH_LOCK_INITED) && lh_lock_can_retire(l);
}

static bool push(struct lh_self *self, struct lh_lock *l)
{
	struct lh_retired *r = lh_retired_entry(self, l->init_stack);

	if (!r || r->n >= LH_RETIRED_MAX)
		return false;
	lh_lock_retire(l);
	l->next = r->first;
	*r = (struct lh_retired){l->init_stack, (uint32_t)(l - LH_LOCKS), r->first ? r->n + 1 : 1};
	return true;
}

bool lh_retired_push(struct lh_self *self, struct lh_lock *l)
{
	return can_retire(l) && !lh_chain_graph_knows(l) && push(self, l);
}

void lh_retired_push_or_end(struct lh_self *self, struct lh_lock *l)
{
	bool cached = false, retires = can_retire(l);

	lh_lock_retire(l); /* from here on it counts as destroyed */
	if (!retires || !lh_chain_clean(self, l, &cached) || cached || lh_chain_is_waited_for(l) ||
	    !push(self, l))
		lh_lock_destroy(l);
}

/* Can the row serve a lock with these flags, after the lock that it served has ended? */
static bool is_over(struct lh_self *self, const struct lh_lock *l, uint32_t flags)
{
	return (l->flags & ~(uint32_t)LH_LOCK_LIFE_FLAGS) == flags && !lh_chain_graph_knows(l) &&
	       lh_chain_release(self, l);
}

struct lh_lock *lh_retired_pop(struct lh_self *self, lh_stack_id init_stack, enum lh_kind kind,
			       uint32_t flags)
{
	enum { TRIES = 4 };
	struct lh_retired *r = lh_retired_entry(self, init_stack);
	uint32_t *at = r ? &r->first : NULL;

	for (int i = 0; r && i < TRIES && *at; i++, at = &LH_LOCKS[*at].next) {
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
