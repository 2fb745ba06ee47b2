/*
 * clock_thread.h — a thread of the front end that advances the run's clock.
 *
 * A thread of its own, because finding names in debug information can take seconds
 * and the program's acquisitions read this clock all the while. While it sleeps it
 * listens whether a slot is taken, and then raises `arrivals`: the monitor must meet a
 * short process alive to learn its end. Does nothing else.
 */
#ifndef LH_RUN_CLOCK_THREAD_H
#define LH_RUN_CLOCK_THREAD_H

#include "tools/ledger/run_file.h"

#include <pthread.h>

struct lh_clock_thread {
	struct lh_run_file *file;
	pthread_t thread;
	int over;     /* atomic */
	int arrivals; /* eventfd */
	bool started;
};

int lh_clock_thread_start(struct lh_clock_thread *t, struct lh_run_file *run,
			  int arrivals); /* 0 or an errno */
void lh_clock_thread_stop(struct lh_clock_thread *t);

#endif
