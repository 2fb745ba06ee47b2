/*
 * sample.h — samples the stack of one thread of a running process, for the monitor.
 *
 * The program may not notice, so there are two ways. A thread that runs, or sleeps in a call that
 * the kernel restarts by itself, is stopped for as long as it takes to copy its registers and its
 * stack (stop.h). After a stop, any other call would return EINTR or do half of its work; but its
 * thread sleeps, so its stack does not change, and is copied without a stop, from the stack pointer
 * in /proc. If a frame needs a register that /proc does not have, the register is guessed and the
 * stack is marked approximate.
 *
 * The rules of stop.h hold for the thread that takes samples.
 */
#ifndef LH_PROCESS_SAMPLE_H
#define LH_PROCESS_SAMPLE_H

#include "libcheck/ledger.h"
#include "tools/process/task.h"

struct lh_stack_sample {
	uint64_t pc[LH_FRAMES_MAX]; /* innermost first, all as return addresses */
	uint32_t n;
	uint32_t flags;      /* LH_STACK_* */
	uint64_t stopped_ns; /* how long the thread was stopped; 0: it was not */
	bool moved;          /* no stack, because the thread has left its call meanwhile */
};

struct lh_sampler;

struct lh_sampler *lh_sampler_new(pid_t pid); /* NULL: no memory */
void lh_sampler_free(struct lh_sampler *);
/* `high`: end of the thread's stack, 0: unknown. False: no stack, or the thread moved meanwhile. */
bool lh_sampler_sample(struct lh_sampler *, pid_t tid, const struct lh_task_call *, uint64_t high,
		       struct lh_stack_sample *);
/* The object at an address, as a module row of a ledger. False: none. */
bool lh_sampler_module(struct lh_sampler *, uint64_t address, struct lh_module *);

#endif
