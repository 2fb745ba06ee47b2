/*
 * judge_search.c — walks the circles through one dependency, shortest first.
 *
 * slot[0] is the dependency that is asked about; slot[c] holds what slot[c-1] wants; the last
 * wants something that slot[0] holds. The walk goes along edges of the graph between locks and
 * takes one witness of each. It knows from each lock how many edges at least lead to the
 * end, and is done once for each length, from the shortest that there can be.
 *
 * A circle is only taken if it is minimal: what a slot wants is held by the next slot and
 * by no other. (One that is not contains a shorter one that passes every test it passes.)
 *
 * Two walks: the strict one leaves a path as soon as its slots cannot be at the same time, and
 * finds what counts. The other one leaves nothing out and names the test that failed; it is
 * only done on demand.
 */
#include "judge_inside.h"

struct question {
	struct lh_judge *j;
	const struct lh_facts *f;
	bool strict;
	bool cut;    /* given up before the end */
	bool longer; /* a path was left because of the length: longer circles may be */
	uint32_t length;
	uint32_t mark; /* of lh_vertex.far */
};

static const struct lh_node *node_of(const struct question *q, uint32_t slot)
{
	return &q->f->node[q->j->slot[slot].node];
}

/* ---- distances ---- */

static void add_closing(struct lh_judge *j, uint32_t vertex, uint32_t want)
{
	if (!vertex || j->closings >= sizeof(j->closing) / sizeof(j->closing[0]))
		return;
	if (lh_judge_group(j, vertex) != lh_judge_group(j, want))
		return;
	for (uint32_t i = 0; i < j->closings; i++)
		if (j->closing[i] == vertex)
			return;
	j->closing[j->closings++] = vertex;
}

/* What slot[0] holds and a circle could come back to: locks, and the lives of its threads. */
static void find_closings(struct lh_judge *j, const struct lh_facts *f, lh_node_id n, uint32_t want)
{
	j->closings = 0;
	LH_EACH_HELD(f, n, h)
	add_closing(j, lh_judge_vertex(j, lh_judge_same(f, f->node[h].lock)), want);
	for (uint32_t at = lh_judge_first_at(f, n); at && at != LH_ANYBODY;
	     at = lh_judge_next_at(f, n, at))
		if (f->seen[at].thread < j->room.threads)
			add_closing(j, j->at.life[f->seen[at].thread].vertex, want);
}

static void far_is(struct question *q, uint32_t v, uint32_t far, uint32_t *n)
{
	q->j->at.vertex[v].far = far;
	q->j->at.vertex[v].far_seen = q->mark;
	q->j->at.list[0][(*n)++] = v;
}

/* Backwards from the end, inside the group. False: too much to look at. */
static bool measure(struct question *q, uint32_t group)
{
	struct lh_judge *j = q->j;
	uint32_t n = 0;

	q->mark = ++j->mark;
	for (uint32_t i = 0; i < j->closings; i++)
		far_is(q, j->closing[i], 0, &n);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t v = j->at.list[0][i];
		for (uint32_t e = j->at.vertex[v].in; e; e = j->at.edge[e].in_next) {
			uint32_t from = j->at.edge[e].from;
			if (!lh_judge_spend(j, 1))
				return false;
			if (j->at.vertex[from].far_seen == q->mark ||
			    lh_judge_group(j, from) != group)
				continue;
			far_is(q, from, j->at.vertex[v].far + 1, &n);
		}
	}
	return true;
}

/* ---- what the writer's queue does to readers ---- */

/* The place at which slot c holds what the slot before it wants. A life has place 0: exclusive. */
static lh_node_id held_node(const struct question *q, uint32_t c)
{
	const struct lh_judge *j = q->j;
	lh_lock_id lock = j->at.vertex[j->slot[c].from].lock;

	if (j->at.vertex[j->slot[c].from].life)
		return 0;
	LH_EACH_HELD(q->f, j->slot[c].node, h)
	if (lh_judge_same(q->f, q->f->node[h].lock) == lock)
		return h;
	return 0;
}

/*
 * Does slot c make the slot before it wait? Always, if one of the two modes is exclusive. A
 * reader waits for a reader only behind a writer that has queued, and only where the rwlock
 * prefers writers: then the slot is marked, and somebody must be found who queues.
 */
static bool blocks(const struct question *q, uint32_t c)
{
	struct lh_slot *s = &q->j->slot[c];
	lh_node_id h = held_node(q, c);
	uint32_t before = (c ? c : q->length) - 1;
	const struct lh_lock *l;

	s->queue = h && lh_judge_both_shared(q->f->node[h].place, node_of(q, before)->place);
	if (!s->queue)
		return true;
	l = lh_judge_row(q->f, node_of(q, before)->lock);
	return (l->flags & LH_LOCK_PREFER_WRITER) && (l->flags & LH_LOCK_WRITTEN);
}

