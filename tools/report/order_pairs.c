/* order_pairs.c — the pairs of a held and a wanted lock, from the chains of held locks. */
#include "tools/report/report_internal.h"

#include <string.h>

static struct lh_report_order *order_of(struct lh_report *report, const struct lh_report_lock *held,
					const struct lh_report_lock *wanted)
{
	const struct lh_report_lock *key[] = {held, wanted};
	struct lh_report_order *o = lh_map_get(&report->private_data->order, report->arena, key,
					       sizeof(key), sizeof(*o));

	if (o->held)
		return o;
	o->held = held;
	o->wanted = wanted;
	LH_PUSH(report->arena, report->order, report->orders, o);
	return o;
}

/* NULL also for the end of a thread: that is a lock for the order graph only. */
static const struct lh_report_lock *
lock_of(struct lh_report *report, const struct lh_report_process *p, const struct lh_chain *chain)
{
	const struct lh_report_lock *lock = lh_report_get_lock(report, p, chain->lock);

	return lock && lock->row.kind != LH_THREAD_END ? lock : NULL;
}

/* Each thread that runs Python waits for the GIL with Python's locks, and releases the GIL before
 * it waits for one: that is no order of the program's. */
static bool is_of_python(const struct lh_report_lock *gil, const struct lh_report_lock *lock)
{
	return gil->row.kind == LH_GIL && lock->row.kind == LH_SEM &&
	       (lock->row.flags & LH_LOCK_INTERPRETER);
}

static void add_pair(struct lh_report *report, const struct lh_report_process *p,
		     lh_chain_id held_id, lh_chain_id id, bool direct)
{
	struct lh_chain held, chain;
	struct lh_chain_visit visit;
	const struct lh_report_lock *a, *b;
	struct lh_report_order *o;

	if (!lh_read_chain_of_row(p->ledger, held_id, &held) ||
	    !lh_read_chain_of_row(p->ledger, id, &chain))
		return;
	a = lock_of(report, p, &held);
	b = lock_of(report, p, &chain);
	if (!a || !b || a == b || is_of_python(a, b) || is_of_python(b, a))
		return;
	o = order_of(report, a, b);
	o->direct |= direct;
	if (o->sites++)
		return;
	o->process = p;
	o->held_site = held.site;
	o->wanted_site = chain.site;
	o->thread = lh_read_visit(p->ledger, chain.visit, &visit) ? visit.thread : 0;
}

/* The class of the lock that a chain acquires, once for each chain; "" for no lock. */
struct chain_classes {
	struct lh_report *report;
	const struct lh_report_process *process;
	const char **class; /* by chain */
};

static const char *class_of(struct chain_classes *c, lh_chain_id id)
{
	const struct lh_report_lock *lock;
	struct lh_chain chain;

	if (c->class[id])
		return c->class[id];
	lock = lh_read_chain_of_row(c->process->ledger, id, &chain)
		       ? lock_of(c->report, c->process, &chain)
		       : NULL;
	return c->class[id] = lock && lock->class ? lock->class : "";
}

/*
 * A thread that holds a thousand locks shows half a million pairs, nearly all of which are of an
 * array. Of a chain of more than NEAR locks, a pair of one class is left out if it lies further
 * apart: the pairs between lead from one to the other.
 */
static bool is_far(struct chain_classes *c, const lh_chain_id *chain, uint32_t held, uint32_t last)
{
	enum { NEAR = 64 };

	return last - held > NEAR &&
	       strcmp(class_of(c, chain[held]), class_of(c, chain[last])) == 0;
}

void lh_report_add_orders(struct lh_report *report, const struct lh_report_process *p)
{
	uint32_t n = lh_read_used(p->ledger, LH_T_CHAIN);
	struct chain_classes classes = {
		report, p, lh_arena_alloc(report->arena, (n + 1) * sizeof(*classes.class))};
	lh_chain_id chain[LH_HELD_MAX];
	struct lh_chain row;

	for (uint32_t i = 1; i < n; i++) {
		uint32_t depth;

		/* A try-lock does not wait and a timed wait ends: neither makes an order. */
		if (!lh_read_chain_of_row(p->ledger, i, &row) || !row.parent ||
		    LH_SITE_HOW(row.site) != LH_BLOCKING)
			continue;
		depth = lh_read_chain_path(p->ledger, i, chain, LH_HELD_MAX);
		for (uint32_t k = 0; k + 1 < depth; k++)
			if (!is_far(&classes, chain, k, depth - 1))
				add_pair(report, p, chain[k], i, k + 2 == depth);
	}
}

const struct lh_report_frame *lh_report_order_frame(const struct lh_report *report,
						    const struct lh_report_order *o)
{
	/* A stack is made at its first use: the report is const only for renderers. */
	return lh_report_place(lh_report_get_stack((struct lh_report *)report, o->process,
						   LH_SITE_STACK(o->wanted_site)));
}
