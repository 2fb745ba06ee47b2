/*
 * stop.h — stops one thread of another process for as long as it takes to read its registers.
 *
 * The program may not notice: only a thread that runs, or is in a system call that the kernel
 * restarts by itself, is stopped. No wait status is taken, so that other code of this process can
 * reap its children; such code must ignore stops whose status has bits above the lower 16.
 *
 * - If this process is killed, the kernel lets the thread go on by itself.
 * - A thread that does not stop in time stays seized until lh_stop_end_late() has let it go.
 * - One thread of this process makes all these calls: ptrace knows the tracing thread only.
 */
#ifndef LH_PROCESS_STOP_H
#define LH_PROCESS_STOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

/* Does the kernel restart this system call by itself after a stop? */
bool lh_stop_restarts(long nr);

/* False: the thread cannot be seized, or too many threads have not stopped in time. Else
 * lh_stop_end() must follow. */
bool lh_stop_begin(pid_t tid);
/* Waits until the thread has stopped, at most ms milliseconds. True: `set` has its registers. */
bool lh_stop_wait(pid_t tid, unsigned ms, struct user_regs_struct *set);
/* Lets the thread go on. `set`: its registers if lh_stop_wait() read them, else NULL. */
void lh_stop_end(pid_t tid, const struct user_regs_struct *set);
/* Lets those threads go on that stopped late; returns how many have not stopped yet. Call it soon
 * and again until it returns 0: a thread that stops late stays stopped until then. */
uint32_t lh_stop_end_late(void);

#endif
