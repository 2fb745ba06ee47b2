/* finding.c — drafts and commits findings, and checks the rules that need no graph. */
#include "libcheck/rules/finding.h"
#include "libcheck/rules/wait_rules.h"

enum { OWNER_CHECKING = LH_LOCK_ERRORCHECK | LH_LOCK_RECURSIVE | LH_LOCK_ROBUST | LH_LOCK_PI };

struct lh_finding_draft *lh_finding_begin(uint32_t rule, enum lh_level level, lh_thread_id thread)
{
	static struct lh_finding_draft draft;

	draft.rule = rule;
	draft.level = level;
	draft.severity = LH_ERROR;
	draft.assumed = false;
	draft.thread = thread;
	draft.key = 0;
	draft.n = 0;
	return &draft;
}

void lh_finding_add_step(struct lh_finding_draft *draft, lh_thread_id thread, lh_lock_id lock,
			 lh_site site, enum lh_action action)
{
	if (draft->n < (int)(sizeof(draft->step) / sizeof(draft->step[0])))
		draft->step[draft->n++] =
			(struct lh_step){thread, lock, site, action, lh_clock_tick(), 0, 0};
}

void lh_finding_leave_out(struct lh_finding_draft *draft, uint32_t holds)
{
	if (draft->n)
		draft->step[draft->n - 1].left_out += holds;
}

static uint64_t key_of(const struct lh_finding_draft *draft)
{
	uint64_t h = draft->rule * 0x9e3779b97f4a7c15u;

	for (int i = 0; i < draft->n; i++) {
		h = (h ^ LH_SITE_STACK(draft->step[i].site)) * 0xbf58476d1ce4e5b9u;
		h = (h ^ draft->step[i].action ^ h >> 31) * 0x94d049bb133111ebu;
	}
	return h | 1;
}

/* True if the earlier finding `f` was filtered or less severe: the new one replaces it. */
static bool is_worse(const struct lh_finding *f, enum lh_filter filter, enum lh_severity severity)
{
	return (f->filter && f->filter != (uint32_t)filter) ||
	       severity > (enum lh_severity)f->severity;
}

static bool was_reported(uint64_t key, enum lh_filter filter, enum lh_severity severity)
{
	for (uint32_t i = 1; i < lh_rows_used(LH_T_FINDING); i++) {
		struct lh_finding *f = &LH_FINDINGS[i];
		if (f->key != key || !f->rule)
			continue;
		if (!is_worse(f, filter, severity)) {
			f->count++;
			return true;
		}
		f->rule = LH_NO_RULE;
	}
	return false;
}

static bool names(const struct lh_finding *f, lh_lock_id lock)
{
	for (uint32_t i = 0; i < f->steps; i++)
		if (LH_STEPS[f->step + i].lock == lock)
			return true;
	return false;
}

void lh_finding_withdraw(lh_lock_id lock)
{
	for (uint32_t i = 1; i < lh_rows_used(LH_T_FINDING); i++)
		if ((LH_FINDINGS[i].flags & LH_FINDING_UNSURE) && names(&LH_FINDINGS[i], lock))
			LH_FINDINGS[i].rule = LH_NO_RULE;
}

uint32_t lh_finding_by_key(uint64_t key)
{
	for (uint32_t i = 1; i < lh_rows_used(LH_T_FINDING); i++)
		if (LH_FINDINGS[i].key == key && LH_FINDINGS[i].rule)
			return i;
	return 0;
}

void lh_finding_withdraw_key(uint64_t key)
{
	uint32_t row = lh_finding_by_key(key);

	if (row)
		LH_FINDINGS[row].rule = LH_NO_RULE;
}

/* A semaphore may turn out to be a signal; a thread that needs no lock may signal later. */
static uint8_t flags_of(const struct lh_finding_draft *draft)
{
	if (draft->rule == LH_RULE_COND_WAIT_HOLDING && draft->severity == LH_ERROR)
		return LH_FINDING_UNSURE;
	if (draft->assumed)
		return LH_FINDING_ASSUMED | LH_FINDING_UNSURE;
	if (draft->rule == LH_RULE_LOCK_ORDER && draft->severity == LH_WARNING)
		return LH_FINDING_TOLD;
	for (int i = 0; draft->level == LH_POTENTIAL && i < draft->n; i++) {
		const struct lh_lock *l = lh_lock_row(draft->step[i].lock);
		if (l && lh_lock_may_signal(l))
			return LH_FINDING_UNSURE;
	}
	return 0;
}

