/*
 * lock.h — finds and makes the row of a lock, without watching free.
 *
 * glibc leaves some bytes of its locks unused. The library stores the row number there (the tag)
 * and checks the tag against the address in the row. A lock that was freed and made anew starts
 * with zeros, and a copy of a lock lies at another address: each counts as a new lock. Robust and
 * process-shared locks, and kinds without unused bytes (spinlock, condition, barrier, once, guard),
 * are found by address in a table. glibc_layout.h knows where the bytes of a lock are.
 *
 * This module and no other in the library reads or writes a byte of a lock. Calls no lock function,
 * and reads no object after its real unlock or destroy. Lookups take no lock; lh_lock_make,
 * lh_lock_reinit and lh_lock_destroy need the internal lock.
 */
#ifndef LH_LOCK_LOCK_H
#define LH_LOCK_LOCK_H

#include "libcheck/ledger/own_ledger.h"
#include "libcheck/lock/glibc_layout.h"
#include "libcheck/lock/shm_location.h"

/* The row of the object by the table, or 0. lh_lock_find_at: the one whose address is `address`,
 * the object's, with an LH_ADDRESS_* bit or without. */
uint32_t lh_lock_find(const void *object);
uint32_t lh_lock_find_at(const void *object, uint64_t address);

/* The tag of the object, or the row by the table. A tag may have any value, because memory without
 * a lock is read too: before a lock is initialized, say. */
static inline uint32_t lh_lock_read_tag(const void *object, enum lh_kind kind)
{
	size_t unused = lh_glibc_unused(kind);

	return unused ? *lh_glibc_word(object, unused) : lh_lock_find(object);
}

/* A row by tag or table, which is the object's if its address is. A ledger may have fewer rows than
 * a tag can name. */
static inline uint32_t lh_lock_tagged_row(const void *object, enum lh_kind kind)
{
	return lh_lock_read_tag(object, kind) & lh_own_ledger.lock_row_mask;
}

/* The row of the object by tag or table; NULL: the lock is not known. */
static inline struct lh_lock *lh_lock_known(const void *object, enum lh_kind kind)
{
	struct lh_lock *l = &LH_LOCKS[lh_lock_tagged_row(object, kind)];

	return LH_LIKELY(l->address == (uintptr_t)object) ? l : NULL;
}

/* The same for a lock that may have no tag: one that is robust, or that other processes use. */
struct lh_lock *lh_lock_find_untagged(const void *object, enum lh_kind kind);
static inline struct lh_lock *lh_lock_known_untagged(const void *object, enum lh_kind kind)
{
	struct lh_lock *l = lh_lock_known(object, kind);

	return LH_LIKELY(l != NULL) ? l : lh_lock_find_untagged(object, kind);
}

static inline lh_lock_id lh_lock_id_of(const struct lh_lock *l)
{
	return LH_LOCK_ID((uint32_t)(l - LH_LOCKS), l->gen);
}

/* The row of an id, or NULL if that lock has ended. */
struct lh_lock *lh_lock_row(lh_lock_id id);

/* The known row of the object, or a new one with the object's attributes. NULL: full, counted. */
struct lh_lock *lh_lock_make(const void *object, enum lh_kind kind);

/* The lock's stats, made if there are none. NULL: the table is full. Needs the internal lock. */
struct lh_lock_stats *lh_lock_stats_get(struct lh_lock *l);

/* Makes a new row for the object, and destroys the lock that was known at its address. */
struct lh_lock *lh_lock_reinit(const void *o, enum lh_kind kind, uint32_t flags, uint32_t initial);

/*
 * For a forked child, where the object's memory may be unmapped or changed. `was` is a copy of the
 * row in the parent.
 *
 * lh_lock_copy_from_parent: finds or makes the row in the child without reading the object.
 * lh_lock_still_held: does a copy of the object's bytes still say that the parent's thread `tid`
 * holds the lock? The kernel makes the copy; false if it cannot.
 */
struct lh_lock *lh_lock_copy_from_parent(const struct lh_lock *was);
bool lh_lock_still_held(const struct lh_lock *was, int32_t tid);

/* The initializer of a pthread_once control runs now, and the object is there. */
void lh_lock_once_begun(const void *object);
/* Does it still run? The object may be gone. Also true if that is not known. */
bool lh_lock_once_is_busy(const struct lh_lock *l);

