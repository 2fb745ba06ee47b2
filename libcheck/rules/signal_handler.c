/* signal_handler.c — the rule signal-lock: compares acquisitions in signal handlers with those
 * outside, and reads the signal mask. */
#include "libcheck/rules/signal_handler.h"
#include "libcheck/base/options.h"
#include "libcheck/stack/stack.h"

#include <signal.h>
#include <sys/syscall.h>

__thread uint64_t lh_mask;

/* Locks acquired in handlers that are remembered; further ones are ignored. */
enum { HANDLER_LOCKS_MAX = 512 };

/* The two signals that the C library uses itself and hides from masks, and the two that no thread
 * can block. */
#define SIGNAL(n) (1ull << ((n)-1))
#define NEVER_BLOCKED (SIGNAL(SIGKILL) | SIGNAL(SIGSTOP) | SIGNAL(32) | SIGNAL(33))

/* A lock acquired in handlers, and the smallest set of signals that were open where one struck. */
struct handler_lock {
	lh_lock_id lock;
	uint64_t open;
	lh_thread_id thread;
	lh_site site;
};

static struct handler_lock *handler_lock;
static uint32_t handler_locks;
static uint64_t *always; /* by row of LH_T_LOCK: signals blocked at each acquisition outside */

bool lh_handler_init(void)
{
	handler_locks = 0;
	handler_lock = lh_private_alloc(HANDLER_LOCKS_MAX * sizeof(*handler_lock));
	always = lh_private_rows(lh_rows_mapped(LH_T_LOCK) * sizeof(*always),
				 lh_rows_max(LH_T_LOCK) * sizeof(*always));
	return handler_lock && always;
}

void lh_mask_read(void)
{
	uint64_t now = 0;

	if (lh_syscall(SYS_rt_sigprocmask, SIG_BLOCK, 0, (long)&now, sizeof(now), 0, 0) == 0)
		lh_mask = now | LH_MASK_KNOWN;
}

bool lh_handler_exists; /* in a forked child as in its parent */

void lh_handler_installed(void)
{
	if (lh_handler_exists)
		return;
	__atomic_store_n(&lh_handler_exists, true, __ATOMIC_SEQ_CST);
	lh_self_forget_cached_chains();
}

/* ---- which acquisitions are evidence ---- */

/* Locks for which a handler waits forever if its own thread holds them. */
static bool may_hang(const struct lh_lock *l)
{
	enum lh_kind acts = lh_kind_acts(l->kind);

	return (acts == LH_MUTEX || acts == LH_RWLOCK || acts == LH_SPIN) &&
	       !(l->flags & (LH_LOCK_RECURSIVE | LH_LOCK_ERRORCHECK));
}

/* Certainly outside of handlers: the stack was walked to its end. */
static bool is_outside_handler(const struct lh_chain *chain)
{
	lh_stack_id stack = LH_SITE_STACK(chain->site);

	return stack && !LH_STACKS[stack].flags;
}

static bool in_handler(const struct lh_chain *chain)
{
	lh_stack_id stack = LH_SITE_STACK(chain->site);

	return stack && (LH_STACKS[stack].flags & LH_STACK_HANDLER);
}

/* ---- the finding ---- */

static lh_thread_id visited_by(const struct lh_chain *chain)
{
	return chain->visit ? LH_VISITS[chain->visit].thread : 0;
}

/* A chain that acquired the lock outside handlers, preferably with no signal blocked. */
static lh_chain_id chain_outside_handler(const struct lh_lock *l)
{
	lh_chain_id best = 0;

	for (lh_chain_id i = l->chains; i; i = LH_CHAINS[i].next)
		if (is_outside_handler(&LH_CHAINS[i]) &&
		    (LH_CHAINS[i].flags & LH_CHAIN_HANDLER_CHECKED) &&
		    (!best || !(LH_CHAINS[i].flags & LH_CHAIN_SIGNALS_BLOCKED)))
			best = i;
	return best;
}

