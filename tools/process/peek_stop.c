/*
 * Part of the room `peek`: a thread is stopped for as long as it takes to copy its
 * registers and its stack, and not at all if it would notice.
 */
#include "tools/process/peek_internal.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>

#define STACK_MAX (256u << 10) /* what LH_FRAMES_MAX frames need, with room */
#define QUICK_NS 1000000       /* it comes soon as a rule: looked at often at first */
#define STOP_MS 200            /* a thread in an uninterruptible sleep stops for nobody */

/*
 * Calls that the kernel starts again by itself when a stop has broken them off. Of the
 * others (signal(7), "Interruption of system calls by stop signals") some return EINTR,
 * which the program would have to expect; so this list is of those that are known to be
 * good and not of those known to be bad.
 */
static const long restarts[] = {
	SYS_futex,  SYS_nanosleep, SYS_clock_nanosleep, SYS_wait4,
	SYS_waitid, SYS_ppoll,     SYS_pselect6,        SYS_rt_sigsuspend,
#ifdef SYS_poll
	SYS_poll,   SYS_select,    SYS_pause,
#endif
};

static bool is_safe(const struct lh_peek_task *t)
{
	if (!t->blocked || !t->unchanged)
		return false; /* it may be on its way into any call */
	for (size_t i = 0; i < sizeof(restarts) / sizeof(*restarts); i++)
		if (t->call == restarts[i])
			return true;
	return false;
}

#if defined __x86_64__
/* In DWARF's order of the registers; the 17th is the program counter. */
void lh_peek_registers(struct lh_peek_task *t, const void *set)
{
	const struct user_regs_struct *r = set;
	const uint64_t list[] = {r->rax, r->rdx, r->rcx, r->rbx, r->rsi, r->rdi,
				 r->rbp, r->rsp, r->r8,  r->r9,  r->r10, r->r11,
				 r->r12, r->r13, r->r14, r->r15, r->rip};

	memcpy(t->reg, list, sizeof(list));
	t->sp = r->rsp;
	t->pc = r->rip;
	t->registers = true;
}
#elif defined __aarch64__
void lh_peek_registers(struct lh_peek_task *t, const void *set)
{
	const struct user_regs_struct *r = set;

	memcpy(t->reg, r->regs, sizeof(r->regs));
	t->reg[31] = t->sp = r->sp;
	t->reg[32] = t->pc = r->pc;
	t->registers = true;
}
#else
#error "hang: registers of this machine are not known; add them here and in peek_unwind.c"
#endif

/* The second SIGCHLD-like wait is bounded: our own life is worth nothing to a stuck disk. */
static bool wait_stop(pid_t tid)
{
	struct timespec pause = {.tv_nsec = 20000};
	int status;

	for (uint64_t ns = 0; ns < STOP_MS * 1000000ull; ns += (uint64_t)pause.tv_nsec) {
		pid_t got = waitpid(tid, &status, __WALL | WNOHANG);

		if (got == tid)
			return WIFSTOPPED(status);
		if (got < 0 && errno != EINTR)
			return false;
		nanosleep(&pause, NULL);
		if (ns > QUICK_NS && pause.tv_nsec < 1000000)
			pause.tv_nsec *= 2;
	}
	return false;
}

static void copy_stack(struct lh_peek *p, struct lh_peek_task *t)
{
	const struct lh_peek_map *m = lh_peek_map_at(p, t->sp);
	size_t n = m ? m->end - t->sp : 0;

	if (n > STACK_MAX)
		n = STACK_MAX;
	t->stack = n ? malloc(n) : NULL;
	t->stack_at = t->sp;
	t->stack_n = t->stack && lh_peek_read(p, t->sp, t->stack, n) ? n : 0;
}

/* False: it could not be stopped. It runs on in either case. */
static bool stop_and_copy(struct lh_peek *p, struct lh_peek_task *t)
{
	struct user_regs_struct set;
	struct iovec room = {&set, sizeof(set)};
	bool stopped;

	if (ptrace(PTRACE_SEIZE, t->tid, 0, 0) != 0)
		return false;
	stopped = ptrace(PTRACE_INTERRUPT, t->tid, 0, 0) == 0 && wait_stop(t->tid);
	if (stopped && ptrace(PTRACE_GETREGSET, t->tid, NT_PRSTATUS, &room) == 0) {
		lh_peek_registers(t, &set);
		copy_stack(p, t);
	}
	/* One that has not stopped cannot be detached; it stops and is let go when we end. */
	if (stopped)
		ptrace(PTRACE_DETACH, t->tid, 0, 0);
	return t->registers;
}

bool lh_peek_copy(struct lh_peek *p, struct lh_peek_task *t)
{
	if (p->core || (is_safe(t) && !p->no_access && stop_and_copy(p, t))) {
		if (!t->stack)
			copy_stack(p, t);
	} else if (t->blocked && t->sp) {
		copy_stack(p, t);
	}
	return t->stack_n > 0;
}
