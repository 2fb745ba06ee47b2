/*
 * ledger.h — the memory that the checked process and the front end share.
 *
 * Flat tables of fixed-size rows. Rows name each other by row number; there are no pointers.
 * The library writes; the front end reads, while the process runs or after its end. Row 0 of
 * every table is unused, so the number 0 means "none" everywhere.
 *
 * Does not map, allocate or check anything: this header is only the layout. A reader of a
 * ledger that another process wrote must check every number in it.
 *
 * - Ownership: every row has one writer at a time, named at its struct.
 * - Publication: the writer fills a row, then raises the table's `used` with a release store;
 *   a reader loads `used` with acquire and reads only the rows below it.
 * - Lock ids are versioned: the low LH_LOCK_BITS are the row, the bits above are the row's
 *   generation. An id that was kept after the lock's end matches no row any more.
 * - Bounds: each LH_*_MAX below, and `rows` of each table.
 * - Every change of the layout raises LH_LEDGER_VERSION.
 */
#ifndef LH_LEDGER_H
#define LH_LEDGER_H

#include <stdint.h>

#define LH_LEDGER_MAGIC "LOCKHND" /* 8 bytes with the final zero */
#define LH_LEDGER_VERSION 8

#define LH_HELD_INLINE 64   /* locks held by one thread that lie in its live-thread row */
#define LH_HELD_MAX 16448   /* locks held by one thread that are recorded */
#define LH_FRAMES_MAX 256   /* frames kept of one stack; the option stack_depth says how many */
#define LH_PATH_MAX 400     /* bytes kept of a path, with the final zero */
#define LH_NAME_MAX 16      /* bytes of a thread's name, as the kernel keeps it */
#define LH_LOCK_NAME_MAX 56 /* bytes kept of a name that the program gives a lock */
#define LH_NOTE_MAX 120     /* bytes kept of a step's note, with the final zero */
#define LH_OWN_KINDS 15     /* names of kinds in a file of --lock-api */
#define LH_OWN_KIND_NAME 24 /* bytes of such a name, with the final zero */
#define LH_TEXT_MAX 240     /* bytes kept of the command line, with the final zero */
#define LH_HOST_MAX 72      /* bytes kept of a host's name, with the final zero */
#define LH_CONTAINER_MAX 65 /* bytes of a container's id, with the final zero */
#define LH_COMMIT_MAX 71    /* bytes kept of a commit's id, with the final zero */
#define LH_TEST_MAX 256     /* bytes kept of a test's name, with the final zero */
#define LH_FRAME_PC_BITS 48 /* bits of a frame word for the address; above them the module */
/* A frame word has no bits for more; the last 1024 numbers are those of rows of the front end. */
#define LH_MODULE_ROWS ((1u << (64 - LH_FRAME_PC_BITS)) - 1024)
#define LH_LOCK_BITS 22 /* bits of a lock id for the row; above them the generation */
#define LH_LOCK_ROWS (1u << LH_LOCK_BITS)

typedef uint32_t lh_lock_id;   /* generation << LH_LOCK_BITS | row of LH_T_LOCK */
typedef uint32_t lh_thread_id; /* row of LH_T_THREAD */
typedef uint32_t lh_stack_id;  /* row of LH_T_STACK */
typedef uint32_t lh_chain_id;  /* row of LH_T_CHAIN */
typedef uint32_t lh_note_id;   /* row of LH_T_NOTE */

/* The rows are numbered in this order; a new one comes at the end. */
enum lh_kind {
	LH_NOTHING,
#define KIND(constant, ...) LH_##constant,
#include "libcheck/calls.def"
	LH_KINDS
};

enum lh_mode { LH_EXCLUSIVE, LH_SHARED, LH_PERMIT /* one permit of a counting semaphore */ };

/* Mode of the site of a signal; a wait on the condition has another mode. */
#define LH_COND_SIGNALS LH_SHARED

/* How a lock is acquired. Only LH_BLOCKING can wait forever. */
enum lh_how { LH_BLOCKING, LH_TIMED, LH_TRY };

/* A site packs where and how a lock was acquired into one word. */
typedef uint32_t lh_site;
#define LH_SITE(stack, how, mode) ((lh_site)(stack) << 8 | (uint32_t)(how) << 4 | (uint32_t)(mode))
#define LH_SITE_STACK(p) ((lh_stack_id)((p) >> 8))
#define LH_SITE_HOW(p) ((enum lh_how)((p) >> 4 & 7))
#define LH_SITE_MODE(p) ((enum lh_mode)((p)&15))

/* The same acquisition with another stack. */
#define LH_SITE_MOVED(p, stack) ((lh_site)(stack) << 8 | ((p)&255))
/* Beside `how`: the thread has the GIL, and releases the GIL before it waits. */
#define LH_WITHOUT_GIL 8
#define LH_SITE_WITHOUT_GIL(p) ((p) >> 4 & LH_WITHOUT_GIL)
/* LH_CUSTOM of --lock-api: 1 + the number of the kind's name in the ledger's `own_kind`; 0: none.
 */
#define LH_LOCK_OWN_KIND(flags) ((uint32_t)(flags) >> 28)
#define LH_LOCK_OWN_KIND_FLAGS(n) ((uint32_t)(n) << 28)

#define LH_LOCK_ROW(id) ((id) & (LH_LOCK_ROWS - 1))
#define LH_LOCK_GEN(id) ((id) >> LH_LOCK_BITS)
#define LH_LOCK_ID(row, gen) ((lh_lock_id)(gen) << LH_LOCK_BITS | (row))

#define LH_FRAME(module, pc) ((uint64_t)(module) << LH_FRAME_PC_BITS | ((pc)&LH_FRAME_PC_MASK))
#define LH_FRAME_PC_MASK ((1ull << LH_FRAME_PC_BITS) - 1)
#define LH_FRAME_MODULE(f) ((uint32_t)((f) >> LH_FRAME_PC_BITS))
#define LH_FRAME_PC(f) ((f)&LH_FRAME_PC_MASK)

/* The address of a frame of a script: its line, and the byte in the line from 1. 0: unknown. */
#define LH_SCRIPT_LINE_BITS 32
#define LH_SCRIPT_PC(line, column)                                                                 \
	((uint64_t)(line) | (uint64_t)((column) < 1u << 16 ? (column) : 0) << LH_SCRIPT_LINE_BITS)
#define LH_SCRIPT_LINE(pc) ((uint32_t)(pc))
#define LH_SCRIPT_COLUMN(pc) ((uint32_t)((pc) >> LH_SCRIPT_LINE_BITS))

