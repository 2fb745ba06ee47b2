/*
 * ledger.h — the one memory that the checked process and the front end share.
 *
 * Flat tables of fixed-size rows that name each other by number; no pointers.
 * The library writes, the front end reads, live or after death. Row 0 of every
 * table is never used, so the number 0 means "none" everywhere.
 *
 * Does not map, allocate or check anything: it is only the shape. Whoever reads
 * a ledger that another process wrote must believe no number in it.
 *
 * - Ownership: every row has one writer at a time, named at its struct.
 * - Publication: a row is filled first, then `used` of its table is raised with
 *   a release store; a reader loads `used` with acquire and looks below it.
 * - Lock numbers are versioned: the low LH_LOCK_BITS are the row, the rest is the
 *   row's generation, so a number kept after the lock's death answers "gone".
 * - A change of any layout here raises LH_LEDGER_VERSION.
 */
#ifndef LH_LEDGER_H
#define LH_LEDGER_H

#include <stdint.h>

#define LH_LEDGER_MAGIC "LOCKHND" /* 8 bytes with the final zero */
#define LH_LEDGER_VERSION 4

#define LH_HELD_MAX 64      /* locks one thread can hold before we stop counting */
#define LH_FRAMES_MAX 48    /* frames kept of one stack */
#define LH_PATH_MAX 400     /* bytes kept of a path, with its final zero */
#define LH_NAME_MAX 16      /* a thread's name, as the kernel keeps it */
#define LH_NOTE_MAX 120     /* bytes kept of words beside a step, with the final zero */
#define LH_TEXT_MAX 240     /* bytes kept of the command line, with its final zero */
#define LH_FRAME_PC_BITS 48 /* of a frame word: the address; above it the module */
#define LH_LOCK_BITS 22     /* of a lock number: the row; above it the generation */
#define LH_LOCK_ROWS (1u << LH_LOCK_BITS)

typedef uint32_t lh_lock_id;   /* generation << LH_LOCK_BITS | row of LH_T_LOCK */
typedef uint32_t lh_thread_id; /* row of LH_T_THREAD */
typedef uint32_t lh_stack_id;  /* row of LH_T_STACK */
typedef uint32_t lh_chain_id;  /* row of LH_T_CHAIN */
typedef uint32_t lh_note_id;   /* row of LH_T_NOTE */

enum lh_kind {
	LH_NOTHING,
	LH_MUTEX,
	LH_RWLOCK,
	LH_SPIN,
	LH_SEM,
	LH_COND,
	LH_BARRIER,
	LH_ONCE,
	LH_GUARD,      /* the hidden guard of a C++ local static */
	LH_THREAD_END, /* a thread's life: pthread_join waits for it */
	LH_CUSTOM,     /* a lock of the program's own, told through lockhound.h */
	LH_KINDS
};

enum lh_mode { LH_EXCLUSIVE, LH_SHARED, LH_PERMIT /* one permit of a counting semaphore */ };

/* How a lock is asked for. Only LH_BLOCKING can hang for ever. */
enum lh_how { LH_BLOCKING, LH_TIMED, LH_TRY };

/*
 * A place packs how and where a lock was taken into one word:
 * stack << 8 | how << 4 | mode.
 */
typedef uint32_t lh_site;
#define LH_SITE(stack, how, mode) ((lh_site)(stack) << 8 | (uint32_t)(how) << 4 | (uint32_t)(mode))
#define LH_SITE_STACK(p) ((lh_stack_id)((p) >> 8))
#define LH_SITE_HOW(p) ((enum lh_how)((p) >> 4 & 15))
#define LH_SITE_MODE(p) ((enum lh_mode)((p)&15))

#define LH_LOCK_ROW(id) ((id) & (LH_LOCK_ROWS - 1))
#define LH_LOCK_GEN(id) ((id) >> LH_LOCK_BITS)
#define LH_LOCK_ID(row, gen) ((lh_lock_id)(gen) << LH_LOCK_BITS | (row))

