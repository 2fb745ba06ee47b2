/* watch_internal.h — the state of the watch thread, shared by the files of tools/watch. */
#ifndef LH_WATCH_WATCH_INTERNAL_H
#define LH_WATCH_WATCH_INTERNAL_H

#include "tools/process/sample.h"
#include "tools/wait_graph/deadlocks.h"
#include "tools/util/duration.h"
#include "tools/util/time.h"
#include "tools/watch/watch.h"

#include <pthread.h>

enum {
	LH_WATCH_HELD_MAX = 8,                   /* held locks of one thread that are sampled */
	LH_WATCH_WAITERS_MAX = 8,                /* waiters of one long hold that are recorded */
	LH_CALL_GROUPS = 64,                     /* a power of two */
	LH_STEPS = 3 + 2 * LH_WATCH_WAITERS_MAX, /* consecutive rows of a finding's steps */
};

/* A held lock at the last sample; lh_thread_sample.wait: the wait. */
struct lh_hold_sample {
	lh_lock_id lock;
	uint32_t tick;
	lh_site site;
	uint64_t from_ns, seen_ns;
	uint32_t samples;
};

/* The lock that a thread which holds others wants, a second ago; see livelock.c. */
struct lh_want {
	lh_thread_id thread;
	lh_lock_id lock;
	lh_site site;
	bool tries;     /* it retries a try-lock or a wait with a limit; else it waits */
	uint32_t n;     /* failed tries, or the number of the wait */
	uint64_t mark;  /* hash of what it holds */
	uint32_t stuck; /* seconds without a change */
	uint64_t since_ns;
};

/* A live-thread row at the last sample. */
struct lh_thread_sample {
	lh_thread_id thread;
	uint32_t wait_seq;
	/* A row that has not changed is skipped until due_ns. */
	uint64_t mark; /* hash of the row; 0: its thread holds nothing and does not wait */
	uint64_t sampled_ns, due_ns;
	lh_site holder;             /* of the awaited lock; 0: unknown */
	lh_thread_id first_owner;   /* of the awaited lock in this wait; 0: unknown */
	struct lh_hold_sample wait; /* lock 0: no wait; `tick` is enum lh_wait */
	struct lh_hold_sample hold_sample[LH_WATCH_HELD_MAX];
	uint32_t n_hold_samples;
	uint32_t hold; /* its long holds: the first one's index in lh_watch_process.hold, plus 1 */
	/* The call in which the thread sleeps: */
	struct lh_task_call call;
	struct lh_task_call before; /* the call at our last stop */
	uint64_t turns, run_ns, since_ns;
	uint32_t stops;                  /* ours since `turns` was read: each takes two turns */
	bool reported;                   /* a finding has counted this sleep */
	uint64_t next_read_ns, pause_ns; /* when /proc is read again; length of the last pause */
	uint32_t row;                    /* the finding whose duration grows with the sleep */
	/* The busy wait of the thread: */
	uint64_t busy_cpu_ns; /* CPU time at the last sample; 0: not read */
	uint32_t tries;
	struct lh_want want;
};

/* A thread that waits, at this sample. */
struct lh_watch_waiter {
	uint32_t live;
	lh_thread_id thread;
	lh_lock_id lock;
	lh_site site;
	uint32_t kind;              /* enum lh_wait */
	uint64_t since_ns, step_ns; /* step: since the sample before; 0: the wait is over */
};

