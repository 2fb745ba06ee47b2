/*
 * cycle.c — tests one closed cycle: it counts, or is filtered for a reason; makes its key and its
 * links; keeps each cycle that was found.
 *
 * The cycle is in slot[0..length) of struct lh_order_graph. Slot c holds what slot c-1 wants, slot
 * 0 what the last slot wants. The slots behind are the queued writers.
 */
#include "libcheck/order_graph/order_graph_internal.h"

/* ---- the cycles that were found ---- */

uint32_t lh_cycle_tests_passed(enum lh_filter filter)
{
	return filter == LH_F_NONE ? LH_FILTERS : filter;
}

struct lh_cycle *lh_order_finding_add(struct lh_order_graph *graph, uint64_t key,
				      enum lh_filter filter)
{
	uint32_t row = lh_index_find(&graph->known_by_key, (uint32_t)(key >> 32), (uint32_t)key);
	struct lh_known_cycle *known;
	struct lh_cycle *out;

	if (graph->rows.hb_edges_lost &&
	    lh_cycle_tests_passed(filter) > lh_cycle_tests_passed(LH_F_ORDERED))
		filter = LH_F_ORDERED;
	bool is_better = !row || lh_cycle_tests_passed(filter) >
					 lh_cycle_tests_passed(graph->known[row].filter);
	if (!row)
		row = lh_index_add(graph, &graph->known_by_key, (uint32_t)(key >> 32),
				   (uint32_t)key);
	if (!row)
		return NULL;
	known = &graph->known[row];
	known->count++;
	if (!is_better || graph->found_n == LH_CYCLES_PER_CALL)
		return NULL;
	known->filter = filter;
	out = &graph->found[graph->found_n++];
	out->key = key;
	out->signal = 0;
	out->count = known->count;
	out->filter = (uint8_t)filter;
	out->severity = filter == LH_F_NONE ? LH_ERROR : LH_NOTE;
	return out;
}

int lh_cycle_compare(const struct lh_cycle *a, const struct lh_cycle *b)
{
	if (a->filter != b->filter)
		return lh_cycle_tests_passed(a->filter) > lh_cycle_tests_passed(b->filter) ? -1 : 1;
	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	return a->key < b->key ? -1 : a->key > b->key;
}

/* ---- readers and queued writers ---- */

/* The chain in which slot c acquired what the slot before it wants; 0 for the end of a thread. */
static lh_chain_id chain_of_held(const struct lh_order_graph *graph, uint32_t c)
{
	lh_lock_id lock = graph->vertex[graph->slot[c].from].lock;

	if (graph->vertex[graph->slot[c].from].thread_end)
		return 0;
	return lh_chain_holds(graph, graph->slot[c].chain, lock);
}

/*
 * Always, if one of the two modes is exclusive. A reader waits for a reader only behind a queued
 * writer, and only if the rwlock prefers writers: then find_queued_writers must find a writer.
 */
bool lh_cycle_slot_blocks(struct lh_order_graph *graph, uint32_t c)
{
	struct lh_cycle_slot *s = &graph->slot[c];
	lh_chain_id h = chain_of_held(graph, c);
	const struct lh_chain *before = lh_slot_chain(graph, (c ? c : graph->length) - 1);
	const struct lh_lock *l = lh_order_lock(graph, before->lock);

	s->queue = h && lh_both_shared(graph->rows.chain[h].site, before->site);
	if (!s->queue)
		return true;
	return (l->flags & LH_LOCK_PREFER_WRITER) && (l->flags & LH_LOCK_HAS_WRITERS);
}