#define LH_FRAME(module, pc) ((uint64_t)(module) << LH_FRAME_PC_BITS | ((pc)&LH_FRAME_PC_MASK))
#define LH_FRAME_PC_MASK ((1ull << LH_FRAME_PC_BITS) - 1)
#define LH_FRAME_MODULE(f) ((uint32_t)((f) >> LH_FRAME_PC_BITS))
#define LH_FRAME_PC(f) ((f)&LH_FRAME_PC_MASK)

/* flags of a lock */
enum {
	LH_LOCK_RECURSIVE = 1 << 0,
	LH_LOCK_ERRORCHECK = 1 << 1,
	LH_LOCK_ROBUST = 1 << 2,
	LH_LOCK_PI = 1 << 3,
	LH_LOCK_PSHARED = 1 << 4,
	LH_LOCK_PREFER_WRITER = 1 << 5, /* rwlock: a queued writer stops new readers, for good */
	LH_LOCK_SIGNAL = 1 << 6,        /* semaphore: not a lock; somebody else posted it */
	LH_LOCK_COUNTING = 1 << 7,      /* semaphore: initial value above 1 */
	LH_LOCK_DEAD = 1 << 8,          /* destroyed; the row may mean another lock soon */
	LH_LOCK_PINNED = 1 << 9,        /* a finding names it: its row is never reused */
	LH_LOCK_NAMED = 1 << 10,        /* `name` was given through lockhound.h */
	LH_LOCK_HAS_WRITERS = 1 << 11,  /* rwlock: somebody has asked for it exclusively */
	LH_LOCK_PROTECT = 1 << 12,      /* priority-protecting (ceiling) mutex */
	LH_LOCK_ADAPTIVE = 1 << 13,
	LH_LOCK_INITED = 1 << 14, /* its init call was seen (else static, or older than we) */
	LH_LOCK_THREAD_END_SEM = 1 << 16, /* semaphore: no lock; posted when the thread in `thread`
				   ends (CPython) */
	LH_LOCK_TAKEN_OUTSIDE_HANDLER = 1 << 17, /* taken outside of signal handlers, by a thread
				      whose signal mask is known */
	LH_LOCK_HELD_ACROSS_CREATE = 1 << 18,    /* somebody has held it while he created threads */
};

/*
 * A lock, one cache line: what every acquisition touches, and what every lock needs. Written by
 * the thread that holds it; made and ended under the big lock.
 */
struct lh_lock {
	uint64_t address;  /* where the object lies; LH_ADDRESS_* */
	uint64_t acquired; /* exclusive acquisitions */
	uint64_t shared;   /* shared acquisitions */
	uint32_t flags;
	uint16_t gen;        /* generation of this row; its low bits are in every lock number */
	uint8_t kind;        /* enum lh_kind */
	uint8_t many_chains; /* more than two nodes want it */
	uint32_t owner;      /* seat that holds it exclusively, 0 none */
	union {
		uint32_t barrier_arrived; /* barrier: who has come to this round.
				  LH_LOCK_THREAD_END_SEM: the segment */
		uint32_t next;            /* dead: free list of rows */
	};
	uint32_t initial;        /* semaphore: initial value; barrier: count; life: its thread */
	lh_stack_id init_stack;  /* where it was initialised; 0: not seen */
	lh_stack_id first_stack; /* where it was first taken */
	lh_chain_id chains;      /* first node that wants this lock */
	uint32_t stats;          /* its row of LH_T_LOCK_STATS; 0: none yet */
	union {
		uint32_t held_ns; /* without a row of LH_T_LOCK_STATS: the one hold that was sampled
				   */
		lh_thread_id
			thread; /* LH_LOCK_THREAD_END_SEM: whose end it is. Barrier: its round */
	};
};