/* A hold that has lasted for half its limit or more. */
struct lh_long_hold {
	uint32_t live, next; /* next: as lh_thread_sample.hold */
	lh_thread_id thread;
	pid_t tid;
	lh_lock_id lock;
	uint32_t tick;
	lh_site site;
	uint64_t since_ns, limit_ns;
	uint64_t from_ns;          /* the first sample */
	uint64_t sampled_ns;       /* the last sample with this hold */
	uint64_t read_ns, due_ns;  /* when /proc was read, and will be again */
	struct lh_task base, turn; /* at the first sample; at the start of the turn on a CPU */
	uint64_t turn_ns;
	uint64_t ran_ns, ran_at_ns; /* the thread's CPU time, and when that was read */
	uint64_t stopped_ns, lagged_ns, waited_ns; /* not caused by its thread */
	uint64_t excused_ns; /* length of the hold at the last LH_WATCH_EXCUSED */
	uint64_t
		told_ns; /* the greatest length in a text so far: no later text has a shorter one */
	uint32_t factor; /* the next stack is due at `factor` times the limit */
	bool waits;      /* for another lock, at the last sample */
	uint32_t row;    /* of its finding; 0: not reported */
	bool first;      /* this hold made the finding; false: an earlier hold did */
	uint32_t gone;   /* samples that found the thread ended */
	struct {
		lh_thread_id thread;
		lh_site site;
		uint64_t since_ns, ns;
	} waiter[LH_WATCH_WAITERS_MAX];
	uint32_t waiters;
};

/* Blocking calls that are alike without their stacks; the last `n` of them were the finding `row`.
 */
struct lh_call_group {
	uint64_t key;
	uint32_t row, n;
};

struct lh_watch_process {
	struct lh_watch *watch;
	struct lh_deadlocks_process *deadlocks;
	struct lh_ledger_view ledger;
	struct lh_overlay *overlay;
	struct lh_sampler *sampler;
	void *process;
	void *names; /* see lh_watch_options.name_lock */
	void (*free_names)(void *);
	pid_t pid;
	uint64_t now_ns, sampled_ns; /* this sample and the one before, on the ledger's clock */
	uint64_t began_ns;           /* now_ns on CLOCK_MONOTONIC; 0: now_ns is no real time */
	bool active;
	struct lh_thread_sample *sample; /* by live-thread row */
	uint32_t n_samples;
	struct lh_long_hold *hold;
	uint32_t holds, hold_capacity;
	struct lh_watch_waiter *waiter;
	uint32_t waiters, waiter_capacity;
	struct lh_call_group group[LH_CALL_GROUPS];
	uint32_t *pair, pair_mask; /* by hash: rows of LH_T_WAIT_PAIR */
	uint32_t *measured; /* by the library's finding: how many of its holds we have counted */
	uint32_t n_measured;
	uint32_t samples;     /* stacks sampled in this round */
	uint32_t turn;        /* the row to begin with, so that each row comes first at times */
	uint32_t refused;     /* the first row for which /proc was not read in this round */
	uint32_t busy_waits;  /* rows of LH_T_BUSY_WAIT */
	uint64_t livelock_ns; /* the last look for livelocks */
	uint32_t lost;        /* the last finding of lost-signal */
};

/* A wait of a deadlock that was reported. */
struct lh_followed_wait {
	struct lh_watch_process *process; /* of the finding */
	uint32_t row;                     /* the finding; 0: it has ended */
	struct lh_watch_process *from;    /* of the wait's thread; NULL: dropped */
	uint32_t live, seq;
	lh_thread_id thread;
	lh_lock_id lock;
	uint32_t cancelled; /* scans that found it ended by a cancellation */
};

struct lh_watch {
	struct lh_watch_options options;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t stop;
	bool over;
	uint64_t read_budget, refill_ns; /* reads of /proc allowed now; last refill */
	struct lh_watch_process **list;
	uint32_t n, capacity, turn;
	struct lh_watch_event *event;
	uint32_t first_event, end_event, event_capacity;
	struct lh_deadlocks *deadlocks;
	uint64_t deadlocks_ns; /* its last scan */
	struct lh_followed_wait *followed;
	uint32_t n_followed, followed_capacity;
};

/* watch.c */
/* Time since now_ns. */
static inline uint64_t lh_watch_late(const struct lh_watch_process *p)
{
	return p->began_ns ? lh_time_between(lh_time_now(), p->began_ns) : 0;
}
uint32_t lh_watch_scan(struct lh_watch_process *, uint64_t now_ns); /* returns how many rows */

