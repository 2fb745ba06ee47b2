/*
 * test_sample.c — samples the stack of a child that sleeps in several kinds of calls: the stack is
 * found, and the child does not notice, also if the caller's knowledge of the child is outdated.
 * LINKS: tools/process/ tools/ledger/ tools/symbols/ tools/machine_code/ libcheck/machine_code/ tools/util/
 */
#include "tools/process/sample.h"
#include "tools/process/stop.h"
#include "tests/unit/unit.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * A function that the tests look for in a stack: not inlined, and short under any sanitizer. A
 * function whose call must not be stopped makes the system call itself: without registers, the
 * frames of a sanitizer's own read() cannot be unwound.
 */
#define BODY static __attribute__((noinline, no_sanitize("address", "undefined"))) int

static int pipe_ends[2], epoll;

BODY in_epoll(void)
{
	struct epoll_event e;

	return epoll_wait(epoll, &e, 1, -1) == 1;
}

BODY in_poll(void)
{
	struct pollfd p = {.fd = pipe_ends[0], .events = POLLIN};

	return poll(&p, 1, -1) == 1;
}

BODY in_read(void)
{
	char c;

	return syscall(SYS_read, pipe_ends[0], &c, 1) == 1;
}

/* Waits in vfork for its child; a stop does not take effect before the child has ended. */
BODY in_clone(void)
{
	char c;
	pid_t child = (pid_t)syscall(SYS_clone, CLONE_VFORK | SIGCHLD, NULL, NULL, NULL, NULL);

	if (child == 0) {
		syscall(SYS_read, pipe_ends[0], &c, 1);
		_exit(0);
	}
	return child > 0;
}

BODY computing(void)
{
	struct pollfd p = {.fd = pipe_ends[0], .events = POLLIN};

	while (poll(&p, 1, 0) == 0)
		for (volatile int i = 0; i < 100000; i++)
			;
	return 1;
}

static pid_t start(int (*body)(void))
{
	struct epoll_event e = {.events = EPOLLIN};

	if (pipe(pipe_ends))
		abort();
	epoll = epoll_create1(0);
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, pipe_ends[0], &e))
		abort();
	pid_t child = fork();
	if (!child)
		_exit(body() ? 0 : 1);
	return child;
}

static int has_ended(pid_t child)
{
	siginfo_t info = {.si_pid = 0};

	return !waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) &&
	       info.si_pid == child;
}

/* Waits until the child sleeps in this call, or has ended. */
static void wait_for_call(pid_t child, long nr, struct lh_task_call *c)
{
	do {
		sched_yield();
		lh_task_call(child, child, c);
	} while ((c->in != LH_TASK_CALL || c->nr != nr) && !has_ended(child));
}

/* The child's call must return what the child waited for, and nothing before that. */
static void check_result(pid_t child)
{
	int status = 0;

	CHECK_EQ(write(pipe_ends[1], "x", 1), 1);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	close(epoll);
}

/* True if an address of this function is in the stack. The child has the same addresses as we. */
static int has_frame_of(const struct lh_stack_sample *x, int (*function)(void))
{
	for (uint32_t i = 0; i < x->n; i++)
		if (x->pc[i] > (uintptr_t)function && x->pc[i] < (uintptr_t)function + 200)
			return 1;
	return 0;
}

/* Waits until the child is in that call again: after a stop the child makes the call again. */
static void wait_for_same_call(pid_t child, const struct lh_task_call *c)
{
	struct lh_task_call again;

	do
		lh_task_call(child, child, &again);
	while (!lh_task_same(c, &again) && !has_ended(child));
}

/* On a loaded machine the child may not stop in time: then it is resumed and sampled again. */
static bool sample(struct lh_sampler *s, pid_t child, const struct lh_task_call *c,
		   struct lh_stack_sample *x)
{
	enum { STOP_NS = 20000000 };

	while (!lh_sampler_sample(s, child, c, 0, x)) {
		if (x->stopped_ns < STOP_NS || has_ended(child))
			return false;
		while (lh_stop_end_late())
			sched_yield();
		wait_for_same_call(child, c);
	}
	return true;
}

/* `stops`: 1 if the sample must stop the child, 0 if it must not. */
static void sleeper(int (*body)(void), long nr, int stops)
{
	pid_t child = start(body);
	struct lh_sampler *s = lh_sampler_new(child);
	struct lh_task_call c;
	struct lh_stack_sample x;

	wait_for_call(child, nr, &c);
	for (int i = 0; i < 20; i++) {
		CHECK(sample(s, child, &c, &x));
		CHECK(has_frame_of(&x, body));
		CHECK_EQ(x.stopped_ns > 0, stops);
		wait_for_same_call(child, &c);
	}
	lh_sampler_free(s);
	check_result(child);
}

