/*
 * steer.h — decides which threads to pause, so that a predicted cycle closes; and keeps what the
 * pauses show about the order of the cycle's threads.
 *
 * A cycle has parts: in each, a thread acquires a chain of locks and then wants a lock that the
 * next part holds. The places before these acquisitions are the part's stops; the last one is
 * before the wanted lock. Threads gather at early stops, where they hold nothing of the cycle, then
 * go on to their last stops, and are released together.
 *
 * Every pause ends: all parts are there; no other thread can run; another thread waits for the
 * paused one; or the time is over. If no other thread can run, exactly one paused thread goes on,
 * so what happens next is its doing: a thread that was blocked and goes on now depends on it.
 * That is how a cycle is refuted: each thread of one part reaches its last stop only because a
 * thread of another part has left its own.
 *
 * A plain state machine: the caller tells what happens, in order. No clock, no lock, no memory of
 * its own, no call of the system; the caller is the library (pause.h), or a simulator.
 */
#ifndef LH_STEER_STEER_H
#define LH_STEER_STEER_H

#include "libcheck/ledger.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	LH_STEER_VISITORS = 64, /* pairs of part and thread that are told apart */
	LH_STEER_THREADS = 1024,
	LH_STEER_OBJECTS = 256 /* conditions, semaphores and the like that threads wait on */
};

struct lh_steer_part {
	const struct lh_plan_part *plan;
	uint32_t code;   /* the first part whose threads acquire their locks at the same places */
	uint32_t thread; /* that is in this part now; 0: none */
	enum lh_steer_state state;
	uint8_t stop;      /* where it is, or was last */
	bool quiet_before; /* at the stop before, no other thread could run */
	bool holds_more;
	uint64_t held, wanted; /* at the last stop */
	uint64_t since_ns;     /* of the pause */
	uint64_t ended_ns;     /* the last pause */
	uint64_t paused_ns;    /* the pauses of this visit */
	/* since the start */
	uint32_t visits[LH_PLAN_STOPS];
	uint32_t unpaused, untested;      /* visits of the last stop */
	uint32_t ended[2][LH_STEER_ENDS]; /* [1] at the last stop */
	uint32_t mismatched;              /* at the last stop, with other locks */
};

/* Why the thread of one part reaches its last stop after the thread of another has left. */
struct lh_steer_reason {
	uint8_t before, after; /* parts */
	uint64_t seen_ns; /* nothing shows why, but it came soon after a pause of this length */
	uint64_t object;  /* of the last wait; 0: not known */
	uint32_t thread;  /* that came */
	uint32_t earlier; /* that of the part `before` */
	uint32_t waker;   /* thread */
	lh_site wait_site, wake_site;
};

/* How a wait ended. */
enum lh_steer_wake {
	LH_WAKE_ANY,   /* another thread could have used up what it waited for, or it is a lock */
	LH_WAKE_ALONE, /* as far as the caller knows, no other thread could have */
	LH_WAKE_ALL    /* every signal was needed: of a barrier, or the end of a thread */
};

/* One thread, as far as dependencies are concerned. */
struct lh_steer_thread {
	uint64_t depends; /* bit v: it goes on only because visitor v did, when last released */
	uint64_t itself;  /* bit v: so it does, until it lets another thread go on */
	uint64_t ran;     /* bit v: it could run when the time ended the pause of visitor v */
	bool runs;        /* while a pause is about to end by the time */
	uint64_t seen;    /* bit v: it came soon after visitor v was released by the time */
	uint64_t awaits;  /* bit v: it is still blocked as it was when visitor v was released */
	uint64_t blocked_on;
	lh_site blocked_at;
	/* The reason: what gave it these bits of `depends` last, a wake-up or its creation. */
	uint64_t woken_for;
	uint64_t woken_on; /* 0: its creation */
	lh_site woken_at, wake_site;
	uint32_t waker;
};

/* What threads wait on. A thread uses it if it takes something from it or signals it. */
struct lh_steer_object {
	uint64_t object;  /* 0: free */
	uint64_t depends; /* bit v: a thread that depends on v has signalled since v was released */
	uint64_t stray;   /* bit v: one that does not depend on v has used it since */
	uint64_t early;   /* bit v: a thread had taken something before v was released */
	uint64_t relied_on; /* bit v: a thread depends on v because of this object */
	uint32_t taker[2];  /* the threads that have taken something; 0: no more */
	bool takers;        /* more than two have */
	bool changed;       /* one may have made untrue what others wait for, and needs it not */
	uint64_t signalled; /* what its last signaller that is known depended on */
	uint32_t signaller;
	lh_site wake_site;
	lh_site taken_at; /* where a thread waited that depends on a visitor because of it */
};

