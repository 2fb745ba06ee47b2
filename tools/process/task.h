/*
 * task.h — reads from /proc what one thread of another process is doing, without stopping it.
 *
 * The thread may be gone at any moment: then the functions return false or LH_TASK_UNKNOWN. Knows
 * nothing of locks.
 */
#ifndef LH_PROCESS_TASK_H
#define LH_PROCESS_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct lh_task {
	char state;      /* R S D T t Z; 0: unknown */
	uint64_t run_ns; /* CPU time since its start */
	uint64_t
		lag_ns; /* time it was ready but had no CPU, since its start; raised when it runs */
	uint64_t turns; /* times it was put on a CPU; if equal twice, it did not run in between */
};

enum lh_task_where {
	LH_TASK_RUNS,    /* or is ready to run: its own code, or a call that does not wait */
	LH_TASK_CALL,    /* sleeps in a system call */
	LH_TASK_FAULT,   /* sleeps, but not in a call: the page that it touched is not in memory */
	LH_TASK_UNKNOWN, /* gone, or we may not read it */
};

struct lh_task_call {
	enum lh_task_where in;
	long nr;
	uint64_t arg[6], sp, pc;
};

bool lh_task_read(pid_t pid, pid_t tid, struct lh_task *);
/* As lh_task_read, but without the state, for half the cost. */
bool lh_task_times(pid_t pid, pid_t tid, struct lh_task *);
void lh_task_call(pid_t pid, pid_t tid, struct lh_task_call *);
/* True if both are the same call, by number, sp and pc. A call that a stop interrupted may continue
 * as restart_syscall. */
bool lh_task_same(const struct lh_task_call *, const struct lh_task_call *);

#endif