/* No object of a process lies as high as these. */
#define LH_ADDRESS_FREED (1ull << 62) /* it is dead or rests: no live lock can match this row */
#define LH_ADDRESS_NONE (1ull << 63)  /* a thread's life: there is no object */

/* The address to show in a report, also after death; 0 none. */
static inline uint64_t lh_lock_address(const struct lh_lock *l)
{
	return l->address & LH_ADDRESS_NONE ? 0 : l->address & ~LH_ADDRESS_FREED;
}

/* Is there a live lock in this row? */
static inline int lh_lock_is_live(const struct lh_lock *l)
{
	return l->address && !(l->address & LH_ADDRESS_FREED);
}

/*
 * What only some locks need: those that were waited for, held often, named or shared
 * between processes.
 */
struct lh_lock_stats {
	uint64_t contended;
	uint64_t tries_failed;
	uint64_t wait_ns, wait_max_ns;
	uint64_t hold_ns, hold_max_ns; /* over the sampled holds */
	uint32_t hold_samples;
	uint32_t owner_changes; /* of those acquisitions that were not known yet */
	uint32_t last_owner;    /* seat that had it last of those */
	uint32_t location;      /* row of LH_T_LOCK_LOCATION; valid if that names this lock */
	uint32_t contention; /* row of LH_T_CONTENTION; 0: nobody waited, few holds were measured */
	uint32_t pad;
	char name[LH_NAME_MAX]; /* given by the program, see LH_LOCK_NAMED */
};

/*
 * Where a process-shared lock lies, the same in every process that maps it: device and inode
 * of the memory (lock/shm_location.h) and the offset in it. There is no row for what is not known.
 */
struct lh_lock_location {
	lh_lock_id lock;
	uint32_t pad;
	uint64_t dev, ino, off;
};

/* One lock in a thread's hands. lock 0: being written, or taken away by another thread's unlock. */
struct lh_held {
	uint64_t address;
	lh_lock_id lock;
	lh_site site;      /* how and where it was taken */
	uint32_t tick;     /* milliseconds of the ledger's clock when it was taken */
	lh_chain_id chain; /* the chain of locks up to this one; 0: not yet asked for */
	uint16_t depth;    /* how many times this thread has taken it */
	uint16_t flags;    /* LH_HELD_* */
	uint32_t pad;
	uint64_t since_ns; /* exact time of the acquisition if it was sampled or waited for, else 0
			    */
};

enum {
	LH_HELD_EXACT_TIME = 1 << 0,
	LH_HELD_IN_COND_WAIT =
		1 << 1,             /* given back inside a condition wait; comes back by itself */
	LH_HELD_INHERITED = 1 << 2, /* was held across fork */
	LH_HELD_ACROSS_CREATE = 1 << 5, /* threads were created meanwhile: `pad` is the segment that
				  ended with the first */
	LH_HELD_WEIGHTED = 1 << 4,      /* one of LH_SAMPLE_EVERY: its time stands for so many */
	LH_HELD_ACROSS_FORK = 1 << 6,   /* the process has forked meanwhile */
};

/* What makes it the same lock to a person: its birthplace, where that is known. */
static inline uint64_t lh_lock_class_key(const struct lh_lock *l, lh_lock_id id)
{
	return l->init_stack ? l->init_stack : (uint64_t)id << 32;
}

/* One finding for each birthplace of a lock and place where it is taken; a key is never 0. */
static inline uint64_t lh_long_hold_key(const struct lh_lock *l, lh_lock_id id, lh_site site)
{
	uint64_t birth = lh_lock_class_key(l, id);

	return (birth * 0x9e3779b97f4a7c15u ^ LH_SITE_STACK(site)) * 0x94d049bb133111ebu | 1;
}

enum lh_live_state { LH_LIVE_FREE, LH_LIVE_RESERVED, LH_LIVE_ATTACHED, LH_LIVE_ENDING };