/* The next writer of the list that waits without a limit (or `timed`) and fits; 0 none. */
static uint32_t next_writer(struct lh_order_graph *graph, uint32_t w, uint32_t slot, bool timed)
{
	for (; w && lh_order_budget_spend(graph, 1); w = graph->witness[w].next) {
		graph->slot[slot] =
			(struct lh_cycle_slot){.chain = graph->witness[w].chain, .witness = w};
		enum lh_how how = LH_SITE_HOW(lh_slot_chain(graph, slot)->site);
		if ((how == LH_BLOCKING || (timed && how == LH_TIMED)) &&
		    !lh_slot_has_gate_lock(graph, slot))
			return w;
	}
	return 0;
}

/* Finds a writer for each slot with `queue`, and threads for all slots. Returns the number of
 * writers, or -1. */
static int find_queued_writers(struct lh_order_graph *graph, bool timed)
{
	uint32_t n = graph->length, want[LH_QUEUED_WRITERS_MAX], i = 0, marked = 0;

	for (uint32_t c = 0; c < n; c++) {
		if (!graph->slot[c].queue)
			continue;
		if (marked == LH_QUEUED_WRITERS_MAX) {
			graph->cut = true;
			return -1;
		}
		want[marked++] = graph->slot[c].from;
	}
	if (!marked)
		return lh_overlap_assign_threads(graph, n, LH_OVERLAP_HAPPENS_BEFORE) ? 0 : -1;
	graph->slot[n].witness = graph->vertex[want[0]].writers;
	while (graph->budget > 0) {
		struct lh_cycle_slot *s = &graph->slot[n + i];
		s->witness = next_writer(graph, s->witness, n + i, timed);
		if (!s->witness) {
			if (!i--)
				return -1;
		} else if (i + 1 < marked) {
			i++;
			graph->slot[n + i].witness = graph->vertex[want[i]].writers;
			continue;
		} else if (lh_overlap_assign_threads(graph, n + marked,
						     LH_OVERLAP_HAPPENS_BEFORE)) {
			return (int)marked;
		}
		graph->slot[n + i].witness = graph->witness[graph->slot[n + i].witness].next;
	}
	return -1;
}

/* ---- a closed cycle ---- */

/* A queued writer has no `from`: its link holds nothing. */
static struct lh_cycle_link link_of(const struct lh_order_graph *graph, uint32_t c)
{
	const struct lh_cycle_slot *s = &graph->slot[c];
	lh_chain_id h = chain_of_held(graph, c);

	return (struct lh_cycle_link){
		.thread = s->required_thread ? s->required_thread : lh_slot_thread(graph, s),
		.chain = s->chain,
		.held = h ? graph->rows.chain[h].lock : graph->vertex[s->from].lock,
		.held_site = h ? graph->rows.chain[h].site : 0,
		.wanted = lh_slot_chain(graph, c)->lock,
		.wanted_site = lh_slot_chain(graph, c)->site,
	};
}

/*
 * A link is the same for every thread: the two locks and the two sites. How the held lock was
 * acquired does not matter.
 */
static uint64_t link_key(const struct lh_order_graph *graph, uint32_t c)
{
	const struct lh_cycle_slot *s = &graph->slot[c];
	lh_chain_id h = chain_of_held(graph, c);
	lh_site held = h ? graph->rows.chain[h].site : 0;
	uint64_t k = lh_order_mix(graph->vertex[s->from].lock,
				  LH_SITE(LH_SITE_STACK(held), 0, LH_SITE_MODE(held)));

	return lh_order_mix(lh_order_mix(k, graph->vertex[s->want].lock),
			    lh_slot_chain(graph, c)->site);
}

/* A cycle has no first link: begins at the link with the smallest key. */
static uint64_t cycle_key(const struct lh_order_graph *graph, uint32_t *begin)
{
	uint64_t least = link_key(graph, 0), key = graph->length;

	*begin = 0;
	for (uint32_t c = 1; c < graph->length; c++) {
		uint64_t k = link_key(graph, c);
		if (k < least) {
			least = k;
			*begin = c;
		}
	}
	for (uint32_t c = 0; c < graph->length; c++)
		key = lh_order_mix(key, link_key(graph, (*begin + c) % graph->length));
	return key;
}

