/*
 * thread.h — thread rows, live-thread rows, held lists, and the entry check of every hook.
 *
 * Each thread has a row of LH_T_THREAD forever. While it lives, it also has a row of
 * LH_T_LIVE_THREAD, where its held locks and its wait are visible to all. Live-thread rows are
 * reused.
 *
 * - A live-thread row is written only by its own thread; but another thread that releases a lock of
 *   the held list may make a hole there (lock 0), under the internal lock.
 * - A lock appears once in the held list; acquiring it again raises its depth.
 * - Release need not be last-in first-out: removal searches from the top, and may leave a gap,
 * which the next acquisition closes.
 * - The held list begins in the live-thread row and goes on in rows of LH_T_HELD, which grow under
 *   the internal lock. It is bounded (LH_HELD_MAX); further locks are counted and not recorded.
 * - `struct lh_self` is private and wiped by fork; its `live` is NULL whenever the fast path may
 *   not run, so that one test answers every question at once.
 *
 * Does not know rules or stacks.
 */
#ifndef LH_THREAD_THREAD_H
#define LH_THREAD_THREAD_H

#include "libcheck/ledger/own_ledger.h"
#include "libcheck/lock/lock.h"
#include "libcheck/stack/stack.h"

#include <pthread.h>

enum {
	LH_CHAIN_CACHE = 512,      /* chains that a thread caches, two per line; a power of two */
	LH_ACQUISITIONS = 128,     /* acquisitions that a thread caches; a power of two */
	LH_VISITED_BITS = 1 << 15, /* chains for which a thread has a "visited" bit */
	LH_RETIRED_KINDS = 16,     /* init sites for which a thread retires rows; a power of two */
	LH_RETIRED_MAX = 256,      /* rows of one of them */
	LH_FRESH_SITES = 8,        /* sites of new chains that a thread counts; a power of two */
	LH_OWN_READS = 16,         /* locks whose reads a thread keeps; a power of two */
	LH_AWAY_STACKS = 8,        /* places where it releases the GIL; a power of two */
	LH_OWN_WAITS = 16,         /* locks for which a thread keeps waits; a power of two */
	LH_OWN_WAITS_KEPT = 80,    /* waits that it keeps for one of them */
	LH_OWN_WAITS_MEASURED = 8, /* of so many kept waits, one is measured */
	LH_OWN_WAITS_AT_ONCE = 8,  /* waits that are counted at once, */
	LH_OWN_WAITS_QUIET_MS = 1000 /* after a time without a wait for the lock */
};

/* A checked acquisition: `lock` at `site` while `parent` was held is this chain. */
struct lh_chain_cache_entry {
	lh_chain_id parent;
	lh_lock_id lock;
	lh_site site;
	lh_chain_id chain;
};

/*
 * An acquisition that this thread has made before: of this lock, by this call, on this stack, while
 * the last held lock was that one. What the ledger has for it is known: see acquisition_cache.h.
 */
struct lh_acquisition {
	uintptr_t key, frame; /* see lh_acquisition_key; frame of the hook */
	struct lh_held_chain {
		lh_lock_id lock;
		lh_chain_id chain;
	} top, own; /* of the last held lock, see lh_acquisition_top; of this acquisition */
	struct lh_lock *l;
	uint64_t state; /* of the lock: see lh_acquisition_lock_state */
	lh_site site;
	uint32_t epoch; /* valid while it is self->acquisition_epoch */
	const struct lh_context *x;
} __attribute__((aligned(64)));

/* Rows of locks that the thread destroyed and may revive, linked by `next`. */
struct lh_retired {
	lh_stack_id init_stack;
	uint32_t first, n;
};

/* Of the rounds of barriers (events/rounds.c); `passed` may be set by another thread of the round.
 */
struct lh_rounds {
	lh_lock_id barrier;  /* where the thread waits; 0: nowhere, or the round is complete */
	uint32_t before;     /* live-thread row of the thread that arrived before; 0: none */
	uint32_t passed;     /* what the round orders */
	struct member *sets; /* of threads that it passes barriers with */
};

/* Waits for a lock, or shared acquisitions of it, that are not yet in its counts: see own_count.h.
 */
struct lh_own_count {
	lh_lock_id lock;
	uint32_t tick;    /* in which the last ones happened */
	uint16_t room;    /* so many may still be kept before they are added */
	uint16_t kept;    /* `room` when none was kept; 0: none may be */
	uint32_t at_once; /* so many were counted at once */
};