/* What a live thread holds and waits for. Written by its thread; seats are reused. */
struct lh_live_thread {
	uint32_t state; /* enum lh_live_state */
	int32_t tid;
	lh_thread_id thread; /* whose seat it is now */
	uint32_t held_n;
	/* the wait: wait_lock is set last and cleared first */
	lh_lock_id wait_lock;
	lh_site wait_site;
	uint32_t wait_on;   /* enum lh_wait: what kind of call waits */
	uint32_t wait_with; /* condition wait: the mutex given back; join: the thread waited for */
	uint64_t wait_since_ns;
	uint32_t wait_seq; /* raised at each wait, so that two looks can be compared */
	uint32_t segment;  /* raised at create, join and barrier: what ran before what */
	uint64_t handle;   /* pthread_t */
	uint64_t stack_low, stack_high;
	uint32_t reserved;
	uint32_t detached;
	uint64_t start_routine, start_argument; /* of pthread_create, until the thread has begun */
	/* of the wait for a lock: */
	uint64_t wait_entries;    /* how often the lock had been taken when it began */
	uint32_t waiters_before;  /* and how many waited then */
	uint32_t wait_contention; /* row of LH_T_CONTENTION that counts it, 0 none */
	/* of tries that fail, one after the other: */
	lh_lock_id try_lock;
	uint32_t tries;
	uint64_t try_since_ns; /* of the LH_TRIES_BEFORE_TIMINGth */
	lh_site try_site;      /* known from the LH_TRIES_BUSY_WAITth on */
	uint32_t pad;
	struct lh_held held[LH_HELD_MAX];
};

enum lh_wait {
	LH_WAIT_NONE,
	LH_WAIT_LOCK,
	LH_WAIT_COND,
	LH_WAIT_JOIN,
	LH_WAIT_BARRIER,
	LH_WAIT_SEM,
	LH_WAIT_ONCE
};

/* A thread's life; one row for each thread there ever was. */
struct lh_thread {
	int32_t tid;
	uint32_t live; /* 0 once it has ended */
	lh_thread_id creator;
	lh_stack_id created;
	uint32_t creator_segment;  /* of the creator, when it created this one */
	uint32_t flags;            /* LH_THREAD_* */
	lh_lock_id end_lock;       /* the lock that pthread_join takes */
	lh_chain_id creator_chain; /* chain that its creator has held ever since, and until it
			     joined it; 0 none */
	char name[LH_NAME_MAX];
};

enum {
	LH_THREAD_MAIN = 1,
	LH_THREAD_ENDED = 2,
	LH_THREAD_BARRIER_ROUND =
		32,             /* no thread: one round of a barrier, for the order of events */
	LH_THREAD_FOREIGN = 64, /* the monitor's row for a thread of another process, whose number
				     is in creator_segment */
};

enum {
	LH_STACK_CUT = 1,
	LH_STACK_APPROXIMATE = 2,
	LH_STACK_HANDLER = 4 /* goes through a signal handler */
};

/* A stack, stored once. Its frames lie in LH_T_FRAME, innermost first, return addresses. */
struct lh_stack {
	uint32_t frame; /* first row of LH_T_FRAME */
	uint16_t n;
	uint16_t flags; /* LH_STACK_* */
	uint32_t hash;
	uint32_t next; /* hash chain */
};

/*
 * A loaded object, as it was when a stack first went through it. Or a function of a script
 * that the program interprets (LH_MODULE_SCRIPT): `path` is the file, behind its zero stands
 * the function's name, and a frame's address in it is the line, 0 not known.
 */
struct lh_module {
	uint64_t start, end; /* mapped range */
	uint64_t base;       /* subtract it from an address to get the address in the file */
	uint64_t link_map;   /* of the loader; tells a later module at the same place apart. Script:
				hash chain */
	uint8_t build_id[20];
	uint8_t build_id_n;
	uint8_t gone;   /* another module was seen at the same place later */
	uint16_t flags; /* LH_MODULE_* */
	char path[LH_PATH_MAX];
};

enum { LH_MODULE_SCRIPT = 1 };

