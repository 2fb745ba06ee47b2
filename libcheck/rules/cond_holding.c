/*
 * cond_holding.c — the rule cond-wait-holding: waits on a condition while holding another lock.
 *
 * A wait is a held chain that acquires the condition; a signal is one too, with its own mode. The
 * rule asks which locks the waiting thread holds besides the mutex that the wait releases, and
 * whether the signallers were seen to acquire such a lock before they signal. If all of them were,
 * the finding is an error, because the waiter can block every signaller. If only some or none were,
 * it is a warning, reported when the process ends.
 *
 * Timed waits end by themselves and are not reported.
 */
#include "libcheck/rules/finding.h"

static bool is_signal(const struct lh_chain *chain)
{
	return LH_SITE_MODE(chain->site) == LH_COND_SIGNALS;
}

static bool is_wait(const struct lh_chain *chain)
{
	return LH_SITE_HOW(chain->site) == LH_BLOCKING && !is_signal(chain);
}

/* The lowest serial of the thread's visits to the chain, 0: the thread was never there. */
static uint32_t first_visit(const struct lh_chain *chain, lh_thread_id thread)
{
	uint32_t first = 0;

	for (uint32_t i = chain->visit; i; i = LH_VISITS[i].next)
		if (LH_VISITS[i].thread == thread && (!first || LH_VISITS[i].serial < first))
			first = LH_VISITS[i].serial;
	return first;
}

/*
 * A site where the thread acquired the lock before its first signal, 0: none was seen. A lock that
 * the thread acquires only afterwards cannot have delayed the signal: a new thread signals that it
 * has started, and acquires its creator's lock later.
 */
static lh_site acquired_before_signal(const struct lh_lock *l, lh_thread_id thread,
				      uint32_t signalled)
{
	for (lh_chain_id i = l->chains; i; i = LH_CHAINS[i].next) {
		uint32_t acquired = first_visit(&LH_CHAINS[i], thread);
		if (acquired && acquired < signalled && LH_CHAINS[i].lock == lh_lock_id_of(l))
			return LH_CHAINS[i].site;
	}
	return 0;
}

static bool is_waiter(const struct lh_chain *wait, lh_thread_id thread)
{
	return first_visit(wait, thread) && !LH_VISITS[wait->visit].next;
}

/*
 * True if every other thread that was seen to signal the condition acquires `l` first; then the
 * thread and the two sites of one of them are filled in. A signaller that was never seen to acquire
 * `l` can always signal.
 */
static bool find_signaller(const struct lh_lock *cond, const struct lh_chain *wait,
			   const struct lh_lock *l, lh_thread_id *thread, lh_site *acquires,
			   lh_site *signals)
{
	*thread = 0;
	for (lh_chain_id i = cond->chains; i; i = LH_CHAINS[i].next) {
		const struct lh_chain *chain = &LH_CHAINS[i];
		for (uint32_t s = is_signal(chain) ? chain->visit : 0; s; s = LH_VISITS[s].next) {
			lh_site site =
				acquired_before_signal(l, LH_VISITS[s].thread, LH_VISITS[s].serial);
			if (is_waiter(wait, LH_VISITS[s].thread))
				continue;
			if (!site)
				return false;
			*thread = LH_VISITS[s].thread;
			*acquires = site;
			*signals = chain->site;
		}
	}
	return *thread != 0;
}

/* A thread ends by itself, and any thread may post a semaphore: CPython waits on its own conditions
 * while it holds a semaphore. */
static bool matters(const struct lh_lock *l)
{
	return l && l->kind != LH_THREAD_END && l->kind != LH_COND && l->kind != LH_SEM;
}

static uint64_t key_of(const struct lh_lock *cond, const struct lh_lock *l,
		       const struct lh_chain *chain)
{
	uint64_t h = LH_SITE_STACK(chain->site) * 0x9e3779b97f4a7c15u;

	h = (h ^ (uint64_t)(cond - LH_LOCKS)) * 0xbf58476d1ce4e5b9u;
	return (h ^ (uint64_t)(l - LH_LOCKS) << 32) | 1;
}

/* `held` is the chain, among the parents of `wait`, that acquired the lock to report. */
static uint32_t report(const struct lh_lock *cond, const struct lh_chain *wait,
		       const struct lh_chain *held, bool end)
{
	const struct lh_lock *l = lh_lock_row(held->lock);
	lh_thread_id thread = 0, waiter = wait->visit ? LH_VISITS[wait->visit].thread : 0;
	lh_site acquires = 0, signals = 0;
	bool proved = find_signaller(cond, wait, l, &thread, &acquires, &signals);

	if (!proved && !end)
		return 0;
	struct lh_finding_draft *draft =
		lh_finding_begin(LH_RULE_COND_WAIT_HOLDING, LH_POTENTIAL, waiter);
	draft->severity = proved ? LH_ERROR : LH_WARNING;
	draft->key = key_of(cond, l, wait);
	lh_finding_add_step(draft, waiter, held->lock, held->site, LH_HOLDS);
	lh_finding_add_step(draft, waiter, wait->lock, wait->site, LH_WAITS_FOR);
	if (proved) {
		lh_finding_add_step(draft, thread, held->lock, acquires, LH_WANTS);
		lh_finding_add_step(draft, thread, wait->lock, signals, LH_CALLS);
	}
	return lh_finding_commit(draft, LH_F_NONE);
}

/* The chain of a wait leaves out the mutex that the wait releases, so each of its locks counts. */
static uint32_t check_held(const struct lh_lock *cond, const struct lh_chain *wait, bool end)
{
	for (lh_chain_id i = wait->parent; i; i = LH_CHAINS[i].parent) {
		const struct lh_chain *held = &LH_CHAINS[i];
		uint32_t reported =
			matters(lh_lock_row(held->lock)) ? report(cond, wait, held, end) : 0;
		if (reported)
			return reported;
	}
	return 0;
}

uint32_t lh_cond_holding_check(struct lh_lock *cond)
{
	for (lh_chain_id i = cond->chains; i; i = LH_CHAINS[i].next) {
		uint32_t reported =
			is_wait(&LH_CHAINS[i]) ? check_held(cond, &LH_CHAINS[i], false) : 0;
		if (reported)
			return reported;
	}
	return 0;
}

uint32_t lh_cond_holding_at_end(const struct lh_lock *cond, const struct lh_chain *chain)
{
	return is_wait(chain) ? check_held(cond, chain, true) : 0;
}