/* Flags of struct lh_lock. */
enum {
	LH_LOCK_RECURSIVE = 1 << 0,
	LH_LOCK_ERRORCHECK = 1 << 1,
	LH_LOCK_ROBUST = 1 << 2,
	LH_LOCK_PI = 1 << 3,
	LH_LOCK_PSHARED = 1 << 4,
	LH_LOCK_PREFER_WRITER = 1 << 5, /* rwlock: while a writer waits, new readers wait too */
	LH_LOCK_SIGNAL = 1 << 6,        /* a signal, not a lock; see lh_sem_mark_signal */
	LH_LOCK_COUNTING = 1 << 7,      /* semaphore: initial value above 1 */
	LH_LOCK_DEAD = 1 << 8,          /* destroyed; the row may be reused for another lock */
	LH_LOCK_PINNED = 1 << 9,        /* the row is never reused: a finding names it */
	LH_LOCK_NAMED = 1 << 10,        /* the program gave a name through lockhound.h */
	LH_LOCK_HAS_WRITERS = 1 << 11,  /* rwlock: a writer has acquired it or waited for it */
	LH_LOCK_PROTECT = 1 << 12,      /* mutex with a priority ceiling */
	LH_LOCK_ADAPTIVE = 1 << 13,
	LH_LOCK_INITED = 1 << 14,         /* the library saw its init call */
	LH_LOCK_DESTROYED = 1 << 15,      /* by the program's call; LH_LOCK_DEAD also otherwise */
	LH_LOCK_THREAD_END_SEM = 1 << 16, /* no lock: CPython posts it at the end of `thread` */
	LH_LOCK_TAKEN_OUTSIDE_HANDLER = 1 << 17, /* by a thread whose signal mask is known */
	LH_LOCK_HELD_ACROSS_CREATE = 1 << 18,    /* a thread held it while it created threads */
	/* condition: CPython's own, as of its interpreter lock; semaphore: a lock made by CPython
	 */
	LH_LOCK_INTERPRETER = 1 << 19,
	/* announced lock: the announcements do not tell a lock from a signal; counts as a lock
	 * until a thread releases it that does not hold it */
	LH_LOCK_MAY_SIGNAL = 1 << 20,
	/* announced lock: they do not tell a try from an acquisition that may wait */
	LH_LOCK_MAY_TRY = 1 << 21,
	/* announced lock: made of other locks, whose calls are not recorded */
	LH_LOCK_COVERS = 1 << 22,
};

/*
 * A lock; one cache line: the fields that every acquisition touches or every lock needs. Written by
 * the thread that holds the lock. Rows are made and destroyed under the internal lock; a thread may
 * retire and revive a row without the internal lock (lock/lock.h).
 */
struct lh_lock {
	uint64_t address;  /* address of the object; may carry LH_ADDRESS_* bits */
	uint64_t acquired; /* exclusive acquisitions */
	uint64_t shared;   /* shared acquisitions */
	uint32_t flags;
	uint16_t gen; /* generation of this row, part of the lock id; at most 1023 */
	uint8_t kind; /* enum lh_kind */
	/* more than two chains have ended in this lock; futex: more than two threads woke others */
	uint8_t many_chains;
	uint32_t owner; /* live-thread row that holds it exclusively, 0 none */
	union {
		/* Barrier: threads that arrived in this round. LH_LOCK_THREAD_END_SEM: the thread's
		 * segment at its end. */
		uint32_t barrier_arrived;
		/* Futex: the last thread that was woken there, if no thread has woken another
		 * since and the thread does not wait there again. 0: none. */
		lh_thread_id woken;
		/* LH_LOCK_DEAD: next free row. Retired: the thread's next retired row. */
		uint32_t next;
	};
	union {
		/* Semaphore: initial value. Barrier: thread count. LH_THREAD_END: the thread.
		 * LH_LOCK_THREAD_END_SEM: 1 after the thread's end. */
		uint32_t initial;
		/* Destroyed mutex, rwlock or condition: stack of that call; 0 or
		 * LH_LOCK_REVIVED: unknown. A live one: 0 or LH_LOCK_REVIVED. */
		lh_stack_id destroy_stack;
		lh_stack_id wake_stack; /* Futex: of `thread` */
	};
	lh_stack_id init_stack;  /* stack of the init call; 0: not seen */
	lh_stack_id first_stack; /* stack of the first acquisition */
	lh_chain_id chains;      /* first chain that ends in this lock; see lh_chain.next */
	uint32_t stats;          /* row of LH_T_LOCK_STATS; 0: none yet */
	union {
		/* while `stats` is 0: length of the only measured hold; see lh_lock_has_held_ns */
		uint32_t held_ns;
		/* LH_LOCK_THREAD_END_SEM: the thread whose end posts it. Barrier: live-thread
		 * row of the thread that arrived last in this round. Futex: the thread that called
		 * FUTEX_WAKE last. */
		lh_thread_id thread;
		/* Condition: the mutex of its waits; LH_COND_MUTEXES: of more than one. */
		lh_lock_id waits_with;
	};
};

#define LH_LOCK_REVIVED UINT32_MAX /* the row was an earlier lock's */
#define LH_COND_MUTEXES UINT32_MAX

/* No object of a process has an address with one of these bits. */
#define LH_ADDRESS_FREED (1ull << 62) /* destroyed or retired: no live lock matches this row */
#define LH_ADDRESS_NONE (1ull << 63)  /* LH_THREAD_END: there is no object */

/* One bit of a word is the lock: its number plus 1 is in these bits of the address. */
#define LH_ADDRESS_BITS (63ull << 56)
#define LH_ADDRESS_BIT(number) ((uint64_t)((number) + 1) << 56)
#define LH_ADDRESS_BIT_NUMBER(address) ((uint32_t)((address) >> 56 & 63) - 1)
/* --lock-api: there is no object; the lower 48 bits are a value, or the number of a name. */
#define LH_ADDRESS_VALUE LH_ADDRESS_BITS /* the number of no bit */
#define LH_ADDRESS_NAMED (0xffull << 48)
#define LH_VALUE_MASK ((1ull << 48) - 1)

/* The address to show in a report, also of a destroyed lock; 0: none. */
static inline uint64_t lh_lock_address(const struct lh_lock *l)
{
	return l->address & LH_ADDRESS_NONE ? 0
					    : l->address & ~(LH_ADDRESS_FREED | LH_ADDRESS_BITS);
}

/* The bit of the word at that address which is the lock; -1: the object is the lock. */
static inline int lh_lock_bit(const struct lh_lock *l)
{
	return (l->address & LH_ADDRESS_BITS) == LH_ADDRESS_VALUE
		       ? -1
		       : (int)LH_ADDRESS_BIT_NUMBER(l->address);
}