/*
 * A chain of held locks, as a tree: this acquisition was made while the chain of
 * `parent` was held. A node with a parent is a dependency: some thread, holding the
 * locks of the parent chain, asked for this one.
 */
struct lh_chain {
	lh_chain_id parent; /* 0: nothing was held */
	lh_lock_id lock;
	lh_site site;
	uint16_t depth;    /* locks in the chain, this one included */
	uint16_t children; /* nodes that were made while this one was held; stays at its highest
			      value */
	uint32_t visit;    /* first row of LH_T_VISIT */
	uint32_t next;     /* next node that wants the same lock */
	uint32_t hash_next;
	uint32_t flags; /* LH_NODE_* */
};

enum {
	LH_CHAIN_MANY_THREADS = 1 /* more threads than LH_T_VISIT keeps */,
	LH_CHAIN_SIGNALS_BLOCKED = 4, /* with signals blocked, when it was made */
	LH_CHAIN_REUSED = 8           /* the row was another node before */
};

/* Which thread was seen at a node, from which of its segments to which. */
struct lh_chain_visit {
	lh_chain_id chain;
	lh_thread_id thread;
	uint32_t first, last; /* segments */
	uint32_t next;
	uint32_t serial; /* in the order of time: when it was first seen here */
};

/* An order between threads: what `a` did up to a_segment came before what `b` does from b_segment
 * on. */
struct lh_hb_edge {
	uint32_t what; /* enum lh_hb_kind */
	lh_thread_id a;
	uint32_t a_segment;
	lh_thread_id b;
	uint32_t b_segment;
};

/*
 * TAKE: a thread took, waiting, a lock that one of its creators (the line of them) had held when
 * it made the line, so that one had given it back. GIVE: a thread gave back, in a_segment, a lock
 * that it had held while it created threads; `b` is no thread but that lock, b_segment the
 * segment that ended with the first of them. It orders nothing. FORK_GIVE: the same of a lock that
 * a thread had held when it forked; the two segments are the time in nanoseconds, low half first.
 */
enum lh_hb_kind {
	LH_HB_CREATE = 1,
	LH_HB_JOIN,
	LH_HB_BARRIER,
	LH_HB_ACQUIRED_FROM_CREATOR,
	LH_HB_CREATOR_RELEASED,
	LH_HB_FORKER_RELEASED
};

/* Of LH_HB_FORKER_RELEASED. */
static inline uint64_t lh_hb_edge_ns(const struct lh_hb_edge *e)
{
	return (uint64_t)e->b_segment << 32 | e->a_segment;
}

enum lh_rule {
	LH_NO_RULE,
#define RULE(constant, id, severity, title, meaning, help) LH_RULE_##constant,
#include "libcheck/rules.def"
#undef RULE
	LH_RULES
};

enum lh_level { LH_POTENTIAL, LH_HAPPENED, LH_CONFIRMED };
enum lh_severity { LH_NOTE, LH_WARNING, LH_ERROR };
enum lh_action { LH_HOLDS, LH_WANTS, LH_WAITS_FOR, LH_CALLS, LH_RELEASES, LH_JOINS };

/* A finding: `steps` rows of LH_T_STEP from `step` on tell it, thread by thread. */
struct lh_finding {
	uint32_t rule;
	uint8_t level, severity, steps, flags; /* flags: LH_FINDING_* */
	lh_thread_id thread;                   /* the one that completed it */
	uint32_t step;
	uint64_t key; /* what makes it the same finding again */
	uint32_t count;
	uint32_t filter; /* 0 a finding; else enum lh_filter, the reason it was set aside */
	uint64_t time_ns;
	uint64_t duration_ns;
};

enum {
	LH_FINDING_OPEN = 1, /* still going on: duration_ns grows */
	LH_FINDING_BY_CLASS = 2,
	LH_FINDING_UNSURE =
		4, /* through a semaphore that may yet turn out to be no lock: told at the end */
	LH_FINDING_MEASURED =
		8, /* what the library measured for the monitor; that tells it, nobody else does */
};