/* Waits for a lock in one mode: see own_waits.h. */
struct lh_own_waits {
	struct lh_own_count count;
	uint32_t mode, measured;
	uint32_t ns[LH_OWN_WAITS_KEPT / LH_OWN_WAITS_MEASURED]; /* the lengths of these */
};

/* A stack with the frames of Python that have this identity. */
struct lh_away_stack {
	uintptr_t identity;
	lh_stack_id stack;
};

struct lh_self {
	struct lh_live_thread *live;       /* NULL: take the slow path */
	uint32_t number;                   /* row of LH_T_LIVE_THREAD */
	uint32_t sample;                   /* acquisitions until the next exact hold time */
	uint32_t acquisition_epoch;        /* raised, atomically, to empty the acquisition cache */
	uintptr_t python;                  /* of the frames of Python: see lh_acquisition_key */
	struct lh_live_thread *live_saved; /* the row, inside the library too */
	uintptr_t inside;                  /* frame of the hook that is inside, 0 none */
	uint32_t reused;                   /* another thread had this row before */
	bool inner;                        /* inside an original: see lh_inner_begin */
	void (*once_routine)(void); /* of the pthread_once call in progress, see interpose/once.c */
	const void *once_call;
	uintptr_t cond_frame;  /* frame of the last condition wait */
	uintptr_t futex_frame; /* frame of the last wait in a futex of the program's own */
	/* Of the wait that began last, for its end: its entry of the acquisition cache. NULL: none;
	 * then its stack, if that was looked up, and the epoch of the cache before that. */
	const struct lh_acquisition *wait_entry;
	const struct lh_context *wait_context;
	uint32_t wait_epoch;
	uint32_t acquisitions_kept; /* entries of the acquisition cache that were not replaced */
	bool wait_is_known;         /* nothing was new when this wait began */
	bool waits_for_free; /* no thread held the lock when this wait began; wait_entries is set */
	const void *cover;   /* with `inner`: the announced lock whose code runs */
	/* The condition wait in which the wait of the live-thread row happens: in a signal handler,
	 * or in the unwinding of a cancellation. lock 0: none. */
	struct {
		lh_lock_id lock, mutex;
		lh_site site;
		uint64_t since_ns;
	} outer_wait;
	/* Of teams of OpenMP threads (events/team.c): */
	uint32_t team_phase;      /* phase of the parallel region that it works in; 0: in none */
	lh_thread_id team_leader; /* the thread in whose regions it works; 0: in its own */
	bool team_begins;         /* it has begun a region, whose threads it may create now */
	/* A region that begins by one call and ends by another (interpose/openmp_team.c): */
	uint32_t team_started; /* so many, one inside the other */
	uint32_t team_outer;   /* of the outermost, see lh_on_team_end */
	_Alignas(8) char team_region[64];
	struct lh_rounds rounds;
	struct lh_stack_walk_result *walked; /* the last walk; a hook must use little stack */
	struct lh_python_chain away;         /* for lh_python_away */
	struct lh_away_stack away_stack[LH_AWAY_STACKS];
	struct {
		lh_site site;
		uint32_t n; /* acquisitions there that brought a new chain */
	} fresh[LH_FRESH_SITES];
	bool retires; /* it has retired a lock: before that, `retired` is empty */
	struct lh_retired retired[LH_RETIRED_KINDS]; /* by init_stack */
	uint64_t delay_state;  /* of the random stream of delay/delay.c, 0 not begun */
	uint32_t random;       /* state of lh_self_next_sample */
	uint32_t try_sample;   /* `sample` at the last failed try */
	uint64_t try_entries;  /* the acquisitions of the lock then */
	uint32_t visited_used; /* words of `visited` from here on are zero */
	uint64_t cache_used[LH_CHAIN_CACHE / 2 / 64]; /* bits of the pairs that are not zero */
	struct lh_own_count own_reads[LH_OWN_READS];
	struct lh_own_waits own_waits[LH_OWN_WAITS];
	/* The large ones last: a thread touches few of their pages, of `visited` the first. */
	uint64_t visited[LH_VISITED_BITS / 64];
	struct lh_chain_cache_entry chain_cache[LH_CHAIN_CACHE / 2][2];
	struct lh_acquisition acquisition[LH_ACQUISITIONS];
};

/* Forgets which chains the thread has visited: its segment has ended. */
void lh_self_forget_visits(struct lh_self *self);