/* A sum, because a cycle has no first link. */
static uint64_t locks_key(const struct lh_order_graph *graph, enum lh_filter filter)
{
	uint64_t key = lh_order_mix(graph->length, filter);

	for (uint32_t c = 0; c < graph->length; c++)
		key += lh_order_mix(lh_order_mix(1, graph->vertex[graph->slot[c].from].lock),
				    graph->vertex[graph->slot[c].want].lock);
	return key;
}

/* How many cycles were counted with this key; *row: where, 0: none yet. */
static uint32_t count_of(const struct lh_order_graph *graph, uint64_t key, uint32_t *row)
{
	*row = lh_index_find(&graph->known_by_locks, (uint32_t)(key >> 32), (uint32_t)key);
	return *row ? graph->known_locks[*row].count : 0;
}

/* ---- where orders were made ---- */

/* The stacks of a link's two calls; NULL: there are no stacks. */
struct calls {
	const struct lh_stack *held, *wanted;
	uint32_t common; /* outer frames that are the same */
};

/* Frame `i` from the outside; 0: there is none. */
static uint64_t outer_frame(const struct lh_order_graph *graph, const struct lh_stack *s,
			    uint32_t i)
{
	return i < s->n ? graph->rows.frame[s->frame + s->n - 1 - i] : 0;
}

static uint64_t innermost(const struct lh_order_graph *graph, const struct lh_stack *s)
{
	return s->n ? graph->rows.frame[s->frame] : 0;
}

static struct calls calls_of(const struct lh_order_graph *graph, uint32_t c)
{
	const struct lh_stack *stack = graph->rows.stack;
	lh_chain_id h = chain_of_held(graph, c);
	struct calls a = {&stack[h ? LH_SITE_STACK(graph->rows.chain[h].site) : 0],
			  &stack[LH_SITE_STACK(lh_slot_chain(graph, c)->site)], 0};

	while (a.common < a.held->n &&
	       outer_frame(graph, a.held, a.common) == outer_frame(graph, a.wanted, a.common))
		a.common++;
	return a;
}

/* Was the order of `b` made by one function alone, which a call of `a` is in too? Then the callers
 * of this function do not matter. */
static bool is_made_by(const struct lh_order_graph *graph, const struct calls *a,
		       const struct calls *b)
{
	uint64_t held = innermost(graph, b->held), wanted = innermost(graph, b->wanted);

	return b->held->n == b->common + 1u && b->wanted->n == b->common + 1u &&
	       (innermost(graph, a->held) == held || innermost(graph, a->held) == wanted ||
		innermost(graph, a->wanted) == held || innermost(graph, a->wanted) == wanted);
}

/* Where a link's order was made: both innermost frames, and that of the hold in the function in
 * which the stacks part. The report decides by names; it must not find more places than this. */
static uint64_t place_key(const struct lh_order_graph *graph, uint32_t c)
{
	struct calls a = calls_of(graph, c), b;
	uint64_t key = lh_order_mix(innermost(graph, a.held), innermost(graph, a.wanted));

	for (uint32_t i = 0; i < graph->length; i++) {
		b = calls_of(graph, i);
		if (i != c && is_made_by(graph, &a, &b))
			return key;
	}
	return lh_order_mix(key, outer_frame(graph, a.held, a.common));
}

/* *own: the place of slot 0, *all: the combination of places. */
static void place_keys(const struct lh_order_graph *graph, uint64_t locks, uint64_t *own,
		       uint64_t *all)
{
	*own = locks ^ 1;
	*all = locks ^ 2;
	for (uint32_t c = 0; graph->rows.stack && c < graph->length; c++) {
		uint64_t key = lh_order_mix(lh_order_mix(2, place_key(graph, c)),
					    graph->vertex[graph->slot[c].want].lock);
		*all += key;
		if (!c)
			*own += key;
	}
}