/* Is there a live lock in this row? */
static inline int lh_lock_is_live(const struct lh_lock *l)
{
	return l->address && !(l->address & LH_ADDRESS_FREED);
}

/* Of a lock that a thread waited for, or that was often held, has a name or is process-shared. */
struct lh_lock_stats {
	uint64_t contended;
	uint64_t tries_failed;
	uint64_t wait_ns, wait_max_ns;
	uint64_t hold_ns, hold_max_ns; /* sum and maximum over the measured holds */
	uint32_t hold_samples;
	uint32_t owner_changes; /* counted only at acquisitions that took the slow path */
	union {
		uint32_t last_owner; /* live-thread row of the last of these acquisitions */
		/* Futex: a thread that called FUTEX_WAKE there, other than lh_lock.thread */
		lh_thread_id other_waker;
	};
	uint32_t location;   /* row of LH_T_LOCK_LOCATION; valid if its `lock` is this lock */
	uint32_t contention; /* row of LH_T_CONTENTION; 0: no wait, few holds measured */
	uint32_t pad;        /* of a free row: the next one */
	char name[LH_LOCK_NAME_MAX]; /* valid with LH_LOCK_NAMED */
};

/* The location of a process-shared lock (lock/shm_location.h), if it is known. */
struct lh_lock_location {
	lh_lock_id lock;
	uint32_t pad;
	uint64_t dev, ino, off;
};

/* A held lock of one thread. lock 0: being written, or released by another thread. */
struct lh_held {
	uint64_t address;
	lh_lock_id lock;
	lh_chain_id chain; /* the chain of held locks up to this one; 0: not looked up yet */
	lh_site site;      /* how and where the lock was acquired */
	uint32_t tick;     /* time of the acquisition in milliseconds of the ledger's clock */
	uint16_t depth;    /* times that this thread holds the lock */
	uint16_t flags;    /* LH_HELD_* */
	/* with LH_HELD_ACROSS_CREATE: see there; of a pthread_once control: the distance of the
	 * call's frame from stack_high, 0 not known */
	uint32_t pad;
	uint64_t since_ns; /* exact time of the acquisition; valid with LH_HELD_EXACT_TIME */
};

enum {
	LH_HELD_EXACT_TIME = 1 << 0,
	LH_HELD_IN_COND_WAIT = 1 << 1, /* released by a condition wait until the wait ends */
	LH_HELD_INHERITED = 1 << 2,    /* forked child: held by the thread that forked */
	LH_HELD_WEIGHTED = 1 << 4,     /* the hold stands for LH_SAMPLE_EVERY holds */
	/* the thread created threads while it held the lock; `pad`: the segment that ended then */
	LH_HELD_ACROSS_CREATE = 1 << 5,
	LH_HELD_ACROSS_FORK = 1 << 6, /* the thread forked while it held the lock */
};

/* The class of a lock: the stack of its init call; a lock without one is a class of its own. */
static inline uint64_t lh_lock_class_key(const struct lh_lock *l, lh_lock_id id)
{
	return l->init_stack ? l->init_stack : (uint64_t)id << 32;
}

/* Key of a long-hold finding, not 0: one finding for each class of locks and stack. */
static inline uint64_t lh_long_hold_key(const struct lh_lock *l, lh_lock_id id, lh_site site)
{
	uint64_t class_key = lh_lock_class_key(l, id);

	return (class_key * 0x9e3779b97f4a7c15u ^ LH_SITE_STACK(site)) * 0x94d049bb133111ebu | 1;
}

enum lh_live_state { LH_LIVE_FREE, LH_LIVE_RESERVED, LH_LIVE_ATTACHED, LH_LIVE_ENDING };

/*
 * What a live thread holds and waits for. Written by that thread. Later threads reuse the row.
 *
 * Of the held locks, oldest first, number LH_HELD_INLINE and the next ones are rows of LH_T_HELD,
 * from `held_row` on. When these are too few, the library copies them to a longer sequence of rows,
 * and sets `held_row` first, then `held_rows`, then `held_n`. The rows stay with this live-thread
 * row: a reader of the shorter sequence sees what threads of this row hold or have held.
 */
struct lh_live_thread {
	uint32_t state; /* enum lh_live_state */
	int32_t tid;
	lh_thread_id thread; /* the thread that uses the row now */
	uint32_t held_n;     /* held locks; LH_LIVE_FREE: next free row */
	/* The wait of the thread: wait_lock is set last and cleared first. */
	lh_lock_id wait_lock;
	lh_site wait_site;
	uint32_t wait_on;   /* enum lh_wait: the kind of call that waits */
	uint32_t wait_with; /* the released mutex, the joined thread or the barrier's round */
	uint64_t wait_since_ns;
	uint32_t wait_seq;              /* raised at each wait: tells one wait from the next */
	uint32_t segment;               /* raised wherever a happens-before edge starts or ends */
	uint64_t handle;                /* pthread_t */
	uint64_t stack_low, stack_high; /* LH_LIVE_RESERVED: stack_high is the size */
	lh_lock_id
		released; /* the last lock that it released and did not hold; see released_site */
	uint16_t detached;
	uint16_t cancel;                        /* LH_CANCEL_* */
	uint64_t start_routine, start_argument; /* of pthread_create, for the new thread */
	/* The wait for a lock: */
	uint64_t wait_entries;    /* acquisitions of the lock before the wait began */
	uint32_t waiters_before;  /* threads that waited when the wait began */
	uint32_t wait_contention; /* row of LH_T_CONTENTION that counts the wait, 0 none */
	/* Consecutive failed tries: */
	lh_lock_id try_lock;
	uint32_t tries;
	uint64_t try_since_ns; /* time of try number LH_TRIES_BEFORE_TIMING */
	lh_site try_site;      /* known from try number LH_TRIES_BUSY_WAIT on */
	lh_site released_site; /* where it released `released` */
	uint32_t joined;       /* a thread has waited for the end of this one; set by that thread */
	uint32_t pad;
	/* Only for the thread itself: 1 + number of the lowest gap, see held_list.c, 0 none; where
	 * it has found the last entry. */
	uint32_t held_gap, held_found;
	uint32_t held_row, held_rows; /* of LH_T_HELD; 0: none yet */
	uint32_t pad_end[8];          /* a row is whole cache lines: threads share none */
	struct lh_held held[LH_HELD_INLINE];
};

/* Of lh_live_thread.cancel. The first is set by the thread that cancels, the others by the row's
 * thread. */
enum { LH_CANCEL_PENDING = 1 << 0, LH_CANCEL_DISABLED = 1 << 1, LH_CANCEL_ASYNCHRONOUS = 1 << 2 };

