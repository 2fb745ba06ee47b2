/* all_wait.c — reads the live-thread rows of a process. */
#include "tools/run/all_wait.h"

#include "tools/process/task.h"
#include "tools/util/time.h"

#include <sys/syscall.h>

static bool waits(const struct lh_live_thread *live, uint64_t now, uint64_t ns)
{
	return live->state == LH_LIVE_ATTACHED && live->wait_lock &&
	       LH_SITE_HOW(live->wait_site) == LH_BLOCKING &&
	       lh_time_between(now, live->wait_since_ns) >= ns;
}

/* A wait on a futex of the program's own, which the library does not see. */
static bool waits_on_futex(const struct lh_run_process *process, const struct lh_live_thread *live)
{
	struct lh_task_call call = {.in = LH_TASK_UNKNOWN};

	if (live->wait_lock || process->renumbered)
		return false;
	lh_task_call(process->pid, live->tid, &call);
	return call.in == LH_TASK_CALL && call.nr == SYS_futex;
}

/* A row in LH_LIVE_ENDING keeps what its thread held; the thread is gone, or the inspection sees
 * it. */
bool lh_all_wait(const struct lh_run_process *process, uint64_t now, uint64_t ns)
{
	uint32_t rows = lh_read_used(&process->ledger, LH_T_LIVE_THREAD), n = 0;
	uint64_t at = lh_time_between(now, process->ledger.head.start_ns);
	struct lh_live_thread live;

	for (uint32_t i = 1; i < rows; i++) {
		if (!lh_read_live_thread(&process->ledger, i, &live) ||
		    live.state == LH_LIVE_FREE || live.state == LH_LIVE_ENDING)
			continue;
		if (!waits(&live, at, ns) && !waits_on_futex(process, &live))
			return false;
		n++;
	}
	return n > 0;
}
