/*
 * event_orders.c — part of the room `track`: asks the judge about each new dependency and
 * turns what it answers into findings. The judge and its memory are used under the big
 * lock only.
 */
#include "libcheck/order_graph/order_graph.h"
#include "libcheck/base/options.h"
#include "libcheck/events/event_internal.h"

static struct lh_judge *judge;

static struct lh_facts all_facts(void);

static void renewed(lh_node_id id)
{
	const struct lh_facts facts = all_facts();

	if (judge)
		lh_judge_renewed(judge, &facts, id);
}

bool lh_judge_room_init(void)
{
	uint32_t nodes = lh_book_rows(LH_T_NODE);
	const struct lh_judge_room room = {
		.locks = lh_book_rows(LH_T_LOCK) / 2,
		.edges = nodes,
		.witnesses = 3 * nodes, /* one for each lock held at each dependency */
		.threads = lh_book_rows(LH_T_THREAD),
		.seens = lh_book_rows(LH_T_SEEN),
		.events = lh_book_rows(LH_T_EVENT),
		.circles = lh_book_rows(LH_T_FINDING),
	};
	void *memory = lh_book_private(lh_judge_bytes(&room));

	uint32_t flags = LH_JUDGE_LISTS | (lh_options.show_filtered ? LH_JUDGE_FILTERED : 0);
	judge = memory ? lh_judge_make(memory, &room, flags) : NULL;
	lh_node_renewed = renewed;
	return judge != NULL;
}

static void add_link(struct lh_tale *t, const struct lh_link *k)
{
	/* the whole chain, outermost lock first: what is held besides may be the reason */
	lh_node_id up[LH_HELD_MAX];
	int n = 0;

	for (lh_node_id i = LH_NODES[k->node].parent; i && n < LH_HELD_MAX; i = LH_NODES[i].parent)
		up[n++] = i;
	while (n--)
		lh_tale_step(t, k->thread, LH_NODES[up[n]].lock, LH_NODES[up[n]].place, LH_HOLDS);
	lh_tale_step(t, k->thread, k->wanted, k->wanted_place, LH_WANTS);
}

static void file(struct lh_event_work *w, const struct lh_circle *x)
{
	struct lh_tale *t = lh_tale_begin(x->rule, LH_POTENTIAL, w->seat->thread);

	t->key = x->key;
	t->severity = (enum lh_severity)x->severity;
	for (int i = 0; i < x->n + x->queuers; i++)
		add_link(t, &x->link[i]);
	lh_work_tell(w, lh_check_tell(t, (enum lh_filter)x->filter));
}

static struct lh_facts all_facts(void)
{
	return (struct lh_facts){
		.lock = LH_LOCKS,
		.thread = LH_THREADS,
		.node = LH_NODES,
		.seen = LH_SEENS,
		.event = LH_EVENTS,
		.locks = lh_book_used(LH_T_LOCK),
		.threads = lh_book_used(LH_T_THREAD),
		.nodes = lh_book_used(LH_T_NODE),
		.seens = lh_book_used(LH_T_SEEN),
		.events = lh_book_used(LH_T_EVENT),
		.orders_lost = lh_book.ledger->orders_lost != 0,
	};
}

static void file_all(struct lh_event_work *w, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		file(w, &lh_judge_found(judge)[i]);
	struct lh_judge_counts counts = lh_judge_counts(judge);
	lh_book.ledger->judge_cut = counts.cut + counts.refused;
}

void lh_work_judge(struct lh_event_work *w, lh_node_id node)
{
	enum { ASK_AGAIN = 4 /* times, while an answer is as full as it can be */ };
	const struct lh_facts facts = all_facts();
	uint32_t n = LH_FOUND_MAX;

	for (int i = 0; judge && i < ASK_AGAIN && n == LH_FOUND_MAX; i++) {
		n = lh_judge_node(judge, &facts, node);
		file_all(w, n);
	}
}

void lh_work_judge_lock(struct lh_event_work *w, lh_lock_id lock)
{
	const struct lh_facts facts = all_facts();

	if (judge)
		file_all(w, lh_judge_lock(judge, &facts, lock));
}

bool lh_life_matters(lh_thread_id thread)
{
	return judge && lh_judge_active(judge, thread);
}
