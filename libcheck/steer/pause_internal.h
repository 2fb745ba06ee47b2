/*
 * pause_internal.h — what the files of steer/ that run in the process share: plan.c, pause.c,
 * limits.c, originals.c.
 */
#ifndef LH_STEER_PAUSE_INTERNAL_H
#define LH_STEER_PAUSE_INTERNAL_H

#include "libcheck/steer/steer.h"
#include "libcheck/stack/stack.h"
#include "libcheck/thread/thread.h"

/* ---- plan.c: the plan, and which stacks are at its stops ---- */

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

/* All stops that a thread with this stack is at. Needs the steering lock. */
unsigned lh_stops_of(lh_stack_id stack, const struct lh_stop **stops);

/* ---- pause.c ---- */

bool lh_pause_start(void); /* false: nothing is steered */

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

struct lh_steer_wait {
	lh_lock_id object, mutex; /* 0: none */
};
/* May pause the thread. */
void lh_pause_at_stop(const struct lh_steer_call *call);

/* An announced wait begins; `until_ns`: its time limit, 0 none. Returns what it waits for. */
struct lh_steer_wait lh_pause_wait_begins(uintptr_t frame, uint64_t until_ns);
void lh_pause_wait_ended(uintptr_t frame, struct lh_steer_wait);
/* Before the wait for the end of a thread is reported to have ended. */
void lh_pause_joined(uintptr_t frame, struct lh_steer_wait);
void lh_pause_takes(uintptr_t frame, const void *object); /* a permit */
void lh_pause_signals(uintptr_t frame, const void *object, enum lh_kind kind);
void lh_pause_creates(uintptr_t frame);

/* ---- limits.c ---- */

void lh_limits_init(const struct lh_plan *plan);
/* Until when a pause may last that begins now; 0: not at all. The present one has begun at
 * `since_ns`, 0: there is none; `ended` pauses of this part were ended by the time. */
uint64_t lh_limits_until(uint64_t now_ns, uint64_t since_ns, uint32_t ended);
void lh_limits_spend(uint64_t ns);
/* The program begins a wait that ends then: the time on the ledger's clock. */
uint64_t lh_limits_timed(const struct timespec *absolute);

#endif
