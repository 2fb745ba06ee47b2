/* lock_state.c — whether an object is a lock, and whether threads sleep in it. */
#include "libcheck/lock/lock_state.h"

extern const char *gnu_get_libc_version(void) __attribute__((weak));

static bool knows_conditions; /* glibc 2.25 to 2.40: later ones have another condition */

void lh_lock_state_init(void)
{
	const char *version = gnu_get_libc_version ? gnu_get_libc_version() : "";

	knows_conditions = version[0] == '2' && version[1] == '.' &&
			   ((version[2] == '2' && version[3] >= '5') || version[2] == '3' ||
			    (version[2] == '4' && version[3] == '0')) &&
			   version[3];
}

bool lh_lock_knows_conditions(void)
{
	return knows_conditions;
}

/* ---- is it a lock? ---- */

static bool is_sharing(uint32_t word)
{
	return word == 0 || word == LH_GLIBC_SHARED;
}

/* pthread_barrier_destroy raises the number of threads that left above that of those that came. */
static bool is_valid_barrier(const void *o)
{
	return lh_glibc_load(o, LH_GLIBC_BARRIER_COUNT) &&
	       is_sharing(lh_glibc_load(o, LH_GLIBC_BARRIER_SHARED)) &&
	       lh_glibc_load(o, LH_GLIBC_BARRIER_LEFT) <=
		       lh_glibc_load(o, LH_GLIBC_BARRIER_ARRIVED);
}

bool lh_lock_is_valid(const void *object, enum lh_kind kind)
{
	switch (kind) {
	case LH_MUTEX:
		return lh_glibc_is_mutex(object);
	case LH_RWLOCK:
		return lh_glibc_load(object, LH_GLIBC_RWLOCK_FLAGS) <=
			       PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP &&
		       lh_glibc_load(object, LH_GLIBC_RWLOCK_SHARED) <= 1;
	case LH_COND:
		return !knows_conditions ||
		       !(lh_glibc_load(object, LH_GLIBC_COND_WAITERS) & LH_GLIBC_COND_DESTROYED);
	case LH_BARRIER:
		return is_valid_barrier(object);
	case LH_SEM:
		return is_sharing(lh_glibc_load(object, LH_GLIBC_SEM_SHARED));
	default:
		return true;
	}
}

uint32_t lh_lock_find_destroyed(const void *object, enum lh_kind kind, bool by_tag)
{
	uintptr_t destroyed = (uintptr_t)object | LH_ADDRESS_FREED;
	size_t unused = lh_own_ledger.ledger->tag_off ? 0 : lh_glibc_unused(kind);
	uint32_t row = unused ? lh_glibc_load(object, unused) & lh_own_ledger.lock_row_mask : 0;

	if ((!row || LH_LOCKS[row].address != destroyed) && !by_tag)
		row = lh_lock_find_at(object, destroyed);
	const struct lh_lock *l = &LH_LOCKS[row];

	return l->address == destroyed && l->kind == kind && (l->flags & LH_LOCK_DESTROYED) ? row
											    : 0;
}

bool lh_lock_cond_is_shared(const void *object)
{
	size_t flags = LH_GLIBC_COND_WAITERS - (knows_conditions ? 0 : LH_GLIBC_COND_SHIFT);

	return lh_glibc_load(object, flags) & LH_GLIBC_COND_SHARED;
}

/* ---- who sleeps in it? ---- */

static uint64_t load_64(const void *object, size_t offset)
{
	return __atomic_load_n((const uint64_t *)((const char *)object + offset), __ATOMIC_RELAXED);
}

/*
 * A condition has two groups of waiters: the older group is signalled first, and the waiters that
 * come now join the other. Its size counts down with each signal; the size of the other is the
 * sequence number now less that at its start, corrected by its own size word, which counts the
 * waiters that gave up.
 */
static uint32_t cond_sleepers(const void *o)
{
	uint64_t seq = load_64(o, LH_GLIBC_COND_SEQ), start = load_64(o, LH_GLIBC_COND_START);
	uint32_t first = (uint32_t)(~seq & 1);
	uint32_t size[2] = {lh_glibc_load(o, LH_GLIBC_COND_SIZE),
			    lh_glibc_load(o, LH_GLIBC_COND_SIZE + 4)};
	uint32_t newer = (uint32_t)(seq >> 1) - (uint32_t)(start >> 1) -
			 (lh_glibc_load(o, LH_GLIBC_COND_ORIGINAL) >> 2) + size[!first];

	return size[first] + newer;
}

static uint32_t barrier_sleepers(const void *o)
{
	uint32_t round = lh_glibc_load(o, LH_GLIBC_BARRIER_ROUND);
	uint32_t arrived = lh_glibc_load(o, LH_GLIBC_BARRIER_ARRIVED);

	return arrived > round ? arrived - round : 0;
}

/* The value is in the low half, the number of waiters above. With a permit left one of them wakes
 * up. */
static uint32_t sem_sleepers(const void *o)
{
	uint64_t word = load_64(o, LH_GLIBC_SEM_VALUE);

	return (uint32_t)word ? 0 : (uint32_t)(word >> 32);
}

uint32_t lh_lock_sleepers(const void *object, enum lh_kind kind)
{
	switch (kind) {
	case LH_COND:
		return knows_conditions && !(lh_glibc_load(object, LH_GLIBC_COND_WAITERS) &
					     LH_GLIBC_COND_SHARED)
			       ? cond_sleepers(object)
			       : 0;
	case LH_BARRIER:
		return lh_glibc_load(object, LH_GLIBC_BARRIER_SHARED) ? 0
								      : barrier_sleepers(object);
	case LH_SEM:
		return lh_glibc_load(object, LH_GLIBC_SEM_SHARED) ? 0 : sem_sleepers(object);
	default:
		return 0;
	}
}
