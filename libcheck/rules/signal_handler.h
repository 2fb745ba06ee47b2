/*
 * signal_handler.h — locks that signal handlers acquire, and the signal mask of each thread.
 *
 * A handler that waits for a lock hangs when its signal strikes the thread that holds the lock.
 * This needs a second acquisition, outside of handlers, with the signal unblocked. We do not know
 * which signal the handler serves; it is one of those that were open where it struck. So the rule
 * asks that each of these signals was unblocked at some acquisition outside of handlers.
 *
 * - A thread's mask is read from the kernel when the thread begins, and followed through the calls
 *   that change it. After a call that is not followed, the mask is unknown. An unknown mask is no
 *   evidence.
 * - The stack shows whether code ran in a handler. A stack that was not walked to its end is no
 *   evidence of an acquisition outside of handlers.
 * - Acquisitions outside count from the installation of the process's first handler on, of whatever
 *   signal. Those that threads know by then are checked once more.
 * - All memory is private and written under the internal lock, except the mask, which only its own
 *   thread writes.
 *
 * Does not wrap or change handlers, and makes no system call except the one in lh_mask_read.
 */
#ifndef LH_RULES_SIGNAL_HANDLER_H
#define LH_RULES_SIGNAL_HANDLER_H

#include "libcheck/rules/finding.h"

/* The signals that this thread blocks: signal n is bit n - 1. SIGKILL cannot be blocked; its bit
 * means that the other bits are known. */
extern __thread uint64_t lh_mask __attribute__((tls_model("initial-exec"))) LH_HIDDEN;
#define LH_MASK_KNOWN (1ull << 8)

/* Reads the mask from the kernel. Called in a new thread, where the C library has just made the
 * same system call. */
void lh_mask_read(void);

/* A handler was installed. Async-signal-safe. */
void lh_handler_installed(void);

extern bool lh_handler_exists LH_HIDDEN;

/* Was the chain last checked before there was a handler? */
static inline bool lh_handler_must_check(lh_chain_id id)
{
	return lh_handler_exists && !(LH_CHAINS[id].flags & LH_CHAIN_HANDLER_CHECKED);
}

/* Checks and remembers an acquisition whose held chain is new to this thread or must be checked.
 * `open`: the signals that were unblocked where the handler ran (lh_stack_walk_result.open).
 * Returns the finding's row or 0. Needs the internal lock. */
uint32_t lh_handler_check(const struct lh_self *self, lh_lock_id lock, lh_chain_id id,
			  uint64_t open);

bool lh_handler_init(void); /* at start, and again in a forked child */

#endif
