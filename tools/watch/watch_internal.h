/* watch_internal.h — what the files of the room `watch` share with each other only. */
#ifndef LH_WATCH_WATCH_INTERNAL_H
#define LH_WATCH_WATCH_INTERNAL_H

#include "tools/process/sample.h"
#include "tools/wait_graph/deadlocks.h"
#include "tools/watch/watch.h"

#include <pthread.h>

enum {
	LH_WATCH_HELD_MAX = 8,                   /* held locks of one thread that are followed */
	LH_WATCH_WAITERS_MAX = 8,                /* of one long hold that are named */
	LH_CALL_GROUPS = 64,                     /* kinds of blocking calls; a power of two */
	LH_STEPS = 3 + 2 * LH_WATCH_WAITERS_MAX, /* room of a finding: its steps lie in sequence */
};

/* What was known of a held lock at the last look. */
struct lh_hold_sample {
	lh_lock_id lock;
	uint32_t tick;
	lh_site site;
	uint64_t from_ns, seen_ns;
	uint32_t samples;
};

/* What was known of a seat at the last look. */
struct lh_thread_sample {
	lh_thread_id thread;
	uint32_t wait_seq;
	/* A seat that says what it said is left alone until something can be due. */
	uint64_t mark; /* of all that it said; 0: nothing */
	uint64_t sampled_ns, due_ns;
	lh_site holder;             /* of what it waits for */
	struct lh_hold_sample wait; /* lock 0: it did not wait; tick is enum lh_wait */
	struct lh_hold_sample hold_sample[LH_WATCH_HELD_MAX];
	uint32_t n_hold_samples;
	uint32_t hold; /* those that are followed: the first one's index in lh_watch_process.hold,
			  and 1 */
	/* what it sleeps in */
	struct lh_task_call call;
	struct lh_task_call before; /* what it was in when we stopped it last */
	uint64_t turns, run_ns, since_ns;
	bool stopped_by_us; /* its turns changed by that, or will */
	bool reported;
	uint64_t ask_ns, pause_ns; /* when /proc is asked about it again, and how long that was */
	uint32_t row;              /* the finding that grows while it sleeps */
	/* what it burns */
	uint64_t busy_cpu_ns; /* CPU time when that was last asked; 0: not asked */
	uint32_t tries;
};

/* A thread that waits, at this look. */
struct lh_watch_waiter {
	uint32_t live;
	lh_thread_id thread;
	lh_lock_id lock;
	lh_site site;
	uint32_t on;
	uint64_t since_ns, step_ns; /* time since the look before */
};

/* A lock that has been held for about half the time that is long, or more. */
struct lh_long_hold {
	uint32_t live, next; /* of its seat's, as in struct lh_thread_sample */
	lh_thread_id thread;
	pid_t tid;
	lh_lock_id lock;
	uint32_t tick;
	lh_site site;
	uint64_t since_ns, limit_ns;
	uint64_t from_ns;          /* the first look */
	uint64_t sampled_ns;       /* the last time that it was there */
	uint64_t asked_ns, due_ns; /* when /proc was asked about it, and will be again */
	struct lh_task base, turn; /* at the first look; at the first look of this turn on a CPU */
	uint64_t turn_ns;
	uint64_t ran_ns, ran_at_ns; /* its CPU time when that was last asked, and when that was */
	uint64_t stopped_ns, lagged_ns, waited_ns; /* none of it is the holder's doing */
	uint64_t excused_ns;                       /* that this much was said of */
	uint32_t factor; /* the next sample is due at so many times the limit */
	bool waits;      /* for another lock, when that was last asked */
	uint32_t row;    /* of its finding, 0 not told */
	bool first;      /* its finding had been told before, of another hold */
	uint32_t gone;   /* looks at which its thread had ended */
	struct {
		lh_thread_id thread;
		lh_site place;
		uint64_t since_ns, ns;
	} waiter[LH_WATCH_WAITERS_MAX];
	uint32_t waiters;
};

struct lh_watch_reported {
	uint64_t key;
	uint32_t row;
};

/* Blocking calls that look alike before any stack is taken: `n` of them were this finding. */
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
	pid_t pid;
	uint64_t now_ns, sampled_ns; /* this look and the one before, on the ledger's clock */
	bool active;
	struct lh_thread_sample *sample; /* by seat */
	uint32_t n_samples;
	struct lh_long_hold *hold;
	uint32_t holds, hold_capacity;
	struct lh_watch_waiter *waiter;
	uint32_t waiters, waiter_capacity;
	struct lh_watch_reported *reported;
	uint32_t n_reported, reported_capacity;
	struct lh_call_group group[LH_CALL_GROUPS];
	uint32_t *pair, pair_mask; /* by hash: rows of LH_T_WAIT_PAIR */
	uint32_t *measured;        /* by library finding: how many of its holds we know of */
	uint32_t n_measured;
	uint32_t samples;    /* in this round */
	uint32_t turn;       /* the seat to begin with: not always the same are asked about last */
	uint32_t refused;    /* the first that was not asked about in this round */
	uint32_t busy_waits; /* rows of LH_T_BUSY_WAIT */
};

struct lh_watch {
	struct lh_watch_options options;
	struct lh_symbols *symbols; /* only if locks have limits of their own */
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t stop;
	bool over;
	uint64_t ask_room, ask_ns; /* questions to /proc that may be asked yet, and since when */
	struct lh_watch_process **list;
	uint32_t n, capacity, turn;
	struct lh_watch_event *event;
	uint32_t first_event, end_event, event_capacity;
	struct lh_deadlocks *deadlocks;
	uint64_t deadlocks_ns; /* its last look */
};

