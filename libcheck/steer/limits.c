/*
 * limits.c — how long a pause may last.
 *
 * All pauses of a run, and what it costs to look for them, together last at most FREE_NS and a
 * SHARE of the time that the run would have taken so far without them. One pause takes a part of
 * what is left, and a part of a cycle whose pauses ended by the time alone pauses shorter each
 * time. No pause is longer than half of the shortest time limit that the program has set for one
 * of its waits, or a small part of the time until an armed timer sends a signal.
 */
#include "libcheck/steer/pause_internal.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

enum {
	FREE_NS = 800000000,
	SHORTEST_NS = 20000000, /* of a part that often paused in vain */
	MOST_HALVES = 8,
	SHARE_PERCENT = 40,
	TIMER_PARTS = 16,      /* of the time that a timer has left */
	TIMERS = 8,            /* of timer_create that are looked at */
	REALTIME_SIGNALS = 34, /* from here; glibc uses those below */
	SIGNALS = 64
};

static uint64_t longest_ns;       /* of a pause, as the plan says; 0: the library chooses */
static uint64_t shortest_wait_ns; /* atomic */

void lh_limits_init(const struct lh_plan *plan)
{
	longest_ns = plan->pause_ms * 1000000ull;
	shortest_wait_ns = UINT64_MAX;
}

static uint64_t ns_of(const struct timespec *t)
{
	return (uint64_t)t->tv_sec * 1000000000u + (uint64_t)t->tv_nsec;
}

static uint64_t note_wait(uint64_t ns)
{
	uint64_t seen = __atomic_load_n(&shortest_wait_ns, __ATOMIC_RELAXED);

	while (ns < seen && !__atomic_compare_exchange_n(&shortest_wait_ns, &seen, ns, true,
							 __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	return lh_clock_now() + ns;
}

uint64_t lh_limits_timed(const struct timespec *absolute)
{
	if (lh_sys_seccomp_seen() || absolute->tv_sec < 0)
		return 0;
	uint64_t left = lh_sys_time_left(absolute);
	return left ? note_wait(left) : 0;
}

uint64_t lh_limits_timed_us(int64_t monotonic_us)
{
	int64_t now = lh_sys_seccomp_seen() ? 0 : (int64_t)(lh_sys_now() / 1000);

	return !now ? 0 : note_wait(monotonic_us > now ? (uint64_t)(monotonic_us - now) * 1000 : 0);
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Until the first timer that counts real time sends its signal; UINT64_MAX: none is armed. */
static uint64_t timer_ns(void)
{
	struct itimerval real = {{0, 0}, {0, 0}};
	uint64_t ns = UINT64_MAX, left;

	lh_syscall(SYS_getitimer, ITIMER_REAL, (long)&real, 0, 0, 0, 0);
	left = (uint64_t)real.it_value.tv_sec * 1000000000u +
	       (uint64_t)real.it_value.tv_usec * 1000u;
	ns = left ? left : ns;
	for (long i = 0; i < TIMERS; i++) {
		struct itimerspec t;
		if (lh_syscall(SYS_timer_gettime, i, (long)&t, 0, 0, 0, 0) == 0 &&
		    (left = ns_of(&t.it_value)) != 0)
			ns = least(ns, left);
	}
	return ns;
}

/* A handler may post a semaphore. Signals that a person sends, or that are the thread's own doing,
 * are left out. */
static bool has_handler(void)
{
	struct {
		uintptr_t handler, flags, restorer;
		uint64_t mask;
	} action;
	static const uint64_t others = 1ull << (SIGALRM - 1) | 1ull << (SIGUSR1 - 1) |
				       1ull << (SIGUSR2 - 1) | 1ull << (SIGCHLD - 1) |
				       1ull << (SIGIO - 1) | 1ull << (SIGURG - 1) |
				       1ull << (SIGVTALRM - 1) | 1ull << (SIGPROF - 1);

	for (long n = 1; n <= SIGNALS; n++)
		if ((n >= REALTIME_SIGNALS || others >> (n - 1) & 1) &&
		    lh_syscall(SYS_rt_sigaction, n, 0, (long)&action, sizeof(action.mask), 0, 0) ==
			    0 &&
		    action.handler > (uintptr_t)SIG_IGN)
			return true;
	return false;
}

bool lh_limits_signal_may_come(void)
{
	return !lh_sys_seccomp_seen() && (timer_ns() != UINT64_MAX || has_handler());
}

bool lh_limits_has_children(void)
{
	return !lh_sys_seccomp_seen() &&
	       lh_syscall(SYS_waitid, P_ALL, 0, 0, WEXITED | WNOHANG | WNOWAIT, 0, 0) == 0;
}

void lh_limits_spend(uint64_t ns)
{
	struct lh_run_header *header = (struct lh_run_header *)lh_own_ledger.run_header;

	__atomic_fetch_add(&header->steered_ns, ns, __ATOMIC_RELAXED);
}

/* At the last stop a pause may be as long as the plan says, or half of what is left: there it shows
 * most. At an early one, a quarter. */
static uint64_t longest(uint64_t left, bool last, uint32_t ended)
{
	uint64_t part = !last ? left / 4 : longest_ns ? left : left / 2;
	uint64_t ns = least(part, longest_ns ? longest_ns : part) >>
		      (ended < MOST_HALVES ? ended : MOST_HALVES);

	return least(ns > SHORTEST_NS ? ns : SHORTEST_NS, left);
}

/* What is left for pauses; 0: nothing. The present one has begun at `since_ns`. */
static uint64_t left_at(uint64_t now_ns, uint64_t since_ns)
{
	const struct lh_run_header *header = lh_own_ledger.run_header;
	uint64_t spent = __atomic_load_n(&header->steered_ns, __ATOMIC_RELAXED) +
			 (since_ns ? now_ns - since_ns : 0);
	uint64_t own = now_ns > spent ? now_ns - spent : 0; /* the run without the pauses */
	uint64_t allowed = FREE_NS + own / 100 * SHARE_PERCENT;

	return spent < allowed ? allowed - spent : 0;
}

uint64_t lh_limits_left(uint64_t now_ns)
{
	return left_at(now_ns, 0);
}

uint64_t lh_limits_until(const struct lh_limits_of_pause *p)
{
	uint64_t left = left_at(p->now_ns, p->since_ns);
	uint64_t reserve = p->in_vain ? LH_LIMITS_RESERVE_NS : 0;

	if (left <= reserve)
		return 0;
	uint64_t ns = longest(left - reserve, p->last, p->ended);
	ns = least(ns, __atomic_load_n(&shortest_wait_ns, __ATOMIC_RELAXED) / 2);
	return p->now_ns + least(ns, timer_ns() / TIMER_PARTS);
}