enum lh_wait {
	LH_WAIT_NONE,
	LH_WAIT_LOCK,
	LH_WAIT_COND,
	LH_WAIT_JOIN,
	LH_WAIT_BARRIER,
	LH_WAIT_SEM,
	LH_WAIT_ONCE
};

/* A thread of the process, also after its end; or the rounds of a set of threads at barriers. */
struct lh_thread {
	int32_t tid;
	uint32_t live; /* row of LH_T_LIVE_THREAD; 0 after the thread's end */
	lh_thread_id creator;
	lh_stack_id created;
	uint32_t creator_segment; /* at the create; LH_THREAD_FOREIGN: the process's pid */
	uint32_t flags;           /* LH_THREAD_* */
	lh_lock_id end_lock;      /* the lock of kind LH_THREAD_END; pthread_join waits for it */
	/* chain that the creator holds for the whole life of this thread; set by the front end */
	lh_chain_id creator_chain;
	char name[LH_NAME_MAX];
};

enum {
	LH_THREAD_MAIN = 1,
	LH_THREAD_ENDED = 2,
	LH_THREAD_NAMED = 4, /* `name` is one that the kernel does not know: a Python thread's */
	LH_THREAD_BARRIER_ROUND = 32, /* not a thread: for happens-before edges */
	LH_THREAD_FOREIGN = 64,       /* made by the monitor for a thread of another process */
	LH_THREAD_TEAM = 128,         /* has worked in a team of OpenMP threads, see LH_HB_FORK */
};

enum {
	LH_STACK_CUT = 1,
	LH_STACK_APPROXIMATE = 2,
	LH_STACK_HANDLER = 4,  /* goes through a signal handler */
	LH_STACK_ANNOUNCED = 8 /* of a call that announces a lock, not of one that locks */
};

/* A stack, stored once. Its frames are return addresses in LH_T_FRAME, innermost first. */
struct lh_stack {
	uint32_t frame; /* first row of LH_T_FRAME */
	uint16_t n;
	uint16_t flags; /* LH_STACK_* */
	uint32_t hash;
	uint32_t next; /* next row of the hash chain */
};

/*
 * A loaded object, as it was when a stack first went through it; or a function of an interpreted
 * script (LH_MODULE_SCRIPT): `path` holds the file and, behind the file's final zero, the
 * function's name; the address of a frame is LH_SCRIPT_PC. With LH_MODULE_LOCK_NAME it is no frame:
 * the first of a stack that initializes a lock, `path` holds what the script calls the lock, "" not
 * known, and behind that the kind of lock as its language calls it.
 */
struct lh_module {
	uint64_t start, end; /* mapped range */
	uint64_t base;       /* an address minus base is the address in the file */
	uint64_t link_map;   /* distinguishes modules at one address */
	uint8_t build_id[20];
	uint8_t build_id_n;
	uint8_t gone;   /* another module was seen at this address later */
	uint16_t flags; /* LH_MODULE_* */
	uint32_t next;  /* in a hash list of the library */
	char path[LH_PATH_MAX];
};

enum { LH_MODULE_SCRIPT = 1, LH_MODULE_LOCK_NAME = 2 };

/*
 * Chains of held locks, as a tree: each row is an acquisition of `lock` at `site` by a thread that
 * held the chain `parent`. A row with a parent is a dependency: the thread tried to acquire `lock`
 * while it held the locks of the parent chain. The row also stands for the chain that ends in it.
 */
struct lh_chain {
	lh_chain_id parent; /* 0: the thread held no lock */
	lh_lock_id lock;
	lh_site site;
	uint16_t depth; /* locks in the chain, `lock` included */
	uint16_t
		children; /* rows with this one as parent that are not stale; from 60000 on: many */
	uint32_t visit;   /* first row of LH_T_VISIT */
	uint32_t next;    /* next row with the same lock */
	uint32_t hash_next;
	uint32_t flags; /* LH_CHAIN_* */
};

enum {
	LH_CHAIN_MORE_SIGNALLERS = 1,  /* of a condition: more threads than LH_T_VISIT records */
	LH_CHAIN_SIGNALS_BLOCKED = 4,  /* acquired with signals blocked at least once */
	LH_CHAIN_REUSED = 8,           /* the row was another chain before */
	LH_CHAIN_HANDLER_CHECKED = 16, /* checked while the program had a signal handler */
	/*
	 * The parent has passed to another lock of its row (lock/lock.h), and nobody has acquired
	 * this lock under that one: shows no dependency of instances, but one of classes. No chain
	 * has a stale parent, unless it is stale itself.
	 */
	LH_CHAIN_STALE = 32,
	/* the visits are also at the chain without the parent's lock */
	LH_CHAIN_PROJECTED = 64,
	LH_CHAIN_KEPT = 128, /* another row of a ledger names it */
	/* a join or a semaphore's wait, at least once with cancellation disabled */
	LH_CHAIN_UNCANCELLABLE = 256
};

/* A thread that acquired through a chain, in all its segments from `first` to `last`. */
struct lh_chain_visit {
	lh_chain_id chain;
	lh_thread_id thread;
	uint32_t first, last; /* segments of the thread */
	uint32_t next;
	uint32_t serial; /* order in time of the first visits */
};

/* A happens-before edge: thread a up to a_segment happens before thread b from b_segment on. */
struct lh_hb_edge {
	uint32_t what; /* enum lh_hb_kind */
	lh_thread_id a;
	uint32_t a_segment;
	lh_thread_id b;
	uint32_t b_segment;
};

/*
 * JOIN: thread a has ended. Thread b joined it, or acquired a robust mutex that a held at its end.
 *
 * ACQUIRED_FROM_CREATOR: thread b acquired, by a blocking call, a lock that its ancestor a held
 * when a created b or b's ancestor. So a released the lock before, in a_segment.
 *
 * CREATOR_RELEASED: thread a released, in a_segment, a lock that it held while it created threads.
 * `b` is the lock id, b_segment the segment that ended with the first create. This row orders
 * nothing.
 *
 * FORKER_RELEASED: thread a released a lock that it held when it forked. `b` is the lock id;
 * a_segment and b_segment are the time in nanoseconds, low half first. This row orders nothing.
 *
 * CANCEL: thread b cancelled thread a; b_segment begins then, a_segment is UINT32_MAX. Orders only
 * waits of a that a cancellation ends.
 *
 * TEAM_FORK, TEAM_JOIN: one thread worked in the parallel regions of another. TEAM_FORK leads from
 * the thread that began the regions to the one that worked there, TEAM_JOIN back. The worker did
 * that in its segments from b_segment to a_segment, UINT32_MAX: until now. The segments of both
 * are numbered in phases, LH_PHASE to a phase; a region, and the part of a region behind a barrier,
 * is a phase. What one of them does in a phase happens before what the other does in a later phase.
 * A set of threads that pass barriers together is such a leader: a row that is no thread
 * (LH_THREAD_BARRIER_ROUND), and each round is a phase. BARRIER: of a round that has a row of its
 * own.
 */