/* rows.c: rows of the overlay, and events for the monitor. */
struct lh_overlay *
lh_watch_overlay(struct lh_watch_process *); /* made at the first call; NULL: no memory */
void lh_watch_post(struct lh_watch_process *, enum lh_watch_event_kind, uint32_t row,
		   const char *text);
uint32_t lh_watch_find(struct lh_watch_process *, uint64_t key); /* 0: no such finding */
/* A finding with capacity for this many steps; 0: the table is full. */
uint32_t lh_watch_finding(struct lh_watch_process *, enum lh_rule, uint64_t key, lh_thread_id,
			  uint32_t steps);
struct lh_finding *lh_watch_row(const struct lh_watch_process *, uint32_t row);
/* Adds a step to a finding with capacity for LH_STEPS, unless it is full. */
void lh_watch_step(struct lh_watch_process *, uint32_t finding, const struct lh_step *,
		   const char *note);
/* A sampled stack as a site; 0: no stack, or the table is full. */
lh_site lh_watch_site(struct lh_watch_process *, const struct lh_stack_sample *);
/* Text: what the thread does now. */
void lh_watch_call_text(struct lh_watch_process *, const struct lh_live_thread *, char state,
			const struct lh_task_call *, char *out, size_t capacity);
bool lh_watch_may_sample(const struct lh_watch_process *);
void lh_watch_sample(struct lh_watch_process *, struct lh_thread_sample *,
		     const struct lh_live_thread *, const struct lh_task_call *,
		     struct lh_stack_sample *);

/* Adds the finding's first step: the hold's thread, lock and site. */
void lh_long_hold_adopt(struct lh_watch_process *, uint32_t row, const struct lh_long_hold *);

/* queries.c */
/* Is this held entry a lock that other threads can wait for? Reads the lock's row. */
bool lh_watch_is_lock(const struct lh_watch_process *, const struct lh_held *, struct lh_lock *);
/* A long hold of a pthread_once control or a guard matters only to a thread that waits for it:
 * std::async runs its whole task in one. */
bool lh_watch_must_be_short(const struct lh_watch_process *, lh_lock_id, const struct lh_lock *);
/* Does the row still have the wait, and the first held locks, of this copy? */
bool lh_watch_is_current(const struct lh_watch_process *, uint32_t live_row,
			 const struct lh_live_thread *);
/* Does the row's thread wait without a limit in, or for, a cycle of waits for locks and thread
 * ends, or a reported deadlock? */
bool lh_watch_in_deadlock(const struct lh_watch_process *, uint32_t live_row);
uint64_t lh_watch_limit(struct lh_watch_process *, lh_lock_id);
/* The address of the futex on which a thread of the process sleeps; 0: none, or not known. */
uint64_t lh_watch_futex(void *process, int32_t tid);
/* May /proc be read for one more thread? The number per second is bounded. */
bool lh_watch_may_read_proc(struct lh_watch_process *, uint32_t live_row);

/* exit_holding.c. True: the hold's thread has ended, so the hold is no long hold. */
bool lh_exit_holding_check(struct lh_watch_process *, struct lh_long_hold *,
			   const struct lh_live_thread *, const struct lh_lock *);

/* long_hold.c */
void lh_long_hold_scan(struct lh_watch_process *, uint32_t live_row, const struct lh_live_thread *,
		       const struct lh_held *, const struct lh_lock *);
void lh_long_hold_end_round(struct lh_watch_process *, bool last); /* after all rows were sampled */
void lh_long_hold_add_waiter(struct lh_watch_process *,
			     const struct lh_watch_waiter *); /* if its lock has long holds */