static bool queuer_fits(const struct question *q, uint32_t slots)
{
	for (uint32_t i = 0; i < slots; i++)
		if (!lh_judge_apart(q->f, q->j->slot[i].node, q->j->slot[slots].node))
			return false;
	return true;
}

/* The next writer of this list that fits and waits long enough; 0 none. */
static uint32_t next_writer(const struct question *q, uint32_t w, uint32_t slot, bool timed)
{
	struct lh_judge *j = q->j;

	for (; w && lh_judge_spend(j, 1); w = j->at.witness[w].next) {
		j->slot[slot] = (struct lh_slot){.node = j->at.witness[w].node, .witness = w};
		enum lh_how how = LH_PLACE_HOW(node_of(q, slot)->place);
		if ((how == LH_WAITS || (timed && how == LH_TIMED)) && queuer_fits(q, slot))
			return w;
	}
	return 0;
}

/* Gives each marked slot a writer and all of them threads. Answers how many writers, or -1. */
static int find_queuers(struct question *q, bool timed)
{
	struct lh_judge *j = q->j;
	uint32_t n = q->length, want[LH_QUEUERS_MAX], i = 0, marked = 0;

	for (uint32_t c = 0; c < n; c++) {
		if (!j->slot[c].queue)
			continue;
		if (marked == LH_QUEUERS_MAX) {
			q->cut = true;
			return -1;
		}
		want[marked++] = j->slot[c].from;
	}
	if (!marked)
		return lh_judge_pick(j, q->f, n, LH_ASK_ORDER) ? 0 : -1;
	j->slot[n].witness = j->at.vertex[want[0]].writers;
	while (j->purse > 0) {
		struct lh_slot *s = &j->slot[n + i];
		s->witness = next_writer(q, s->witness, n + i, timed);
		if (!s->witness) {
			if (!i--)
				return -1;
		} else if (i + 1 < marked) {
			i++;
			j->slot[n + i].witness = j->at.vertex[want[i]].writers;
			continue;
		} else if (lh_judge_pick(j, q->f, n + marked, LH_ASK_ORDER)) {
			return (int)marked;
		}
		j->slot[n + i].witness = j->at.witness[j->slot[n + i].witness].next;
	}
	return -1;
}

/* ---- a circle that has closed ---- */

static struct lh_link link_of(const struct question *q, uint32_t c)
{
	const struct lh_judge *j = q->j;
	const struct lh_slot *s = &j->slot[c];
	lh_node_id h = held_node(q, c);

	return (struct lh_link){
		.thread = s->must ? s->must : lh_judge_at(q->f, s),
		.node = s->node,
		.held = h ? q->f->node[h].lock : j->at.vertex[s->from].lock,
		.held_place = h ? q->f->node[h].place : 0,
		.wanted = node_of(q, c)->lock,
		.wanted_place = node_of(q, c)->place,
	};
}

static struct lh_link queuer_of(const struct question *q, uint32_t c)
{
	return (struct lh_link){
		.thread = lh_judge_at(q->f, &q->j->slot[c]),
		.node = q->j->slot[c].node,
		.wanted = node_of(q, c)->lock,
		.wanted_place = node_of(q, c)->place,
	};
}

/*
 * What makes a link the same link again, whoever's it is: the two locks and the two places.
 * How the held one was got does not matter any more.
 */
static uint64_t link_key(const struct question *q, uint32_t c)
{
	const struct lh_slot *s = &q->j->slot[c];
	lh_node_id h = held_node(q, c);
	lh_place held = h ? q->f->node[h].place : 0;
	uint64_t k = lh_judge_mix(q->j->at.vertex[s->from].lock,
				  LH_PLACE(LH_PLACE_STACK(held), 0, LH_PLACE_MODE(held)));

	return lh_judge_mix(lh_judge_mix(k, q->j->at.vertex[s->want].lock), node_of(q, c)->place);
}

/* A ring has no beginning: begin at the link with the smallest key. */
static uint64_t circle_key(const struct question *q, uint32_t *begin)
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
		key = lh_judge_mix(key, link_key(q, (*begin + c) % q->length));
	return key;
}

static void tell(const struct question *q, enum lh_filter filter, uint32_t queuers)
{
	uint32_t begin, n = q->length;
	uint64_t key = circle_key(q, &begin);
	struct lh_circle *out = lh_judge_file(q->j, key, filter);

	if (!out)
		return;
	out->rule = LH_RULE_LOCK_ORDER;
	out->n = (uint8_t)n;
	out->queuers = (uint8_t)queuers;
	for (uint32_t c = 0; c < n; c++)
		out->link[c] = link_of(q, (begin + c) % n);
	for (uint32_t c = 0; c < queuers; c++)
		out->link[n + c] = queuer_of(q, n + c);
}

