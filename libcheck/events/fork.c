/*
 * fork.c — forks: what the child's only thread holds, and which locks stay held in the child.
 *
 * The child's only thread holds the locks of the thread that forked. No thread of the child can
 * release the locks of the parent's other threads. The child gets a warning when it uses a lock (so
 * a child that execs at once gets none), and an error when it waits for one of these locks.
 */
#include "libcheck/base/options.h"
#include "libcheck/base/text.h"
#include "libcheck/events/event.h"

#include <sys/mman.h>

/*
 * A copy of what the forking thread holds, for the child: the parent's live-thread row goes on
 * changing. It is made just before the fork, after every other prepare handler has run (the
 * library registers its own first). A child made without fork() has no copy and inherits nothing.
 */
enum {
	OTHERS_MAX = 512,   /* locks of other threads that are copied */
	OTHERS_WARNED = 32, /* of these, reported although the child does not wait for them */
};
static struct {
	uint32_t live_row; /* of the thread that forks; 0: the copy is not valid */
	uint32_t n;
	struct held_copy {
		struct lh_held held;
		struct lh_lock was;       /* the row of this lock */
	} copy[LH_HELD_INLINE], *further; /* `further`: memory that a fork does not wipe */
	uint32_t further_max;
	struct lh_live_thread *live;
	lh_thread_id thread; /* 0: the chain that it held is not known, so no order is either */
	uint32_t segment;
	lh_chain_id chain;
	uint64_t ns; /* time before the fork */
	char name[LH_NAME_MAX];
	bool child, warned;
	uint32_t others; /* locks that other threads held */
	struct {
		struct lh_held held;
		struct lh_lock was;
		char name[LH_NAME_MAX];
		int32_t tid;
	} other[OTHERS_MAX];
} at_fork;

/*
 * False for kinds that are released without their holder: any thread may post a semaphore, and a
 * thread's end comes by itself, and CPython makes a new GIL in the child. The entry was copied
 * while its thread ran, so it may be torn.
 */
static bool is_never_released(const struct lh_held *h, const struct lh_lock *l)
{
	enum lh_kind acts = lh_kind_acts(l->kind);

	return h->address && l->address == h->address && !(h->flags & LH_HELD_IN_COND_WAIT) &&
	       !(l->flags & (LH_LOCK_PSHARED | LH_LOCK_MAY_SIGNAL)) && l->kind != LH_GIL &&
	       (acts == LH_MUTEX || acts == LH_RWLOCK || acts == LH_SPIN || acts == LH_CUSTOM);
}

static void copy_foreign_locks(uint32_t own_row)
{
	for (uint32_t i = 1; i < lh_rows_used(LH_T_LIVE_THREAD); i++) {
		const struct lh_live_thread *live = &LH_LIVE_THREADS[i];
		for (uint32_t k = 0;
		     i != own_row && live->state == LH_LIVE_ATTACHED && k < lh_held_count(live);
		     k++) {
			struct lh_held h = *lh_held_at(live, k);
			struct lh_lock was = LH_LOCKS[LH_LOCK_ROW(h.lock)];
			LH_COMPILER_FENCE(); /* from here on only the copies are read */
			if (at_fork.others >= OTHERS_MAX || !is_never_released(&h, &was))
				continue;
			at_fork.other[at_fork.others].held = h;
			at_fork.other[at_fork.others].was = was;
			at_fork.other[at_fork.others].tid = live->tid;
			__builtin_memcpy(at_fork.other[at_fork.others++].name,
					 LH_THREADS[live->thread].name, LH_NAME_MAX);
		}
	}
}

static struct held_copy *copy_at(uint32_t i)
{
	return i < LH_HELD_INLINE ? &at_fork.copy[i] : &at_fork.further[i - LH_HELD_INLINE];
}

