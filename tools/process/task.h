/*
 * task.h — what one thread of another process is doing, from /proc: nothing is stopped.
 *
 * Believes that the thread may be gone at any moment. Knows nothing of locks.
 */
#ifndef LH_PROCESS_TASK_H
#define LH_PROCESS_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct lh_task {
	char state;      /* R S D T t Z; 0: not known */
	uint64_t run_ns; /* on a CPU, ever */
	uint64_t lag_ns; /* ready to run and not let, ever; grows when it gets to run again */
	uint64_t turns;  /* times it was put on a CPU: unchanged, it did nothing in between */
};

enum lh_task_where {
	LH_TASK_RUNS,  /* or is ready to; what it does is its own code, or a call that does not wait
			*/
	LH_TASK_CALL,  /* sleeps in a system call */
	LH_TASK_FAULT, /* sleeps, but not in a call: the memory that it touched is not there */
	LH_TASK_UNKNOWN, /* gone, or closed to us */
};

struct lh_task_call {
	enum lh_task_where in;
	long nr;
	uint64_t arg[6], sp, pc;
};

bool lh_task_read(pid_t pid, pid_t tid, struct lh_task *);
/* The same without its state, for half the price. */
bool lh_task_times(pid_t pid, pid_t tid, struct lh_task *);
void lh_task_call(pid_t pid, pid_t tid, struct lh_task_call *);
/* Is it the same call still, as far as its place tells? One that a stop broke off starts again. */
bool lh_task_same(const struct lh_task_call *, const struct lh_task_call *);

#endif
