/*
 * rounds.c — what the rounds of barriers order, as happens-before edges.
 *
 * What any thread does before a round happens before what any other thread of the round does after
 * it. A program has millions of rounds, so a round gets no rows. The threads of a round are a set,
 * whichever barrier they wait at, and the set has a row of LH_T_THREAD that stands for all its
 * rounds. Each round begins a phase, in which all its threads go on (ledger.h: LH_HB_TEAM_FORK), so
 * the numbers of their segments tell which rounds lie between two of them. A thread has two edges
 * for each of its sets: one to the set's row for good, because a round of the set needs the thread;
 * and one from that row, a range, for the phases that the thread began by rounds of this set. The
 * last thread that arrives does all this, under the internal lock; a thread that leaves only
 * changes its segment.
 *
 * - A range grows as long as the thread begins no phase in another way: by a round of another set,
 *   or by a great many segments. After that the set's next round begins a
 *   new range: else what is before the set's next round would count as before that phase.
 * - Ranges are used again (`sweep`), so that a program whose threads wait now with these, now with
 *   those threads needs few.
 * - A round with a thread of an OpenMP team gets a row of its own: a thread of a team may not begin
 *   phases by itself (team.c). So do few rounds only.
 */
#include "libcheck/events/event.h"

enum {
	SINGLE_MAX = 20000, /* rounds with a row of their own */
	RANGES_FIRST = 2,   /* of one thread for one set */
	RANGES_MAX = RANGES_FIRST << 8,
	MORE = 4,
	HEADS = 256
};

/* lh_rounds.passed, if it is no phase. */
enum { NOTHING = 0, SAME_SEGMENT = 1, NEXT_SEGMENT = 2, PHASE = 3 };

struct member {
	struct member *next; /* of the same thread; the last used first */
	struct set *set;
	uint32_t phase;  /* the last that a round of the set began; 0: none */
	uint32_t *range; /* rows of LH_T_HB_EDGE, oldest first; behind them unused rows */
	uint32_t n, rows, max;
	uint32_t first[RANGES_FIRST];
};

struct set {
	struct set *next;
	lh_thread_id row;
	uint32_t n;
	uint64_t hash;
	const struct set *in, *not_in; /* the last sets that were found to contain it, or not */
	const lh_thread_id *thread;    /* ascending */
	struct member member[];
};

static struct set **heads;
static uint32_t edges, singles;

void lh_rounds_init(void)
{
	heads = NULL;
	edges = singles = 0;
}

#define FOR_EACH_ARRIVED(b, s)                                                                     \
	for (struct lh_self *s = lh_self_of((b)->thread); s; s = lh_self_of(s->rounds.before))

/* ---- sets ---- */

static struct member *member_of(struct lh_self *self, const struct set *set)
{
	struct member **at = &self->rounds.sets, *m;

	while ((m = *at) && m->set != set)
		at = &m->next;
	if (!m || at == &self->rounds.sets)
		return m;
	*at = m->next;
	m->next = self->rounds.sets;
	return self->rounds.sets = m;
}

static uint64_t hash_of(const struct lh_lock *b)
{
	uint64_t h = 0;

	FOR_EACH_ARRIVED(b, s)
	{
		uint64_t k = s->live_saved->thread * 0x9e3779b97f4a7c15u;
		h += k ^ k >> 29;
	}
	return h;
}

static bool has_arrived(const struct set *set, const struct lh_lock *b)
{
	FOR_EACH_ARRIVED(b, s)
	if (!member_of(s, set))
		return false;
	return true;
}

static struct set *find_set(const struct lh_lock *b, uint64_t hash)
{
	struct set *set = heads ? heads[hash % HEADS] : NULL;

	while (set && (set->hash != hash || set->n != b->initial || !has_arrived(set, b)))
		set = set->next;
	return set;
}

static void sort(lh_thread_id *at, uint32_t n)
{
	for (uint32_t gap = n / 2; gap; gap = gap == 2 ? 1 : gap * 5 / 11)
		for (uint32_t i = gap; i < n; i++) {
			lh_thread_id t = at[i];
			uint32_t k = i;
			for (; k >= gap && at[k - gap] > t; k -= gap)
				at[k] = at[k - gap];
			at[k] = t;
		}
}

/* The first of `n` new edges; 0: none. All edges of sets have half of the table at most. */
static uint32_t add_edges(uint32_t n)
{
	uint32_t most = lh_rows_max(LH_T_HB_EDGE) / 2;
	uint32_t at = n <= most && edges <= most - n ? lh_row_add(LH_T_HB_EDGE, n) : 0;

	edges += at ? n : 0;
	return at;
}

