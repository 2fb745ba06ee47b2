/* event.c — see event.h: locks taken and given back, the way that is not known yet. */
#include "libcheck/lock/contention.h"
#include "libcheck/base/options.h"
#include "libcheck/report/stderr_report.h"
#include "libcheck/base/text.h"
#include "libcheck/events/event_internal.h"
#include "libcheck/rules/wait_cycle.h"

enum { HOLDS_FEW = 8 /* measured: from then on their lengths are kept */ };

/* The only judgement of return codes: a robust mutex whose owner died is ours now. */
static bool took(int rc)
{
	return rc == 0 || rc == EOWNERDEAD;
}

/* ---- the frame of every event ---- */

/* A call that was dropped for want of the big lock may not leave its wait standing. */
static bool give_up(struct lh_self *me)
{
	me->live_saved->skipped++;
	__atomic_fetch_add(&lh_own_ledger.ledger->dropped_events, 1, __ATOMIC_RELAXED);
	lh_leave(me);
	return false;
}

static bool begin(struct lh_event_frame *w, const struct lh_call *c, bool orders)
{
	struct lh_stack_walk_result *walked;
	const struct lh_context *x;

	w->self = lh_enter(c->frame);
	if (!w->self)
		return false;
	walked = w->self->walked;
	lh_clock_check_monitor();
	w->live = w->self->live_saved;
	w->n_reported = 0;
	w->stack = c->stack;
	bool look = lh_options.stacks != LH_STACKS_OFF && !c->stack;
	x = look ? lh_context_find(c->frame) : NULL;
	/* what a handler struck is another thing each time */
	bool walks = look && (!x || (LH_STACKS[x->stack].flags & LH_STACK_HANDLER));
	if (walks)
		lh_stack_walk(c->frame, w->live->stack_low, w->live->stack_high, walked);
	w->open = walks ? walked->open : 0;
	if (!(orders ? lh_internal_lock_take_long : lh_internal_lock_take)(&lh_own_ledger.lock,
									   w->self->number)) {
		if (orders)
			lh_hb_edges_lost();
		return give_up(w->self);
	}
	lh_lock_set_location(NULL, NULL);
	if (x)
		w->stack = x->stack;
	else if (look)
		w->stack = lh_stack_intern(c->frame, walked);
	return true;
}

bool lh_event_begin(struct lh_event_frame *w, const struct lh_call *c)
{
	return begin(w, c, false);
}

bool lh_event_begin_must(struct lh_event_frame *w, const struct lh_call *c)
{
	return begin(w, c, true);
}

bool lh_event_begin_lock(struct lh_event_frame *w, const struct lh_call *c, uint32_t flags)
{
	struct lh_shm_location where;
	bool asks = lh_self_get()->live &&
		    ((flags & LH_LOCK_PSHARED) || lh_lock_needs_location(c->object, c->kind));

	if (asks)
		where = lh_shm_locate(c->object);
	if (!lh_event_begin(w, c))
		return false;
	if (asks)
		lh_lock_set_location(c->object, &where);
	return true;
}

void lh_event_report(struct lh_event_frame *w, uint32_t finding)
{
	if (finding && w->n_reported < (int)(sizeof(w->reported) / sizeof(w->reported[0])))
		w->reported[w->n_reported++] = finding;
}

void lh_event_end(struct lh_event_frame *w)
{
	char *page = NULL;

	if (w->n_reported && (lh_own_ledger.ledger->flags & LH_LEDGER_STANDALONE) &&
	    lh_options.report == LH_REPORT_STDERR)
		page = lh_private_alloc(LH_STDERR_REPORT_BYTES);
	lh_internal_lock_release(&lh_own_ledger.lock, w->self->number);
	for (int i = 0; page && i < w->n_reported; i++)
		lh_stderr_report(w->reported[i], page);
	lh_leave(w->self);
}

/* ---- chains ---- */

/*
 * The node of the topmost held lock. Entries whose chain is not known (a lock below was
 * given back out of order, or came from before a fork) get it here, from the bottom.
 */
