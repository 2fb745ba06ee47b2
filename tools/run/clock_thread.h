/*
 * clock_thread.h — a thread of the front end that advances the run's clock.
 *
 * A thread of its own, because the monitor can spend seconds in debug information, and the checked
 * process reads this clock at each acquisition. The clock thread sleeps on the futex that a process
 * wakes when it takes a slot, and then raises `arrivals`: the monitor must find a short-lived
 * process alive to learn how it ends. Does nothing else.
 */
#ifndef LH_RUN_CLOCK_THREAD_H
#define LH_RUN_CLOCK_THREAD_H

#include "tools/ledger/run_file.h"

#include <pthread.h>

struct lh_clock_thread {
	struct lh_run_file *file;
	pthread_t thread;
	int over;     /* the thread must end; atomic */
	int arrivals; /* eventfd */
	bool started;
};

int lh_clock_thread_start(struct lh_clock_thread *t, struct lh_run_file *run,
			  int arrivals); /* 0 or an errno */
void lh_clock_thread_stop(struct lh_clock_thread *t);

#endif