enum lh_hb_kind {
	LH_HB_CREATE = 1,
	LH_HB_JOIN,
	LH_HB_BARRIER,
	LH_HB_ACQUIRED_FROM_CREATOR,
	LH_HB_CREATOR_RELEASED,
	LH_HB_FORKER_RELEASED,
	LH_HB_CANCEL,
	LH_HB_TEAM_FORK,
	LH_HB_TEAM_JOIN
};

#define LH_PHASE 16u /* segments of a phase; no thread is ever in the first of them */

/* The first segment of a phase that is not before `segment`; UINT32_MAX: there is none. */
static inline uint32_t lh_phase_from(uint32_t segment)
{
	return segment > UINT32_MAX - LH_PHASE ? UINT32_MAX
					       : (segment + LH_PHASE - 1) / LH_PHASE * LH_PHASE;
}

/* Does the kind order nothing? */
static inline int lh_hb_is_mark(uint32_t what)
{
	return what == LH_HB_CREATOR_RELEASED || what == LH_HB_FORKER_RELEASED;
}

/* The time of an edge of kind LH_HB_FORKER_RELEASED. */
static inline uint64_t lh_hb_edge_ns(const struct lh_hb_edge *e)
{
	return (uint64_t)e->b_segment << 32 | e->a_segment;
}

enum lh_rule {
	LH_NO_RULE,
#define RULE(constant, id, severity, properties, title, meaning, help, ...) LH_RULE_##constant,
#include "libcheck/rules.def"
	LH_RULES
};

/* What is true of all findings of a rule. */
enum lh_rule_property {
	LH_IS_CYCLE = 1 << 0,      /* its parts form a cycle: each waits for the next */
	LH_IS_WAITING = 1 << 1,    /* a thread can wait, or waits, longer than it should */
	LH_IS_DEADLOCK = 1 << 2,   /* once it has happened, threads are blocked forever */
	LH_IS_MISUSE = 1 << 3,     /* a call that the lock does not allow */
	LH_BY_HOLDER = 1 << 4,     /* waiters vary between runs and are not in the fingerprint */
	LH_TSAN_DEADLOCK = 1 << 5, /* matched by ThreadSanitizer's suppression type deadlock: */
	LH_TSAN_MUTEX = 1 << 6,    /* matched by its type mutex: */
};

enum lh_level { LH_POTENTIAL, LH_HAPPENED, LH_LASTING /* it has happened, and lasts */ };
enum lh_severity { LH_NOTE, LH_WARNING, LH_ERROR };
enum lh_action {
	LH_HOLDS,
	LH_WANTS,
	LH_WAITS_FOR,
	LH_CALLS,
	LH_RELEASES,
	LH_JOINS,
	LH_USES,
	LH_DESTROYS
};

/* A finding. Its steps are `steps` rows of LH_T_STEP from row `step` on, thread by thread. */
struct lh_finding {
	uint32_t rule;
	uint8_t level, severity, steps, flags; /* flags: LH_FINDING_* */
	lh_thread_id thread;                   /* the thread whose event completed the finding */
	uint32_t step;
	uint64_t key; /* equal keys: the same finding again */
	uint32_t count;
	uint32_t filter; /* enum lh_filter: why the finding is filtered; 0: it counts */
	uint64_t time_ns;
	uint64_t duration_ns;
};

enum {
	LH_FINDING_OPEN = 1, /* still going on: duration_ns grows */
	LH_FINDING_BY_CLASS = 2,
	/* may be withdrawn, so it is reported at the end: of a semaphore that may be no lock, or of
	 * a wait on a condition that another thread may signal */
	LH_FINDING_UNSURE = 4,
	LH_FINDING_MEASURED = 8, /* a long hold that only the monitor reports */
	/* a join under a lock; the joined thread may have told the joiner before that it will not
	 * acquire the lock any more: its last step is the signal */
	LH_FINDING_TOLD = 16,
	/* a deadlock did not last: a wait of its steps ended. The last step shows who ended it, if
	 * its action is LH_RELEASES or LH_CALLS */
	LH_FINDING_ENDED = 32,
	/* a warning, because LH_LEDGER_PYTHON_ASSUMED: the acquisitions may not wait */
	LH_FINDING_ASSUMED = 64,
	/* a deadlock, if in the futex of its steps only the thread of the step LH_HOLDS can wake
	 * the waiter: no other thread was seen to do so */
	LH_FINDING_LIKELY = 128,
};

enum lh_filter {
	LH_F_NONE,
	LH_F_THREADS, /* one thread would have to take two parts of the cycle */
	LH_F_GATE,    /* a gate lock lets only one of the threads in */
	LH_F_ORDERED, /* one part happens before another */
	LH_F_READERS, /* readers do not wait for readers */
	LH_F_TRY,     /* a try-lock does not wait */
	LH_F_TIMED,   /* a timed wait ends by itself */
	LH_FILTERS
};

struct lh_step {
	lh_thread_id thread;
	lh_lock_id lock;
	lh_site site;
	uint32_t action; /* enum lh_action */
	uint32_t tick;
	lh_note_id note; /* a text beside the step; 0 none */
	/* LH_HOLDS: so many further locks, acquired after this one, are left out of the finding */
	uint32_t left_out;
};

/*
 * Of the n locks that a thread holds, number 0 the oldest, a finding shows all, or, of more than
 * `most`, a few: the outermost, the innermost and those around the one of the cycle, `own`; if even
 * these are too many, only `own`.
 */
enum { LH_HOLDS_SHOWN = 16, LH_HOLDS_BESIDE = 2, LH_STEPS_MAX = 250 /* a byte counts them */ };
static inline int lh_hold_is_shown(uint32_t i, uint32_t n, uint32_t own, uint32_t most)
{
	const uint32_t beside = most > 4 * LH_HOLDS_BESIDE ? LH_HOLDS_BESIDE : 0;

	return n <= most || i < beside || n - i <= beside ||
	       (i + beside >= own && own + beside >= i && own < n);
}

/* The locks that a finding shows of each of so many threads. */
static inline uint32_t lh_holds_shown(uint32_t threads)
{
	uint32_t most = LH_STEPS_MAX / (threads ? threads : 1) - 1;

	return most < LH_HOLDS_SHOWN ? most : LH_HOLDS_SHOWN;
}

/* ---- rows that only the monitor makes ---- */

/* Text beside a step, such as what a call waits for. */
struct lh_note {
	char text[LH_NOTE_MAX];
};