static void join_set(struct lh_self *self, struct set *set, uint32_t i, uint32_t edge)
{
	struct member *m = &set->member[i];
	lh_thread_id thread = self->live_saved->thread;

	*m = (struct member){
		.next = self->rounds.sets, .set = set, .range = m->first, .max = RANGES_FIRST};
	self->rounds.sets = m;
	((lh_thread_id *)set->thread)[i] = thread;
	LH_HB_EDGES[edge + i] =
		(struct lh_hb_edge){LH_HB_TEAM_JOIN, thread, UINT32_MAX, set->row, 0};
}

static struct set *new_set(const struct lh_lock *b, uint64_t hash)
{
	uint32_t n = b->initial, i = 0;
	struct set *set;

	if (!heads && !(heads = lh_private_alloc(HEADS * sizeof(*heads))))
		return NULL;
	set = lh_private_alloc(sizeof(*set) + n * (sizeof(struct member) + sizeof(lh_thread_id)));
	uint32_t edge = set ? add_edges(n) : 0;
	lh_thread_id row = edge ? lh_thread_new(0, 0, 0) : 0;
	if (!row)
		return NULL;
	LH_THREADS[row].flags |= LH_THREAD_BARRIER_ROUND;
	*set = (struct set){.next = heads[hash % HEADS],
			    .row = row,
			    .n = n,
			    .hash = hash,
			    .thread = (lh_thread_id *)&set->member[n]};
	heads[hash % HEADS] = set;
	FOR_EACH_ARRIVED(b, s)
	join_set(s, set, i++, edge);
	sort((lh_thread_id *)set->thread, n);
	return set;
}

static bool is_subset(const struct set *a, const struct set *b)
{
	uint32_t k = 0;

	for (uint32_t i = 0; i < a->n; i++) {
		while (k < b->n && b->thread[k] < a->thread[i])
			k++;
		if (k == b->n || b->thread[k] != a->thread[i])
			return false;
	}
	return true;
}

static bool is_in(struct set *a, const struct set *b)
{
	if (a == b || a->in == b)
		return true;
	if (a->not_in == b || a->n > b->n)
		return false;
	bool in = is_subset(a, b);
	*(in ? &a->in : &a->not_in) = b;
	return in;
}

/* ---- ranges ---- */

/*
 * A range says what is before the thread from its first phase on; the next range says the same from
 * the next one's first phase on. So a range is not needed if, from its first phase to the next
 * one's, the thread has no visit and no edge leads away from it, except to the rows of sets. Such a
 * set must be a part of this one or contain it: the threads of a part have ranges of their own.
 */
static bool may_sweep(struct lh_self *self, struct member *m)
{
	for (struct member *o = self->rounds.sets; o; o = o->next)
		if (!is_in(o->set, m->set) && !is_in(m->set, o->set))
			return false;
	return !(LH_THREADS[self->live_saved->thread].flags & LH_THREAD_TEAM);
}

static void sweep(struct lh_self *self, struct member *m)
{
	static uint32_t from[RANGES_MAX], unused[RANGES_MAX]; /* a hook must use little stack */
	static bool used[RANGES_MAX];
	uint32_t kept = 0, free = 0;

	if (!may_sweep(self, m))
		return;
	for (uint32_t i = 0; i < m->n; i++)
		from[i] = LH_HB_EDGES[m->range[i]].b_segment;
	lh_event_mark_used(self->live_saved->thread, from, m->n, used);
	for (uint32_t i = 0; i < m->n; i++)
		if (used[i] || i + 1 == m->n)
			m->range[kept++] = m->range[i];
		else
			unused[free++] = m->range[i];
	for (uint32_t i = 0; i < free; i++) {
		struct lh_hb_edge *e = &LH_HB_EDGES[unused[i]];
		e->a_segment = 0; /* leads nowhere */
		e->b_segment = UINT32_MAX;
		m->range[kept + i] = unused[i];
	}
	m->n = kept;
}

static bool enlarge(struct member *m)
{
	uint32_t *more =
		m->max < RANGES_MAX ? lh_private_alloc(MORE * m->max * sizeof(*more)) : NULL;

	if (!more)
		return false;
	for (uint32_t i = 0; i < m->rows; i++)
		more[i] = m->range[i];
	m->range = more;
	m->max *= MORE;
	return true;
}

static uint32_t next_range(struct lh_self *self, struct member *m)
{
	if (m->n == m->max) {
		sweep(self, m);
		if (m->n > m->max / 2 && !enlarge(m) && m->n == m->max)
			return 0;
	}
	if (m->n == m->rows) {
		uint32_t row = add_edges(1);
		if (!row)
			return 0;
		m->range[m->rows++] = row;
	}
	return m->range[m->n++];
}

