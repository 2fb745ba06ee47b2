/*
 * stop.h — stops one thread of another process for as long as it takes to read its registers.
 *
 * The program may not notice. So a caller stops a thread only if the thread runs, or is in a system
 * call that the kernel restarts by itself. These functions take no wait status, so that other code
 * of this process can reap its children; that code must ignore stops whose status has bits above
 * the lower 16. Does not read memory.
 *
 * - If this process is killed, the kernel resumes the stopped thread.
 * - A thread that does not stop in time stays seized until lh_stop_end_late() has detached it.
 * - One thread of this process makes all these calls: ptrace accepts only the tracing thread.
 */
#ifndef LH_PROCESS_STOP_H
#define LH_PROCESS_STOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

/* True if the kernel restarts this system call by itself after a stop. */
bool lh_stop_restarts(long nr);

/* False: the thread cannot be seized, or too many threads did not stop in time. Otherwise
 * lh_stop_end() must follow. */
bool lh_stop_begin(pid_t tid);
/* Waits until the thread has stopped, at most ms milliseconds. True: `set` has its registers. */
bool lh_stop_wait(pid_t tid, unsigned ms, struct user_regs_struct *set);
/* Resumes the thread. `set`: its registers if lh_stop_wait() read them, otherwise NULL. */
void lh_stop_end(pid_t tid, const struct user_regs_struct *set);
/* Resumes the threads that stopped too late; returns how many have not stopped yet. Call it soon,
 * and again until it returns 0: a thread that stops late stays stopped until then. */
uint32_t lh_stop_end_late(void);

#endif