static bool is_timed(const struct question *q, uint32_t slots)
{
	for (uint32_t c = 0; c < slots; c++)
		if (LH_PLACE_HOW(node_of(q, c)->place) == LH_TIMED)
			return true;
	return false;
}

/* Everything but the queue was tested on the way here. */
static void judge_strictly(struct question *q)
{
	int queuers = find_queuers(q, false);

	if (queuers < 0)
		queuers = find_queuers(q, true);
	if (queuers >= 0)
		tell(q, is_timed(q, q->length + (uint32_t)queuers) ? LH_F_TIMED : LH_F_NONE,
		     (uint32_t)queuers);
}

static bool gated(const struct question *q)
{
	for (uint32_t a = 0; a < q->length; a++)
		for (uint32_t b = 0; b < a; b++)
			if (!lh_judge_apart(q->f, q->j->slot[a].node, q->j->slot[b].node))
				return true;
	return false;
}

static bool tried(const struct question *q)
{
	for (uint32_t c = 0; c < q->length; c++)
		if (!lh_judge_waits(q->f, q->j->slot[c].node))
			return true;
	return false;
}

static bool all_block(const struct question *q)
{
	bool all = true;

	for (uint32_t c = 0; c < q->length; c++)
		all &= blocks(q, c);
	return all;
}

/* Names the first test that fails, in the order in which docs/theory.md lists them. */
static enum lh_filter why_not(struct question *q)
{
	struct lh_judge *j = q->j;
	enum lh_filter why = LH_F_NONE;

	if (!lh_judge_pick(j, q->f, q->length, LH_ASK_DISTINCT))
		why = LH_F_THREADS;
	else if (gated(q) || !lh_judge_pick(j, q->f, q->length, LH_ASK_GUARDS))
		why = LH_F_GATE;
	else if (!lh_judge_pick(j, q->f, q->length, LH_ASK_ORDER))
		why = LH_F_ORDERED;
	else if (!all_block(q) || find_queuers(q, true) < 0)
		why = LH_F_READERS;
	else if (tried(q))
		why = LH_F_TRY;
	return why;
}

static void judge_loosely(struct question *q)
{
	enum lh_filter why = why_not(q);

	if (why == LH_F_NONE || q->j->purse <= 0)
		return; /* the strict walk has it; or we could not finish */
	/* Show some thread for each link, even where they cannot all be distinct. */
	for (uint32_t c = 0; c < q->length; c++)
		if (!q->j->slot[c].at)
			q->j->slot[c].at = lh_judge_first_at(q->f, q->j->slot[c].node);
	tell(q, why, 0);
}

/* ---- the walk ---- */

/* Minimal: slot c holds no lock that a slot before the last wants; nobody but slot 0 holds x. */
static bool is_minimal(const struct question *q, uint32_t c, uint32_t x)
{
	const struct lh_judge *j = q->j;

	for (uint32_t i = 0; i < c; i++) {
		if (j->slot[i].want == x)
			return false;
		if (i + 1 < c &&
		    lh_judge_holds(q->f, j->slot[c].node, j->at.vertex[j->slot[i].want].lock))
			return false;
		if (i && lh_judge_holds(q->f, j->slot[i].node, j->at.vertex[x].lock))
			return false;
	}
	return true;
}

static bool fits_strictly(struct question *q, uint32_t c)
{
	struct lh_judge *j = q->j;

	if (!lh_judge_waits(q->f, j->slot[c].node) || !blocks(q, c))
		return false;
	for (uint32_t i = 0; i < c; i++)
		if (!lh_judge_apart(q->f, j->slot[i].node, j->slot[c].node))
			return false;
	return lh_judge_pick(j, q->f, c + 1, LH_ASK_ORDER);
}

static bool fits(struct question *q, uint32_t c, bool closes)
{
	struct lh_judge *j = q->j;
	struct lh_slot *s = &j->slot[c];
	const struct lh_edge *e = &j->at.edge[s->edge];

	if (!lh_judge_spend(j, 1 + c))
		return false;
	s->node = j->at.witness[s->witness].node;
	s->from = e->from;
	s->want = e->to;
	s->must = j->at.vertex[e->from].life;
	j->slot[0].from = closes ? e->to : 0;
	j->slot[0].must = closes ? j->at.vertex[e->to].life : 0;
	/* A node that nobody was seen at is only a link of a chain. */
	if (!lh_judge_first_at(q->f, s->node) || !is_minimal(q, c, e->to))
		return false;
	if (!q->strict)
		return true;
	return fits_strictly(q, c) && (!closes || blocks(q, 0));
}

