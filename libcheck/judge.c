/*
 * judge.c — takes new rows in and answers questions. See judge.h and judge_inside.h.
 *
 * Taking a node in adds its edges; whether they close a circle is then a question of groups
 * (judge_graph.c), and only if they do the circles are walked (judge_search.c).
 *
 * A thread's life is a lock that it holds in everything it does, so it would have an edge to
 * everything the thread asks for. Nearly no thread is ever waited for under a lock, so these
 * edges are made only for a life that is *active*: someone joins it who holds a lock, or
 * whose own life is wanted. Without that no circle can go through it.
 */
#include "judge_inside.h"

enum { EARN = 800, BURST = 1 << 19 }; /* a step is 5 to 10 ns */

const struct lh_lock lh_judge_no_lock = {.kind = LH_NOTHING};

/* ---- memory ---- */

static uint32_t buckets(uint32_t rows)
{
	uint32_t n = 64;

	while (n < rows && n < 1u << 24)
		n *= 2;
	return n;
}

/* Hands out the next piece. With no memory it only counts. */
static void *piece(char *memory, size_t *at, size_t each, size_t n)
{
	void *p = memory ? memory + *at : NULL;

	*at += (each * n + 15) & ~(size_t)15;
	return p;
}

static size_t lay_out(struct lh_tables *t, char *memory, const struct lh_judge_room *r)
{
	size_t at = 0;
	uint32_t vertices = buckets(r->locks), edges = buckets(r->edges),
		 made = buckets(r->circles);

	piece(memory, &at, sizeof(struct lh_judge), 1);
	t->vertex_mask = vertices - 1;
	t->edge_mask = edges - 1;
	t->made_mask = made - 1;
	t->vertex_head = piece(memory, &at, sizeof(uint32_t), vertices);
	t->edge_head = piece(memory, &at, sizeof(uint32_t), edges);
	t->made_head = piece(memory, &at, sizeof(uint32_t), made);
	t->vertex = piece(memory, &at, sizeof *t->vertex, r->locks);
	t->edge = piece(memory, &at, sizeof *t->edge, r->edges);
	t->witness = piece(memory, &at, sizeof *t->witness, r->witnesses);
	t->made = piece(memory, &at, sizeof *t->made, r->circles);
	t->life = piece(memory, &at, sizeof *t->life, r->threads);
	t->seen_next = piece(memory, &at, sizeof(uint32_t), r->seens);
	t->event_next = piece(memory, &at, sizeof(uint32_t), r->events);
	for (int i = 0; i < 2; i++)
		t->list[i] = piece(memory, &at, sizeof(uint32_t), r->locks);
	return at;
}

size_t lh_judge_bytes(const struct lh_judge_room *room)
{
	struct lh_tables at;

	return lay_out(&at, NULL, room);
}

struct lh_judge *lh_judge_make(void *memory, const struct lh_judge_room *room, uint32_t flags)
{
	struct lh_judge *j = memory;

	j->room = *room;
	j->flags = flags;
	if (!j->room.earn)
		j->room.earn = EARN;
	if (!j->room.burst)
		j->room.burst = BURST;
	j->purse = j->room.burst;
	lay_out(&j->at, memory, room);
	return j;
}

/* ---- findings ---- */

uint64_t lh_judge_mix(uint64_t h, uint64_t v)
{
	h ^= v + 0x9e3779b97f4a7c15u + (h << 6) + (h >> 2);
	h *= 0xbf58476d1ce4e5b9u;
	return h ^ h >> 29;
}

static struct lh_made *made_find(const struct lh_judge *j, uint64_t key)
{
	uint32_t i = j->at.made_head[(uint32_t)key & j->at.made_mask];

	while (i && j->at.made[i].key != key)
		i = j->at.made[i].hash_next;
	return i ? &j->at.made[i] : NULL;
}

static struct lh_made *made_new(struct lh_judge *j, uint64_t key)
{
	uint32_t *head = &j->at.made_head[(uint32_t)key & j->at.made_mask],
		 i = j->counts.circles + 1;