/* Ends all locks of the entry. Needs the internal lock. */
void lh_retired_drop(struct lh_retired *r);
/* No thread finds a chain in its cache until it has found it again otherwise. Takes no lock. */
void lh_self_forget_cached_chains(void);
/* No thread finds an acquisition in its cache that is there now. Takes no lock. */
void lh_self_forget_acquisitions(void);
static inline void lh_self_forget_own_acquisitions(struct lh_self *self)
{
	__atomic_fetch_add(&self->acquisition_epoch, 1, __ATOMIC_SEQ_CST);
}

/* The entry of this init stack, or one that is empty; NULL: none. */
static inline struct lh_retired *lh_retired_entry(struct lh_self *self, lh_stack_id init_stack)
{
	enum { PROBES = 4 };
	uint32_t at = init_stack * 0x9e3779b1u >> 16 & (LH_RETIRED_KINDS - 1);
	struct lh_retired *empty = NULL;

	if (LH_LIKELY(self->retired[at].init_stack == init_stack))
		return &self->retired[at];
	if (!self->retires) /* all are empty */
		return &self->retired[at];
	for (uint32_t i = 0; i < PROBES; i++) {
		struct lh_retired *r = &self->retired[(at + i) & (LH_RETIRED_KINDS - 1)];
		if (r->init_stack == init_stack)
			return r;
		if (!r->first && !empty)
			empty = r;
	}
	return empty;
}

/*
 * Acquisitions until the next measured one: LH_SAMPLE_EVERY on average, and random, so that a
 * program with a regular pattern is not always measured at one site.
 */
static inline uint32_t lh_self_next_sample(struct lh_self *self)
{
	self->random = self->random * 1664525u + 1013904223u;
	return 1 + (self->random >> 8) % (2 * LH_SAMPLE_EVERY - 1);
}

/*
 * `lh_self_none` until the first event of a thread, `lh_self_refused` if there was no row for it.
 * Stored as the distance from lh_self_none, so that zero means lh_self_none: an IFUNC resolver may
 * acquire a lock before the loader has set more than zeros in the main thread's copy.
 */
extern struct lh_self lh_self_none LH_HIDDEN, lh_self_refused LH_HIDDEN;
extern __thread intptr_t lh_self_offset __attribute__((tls_model("initial-exec"))) LH_HIDDEN;

static inline struct lh_self *lh_self_get(void)
{
	return (struct lh_self *)((uintptr_t)&lh_self_none + (uintptr_t)lh_self_offset);
}

/*
 * The entry check. NULL: pass the call through unrecorded. The reasons are:
 *   too early    the library has not started yet, or gave up
 *   no row       no free live-thread row, or no memory
 *   busy         a thread's first event did not get the internal lock in time
 *   inside       a signal handler came while this thread was inside the library
 *   not ours     a forked child that could not get its own ledger
 * It is never too late: calls are recorded until the process ends. If the frame of the new hook
 * does not lie below that of the hook inside, that hook was left by a jump, and the new one enters.
 */
struct lh_self *lh_enter(uintptr_t frame);

/* The same for a thread whose `live` is not NULL. */
static inline void lh_enter_known(struct lh_self *self, uintptr_t frame)
{
	self->inside = frame;
	LH_COMPILER_FENCE();
	self->live = NULL;
	LH_COMPILER_FENCE();
}

static inline void lh_leave(struct lh_self *self)
{
	self->inside = 0;
	LH_COMPILER_FENCE();
	self->live = self->live_saved;
}

/*
 * Around the original of a call that makes lock calls itself: these are part of the call, and are
 * not recorded. lh_inner_begin returns NULL, which lh_inner_end accepts, where lh_enter does. If
 * the original is left by a jump, the next hook of a frame that is not deeper ends it.
 */
struct lh_self *lh_inner_begin(uintptr_t frame);
static inline void lh_inner_end(struct lh_self *self)
{
	if (!self)
		return;
	self->inner = false;
	lh_leave(self);
}

/* In a forked child, set by init.c: prepares the library for the child, or returns false. */
extern bool (*lh_thread_after_fork)(uintptr_t frame);

/*
 * A thread that has created another one calls it before the create call returns, and a new thread
 * before its start routine. delay/delay.c and steer/late.c replace the function with one that may
 * delay the thread.
 */
extern void (*lh_thread_at_create)(uintptr_t frame) LH_HIDDEN;

struct lh_self *lh_self_of(uint32_t live_row); /* NULL for row 0 */