lh_chain_id lh_event_chain(struct lh_event_frame *w)
{
	lh_chain_id parent = 0;

	bool whole = true; /* nothing below was left out, so the entry's own node is right */

	for (uint32_t i = 0; i < w->live->held_n; i++) {
		struct lh_held *h = &w->live->held[i];
		lh_chain_id node = whole ? h->chain : 0;
		if (!h->lock || (h->flags & LH_HELD_IN_COND_WAIT)) {
			whole = false;
			continue;
		}
		if (!node)
			node = lh_chain_make(
				parent, h->lock,
				LH_SITE(LH_SITE_STACK(h->site), LH_TRY, LH_SITE_MODE(h->site)));
		if (whole)
			h->chain = node;
		parent = node ? node : parent;
	}
	return parent;
}

lh_chain_id lh_event_record_chain(struct lh_event_frame *w, lh_lock_id lock, lh_site place)
{
	w->fresh = false;
	lh_chain_id id = lh_chain_record(w->self, lh_event_chain(w), lock, place, &w->fresh);

	if (id && w->fresh && LH_SITE_HOW(place) != LH_TRY)
		lh_event_check_chain(w, id);
	if (id && w->fresh)
		lh_event_report(w, lh_handler_check(w->self, lock, id, w->open));
	return id;
}

/* ---- waiting ---- */

void lh_event_announce_wait(struct lh_event_frame *w, lh_lock_id lock, lh_site place,
			    enum lh_wait on, uint32_t with)
{
	struct lh_live_thread *s = w->live;

	s->wait_site = place;
	s->wait_on = on;
	s->wait_with = with;
	s->wait_since_ns = lh_clock_now();
	s->wait_seq++;
	__atomic_store_n(&s->wait_lock, lock, __ATOMIC_RELEASE);
}

uint64_t lh_event_wait_time(struct lh_event_frame *w)
{
	struct lh_live_thread *s = w->live;
	struct lh_lock *l = lh_lock_row(s->wait_lock);
	uint64_t ns = 0;

	if (l && l->stats && s->wait_on == LH_WAIT_LOCK) {
		struct lh_lock_stats *more = &LH_LOCK_STATS[l->stats];
		ns = lh_clock_now() - s->wait_since_ns;
		more->contended++;
		more->wait_ns += ns;
		if (ns > more->wait_max_ns)
			more->wait_max_ns = ns;
	}
	__atomic_store_n(&s->wait_lock, 0, __ATOMIC_RELEASE);
	s->wait_on = LH_WAIT_NONE;
	return ns;
}

/* Semaphores that are no locks, permits and what a reader of a lock asks for, by flags. */
static enum lh_mode mode_of(const struct lh_call *c, const struct lh_lock *l)
{
	return l->kind == LH_SEM && (l->flags & LH_LOCK_COUNTING) ? LH_PERMIT
								  : (enum lh_mode)c->mode;
}

static void note_writer(struct lh_event_frame *w, struct lh_lock *l, const struct lh_call *c)
{
	if (l->kind != LH_RWLOCK || c->mode != LH_EXCLUSIVE || (l->flags & LH_LOCK_HAS_WRITERS))
		return;
	l->flags |= LH_LOCK_HAS_WRITERS;
	if (l->flags & LH_LOCK_PREFER_WRITER) /* from now on readers can stand behind a writer */
		lh_event_check_lock(w, lh_lock_id_of(l));
}

/* The proof that two processes lived at the same time. */
static void note_shared(const struct lh_lock *l)
{
	if (l->flags & LH_LOCK_PSHARED)
		lh_own_ledger.ledger->shared_ns = lh_clock_now();
}