/* Where the orders of a cycle with a deep chain were made; 0: it has none. */
static uint64_t deep_key(const struct lh_order_graph *graph, enum lh_filter filter)
{
	uint64_t key = lh_order_mix(3, filter);
	bool deep = false;

	for (uint32_t c = 0; c < graph->length; c++) {
		lh_chain_id h = chain_of_held(graph, c);
		deep |= lh_order_deep_steps(graph, graph->slot[c].chain) != 0;
		key += graph->rows.stack
			       ? lh_order_mix(4, place_key(graph, c))
			       : lh_order_mix(LH_SITE_STACK(lh_slot_chain(graph, c)->site),
					      h ? LH_SITE_STACK(graph->rows.chain[h].site) : 0);
	}
	return deep ? key : 0;
}

static uint64_t dependency_key(const struct lh_order_graph *graph, uint64_t locks, uint32_t c)
{
	return lh_order_mix(locks, graph->slot[c].chain);
}

/*
 * Is the walk of slot 0 to go on with all chains that close it? The first chain of its place has to
 * meet each place of the others; for the next ones that is known. A quarter of the steps that can
 * be saved is not spent on it (a search gets half of what there is).
 */
static bool meets_all(const struct lh_order_graph *graph, uint64_t locks, uint64_t place)
{
	uint32_t row;

	return count_of(graph, locks, &row) < LH_PLACES_PER_LOCKS &&
	       count_of(graph, place, &row) == graph->slot[0].chain &&
	       graph->budget > graph->size.budget_max / 8;
}

/*
 * One mistake in two lock functions gives a cycle for each pair of their callers. Once many are
 * known, one for each new dependency and each new combination of places is enough: so which
 * fingerprints are found does not depend on what came first. The walk goes on with other locks, but
 * a timed cycle may be followed by one that counts.
 */
static bool is_enough(struct lh_order_graph *graph, uint64_t locks, uint64_t place, uint64_t places,
		      enum lh_filter filter)
{
	uint32_t row;

	if (count_of(graph, locks, &row) < LH_CYCLES_PER_LOCKS || !count_of(graph, places, &row) ||
	    !count_of(graph, dependency_key(graph, locks, 0), &row))
		return false;
	graph->slot[graph->length - 1].skip =
		filter == LH_F_NONE && !meets_all(graph, locks, place);
	return true;
}

/* Without room nothing is left out; so that is no loss. */
static struct lh_known_locks *known_of(struct lh_order_graph *graph, uint64_t key)
{
	const struct lh_index *index = &graph->known_by_locks;
	uint32_t row;

	count_of(graph, key, &row);
	if (!row && index->rows + 1 < index->size)
		row = lh_index_add(graph, &graph->known_by_locks, (uint32_t)(key >> 32),
				   (uint32_t)key);
	return row ? &graph->known_locks[row] : NULL;
}

static void count(struct lh_order_graph *graph, uint64_t key)
{
	struct lh_known_locks *known = known_of(graph, key);

	if (known)
		known->count++;
}

static void remember_first(struct lh_order_graph *graph, uint64_t place)
{
	struct lh_known_locks *known = known_of(graph, place);

	if (known && !known->count)
		known->count = graph->slot[0].chain;
}

