/* all_wait.c — reads the live-thread rows of a process. */
#include "tools/run/all_wait.h"

#include "tools/util/time.h"

static bool waits(const struct lh_live_thread *live, uint64_t now, uint64_t ns)
{
	return live->state == LH_LIVE_ATTACHED && live->wait_lock &&
	       LH_SITE_HOW(live->wait_site) == LH_BLOCKING &&
	       lh_time_between(now, live->wait_since_ns) >= ns;
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
		if (!waits(&live, at, ns))
			return false;
		n++;
	}
	return n > 0;
}
