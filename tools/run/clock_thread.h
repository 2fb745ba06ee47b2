/*
 * clock_thread.h — a thread of the front end that advances the run's clock.
 *
 * A thread of its own, because finding names in debug information can take seconds
 * and the program's acquisitions read this clock all the while. While it sleeps it
 * listens whether a slot is taken, and then raises `arrivals`: the monitor must meet a
 * short process alive to learn its end. Does nothing else.
 */
#ifndef LH_TICKER_H
#define LH_TICKER_H

#include "tools/ledger/run_file.h"

#include <pthread.h>

struct lh_ticker {
	struct lh_runfile *run;
	pthread_t thread;
	int over;     /* atomic */
	int arrivals; /* eventfd */
	bool started;
};

int lh_ticker_start(struct lh_ticker *t, struct lh_runfile *run, int arrivals); /* 0 or an errno */
void lh_ticker_stop(struct lh_ticker *t);

#endif