void lh_on_wait_begin(const struct lh_call *c)
{
	struct lh_event_frame w;

	if (!lh_event_begin_lock(&w, c, 0))
		return;
	struct lh_lock *l = lh_lock_make(c->object, c->kind);
	if (l) {
		lh_site place = LH_SITE(w.stack, c->how, mode_of(c, l));
		struct lh_held *h = lh_held_find(w.live, c->object);
		note_shared(l);
		note_writer(&w, l, c);
		if (h && l->kind == LH_SEM && !(l->flags & LH_LOCK_COUNTING)) {
			lh_sem_mark_signal(
				l); /* who waits for what it took itself expects another to post */
			h = NULL;
		}
		lh_lock_stats_get(l); /* for what the wait will add up to */
		if (!lh_lock_is_free_now(c->object, c->kind)) {
			lh_event_announce_wait(&w, lh_lock_id_of(l), place, LH_WAIT_LOCK, 0);
			if (l->kind != LH_ONCE && l->kind != LH_GUARD)
				lh_contention_wait_begin(l, lh_lock_id_of(l), w.live);
		}
		uint32_t self = h ? lh_check_self_deadlock(w.self, l, h, place) : 0;
		/* what happens is told, and not besides that it can happen */
		uint32_t circle = self ? 0 : lh_wait_cycle_check(w.self);
		lh_event_report(&w, self ? self : circle);
		if (lh_fork_has_not_copied(true) && LH_SITE_HOW(place) == LH_BLOCKING)
			lh_fork_report_not_copied(&w, l, place);
		if (!circle && (!h || (l->flags & LH_LOCK_COUNTING)) &&
		    !(l->flags & LH_LOCK_SIGNAL))
			lh_event_record_chain(&w, lh_lock_id_of(l), place);
	}
	lh_event_end(&w);
}

static void got(const struct lh_call *c, int rc, uint64_t waited_ns);

void lh_on_wait_end(const struct lh_call *c, int rc)
{
	struct lh_self *me = lh_enter(c->frame);
	uint64_t ns = 0;

	if (me) {
		struct lh_event_frame w = {.self = me, .live = me->live_saved};
		ns = lh_event_wait_time(&w);
		me->sample = 1; /* how long it is held now is measured */
		lh_leave(me);
	}
	got(c, rc, ns);
}

/* ---- taken ---- */

/* Taken again by its holder: recursive mutexes, readers, and whatever let it happen. */
static bool deepen(struct lh_event_frame *w, struct lh_lock *l, const struct lh_call *c)
{
	struct lh_held *h = lh_held_find(w->live, c->object);

	if (!h)
		return false;
	if (h->lock != lh_lock_id_of(l) || l->kind == LH_SEM ||
	    !(c->mode == LH_SHARED || (l->flags & LH_LOCK_RECURSIVE))) {
		/* the entry is a leftover: somebody else has given the lock back meanwhile */
		if (l->kind == LH_SEM && !(l->flags & LH_LOCK_COUNTING))
			lh_sem_mark_signal(l);
		if (l->kind != LH_SEM || (l->flags & LH_LOCK_SIGNAL))
			lh_held_remove(w->live, h);
		return (l->flags & LH_LOCK_SIGNAL) != 0;
	}
	h->depth++;
	c->mode == LH_SHARED ? l->shared++ : l->acquired++;
	lh_contention_recursive(l);
	return true;
}

/* Whoever had it before has not got it any more: a dead owner, or an unlock we did not see. */
static void take_from(struct lh_lock *l, const struct lh_self *me)
{
	struct lh_held *h;

	if (l->owner && l->owner != me->number &&
	    lh_held_find_holder(lh_lock_id_of(l), me->number, &h))
		h->lock = 0;
}

/*
 * The exact clock needs an instruction that a process in strict seccomp mode may not use.
 * Such a process has one thread, and one thread's hold times tell nothing.
 */
bool lh_may_read_clock(void)
{
	return lh_rows_used(LH_T_THREAD) > 2;
}

void lh_held_measure_begin(struct lh_self *me, struct lh_held *h)
{
	me->sample = lh_self_next_sample(me);
	if (!lh_may_read_clock())
		return;
	lh_contention_acquired(&LH_LOCKS[LH_LOCK_ROW(h->lock)], me->live_saved->thread,
			       LH_SAMPLE_EVERY);
	h->since_ns = lh_clock_now();
	h->flags = LH_HELD_EXACT_TIME | LH_HELD_WEIGHTED;
}

/* What is new or was waited for is measured; of the rest one in so many. */
static bool is_sampled(struct lh_event_frame *w)
{
	if (w->self->sample > 1 && !w->fresh) {
		w->self->sample--;
		return false;
	}
	w->self->sample = lh_self_next_sample(w->self);
	return lh_may_read_clock();
}