enum lh_filter {
	LH_F_NONE,
	LH_F_THREADS,
	LH_F_GATE,
	LH_F_ORDERED,
	LH_F_READERS,
	LH_F_TRY,
	LH_F_TIMED,
	LH_FILTERS
};

struct lh_step {
	lh_thread_id thread;
	lh_lock_id lock;
	lh_site site;
	uint32_t action; /* enum lh_action */
	uint32_t tick;
	lh_note_id note; /* what else is to be said of it */
};

/* ---- rows that only the monitor makes ---- */

/* Words beside a step, such as what a call waits on. */
struct lh_note {
	char text[LH_NOTE_MAX];
};

/*
 * Who made whom wait, as it was seen from outside at each look: somebody waited at `waiter`
 * for what was held at `holder`. waiter 0: how long the lock was seen held there.
 */
struct lh_wait_pair {
	lh_lock_id lock;
	lh_site waiter, holder; /* holder 0: nobody was seen to hold it */
	lh_thread_id thread;    /* who waited longest here; of a hold, who held longest */
	uint64_t ns;            /* time between two looks, added up */
	uint64_t worst_ns;      /* the longest single wait or hold, as far as it was seen */
	uint32_t samples;
	uint32_t queue; /* most waiters for this lock at one look */
};

/* One hold or wait that lasted from one look to the next or longer. On the ledger's clock. */
struct lh_span {
	lh_thread_id thread;
	lh_lock_id lock;
	lh_site site;
	uint32_t wait; /* enum lh_wait; LH_WAIT_NONE: a hold */
	uint64_t from_ns, to_ns;
};

/*
 * Time that a thread burnt while it waited for a lock without sleeping: for a spinlock, or in
 * tries that failed one after the other.
 */
struct lh_busy_wait {
	lh_lock_id lock;
	lh_site site;
	lh_thread_id thread; /* who burnt most of it at once */
	uint32_t samples;
	uint64_t cpu_ns, worst_ns;
};

/* ---- how a lock fares ---- */

enum {
	LH_BUCKETS = 120,      /* of times, see base/histogram.h */
	LH_THREAD_SHARES = 16, /* threads of one lock that are told apart */
	LH_SAMPLE_EVERY = 256, /* acquisitions of a thread between two whose hold is measured */
	LH_TRIES_BEFORE_TIMING = 16, /* tries in a row from which on they are timed */
	LH_TRIES_BUSY_WAIT = 100     /* from which on they are called busy waiting */
};
#define LH_THREAD_SHARE_OTHERS                                                                     \
	UINT32_MAX /* instead of a thread: all that have no share of their own */

/* What one thread got of a lock. Written by that thread, but for the rest's. */
struct lh_thread_share {
	lh_thread_id thread; /* 0: free */
	uint32_t waits;
	uint64_t taken; /* what went the fast way is counted one in LH_SAMPLE_EVERY, times that */
	uint64_t wait_ns, wait_max_ns;
	uint64_t bypassed_max; /* entries of others during a single wait */
};

/* Times of one mode: exclusive or shared. Waits are all there; holds as lh_thread_share.taken. */
struct lh_histogram {
	uint64_t n, ns, max_ns;
	uint32_t bucket[LH_BUCKETS];
};

/*
 * How a lock treats those who want it. Made when somebody first waits for it, when the first
 * few of its holds have been measured, or when tries fail for long. Written by whoever has just
 * waited for it or gives it back; `asked` and `done` are atomic.
 */