/*
 * Who made whom wait, by sampling: a thread waited at site `waiter` for the lock, which a thread
 * had acquired at site `holder`. waiter 0: the row is about holds that began at `holder`.
 */
struct lh_wait_pair {
	lh_lock_id lock;
	lh_site waiter, holder; /* holder 0: the owner was not seen */
	lh_thread_id thread;    /* the thread of the longest wait or hold */
	uint64_t ns;            /* sum of the intervals between samples */
	uint64_t worst_ns;      /* the longest single wait or hold that was seen */
	uint32_t samples;
	uint32_t queue; /* most waiters for the lock at one sample */
};

/* One hold or wait that was seen in two samples or more. Times are on the ledger's clock. */
struct lh_span {
	lh_thread_id thread;
	lh_lock_id lock;
	lh_site site;
	uint32_t wait;      /* enum lh_wait; LH_WAIT_NONE: a hold */
	lh_thread_id owner; /* of a wait: the first owner of the lock that was seen; 0 none */
	uint32_t pad;
	uint64_t from_ns, to_ns;
};

/* CPU time of waits without sleep: for a spinlock, or in consecutive failed tries. */
struct lh_busy_wait {
	lh_lock_id lock;
	lh_site site;
	lh_thread_id thread; /* the thread of worst_ns */
	uint32_t samples;
	uint64_t cpu_ns, worst_ns;
};

/* ---- contention ---- */

enum {
	LH_BUCKETS = 120,            /* buckets of a histogram, see base/histogram.h */
	LH_THREAD_SHARES = 16,       /* threads of one lock that are counted one by one */
	LH_SAMPLE_EVERY = 256,       /* a thread's acquisitions for one measured hold, on average */
	LH_TRIES_BEFORE_TIMING = 16, /* consecutive failed tries after which they are timed */
	LH_TRIES_BUSY_WAIT = 100     /* after which they count as a busy wait */
};
#define LH_THREAD_SHARE_OTHERS UINT32_MAX /* all threads without a share of their own */

/* One thread's part of a lock's use, written by that thread (LH_THREAD_SHARE_OTHERS: by any). */
struct lh_thread_share {
	lh_thread_id thread; /* 0: free */
	uint32_t waits;
	uint64_t taken; /* acquisitions; on the fast path one in LH_SAMPLE_EVERY, so weighted */
	uint64_t wait_ns, wait_max_ns;
	uint64_t bypassed_max; /* most acquisitions by other threads during one wait */
};

/* Times of one mode: every wait, and holds with the weight of lh_thread_share.taken. */
struct lh_histogram {
	uint64_t n, ns, max_ns;
	uint32_t bucket[LH_BUCKETS];
};

/*
 * Contention of a lock. The row is made when a thread first waits for the lock, when the first few
 * holds have been measured, or at the first busy wait. Written by a thread that ends a wait for the
 * lock or releases the lock; waits_begun and waits_ended are atomic. Of a thread that waits often
 * only some waits are in what is counted here beside the histograms and shares
 * (thread/own_waits.h).
 */
struct lh_contention {
	lh_lock_id lock;
	uint32_t next;                     /* next free row */
	uint32_t waits_begun, waits_ended; /* waits ended include those given up */
	uint32_t queue;                    /* most threads that waited at once */
	uint32_t recursive;                /* acquisitions by a thread that already held the lock */
	/*
	 * bypassed: acquisitions by other threads during a wait, recursive ones left out.
	 * overtaken: the part that the threads which already waited when the wait began cannot
	 * account for; these acquisitions are by threads that came later.
	 */
	uint64_t bypassed, bypassed_max, overtaken, overtaken_max;
	lh_thread_id bypassed_thread;
	/* Busy waits: LH_TRIES_BUSY_WAIT or more consecutive failed tries. */
	uint32_t busy; /* number of busy waits */
	uint32_t busy_tries;
	lh_thread_id busy_thread;
	lh_site busy_site; /* site of the longest */
	uint32_t pad;
	uint64_t busy_ns;
	struct lh_histogram wait[2], hold[2];           /* [0] exclusive, [1] shared */
	struct lh_thread_share share[LH_THREAD_SHARES]; /* the last may be LH_THREAD_SHARE_OTHERS */
	uint64_t pad_end; /* whole cache lines: threads that wait for different locks share none */
};

/* ---- steering: lockhound confirm ---- */

/* Which stops of a part pause a thread. */
enum lh_steer_mode {
	LH_STEER_EVERY_STOP,
	LH_STEER_OUTER, /* the first and the last */
	LH_STEER_INNER, /* the one before the lock that the part before wants, and the last */
	LH_STEER_LAST,  /* the last only: threads do not gather */
	/* each, but only before locks that have the rows that the plan names */
	LH_STEER_SAME_LOCKS,
	LH_STEER_MODES
};

/* How a pause ends. */
enum lh_steer_end {
	LH_STEER_MET,        /* every part is at a stop */
	LH_STEER_QUIET,      /* no thread but paused ones can run */
	LH_STEER_NEEDED,     /* another thread waits for the paused one */
	LH_STEER_LIMIT,      /* the time is over, and other threads ran all the while */
	LH_STEER_BROKEN_OFF, /* by a signal, or because the thread ends */
	LH_STEER_ENDS
};

/* Of a part: no thread is in it; the thread is paused at a stop; it goes on to the next stop. */
enum lh_steer_state { LH_STEER_AWAY, LH_STEER_PAUSED, LH_STEER_GOING };

/*
 * Do the pauses of a run show that two parts exclude each other? LH_STEER_ORDERED: each came
 * because the other had gone. LH_STEER_SEEN: at least it came only after the other had gone.
 */
enum lh_steer_result { LH_STEER_UNKNOWN, LH_STEER_SEEN, LH_STEER_ORDERED };

enum {
	LH_PLAN_CYCLES = 32,
	LH_PLAN_PARTS = 12, /* of one cycle, its queued writers included */
	LH_PLAN_STOPS = 8,  /* of one part */
	LH_PLAN_MODULES = 64,
	LH_PLAN_FRAMES = 8192
};

/* A place where a thread of a part acquires a lock. A thread is there if its stack begins with
 * these frames. */
struct lh_plan_stop {
	uint16_t frame, frames; /* in lh_plan.frame, innermost first; none: the end of a thread */
	uint8_t kind, mode;     /* enum lh_kind, enum lh_mode */
	uint16_t pad;
	uint32_t row; /* of its lock in the first run, if that was one of several; 0: any */
};

/*
 * A part of a predicted cycle: a thread acquires a chain of locks and then wants a lock that the
 * next part holds. The places before these acquisitions are the part's stops, outermost first; the
 * last one is before the wanted lock.
 */
