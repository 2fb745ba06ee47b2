/*
 * sample.h — where is this thread now? One stack of a running process, for the monitor.
 *
 * The program may not notice, so there are two ways. A thread that runs, or sleeps in a call
 * that the kernel takes up again by itself, is stopped for as long as it takes to copy its
 * registers and its stack (PTRACE_SEIZE, INTERRUPT, DETACH). Every other call would return
 * EINTR or do half of its work: such a thread sleeps, so its stack lies still, and is copied
 * from the stack pointer that the kernel tells, without any stop; where a frame needs a
 * register that was not to be had, that one is guessed and the stack is marked approximate.
 *
 *
 * The rules of stop.h hold for the thread that takes samples.
 */
#ifndef LH_PROCESS_SAMPLE_H
#define LH_PROCESS_SAMPLE_H

#include "libcheck/ledger.h"
#include "tools/process/task.h"

struct lh_stack_sample {
	uint64_t pc[LH_FRAMES_MAX]; /* innermost first, all as return addresses are */
	uint32_t n;
	uint32_t flags;      /* LH_STACK_* */
	uint64_t stopped_ns; /* how long it stood still, 0 not at all */
};

struct lh_sampler;

struct lh_sampler *lh_sampler_new(pid_t pid); /* NULL: no memory */
void lh_sampler_free(struct lh_sampler *);
/* `high`: end of its stack, 0 not known. False: no stack, or it went on meanwhile. */
bool lh_sampler_sample(struct lh_sampler *, pid_t tid, const struct lh_task_call *, uint64_t high,
		       struct lh_stack_sample *);
/* The object at an address, as a ledger has it. */
bool lh_sampler_module(struct lh_sampler *, uint64_t address, struct lh_module *);

#endif