void lh_finding_set_steps(uint32_t first, const struct lh_finding_draft *draft)
{
	for (int i = 0; i < draft->n; i++) {
		struct lh_lock *l = lh_lock_row(draft->step[i].lock);
		LH_STEPS[first + (uint32_t)i] = draft->step[i];
		if (l)
			l->flags |= LH_LOCK_PINNED;
	}
}

/* ---- deadlocks, which may end ---- */

enum { INSTANCES_MAX = 64 /* rows for one key; further deadlocks are only counted */ };

uint32_t lh_deadlocks_open;

static bool is_deadlock(const struct lh_finding_draft *draft)
{
	return draft->level == LH_HAPPENED &&
	       (draft->rule == LH_RULE_DEADLOCK || draft->rule == LH_RULE_SELF_DEADLOCK);
}

static void happen_again(struct lh_finding *f, const struct lh_finding_draft *draft)
{
	lh_finding_set_steps(f->step, draft);
	f->steps = (uint8_t)draft->n;
	f->thread = draft->thread;
	f->level = LH_HAPPENED;
	f->severity = LH_ERROR;
	f->count++;
	lh_deadlocks_open++;
	__atomic_store_n(&f->flags, f->flags & (uint8_t)~LH_FINDING_ENDED, __ATOMIC_RELEASE);
}

/* A deadlock with this key has a row that is free for it, because the deadlock of that row has
 * ended. Deadlocks with one key that go on at the same time have a row each. */
static bool has_happened_before(uint64_t key, const struct lh_finding_draft *draft)
{
	struct lh_finding *same = NULL;
	int n = 0;

	for (uint32_t i = 1; i < lh_rows_used(LH_T_FINDING); i++) {
		struct lh_finding *f = &LH_FINDINGS[i];
		if (f->key != key || !f->rule)
			continue;
		if (f->flags & LH_FINDING_ENDED) {
			happen_again(f, draft);
			return true;
		}
		same = f;
		n++;
	}
	if (n < INSTANCES_MAX)
		return false;
	same->count++;
	return true;
}

uint32_t lh_finding_commit(struct lh_finding_draft *draft, enum lh_filter filter)
{
	uint64_t key = draft->key ? draft->key : key_of(draft);
	bool deadlock = is_deadlock(draft);

	if (deadlock ? has_happened_before(key, draft) : was_reported(key, filter, draft->severity))
		return 0;
	/* one row more, for the step that ends a deadlock */
	uint32_t first = lh_row_add(LH_T_STEP, (uint32_t)draft->n + deadlock);
	uint32_t id = first ? lh_row_reserve(LH_T_FINDING, 1) : 0;
	if (!id)
		return 0;
	lh_finding_set_steps(first, draft);
	struct lh_finding f = {.rule = draft->rule,
			       .level = (uint8_t)draft->level,
			       .severity = (uint8_t)draft->severity,
			       .steps = (uint8_t)draft->n,
			       .thread = draft->thread,
			       .step = first,
			       .key = key,
			       .count = 1,
			       .flags = flags_of(draft),
			       .filter = filter,
			       .time_ns = (uint64_t)lh_clock_tick() * 1000000u};
	LH_FINDINGS[id] = f;
	lh_deadlocks_open += deadlock;
	lh_row_publish(LH_T_FINDING, 1); /* the monitor prints the row as soon as it is published */
	return id;
}

static struct lh_finding_draft *happened(uint32_t rule, const struct lh_self *self)
{
	return lh_finding_begin(rule, LH_HAPPENED, self->live_saved->thread);
}

static uint32_t two_steps(struct lh_finding_draft *draft, lh_thread_id holder, lh_lock_id lock,
			  lh_site held, lh_site now, enum lh_action action)
{
	if (held)
		lh_finding_add_step(draft, holder, lock, held, LH_HOLDS);
	lh_finding_add_step(draft, draft->thread, lock, now, action);
	return lh_finding_commit(draft, LH_F_NONE);
}

/* ---- self-deadlock ---- */

static bool writer_waits(lh_lock_id lock)
{
	for (uint32_t i = 1; i < lh_rows_used(LH_T_LIVE_THREAD); i++)
		if (LH_LIVE_THREADS[i].wait_lock == lock &&
		    LH_SITE_MODE(LH_LIVE_THREADS[i].wait_site) == LH_EXCLUSIVE)
			return true;
	return false;
}

