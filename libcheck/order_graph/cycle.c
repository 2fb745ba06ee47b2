/*
 * cycle.c — tests one closed cycle: it counts, or is filtered for a reason; makes its key and its
 * links.
 *
 * The cycle is in slot[0..length) of struct lh_order_graph. Slot c holds what slot c-1 wants, slot
 * 0 what the last slot wants. The slots behind are the queued writers.
 */
#include "libcheck/order_graph/order_graph_internal.h"

/* ---- readers and queued writers ---- */

/* The chain in which slot c acquired what the slot before it wants; 0 for the end of a thread. */
static lh_chain_id chain_of_held(const struct lh_cycle_query *q, uint32_t c)
{
	const struct lh_order_graph *graph = q->graph;
	lh_lock_id lock = graph->tables.vertex[graph->slot[c].from].lock;

	if (graph->tables.vertex[graph->slot[c].from].thread_end)
		return 0;
	LH_FOR_EACH_HELD(q->input, graph->slot[c].chain, h)
	if (q->input->chain[h].lock == lock)
		return h;
	return 0;
}

/*
 * Always, if one of the two modes is exclusive. A reader waits for a reader only behind a queued
 * writer, and only if the rwlock prefers writers: then find_queued_writers must find a writer.
 */
bool lh_cycle_slot_blocks(const struct lh_cycle_query *q, uint32_t c)
{
	struct lh_cycle_slot *s = &q->graph->slot[c];
	lh_chain_id h = chain_of_held(q, c);
	uint32_t before = (c ? c : q->length) - 1;
	const struct lh_lock *l;

	s->queue =
		h && lh_both_shared(q->input->chain[h].site, lh_cycle_slot_chain(q, before)->site);
	if (!s->queue)
		return true;
	l = lh_order_lock_row(q->input, lh_cycle_slot_chain(q, before)->lock);
	return (l->flags & LH_LOCK_PREFER_WRITER) && (l->flags & LH_LOCK_HAS_WRITERS);
}

static bool writer_fits(const struct lh_cycle_query *q, uint32_t slots)
{
	for (uint32_t i = 0; i < slots; i++)
		if (!lh_overlap_no_gate_lock(q->input, q->graph->slot[i].chain,
					     q->graph->slot[slots].chain))
			return false;
	return true;
}

/* The next writer of the list that waits without a limit (or `timed`) and fits; 0 none. */
static uint32_t next_writer(const struct lh_cycle_query *q, uint32_t w, uint32_t slot, bool timed)
{
	struct lh_order_graph *graph = q->graph;

	for (; w && lh_order_budget_spend(graph, 1); w = graph->tables.witness[w].next) {
		graph->slot[slot] = (struct lh_cycle_slot){.chain = graph->tables.witness[w].chain,
							   .witness = w};
		enum lh_how how = LH_SITE_HOW(lh_cycle_slot_chain(q, slot)->site);
		if ((how == LH_BLOCKING || (timed && how == LH_TIMED)) && writer_fits(q, slot))
			return w;
	}
	return 0;
}

/* Finds a writer for each slot with `queue`, and threads for all slots. Returns the number of
 * writers, or -1. */
static int find_queued_writers(struct lh_cycle_query *q, bool timed)
{
	struct lh_order_graph *graph = q->graph;
	uint32_t n = q->length, want[LH_QUEUED_WRITERS_MAX], i = 0, marked = 0;

	for (uint32_t c = 0; c < n; c++) {
		if (!graph->slot[c].queue)
			continue;
		if (marked == LH_QUEUED_WRITERS_MAX) {
			q->cut = true;
			return -1;
		}
		want[marked++] = graph->slot[c].from;
	}
	if (!marked)
		return lh_overlap_assign_threads(graph, q->input, n, LH_OVERLAP_HAPPENS_BEFORE)
			       ? 0
			       : -1;
	graph->slot[n].witness = graph->tables.vertex[want[0]].writers;
	while (graph->budget > 0) {
		struct lh_cycle_slot *s = &graph->slot[n + i];
		s->witness = next_writer(q, s->witness, n + i, timed);
		if (!s->witness) {
			if (!i--)
				return -1;
		} else if (i + 1 < marked) {
			i++;
			graph->slot[n + i].witness = graph->tables.vertex[want[i]].writers;
			continue;
		} else if (lh_overlap_assign_threads(graph, q->input, n + marked,
						     LH_OVERLAP_HAPPENS_BEFORE)) {
			return (int)marked;
		}
		graph->slot[n + i].witness = graph->tables.witness[graph->slot[n + i].witness].next;
	}
	return -1;
}

/* ---- a closed cycle ---- */

static struct lh_cycle_link link_of(const struct lh_cycle_query *q, uint32_t c)
{
	const struct lh_order_graph *graph = q->graph;
	const struct lh_cycle_slot *s = &graph->slot[c];
	lh_chain_id h = chain_of_held(q, c);

	return (struct lh_cycle_link){
		.thread = s->required_thread ? s->required_thread : lh_slot_thread(q->input, s),
		.chain = s->chain,
		.held = h ? q->input->chain[h].lock : graph->tables.vertex[s->from].lock,
		.held_site = h ? q->input->chain[h].site : 0,
		.wanted = lh_cycle_slot_chain(q, c)->lock,
		.wanted_site = lh_cycle_slot_chain(q, c)->site,
	};
}