/* watch.c */
uint32_t lh_watch_scan(struct lh_watch_process *, uint64_t now_ns); /* how many seats that was */

/* rows.c: rows of the monitor's own, and events for the monitor. */
struct lh_overlay *
lh_watch_overlay(struct lh_watch_process *); /* made when it is needed; NULL: no memory */
void lh_watch_post(struct lh_watch_process *, enum lh_watch_event_kind, uint32_t row,
		   const char *text);
uint32_t lh_watch_find(struct lh_watch_process *, uint64_t key); /* 0: not told yet */
/* A finding with room for LH_STEPS steps; 0: no room. */
uint32_t lh_watch_finding(struct lh_watch_process *, enum lh_rule, uint64_t key, lh_thread_id);
struct lh_finding *lh_watch_row(struct lh_watch_process *, uint32_t row);
/* NULL: no room for more. */
struct lh_step *lh_watch_step(struct lh_watch_process *, uint32_t finding, const struct lh_step *,
			      const char *note);
void lh_watch_note(struct lh_watch_process *, struct lh_step *, const char *note);
/* A sampled stack as a place; 0: there is none, or no room. */
lh_site lh_watch_site(struct lh_watch_process *, const struct lh_stack_sample *);
/* What a thread does now, in words. */
void lh_watch_call_text(struct lh_watch_process *, const struct lh_live_thread *, pid_t tid,
			char state, const struct lh_task_call *, char *out, size_t capacity);
bool lh_watch_may_sample(const struct lh_watch_process *);
bool lh_watch_sample(struct lh_watch_process *, const struct lh_live_thread *,
		     const struct lh_task_call *, struct lh_stack_sample *);

/* The first step of a finding about it: who took it, and where. */
void lh_long_hold_adopt(struct lh_watch_process *, uint32_t row, const struct lh_long_hold *);

/* queries.c */
bool lh_watch_is_lock(const struct lh_watch_process *, const struct lh_held *, struct lh_lock *);
/* Waits for a lock or a thread's end, and is part of a circle of such waits. */
bool lh_watch_in_deadlock(const struct lh_watch_process *, uint32_t live_row);
uint64_t lh_watch_limit(struct lh_watch_process *, const struct lh_lock *, lh_lock_id);
/* May /proc be asked about one thread more? They are so many a second. */
bool lh_watch_may_ask(struct lh_watch_process *, uint32_t live_row);

/* exit_holding.c: true: its thread has ended, and what is to be said of that has been. */
bool lh_exit_holding_check(struct lh_watch_process *, struct lh_long_hold *,
			   const struct lh_live_thread *, const struct lh_lock *);

/* long_hold.c */
void lh_long_hold_scan(struct lh_watch_process *, uint32_t live_row, const struct lh_live_thread *,
		       const struct lh_held *, const struct lh_lock *);
void lh_long_hold_end_round(struct lh_watch_process *,
			    bool last); /* after all seats were looked at */
void lh_long_hold_add_waiter(struct lh_watch_process *,
			     const struct lh_watch_waiter *); /* is there a hold for it? */

/* own_time.c */
/* How much of this time was its own doing; it is over. */
uint64_t lh_long_hold_own_time(struct lh_watch_process *, struct lh_long_hold *, uint64_t held_ns);
const char *lh_long_hold_time_text(uint64_t ns, char out[24]);
/* Does the holder wait for another lock? */
bool lh_long_hold_waits(const struct lh_watch_process *, const struct lh_long_hold *,
			const struct lh_live_thread *);
/* Reads what the holder did since the last sample. */
void lh_long_hold_measure(struct lh_watch_process *, struct lh_long_hold *,
			  const struct lh_live_thread *);
/* Its own time until now; it still holds the lock. */
uint64_t lh_long_hold_own_now(const struct lh_watch_process *, const struct lh_long_hold *);

/* long_hold_end.c */
void lh_long_hold_close(struct lh_watch_process *, struct lh_long_hold *, bool kept);
void lh_long_hold_read_measured(struct lh_watch_process *, bool last);

/* blocking_call.c */
/* The call as it was before a stop of ours. */
struct lh_task_call lh_watch_call_before(const struct lh_thread_sample *,
					 const struct lh_task_call *);
void lh_blocking_call_scan(struct lh_watch_process *, uint32_t live_row,
			   const struct lh_live_thread *);
/* deadlock_watch.c: deadlocks that are seen from outside. */
bool lh_deadlock_watch_start(struct lh_watch *);
void lh_deadlock_watch_stop(struct lh_watch *);
void lh_deadlock_watch_add(struct lh_watch_process *);
void lh_deadlock_watch_drop(struct lh_watch_process *);
void lh_deadlock_watch_scan(struct lh_watch *, uint64_t now_ns);

/* foreign_step.c: a step of another process's thread in words of this one: its thread, lock
 * and stack become rows here. */
struct lh_step lh_watch_foreign_step(struct lh_watch_process *, const struct lh_watch_process *from,
				     const struct lh_step *);
lh_thread_id lh_watch_dead_thread(struct lh_watch_process *, const struct lh_dead_thread *);

/* wait_profile.c */
void lh_wait_profile_thread(struct lh_watch_process *, uint32_t live_row,
			    const struct lh_live_thread *);
void lh_wait_profile_round(struct lh_watch_process *);
/* What it did not say any more at this look lasted until the round before. */
void lh_wait_profile_close(struct lh_watch_process *, uint32_t live_row);

/* busy_wait.c */
void lh_busy_wait_scan(struct lh_watch_process *, uint32_t live_row, const struct lh_live_thread *);

#endif