struct lh_plan_part {
	uint8_t stops;    /* at least one: the last */
	uint8_t holds_at; /* the stop before the lock that the part before wants; `stops`: it is
			   * held at no site, as a thread's end is */
	uint8_t writer;   /* a queued writer: behind the parts of the cycle */
	uint8_t pad;
	struct lh_plan_stop stop[LH_PLAN_STOPS];
};

struct lh_plan_cycle {
	uint8_t parts, writers; /* of the cycle; queued writers behind them */
	uint8_t mode;           /* enum lh_steer_mode */
	uint8_t pad;
	struct lh_plan_part part[LH_PLAN_PARTS];
};

/* Frames name modules of the plan. Of a script, a frame is its line. */
struct lh_plan_module {
	uint8_t build_id[20];
	uint8_t build_id_n;
	uint8_t pad;
	uint16_t flags; /* LH_MODULE_SCRIPT */
	char path[LH_PATH_MAX];
};

/*
 * What the front end asks the processes of a run to steer; in the run header, written before the
 * program starts. A process steers one cycle at a time: the first of the plan takes precedence, and
 * it alone can be refuted in the run.
 */
struct lh_plan {
	uint32_t cycles; /* 0: nothing is steered */
	uint32_t modules, frames;
	uint32_t pause_ms; /* the longest pause; 0: the library chooses */
	/* This thread starts late: does another one come to the last stop of the part `late_after`
	 * before any has come to that of `late_before`? 0: none starts late. */
	lh_thread_id late_thread;
	uint8_t late_before, late_after; /* parts of the first cycle */
	uint16_t pad;
	struct lh_plan_cycle cycle[LH_PLAN_CYCLES];
	struct lh_plan_module module[LH_PLAN_MODULES];
	uint64_t frame[LH_PLAN_FRAMES]; /* LH_FRAME(module of the plan, offset in the file) */
};

/* What has become of a part in one process. */
struct lh_steered_part {
	uint32_t visits[LH_PLAN_STOPS];   /* of each stop, by any thread */
	uint32_t ended[2][LH_STEER_ENDS]; /* pauses by their end; [1] at the last stop */
	uint32_t unpaused, untested;      /* visits of the last stop: see steer.h */
	uint32_t mismatched;              /* at the last stop, with locks of another instance */
	lh_thread_id first;               /* at the last stop; 0: none yet */
	uint32_t turn;                    /* of the part then, among those of the cycle; from 1 */
	lh_thread_id thread;              /* that is in this part now, 0 none */
	lh_site site;                     /* where it is, or was last */
	uint8_t state;                    /* enum lh_steer_state */
	uint8_t stop;
	uint16_t pad;
};

/* What has become of a cycle of the plan in one process. Row 1 + n: cycle n. Written under the
 * steering lock. */
struct lh_steered {
	uint32_t parts;   /* with the writers; 0: nothing is known */
	uint32_t closed;  /* times that all parts went from their last stops at once */
	uint32_t result;  /* enum lh_steer_result, for the first cycle of the plan */
	uint32_t refused; /* pauses that the limits did not allow */
	uint32_t early;   /* threads that came so: see lh_plan.late_thread */
	uint32_t pad;
	uint64_t paused_ns;
	/* The reason: the thread of the part `after` came to its last stop because that of `before`
	 * had left its own. */
	uint8_t before, after;
	uint16_t seen;     /* not because, but soon after a pause of so many milliseconds; 0: no */
	lh_lock_id object; /* of the wait that the thread ended; 0: not known */
	lh_thread_id thread, earlier, waker; /* that came, that had left, that woke it */
	lh_site wait_site, wake_site;        /* where the thread waited, where the waker woke it */
	struct lh_steered_part part[LH_PLAN_PARTS];
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
	/* The monitor makes the rows of the next three; a live ledger has no room for them. */
	LH_T_NOTE,
	LH_T_WAIT_PAIR,
	LH_T_SPAN,
	LH_T_LOCK_LOCATION, /* process-shared locks, by the library */
	LH_T_BUSY_WAIT,     /* made by the monitor, like LH_T_NOTE */
	LH_T_CONTENTION,
	LH_T_LOCK_STATS,
	LH_T_STEERED, /* one row for each cycle of the plan, made at the start */
	LH_T_HELD,    /* rows are struct lh_held, see lh_live_thread.held_row */
	LH_TABLES
};

struct lh_table {
	uint64_t offset;  /* from the first byte of the ledger */
	uint32_t row;     /* bytes of one row */
	uint32_t rows;    /* capacity in rows, row 0 included */
	uint32_t used;    /* rows in use, row 0 included; atomic */
	uint32_t ready;   /* rows with memory; raised by the library and the monitor; atomic */
	uint32_t refused; /* additions refused because the table was full; atomic */
	uint32_t pad;
};

enum lh_ledger_state { LH_LEDGER_EMPTY, LH_LEDGER_READY, LH_LEDGER_ENDED };

enum {
	/* rows beyond `ready` may be used too: the kernel allocates memory at the first use */
	LH_LEDGER_SPARSE = 1 << 0,
	LH_LEDGER_STANDALONE = 1 << 1,    /* made by the library, without a front end */
	LH_LEDGER_FORKED = 1 << 2,        /* of a forked child that did not exec */
	LH_LEDGER_PACKED = 1 << 3,        /* packed by the front end */
	LH_LEDGER_PYTHON_UNREAD = 1 << 5, /* frames of CPython that the library cannot read */
	/* orders of CPython's locks are checked only for locks that a thread has waited for */
	LH_LEDGER_PYTHON_WAITED = 1 << 6,
	/* each successful try of a lock of an unread CPython counts as a wait */
	LH_LEDGER_PYTHON_ASSUMED = 1 << 7,
};

/* How the process ended; written by the front end. */
enum lh_end {
	LH_END_UNKNOWN,
	LH_END_EXIT,
	LH_END_SIGNAL,
	LH_END_LOST,
	LH_END_RUNNING,
	LH_END_EXEC
};

/* `end_code` of LH_END_EXEC: the new program is not watched, so the process has no other ledger. */
enum { LH_EXEC_UNWATCHED = 1 };

/*
 * Where a process comes from (base/origin.h): read when the library starts, and copied to forked
 * children. "" and 0: not known, or none.
 */
struct lh_origin {
	char host[LH_HOST_MAX];
	char container[LH_CONTAINER_MAX]; /* id */
	char commit[LH_COMMIT_MAX];       /* of the sources, as the CI service has it */
	char test[LH_TEST_MAX];
	uint32_t rank;          /* plus 1 */
	uint32_t shard, shards; /* of the test; `shard` from 1 */
	uint32_t pad;
};

