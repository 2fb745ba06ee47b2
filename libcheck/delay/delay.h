/*
 * delay.h — short delays before acquisitions, so that a run sees other timings (option shake).
 *
 * When the option is off, no code on a lock's path asks about it. When it is on, lh_delay_init
 * replaces, once at the start, the originals that the wrappers call first (base/real.h) and the
 * probes of locks that may not be tried (lock/lock.h) by functions that may delay and then do the
 * same. So a call does the same as before, later.
 *
 * Whether the n-th acquisition of a thread is delayed, and for how long, follows from the seed, the
 * thread's number in the order of creation, and n. The one further condition depends on timing:
 * apart from the first 16, all delays of a process together stay below a fifth of the time since
 * its start.
 *
 * - A timed wait gets only the shortest delay, which uses up part of its time limit. Semaphores,
 *   robust mutexes and timed waits are delayed only if the object looks free.
 * - Not delayed: a process with one thread, a process that had a seccomp filter at the start, and
 *   signal handlers. A delay is a futex wait with a timeout, the one system call that every program
 *   with threads may make.
 * - Keeps errno, adds no cancellation point, and holds no internal lock during a delay.
 */
#ifndef LH_DELAY_DELAY_H
#define LH_DELAY_DELAY_H

/* at the start, after the originals are resolved and before other threads exist */
void lh_delay_init(void);

#endif