static struct lh_cycle_link queued_writer(const struct lh_cycle_query *q, uint32_t c)
{
	return (struct lh_cycle_link){
		.thread = lh_slot_thread(q->input, &q->graph->slot[c]),
		.chain = q->graph->slot[c].chain,
		.wanted = lh_cycle_slot_chain(q, c)->lock,
		.wanted_site = lh_cycle_slot_chain(q, c)->site,
	};
}

/*
 * A link is the same for every thread: the two locks and the two sites. How the held lock was
 * acquired does not matter.
 */
static uint64_t link_key(const struct lh_cycle_query *q, uint32_t c)
{
	const struct lh_cycle_slot *s = &q->graph->slot[c];
	lh_chain_id h = chain_of_held(q, c);
	lh_site held = h ? q->input->chain[h].site : 0;
	uint64_t k = lh_hash_mix(q->graph->tables.vertex[s->from].lock,
				 LH_SITE(LH_SITE_STACK(held), 0, LH_SITE_MODE(held)));

	return lh_hash_mix(lh_hash_mix(k, q->graph->tables.vertex[s->want].lock),
			   lh_cycle_slot_chain(q, c)->site);
}

/* A cycle has no first link: begins at the link with the smallest key. */
static uint64_t cycle_key(const struct lh_cycle_query *q, uint32_t *begin)
{
	uint64_t least = link_key(q, 0), key = q->length;

	*begin = 0;
	for (uint32_t c = 1; c < q->length; c++) {
		uint64_t k = link_key(q, c);
		if (k < least) {
			least = k;
			*begin = c;
		}
	}
	for (uint32_t c = 0; c < q->length; c++)
		key = lh_hash_mix(key, link_key(q, (*begin + c) % q->length));
	return key;
}

static void report(const struct lh_cycle_query *q, enum lh_filter filter, uint32_t writers)
{
	uint32_t begin, n = q->length;
	uint64_t key = cycle_key(q, &begin);
	struct lh_cycle *out = lh_order_finding_add(q->graph, q->input, key, filter);

	if (!out)
		return;
	out->rule = LH_RULE_LOCK_ORDER;
	out->n = (uint8_t)n;
	out->queued_writers = (uint8_t)writers;
	for (uint32_t c = 0; c < n; c++)
		out->link[c] = link_of(q, (begin + c) % n);
	for (uint32_t c = 0; c < writers; c++)
		out->link[n + c] = queued_writer(q, n + c);
}

static bool is_timed(const struct lh_cycle_query *q, uint32_t slots)
{
	for (uint32_t c = 0; c < slots; c++)
		if (LH_SITE_HOW(lh_cycle_slot_chain(q, c)->site) == LH_TIMED)
			return true;
	return false;
}

/* cycle_search.c has made all tests except that for queued writers. */
void lh_cycle_report_counted(struct lh_cycle_query *q)
{
	int writers = find_queued_writers(q, false);

	if (writers < 0)
		writers = find_queued_writers(q, true);
	if (writers >= 0)
		report(q, is_timed(q, q->length + (uint32_t)writers) ? LH_F_TIMED : LH_F_NONE,
		       (uint32_t)writers);
}

static bool has_gate_lock(const struct lh_cycle_query *q)
{
	for (uint32_t a = 0; a < q->length; a++)
		for (uint32_t b = 0; b < a; b++)
			if (!lh_overlap_no_gate_lock(q->input, q->graph->slot[a].chain,
						     q->graph->slot[b].chain))
				return true;
	return false;
}

static bool has_try(const struct lh_cycle_query *q)
{
	for (uint32_t c = 0; c < q->length; c++)
		if (!lh_order_may_block(q->input, q->graph->slot[c].chain))
			return true;
	return false;
}

static bool all_block(const struct lh_cycle_query *q)
{
	bool all = true;

	for (uint32_t c = 0; c < q->length; c++)
		all &= lh_cycle_slot_blocks(q, c);
	return all;
}

/* The first test that fails, in the order of docs/theory.md. */
static enum lh_filter filter_reason(struct lh_cycle_query *q)
{
	struct lh_order_graph *graph = q->graph;
	enum lh_filter filter = LH_F_NONE;

	if (!lh_overlap_assign_threads(graph, q->input, q->length, LH_OVERLAP_DISTINCT))
		filter = LH_F_THREADS;
	else if (has_gate_lock(q) ||
		 !lh_overlap_assign_threads(graph, q->input, q->length, LH_OVERLAP_CREATOR_LOCKS))
		filter = LH_F_GATE;
	else if (!lh_overlap_assign_threads(graph, q->input, q->length, LH_OVERLAP_HAPPENS_BEFORE))
		filter = LH_F_ORDERED;
	else if (!all_block(q) || find_queued_writers(q, true) < 0)
		filter = LH_F_READERS;
	else if (has_try(q))
		filter = LH_F_TRY;
	return filter;
}

void lh_cycle_report_filtered(struct lh_cycle_query *q)
{
	enum lh_filter filter = filter_reason(q);

	if (filter == LH_F_NONE || q->graph->budget <= 0)
		return; /* the search for counted cycles has it; or the budget is used up */
	/* show a thread for each link, although they may not be distinct */
	for (uint32_t c = 0; c < q->length; c++)
		if (!q->graph->slot[c].visit)
			q->graph->slot[c].visit = lh_visit_first(q->input, q->graph->slot[c].chain);
	report(q, filter, 0);
}
