/* signals.c — who has signalled the conditions on which threads wait, from the ledger's chains. */
#include "tools/wait_graph/hang.h"

static void note(struct lh_hang *h, const struct lh_chain *chain)
{
	for (uint32_t i = 0; i < h->threads; i++) {
		struct lh_hang_thread *t = &h->thread[i];

		if (!t->live || t->live->wait_on != LH_WAIT_COND ||
		    t->live->wait_lock != chain->lock)
			continue;
		t->never_signalled = false;
		t->signalled = lh_copy_stack(&h->snapshot.copier, LH_SITE_STACK(chain->site));
	}
}

/* A chain is stored once, at its first signal: the row with the highest number is the newest call
 * that signals, and not always the last signal. */
void lh_hang_read_signals(struct lh_hang *h)
{
	uint32_t n = h->ledger ? lh_read_used(h->ledger, LH_T_CHAIN) : 0;
	struct lh_chain chain;

	for (uint32_t i = 0; i < h->threads; i++)
		h->thread[i].never_signalled =
			n && !h->ledger->head.dropped_events && !h->ledger->head.dropped_chains &&
			h->thread[i].live && h->thread[i].live->wait_on == LH_WAIT_COND;
	for (uint32_t i = 1; i < n; i++)
		if (lh_read_chain_row(h->ledger, i, &chain) &&
		    LH_SITE_MODE(chain.site) == LH_COND_SIGNALS)
			note(h, &chain);
}
