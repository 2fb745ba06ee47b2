/*
 * signal_handler.h — locks that signal handlers take, and what the threads' signal masks are.
 *
 * A handler that waits for a lock hangs when its signal strikes the thread that holds it. For that
 * the lock must also be taken with the signal open, outside of handlers. Which signal it is, is not
 * asked: it is one of those that were open where the handler struck, and if the lock was taken
 * with all of these open, it was taken with that one open.
 *
 * - A thread's mask is known from the kernel when the thread begins, and followed through the calls
 *   that change it; a call that does not say what it changed makes it unknown. What is not known is
 *   no evidence.
 * - What ran in a handler is known from the stack. A stack that was not walked to its end is no
 *   evidence either.
 * - Private memory only, written under the big lock; the mask by its own thread.
 *
 * Does not wrap or change handlers, and makes no system call but lh_mask_read's one.
 */
#ifndef LH_RULES_SIGNAL_HANDLER_H
#define LH_RULES_SIGNAL_HANDLER_H

#include "libcheck/rules/finding.h"

/* The signals that this thread blocks, bit number - 1. SIGKILL's bit, which cannot be blocked, says
 * that the rest is known. */
extern __thread uint64_t lh_mask __attribute__((tls_model("initial-exec"))) LH_HIDDEN;
#define LH_MASK_KNOWN (1ull << 8)

/* Asks the kernel. In a new thread, where the C library has just made the same call. */
void lh_mask_read(void);

/* An acquisition that is new to this thread: judges it, and remembers what matters of it. `open`:
 * of a walk through a handler. The finding's row, 0 none. Big lock. */
uint32_t lh_handler_check(const struct lh_self *self, lh_lock_id lock, lh_chain_id node,
			  uint64_t open);

bool lh_handler_init(void); /* also in a forked child */

#endif