/* The child is believed to compute, but is in a call that a stop interrupts. */
static void entered_call_before_stop(int (*body)(void), long nr)
{
	pid_t child = start(body);
	struct lh_sampler *s = lh_sampler_new(child);
	struct lh_task_call c, sampled_call = {.in = LH_TASK_RUNS, .nr = -1};
	struct lh_stack_sample x;

	for (int i = 0; i < 20; i++) {
		wait_for_call(child, nr, &c);
		lh_sampler_sample(s, child, &sampled_call, 0, &x);
		CHECK(x.stopped_ns > 0);
	}
	while (lh_stop_end_late())
		sched_yield();
	lh_sampler_free(s);
	check_result(child);
}

/* The child is in another call than the one that was read before: no stack is better than the stack
 * of that call. */
static void left_call(int (*body)(void), long nr)
{
	pid_t child = start(body);
	struct lh_sampler *s = lh_sampler_new(child);
	struct lh_task_call c, other;
	struct lh_stack_sample x;

	wait_for_call(child, nr, &c);
	CHECK(sample(s, child, &c, &x));
	CHECK(!x.moved);
	for (uint32_t i = 0; i < 2; i++) {
		other = c;
		other.sp += i ? 64 : 0;
		other.pc += i ? 0 : 4;
		do { /* again if the child did not stop in time */
			wait_for_same_call(child, &c);
			CHECK(!lh_sampler_sample(s, child, &other, 0, &x));
			while (lh_stop_end_late())
				sched_yield();
		} while (!x.moved && !has_ended(child));
		CHECK(x.moved && !x.n);
	}
	wait_for_same_call(child, &c);
	lh_sampler_free(s);
	check_result(child);
}

static void runner(void)
{
	pid_t child = start(computing);
	struct lh_sampler *s = lh_sampler_new(child);
	struct lh_task_call c = {.in = LH_TASK_RUNS, .nr = -1};
	struct lh_stack_sample x;
	int sampled = 0;

	for (int i = 0; i < 1000 && sampled < 5; i++) {
		sampled += lh_sampler_sample(s, child, &c, 0, &x) && has_frame_of(&x, computing);
		while (lh_stop_end_late()) /* the child got no CPU to stop in time */
			sched_yield();
	}
	CHECK_EQ(sampled, 5);
	lh_sampler_free(s);
	check_result(child);
}

/* The stack of a thread that does not stop in time, as without a CPU, is the one it sleeps on. */
static void late_stop(void)
{
	struct lh_task_call c;
	struct lh_stack_sample x;
	pid_t child = start(in_clone);
	struct lh_sampler *s = lh_sampler_new(child);

	wait_for_call(child, SYS_clone, &c);
	c.nr = SYS_restart_syscall; /* compares equal, and the sampler stops a thread in it */
	CHECK(lh_sampler_sample(s, child, &c, 0, &x));
	CHECK(has_frame_of(&x, in_clone));
	CHECK_EQ(lh_stop_end_late(), 1);
	CHECK_EQ(write(pipe_ends[1], "x", 1), 1);
	while (lh_stop_end_late())
		sched_yield();
	check_result(child);
	lh_sampler_free(s);
}

static void ended_process(void)
{
	struct lh_task_call c = {.in = LH_TASK_RUNS, .nr = -1};
	pid_t child = fork();
	struct lh_stack_sample x;

	if (!child)
		_exit(0);
	waitpid(child, NULL, 0);
	struct lh_sampler *s = lh_sampler_new(child);
	CHECK(!lh_sampler_sample(s, child, &c, 0, &x));
	CHECK_EQ(lh_stop_end_late(), 0);
	lh_sampler_free(s);
}

int main(void)
{
	sleeper(in_poll, SYS_poll, 1);
	sleeper(in_epoll, SYS_epoll_wait, 0);
	sleeper(in_read, SYS_read, 0);
	left_call(in_poll, SYS_poll);
	left_call(in_epoll, SYS_epoll_wait);
	entered_call_before_stop(in_epoll, SYS_epoll_wait);
	entered_call_before_stop(in_read, SYS_read);
	runner();
	late_stop();
	ended_process();
	return unit_done();
}