struct lh_contention {
	lh_lock_id lock;
	uint32_t next;                     /* free list of rows */
	uint32_t waits_begun, waits_ended; /* waits begun, and ended in whichever way */
	uint32_t queue;                    /* most who waited at once */
	uint32_t recursive;                /* times that a holder took it again: no entry */
	/* Entries of others between the beginning of a wait and its end; and those of them that
	 * nobody who waited before can have made: of who came later. */
	uint64_t bypassed, bypassed_max, overtaken, overtaken_max;
	lh_thread_id bypassed_thread;
	/* tries that failed one after the other, LH_TRIES_BUSY_WAIT times or more */
	uint32_t busy; /* how often */
	uint32_t busy_tries;
	lh_thread_id busy_thread;
	lh_site busy_site; /* of the longest */
	uint32_t pad;
	uint64_t busy_ns;
	struct lh_histogram wait[2], hold[2]; /* exclusive, shared */
	struct lh_thread_share
		share[LH_THREAD_SHARES]; /* the last one is the rest's, once there is one */
};

enum lh_table_name {
	LH_T_NONE,
	LH_T_LIVE_THREAD,
	LH_T_THREAD,
	LH_T_LOCK,
	LH_T_STACK,
	LH_T_FRAME, /* rows are uint64_t, LH_FRAME(module, return address) */
	LH_T_MODULE,
	LH_T_CHAIN,
	LH_T_VISIT,
	LH_T_HB_EDGE,
	LH_T_FINDING,
	LH_T_STEP,
	LH_T_NOTE, /* these three are the monitor's: no room for them in a live ledger */
	LH_T_WAIT_PAIR,
	LH_T_SPAN,
	LH_T_LOCK_LOCATION, /* the library's again: of process-shared locks */
	LH_T_BUSY_WAIT,     /* the monitor's as well */
	LH_T_CONTENTION,
	LH_T_LOCK_STATS,
	LH_TABLES
};

struct lh_table {
	uint64_t offset;  /* from the ledger's first byte */
	uint32_t row;     /* bytes of a row */
	uint32_t rows;    /* room reserved, row 0 included */
	uint32_t used;    /* rows in use, row 0 included; atomic */
	uint32_t ready;   /* rows whose memory is there for sure; raised by the monitor; atomic */
	uint32_t refused; /* rows asked for when it was full; atomic */
	uint32_t pad;
};

enum lh_ledger_state { LH_LEDGER_EMPTY, LH_LEDGER_READY, LH_LEDGER_ENDED };

enum {
	LH_LEDGER_SPARSE =
		1 << 0, /* rows beyond `ready` may be touched too: memory comes by itself */
	LH_LEDGER_STANDALONE = 1 << 1,    /* made by the library: no front end */
	LH_LEDGER_FORKED = 1 << 2,        /* of a child that did not exec */
	LH_LEDGER_PACKED = 1 << 3,        /* packed by the front end */
	LH_LEDGER_PYTHON_UNREAD = 1 << 5, /* a CPython of a version whose frames we cannot read */
};

/* How it ended; filled by the front end. */
enum lh_end {
	LH_END_UNKNOWN,
	LH_END_EXIT,
	LH_END_SIGNAL,
	LH_END_LOST,
	LH_END_RUNNING,
	LH_END_EXEC
};

/*
 * The first bytes of a ledger. A saved file is one ledger after another, each `total`
 * bytes long; a live one is a single ledger.
 */
