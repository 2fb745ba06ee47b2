/*
 * lock_use.c — rules about the life of an object: it is used although it is no lock (invalid-lock),
 * it ends while threads sleep in it (destroy-held), threads wait on it with two mutexes
 * (cond-two-mutexes).
 *
 * The evidence is in the object's bytes (lock/lock_state.h). Memory that was cleared, or filled by
 * a static initializer, a constructor or an init call, is a new lock, whatever was there before.
 */
#include "libcheck/rules/finding.h"
#include "libcheck/lock/lock_state.h"
#include "libcheck/stack/stack.h"

/* ---- invalid-lock ---- */

/* exit() runs handlers and destructors, which destroy locks that late users still need: too late to
 * be worth a report. */
static bool exits;

void lh_note_destroy(lh_stack_id stack)
{
	exits |= lh_stack_is_in_exit(stack);
}

/* Our own row is the evidence, so an init call that was not recorded would make it false. */
static bool is_known_destroyed(const void *object, enum lh_kind kind)
{
	const struct lh_ledger *ledger = lh_own_ledger.ledger;
	uint32_t row = kind == LH_RWLOCK || kind == LH_SEM
			       ? lh_lock_find_destroyed(object, kind, true)
			       : 0;

	return row && !ledger->dropped_events && !ledger->unrecorded;
}

bool lh_is_invalid(const void *object, enum lh_kind kind)
{
	return !lh_lock_is_valid(object, kind) || is_known_destroyed(object, kind);
}

static lh_stack_id destroy_stack_of(const struct lh_lock *l)
{
	bool is_known =
		l->kind != LH_SEM && l->kind != LH_BARRIER && l->destroy_stack != LH_LOCK_REVIVED;

	return is_known ? l->destroy_stack : 0;
}

/* One finding for all locks that one line initialized and one line destroyed. */
static uint64_t key_of(const struct lh_lock *l)
{
	uint64_t h = l->init_stack * 0x9e3779b97f4a7c15u ^ destroy_stack_of(l);

	return l->init_stack && destroy_stack_of(l)
		       ? (h ^ (uint64_t)LH_RULE_INVALID_LOCK << 56) * 0x94d049bb133111ebu | 1
		       : 0;
}

/* glibc does not mind the destroy of what is no lock, except that it divides by a barrier's count.
 */
static bool is_fatal(const void *object, enum lh_kind kind)
{
	return kind == LH_BARRIER && !lh_glibc_load(object, LH_GLIBC_BARRIER_COUNT);
}

uint32_t lh_check_use(struct lh_self *self, const void *object, enum lh_kind kind, lh_site site,
		      enum lh_action action)
{
	if (!lh_is_invalid(object, kind) || exits || lh_stack_is_in_exit(LH_SITE_STACK(site)))
		return 0;
	uint32_t row = lh_lock_find_destroyed(object, kind, false);
	const struct lh_lock *l = row ? &LH_LOCKS[row] : lh_lock_make(object, kind);
	if (!l)
		return 0;
	struct lh_finding_draft *draft =
		lh_finding_begin(LH_RULE_INVALID_LOCK, LH_HAPPENED, self->live_saved->thread);
	if (action == LH_DESTROYS && !is_fatal(object, kind))
		draft->severity = LH_WARNING;
	draft->key = row ? key_of(l) : 0;
	if (row && destroy_stack_of(l))
		lh_finding_add_step(draft, 0, lh_lock_id_of(l),
				    LH_SITE(destroy_stack_of(l), 0, LH_EXCLUSIVE), LH_DESTROYS);
	lh_finding_add_step(draft, draft->thread, lh_lock_id_of(l), site, action);
	return lh_finding_commit(draft, LH_F_NONE);
}

/* ---- destroy-held: a thread sleeps in the object ---- */

static uint32_t sleeper_of(lh_lock_id lock)
{
	for (uint32_t i = 1; i < lh_rows_used(LH_T_LIVE_THREAD); i++)
		if (LH_LIVE_THREADS[i].state == LH_LIVE_ATTACHED &&
		    LH_LIVE_THREADS[i].wait_lock == lock &&
		    LH_SITE_HOW(LH_LIVE_THREADS[i].wait_site) == LH_BLOCKING)
			return i;
	return 0;
}

uint32_t lh_check_destroy_slept_in(struct lh_self *self, struct lh_lock *l, const void *object,
				   lh_site site)
{
	lh_lock_id id = lh_lock_id_of(l);
	uint32_t sleeper = lh_lock_sleepers(object, l->kind) ? sleeper_of(id) : 0;

	/* at exit the sleeper ends with the process, unless the destroy waits for it */
	if (!sleeper || (l->kind == LH_SEM && lh_stack_is_in_exit(LH_SITE_STACK(site))))
		return 0;
	struct lh_finding_draft *draft =
		lh_finding_begin(LH_RULE_DESTROY_HELD, LH_HAPPENED, self->live_saved->thread);
	lh_finding_add_step(draft, LH_LIVE_THREADS[sleeper].thread, id,
			    LH_LIVE_THREADS[sleeper].wait_site, LH_WAITS_FOR);
	lh_finding_add_step(draft, draft->thread, id, site, LH_CALLS);
	return lh_finding_commit(draft, LH_F_NONE);
}

/* ---- cond-two-mutexes ---- */

uint32_t lh_check_cond_mutexes(struct lh_self *self, const struct lh_lock *cond,
			       const struct lh_lock *mutex, const void *object, lh_site site)
{
	lh_lock_id id = lh_lock_id_of(cond), with = lh_lock_id_of(mutex);
	uint32_t other = 0, same = 0, sleepers = lh_lock_sleepers(object, (enum lh_kind)cond->kind);

	/* the sleepers are counted by their waits, so none of these may be missing */
	if (!sleepers || lh_own_ledger.ledger->dropped_events || lh_own_ledger.ledger->unrecorded)
		return 0;
	for (uint32_t i = 1; i < lh_rows_used(LH_T_LIVE_THREAD); i++) {
		const struct lh_live_thread *live = &LH_LIVE_THREADS[i];
		if (i == self->number || live->state != LH_LIVE_ATTACHED || live->wait_lock != id)
			continue;
		if (live->wait_with == with)
			same++;
		else if (lh_lock_row(live->wait_with))
			other = i;
	}
	/* a thread that was signalled no longer waits; the sleepers may all have this mutex */
	if (!other || sleepers <= same)
		return 0;
	const struct lh_live_thread *waiter = &LH_LIVE_THREADS[other];
	struct lh_finding_draft *draft =
		lh_finding_begin(LH_RULE_COND_TWO_MUTEXES, LH_HAPPENED, self->live_saved->thread);
	lh_finding_add_step(draft, waiter->thread, waiter->wait_with, waiter->wait_site,
			    LH_RELEASES);
	lh_finding_add_step(draft, waiter->thread, id, waiter->wait_site, LH_WAITS_FOR);
	lh_finding_add_step(draft, draft->thread, with, site, LH_RELEASES);
	lh_finding_add_step(draft, draft->thread, id, site, LH_WAITS_FOR);
	return lh_finding_commit(draft, LH_F_NONE);
}
