/*
 * event_orders.c — asks the order graph about each new dependency, and makes the cycles that it
 * returns findings. The order graph is used only under the internal lock.
 */
#include "libcheck/order_graph/order_graph.h"
#include "libcheck/base/options.h"
#include "libcheck/events/event.h"

static struct lh_order_graph *order_graph;

static struct lh_order_input input_rows(void)
{
	const struct lh_table *table = lh_own_ledger.ledger->table;

	return (struct lh_order_input){
		.lock = LH_LOCKS,
		.thread = LH_THREADS,
		.chain = LH_CHAINS,
		.visit = LH_VISITS,
		.hb_edge = LH_HB_EDGES,
		.stack = LH_STACKS,
		.frame = LH_FRAMES,
		.locks = table[LH_T_LOCK].used,
		.threads = table[LH_T_THREAD].used,
		.chains = table[LH_T_CHAIN].used,
		.visits = table[LH_T_VISIT].used,
		.hb_edges = table[LH_T_HB_EDGE].used,
		.hb_edges_lost = lh_own_ledger.ledger->hb_edges_lost != 0,
	};
}

static bool on_chain_change(uint32_t id, enum lh_chain_change what)
{
	const struct lh_order_input input = input_rows();

	if (!order_graph)
		return true;
	switch (what) {
	case LH_CHAIN_ADDED:
		lh_order_add(order_graph, &input, id);
		break;
	case LH_CHAIN_RENEWED:
		lh_order_chain_reused(order_graph, &input, id);
		break;
	case LH_CHAIN_REMOVED:
		lh_order_remove_chain(order_graph, &input, id);
		break;
	case LH_CHAIN_VISIT_REMOVED:
		lh_order_remove_visit(order_graph, &input, id);
		break;
	case LH_CHAIN_VISIT_RENEWED:
		lh_order_visit_reused(order_graph, &input, id);
		break;
	case LH_CHAIN_LOCK_REMOVED:
		return lh_order_remove_lock(order_graph, id);
	}
	return true;
}

/* The capacities beside tables with so many rows. */
static struct lh_order_graph_size size_for(uint32_t (*rows)(enum lh_table_name name))
{
	return (struct lh_order_graph_size){
		.locks = rows(LH_T_LOCK) / 2,
		.edges = rows(LH_T_CHAIN),
		.witnesses = 3 * rows(LH_T_CHAIN), /* one for each lock held at each dependency */
		.threads = rows(LH_T_THREAD),
		.visits = rows(LH_T_VISIT),
		.hb_edges = rows(LH_T_HB_EDGE),
		.cycles = rows(LH_T_FINDING),
		.lock_rows = rows(LH_T_LOCK),
	};
}

static void *memory_at(size_t now, size_t whole)
{
	return now == whole ? lh_private_alloc(now) : lh_private_rows(now, whole);
}

/* The tables may have grown since the graph was told; otherwise they grow now. */
static bool more_memory(void)
{
	static uint32_t told;
	uint32_t mapped = lh_rows_mapped(LH_T_CHAIN);

	if (told == mapped && !lh_own_ledger_grow())
		return false;
	told = lh_rows_mapped(LH_T_CHAIN);
	const struct lh_order_graph_size now = size_for(lh_rows_mapped);
	lh_order_graph_resize(order_graph, &now);
	return true;
}

static struct lh_order_graph *make_graph(void)
{
	static const struct lh_order_memory memory = {memory_at, more_memory};
	const struct lh_order_graph_size now = size_for(lh_rows_mapped),
					 whole = size_for(lh_rows_max);
	uint32_t flags = lh_options.show_filtered ? LH_ORDER_KEEP_FILTERED : 0;

	struct lh_order_graph *graph =
		lh_order_graph_init_growing(&memory, &now, &whole, flags | LH_ORDER_LOCK_LISTS);

	lh_chain_graph_rows = graph ? lh_order_known_rows(graph) : NULL;
	return graph;
}

