#include "ticker.h"

#include <linux/futex.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { PERIOD_NS = 4000000, SLACK_NS = 1000000 /* together 5 ms; the kernel may join it with other timers */ };

static void *tick(void *ticker)
{
	struct lh_ticker *t = ticker;
	const struct timespec period = {0, PERIOD_NS};
	prctl(PR_SET_TIMERSLACK, SLACK_NS, 0, 0, 0);
	while (!__atomic_load_n(&t->over, __ATOMIC_RELAXED)) {
		lh_board_tick(t->run);
		syscall(SYS_futex, &t->over, FUTEX_WAIT_PRIVATE, 0, &period, NULL, 0);
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
	syscall(SYS_futex, &t->over, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	if (t->started)
		pthread_join(t->thread, NULL);
	t->started = false;
}
