#include "ticker.h"

#include <time.h>

enum { PERIOD_NS = 4000000 };

static void *tick(void *ticker)
{
	struct lh_ticker *t = ticker;
	const struct timespec period = {0, PERIOD_NS};
	while (!__atomic_load_n(&t->over, __ATOMIC_RELAXED)) {
		lh_board_tick(t->run);
		nanosleep(&period, NULL);
	}
	return NULL;
}

int lh_ticker_start(struct lh_ticker *t, struct lh_runfile *run)
{
	*t = (struct lh_ticker){.run = run};
	int e = pthread_create(&t->thread, NULL, tick, t);
	t->started = !e;
	return e;
}

void lh_ticker_stop(struct lh_ticker *t)
{
	__atomic_store_n(&t->over, 1, __ATOMIC_RELAXED);
	if (t->started)
		pthread_join(t->thread, NULL);
	t->started = false;
}
