/*
 * lock.h — which lock is this? Its row in the ledger, without watching free.
 *
 * glibc leaves some words of its locks unused. The row's number lies there, checked
 * against the address in the row: a lock that was freed and made anew starts with zeros
 * and so is a new lock; a copy of a lock lies at another address and so is a new lock.
 * Kinds without a spare word (spinlocks, conditions, barriers, once, guards), robust and
 * process-shared locks are found by address in a table.
 *
 *   mutex   bytes 24-27: the list pointers, which only robust mutexes use
 *   rwlock  bytes 16-19: padding
 *   sem     bytes 16-19: unused, and not cleared by sem_init, so set there
 *
 * This room is the only one that reads or writes a byte of a lock. It calls no lock
 * function, and nothing here looks at an object after its real unlock or destroy.
 * Lookups take no lock; lh_lock_make and lh_lock_destroy want the big lock.
 */
#ifndef LH_LOCK_LOCK_H
#define LH_LOCK_LOCK_H

#include "libcheck/ledger/own_ledger.h"
#include "libcheck/lock/shm_location.h"

enum { LH_TAG_OFFSET_MUTEX = 24, LH_TAG_OFFSET_RWLOCK = 16, LH_TAG_OFFSET_SEM = 16 };

/* A slot is a row and above it some bits of the address. */
struct lh_lock_index {
	uint32_t *slot;
	uint32_t lines; /* a power of two */
};
extern struct lh_lock_index lh_lock_index;

/* The row of this object by the table, or 0. */
uint32_t lh_lock_find(const void *object);

/* The row number that lies in the object itself; may be anything: check the address. */
static inline uint32_t lh_lock_read_tag(const void *object, enum lh_kind kind)
{
	const char *c = object;

	if (kind == LH_MUTEX)
		return *(const uint32_t *)(c + LH_TAG_OFFSET_MUTEX);
	if (kind == LH_RWLOCK)
		return *(const uint32_t *)(c + LH_TAG_OFFSET_RWLOCK);
	if (kind == LH_SEM)
		return *(const uint32_t *)(c + LH_TAG_OFFSET_SEM);
	return lh_lock_find(object);
}

/* The row of this object by word or table, NULL if it is new to us. */
static inline struct lh_lock *lh_lock_known(const void *object, enum lh_kind kind)
{
	struct lh_lock *l = &LH_LOCKS[LH_LOCK_ROW(lh_lock_read_tag(object, kind))];

	return LH_LIKELY(l->address == (uintptr_t)object) ? l : NULL;
}

static inline lh_lock_id lh_lock_id_of(const struct lh_lock *l)
{
	return LH_LOCK_ID((uint32_t)(l - LH_LOCKS), l->gen);
}

/* The row of an id, or NULL if that lock is no more. */
struct lh_lock *lh_lock_row(lh_lock_id id);

/* The same or a new row. NULL: no room, counted. Reads the kind's attributes from the object. */
struct lh_lock *lh_lock_make(const void *object, enum lh_kind kind);

/* Its row of LH_T_LOCK_STATS, made if it has none. NULL: no room. Wants the big lock. */
struct lh_lock_stats *lh_lock_stats_get(struct lh_lock *l);

/* A new lock at this address for sure: whatever was known there is over. */
struct lh_lock *lh_lock_reinit(const void *object, enum lh_kind kind, uint32_t flags,
			       uint32_t initial);

/*
 * In a forked child, where memory may be gone or other than it was: the row of a lock that the
 * parent knew as `was` (a copy), without a look at its bytes; and whether they still say, as a copy
 * made by the kernel, that this thread of the parent holds it. What cannot be read does not.
 */
struct lh_lock *lh_lock_copy_from_parent(const struct lh_lock *was);
bool lh_lock_still_held(const struct lh_lock *was, int32_t tid);

/*
 * Before the big lock is taken: would lh_lock_make of this object need to know where it lies?
 * (A process-shared lock that is new to us. A spinlock does not say whether it is one: the
 * memory does.) If so, lh_shm_locate says it, and under the big lock lh_lock_set_location hands it
 * on to the next row that is made for this object. NULL: to none any more.
 */
bool lh_lock_needs_location(const void *object, enum lh_kind kind);
void lh_lock_set_location(const void *object, const struct lh_shm_location *w);

/* The lock is destroyed. Its row may be used again unless a finding or a node names it. */
void lh_lock_destroy(struct lh_lock *l);

/*
 * Locks that come and go need no big lock: the thread that destroys one may lay its row to
 * rest, and make the next lock of the same kind at the same address from it. Nobody else
 * looks for such a row. It goes on counting, and keeps where it was born.
 *
 * lh_lock_can_retire: is there nothing about this lock that another could not inherit?
 */
bool lh_lock_can_retire(const struct lh_lock *l);
void lh_lock_retire(struct lh_lock *l);
void lh_lock_revive(struct lh_lock *l, const void *object); /* as a new lock, at the same address */
void lh_lock_drop_retired(struct lh_lock *l);               /* it will not return. Big lock */
static inline bool lh_lock_is_retired_at(const struct lh_lock *l, const void *object)
{
	return l->address == ((uintptr_t)object | LH_ADDRESS_FREED) && !(l->flags & LH_LOCK_DEAD);
}
/* Lets go of the nodes that nobody will miss; set by the room `node`. */
extern void (*lh_lock_on_destroy)(struct lh_lock *l);

/* May the variant that does not wait be called first? glibc's trylock damages a robust mutex that
 * is lost. */
static inline bool lh_lock_may_try(const void *object, enum lh_kind kind)
{
	return kind != LH_MUTEX || !(((const int *)object)[4] & 16 /* __kind, its robust bit */);
}

/* What the object itself says, at this moment. */
bool lh_lock_is_free_now(const void *object, enum lh_kind kind);
/* The same, before a call that is not tried first; delay/delay.c may nap before it looks. */
extern bool (*lh_lock_free_probe)(const void *object, enum lh_kind kind, enum lh_how how) LH_HIDDEN;
int lh_lock_owner_tid(const void *object, enum lh_kind kind); /* 0: nobody, or it does not say */
bool lh_sem_is_positive(const void *object);
extern bool (*lh_sem_permit_probe)(const void *object,
				   enum lh_how how) LH_HIDDEN; /* as lh_lock_free_probe */
bool lh_once_is_done(const void *object);
uint32_t lh_lock_attributes(const void *object, enum lh_kind kind);

/* A lock of the parent's ledger: what was known of it there, or NULL. */
const struct lh_lock *lh_lock_in_parent(lh_lock_id id);

bool lh_lock_init(void); /* also in a forked child */

#endif
