/*
 * delay.h — short delays before locks are asked for, so that a run sees other timings.
 *
 * Off, it does not exist: nothing on the way of a lock asks about it. On, the originals that
 * the wrappers call first (base/real.h), and the look at what may not be tried (lock/lock.h), are
 * changed once, at birth, for ones that may nap before they do the same. So a call does what it
 * does, later.
 *
 * Whether the n-th acquisition of a thread naps, and for how long, follows from the seed, the
 * number of the thread in the order of creation, and n. What is left to chance is that all naps of
 * a process together stay below a fifth of the time since its start, the first 16 aside.
 *
 * - Before a wait with a limit only the shortest nap is made, since it takes from the time; and
 *   before a semaphore, a robust mutex and a wait with a limit only where there is no wait to come.
 * - Not: a process that has one thread, that was in a sandbox when it began, or runs in a signal
 *   handler. A nap is a futex with a time, the one system call that every program with threads
 *   is allowed to make.
 * - errno stays, no cancellation point is added, no lock of ours is held meanwhile.
 */
#ifndef LH_DELAY_DELAY_H
#define LH_DELAY_DELAY_H

void lh_delay_init(void); /* at birth, once the originals are there and before other threads are */

#endif