/* Makes room for n copies; returns for how many there is room. */
static uint32_t make_room(uint32_t n)
{
	uint32_t further = n > LH_HELD_INLINE ? n - LH_HELD_INLINE : 0;

	if (further <= at_fork.further_max)
		return n;
	struct held_copy *memory =
		lh_sys_seccomp_seen()
			? NULL
			: lh_sys_map(further * sizeof(struct held_copy), PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!memory)
		return LH_HELD_INLINE + at_fork.further_max;
	if (at_fork.further)
		lh_sys_unmap(at_fork.further, at_fork.further_max * sizeof(struct held_copy));
	at_fork.further = memory;
	at_fork.further_max = further;
	return n;
}

static void copy_held(const struct lh_live_thread *live)
{
	at_fork.n = make_room(live->held_n);
	for (uint32_t i = 0; i < at_fork.n; i++) {
		copy_at(i)->held = *lh_held_at(live, i);
		copy_at(i)->was = LH_LOCKS[LH_LOCK_ROW(copy_at(i)->held.lock)];
	}
}

void lh_on_fork_prepare(void)
{
	struct lh_self *self = lh_self_get();
	uint32_t none = 0;

	if (!self->live || !__atomic_compare_exchange_n(&at_fork.live_row, &none, self->number,
							false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	copy_held(self->live);
	at_fork.live = self->live;
	at_fork.chain = lh_held_chain(self->live);
	for (lh_chain_id i = at_fork.chain; i; i = LH_CHAINS[i].parent)
		LH_CHAINS[i].flags |= LH_CHAIN_KEPT; /* the child's ledger names it */
	at_fork.thread = at_fork.n && !at_fork.chain ? 0 : self->live->thread;
	at_fork.segment = self->live->segment;
	at_fork.ns = lh_clock_now();
	__builtin_memcpy(at_fork.name, LH_THREADS[self->live->thread].name, LH_NAME_MAX);
	at_fork.others = 0;
	at_fork.child = at_fork.warned = lh_fork_uncopied = false;
	copy_foreign_locks(self->number);
}

void lh_on_fork_parent(void)
{
	struct lh_self *self = lh_self_get();

	if (!self->number || at_fork.live_row != self->number)
		return;
	__atomic_store_n(&at_fork.live_row, 0, __ATOMIC_RELEASE);
	if (!self->live)
		return;
	for (uint32_t i = 0; i < self->live->held_n; i++) {
		struct lh_held *h = lh_held_at(self->live, i);
		if (h->lock)
			h->flags |= LH_HELD_ACROSS_FORK;
	}
	lh_hb_next_segment(self, self->live); /* all until now happens before what the child does */
}

/* A thread row in the child's ledger for the parent's thread that held the lock. */
static lh_thread_id thread_not_copied(uint32_t i)
{
	lh_thread_id id = lh_thread_new(0, 0, 0);

	if (id) {
		LH_THREADS[id].tid = at_fork.other[i].tid;
		LH_THREADS[id].flags |= LH_THREAD_ENDED;
		__builtin_memcpy(LH_THREADS[id].name, at_fork.other[i].name, LH_NAME_MAX);
	}
	return id;
}

static uint32_t report_fork(struct lh_event_frame *event, uint32_t i, struct lh_lock *l,
			    lh_site wanted)
{
	enum lh_level level = wanted ? LH_HAPPENED : LH_POTENTIAL;
	struct lh_finding_draft *draft =
		lh_finding_begin(LH_RULE_FORK_HOLDING, level, event->live->thread);
	lh_site held = at_fork.other[i].held.site;

	draft->severity = wanted ? LH_ERROR : LH_WARNING;
	lh_finding_add_step(draft, thread_not_copied(i), lh_lock_id_of(l),
			    LH_SITE(lh_stack_from_parent(LH_SITE_STACK(held)), LH_SITE_HOW(held),
				    LH_SITE_MODE(held)),
			    LH_HOLDS);
	if (wanted)
		lh_finding_add_step(draft, event->live->thread, lh_lock_id_of(l), wanted,
				    LH_WAITS_FOR);
	return lh_finding_commit(draft, LH_F_NONE);
}

void lh_fork_report_not_copied(struct lh_event_frame *event, const struct lh_lock *l,
			       lh_site wanted)
{
	for (uint32_t i = 0; i < at_fork.others; i++) {
		const struct lh_held *h = &at_fork.other[i].held;
		const struct lh_lock *was = &at_fork.other[i].was;
		if ((wanted ? h->address != l->address : i >= OTHERS_WARNED) ||
		    !lh_lock_still_held(was, at_fork.other[i].tid))
			continue;
		struct lh_lock *o = lh_lock_copy_from_parent(was);
		if (o)
			lh_event_report(event, report_fork(event, i, o, wanted));
	}
	if (!wanted)
		at_fork.warned = true;
}

bool lh_fork_uncopied;

bool lh_fork_has_not_copied(bool waits)
{
	return at_fork.others && at_fork.child && (waits || !at_fork.warned);
}

/*
 * The child's only thread holds the child's copies of the locks that the forking thread held. A
 * process-shared lock has no copy: the parent still holds it.
 */
static void inherit(struct lh_self *self)
{
	struct lh_live_thread *live = self->live_saved;

	for (uint32_t i = 0; i < at_fork.n; i++) {
		const struct lh_held *old = &copy_at(i)->held;
		const struct lh_lock *was = &copy_at(i)->was;
		if (!old->lock || was->address != old->address || was->kind == LH_THREAD_END ||
		    was->kind == LH_ONCE || lh_kind_acts(was->kind) == LH_GUARD ||
		    (was->flags & LH_LOCK_PSHARED))
			continue;
		struct lh_lock *l = lh_lock_copy_from_parent(was);
		struct lh_held *h = l ? lh_held_push(live) : NULL;
		if (!h)
			continue;
		*h = *old;
		h->lock = lh_lock_id_of(l);
		h->site = LH_SITE(lh_stack_from_parent(LH_SITE_STACK(old->site)),
				  LH_SITE_HOW(old->site), LH_SITE_MODE(old->site));
		h->chain = 0;
		h->flags = LH_HELD_INHERITED;
		if (LH_SITE_MODE(h->site) == LH_EXCLUSIVE)
			l->owner = self->number;
	}
}

bool lh_on_fork_child(uintptr_t frame)
{
	uintptr_t low = 0, high = 0;

	if (at_fork.live_row && at_fork.live) {
		low = at_fork.live->stack_low;
		high = at_fork.live->stack_high;
	} else {
		lh_thread_stack_bounds(frame, 0, &low, &high);
	}
	lh_own_ledger.lock =
		(struct lh_internal_lock){.taken = &lh_own_ledger.ledger->internal_lock_taken};
	lh_self_offset = 0;
	lh_internal_lock_acquire(&lh_own_ledger.lock, UINT32_MAX);
	struct lh_self *self = lh_live_thread_attach(0, low, high);
	if (self) {
		LH_THREADS[self->live_saved->thread].flags |= LH_THREAD_MAIN;
		__builtin_memcpy(LH_THREADS[self->live_saved->thread].name, at_fork.name,
				 LH_NAME_MAX);
		if (at_fork.live_row)
			inherit(self);
	}
	lh_own_ledger.ledger->fork_thread = at_fork.live_row ? at_fork.thread : 0;
	lh_own_ledger.ledger->fork_segment = at_fork.live_row ? at_fork.segment : 0;
	lh_own_ledger.ledger->fork_chain = at_fork.live_row ? at_fork.chain : 0;
	lh_own_ledger.ledger->watched_from_ns = at_fork.live_row ? at_fork.ns : lh_clock_now();
	at_fork.live_row = 0;
	at_fork.n = 0;
	at_fork.child = true;
	lh_fork_uncopied = at_fork.others != 0;
	lh_internal_lock_release(&lh_own_ledger.lock, UINT32_MAX);
	return self != NULL;
}
