/*
 * delay.h — short delays at lock calls, so that a run sees other timings (option shake).
 *
 * Points where a thread may be delayed: before an acquisition and after a release; before and after
 * a signal, a post, and a wait on a condition; after the wait for a semaphore; after a thread has
 * created another one, and before the new one's start routine.
 *
 * When the option is off, no code on a lock's path asks about it. When it is on, lh_delay_init
 * replaces, once at the start, the originals that the wrappers call (base/real.h), the probes of
 * locks that may not be tried (lock/lock.h) and the function called at a create (thread/thread.h)
 * by functions that may delay and then do the same. So a call does the same as before, later.
 *
 * Whether a thread is delayed at its n-th point, and for how long, follows from the seed, the
 * thread's number in the order of creation, and n. Two further conditions depend on timing: apart
 * from the first 64, all delays of a process together stay below a fifth of the time since its
 * start; and no delay is longer than a sixteenth of the shortest time limit that a wait had so far.
 *
 * - A thread that acquires a lock for the first time in a chain of held locks is always delayed,
 * and a part of the budget is kept for that: an order of locks may come only once in a run.
 * - A timed wait gets only the shortest delay, and on a condition none: it would use up a part of
 *   the limit. Acquisitions of semaphores, robust mutexes and timed ones are delayed only if the
 *   object looks free.
 * - Not delayed: a process with one thread, a process that had a seccomp filter at the start, and
 *   signal handlers. A delay is a futex wait with a timeout, the one system call that every program
 *   with threads may make.
 * - Threads are not moved to other processors: that would change what sched_getaffinity tells, and
 *   undo what the program sets meanwhile.
 * - Keeps errno, adds no cancellation point, and holds no internal lock during a delay. Reads no
 *   object after its release.
 */
#ifndef LH_DELAY_DELAY_H
#define LH_DELAY_DELAY_H

/* at the start, after the originals are resolved and before other threads exist */
void lh_delay_init(void);

#endif
