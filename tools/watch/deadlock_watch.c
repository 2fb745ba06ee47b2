/*
 * deadlock_watch.c — reports the deadlocks that the monitor finds (wait_graph/deadlocks.h).
 *
 * A deadlock becomes rows of its process's overlay. For a deadlock of several processes that is
 * lh_deadlock.process; the steps of other processes' threads are copied
 * (foreign_step.c).
 */
#include "tools/watch/watch_internal.h"

#include "libcheck/lock/glibc_layout.h"
#include "tools/process/copy_rows.h"
#include "tools/process/proc.h"
#include "tools/wait_graph/deadlocks.h"

#include <stdlib.h>

#define SCAN_NS 10000000ull
enum { STEPS_MAX = 254 /* lh_finding.steps is a byte; one more if the deadlock ends */ };

/* ---- queries of a process ---- */

static bool is_gone(void *with, int32_t tid)
{
	const struct lh_watch_process *p = with;

	return p->pid && !lh_proc_has_task(p->pid, tid);
}

static bool is_gone_everywhere(void *with, int32_t tid)
{
	return is_gone(with, tid) && lh_proc_is_gone(tid);
}

/* Of a spinlock and a GMutex only the state is known; the caller knows that no thread acquired it
 * since. */
static bool is_locked(const struct lh_watch_process *p, const struct lh_lock *l)
{
	union {
		pthread_spinlock_t spin;
		void *g_mutex;
	} object;
	bool is_spin = l->kind == LH_SPIN;
	size_t n = is_spin ? sizeof(object.spin) : sizeof(object.g_mutex);

	if (!p->pid || l->owner || !lh_proc_memory(p->pid, l->address, (void *)&object, n))
		return false;
	return is_spin ? !lh_lock_is_free_now((const void *)&object, LH_SPIN)
		       : !lh_lock_is_free_now((const void *)&object, LH_G_MUTEX);
}

/* The lock of glibc in a lock of GLib, and its kind; 0: there is none. */
static uint64_t address_behind(const struct lh_watch_process *p, const struct lh_lock *l,
			       enum lh_kind *kind)
{
	const void *object[2], *behind;

	*kind = (enum lh_kind)l->kind;
	if (*kind != LH_G_REC_MUTEX && *kind != LH_G_RW_LOCK)
		return l->address;
	if (!p->pid || !lh_proc_memory(p->pid, l->address, (void *)object, sizeof(object)))
		return 0;
	behind = lh_glib_behind(object, kind);
	return behind == object ? 0 : (uintptr_t)behind;
}

/* A rwlock records the number of its readers, not which threads they are. */
static bool is_never_released(void *with, const struct lh_lock *l, int32_t tid)
{
	const struct lh_watch_process *p = with;
	union {
		pthread_mutex_t mutex;
		pthread_rwlock_t rwlock;
	} object;
	enum lh_kind kind;
	uint64_t address = address_behind(p, l, &kind);
	size_t n = kind == LH_MUTEX ? sizeof(object.mutex) : sizeof(object.rwlock);
	int owner;

	if (kind == LH_SPIN || kind == LH_G_MUTEX)
		return is_locked(p, l) && is_gone_everywhere(with, tid);
	if ((kind != LH_MUTEX && kind != LH_RWLOCK) || !p->pid || !address ||
	    !lh_proc_memory(p->pid, address, &object, n))
		return false;
	owner = lh_lock_owner_tid(&object, kind);
	if (kind == LH_RWLOCK && !owner &&
	    lh_glibc_readers(lh_glibc_load(&object, LH_GLIBC_RWLOCK_READERS)))
		owner = tid;
	return owner == tid && is_gone_everywhere(with, tid);
}

/* ---- reporting ---- */

static uint64_t key_of(const struct lh_deadlock *deadlock)
{
	uint64_t h = deadlock->rule;

	for (uint32_t i = 0; i < deadlock->steps; i++)
		h = (h ^ deadlock->step[i].step.lock ^
		     (uint64_t)deadlock->step[i].step.thread << 32) *
		    0x94d049bb133111ebu;
	return h | 1;
}

static void report(const struct lh_deadlock *deadlock, struct lh_arena *arena)
{
	struct lh_watch_process *p = lh_deadlocks_with(deadlock->process);
	uint32_t n = deadlock->steps < STEPS_MAX ? deadlock->steps : STEPS_MAX;
	uint32_t row =
		lh_watch_finding(p, deadlock->rule, key_of(deadlock), deadlock->thread, n + 1);
	struct lh_finding *f = lh_watch_row(p, row);

	if (!f)
		return;
	f->severity = deadlock->likely ? LH_WARNING : LH_ERROR;
	f->flags = LH_FINDING_OPEN;
	if (deadlock->likely) /* withdrawn if a wait ends; so it is reported at the end */
		f->flags |= LH_FINDING_LIKELY | LH_FINDING_UNSURE;
	f->duration_ns = deadlock->ns;
	for (uint32_t i = 0; i < n; i++) {
		const struct lh_deadlocks_step *s = &deadlock->step[i];
		const struct lh_watch_process *from = lh_deadlocks_with(s->process);
		struct lh_step *step = lh_overlay_row(p->overlay, LH_T_STEP, f->step + i);

		*step = from == p ? s->step : lh_watch_foreign_step(p, arena, from, &s->step);
		if (s->dead_thread)
			step->thread = lh_put_foreign_thread(p->overlay, s->dead_thread->pid,
							     &s->dead_thread->thread);
		if (deadlock->rule != LH_RULE_EXIT_HOLDING)
			lh_deadlock_end_follow(p, row, lh_deadlocks_with(s->process), &s->step);
	}
	f->steps = (uint8_t)n;
	if (!deadlock->likely)
		lh_watch_post(p, LH_WATCH_FOUND, row, "");
}