/*
 * lh_lock_needs_location: called before the internal lock is taken. True if the object is a
 * process-shared lock without a row (or a spinlock without a row: only the memory tells whether it
 * is process-shared). Then lh_shm_locate finds the location, and lh_lock_set_location, under the
 * internal lock, passes it to the next row that is made for the object. NULL clears the location.
 */
bool lh_lock_needs_location(const void *object, enum lh_kind kind);
void lh_lock_set_location(const void *object, const struct lh_shm_location *w);

/* Ends the lock. The row can be reused unless a finding or a chain names it. */
void lh_lock_destroy(struct lh_lock *l);

/* The flags that a revived lock does not keep. */
enum {
	LH_LOCK_LIFE_FLAGS = LH_LOCK_HAS_WRITERS | LH_LOCK_TAKEN_OUTSIDE_HANDLER | LH_LOCK_DESTROYED
};
/*
 * A thread that destroys a short-lived lock may retire the row and reuse it for the next lock of
 * the same kind that is initialized at the same site, at any address, without the internal lock. No
 * other thread looks for a retired row. The row keeps its counts and its init stack.
 *
 * lh_lock_can_retire: is there nothing about the lock that another lock could not inherit?
 */
static inline bool lh_lock_can_retire(const struct lh_lock *l)
{
	enum {
		RETIRABLE = LH_LOCK_RECURSIVE | LH_LOCK_ERRORCHECK | LH_LOCK_ADAPTIVE |
			    LH_LOCK_INITED | LH_LOCK_LIFE_FLAGS
	};
	enum lh_kind acts = lh_kind_acts(l->kind);

	return !(l->flags & ~(uint32_t)RETIRABLE) && !l->owner &&
	       l->gen < LH_LOCK_GEN(UINT32_MAX) && !lh_own_ledger.ledger->tag_off &&
	       (acts == LH_MUTEX || acts == LH_RWLOCK || acts == LH_SPIN);
}
static inline void lh_lock_retire(struct lh_lock *l)
{
	__atomic_store_n(&l->address, l->address | LH_ADDRESS_FREED, __ATOMIC_RELEASE);
}
/* The table leads from the object to the row. */
void lh_lock_index(const void *object, uint32_t row);
static inline void lh_lock_write_tag(const void *object, enum lh_kind kind, uint32_t row)
{
	*(uint32_t *)(uintptr_t)lh_glibc_word(object, lh_glibc_unused(kind)) = row;
}
/* A new lock has the row. */
static inline void lh_lock_revive(struct lh_lock *l, const void *object)
{
	bool moves = (l->address & ~LH_ADDRESS_FREED) != (uintptr_t)object;

	l->gen++;
	l->destroy_stack = LH_LOCK_REVIVED;
	l->flags &= ~(uint32_t)LH_LOCK_LIFE_FLAGS;
	l->next = 0;
	__atomic_store_n(&l->address, (uintptr_t)object, __ATOMIC_RELEASE);
	if (lh_glibc_unused((enum lh_kind)l->kind)) /* others are found by their address */
		lh_lock_write_tag(object, (enum lh_kind)l->kind, (uint32_t)(l - LH_LOCKS));
	if (moves)
		lh_lock_index(object, (uint32_t)(l - LH_LOCKS));
}
void lh_lock_drop_retired(struct lh_lock *l); /* ends a retired lock. Needs the internal lock */
/* Makes the row of a destroyed lock free for any lock, unless something names it. */
void lh_lock_free_row(struct lh_lock *l);
/* Called for a destroyed lock: frees chains that no report needs. Set by thread/dead_chain.c. */
extern void (*lh_lock_on_destroy)(struct lh_lock *l);

/*
 * May the try-lock be called before the lock call? Not for a robust mutex: glibc's trylock leaves
 * an unrecoverable one locked.
 */
static inline bool lh_lock_may_try(const void *object, enum lh_kind kind)
{
	return kind != LH_MUTEX ||
	       !(*lh_glibc_word(object, LH_GLIBC_MUTEX_KIND) & LH_GLIBC_KIND_ROBUST);
}

/*
 * lh_lock_is_free_now before a call that no try-lock precedes. delay/delay.c replaces the function
 * with one that may delay the thread.
 */
extern bool (*lh_lock_free_probe)(const void *object, enum lh_kind kind, enum lh_how how) LH_HIDDEN;
/* The same for lh_sem_is_positive. */
extern bool (*lh_sem_permit_probe)(const void *object, enum lh_how how) LH_HIDDEN;

bool lh_lock_init(void); /* also in a forked child */

#endif
