/* clock_thread.c — advances the run's clock, and wakes the monitor when a process takes a slot. */
#include "tools/run/clock_thread.h"
#include "tools/util/thread.h"

#include <linux/futex.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
	SLACK_NS = 1000000, /* the kernel may coalesce the timer with other timers */
	PERIOD_NS = LH_TICK_NS - SLACK_NS
};

/* Sleeps until a process takes a slot (true) or the period is over (false). */
static bool sleep_until_tick(struct lh_clock_thread *t, uint32_t known)
{
	const struct timespec period = {0, PERIOD_NS};
	return syscall(SYS_futex, &t->file->header->next, FUTEX_WAIT, known, &period, NULL, 0) == 0;
}

static void *advance_clock(void *clock)
{
	struct lh_clock_thread *t = clock;
	const uint64_t one = 1;
	uint32_t known = 0;
	bool woken = false;
	prctl(PR_SET_TIMERSLACK, SLACK_NS, 0, 0, 0);
	while (!__atomic_load_n(&t->over, __ATOMIC_ACQUIRE)) {
		uint32_t slots = lh_run_file_slots(t->file);
		lh_run_clock_update(t->file->header);
		if ((slots != known || woken) &&
		    write(t->arrivals, &one, sizeof(one)) == sizeof(one))
			known = slots;
		woken = sleep_until_tick(t,
					 __atomic_load_n(&t->file->header->next, __ATOMIC_RELAXED));
	}
	return NULL;
}

int lh_clock_thread_start(struct lh_clock_thread *t, struct lh_run_file *run, int arrivals)
{
	*t = (struct lh_clock_thread){.file = run, .arrivals = arrivals};
	int e = lh_start_thread(&t->thread, advance_clock, t);
	t->started = !e;
	return e;
}

void lh_clock_thread_stop(struct lh_clock_thread *t)
{
	__atomic_store_n(&t->over, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, &t->file->header->next, FUTEX_WAKE, 1, NULL, NULL, 0);
	if (t->started)
		pthread_join(t->thread, NULL);
	t->started = false;
}