static void report(struct lh_order_graph *graph, enum lh_filter filter, uint32_t writers)
{
	uint32_t begin, row, n = graph->length;
	uint64_t key = cycle_key(graph, &begin), locks = locks_key(graph, filter), place, places,
		 deep = deep_key(graph, filter);
	struct lh_cycle *out;

	if (deep && count_of(graph, deep, &row) >= LH_CYCLES_PER_DEEP_PLACES)
		return;
	place_keys(graph, locks, &place, &places);
	remember_first(graph, place);
	if (is_enough(graph, locks, place, places, filter))
		return;
	count(graph, places);
	count(graph, dependency_key(graph, locks, 0));
	out = lh_order_finding_add(graph, key, filter);
	if (!out)
		return;
	count(graph, locks);
	if (deep)
		count(graph, deep);
	out->rule = LH_RULE_LOCK_ORDER;
	out->n = (uint8_t)n;
	out->queued_writers = (uint8_t)writers;
	for (uint32_t c = 0; c < n + writers; c++)
		out->link[c] = link_of(graph, c < n ? (begin + c) % n : c);
	if (out->filter != LH_F_NONE)
		return;
	out->signal = lh_cycle_signal(graph, &out->joins);
	out->joins = out->joins >= begin ? out->joins - begin : out->joins + n - begin;
	if (out->signal)
		out->severity = LH_WARNING;
}

bool lh_any_slot_is(const struct lh_order_graph *graph, uint32_t slots, enum lh_how how)
{
	for (uint32_t c = 0; c < slots; c++)
		if (LH_SITE_HOW(lh_slot_chain(graph, c)->site) == how)
			return true;
	return false;
}

/* cycle_search.c has made all tests except that for queued writers. */
void lh_cycle_report_counted(struct lh_order_graph *graph)
{
	int writers = find_queued_writers(graph, false);

	if (writers < 0)
		writers = find_queued_writers(graph, true);
	if (writers < 0)
		return;
	bool timed = lh_any_slot_is(graph, graph->length + (uint32_t)writers, LH_TIMED);
	report(graph, timed ? LH_F_TIMED : LH_F_NONE, (uint32_t)writers);
}

static bool has_gate_lock(struct lh_order_graph *graph)
{
	for (uint32_t c = 1; c < graph->length; c++)
		if (lh_slot_has_gate_lock(graph, c))
			return true;
	return false;
}

static bool all_block(struct lh_order_graph *graph)
{
	bool all = true;

	for (uint32_t c = 0; c < graph->length; c++)
		all &= lh_cycle_slot_blocks(graph, c);
	return all;
}

/* The first test that fails, in the order of docs/theory.md. */
static enum lh_filter filter_reason(struct lh_order_graph *graph)
{
	enum lh_filter filter = LH_F_NONE;

	if (!lh_overlap_assign_threads(graph, graph->length, LH_OVERLAP_DISTINCT))
		filter = LH_F_THREADS;
	else if (has_gate_lock(graph) ||
		 !lh_overlap_assign_threads(graph, graph->length, LH_OVERLAP_CREATOR_LOCKS))
		filter = LH_F_GATE;
	else if (!lh_overlap_assign_threads(graph, graph->length, LH_OVERLAP_HAPPENS_BEFORE))
		filter = LH_F_ORDERED;
	else if (!all_block(graph) || find_queued_writers(graph, true) < 0)
		filter = LH_F_READERS;
	else if (lh_any_slot_is(graph, graph->length, LH_TRY))
		filter = LH_F_TRY;
	return filter;
}

enum lh_filter lh_cycle_filter(struct lh_order_graph *graph)
{
	enum lh_filter filter = filter_reason(graph);

	if (filter == LH_F_NONE && (lh_any_slot_is(graph, graph->length, LH_TIMED) ||
				    find_queued_writers(graph, false) < 0))
		filter = LH_F_TIMED; /* a slot, or each writer that could queue, has a limit */
	return filter;
}

void lh_cycle_report_filtered(struct lh_order_graph *graph)
{
	enum lh_filter filter = filter_reason(graph);

	if (filter == LH_F_NONE || graph->budget <= 0)
		return; /* the search for counted cycles has it; or the budget is used up */
	/* show a thread for each link, although they may not be distinct */
	for (uint32_t c = 0; c < graph->length; c++)
		if (!graph->slot[c].visit)
			graph->slot[c].visit = lh_visit_first(graph, graph->slot[c].chain);
	report(graph, filter, 0);
}