	if (i >= j->room.circles) {
		j->counts.refused++;
		return NULL;
	}
	j->counts.circles = i;
	j->at.made[i] = (struct lh_made){.key = key, .hash_next = *head};
	*head = i;
	return &j->at.made[i];
}

/* The later the test that failed, the nearer it is to happening. */
static uint32_t nearness(enum lh_filter filter)
{
	return filter == LH_F_NONE ? LH_FILTERS : filter;
}

struct lh_circle *lh_judge_file(struct lh_judge *j, uint64_t key, enum lh_filter filter)
{
	struct lh_made *m = made_find(j, key);
	struct lh_circle *out;
	bool news = !m || nearness(filter) > nearness(m->filter);

	if (!m)
		m = made_new(j, key);
	if (!m)
		return NULL;
	m->count++;
	if (!news || j->found_n == LH_FOUND_MAX)
		return NULL;
	m->filter = filter;
	out = &j->found[j->found_n++];
	out->key = key;
	out->count = m->count;
	out->filter = (uint8_t)filter;
	out->severity = filter == LH_F_NONE ? LH_ERROR : LH_NOTE;
	return out;
}

uint32_t lh_judge_count(const struct lh_judge *j, uint64_t key)
{
	const struct lh_made *m = made_find(j, key);

	return m ? m->count : 0;
}

int lh_circle_order(const struct lh_circle *a, const struct lh_circle *b)
{
	if (a->filter != b->filter)
		return nearness(a->filter) > nearness(b->filter) ? -1 : 1;
	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	return a->key < b->key ? -1 : a->key > b->key;
}

/* ---- lives ---- */

/* Whose life is it? The lock's `initial` may say so; else we look. */
static lh_thread_id thread_of_life(const struct lh_judge *j, const struct lh_facts *f,
				   lh_lock_id lock)
{
	uint32_t hint = lh_judge_row(f, lock)->initial;
	uint32_t n = f->threads < j->room.threads ? f->threads : j->room.threads;

	if (hint && hint < n && f->thread[hint].life == lock)
		return hint;
	for (uint32_t t = n; t-- > 1;)
		if (f->thread[t].life == lock)
			return t;
	return 0;
}

/* Several rows of one thread at one node stand for one witness: the oldest. */
static bool oldest_row(const struct lh_facts *f, uint32_t row)
{
	const struct lh_seen *s = &f->seen[row];

	for (uint32_t i = f->node[s->node].seen; i && i < f->seens; i = f->seen[i].next)
		if (i < row && f->seen[i].thread == s->thread)
			return false;
	return true;
}

static bool is_dependency(const struct lh_judge *j, const struct lh_facts *f, lh_node_id n)
{
	const struct lh_lock *l = lh_judge_row(f, f->node[n].lock);
	bool tries = LH_PLACE_HOW(f->node[n].place) == LH_TRIES;

	/* A failed try of a semaphore may be followed by a wait later on. */
	if (tries && l->kind != LH_SEM && !(j->flags & LH_JUDGE_FILTERED))
		return false;
	return !(l->flags & (LH_LOCK_SIGNAL | LH_LOCK_COUNTING)) && l->kind != LH_COND &&
	       l->kind != LH_BARRIER;
}

static void life_edge(struct lh_judge *j, const struct lh_facts *f, uint32_t row)
{
	const struct lh_seen *s = &f->seen[row];
	lh_lock_id lock = lh_judge_same(f, f->node[s->node].lock);

	if (!is_dependency(j, f, s->node) || lh_judge_holds(f, s->node, lock) ||
	    !oldest_row(f, row))
		return;
	lh_judge_join(j, j->at.life[s->thread].vertex, lh_judge_vertex_make(j, lock), s->node);
}

static void activate(struct lh_judge *j, lh_thread_id t)
{
	if (!t || j->at.life[t].active)
		return;
	j->at.life[t].active = true;
	j->at.life[t].todo = j->todo;
	j->todo = t;
}