void lh_event_orders_init(void)
{
	order_graph = NULL;
	lh_chain_on_change = on_chain_change;
	lh_chain_graph_rows = NULL;
}

/*
 * Most processes are short, have one thread and never hold two locks, so the graph is made when it
 * is first needed: a thread is created, or a lock is wanted while another is held. Until then no
 * cycle exists; the graph adds the chains that it has not seen. They are few, because that takes
 * time.
 */
static bool needs_graph(lh_chain_id chain)
{
	enum { UNSEEN_MAX = 64 };
	lh_lock_id lock = LH_CHAINS[chain].lock;

	return chain >= UNSEEN_MAX || LH_CHAINS[chain].parent ||
	       LH_LOCKS[LH_LOCK_ROW(lock)].kind == LH_THREAD_END;
}

void lh_event_orders_prepare(void)
{
	if (!order_graph)
		order_graph = make_graph();
}

static void count_searches(void)
{
	struct lh_order_counts counts = lh_order_counts(order_graph);

	lh_own_ledger.ledger->searches_cut = counts.cut + counts.refused;
}

void lh_event_mark_used(lh_thread_id thread, const uint32_t *from, uint32_t n, bool *used)
{
	const struct lh_order_input input = input_rows();

	for (uint32_t i = 0; i < n; i++)
		used[i] = !order_graph;
	if (order_graph)
		lh_order_mark_used(order_graph, &input, thread, from, n, used);
}

/* ---- waits on a condition while a lock is held ---- */

static void add_wait_steps(struct lh_finding_draft *draft, const struct lh_cycle *cycle)
{
	const struct lh_cycle_link *wait = &cycle->link[0], *signaller = &cycle->link[1];

	lh_finding_add_step(draft, wait->thread, wait->held, wait->held_site, LH_HOLDS);
	lh_finding_add_step(draft, wait->thread, wait->wanted, wait->wanted_site, LH_WAITS_FOR);
	if (cycle->n < 2)
		return;
	lh_finding_add_step(draft, signaller->thread, signaller->wanted, signaller->wanted_site,
			    LH_WANTS);
	lh_finding_add_step(draft, signaller->thread, signaller->held, signaller->held_site,
			    LH_CALLS);
}

/*
 * An error is not final before the process ends: a thread that needs no lock may signal later. Then
 * the finding is withdrawn, and becomes a warning at the end.
 */
static void add_wait_finding(struct lh_event_frame *event, const struct lh_cycle *cycle,
			     bool at_end)
{
	uint32_t row = lh_finding_by_key(cycle->key);
	bool is_error = row && LH_FINDINGS[row].severity == LH_ERROR;

	if (is_error && cycle->severity == LH_WARNING)
		lh_finding_withdraw_key(cycle->key);
	if (!cycle->filter && row && is_error == (cycle->severity == LH_ERROR))
		return; /* nothing new */
	if (cycle->severity == LH_WARNING && !at_end)
		return;
	struct lh_finding_draft *draft =
		lh_finding_begin(cycle->rule, LH_POTENTIAL, cycle->link[0].thread);
	draft->key = cycle->key;
	draft->severity = (enum lh_severity)cycle->severity;
	add_wait_steps(draft, cycle);
	lh_event_report(event, lh_finding_commit(draft, (enum lh_filter)cycle->filter));
}

void lh_event_check_waits(struct lh_event_frame *event, const struct lh_lock *cond, bool at_end)
{
	const struct lh_order_input input = input_rows();

	for (lh_chain_id i = cond->chains; i && order_graph; i = LH_CHAINS[i].next) {
		if (!LH_CHAINS[i].parent || LH_CHAINS[i].lock != lh_lock_id_of(cond))
			continue;
		uint32_t n = lh_order_check_wait(order_graph, &input, i);
		for (uint32_t k = 0; k < n; k++)
			add_wait_finding(event, &lh_order_cycles(order_graph)[k], at_end);
		count_searches();
	}
}