static uint32_t check_lock(const struct lh_self *self, const struct handler_lock *t)
{
	const struct lh_lock *l = lh_lock_row(t->lock);
	lh_chain_id outside =
		l && (l->flags & LH_LOCK_TAKEN_OUTSIDE_HANDLER) ? chain_outside_handler(l) : 0;
	struct lh_finding_draft *draft;

	if (!outside || (always[LH_LOCK_ROW(t->lock)] & t->open))
		return 0;
	draft = lh_finding_begin(LH_RULE_SIGNAL_LOCK, LH_POTENTIAL, self->live_saved->thread);
	draft->severity = LH_WARNING;
	draft->key = ((uint64_t)t->lock << 32 | LH_RULE_SIGNAL_LOCK) * 0x9e3779b97f4a7c15u | 1;
	lh_finding_add_step(draft, visited_by(&LH_CHAINS[outside]), t->lock,
			    LH_CHAINS[outside].site, LH_HOLDS);
	lh_finding_add_step(draft, t->thread, t->lock, t->site, LH_WANTS);
	return lh_finding_commit(draft, LH_F_NONE);
}

/* ---- what is remembered ---- */

static struct handler_lock *find(lh_lock_id lock)
{
	for (uint32_t i = 0; i < handler_locks; i++)
		if (handler_lock[i].lock == lock)
			return &handler_lock[i];
	return NULL;
}

static uint32_t acquired_in_handler(const struct lh_self *self, lh_lock_id lock, lh_chain_id chain,
				    uint64_t open)
{
	struct handler_lock *t = find(lock);

	open &= ~NEVER_BLOCKED;
	if (!open || (!t && handler_locks == HANDLER_LOCKS_MAX) || (t && (open & ~t->open)))
		return 0;
	if (!t)
		t = &handler_lock[handler_locks++];
	*t = (struct handler_lock){lock, open, self->live_saved->thread, LH_CHAINS[chain].site};
	return check_lock(self, t);
}

static uint32_t acquired_outside(const struct lh_self *self, struct lh_lock *l, lh_lock_id lock,
				 struct lh_chain *chain)
{
	uint64_t *blocked = &always[LH_LOCK_ROW(lock)], mask = lh_mask & ~LH_MASK_KNOWN;
	const struct handler_lock *t = handler_locks ? find(lock) : NULL;

	if (mask)
		chain->flags |= LH_CHAIN_SIGNALS_BLOCKED;
	if (l->flags & LH_LOCK_TAKEN_OUTSIDE_HANDLER)
		mask &= *blocked;
	if (*blocked != mask) /* mostly nothing is blocked, and no memory is touched */
		*blocked = mask;
	l->flags |= LH_LOCK_TAKEN_OUTSIDE_HANDLER;
	return t ? check_lock(self, t) : 0;
}

uint32_t lh_handler_check(const struct lh_self *self, lh_lock_id lock, lh_chain_id id,
			  uint64_t open)
{
	struct lh_chain *chain = &LH_CHAINS[id];

	if (in_handler(chain))
		lh_handler_installed(); /* by a call that was not seen */
	else if (!lh_handler_exists)
		return 0;
	struct lh_lock *l = lh_lock_row(lock);
	if (lh_handler_exists)
		chain->flags |= LH_CHAIN_HANDLER_CHECKED;
	if (!l || !may_hang(l) || lh_options.unwinder == LH_UNWINDER_LIBUNWIND)
		return 0;
	if (in_handler(chain)) {
		/* a reader waits only for a writer; the self-deadlock check reports that wait */
		bool waits = LH_SITE_HOW(chain->site) == LH_BLOCKING &&
			     LH_SITE_MODE(chain->site) == LH_EXCLUSIVE;
		return waits ? acquired_in_handler(self, lock, id, open) : 0;
	}
	return lh_handler_exists && is_outside_handler(chain) && (lh_mask & LH_MASK_KNOWN)
		       ? acquired_outside(self, l, lock, chain)
		       : 0;
}