static bool wants_life(const struct lh_judge *j, const struct lh_facts *f, lh_node_id n)
{
	return lh_judge_row(f, f->node[n].lock)->kind == LH_LIFE && is_dependency(j, f, n);
}

/* This thread is waited for from now on, so the lives that it waits for matter too. */
static void now_wanted(struct lh_judge *j, const struct lh_facts *f, lh_thread_id t)
{
	j->at.life[t].wanted = true;
	for (uint32_t i = j->at.life[t].seen; i; i = j->at.seen_next[i]) {
		lh_node_id n = f->seen[i].node;
		if (n <= j->node_high && wants_life(j, f, n))
			activate(j, thread_of_life(j, f, f->node[n].lock));
	}
}

static bool seen_by_a_wanted(const struct lh_judge *j, const struct lh_facts *f, lh_node_id n)
{
	for (uint32_t i = f->node[n].seen; i && i < f->seens; i = f->seen[i].next)
		if (f->seen[i].thread < j->room.threads && j->at.life[f->seen[i].thread].wanted)
			return true;
	return false;
}

/* Node n wants a life, and is new or was seen by one more. */
static void life_wanted(struct lh_judge *j, const struct lh_facts *f, lh_node_id n)
{
	lh_thread_id t = thread_of_life(j, f, f->node[n].lock);

	if (!t)
		return;
	if (!j->at.life[t].wanted)
		now_wanted(j, f, t);
	if (lh_judge_held(f, n) || seen_by_a_wanted(j, f, n))
		activate(j, t);
}

/* Gives lives that have become active their edges. */
static void make_active(struct lh_judge *j, const struct lh_facts *f)
{
	while (j->todo) {
		lh_thread_id t = j->todo;
		struct lh_life *l = &j->at.life[t];
		j->todo = l->todo;
		l->vertex = t ? lh_judge_vertex_make(j, lh_judge_same(f, f->thread[t].life)) : 0;
		if (!l->vertex)
			continue;
		j->at.vertex[l->vertex].life = t;
		for (uint32_t i = l->seen; i; i = j->at.seen_next[i])
			if (f->seen[i].node <= j->node_high)
				life_edge(j, f, i);
	}
}

/* ---- taking in ---- */

static void take_seen(struct lh_judge *j, const struct lh_facts *f, uint32_t row)
{
	const struct lh_seen *s = &f->seen[row];

	if (s->thread >= j->room.threads || s->thread >= f->threads || !s->node ||
	    s->node >= f->nodes)
		return;
	j->at.seen_next[row] = j->at.life[s->thread].seen;
	j->at.life[s->thread].seen = row;
	if (s->node > j->node_high)
		return;
	if (j->at.life[s->thread].vertex)
		life_edge(j, f, row);
	if (wants_life(j, f, s->node))
		life_wanted(j, f, s->node);
}

static void take_event(struct lh_judge *j, const struct lh_facts *f, uint32_t row)
{
	lh_thread_id a = f->event[row].a;

	if (a >= j->room.threads)
		return;
	j->at.event_next[row] = j->at.life[a].event;
	j->at.life[a].event = row;
}

static void take_edges(struct lh_judge *j, const struct lh_facts *f, lh_node_id n, lh_lock_id lock)
{
	uint32_t to;

	if (!lh_judge_held(f, n) || lh_judge_holds(f, n, lock))
		return;
	to = lh_judge_vertex_make(j, lock);
	LH_EACH_HELD(f, n, h)
	if (lh_judge_is_lock(f, f->node[h].lock))
		lh_judge_join(j, lh_judge_vertex_make(j, lh_judge_same(f, f->node[h].lock)), to, n);
}

/* Permits wanted while permits are held: an edge from the semaphore to itself. */
static void take_pool(struct lh_judge *j, const struct lh_facts *f, lh_node_id n, lh_lock_id lock)
{
	uint32_t v;

	if (!(lh_judge_row(f, lock)->flags & LH_LOCK_COUNTING) || !lh_judge_holds(f, n, lock))
		return;
	v = lh_judge_vertex_make(j, lock);
	lh_judge_join(j, v, v, n);
}