struct lh_ledger {
	char magic[8];
	uint32_t version;
	uint32_t header; /* sizeof this struct, in the writer's view */
	uint64_t total;  /* bytes from this header to the end of the last table */
	uint32_t flags;  /* LH_LEDGER_* */
	uint32_t state;  /* enum lh_ledger_state; LH_LEDGER_READY is the handshake */
	int32_t pid, parent;
	uint64_t start_ns;    /* monotonic; ticks count milliseconds from here */
	uint64_t start_epoch; /* seconds since 1970 */
	uint64_t end_ns;
	uint32_t end; /* enum lh_end */
	int32_t end_code;
	uint32_t tick;             /* milliseconds since start_ns, kept by the monitor, else 0 */
	uint32_t monitor;          /* pid of the monitor, 0 none */
	uint64_t retired_acquired; /* acquisitions of rows that were reused since */
	uint64_t retired_contended;
	uint32_t reserved_1;
	uint32_t dropped_events; /* the big lock was not to be had in time, or no seat */
	uint32_t dropped_locks, dropped_stacks, dropped_chains;
	uint32_t unrecorded; /* calls that went by unrecorded: too early, in a handler inside us */
	uint32_t searches_cut; /* searches that met their bound */
	uint32_t reserved_2[2];
	uint32_t tag_off;           /* the word inside the lock is not used */
	uint32_t locations_unknown; /* process-shared locks whose place could not be found out */
	int32_t fork_pid;           /* of a forked child: the process that was copied, its thread */
	lh_thread_id fork_thread; /* that forked (0: not known), and the segment in which it did */
	uint32_t fork_segment;
	lh_chain_id fork_chain; /* the chain of locks that it held */
	uint32_t
		hb_edges_lost; /* dropped was what orders threads: no circle is believed any more */
	uint64_t watched_from_ns; /* when it began: was forked, if we saw that, or came under watch
				   */
	uint64_t shared_ns; /* when it last asked for a process-shared lock: then it lived still */
	char exe[LH_PATH_MAX];
	char command[LH_TEXT_MAX];
	char comm[LH_NAME_MAX];
	struct lh_table table[LH_TABLES];
	uint32_t shake;     /* seed of the delays before acquisitions, 0 none */
	uint32_t shakes;    /* so many; atomic */
	uint64_t shaken_ns; /* and so long in all; atomic */
};

/*
 * The front end's run file: a board page, then slots for ledgers, each LH_RUN_SLOT_BYTES
 * apart. A process that starts takes the next slot by an atomic addition.
 */
#define LH_RUN_MAGIC "LOCKBRD"
#define LH_RUN_HEADER_BYTES 4096
#define LH_RUN_SLOT_BYTES (1ull << 32)
#define LH_LATE_TICKS 128 /* late ticks that are remembered */

struct lh_run_header {
	char magic[8];
	uint32_t version;
	uint32_t next;      /* slots taken so far; atomic */
	uint32_t tick;      /* milliseconds since start_ns; advanced by the monitor; atomic */
	uint32_t slots_max; /* slots that there is room for */
	uint64_t start_ns;
	int32_t monitor;
	uint32_t flags;               /* LH_LEDGER_SPARSE */
	uint32_t no_slot;             /* processes that found no slot */
	uint32_t late_ticks;          /* ticks that came late so far; of the last ones: */
	uint64_t late[LH_LATE_TICKS]; /* the tick before << 32 | the tick */
};

/* For how long a tick stands at the most, unless the machine had no time for the ticker. */
#define LH_TICK_NS 5000000u

/*
 * When it was taken, on the ledger's clock: exactly if it was sampled (since_ns may be left from
 * who had the entry before), else in the middle of its tick, so half a tick off at the most. Of a
 * tick that was followed by a late one only the end is sure not to make it too long.
 */
static inline uint64_t lh_held_since(const struct lh_held *h, const struct lh_run_header *header)
{
	if ((h->flags & LH_HELD_EXACT_TIME) && h->since_ns)
		return h->since_ns;
	for (uint32_t i = 0; header && i < LH_LATE_TICKS; i++) {
		uint64_t late = __atomic_load_n(&header->late[i], __ATOMIC_RELAXED);
		if (late >> 32 == h->tick && (uint32_t)late > h->tick)
			return (uint64_t)(uint32_t)late * 1000000u;
	}
	return (uint64_t)h->tick * 1000000u + LH_TICK_NS / 2;
}

/* For how long it has been held. */
static inline uint64_t lh_held_for(const struct lh_held *h, const struct lh_run_header *header,
				   uint64_t now_ns)
{
	uint64_t since = lh_held_since(h, header);

	return now_ns > since ? now_ns - since : 0;
}

#endif