/*
 * Could a path go on from here and close in time? The life of a thread that was seen at slot 0
 * need not be where it closes: slot 0 may stand there in another thread.
 */
static bool leads_on(struct question *q, const struct lh_vertex *x, uint32_t left)
{
	if (x->far_seen != q->mark || (!x->far && !x->life) || !lh_judge_is_lock(q->f, x->lock))
		return false;
	if (x->far > left)
		q->longer = true;
	return x->far <= left;
}

/* The next edge out of what slot c-1 wants. At the last slot only those that close. */
static bool next_edge(struct question *q, uint32_t c)
{
	struct lh_judge *j = q->j;
	struct lh_slot *s = &j->slot[c];
	uint32_t v = j->slot[c - 1].want, left = q->length - c - 1;

	if (!left) {
		for (s->edge = 0; !s->edge && s->closing < j->closings; s->closing++)
			s->edge = lh_judge_edge(j, v, j->closing[s->closing]);
		return s->edge;
	}
	for (s->edge = s->edge ? j->at.edge[s->edge].out_next : j->at.vertex[v].out; s->edge;
	     s->edge = j->at.edge[s->edge].out_next) {
		if (!lh_judge_spend(j, 1))
			return false;
		if (leads_on(q, &j->at.vertex[j->at.edge[s->edge].to], left))
			return true;
	}
	return false;
}

static bool next_witness(struct question *q, uint32_t c)
{
	struct lh_judge *j = q->j;
	struct lh_slot *s = &j->slot[c];

	if (s->witness)
		s->witness = j->at.witness[s->witness].next;
	while (!s->witness) {
		if (!next_edge(q, c))
			return false;
		s->witness = j->at.edge[s->edge].witness;
	}
	return true;
}

static void enter(struct question *q, uint32_t c)
{
	struct lh_slot *s = &q->j->slot[c];

	s->edge = s->witness = s->closing = 0;
	if (c + 1 == q->length)
		q->longer = true;
}

/* All circles of this length. */
static void walk(struct question *q)
{
	uint32_t c = 1;

	q->longer = false;
	enter(q, 1);
	while (c && q->j->purse > 0 && q->j->found_n < LH_FOUND_MAX) {
		bool last = c + 1 == q->length;
		if (!next_witness(q, c))
			c--;
		else if (!fits(q, c, last))
			continue;
		else if (!last)
			enter(q, ++c);
		else if (q->strict)
			judge_strictly(q);
		else
			judge_loosely(q);
	}
}

/* Longer and longer, until no path gets that far. */
static void walk_longer(struct question *q, uint32_t group)
{
	struct lh_judge *j = q->j;
	uint32_t members = j->at.vertex[group].members, want = j->slot[0].want;

	if (members < 3 || !measure(q, group) || j->at.vertex[want].far_seen != q->mark)
		return;
	q->length = j->at.vertex[want].far < 2 ? 3 : j->at.vertex[want].far + 1;
	for (q->longer = true; q->longer && q->length <= members; q->length++) {
		if (q->length > LH_CIRCLE_MAX)
			q->cut = true;
		if (q->cut || j->purse <= 0 || j->found_n == LH_FOUND_MAX)
			return;
		walk(q);
	}
}

static void walk_all(struct question *q, uint32_t group)
{
	q->length = 2;
	walk(q);
	if (q->j->purse > 0 && q->j->found_n < LH_FOUND_MAX)
		walk_longer(q, group);
	if (q->j->purse <= 0)
		q->cut = true;
}

/* Semaphores may have turned out to be signals since. */
static void drop_signals(struct lh_judge *j, const struct lh_facts *f)
{
	for (uint32_t i = 0; i < j->closings;)
		if (lh_judge_is_lock(f, j->at.vertex[j->closing[i]].lock))
			i++;
		else
			j->closing[i] = j->closing[--j->closings];
}

void lh_judge_search(struct lh_judge *j, const struct lh_facts *f, lh_node_id n)
{
	lh_lock_id lock = lh_judge_same(f, f->node[n].lock);
	uint32_t want = lh_judge_vertex(j, lock);
	struct question q = {.j = j, .f = f, .strict = true};

	if (!want || !lh_judge_is_lock(f, lock) || lh_judge_holds(f, n, lock) ||
	    !lh_judge_first_at(f, n))
		return;
	find_closings(j, f, n, want);
	drop_signals(j, f);
	if (!j->closings)
		return;
	j->slot[0] = (struct lh_slot){.node = n, .want = want};
	if (lh_judge_waits(f, n))
		walk_all(&q, lh_judge_group(j, want));
	q.strict = false;
	if (j->flags & LH_JUDGE_FILTERED)
		walk_all(&q, lh_judge_group(j, want));
	j->counts.cut += q.cut;
}