/* A round of the set begins the phase. */
static void begin_phase(struct lh_self *self, struct member *m, uint32_t phase)
{
	const struct lh_live_thread *live = self->live_saved;
	uint32_t segment = phase * LH_PHASE;
	bool grows = m->n && live->segment / LH_PHASE == m->phase;

	uint32_t row = grows ? 0 : next_range(self, m);
	if (row)
		LH_HB_EDGES[row] = (struct lh_hb_edge){LH_HB_TEAM_FORK, m->set->row, segment,
						       live->thread, segment};
	else if (m->n) /* without room: as if the thread had begun no other phase */
		LH_HB_EDGES[m->range[m->n - 1]].a_segment = segment;
	m->phase = phase;
}

/* ---- rounds ---- */

/* Has nothing been seen of the threads since the last round? */
static bool separates_nothing(const struct lh_lock *b, const struct set *set)
{
	FOR_EACH_ARRIVED(b, s)
	{
		uint32_t phase = member_of(s, set)->phase;
		if (!phase || s->live_saved->segment != phase * LH_PHASE + 1 || s->visited_used)
			return false;
	}
	return true;
}

static void pass_in_set(const struct lh_lock *b)
{
	uint64_t hash = hash_of(b);
	struct set *set = find_set(b, hash);

	if (!set)
		set = new_set(b, hash);
	if (!set)
		return;
	bool same = separates_nothing(b, set);
	uint32_t phase = same ? 0 : lh_phase_next();
	FOR_EACH_ARRIVED(b, s)
	{
		if (!same)
			begin_phase(s, member_of(s, set), phase);
		s->rounds.passed = same ? SAME_SEGMENT : phase + PHASE;
	}
}

static void pass_alone(const struct lh_lock *b)
{
	lh_thread_id round = singles < SINGLE_MAX ? lh_thread_new(0, 0, 0) : 0;

	if (!round)
		return;
	singles++;
	LH_THREADS[round].flags |= LH_THREAD_BARRIER_ROUND;
	FOR_EACH_ARRIVED(b, s)
	{
		const struct lh_live_thread *live = s->live_saved;
		lh_hb_edge_add(LH_HB_BARRIER, live->thread, live->segment, round, 0);
		lh_hb_edge_add(LH_HB_BARRIER, round, 0, live->thread, live->segment + 1);
		s->rounds.passed = NEXT_SEGMENT;
	}
}

/* Have all threads of the round arrived, and is one of them in a team? A thread may be missing: its
 * event was dropped, or it left an earlier round by a jump. */
static bool all_arrived(const struct lh_lock *b, bool *team)
{
	lh_lock_id id = lh_lock_id_of(b);
	uint32_t n = 0;

	*team = false;
	FOR_EACH_ARRIVED(b, s)
	{
		if (s->rounds.barrier != id || n++ == b->initial)
			return false;
		*team |= LH_THREADS[s->live_saved->thread].flags & LH_THREAD_TEAM;
	}
	return n == b->initial;
}

static void end_round(struct lh_lock *b)
{
	lh_lock_id id = lh_lock_id_of(b);
	bool team;

	if (all_arrived(b, &team)) {
		if (team)
			pass_alone(b);
		else
			pass_in_set(b);
	}
	for (uint32_t next = b->thread, left = b->initial; next && left; left--) {
		struct lh_self *s = lh_self_of(next);
		next = s->rounds.before;
		if (s->rounds.barrier != id)
			break;
		s->rounds.barrier = 0;
	}
}

void lh_round_arrive(struct lh_self *self, struct lh_lock *b)
{
	struct lh_rounds *r = &self->rounds;

	r->passed = NOTHING;
	if (!b->initial) /* initialized unseen: the number of threads is not known */
		return;
	if (!b->barrier_arrived)
		b->thread = 0;
	if (!r->barrier) {
		r->barrier = lh_lock_id_of(b);
		r->before = b->thread;
		b->thread = self->number;
	}
	if (++b->barrier_arrived < b->initial)
		return;
	end_round(b);
	b->barrier_arrived = 0;
}

void lh_round_leave(struct lh_self *self)
{
	struct lh_live_thread *live = self->live_saved;
	uint32_t passed = self->rounds.passed, next = live->segment + 1, first;

	self->rounds.passed = NOTHING;
	if (passed == NOTHING || passed == SAME_SEGMENT)
		return;
	first = passed == NEXT_SEGMENT ? 0 : (passed - PHASE) * LH_PHASE + 1;
	lh_segment_begin(self, live, first > next ? first : next);
}