void lh_deadlock_watch_scan(struct lh_watch *w, uint64_t now_ns)
{
	struct lh_arena *arena;
	struct lh_deadlock *deadlock;
	uint32_t n;

	if (!w->deadlocks || now_ns - w->deadlocks_ns < SCAN_NS)
		return;
	w->deadlocks_ns = now_ns;
	lh_deadlock_end_scan(w);
	arena = lh_arena_new();
	n = lh_deadlocks_scan(w->deadlocks, now_ns, arena, &deadlock);
	for (uint32_t i = 0; i < n; i++)
		report(&deadlock[i], arena);
	lh_arena_free(arena);
}

/* ---- processes ---- */

bool lh_deadlock_watch_start(struct lh_watch *w)
{
	const struct lh_deadlocks_queries queries = {is_gone, is_never_released, lh_watch_futex};

	w->deadlocks = lh_deadlocks_new(queries);
	return w->deadlocks != NULL;
}

void lh_deadlock_watch_stop(struct lh_watch *w)
{
	lh_deadlocks_free(w->deadlocks);
	w->deadlocks = NULL;
	free(w->followed);
}

void lh_deadlock_watch_add(struct lh_watch_process *p)
{
	if (p->watch->deadlocks)
		p->deadlocks = lh_deadlocks_add(p->watch->deadlocks, &p->ledger, p);
}

void lh_deadlock_watch_drop(struct lh_watch_process *p)
{
	if (p->watch->deadlocks)
		lh_deadlocks_drop(p->watch->deadlocks, p->deadlocks);
	p->deadlocks = NULL;
	lh_deadlock_end_drop(p);
}

/* ---- potential deadlocks that have happened ---- */

/* That a thread waits on a condition while it holds a lock stays a mistake of its own. */
static bool is_potential_deadlock(const struct lh_finding *f)
{
	return (f->flags & LH_FINDING_UNSURE) && f->level == LH_POTENTIAL &&
	       f->rule != LH_RULE_COND_WAIT_HOLDING;
}

static bool waits_for(const struct lh_watch_process *p, const struct lh_finding *f, lh_lock_id lock)
{
	struct lh_step s;

	for (uint32_t i = 0; i < f->steps; i++)
		if (lh_read_step(&p->ledger, f->step + i, &s) && s.action != LH_HOLDS &&
		    s.lock == lock)
			return true;
	return false;
}

/* Is each wait of the potential deadlock a wait of the one that happened? */
static bool covers(const struct lh_watch_process *p, const struct lh_finding *happened,
		   const struct lh_finding *potential)
{
	struct lh_step s;

	for (uint32_t i = 0; i < potential->steps; i++)
		if (!lh_read_step(&p->ledger, potential->step + i, &s) ||
		    (s.action == LH_WANTS && !waits_for(p, happened, s.lock)))
			return false;
	return true;
}

static bool has_happened(const struct lh_watch_process *p, const struct lh_finding *potential)
{
	const struct lh_finding *f;

	for (uint32_t i = p->overlay->table[LH_T_FINDING].base; (f = lh_watch_row(p, i)); i++)
		if ((f->rule == LH_RULE_DEADLOCK || f->rule == LH_RULE_POOL_DEADLOCK) &&
		    !(f->flags & (LH_FINDING_ENDED | LH_FINDING_LIKELY)) && covers(p, f, potential))
			return true;
	return false;
}

/* That no thread is left to end any wait says more, and for certain. */
static void drop_likely(const struct lh_watch_process *p)
{
	const struct lh_finding *lost = lh_watch_row(p, p->lost);
	struct lh_finding *f;

	if (!lost || (lost->flags & LH_FINDING_ENDED))
		return;
	for (uint32_t i = p->overlay->table[LH_T_FINDING].base; (f = lh_watch_row(p, i)); i++)
		if (f->flags & LH_FINDING_LIKELY)
			f->rule = LH_NO_RULE;
}

uint32_t lh_watch_withdraw(struct lh_watch_process *p)
{
	const struct lh_table_view *rows = &p->ledger.rows[LH_T_FINDING];
	uint32_t n = lh_read_used(&p->ledger, LH_T_FINDING);
	struct lh_finding f;
	uint32_t visible = 0;

	pthread_mutex_lock(&p->watch->mutex);
	lh_deadlock_end_scan(p->watch);
	for (uint32_t i = 1; p->overlay && i < n; i++) {
		if (!lh_read_finding(&p->ledger, i, &f) ||
		    (!is_potential_deadlock(&f) &&
		     !(f.level == LH_POTENTIAL && f.rule == LH_RULE_LOCK_ORDER)) ||
		    !has_happened(p, &f))
			continue;
		((struct lh_finding *)(uintptr_t)(rows->at + (size_t)i * rows->row))->rule =
			LH_NO_RULE;
		visible += !f.filter && !(f.flags & LH_FINDING_UNSURE);
	}
	drop_likely(p);
	visible += lh_watch_drop_deadlocked(p);
	pthread_mutex_unlock(&p->watch->mutex);
	return visible;
}
