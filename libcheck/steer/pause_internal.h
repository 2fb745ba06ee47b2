/*
 * pause_internal.h — what the files of steer/ that run in the process share. Each file uses only
 * the files above it in this list:
 *   plan.c       the plan, and which stacks are at its stops
 *   limits.c     how long a pause may last
 *   state.c      the lock, what is kept of each thread, the rows, the end of a pause
 *   look.c       must a pause end?
 *   waits.c      tells the state machine what threads wait for
 *   pause.c      a thread comes to a stop and pauses
 *   late.c       a thread starts late
 *   originals.c  the functions that the wrappers call in place of the originals
 */
#ifndef LH_STEER_PAUSE_INTERNAL_H
#define LH_STEER_PAUSE_INTERNAL_H

#include "libcheck/stack/stack.h"
#include "libcheck/steer/steer.h"
#include "libcheck/thread/thread.h"

/* ---- plan.c ---- */

struct lh_stop {
	uint8_t cycle, part, stop;
};

/* A checked copy of the plan in the run header; cycles with a wrong number have no parts. NULL: no
 * plan, or none that can be used. */
const struct lh_plan *lh_plan_read(void);

/* The last 12 bits of the return addresses of all stops: the same wherever an object is loaded. */
extern uint64_t lh_stop_pages[4096 / 64] LH_HIDDEN;
static inline bool lh_stop_may_be(uintptr_t pc)
{
	return lh_stop_pages[(pc & 4095) / 64] >> (pc & 63) & 1;
}

/* The stack of a call; walked unless the thread has just acquired a lock there. 0: none. Not under
 * the steering lock. */
lh_stack_id lh_steering_stack_of(struct lh_self *, uintptr_t frame);

/* All stops that a thread with this stack is at. Needs the steering lock. */
unsigned lh_stops_of(lh_stack_id stack, const struct lh_stop **stops);
/* The same without the lock. False: the stack has not been compared with the plan yet. */
bool lh_stops_known(lh_stack_id stack, const struct lh_stop **stops, unsigned *n);

/* ---- limits.c ---- */

void lh_limits_init(const struct lh_plan *plan);
enum { LH_LIMITS_RESERVE_NS = 300000000 }; /* not for parts that often paused in vain */
struct lh_limits_of_pause {
	uint64_t now_ns;
	uint64_t since_ns; /* when the pauses of now began; 0: there are none */
	bool last;         /* at the last stop of the part */
	bool in_vain;      /* the part has often paused in vain */
	uint32_t ended;    /* such pauses of the part, by the time */
};
/* Until when the pause may last; 0: there must be none. */
uint64_t lh_limits_until(const struct lh_limits_of_pause *);
void lh_limits_spend(uint64_t ns);
/* A timer is armed, or the program has a handler for a signal that another process may send: then
 * that no thread can run does not mean that nothing happens. */
bool lh_limits_signal_may_come(void);
uint64_t lh_limits_left(uint64_t now_ns); /* for pauses, while there are none */
/* They may write to pipes and queues that threads of this process wait for. */
bool lh_limits_has_children(void);
/* The program begins a wait that ends then: the time on the ledger's clock. */
uint64_t lh_limits_timed(const struct timespec *absolute);
uint64_t lh_limits_timed_us(int64_t monotonic_us);

/* ---- state.c ---- */

enum {
	LH_STEER_STEP_NS = 1000000, /* of a pause */
	LH_STEER_GUARDED = 64,
	LH_STEER_CROWDS = 32,
	LH_STEER_CROWD = 32,
	LH_STEER_EARLY = 256,
	LH_STEER_TRIED = 256
};

/* What is kept of a thread, by its live-thread row. */
struct lh_stepper {
	lh_thread_id thread;         /* whose these are */
	uint8_t paused;              /* 1 + the cycle */
	bool late;                   /* it has not started yet */
	bool signalled;              /* in a condition wait: waits for the mutex now */
	uint32_t seq;                /* of its wait, at the last look */
	uint64_t since_ns, until_ns; /* of its pause */
	uint64_t timed_ns;           /* end of its wait with a time limit; 0: none */
	lh_lock_id signals;   /* condition that it has signalled since it acquired the mutex */
	lh_lock_id pending;   /* condition whose mutex it has released, without a signal */
	const void *deferred; /* see lh_pause_defers */
	lh_stack_id deferred_stack;
};

struct lh_guarded {
	uint64_t mutex; /* address */
	lh_lock_id condition;
};

/* A condition, by its address, that a thread signalled before any thread waited for it. */
struct lh_early {
	uint64_t condition;
	lh_thread_id thread;
};

/* Threads that have arrived at a barrier. */
struct lh_crowd {
	lh_lock_id barrier;
	uint32_t n;
	bool more;
	lh_thread_id thread[LH_STEER_CROWD];
};

/* What only this thread acquires, at least once by a try. */
struct lh_tried {
	uint64_t object;
	lh_lock_id lock; /* 0: it was not known then */
	lh_thread_id thread;
};