static bool queues(const struct lh_facts *f, lh_node_id n)
{
	return LH_PLACE_MODE(f->node[n].place) == LH_EXCLUSIVE &&
	       (lh_judge_row(f, f->node[n].lock)->flags & LH_LOCK_PREFER_WRITER);
}

static void take_node(struct lh_judge *j, const struct lh_facts *f, lh_node_id n)
{
	lh_lock_id lock = lh_judge_same(f, f->node[n].lock);
	const struct lh_lock *l = lh_judge_row(f, lock);

	take_pool(j, f, n, lock);
	if (queues(f, n)) {
		uint32_t v = lh_judge_vertex_make(j, lock);
		if (v)
			lh_judge_writer(j, v, n);
	}
	if (!is_dependency(j, f, n))
		return;
	take_edges(j, f, n, lock);
	for (uint32_t i = f->node[n].seen; i && i < f->seens; i = f->seen[i].next)
		if (f->seen[i].thread < j->room.threads && j->at.life[f->seen[i].thread].vertex)
			life_edge(j, f, i);
	if (l->kind == LH_LIFE)
		life_wanted(j, f, n);
}

/* Everything new, of nodes only those up to n. */
static void take_in(struct lh_judge *j, const struct lh_facts *f, lh_node_id n)
{
	while (j->event_high + 1 < f->events && j->event_high + 1 < j->room.events)
		take_event(j, f, ++j->event_high);
	while (j->seen_high + 1 < f->seens && j->seen_high + 1 < j->room.seens)
		take_seen(j, f, ++j->seen_high);
	while (j->node_high < n)
		take_node(j, f, ++j->node_high);
	make_active(j, f);
}

/* ---- questions ---- */

static void earn(struct lh_judge *j)
{
	if (j->purse < 0)
		j->purse = 0;
	j->purse += j->room.earn;
	if (j->purse > j->room.burst)
		j->purse = j->room.burst;
}

/* One more writer that may queue: the readers of this lock can wait for readers now. */
static void ask_readers(struct lh_judge *j, const struct lh_facts *f, lh_node_id n)
{
	uint32_t v = lh_judge_vertex(j, lh_judge_same(f, f->node[n].lock));

	for (uint32_t e = v ? j->at.vertex[v].in : 0; e && j->purse > 0; e = j->at.edge[e].in_next)
		for (uint32_t w = j->at.edge[e].witness; w; w = j->at.witness[w].next) {
			lh_node_id reader = j->at.witness[w].node;
			if (LH_PLACE_MODE(f->node[reader].place) == LH_SHARED)
				lh_judge_search(j, f, reader);
		}
}

static void ask(struct lh_judge *j, const struct lh_facts *f, lh_node_id n)
{
	int64_t kept;

	earn(j);
	kept = j->purse / 2; /* no question may take it all */
	j->purse -= kept;
	lh_judge_pool(j, f, n);
	lh_judge_search(j, f, n);
	if (queues(f, n))
		ask_readers(j, f, n);
	j->purse += kept;
}

uint32_t lh_judge_node(struct lh_judge *j, const struct lh_facts *f, lh_node_id n)
{
	j->found_n = 0;
	if (!n || n >= f->nodes)
		return 0;
	take_in(j, f, n);
	ask(j, f, n);
	return j->found_n;
}

uint32_t lh_judge_lock(struct lh_judge *j, const struct lh_facts *f, lh_lock_id lock)
{
	j->found_n = 0;
	for (lh_node_id n = lh_judge_row(f, lock)->nodes; n && n < f->nodes; n = f->node[n].next) {
		if (n <= j->node_high)
			ask(j, f, n);
		if (f->node[n].next >= n)
			break;
	}
	return j->found_n;
}

const struct lh_circle *lh_judge_found(const struct lh_judge *j)
{
	return j->found;
}

struct lh_judge_counts lh_judge_counts(const struct lh_judge *j)
{
	return j->counts;
}