static void change_hands(struct lh_lock *l, const struct lh_self *me)
{
	struct lh_lock_stats *more = &LH_LOCK_STATS[l->stats];

	take_from(l, me);
	l->owner = me->number;
	if (!l->stats)
		return;
	more->owner_changes += more->last_owner && more->last_owner != me->number;
	more->last_owner = me->number;
}

static void hold(struct lh_event_frame *w, struct lh_lock *l, const struct lh_call *c)
{
	enum lh_mode mode = mode_of(c, l);
	lh_site place = LH_SITE(w->stack, c->how, mode);
	lh_chain_id node = lh_event_record_chain(w, lh_lock_id_of(l), place);
	struct lh_held *h = lh_held_push(w->live);

	mode == LH_EXCLUSIVE ? l->acquired++ : l->shared++;
	lh_contention_acquired(l, w->live->thread, 1);
	if (!l->first_stack)
		l->first_stack = w->stack;
	if (mode == LH_EXCLUSIVE)
		change_hands(l, w->self);
	if (!h)
		return;
	bool sampled = is_sampled(w);
	*h = (struct lh_held){.address = (uintptr_t)c->object,
			      .site = place,
			      .tick = lh_clock_tick(),
			      .chain = node,
			      .depth = 1,
			      .flags = sampled ? LH_HELD_EXACT_TIME : 0,
			      .since_ns = sampled ? lh_clock_now() : 0};
	__atomic_store_n(&h->lock, lh_lock_id_of(l), __ATOMIC_RELEASE);
	if ((l->flags & LH_LOCK_HELD_ACROSS_CREATE) && c->how == LH_BLOCKING)
		lh_across_create_on_acquire(w, lh_lock_id_of(l));
}

static void got(const struct lh_call *c, int rc, uint64_t waited_ns)
{
	struct lh_event_frame w;

	if ((rc == 0 && !waited_ns && lh_on_acquired_revived(c)) || !lh_event_begin_lock(&w, c, 0))
		return;
	struct lh_lock *l = lh_lock_make(c->object, c->kind);
	if (l && waited_ns)
		lh_contention_wait_end(l, w.live, mode_of(c, l), waited_ns);
	if (l && lh_fork_has_not_copied(false))
		lh_fork_report_not_copied(&w, l, 0);
	if (l && took(rc)) {
		if (w.live->try_lock == lh_lock_id_of(l))
			w.live->try_lock = 0;
		note_shared(l);
		note_writer(&w, l, c);
		if (l->flags & LH_LOCK_SIGNAL)
			l->acquired++;
		else if (!deepen(&w, l, c))
			hold(&w, l, c);
	}
	lh_event_end(&w);
}

void lh_on_acquired_slow(const struct lh_call *c, int rc)
{
	got(c, rc, 0);
}

/* ---- tries ---- */

/* Makes sure of its row of LH_T_LOCK_STATS. By a thread that is inside, without the big lock. */
static struct lh_lock_stats *more_of(struct lh_self *me, struct lh_lock *l)
{
	if (!l->stats && lh_internal_lock_take(&lh_own_ledger.lock, me->number)) {
		lh_lock_stats_get(l);
		lh_internal_lock_release(&lh_own_ledger.lock, me->number);
	}
	return l->stats ? &LH_LOCK_STATS[l->stats] : NULL;
}

/*
 * The row of tries goes on unless this thread has had the lock in between. That is known only
 * of the slow way; of the fast one, that it had none at all, or that nobody had this one.
 */
static bool tries_again(struct lh_self *me, const struct lh_lock *l)
{
	uint64_t entries = l->acquired + l->shared;
	bool again = me->live->try_lock == lh_lock_id_of(l) &&
		     (me->try_sample == me->sample || me->try_entries == entries);

	me->try_sample = me->sample;
	me->try_entries = entries;
	return again;
}

/* So many that it is worth knowing where. */
static void busy(const struct lh_call *c)
{
	struct lh_event_frame w;

	if (!lh_event_begin(&w, c))
		return;
	struct lh_lock *l = lh_lock_known(c->object, c->kind);
	if (l) {
		w.live->try_site = LH_SITE(w.stack, LH_TRY, c->mode);
		lh_contention_busy_begin(l, lh_lock_id_of(l));
	}
	lh_event_end(&w);
}