/* True if this thread would wait for itself. A kind of lock that returns an error does not wait. */
static bool waits_for_itself(const struct lh_lock *l, const struct lh_held *h, lh_site site)
{
	bool wants_read = LH_SITE_MODE(site) == LH_SHARED;
	bool holds_read = LH_SITE_MODE(h->site) == LH_SHARED;

	switch (lh_kind_acts(l->kind)) {
	case LH_MUTEX:
		return !(l->flags & (LH_LOCK_RECURSIVE | LH_LOCK_ERRORCHECK));
	/* a second wrlock by the owner returns EDEADLK, but is a mistake in the program too */
	case LH_RWLOCK:
		if (!wants_read || !holds_read)
			return true;
		return (l->flags & LH_LOCK_PREFER_WRITER) && writer_waits(lh_lock_id_of(l));
	case LH_SPIN:
	case LH_ONCE:
	case LH_GUARD:
		return true;
	case LH_CUSTOM:
		return !(wants_read && holds_read) &&
		       !(l->flags & (LH_LOCK_RECURSIVE | LH_LOCK_MAY_SIGNAL | LH_LOCK_SIGNAL));
	default:
		return false;
	}
}

uint32_t lh_check_self_deadlock(struct lh_self *self, struct lh_lock *l, const struct lh_held *h,
				lh_site site)
{
	struct lh_finding_draft *draft = happened(LH_RULE_SELF_DEADLOCK, self);

	if (LH_SITE_HOW(site) != LH_BLOCKING || (h->flags & LH_HELD_IN_COND_WAIT) ||
	    lh_wait_is_cancelled(self->live_saved, l->kind) || !waits_for_itself(l, h, site))
		return 0;
	return two_steps(draft, draft->thread, lh_lock_id_of(l), h->site, site, LH_WAITS_FOR);
}

/* ---- unlocking ---- */

/* The lock's bytes are not ours to read, and every acquisition since its init was recorded. */
static bool is_known_by_ledger(const struct lh_lock *l)
{
	const struct lh_ledger *ledger = lh_own_ledger.ledger;

	return (l->kind == LH_OMP_LOCK || l->kind == LH_OMP_NEST_LOCK) &&
	       (l->flags & LH_LOCK_INITED) && !ledger->dropped_events && !ledger->unrecorded;
}

/* Only what is certain: the lock's own word must name another owner. Where a kind has no owner in
 * its word, another thread's held list must have the lock. */
static bool held_by_other(const struct lh_self *self, const struct lh_lock *l, const void *object,
			  enum lh_kind kind)
{
	enum lh_kind acts = lh_kind_acts(kind);
	int owner = lh_lock_owner_tid(object, kind);
	struct lh_held *h;

	if (kind == LH_SPIN || is_known_by_ledger(l) ||
	    (kind != acts && (acts == LH_MUTEX || acts == LH_RWLOCK)))
		return lh_held_find_holder(lh_lock_id_of(l), self->number, &h) &&
		       LH_SITE_MODE(h->site) == LH_EXCLUSIVE;
	return owner && self->live_saved->tid && owner != self->live_saved->tid;
}

/* The lock is released by a thread that does not hold it. */
static void forget_holder(struct lh_lock *l, struct lh_held *h)
{
	if (h)
		h->lock = 0;
	l->owner = 0;
}

uint32_t lh_check_unlock(struct lh_self *self, struct lh_lock *l, const void *object, lh_site site)
{
	lh_lock_id id = lh_lock_id_of(l);
	enum lh_kind kind = (enum lh_kind)l->kind;
	const void *at = lh_glib_behind(object, &kind);
	struct lh_held *h = NULL;

	if (l->kind == LH_MUTEX && (l->flags & OWNER_CHECKING))
		return 0;
	bool free = !at || lh_lock_is_free_now(at, kind) || (is_known_by_ledger(l) && !l->owner);
	if (!free)
		lh_deadlock_note_release(self, id, site);
	if (l->flags & LH_LOCK_PSHARED)
		return 0;
	if (free) {
		struct lh_finding_draft *draft = happened(LH_RULE_UNLOCK_NOT_HELD, self);
		return two_steps(draft, 0, id, 0, site, LH_RELEASES);
	}
	uint32_t holder = lh_held_find_holder(id, self->number, &h);
	if (l->kind == LH_G_ONCE) /* any thread may end it */
		forget_holder(l, h);
	if (!held_by_other(self, l, at, kind))
		return 0;
	struct lh_finding_draft *draft = happened(LH_RULE_UNLOCK_NOT_OWNER, self);
	uint32_t reported = two_steps(draft, LH_LIVE_THREADS[holder].thread, id,
				      holder ? h->site : 0, site, LH_RELEASES);
	if (!(l->flags & LH_LOCK_RECURSIVE)) /* such a lock refuses, and stays held */
		forget_holder(l, h);
	return reported;
}