/* Private memory: all zero in a forked child until the child's start. */
struct lh_steering {
	struct lh_internal_lock lock;
	const struct lh_plan *plan;
	struct lh_steer *cycle[LH_PLAN_CYCLES]; /* NULL: its numbers are wrong */
	struct lh_stepper *stepper;
	uint32_t turn;                    /* a futex: raised when a pause ends */
	uint32_t paused;                  /* threads */
	uint32_t late;                    /* threads that have not started yet */
	uint64_t since_ns;                /* there are some */
	uint64_t looked_ns;               /* the last look */
	uint32_t rest_tick;               /* until then some parts rest; 0: none does; atomic */
	uint16_t resting[LH_PLAN_CYCLES]; /* bit i: part i */
	uint32_t quiet;                   /* looks in a row that saw no thread that can run */
	uint32_t guarded_n, crowds_n, early_n, tried_n;
	bool must_start; /* the late thread, because no other can run */
	bool was_late;   /* the thread that starts late has been there */
	bool copies;     /* the kernel copies memory of this process */
	bool unguarded;  /* of some condition the mutex is not followed */
	struct lh_guarded guarded[LH_STEER_GUARDED];
	struct lh_crowd crowd[LH_STEER_CROWDS];
	struct lh_early early[LH_STEER_EARLY];
	struct lh_tried tried[LH_STEER_TRIED];
};
extern struct lh_steering *lh_steering LH_HIDDEN;

bool lh_steering_start(void); /* false: nothing is steered */
/* Takes the steering lock, inside the entry check. NULL: nothing is steered now. */
struct lh_self *lh_steering_begin(uintptr_t frame);
/* The same also under a filter that was set since: nothing can be steered then. */
struct lh_self *lh_steering_begin_unpaused(uintptr_t frame);
void lh_steering_end(struct lh_self *self);

/* The rest needs the steering lock. */
struct lh_stepper *lh_stepper_of(uint32_t row);
lh_lock_id lh_steering_lock_of(const void *object, enum lh_kind kind);
void lh_steering_show(unsigned cycle);
/* After any call that may have ended pauses of the cycle. */
void lh_steering_notice_ends(unsigned cycle, uint64_t now);
void lh_steering_end_pause(struct lh_stepper *s, enum lh_steer_end how, lh_thread_id by,
			   uint64_t now);
unsigned lh_steering_current(void); /* the cycle that has a paused thread; LH_PLAN_CYCLES: none */

/* ---- look.c ---- */

void lh_look_for_needed(uint64_t now);
void lh_look(uint64_t now);
bool lh_look_for_quiet(void); /* can no thread run but paused and late ones? */
/* Tells steer.c of each thread that can run. */
void lh_look_for_runners(void);

/* ---- waits.c ---- */

struct lh_steer_wait {
	lh_lock_id object, mutex; /* 0: none */
};

/* An announced wait begins; `until_ns`: its time limit, 0 none. Returns what it waits for. */
struct lh_steer_wait lh_pause_wait_begins(uintptr_t frame, uint64_t until_ns);
void lh_pause_wait_ended(uintptr_t frame, struct lh_steer_wait);
/* Before the wait for the end of a thread is reported to have ended. */
void lh_pause_joined(uintptr_t frame, struct lh_steer_wait);
void lh_pause_takes(uintptr_t frame, const void *object); /* a permit, without a wait */
/* The program itself has tried to acquire; and it acquires what it has tried before. */
void lh_pause_tries(uintptr_t frame, const void *object, enum lh_kind kind, bool acquired);
void lh_pause_uses(uintptr_t frame, const void *object, enum lh_kind kind);
void lh_pause_signals(uintptr_t frame, const void *object, enum lh_kind kind, bool all);
void lh_pause_creates(uintptr_t frame);

/* The mutex of a condition is released. */
void lh_pause_releases(uintptr_t frame, const void *mutex);
/* False: no mutex of a condition, or nothing that was tried, has an address with this hash. */
extern bool lh_steer_guards[256] LH_HIDDEN, lh_steer_tried[256] LH_HIDDEN;
static inline bool *lh_steer_flag_of(bool flag[256], uint64_t object)
{
	return &flag[object * 0x9e3779b97f4a7c15u >> 56];
}

/* ---- late.c ---- */

void lh_late_init(void);

/* ---- pause.c ---- */

/* A thread is about to call a function that acquires. */
struct lh_steer_call {
	const void *object;
	uintptr_t frame; /* of the wrapper */
	uint8_t kind, mode, how;
	uint64_t wanted; /* 0: the object */
};

/* A thread's end as a lock that it holds; no object has such an address. */
static inline uint64_t lh_steer_end_of(lh_thread_id thread)
{
	return LH_ADDRESS_NONE | thread;
}

/*
 * CPython tries a lock while it has the GIL, and waits without the GIL after a try that failed. So
 * at a stop the try must seem to fail: then the thread comes to the stop again, without the GIL and
 * with the stack of the try.
 */
bool lh_pause_defers(uintptr_t frame, const void *object);

/* May pause the thread. lh_pause_before_join: it has announced the join. */
void lh_pause_before_join(uintptr_t frame);
void lh_pause_at_stop(const struct lh_steer_call *call);

#endif