/* Loops of failing tries come here; an increment lost to another thread is no loss. */
void lh_on_try_failed(const struct lh_call *c)
{
	struct lh_self *me = lh_self_get();
	struct lh_live_thread *s = me->live;
	struct lh_lock *l = s ? lh_lock_known(c->object, c->kind) : NULL;
	uint64_t ns = 0;

	if (!l)
		return;
	if (LH_UNLIKELY(!l->stats) && (me = lh_enter(c->frame))) {
		more_of(me, l);
		lh_leave(me);
	}
	if (l->stats)
		LH_LOCK_STATS[l->stats].tries_failed++;
	me = lh_self_get();
	s->tries = tries_again(me, l) ? s->tries + 1 : 1;
	s->try_lock = lh_lock_id_of(l);
	if (s->tries < LH_TRIES_BEFORE_TIMING)
		return;
	if (s->tries % LH_TRIES_BEFORE_TIMING == 0 && lh_may_read_clock()) {
		if (s->tries == LH_TRIES_BEFORE_TIMING)
			s->try_since_ns = lh_clock_now();
		else
			ns = lh_clock_now() - s->try_since_ns;
	}
	if (s->tries == LH_TRIES_BUSY_WAIT)
		busy(c);
	if (s->tries >= LH_TRIES_BUSY_WAIT)
		lh_contention_busy_add(l, s, ns);
}

/* ---- given back ---- */

void lh_held_measure_end(const struct lh_held *h)
{
	struct lh_lock *l = lh_lock_row(h->lock);
	uint32_t stands_for = h->flags & LH_HELD_WEIGHTED ? LH_SAMPLE_EVERY : 1;

	if (!l || !(h->flags & LH_HELD_EXACT_TIME) || !h->since_ns)
		return;
	uint64_t ns = lh_clock_now() - h->since_ns;
	if (!l->stats && !l->held_ns && ns && ns < UINT32_MAX) {
		l->held_ns = (uint32_t)ns; /* most locks are measured once */
		return;
	}
	struct lh_lock_stats *more = more_of(lh_self_get(), l);
	if (!more)
		return;
	more->hold_ns += ns;
	more->hold_samples++;
	if (ns > more->hold_max_ns)
		more->hold_max_ns = ns;
	lh_contention_held(l, LH_SITE_MODE(h->site), ns, stands_for);
}

/* Its holds are measured now and then: from the HOLDS_FEWth on how they are spread is kept. */
static void keep_lengths(struct lh_self *me, lh_lock_id id)
{
	struct lh_lock *l = lh_lock_row(id);

	struct lh_lock_stats *more = l && l->stats ? &LH_LOCK_STATS[l->stats] : NULL;

	if (!more || more->contention || !more->hold_samples || more->hold_samples % HOLDS_FEW ||
	    !lh_internal_lock_take(&lh_own_ledger.lock, me->number))
		return;
	if (lh_lock_row(id) == l)
		lh_contention_make(l, id);
	lh_internal_lock_release(&lh_own_ledger.lock, me->number);
}

/* What was removed lies above the top until the next acquisition: lh_on_release_done_slow may need
 * it. */
static void let_go(struct lh_live_thread *s, struct lh_held *h)
{
	struct lh_held gone = *h;
	struct lh_lock *l = lh_lock_row(h->lock);

	if (l && LH_SITE_MODE(h->site) == LH_EXCLUSIVE)
		l->owner = 0;
	lh_held_remove(s, h);
	gone.lock = 0;
	gone.address = 0;
	s->held[s->held_n] = gone;
}

static void not_ours(const struct lh_call *c)
{
	struct lh_event_frame w;

	if (!lh_event_begin_lock(&w, c, 0))
		return;
	struct lh_lock *l = lh_lock_make(c->object, c->kind);
	if (l)
		lh_event_report(&w, lh_check_unlock(w.self, l, c->object, LH_SITE(w.stack, 0, 0)));
	lh_event_end(&w);
}

static bool is_last_over(const struct lh_held *h)
{
	return h && (h->flags & (LH_HELD_ACROSS_CREATE | LH_HELD_ACROSS_FORK)) && h->depth == 1;
}

