/*
 * sleep.c — the sleep of a thread in a system call, as its samples show it: whether two samples are
 * of one sleep, although our own stops interrupt it.
 */
#include "tools/watch/watch_internal.h"

#include <sys/syscall.h>

enum { TURNS_OF_STOP = 2 /* to the stop, and back into the call */ };

void lh_sleep_end(struct lh_thread_sample *at)
{
	at->call.in = LH_TASK_RUNS;
	at->reported = false;
	at->row = 0;
}

/* After our stop the call continues as restart_syscall, without its number and arguments. */
struct lh_task_call lh_watch_call_before(const struct lh_thread_sample *at,
					 const struct lh_task_call *c)
{
	return c->nr == SYS_restart_syscall && lh_task_same(c, &at->before) ? at->before : *c;
}

/* After our stop the kernel continues a sleep with a time limit as restart_syscall; other calls are
 * made again, which takes no more turns than the stop. */
bool lh_sleep_is_same(const struct lh_thread_sample *at, const struct lh_task_call *c,
		      uint64_t turns)
{
	if (at->call.in != LH_TASK_CALL || !lh_task_same(&at->call, c))
		return false;
	return turns == at->turns ||
	       (at->stops && (c->nr == SYS_restart_syscall ||
			      turns - at->turns <= (uint64_t)TURNS_OF_STOP * at->stops));
}

void lh_sleep_before_stop(struct lh_watch_process *p, struct lh_thread_sample *at, pid_t tid,
			  const struct lh_task_call *c)
{
	struct lh_task t;

	if (!lh_task_times(p->pid, tid, &t) || !lh_sleep_is_same(at, c, t.turns))
		lh_sleep_end(at);
}
