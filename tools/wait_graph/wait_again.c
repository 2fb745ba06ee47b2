/*
 * wait_again.c — reads the wait of a live-thread row, and whether a condition wait has become a
 * wait for the mutex.
 *
 * A thread that was signalled, cancelled or timed out acquires the mutex of the condition again,
 * inside the call, and the ledger does not show that. Its futex does, which is read only where it
 * matters: if the owner of the mutex waits too.
 */
#include "tools/wait_graph/deadlocks_internal.h"

#include <stddef.h>
#include <string.h>

/* Without the held list: most rows show no wait, and need no more. */
static bool read_head(const struct lh_ledger_view *r, uint32_t i, struct lh_live_thread *live)
{
	const struct lh_table_view *rows = &r->rows[LH_T_LIVE_THREAD];

	if (!i || i >= lh_read_used(r, LH_T_LIVE_THREAD))
		return false;
	memcpy(live, rows->at + (size_t)i * rows->row, offsetof(struct lh_live_thread, held));
	return true;
}

static bool waits_for_mutex(const struct lh_deadlocks_process *p, const struct lh_live_thread *live)
{
	struct lh_live_thread owner;
	struct lh_lock m;

	return live->state == LH_LIVE_ATTACHED && live->wait_on == LH_WAIT_COND &&
	       live->wait_lock && lh_read_lock(p->ledger, live->wait_with, &m) &&
	       read_head(p->ledger, m.owner, &owner) && owner.wait_lock &&
	       p->queries->futex(p->with, live->tid) == lh_lock_address(&m);
}

static bool read_wait(const struct lh_deadlocks_process *p, struct lh_live_thread *live)
{
	if (waits_for_mutex(p, live)) {
		lh_wait_is_for_mutex(live);
		live->wait_seq ^= LH_WAIT_AGAIN;
	}
	return lh_waits_without_limit(live);
}

bool lh_deadlocks_read_head(const struct lh_deadlocks_process *p, uint32_t i,
			    struct lh_live_thread *live)
{
	return read_head(p->ledger, i, live) && read_wait(p, live);
}

bool lh_deadlocks_read_wait(const struct lh_deadlocks_process *p, uint32_t i,
			    struct lh_live_thread *live)
{
	return lh_read_live_thread(p->ledger, i, live) && read_wait(p, live);
}