void lh_on_release_slow(const struct lh_call *c)
{
	struct lh_self *me = lh_self_get();

	lh_long_hold_on_release(c);
	if (me->live && is_last_over(lh_held_find(me->live, c->object)))
		lh_across_create_on_release(c);
	me = lh_enter(c->frame);
	if (!me)
		return;
	struct lh_live_thread *s = me->live_saved;
	struct lh_held *h = lh_held_find(s, c->object);
	if (h && (h->flags & LH_HELD_IN_COND_WAIT)) { /* a condition wait that was cancelled */
		h->flags &= (uint16_t)~LH_HELD_IN_COND_WAIT;
		__atomic_store_n(&s->wait_lock, 0, __ATOMIC_RELEASE);
		s->wait_on = LH_WAIT_NONE;
	}
	if (h && h->depth > 1) {
		h->depth--;
	} else if (h) {
		lh_held_measure_end(h);
		keep_lengths(me, h->lock);
		let_go(s, h);
	}
	lh_leave(me);
	if (!h)
		not_ours(c);
}

void lh_on_release_done_slow(const struct lh_call *c, int rc)
{
	struct lh_self *me = lh_enter(c->frame);
	struct lh_lock *l;

	(void)rc;
	if (!me)
		return;
	struct lh_live_thread *s = me->live_saved;
	struct lh_held *h = s->held_n < LH_HELD_MAX ? &s->held[s->held_n] : NULL;
	l = lh_lock_known(c->object, c->kind);
	if (l && h && h->site && h->depth && !lh_held_find(s, c->object)) {
		h->lock = lh_lock_id_of(l);
		h->address = (uintptr_t)c->object;
		if (LH_SITE_MODE(h->site) == LH_EXCLUSIVE)
			l->owner = me->number;
		s->held_n++;
	}
	lh_leave(me);
}

/* ---- made and ended ---- */

void lh_on_init(const struct lh_call *c, uint32_t flags, uint32_t initial)
{
	struct lh_event_frame w;

	flags |= lh_lock_attributes(c->object, c->kind) | LH_LOCK_INITED;
	if (lh_on_init_revived(c, flags) || !lh_event_begin_lock(&w, c, flags))
		return;
	struct lh_lock *l = lh_lock_reinit(c->object, c->kind, flags, initial);
	if (l)
		l->init_stack = w.stack;
	lh_event_end(&w);
}

static bool nobody_has(const struct lh_lock *l, const void *o)
{
	if (l->kind == LH_MUTEX || l->kind == LH_SPIN)
		return !l->owner;
	return l->kind != LH_RWLOCK || lh_lock_is_free_now(o, LH_RWLOCK);
}

void lh_on_destroy_begin_slow(const struct lh_call *c)
{
	struct lh_lock *l = lh_lock_known(c->object, c->kind);
	struct lh_event_frame w;

	/* what is no object yet may hold anything */
	if (!l || l->kind != c->kind || nobody_has(l, c->object) || !lh_event_begin(&w, c))
		return;
	l = lh_lock_known(c->object, c->kind);
	if (l)
		lh_event_report(&w, lh_check_destroy(w.self, l, c->object, LH_SITE(w.stack, 0, 0)));
	lh_event_end(&w);
}

void lh_on_destroyed(const struct lh_call *c, int rc)
{
	struct lh_event_frame w;

	if (rc || lh_on_destroyed_retire(c) || !lh_event_begin(&w, c))
		return;
	struct lh_lock *l = lh_lock_known(c->object, c->kind);
	if (l)
		lh_event_retire_lock(&w, l);
	lh_event_end(&w);
}

/* The kind is not said: whichever lock is known at this address, else the name waits for none. */
void lh_on_name(const struct lh_call *c, const char *name)
{
	struct lh_event_frame w;
	enum { LONGEST = LH_NAME_MAX };

	if (!lh_event_begin(&w, c))
		return;
	uint32_t row = lh_lock_find(c->object);
	struct lh_lock *l = row ? &LH_LOCKS[row] : lh_lock_make(c->object, LH_CUSTOM);
	struct lh_lock_stats *more = l ? lh_lock_stats_get(l) : NULL;
	if (more) {
		lh_text_copy(more->name, LONGEST, name);
		l->flags |= LH_LOCK_NAMED;
	}
	lh_event_end(&w);
}