/* ---- destroying ---- */

uint32_t lh_check_destroy(struct lh_self *self, struct lh_lock *l, const void *object, lh_site site)
{
	enum lh_kind acts = lh_kind_acts(l->kind);
	struct lh_held *h;
	uint32_t holder = lh_held_find_holder(lh_lock_id_of(l), 0, &h);

	if (!holder || lh_lock_is_free_now(object, l->kind) ||
	    (h->flags & (LH_HELD_IN_COND_WAIT | LH_HELD_INHERITED)))
		return 0;
	if ((acts != LH_MUTEX && acts != LH_RWLOCK && acts != LH_SPIN) ||
	    (lh_kind_row(l->kind)->family == LH_FAMILY_OPENMP && !is_known_by_ledger(l)))
		return 0;
	if (l->kind == LH_MUTEX &&
	    lh_lock_owner_tid(object, LH_MUTEX) != LH_LIVE_THREADS[holder].tid)
		return 0;
	struct lh_finding_draft *draft = happened(LH_RULE_DESTROY_HELD, self);
	return two_steps(draft, LH_LIVE_THREADS[holder].thread, lh_lock_id_of(l), h->site, site,
			 LH_CALLS);
}

/* ---- conditions ---- */

uint32_t lh_check_cond_unlocked(struct lh_self *self, struct lh_lock *cond, struct lh_lock *mutex,
				const void *object, lh_site site)
{
	enum lh_kind kind = (enum lh_kind)mutex->kind;

	if (kind == LH_MUTEX && mutex->flags & (OWNER_CHECKING | LH_LOCK_PSHARED))
		return 0;
	if (!lh_lock_is_free_now(object, kind) && !held_by_other(self, mutex, object, kind))
		return 0;
	struct lh_finding_draft *draft = happened(LH_RULE_COND_WAIT_UNLOCKED, self);
	lh_finding_add_step(draft, draft->thread, lh_lock_id_of(mutex), site, LH_RELEASES);
	lh_finding_add_step(draft, draft->thread, lh_lock_id_of(cond), site, LH_WAITS_FOR);
	return lh_finding_commit(draft, LH_F_NONE);
}

/* ---- ending ---- */

/* Any thread may post a semaphore later, a robust mutex reports its dead owner by itself, and glibc
 * resets the control of an initializer that was cancelled. */
static bool is_lost(const struct lh_lock *l, const struct lh_held *h)
{
	return l && !lh_lock_may_signal(l) && l->kind != LH_THREAD_END &&
	       !(l->flags & LH_LOCK_ROBUST) && l->address == h->address &&
	       (l->kind != LH_ONCE || lh_lock_once_is_busy(l)) &&
	       (LH_SITE_MODE(h->site) == LH_SHARED || l->owner == 0 ||
		LH_LIVE_THREADS[l->owner].thread != 0);
}

uint32_t lh_check_thread_exit(uint32_t live_row)
{
	struct lh_live_thread *live = &LH_LIVE_THREADS[live_row];
	struct lh_finding_draft *draft =
		lh_finding_begin(LH_RULE_EXIT_HOLDING, LH_HAPPENED, live->thread);

	for (uint32_t i = 0; i < lh_held_count(live); i++) {
		struct lh_held *h = lh_held_at(live, i);
		struct lh_lock *l = lh_lock_row(h->lock);
		if (l && l->owner == live_row)
			l->owner = 0;
		if (is_lost(l, h) && draft->n < LH_HOLDS_SHOWN)
			lh_finding_add_step(draft, live->thread, h->lock, h->site, LH_HOLDS);
		else if (is_lost(l, h))
			lh_finding_leave_out(draft, 1);
	}
	live->held_n = 0;
	return draft->n ? lh_finding_commit(draft, LH_F_NONE) : 0;
}