/* own_time.c */
/* What its thread did not cause is part of the hold, which has lasted for held_ns so far. */
void lh_long_hold_limit_parts(struct lh_long_hold *, uint64_t held_ns);
/* The part of held_ns that its thread caused; the hold has ended. */
uint64_t lh_long_hold_own_time(struct lh_watch_process *, struct lh_long_hold *, uint64_t held_ns);
const char *lh_long_hold_time_text(uint64_t ns, char out[LH_DURATION_TEXT]);
/* Does the hold's thread wait for another lock? */
bool lh_long_hold_waits(const struct lh_watch_process *, const struct lh_long_hold *,
			const struct lh_live_thread *);
/* Adds up what the hold's thread did since the last sample. */
void lh_long_hold_measure(struct lh_watch_process *, struct lh_long_hold *,
			  const struct lh_live_thread *);
/* The part of the hold so far that its thread caused. */
uint64_t lh_long_hold_own_now(const struct lh_watch_process *, const struct lh_long_hold *);

/* long_hold_end.c */
/* `never_released`: the process has ended without a release. */
void lh_long_hold_close(struct lh_watch_process *, struct lh_long_hold *, bool never_released);
void lh_long_hold_read_measured(struct lh_watch_process *, bool last);

/* sleep.c */
void lh_sleep_end(struct lh_thread_sample *);
/* The call as it was before our stop. */
struct lh_task_call lh_watch_call_before(const struct lh_thread_sample *,
					 const struct lh_task_call *);
/* Is the thread in the sleep of its last sample? `turns`: its turns now. */
bool lh_sleep_is_same(const struct lh_thread_sample *, const struct lh_task_call *, uint64_t turns);
/* Our stop changes the turns: ends the sleep of the last sample if the thread is in another one. */
void lh_sleep_before_stop(struct lh_watch_process *, struct lh_thread_sample *, pid_t,
			  const struct lh_task_call *);

/* blocking_call.c */
void lh_blocking_call_scan(struct lh_watch_process *, uint32_t live_row,
			   const struct lh_live_thread *);

/* deadlock_watch.c */
bool lh_deadlock_watch_start(struct lh_watch *);
void lh_deadlock_watch_stop(struct lh_watch *);
void lh_deadlock_watch_add(struct lh_watch_process *);
void lh_deadlock_watch_drop(struct lh_watch_process *);
void lh_deadlock_watch_scan(struct lh_watch *, uint64_t now_ns);

/* deadlocked.c */
/* The process has ended: withdraws the warnings that belong to its deadlocks. Returns how many. */
uint32_t lh_watch_drop_deadlocked(struct lh_watch_process *);

/* deadlock_end.c: follows the waits of a deadlock that was reported. When one of them ends, the
 * finding becomes one that did not last. */
void lh_deadlock_end_follow(struct lh_watch_process *, uint32_t row, struct lh_watch_process *from,
			    const struct lh_step *);
void lh_deadlock_end_scan(struct lh_watch *);
void lh_deadlock_end_drop(struct lh_watch_process *);

/* foreign_step.c: copies a step of another process's thread; its thread, lock and stack become rows
 * of this process's overlay. */
struct lh_step lh_watch_foreign_step(struct lh_watch_process *, struct lh_arena *,
				     const struct lh_watch_process *from, const struct lh_step *);

/* wait_profile.c */
void lh_wait_profile_thread(struct lh_watch_process *, uint32_t live_row,
			    const struct lh_live_thread *);
void lh_wait_profile_round(struct lh_watch_process *);
/* Closes the holds and waits of a row that was skipped and has now changed: they lasted until the
 * round before. */
void lh_wait_profile_close(struct lh_watch_process *, uint32_t live_row);
/* The process has ended: records the waits and holds that lasted until then as spans. */
void lh_wait_profile_end(struct lh_watch_process *);

/* livelock.c: at most once a second */
void lh_livelock_scan(struct lh_watch_process *, uint32_t rows);

/* busy_wait.c */
void lh_busy_wait_scan(struct lh_watch_process *, uint32_t live_row, const struct lh_live_thread *);

#endif
