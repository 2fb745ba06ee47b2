/*
 * semaphore.c — counting semaphores: threads that hold permits and wait for more of the same.
 *
 * If the permits that distinct threads hold at such places add up to exactly all that there
 * are, nobody is left who could give one back. The threads must be able to be there at the same
 * time, as in a circle. A thread that takes all permits alone is not ours: it waits for itself.
 *
 * One finding for each semaphore: with which threads it can happen is told, not enumerated.
 */
#include "libcheck/order_graph/order_graph_internal.h"

struct pool {
	struct lh_judge *j;
	const struct lh_facts *f;
	lh_lock_id lock;
	uint32_t first;   /* the witnesses */
	uint32_t permits; /* that there are */
	uint32_t sum;     /* that the slots hold */
	uint32_t slots;
	enum lh_ask ask;
	bool gates, timed;
};

static uint32_t held_permits(const struct pool *p, lh_node_id n)
{
	uint32_t held = 0;

	LH_EACH_HELD(p->f, n, h)
	held += lh_judge_same(p->f, p->f->node[h].lock) == p->lock;
	return held;
}

static bool may_stand(const struct pool *p, lh_node_id n)
{
	enum lh_how how = LH_PLACE_HOW(p->f->node[n].place);

	return how == LH_WAITS || (p->timed && how == LH_TIMED);
}

static bool agrees(const struct pool *p)
{
	const struct lh_slot *s = &p->j->slot[p->slots];

	for (uint32_t i = 0; i < p->slots; i++) {
		const struct lh_slot *o = &p->j->slot[i];
		if (p->gates && !lh_judge_apart(p->f, o->node, s->node))
			return false;
		if (!lh_judge_can_meet(p->j, p->f, o, s, p->ask))
			return false;
	}
	return true;
}

/* Moves slot s to its next witness and thread. False: there is no more. "Anybody" may stand
 * twice: the slot after it begins there again. */
static bool advance(const struct pool *p, struct lh_slot *s)
{
	const struct lh_witness *w = p->j->at.witness;

	if (s->at)
		s->at = lh_judge_next_at(p->f, s->node, s->at);
	while (!s->at) {
		s->witness = w[s->witness].next;
		if (!s->witness)
			return false;
		s->node = w[s->witness].node;
		s->at = may_stand(p, s->node) ? lh_judge_first_at(p->f, s->node) : 0;
	}
	return true;
}

static bool start(const struct pool *p, struct lh_slot *s, const struct lh_slot *before)
{
	if (before && before->at == LH_ANYBODY) {
		*s = *before;
		return true;
	}
	if (before) {
		*s = *before;
		return advance(p, s);
	}
	*s = (struct lh_slot){.witness = p->first, .node = p->j->at.witness[p->first].node};
	s->at = may_stand(p, s->node) ? lh_judge_first_at(p->f, s->node) : 0;
	return s->at || advance(p, s);
}

/* Fills slots until they hold every permit. Slot 0 is the node that is asked about. */
static bool fill(struct pool *p)
{
	struct lh_judge *j = p->j;
	struct lh_slot *s = &j->slot[1];
	bool there;

	p->slots = 1;
	p->sum = held_permits(p, j->slot[0].node);
	there = start(p, s, NULL);
	while (lh_judge_spend(j, p->slots)) {
		if (!there) {
			if (p->slots == 1)
				return false;
			p->slots--;
			s = &j->slot[p->slots];
			p->sum -= held_permits(p, s->node);
			there = advance(p, s);
		} else if (!agrees(p)) {
			there = advance(p, s);
		} else {
			p->sum += held_permits(p, s->node);
			p->slots++;
			if (p->sum == p->permits)
				return true;
			s = &j->slot[p->slots];
			there = p->sum < p->permits && p->slots < LH_CIRCLE_MAX &&
				start(p, s, p->slots > 2 ? s - 1 : NULL);
		}
	}
	return false;
}

/* With each thread of slot 0 in turn. */
static bool fill_any(struct pool *p, lh_node_id n, enum lh_ask ask, bool gates)
{
	p->ask = ask;
	p->gates = gates;
	for (uint32_t at = lh_judge_first_at(p->f, n); at; at = lh_judge_next_at(p->f, n, at)) {
		p->j->slot[0] = (struct lh_slot){.node = n, .at = at};
		if (fill(p))
			return true;
	}
	return false;
}

static enum lh_filter why_not(struct pool *p, lh_node_id n)
{
	if (!fill_any(p, n, LH_ASK_DISTINCT, false))
		return LH_F_THREADS;
	if (!fill_any(p, n, LH_ASK_GUARDS, true))
		return LH_F_GATE;
	return LH_F_ORDERED;
}

static struct lh_link link_of(const struct pool *p, const struct lh_slot *s)
{
	const struct lh_node *n = &p->f->node[s->node];
	struct lh_link l = {.thread = lh_judge_at(p->f, s),
			    .node = s->node,
			    .wanted = n->lock,
			    .wanted_place = n->place};

	LH_EACH_HELD(p->f, s->node, h)
	if (lh_judge_same(p->f, p->f->node[h].lock) == p->lock) {
		l.held = p->f->node[h].lock;
		l.held_place = p->f->node[h].place;
		break;
	}
	return l;
}

static void tell(const struct pool *p, enum lh_filter filter)
{
	uint64_t key = lh_judge_mix(lh_judge_mix(LH_RULE_POOL_DEADLOCK, p->lock), 0);
	struct lh_circle *out = lh_judge_file(p->j, p->f, key, filter);

	if (!out)
		return;
	out->rule = LH_RULE_POOL_DEADLOCK;
	out->n = (uint8_t)p->slots;
	out->queuers = 0;
	for (uint32_t i = 0; i < p->slots; i++)
		out->link[i] = link_of(p, &p->j->slot[i]);
}

static bool all_wait(const struct pool *p)
{
	for (uint32_t i = 0; i < p->slots; i++)
		if (LH_PLACE_HOW(p->f->node[p->j->slot[i].node].place) != LH_WAITS)
			return false;
	return true;
}

void lh_judge_pool(struct lh_judge *j, const struct lh_facts *f, lh_node_id n)
{
	lh_lock_id lock = lh_judge_same(f, f->node[n].lock);
	uint32_t v = lh_judge_vertex(j, lock), e = v ? lh_judge_edge(j, v, v) : 0;
	const struct lh_lock *l = lh_judge_row(f, lock);
	struct pool p = {.j = j, .f = f, .lock = lock, .permits = l->initial};

	uint32_t held = held_permits(&p, n);

	if (!e || !(l->flags & LH_LOCK_COUNTING) || (l->flags & LH_LOCK_SIGNAL) || !held ||
	    held >= p.permits || !lh_judge_waits(f, n))
		return;
	p.first = j->at.edge[e].witness;
	if (may_stand(&p, n) && fill_any(&p, n, LH_ASK_ORDER, true)) {
		tell(&p, LH_F_NONE);
		return;
	}
	p.timed = true;
	if (fill_any(&p, n, LH_ASK_ORDER, true))
		tell(&p, all_wait(&p) ? LH_F_NONE : LH_F_TIMED);
	else if (j->purse > 0 && (j->flags & LH_JUDGE_FILTERED)) {
		enum lh_filter why = why_not(&p, n);
		if (j->purse > 0)
			tell(&p, why);
	}
	j->counts.cut += j->purse <= 0;
}
