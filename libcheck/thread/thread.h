/*
 * thread.h — who am I, what do I hold, and may I come in?
 *
 * A thread's life is a row of LH_T_THREAD for ever; while it lives it sits on a seat,
 * where its held locks and its wait stand for everyone to see. Seats are used again.
 *
 * - A seat is written by its own thread only; a hole (lock 0) may be made in its held
 *   list by another thread that gave the lock back, under the big lock.
 * - A lock appears once in the list; taking it again raises its depth.
 * - Release need not be last-in first-out: removal searches from the top.
 * - The list is bounded (LH_HELD_MAX); beyond it we count and stay silent.
 * - `struct lh_self` is private, wiped by fork; its `seat` is NULL whenever the fast path
 *   may not run, so that one test answers every question at once.
 *
 * Does not know rules or stacks.
 */
#ifndef LH_THREAD_THREAD_H
#define LH_THREAD_THREAD_H

#include "libcheck/ledger/own_ledger.h"
#include "libcheck/lock/lock.h"

#include <pthread.h>

enum {
	LH_CHAIN_CACHE = 512, /* chains that a thread remembers, two in a place; a power of two */
	LH_VISITED_BITS = 1 << 15, /* nodes of which a thread knows in a bit that it was there */
	LH_RETIRED_MAX =
		16 /* locks that a thread has destroyed and may make again; a power of two */
};

/* A judged acquisition: `lock` at `place` while `parent` was held is this node. */
struct lh_chain_cache_entry {
	lh_chain_id parent;
	lh_lock_id lock;
	lh_site site;
	lh_chain_id chain;
};

struct lh_self {
	struct lh_live_thread *live;       /* NULL: take the slow door */
	uint32_t number;                   /* of the seat */
	uint32_t sample;                   /* acquisitions until the next exact hold time */
	struct lh_live_thread *live_saved; /* the seat, while this thread is inside the library */
	uintptr_t inside;                  /* frame of the hook that is inside, 0 none */
	uint32_t reused;                   /* somebody sat here before */
	void (*once_routine)(void); /* of the pthread_once call in flight, see interpose/once.c */
	const void *once_call;
	uint32_t free_visit; /* rows of LH_T_VISIT of this thread that are free again */
	struct lh_stack_walk_result
		*walked; /* where a walk of this thread is kept; hooks may not use much stack */
	uint32_t retired[LH_RETIRED_MAX]; /* rows, by address */
	uint64_t
		delay_state; /* of delay/delay.c: where its stream of numbers stands, 0 not begun */
	uint32_t random;     /* of lh_self_next_sample */
	/* at the last try that failed: was anything taken since? */
	uint32_t try_sample;
	uint64_t try_entries;
	uint32_t visited_used; /* words of `been` that are not all zero are below this */
	/* The large ones last, for of their pages a thread touches a few: of the bits the first. */
	uint64_t visited[LH_VISITED_BITS / 64];
	struct lh_chain_cache_entry chain_cache[LH_CHAIN_CACHE / 2][2];
};

void lh_self_forget_visits(
	struct lh_self *self); /* which chains it has been through in this segment */

static inline uint32_t *lh_retired_entry(struct lh_self *self, const void *object)
{
	uintptr_t a = (uintptr_t)object;

	return &self->retired[(a >> 4 ^ a >> 8 ^ a >> 12) & (LH_RETIRED_MAX - 1)];
}

/*
 * Acquisitions until the next one that is measured: LH_SAMPLE_EVERY on average, and by chance,
 * so that a program that does the same again and again is not always met at the same place.
 */
static inline uint32_t lh_self_next_sample(struct lh_self *self)
{
	self->random = self->random * 1664525u + 1013904223u;
	return 1 + (self->random >> 8) % (2 * LH_SAMPLE_EVERY - 1);
}

/*
 * `lh_self_none` until the first event of a thread, `lh_self_refused` if there was no seat for it.
 * Kept as the distance from lh_self_none, so that zero means it: an IFUNC resolver may lock
 * before the loader has filled the main thread's copy of anything but zeros.
 */
extern struct lh_self lh_self_none LH_HIDDEN, lh_self_refused LH_HIDDEN;
extern __thread intptr_t lh_self_offset __attribute__((tls_model("initial-exec"))) LH_HIDDEN;

static inline struct lh_self *lh_self_get(void)
{
	return (struct lh_self *)((uintptr_t)&lh_self_none + (uintptr_t)lh_self_offset);
}

/*
 * The door. NULL means: let the call go through unrecorded. There are five reasons:
 *   too early    the library is not born yet, or stood down
 *   no seat      more threads than seats, or no memory
 *   inside       a signal handler came while this thread was inside the library
 *   not ours     a forked child that could not get a ledger of its own
 *   too late     never: the door stays open until the process ends
 * A hook whose frame lies above the one that is inside was left by a jump; its guard
 * is stale and the door opens.
 */
struct lh_self *lh_enter(uintptr_t frame);
void lh_leave(struct lh_self *self);

/* What to do in a forked child, set by init: make it ours again, or return false. */
extern bool (*lh_thread_after_fork)(uintptr_t frame);

bool lh_thread_init(void); /* tables; also in a forked child */

/* ---- with the door open; those marked B want the big lock ---- */

lh_thread_id lh_thread_new(lh_thread_id creator, lh_stack_id created, uint32_t segment); /* B */
uint32_t lh_live_thread_new(lh_thread_id thread); /* B; 0: none */
void lh_live_thread_free(uint32_t live_row);      /* B */
void lh_live_thread_ending(
	uint32_t live_row); /* its thread will be gone soon; the kernel tells when */
uint32_t lh_live_threads_ending(void);
/* Sits the calling thread down on a seat that was made for it, or a new one (0). B for 0. */
struct lh_self *lh_live_thread_attach(uint32_t live_row, uintptr_t low, uintptr_t high);
void lh_live_thread_set_handle(
	uint32_t live_row, pthread_t handle); /* its thread has this handle; old claims to it end */
uint32_t lh_live_thread_by_handle(pthread_t handle); /* 0: not known */
void lh_thread_default_stack(uint64_t size);
void lh_thread_stack_bounds(uintptr_t frame, uint64_t size, uintptr_t *low, uintptr_t *high);

struct lh_held *lh_held_find(struct lh_live_thread *live, const void *object);
struct lh_held *lh_held_push(struct lh_live_thread *live); /* NULL: full, counted */
void lh_held_remove(struct lh_live_thread *live, struct lh_held *h);
/* The seat that holds this lock, other than `except`; its entry in *h. 0: nobody is seen to. */
uint32_t lh_held_find_holder(lh_lock_id lock, uint32_t except, struct lh_held **h);

#endif
