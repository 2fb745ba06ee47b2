/* stop.c — stops and resumes a thread with PTRACE_SEIZE, INTERRUPT, GETREGSET and DETACH. */
#include "tools/process/stop.h"
#include "tools/util/time.h"
#include "tools/process/proc.h"

#include <elf.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

enum { LATE_MAX = 16 };

/* Threads that are seized and did not stop in time, of all processes that this thread samples. */
static _Thread_local pid_t late[LATE_MAX];
static _Thread_local uint32_t n_late;

/*
 * Some other calls return EINTR after a stop (signal(7), "Interruption of system calls by stop
 * signals"), and the program may not expect that. So the list has the calls that are known to
 * restart, not the calls that are known to fail.
 */
bool lh_stop_restarts(long nr)
{
	static const long calls[] = {
		SYS_futex, SYS_nanosleep, SYS_clock_nanosleep, SYS_wait4,           SYS_waitid,
		SYS_ppoll, SYS_pselect6,  SYS_rt_sigsuspend,   SYS_restart_syscall, SYS_flock,
#ifdef SYS_poll
		SYS_poll,  SYS_select,    SYS_pause,
#endif
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (calls[i] == nr)
			return true;
	return false;
}

#if defined __x86_64__
/* True if an unblocked signal is pending: then the signal, not our stop, interrupted the call. */
static bool has_pending_signal(pid_t tid)
{
	char text[4096];

	if (!lh_proc_read(tid, "status", text, sizeof(text)))
		return true;
	return (lh_proc_number(text, "SigPnd", 16) | lh_proc_number(text, "ShdPnd", 16)) &
	       ~lh_proc_number(text, "SigBlk", 16);
}

/*
 * Between our sample and the stop the thread entered a call that the stop interrupted. Sets the
 * registers so that the thread makes the call again, as the kernel does for calls that restart.
 */
static void restart_call(pid_t tid, const struct user_regs_struct *r)
{
	struct user_regs_struct restart = *r;
	struct iovec all = {&restart, sizeof(restart)};

	if ((long)r->orig_rax < 0 || (long)r->rax != -EINTR || has_pending_signal(tid))
		return;
	restart.rax = restart.orig_rax;
	restart.orig_rax = (unsigned long long)-1;
	restart.rip -= 2;
	ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &all);
}
#else
static void restart_call(pid_t tid, const struct user_regs_struct *r)
{
	(void)tid;
	(void)r;
}
#endif

bool lh_stop_begin(pid_t tid)
{
	if (n_late == LATE_MAX || ptrace(PTRACE_SEIZE, tid, 0, 0))
		return false;
	ptrace(PTRACE_INTERRUPT, tid, 0,
	       0); /* if it fails, the thread does not stop and the wait ends */
	return true;
}

/* The registers can be read as soon as the thread has stopped, so the wait polls for them. */
bool lh_stop_wait(pid_t tid, unsigned ms, struct user_regs_struct *set)
{
	uint64_t deadline = lh_time_now() + ms * 1000000ull;
	struct iovec to = {set, sizeof(*set)};
	struct timespec pause = {.tv_nsec = 20000};

	for (int tries = 0; ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &to); tries++) {
		if (errno != ESRCH || lh_time_now() > deadline)
			return false;
		if (tries < 20)
			sched_yield();
		else
			nanosleep(&pause, NULL);
	}
	return true;
}

void lh_stop_end(pid_t tid, const struct user_regs_struct *set)
{
	if (set)
		restart_call(tid, set);
	if (ptrace(PTRACE_DETACH, tid, 0, 0))
		late[n_late++] = tid; /* has room: lh_stop_begin checked */
}

uint32_t lh_stop_end_late(void)
{
	struct user_regs_struct set;
	struct iovec to = {&set, sizeof(set)};

	for (uint32_t i = 0; i < n_late;) {
		to.iov_len = sizeof(set);
		if (!ptrace(PTRACE_GETREGSET, late[i], NT_PRSTATUS, &to))
			restart_call(late[i], &set);
		if (!ptrace(PTRACE_DETACH, late[i], 0, 0) || kill(late[i], 0))
			late[i] = late[--n_late];
		else
			i++;
	}
	return n_late;
}