/*
 * The first bytes of a ledger. A saved file is a sequence of ledgers, each `total` bytes long; a
 * live ledger stands alone.
 */
struct lh_ledger {
	char magic[8];
	uint32_t version;
	uint32_t header; /* sizeof this struct in the writer */
	uint64_t total;  /* bytes from this header to the end of the last table */
	uint32_t flags;  /* LH_LEDGER_* */
	uint32_t state;  /* enum lh_ledger_state; LH_LEDGER_READY is the handshake */
	int32_t pid, parent;
	uint64_t start_ns; /* CLOCK_MONOTONIC; the ledger's clock starts here */
	/* the wall clock, in nanoseconds since 1970, when the ledger's clock was at
	 * watched_from_ns; 0: not known */
	uint64_t start_wall_ns;
	uint64_t end_ns;
	uint32_t end; /* enum lh_end */
	int32_t end_code;
	/* The process's number in /proc, which the front end uses: in another pid namespace `pid`
	 * is only the process's own number. 0: not known. Set by the library or the front end. */
	int32_t outer_pid;
	uint32_t monitor;          /* pid of the monitor, 0 none */
	uint64_t retired_acquired; /* acquisitions of locks whose rows were reused */
	uint64_t retired_contended;
	uint32_t slot; /* of the run file, plus 1; 0: the ledger is in no run file */
	/* the internal lock was not acquired in time, or there was no live-thread row, or a thread
	 * held more than LH_HELD_MAX locks */
	uint32_t dropped_events;
	uint32_t dropped_locks, dropped_stacks, dropped_chains;
	uint32_t unrecorded;   /* calls of signal handlers that interrupted the library */
	uint32_t searches_cut; /* cycle searches that reached a bound */
	uint32_t fork_slot;    /* forked child: `slot` of the process that forked */
	uint32_t reserved;
	uint32_t tag_off;           /* row numbers are not stored in the locks (option `words`) */
	uint32_t locations_unknown; /* process-shared locks of unknown location */
	/* Forked child: the process that forked, the thread that forked (0: not known), the
	 * thread's segment at the fork and the chain that the thread held. */
	int32_t fork_pid;
	lh_thread_id fork_thread;
	uint32_t fork_segment;
	lh_chain_id fork_chain;
	uint32_t hb_edges_lost;   /* 1: an edge was lost; from then on every cycle is filtered */
	uint64_t watched_from_ns; /* when the library started, or the fork that it saw */
	uint64_t shared_ns; /* last use of a process-shared lock; the process was alive then */
	char exe[LH_PATH_MAX];
	char command[LH_TEXT_MAX];
	char comm[LH_NAME_MAX];
	struct lh_table table[LH_TABLES];
	uint32_t shake;               /* seed of the delays before acquisitions, 0 none */
	uint32_t shakes;              /* number of delays; atomic */
	uint64_t shaken_ns;           /* sum of the delays; atomic */
	uint64_t internal_lock_taken; /* number of holds of the internal lock */
	char own_kind[LH_OWN_KINDS][LH_OWN_KIND_NAME]; /* names of --lock-api; "": none */
	struct lh_origin origin;
};

/* The process's number for readers that compare processes. */
static inline int32_t lh_ledger_pid(const struct lh_ledger *l)
{
	return l->outer_pid ? l->outer_pid : l->pid;
}

/*
 * The front end's run file: the run header, then slots for ledgers, LH_RUN_SLOT_BYTES
 * apart. A process that starts takes the next slot by an atomic addition.
 */
#define LH_RUN_MAGIC "LOCKBRD"
#define LH_RUN_HEADER_BYTES (192u << 10)
#define LH_RUN_API_BYTES 24576 /* text of --lock-api, with the final zero */
#define LH_RUN_API_ROWS 128
#define LH_RUN_SLOT_BYTES (1ull << 32)
#define LH_LATE_TICKS 128 /* late ticks that are remembered */
#define LH_RUN_NAME 32    /* bytes of a run's name, with the final zero */
#define LH_RUN_ADDRESS                                                                             \
	19 /* bytes of it that are the socket's name; nobody outside sees the others */

struct lh_run_header {
	char magic[8];
	uint32_t version;
	uint32_t next;      /* slots taken so far; atomic, a futex */
	uint32_t tick;      /* milliseconds since start_ns; set by the monitor; atomic */
	uint32_t slots_max; /* capacity in slots */
	uint64_t start_ns;
	int32_t monitor;
	uint32_t flags;      /* LH_LEDGER_SPARSE */
	uint32_t no_slot;    /* processes that have the library and got no ledger; atomic */
	uint32_t late_ticks; /* late ticks so far */
	uint64_t late[LH_LATE_TICKS]; /* the last of them: the tick before << 32 | the late tick */
	char name[LH_RUN_NAME]; /* random, in the option `run` too: tells this run from others */
	uint32_t no_room;       /* processes that had too little address space; atomic */
	/* --lock-api: the lines without comments, and what became of each row, in bits of
	 * lock_api/redirect.h, which the processes of the run add */
	char api[LH_RUN_API_BYTES];
	uint8_t api_result[LH_RUN_API_ROWS];
	struct lh_plan plan;
	uint64_t steered_ns; /* all pauses of the run's processes; atomic */
};

_Static_assert(sizeof(struct lh_run_header) <= LH_RUN_HEADER_BYTES, "run header");

/* Under a lower RLIMIT_AS or RLIMIT_DATA a process is not watched: the program may need the rest of
 * its address space. */
#define LH_ADDRESS_SPACE_MIN (32ull << 20)

/* The answer to a process that cannot open the run file; the file's descriptor is attached. */
struct lh_run_answer {
	char magic[8]; /* LH_RUN_MAGIC */
	int32_t outer_pid;
	uint32_t pad;
};

/* A process that waits for an answer has a memory file open whose name is this, the run's name, a
 * dot and the number of the socket on which the process waits. */
#define LH_RUN_ASK "lockhound-ask."

/* A tick lasts at most this long, unless the clock thread got no CPU in time. */
#define LH_TICK_NS 5000000u

/*
 * The time of the acquisition on the ledger's clock: exact if the hold is measured (otherwise
 * since_ns may be left from an earlier entry), else the middle of its tick, which is at most half a
 * tick off. If the next tick was late, only the end of the tick is sure not to make the hold too
 * long.
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

/* How long the lock has been held. */
static inline uint64_t lh_held_for(const struct lh_held *h, const struct lh_run_header *header,
				   uint64_t now_ns)
{
	uint64_t since = lh_held_since(h, header);

	return now_ns > since ? now_ns - since : 0;
}

#endif
