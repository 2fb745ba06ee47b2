/*
 * pause.h — pauses threads at the stops of a plan (lockhound confirm).
 *
 * The front end writes a plan into the run header. If there is none, nothing here is done at the
 * start, and no code on a lock's path asks about it. If there is one, lh_pause_init replaces the
 * originals that the wrappers call (base/real.h, base/outside.h) and the probes of locks that may
 * not be tried (lock/lock.h), as delay/delay.c does. Such a function tells steer.c what the thread
 * is about to do, pauses it if steer.c says so, and then does what the original does.
 *
 * - A pause is a futex wait in short steps. During it the thread holds no lock of the library, and
 *   its signal handlers run; the first one ends the pause.
 * - Between two steps a paused thread looks at the others: does one wait for a paused thread? Can
 *   none of them run? Is the time over?
 * - Limits (limits.c): all pauses of a process together stay below a part of its time; a single one
 *   is shorter than half of each time limit of the program that is seen. Not paused: signal
 *   handlers, threads with a pending cancellation, a process that had a seccomp filter at the start
 *   or exits.
 * - Keeps errno, adds no cancellation point. A forked child starts anew; nobody is paused in it.
 */
#ifndef LH_STEER_PAUSE_H
#define LH_STEER_PAUSE_H

/* at the start, after lh_delay_init and before other threads exist; again in a forked child */
void lh_pause_init(void);

#endif
