/*
 * acquisition_cache.h — acquisitions that this thread has made before, found by one hash.
 *
 * A program acquires the same locks at the same places again and again. Where the lock, the caller,
 * the frame, the whole stack and the last held lock are those of an earlier acquisition of the
 * thread, the stack's number and the held chain are too, and nothing else is looked up. An entry
 * is filled when the slow look-ups have found an acquisition that is not new.
 *
 * - Only the thread reads and writes its entries. Other threads raise acquisition_epoch.
 * - An entry holds as long as what it was made from:
 *     the chain is visited in this segment   lh_self_forget_visits raises the epoch
 *     no chain of it is freed or stale       lh_self_forget_cached_chains raises the epochs of all
 *                                            threads, lh_chain_clean that of its thread
 *     the lock lives, and nobody holds it    its row says so: address, tag, generation, owner
 *     the last held lock lives               the held list has its id. lh_chain_release makes only
 *                                            chains stale whose last held lock has ended
 *     the code is there                      dlclose raises the epochs
 * - The frames of Python are part of the stack, so their identity is part of the key. A thread
 *   without the GIL does not move in Python, and its identity is in lh_self. With the GIL it is
 *   read each time, and the entry is looked up later.
 */
#ifndef LH_THREAD_ACQUISITION_CACHE_H
#define LH_THREAD_ACQUISITION_CACHE_H

#include "libcheck/thread/thread.h"

/* self->python of a thread that has the GIL: no entry has such a key. */
#define LH_ACQUISITION_NONE ((uintptr_t)1 << 63)

/* The return address of the hook, with the identity of the frames of Python; 0: there are none. */
static inline uintptr_t lh_acquisition_key(uintptr_t frame, uintptr_t python)
{
	return ((const uintptr_t *)frame)[1] + python;
}

/*
 * Where the entry of an acquisition is, if there is one. The factor is the best of thirty million
 * random ones for locks of an array, up to 1 MB from each other: with that of the golden ratio,
 * three out of four locks at distances of 128 or 256 bytes share an entry with another one.
 */
static inline struct lh_acquisition *lh_acquisition_at(struct lh_self *self, uintptr_t key,
						       uintptr_t frame, const void *object,
						       uint64_t top)
{
	enum {
		BITS = __builtin_ctz(LH_ACQUISITIONS),
		ROW = __builtin_ctz(sizeof(struct lh_acquisition))
	};
	uint64_t h = key + frame * 8 + (uintptr_t)object * 4 + top;

	h = h * 0x7909c540e9e99545u >> (64 - BITS - ROW) & (LH_ACQUISITIONS - 1) << ROW;
	return (struct lh_acquisition *)((char *)self->acquisition + h);
}

/* Lock and chain in one word. */
static inline uint64_t lh_acquisition_word(const struct lh_held_chain *of)
{
	uint64_t word;

	__builtin_memcpy(&word, of, sizeof(word));
	return word;
}

/* Lock and chain of the last held lock; if there is none, what no held lock has. */
static inline uint64_t lh_acquisition_top(const struct lh_live_thread *live, uint32_t n)
{
	uint64_t word;

	_Static_assert(offsetof(struct lh_held, chain) ==
			       offsetof(struct lh_held, lock) +
				       offsetof(struct lh_held_chain, chain),
		       "lock and chain");
	if (!n)
		return UINT64_MAX;
	__builtin_memcpy(&word, &live->held[n - 1].lock, sizeof(word));
	return word;
}

/* Generation, kind, many_chains and owner of a lock in one word. */
static inline uint64_t lh_acquisition_lock_state(const struct lh_lock *l)
{
	uint64_t state;

	_Static_assert(offsetof(struct lh_lock, owner) + sizeof(l->owner) ==
			       offsetof(struct lh_lock, gen) + sizeof(state),
		       "state");
	__builtin_memcpy(&state, &l->gen, sizeof(state));
	return state;
}

/* Is it the lock of which the entry was made, in the same state? Its owner is not compared. */
static inline bool lh_acquisition_is_of_lock(const struct lh_acquisition *a)
{
	uint32_t now, then;

	_Static_assert(offsetof(struct lh_lock, owner) ==
			       offsetof(struct lh_lock, gen) + sizeof(now),
		       "state");
	__builtin_memcpy(&now, &a->l->gen, sizeof(now));
	__builtin_memcpy(&then, &a->state, sizeof(then));
	return now == then;
}

/* The same of a lock without an owner. */
static inline uint64_t lh_acquisition_free_state(const struct lh_lock *l)
{
	struct lh_lock free = {.gen = l->gen, .kind = l->kind, .many_chains = l->many_chains};

	return lh_acquisition_lock_state(&free);
}

#endif