struct lh_steer {
	enum lh_steer_mode mode;
	uint8_t n, writers; /* parts of the cycle; queued writers behind them */
	bool gathered;      /* all go to their last stops */
	bool closing;       /* all were at their last stops: the writers go first */
	bool full;          /* more visitors, threads or objects than there is room for */
	uint64_t relied_on; /* bit v: a thread was found to depend on visitor v */
	uint64_t seen_only; /* bit v: a thread was seen to come soon after visitor v */
	uint64_t by_limit;  /* bit v: the time ended the last pause of visitor v */
	bool doubt;         /* something happened that may happen otherwise in another run */
	uint32_t closed;    /* times that all went from their last stops at once */
	struct lh_steer_part part[LH_PLAN_PARTS];
	/* unordered[a][b]: a thread came to the last stop of b, not because of that of a */
	bool unordered[LH_PLAN_PARTS][LH_PLAN_PARTS];
	/* of the shortest pause after which it came, with nothing to show why; 0: none */
	uint64_t seen_ns[LH_PLAN_PARTS][LH_PLAN_PARTS];
	bool followed[LH_PLAN_PARTS][LH_PLAN_PARTS]; /* it came, because of that of a */
	struct lh_steer_reason reason[LH_PLAN_PARTS][LH_PLAN_PARTS]; /* the last one of each */
	struct {
		uint32_t thread;
		uint8_t part;
		bool left;                       /* its last stop, at least once */
		uint64_t released_ns, paused_ns; /* by the time limit; 0: otherwise */
	} visitor[LH_STEER_VISITORS];
	uint32_t visitors;
	struct lh_steer_thread thread[LH_STEER_THREADS];
	struct lh_steer_object object[LH_STEER_OBJECTS];
};

/* A thread is about to acquire a lock, and is at a stop. */
struct lh_steer_arrival {
	uint32_t thread; /* from 1 */
	uint8_t part, stop;
	bool may_pause;  /* not in a signal handler, say */
	bool holds_more; /* locks that are not in the part's chain */
	uint64_t held;   /* the lock of the part before that it holds; before that stop 0 */
	uint64_t wanted; /* the lock that it is about to acquire */
	uint64_t now_ns;
};

void lh_steer_init(struct lh_steer *, const struct lh_plan_cycle *);

/*
 * True: the thread must pause, until lh_steer_is_paused is false; any call may make it so. A thread
 * at stops of several parts calls once for each, until one of the calls returns true.
 */
bool lh_steer_arrive(struct lh_steer *, const struct lh_steer_arrival *);
bool lh_steer_is_paused(const struct lh_steer *, uint32_t thread);
bool lh_steer_any_paused(const struct lh_steer *);

/* The pause of this thread ends: LH_STEER_NEEDED, LH_STEER_LIMIT, or LH_STEER_BROKEN_OFF. `by`: the
 * thread that waits for a lock of this very thread; 0: it waits through other threads. Before
 * it ends by a limit, the caller names each other thread that can run. */
void lh_steer_runs(struct lh_steer *, uint32_t thread);
void lh_steer_end_pause(struct lh_steer *, uint32_t thread, enum lh_steer_end, uint32_t by,
			uint64_t now_ns);
/* No thread but paused ones can run: one of them goes on. */
void lh_steer_quiet(struct lh_steer *, uint64_t now_ns);

/*
 * A thread waits on an object (condition, semaphore, barrier, thread's end, lock), has returned
 * from the wait, and signals, posts, arrives or ends. The sites tell
 * places apart (0: not known); the reason names them.
 */
void lh_steer_blocks(struct lh_steer *, uint32_t thread, uint64_t object, lh_site);
void lh_steer_wakes(struct lh_steer *, uint32_t thread, uint64_t object, enum lh_steer_wake);
void lh_steer_signals(struct lh_steer *, uint32_t thread, uint64_t object, lh_site);
/* A thread has passed a semaphore without waiting: it has taken what others wait for, and would
 * have waited for it. */
void lh_steer_takes(struct lh_steer *, uint32_t thread, uint64_t object);
/* A thread has held the mutex under which threads wait on the object, and none of them was told:
 * what they wait for may have been true before. */
void lh_steer_changes(struct lh_steer *, uint32_t thread, uint64_t object);
/* A thread has tried to acquire a lock, or has waited with a limit: in another run it may go
 * another way. */
void lh_steer_tries(struct lh_steer *, uint32_t thread);
void lh_steer_creates(struct lh_steer *, uint32_t creator, uint32_t thread);
void lh_steer_thread_ends(struct lh_steer *, uint32_t thread);

/* What the pauses have shown so far. `why` may be NULL; it is set unless the result is unknown. */
/* Does the thread go on because a visitor did? May be asked without the caller's lock. */
bool lh_steer_depends(const struct lh_steer *, uint32_t thread);

enum lh_steer_result lh_steer_result(const struct lh_steer *, struct lh_steer_reason *why);

#endif