/* ---- cycles of dependencies ---- */

static bool is_kind(lh_lock_id lock, enum lh_kind kind)
{
	const struct lh_lock *l = lh_lock_row(lock);

	return l && l->kind == kind;
}

static bool is_thread_end(lh_lock_id lock)
{
	return is_kind(lock, LH_THREAD_END);
}

/* Does the thread hold the lock of `held` while it waits at the end of this link? */
static bool is_held_at(const struct lh_cycle_link *k, lh_chain_id held)
{
	return !LH_SITE_WITHOUT_GIL(k->wanted_site) || !is_kind(LH_CHAINS[held].lock, LH_GIL);
}

#define FOR_EACH_HELD(k, i)                                                                        \
	for (lh_chain_id i = LH_CHAINS[(k)->chain].parent; i; i = LH_CHAINS[i].parent)             \
		if (is_held_at(k, i))

/* The locks that a finding shows of those held at a link, innermost first; and how many locks
 * acquired after each are left out. */
struct shown_holds {
	uint32_t n;
	lh_chain_id chain[LH_HOLDS_SHOWN];
	uint32_t left_out[LH_HOLDS_SHOWN];
};

static void select_holds(struct shown_holds *s, const struct lh_cycle_link *k, uint32_t most)
{
	uint32_t n = 0, own = UINT32_MAX, i = 0, left_out = 0;

	FOR_EACH_HELD(k, at)
	{
		if (LH_CHAINS[at].lock == k->held)
			own = n;
		n++;
	}
	s->n = 0;
	FOR_EACH_HELD(k, at)
	{
		if (lh_hold_is_shown(i++, n, own, most) && s->n < LH_HOLDS_SHOWN) {
			s->left_out[s->n] = left_out;
			s->chain[s->n++] = at;
			left_out = 0;
		} else {
			left_out++;
		}
	}
}

/* The locks that are held, outermost first: any of them may be the reason. */
static void add_link(struct lh_finding_draft *draft, const struct lh_cycle_link *k, uint32_t most)
{
	struct shown_holds s;

	if (is_thread_end(k->held)) /* held at no site */
		lh_finding_add_step(draft, k->thread, k->held, 0, LH_HOLDS);
	select_holds(&s, k, most);
	while (s.n--) {
		const struct lh_chain *chain = &LH_CHAINS[s.chain[s.n]];
		lh_finding_add_step(draft, k->thread, chain->lock, chain->site, LH_HOLDS);
		lh_finding_leave_out(draft, s.left_out[s.n]);
	}
	lh_finding_add_step(draft, k->thread, k->wanted, k->wanted_site, LH_WANTS);
}

/* The link to begin with: in a cycle of two, or if the joined thread has signalled, the joiner's.
 */
static uint32_t first_link(const struct lh_cycle *cycle, bool *join)
{
	bool first = is_thread_end(cycle->link[0].wanted),
	     last = is_thread_end(cycle->link[1].wanted);

	*join = cycle->signal || (cycle->n == 2 && first != last);
	if (cycle->signal)
		return cycle->joins;
	return *join && last ? 1 : 0;
}

/* A join under a lock is one finding for each lock and pair of sites of the joiner: the threads,
 * and where they acquire the lock, are many. */
static uint64_t join_key(const struct lh_cycle_link *join, bool told)
{
	uint64_t key = (uint64_t)join->held << 32 | LH_SITE_STACK(join->held_site);

	key = (key * 0x9e3779b97f4a7c15u ^ join->wanted_site) * 0xbf58476d1ce4e5b9u;
	return (key ^ key >> 31 ^ (uint64_t)told << 1) | 1;
}

/* Whether a thread would wait for a lock of CPython, or orders threads by it, is not known: a
 * thread's end is such a lock. Nor whether it would wait for a lock whose tries look the same. */