bool lh_thread_init(void); /* tables; at start, and again in a forked child */

/* ---- after lh_enter; those marked B need the internal lock ---- */

lh_thread_id lh_thread_new(lh_thread_id creator, lh_stack_id created, uint32_t segment); /* B */
uint32_t lh_live_thread_new(lh_thread_id thread); /* B; 0: none */
void lh_live_thread_free(uint32_t live_row);      /* B */
/* The row's thread will end soon; the kernel shows when it is gone. */
void lh_live_thread_ending(uint32_t live_row);
uint32_t lh_live_threads_ending(void);
/* lh_own_waits_end and lh_own_reads_end of all threads */
void lh_live_threads_end_counts(void);
/* Attaches the calling thread to the row reserved for it, or to a new one (0). B for 0. */
struct lh_self *lh_live_thread_attach(uint32_t live_row, uintptr_t low, uintptr_t high);
/* This handle now belongs to the thread of the row; any earlier row with the handle loses it. */
void lh_live_thread_set_handle(uint32_t live_row, pthread_t handle);
uint32_t lh_live_thread_by_handle(pthread_t handle); /* 0: not known */
void lh_thread_default_stack(uint64_t size);
void lh_thread_stack_bounds(uintptr_t frame, uint64_t size, uintptr_t *low, uintptr_t *high);

/* The row shows the thread's wait. The lock is set last: who sees it sees all of the wait. */
static inline __attribute__((always_inline)) void
lh_live_thread_waits(struct lh_live_thread *live, lh_lock_id lock, lh_site site, enum lh_wait on,
		     uint32_t with, uint64_t since_ns)
{
	live->wait_site = site;
	live->wait_on = on;
	live->wait_with = with;
	live->wait_since_ns = since_ns;
	live->wait_seq++;
	__atomic_store_n(&live->wait_lock, lock, __ATOMIC_RELEASE);
}

/*
 * Entry k of the held list, from 0 on, also one above the top. Another thread's list may change
 * while it is read: its reader first asks for the count.
 */
static inline struct lh_held *lh_held_at(const struct lh_live_thread *live, uint32_t k)
{
	if (LH_LIKELY(k < LH_HELD_INLINE))
		return (struct lh_held *)&live->held[k];
	return &LH_HELDS[__atomic_load_n(&live->held_row, __ATOMIC_ACQUIRE) + (k - LH_HELD_INLINE)];
}

/* The number of an entry of this list. */
static inline uint32_t lh_held_number(const struct lh_live_thread *live, const struct lh_held *h)
{
	uintptr_t at = (uintptr_t)h - (uintptr_t)live->held;

	if (LH_LIKELY(at < sizeof(live->held)))
		return (uint32_t)(h - live->held);
	return LH_HELD_INLINE + (uint32_t)(h - &LH_HELDS[live->held_row]);
}

/* Entries that there is memory for. */
static inline uint32_t lh_held_capacity(const struct lh_live_thread *live)
{
	return LH_HELD_INLINE + __atomic_load_n(&live->held_rows, __ATOMIC_ACQUIRE);
}

/* Entries of the held list; may include such of released locks (lock 0). Bounded also in a row that
 * no thread uses. */
static inline uint32_t lh_held_count(const struct lh_live_thread *live)
{
	uint32_t n = __atomic_load_n(&live->held_n, __ATOMIC_ACQUIRE);

	return LH_LIKELY(n <= LH_HELD_INLINE) ? n
	       : n < lh_held_capacity(live)   ? n
					      : lh_held_capacity(live);
}

/* The chain of all held locks; 0: none, or not looked up yet. */
static inline lh_chain_id lh_held_chain(const struct lh_live_thread *live)
{
	uint32_t n = lh_held_count(live);

	return n ? lh_held_at(live, n - 1)->chain : 0;
}

struct lh_held *lh_held_find(struct lh_live_thread *live, const void *object);
/* Needs the internal lock. NULL: full, counted. */
struct lh_held *lh_held_push(struct lh_live_thread *live);
void lh_held_remove(struct lh_live_thread *live, struct lh_held *h);
/* Removes entries of released locks: those on top; with a gap, all from there on. */
void lh_held_trim(struct lh_live_thread *live);
void lh_held_close_gaps(struct lh_live_thread *live);
/* The live-thread row, other than `except`, that holds this lock, and its entry; 0: none known. */
uint32_t lh_held_find_holder(lh_lock_id lock, uint32_t except, struct lh_held **h);

#endif
