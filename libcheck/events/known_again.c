/*
 * known_again.c — part of the room `track`: what the fast path does not know, and is no news.
 *
 * - A chain that this thread has been through and does not remember, because there are more
 *   of them than it has room for: the lock's own nodes tell.
 * - A lock that comes and goes in one place, by init and destroy or on the stack: its row is
 *   used again at once, by the thread that has destroyed it.
 *
 * None of it takes the big lock or writes what other threads write. What needs more than
 * that takes the long way, and so does everything that the judge must hear of.
 */
#include "libcheck/events/event_internal.h"

/* ---- locks that return ---- */

/* Nothing was asked for under it, so no circle goes through it and nobody will name it. */
static bool may_rest(const struct lh_lock *l)
{
	return lh_lock_may_return(l) && lh_node_all_leaves(l);
}

/* Destroyed by the program. (A signal handler that destroys one in between: a row is lost.) */
bool lh_rests(const struct lh_call *c)
{
	struct lh_me *me = lh_myself();
	struct lh_lock *l = me->seat ? lh_lock_known(c->o, (enum lh_kind)c->kind) : NULL;
	uint32_t *at = lh_resting_at(me, c->o);

	if (!l || l->kind != c->kind || *at || !(l->flags & LH_LOCK_INITED) || !may_rest(l))
		return false;
	lh_lock_rest(l);
	*at = (uint32_t)(l - LH_LOCKS);
	return true;
}

/* The one that lies where this one belongs has not returned: it makes room. */
void lh_work_rest(struct lh_event_work *w, struct lh_lock *l)
{
	uint32_t *at = lh_resting_at(w->me, (const void *)l->address);
	bool rests = may_rest(l) && (l->flags & LH_LOCK_INITED);

	if (*at)
		lh_lock_bury(&LH_LOCKS[*at]);
	*at = rests ? (uint32_t)(l - LH_LOCKS) : 0;
	if (rests)
		lh_lock_rest(l);
	else
		lh_lock_end(l);
}

/* Initialised at the address and in the place where one was before. */
bool lh_born_again(const struct lh_call *c, uint32_t flags)
{
	struct lh_me *me = lh_myself();
	uint32_t *at = lh_resting_at(me, c->o);

	if (!me->seat || !*at)
		return false;
	struct lh_lock *l = &LH_LOCKS[*at];
	const struct lh_context *x = lh_context_find(c->frame);
	if (!lh_lock_rests_at(l, c->o) || l->kind != c->kind || !x || x->stack != l->born ||
	    (l->flags & ~(uint32_t)(LH_LOCK_WRITTEN | LH_LOCK_PLAINLY)) != flags)
		return false;
	*at = 0;
	lh_lock_return(l, c->o);
	return true;
}

/*
 * A mutex whose word is zero lies where there was one that nobody destroyed: a std::mutex
 * on the stack. This thread has just taken it, so nobody else sees it now.
 */
static struct lh_lock *fresh(const struct lh_call *c)
{
	uint32_t row =
		c->kind == LH_MUTEX && !lh_lock_word(c->o, LH_MUTEX) ? lh_lock_find(c->o) : 0;
	struct lh_lock *l = row ? &LH_LOCKS[row] : NULL;

	if (!l || l->kind != LH_MUTEX || (l->flags & LH_LOCK_INITED) ||
	    (l->flags & ~(uint32_t)LH_LOCK_PLAINLY) != lh_lock_attributes(c->o, LH_MUTEX) ||
	    !may_rest(l))
		return NULL;
	lh_lock_return(l, c->o);
	return l;
}

/* ---- taken ---- */

/* A writer that is the first of its lock is news to the judge, and so are a child's orphans. */
static bool is_plain(const struct lh_me *me, const struct lh_lock *l, const struct lh_call *c)
{
	if (l->kind != c->kind ||
	    (c->kind == LH_RWLOCK && c->mode == LH_EXCLUSIVE && !(l->flags & LH_LOCK_WRITTEN)))
		return false;
	return !(me->seat->held_n && lh_held_find(me->seat, c->o)) && !lh_work_has_orphans(false);
}

bool lh_got_near(struct lh_me *me, const struct lh_call *c, lh_node_id parent, lh_lock_id id,
		 lh_place place)
{
	struct lh_lock *l = &LH_LOCKS[LH_LOCK_ROW(id)];

	if (!is_plain(me, l, c))
		return false;
	me = lh_enter(c->frame);
	lh_node_id node =
		lh_node_again(me, parent, id, place, !lh_life_matters(me->parked->thread));
	if (node)
		lh_hold_known(me, me->parked, l,
			      (struct lh_held){.address = (uintptr_t)c->o,
					       .lock = id,
					       .place = place,
					       .node = node});
	lh_leave(me);
	return node != 0;
}

bool lh_got_again(const struct lh_call *c)
{
	struct lh_me *me = lh_myself();
	struct lh_seat *s = me->seat;
	struct lh_lock *l = s && (c->stack || lh_contexts.off) ? fresh(c) : NULL;
	lh_node_id parent = l && s->held_n ? s->held[s->held_n - 1].node : 0;

	return l && s->held_n < LH_HELD_MAX && (parent || !s->held_n) &&
	       lh_got_near(me, c, parent, lh_lock_id_of(l), LH_PLACE(c->stack, c->how, c->mode));
}