static bool is_assumed(const struct lh_cycle *cycle)
{
	for (uint32_t i = 0; i < cycle->n; i++) {
		const struct lh_lock *l = lh_lock_row(cycle->link[i].wanted);
		if (l && (l->flags & LH_LOCK_MAY_TRY))
			return true;
		if (l && l->kind == LH_SEM && (l->flags & LH_LOCK_INTERPRETER))
			return lh_own_ledger.ledger->flags & LH_LEDGER_PYTHON_ASSUMED;
	}
	return false;
}

static void add_finding(struct lh_event_frame *event, const struct lh_cycle *cycle)
{
	struct lh_finding_draft *draft =
		lh_finding_begin(cycle->rule, LH_POTENTIAL, event->live->thread);
	bool join;
	uint32_t first = first_link(cycle, &join), n = cycle->n;

	draft->key = join ? join_key(&cycle->link[first], cycle->signal != 0) : cycle->key;
	draft->severity = (enum lh_severity)cycle->severity;
	draft->assumed = draft->severity == LH_ERROR && is_assumed(cycle);
	if (draft->assumed)
		draft->severity = LH_WARNING;
	for (uint32_t i = 0; i < n + cycle->queued_writers; i++)
		add_link(draft, &cycle->link[i < n ? (first + i) % n : i],
			 lh_holds_shown(n + cycle->queued_writers));
	if (cycle->signal)
		lh_finding_add_step(draft, cycle->link[first + 1 < n ? first + 1 : 0].thread,
				    LH_CHAINS[cycle->signal].lock, LH_CHAINS[cycle->signal].site,
				    LH_CALLS);
	lh_event_report(event, lh_finding_commit(draft, (enum lh_filter)cycle->filter));
}

static void add_findings(struct lh_event_frame *event, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		add_finding(event, &lh_order_cycles(order_graph)[i]);
	count_searches();
}

static void check_chain(struct lh_event_frame *event, lh_chain_id chain)
{
	enum { CALLS_MAX = 32 /* calls, while each returns LH_CYCLES_PER_CALL cycles */ };
	uint32_t n = LH_CYCLES_PER_CALL;

	if (!order_graph && !needs_graph(chain))
		return;
	lh_event_orders_prepare();
	if (!order_graph)
		lh_own_ledger.ledger->dropped_chains++;
	const struct lh_order_input input = input_rows();
	for (int i = 0; order_graph && i < CALLS_MAX && n == LH_CYCLES_PER_CALL; i++) {
		n = lh_order_check_chain(order_graph, &input, chain);
		add_findings(event, n);
	}
}

void lh_event_check_lock(struct lh_event_frame *event, lh_lock_id lock)
{
	const struct lh_order_input input = input_rows();

	if (order_graph)
		add_findings(event, lh_order_check_lock(order_graph, &input, lock));
}

/* Has the initializer ended without a release? The thread's frames show it before its control does:
 * another thread may run the initializer again by now, unrecorded yet. */
static bool was_left(const struct lh_self *self, const struct lh_held *h, const struct lh_lock *l)
{
	const struct lh_live_thread *live = self->live_saved;
	uintptr_t frame = self->inside;
	bool is_outside = frame >= live->stack_low && frame < live->stack_high &&
			  live->stack_high - frame <= h->pad;

	return is_outside || l->owner != self->number || !lh_lock_once_is_busy(l);
}

void lh_event_remove_left_once(struct lh_self *self)
{
	struct lh_live_thread *live = self->live_saved;

	for (uint32_t i = live->held_n; i-- > 0;) {
		struct lh_held *h = lh_held_at(live, i);
		if (LH_LIKELY(LH_LOCKS[LH_LOCK_ROW(h->lock)].kind != LH_ONCE))
			continue;
		struct lh_lock *l = lh_lock_row(h->lock);
		if (!l || !was_left(self, h, l))
			continue;
		if (l->owner == self->number)
			l->owner = 0;
		lh_held_remove(live, h);
	}
}

/*
 * An entry has no chain yet if a lock below it was released first, or if a forked child inherited
 * the entry. Such an entry gets its chain here, from the oldest entry on.
 */
lh_chain_id lh_event_chain(struct lh_event_frame *event)
{
	lh_chain_id parent = 0;
	bool complete = true; /* no entry below was left out, so h->chain is this entry's chain */

	lh_event_remove_left_once(event->self);
	for (uint32_t i = 0; i < event->live->held_n; i++) {
		struct lh_held *h = lh_held_at(event->live, i);
		lh_chain_id chain = complete ? h->chain : 0;
		/* a lock that was destroyed or initialized again while held is held no longer */
		if (!lh_lock_row(h->lock) || (h->flags & LH_HELD_IN_COND_WAIT)) {
			complete = false;
			continue;
		}
		if (!chain)
			chain = lh_chain_make(
				parent, h->lock,
				LH_SITE(LH_SITE_STACK(h->site), LH_TRY, LH_SITE_MODE(h->site)));
		if (complete)
			h->chain = chain;
		parent = chain ? chain : parent;
	}
	return parent;
}

/* With cancellation disabled, a join or a semaphore's wait is no cancellation point. */
static __attribute__((noinline)) void note_uncancellable(const struct lh_live_thread *live,
							 lh_chain_id id, lh_lock_id lock)
{
	const struct lh_lock *l = lh_lock_row(lock);

	if ((live->cancel & LH_CANCEL_DISABLED) && id && l &&
	    (l->kind == LH_THREAD_END || l->kind == LH_SEM))
		LH_CHAINS[id].flags |= LH_CHAIN_UNCANCELLABLE;
}

lh_chain_id lh_event_record_under(struct lh_event_frame *event, lh_chain_id parent, lh_lock_id lock,
				  lh_site site)
{
	event->fresh = false;
	lh_chain_id id = lh_chain_record(event->self, parent, lock, site, &event->fresh);

	if (LH_UNLIKELY(event->live->cancel))
		note_uncancellable(event->live, id, lock);
	if (id && event->fresh && LH_SITE_HOW(site) != LH_TRY)
		check_chain(event, id);
	if (id && (event->fresh || lh_handler_must_check(id)))
		lh_event_report(event, lh_handler_check(event->self, lock, id, event->open));
	return id;
}

lh_chain_id lh_event_record_chain(struct lh_event_frame *event, lh_lock_id lock, lh_site site)
{
	return lh_event_record_under(event, lh_event_chain(event), lock, site);
}

/* The end of a thread is a lock without an object: no object can have its address. */
static lh_lock_id thread_end_lock(lh_thread_id thread)
{
	const void *object = (const void *)(LH_ADDRESS_NONE | (uint64_t)thread << 4);
	struct lh_lock *l = thread ? lh_lock_make(object, LH_THREAD_END) : NULL;

	if (!l)
		return 0;
	l->initial = thread;
	l->flags |= LH_LOCK_PINNED;
	LH_THREADS[thread].end_lock = lh_lock_id_of(l);
	return LH_THREADS[thread].end_lock;
}

void lh_event_join_begin(struct lh_event_frame *event, lh_thread_id thread, enum lh_how how)
{
	lh_lock_id end_lock = thread_end_lock(thread);
	lh_site site = LH_SITE(event->stack, how, LH_EXCLUSIVE);

	if (!end_lock)
		return;
	if (LH_THREADS[thread].live)
		__atomic_store_n(&LH_LIVE_THREADS[LH_THREADS[thread].live].joined, 1,
				 __ATOMIC_RELAXED);
	lh_event_announce_wait(event, end_lock, site, LH_WAIT_JOIN, thread);
	uint32_t cycle = lh_wait_cycle_check(event->self);
	lh_event_report(event, cycle);
	if (!cycle)
		lh_event_record_chain(event, end_lock, site);
}
