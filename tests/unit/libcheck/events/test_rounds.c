/*
 * test_rounds.c — random threads that pass barriers in changing sets, create and join each other:
 * what the library's edges order is what vector clocks order, of all segments that have a visit.
 *
 * LINKS: libcheck/events/rounds.c libcheck/order_graph/
 */
#include "libcheck/events/event.h"
#include "tests/unit/libcheck/order_graph/order_driver.h"
#include "libcheck/order_graph/order_graph_internal.h"

enum { THREADS = 6, BARRIERS = 4, VISITS = 8, EDGES = 1 << 19, ROWS = 1 << 18 };

/* ---- what rounds.c uses ---- */

struct lh_own_ledger lh_own_ledger;
static struct lh_live_thread live[THREADS + 1];
static struct lh_self *selves[THREADS + 1];
static uint32_t used[LH_TABLES];
static uint32_t last_phase;
static struct lh_order_graph *graph;
static uint32_t visits_n;

struct lh_self *lh_self_of(uint32_t row)
{
	return row ? selves[row] : NULL;
}
uint32_t lh_rows_max(enum lh_table_name t)
{
	return t == LH_T_HB_EDGE ? EDGES : ROWS;
}
uint32_t lh_rows_used(enum lh_table_name t)
{
	return used[t];
}
uint32_t lh_row_add(enum lh_table_name t, uint32_t n)
{
	uint32_t at = used[t];

	if (at + n > lh_rows_max(t))
		return 0;
	used[t] += n;
	return at;
}
void *lh_private_alloc(size_t size)
{
	return calloc(1, size);
}
lh_thread_id lh_thread_new(lh_thread_id creator, lh_stack_id created, uint32_t segment)
{
	lh_thread_id id = lh_row_add(LH_T_THREAD, 1);

	LH_THREADS[id] = (struct lh_thread){
		.creator = creator, .created = created, .creator_segment = segment};
	return id;
}
uint32_t lh_phase_next(void)
{
	return ++last_phase;
}
void lh_segment_begin(struct lh_self *self, struct lh_live_thread *l, uint32_t segment)
{
	l->segment = segment % LH_PHASE ? segment : segment + 1;
	if (l->segment / LH_PHASE > last_phase)
		last_phase = l->segment / LH_PHASE;
	self->visited_used = 0;
}
void lh_hb_edge_add(enum lh_hb_kind kind, lh_thread_id a, uint32_t a_segment, lh_thread_id b,
		    uint32_t b_segment)
{
	uint32_t at = lh_row_add(LH_T_HB_EDGE, 1);

	CHECK(at != 0);
	LH_HB_EDGES[at] = (struct lh_hb_edge){kind, a, a_segment, b, b_segment};
}

static struct lh_order_input input(void)
{
	return (struct lh_order_input){.lock = LH_LOCKS,
				       .thread = LH_THREADS,
				       .chain = LH_CHAINS,
				       .visit = LH_VISITS,
				       .hb_edge = LH_HB_EDGES,
				       .locks = 1,
				       .threads = used[LH_T_THREAD],
				       .chains = 2,
				       .visits = visits_n + 1,
				       .hb_edges = used[LH_T_HB_EDGE]};
}

void lh_event_mark_used(lh_thread_id thread, const uint32_t *from, uint32_t n, bool *marks)
{
	const struct lh_order_input in = input();

	memset(marks, 0, n * sizeof(*marks));
	lh_order_mark_used(graph, &in, thread, from, n, marks);
}

/* ---- the threads, with vector clocks ---- */

/* The thread's clock when the visit was made: how far it knows each thread. */
struct seen {
	uint64_t clock[THREADS + 1];
	uint32_t visit; /* row; 0: none yet */
};

static struct thread {
	uint64_t clock[THREADS + 1];
	struct seen seen[VISITS];
	uint32_t waits; /* barrier plus 1; 0: it runs */
	bool absent, ended;
} thread[THREADS + 1];

static struct lh_lock barrier[BARRIERS + 1];
static uint64_t together[BARRIERS + 1][THREADS + 1]; /* clock of the round that is being made */

static void merge(uint64_t *into, const uint64_t *from)
{
	for (int t = 1; t <= THREADS; t++)
		into[t] = from[t] > into[t] ? from[t] : into[t];
}

/* The thread's visit `slot` is made, or moves on. */
static void visit(lh_thread_id t, uint32_t slot)
{
	struct seen *s = &thread[t].seen[slot];

	if (!s->visit)
		s->visit = ++visits_n;
	thread[t].clock[t]++;
	memcpy(s->clock, thread[t].clock, sizeof(s->clock));
	struct lh_chain_visit *v = &LH_VISITS[s->visit];
	*v = (struct lh_chain_visit){.chain = 1,
				     .thread = t,
				     .first = live[t].segment,
				     .last = live[t].segment,
				     .next = v->next};
	selves[t]->visited_used = 1;
}

static void arrive(lh_thread_id t, uint32_t b)
{
	struct lh_lock *l = &barrier[b + 1]; /* row 0 is none */
	bool last = l->barrier_arrived + 1 == l->initial;

	thread[t].clock[t]++;
	merge(together[b], thread[t].clock);
	thread[t].waits = b + 1;
	lh_round_arrive(selves[t], l);
	if (!last)
		return;
	for (lh_thread_id u = 1; u <= THREADS; u++)
		if (thread[u].waits == b + 1)
			merge(thread[u].clock, together[b]);
	memset(together[b], 0, sizeof(together[b]));
	for (lh_thread_id u = 1; u <= THREADS; u++)
		if (thread[u].waits == b + 1) {
			thread[u].waits = 0;
			lh_round_leave(selves[u]);
		}
}

static void next_segment(lh_thread_id t)
{
	lh_segment_begin(selves[t], &live[t], live[t].segment + 1);
}

static void create(lh_thread_id t, lh_thread_id u)
{
	thread[u].absent = false;
	thread[t].clock[t]++;
	merge(thread[u].clock, thread[t].clock);
	lh_hb_edge_add(LH_HB_CREATE, t, live[t].segment, u, 0);
	next_segment(t);
}

static void join(lh_thread_id t, lh_thread_id u)
{
	thread[u].ended = true;
	merge(thread[t].clock, thread[u].clock);
	lh_hb_edge_add(LH_HB_JOIN, u, live[u].segment, t, live[t].segment + 1);
	next_segment(t);
}

/* ---- comparison ---- */

static uint64_t pairs, ordered;
static bool may_add; /* orders that do not hold are no failure */

static bool compare(const char *when)
{
	const struct lh_order_input in = input();
	bool ok = true;

	graph->rows = in;
	lh_order_add_chain(graph, graph->chain_high);
	for (lh_thread_id t = 1; t <= THREADS; t++)
		for (lh_thread_id u = 1; u <= THREADS; u++)
			for (uint32_t i = 0; i < VISITS * VISITS; i++) {
				const struct seen *a = &thread[t].seen[i / VISITS],
						  *b = &thread[u].seen[i % VISITS];
				if (t == u || !a->visit || !b->visit)
					continue;
				bool before = b->clock[t] >= a->clock[t];
				graph->budget = 1 << 20;
				bool found = lh_happens_before(graph, t, LH_VISITS[a->visit].last,
							       u, LH_VISITS[b->visit].first, false);
				pairs++;
				ordered += before;
				if (found == before || (may_add && found))
					continue;
				printf("\t%s: thread %u segment %u, thread %u segment %u: ordered "
				       "%d, found %d\n",
				       when, t, LH_VISITS[a->visit].last, u,
				       LH_VISITS[b->visit].first, before, found);
				ok = CHECK(false);
			}
	return ok;
}

/* ---- random programs ---- */

static void begin(uint32_t threads_at_first)
{
	static const struct lh_order_graph_size size = {.locks = 8,
							.edges = 8,
							.witnesses = 8,
							.threads = ROWS,
							.visits = 1 + THREADS * VISITS,
							.hb_edges = EDGES,
							.cycles = 8,
							.budget_max = 1 << 20};

	free(graph);
	graph = lh_order_graph_init(calloc(1, lh_order_graph_bytes(&size)), &size, 0);
	for (int t = 1; t < LH_TABLES; t++)
		used[t] = 1;
	memset(live, 0, sizeof(live));
	memset(thread, 0, sizeof(thread));
	memset(barrier, 0, sizeof(barrier));
	memset(together, 0, sizeof(together));
	memset(LH_VISITS, 0, (1 + THREADS * VISITS) * sizeof(struct lh_chain_visit));
	last_phase = visits_n = 0;
	lh_rounds_init();
	for (lh_thread_id t = 1; t <= THREADS; t++) {
		if (!selves[t])
			selves[t] = calloc(1, sizeof(struct lh_self));
		selves[t]->rounds = (struct lh_rounds){0};
		selves[t]->number = t;
		selves[t]->live_saved = &live[t];
		live[t].thread = lh_thread_new(0, 0, 0);
		thread[t].absent = t > threads_at_first;
	}
	for (uint32_t b = 1; b <= BARRIERS; b++)
		barrier[b].address = 64 * b;
}

static bool runs(lh_thread_id t)
{
	return !thread[t].absent && !thread[t].ended && !thread[t].waits;
}

static void step(uint32_t kinds)
{
	lh_thread_id t = 1 + random_below(THREADS), u = 1 + random_below(THREADS);

	if (!runs(t))
		return;
	switch (random_below(kinds)) {
	default:
		visit(t, random_below(VISITS));
		break;
	case 4:
	case 5:
	case 6:
	case 7:
		arrive(t, random_below(BARRIERS));
		break;
	case 8:
		if (thread[u].absent)
			create(t, u);
		break;
	case 9:
		if (u != t && runs(u) && !random_below(20))
			join(t, u);
		break;
	case 10:
		for (uint32_t i = random_below(20); i; i--)
			next_segment(t);
		break;
	}
}

static bool random_round(uint32_t number)
{
	bool ok = true;

	random_state = seed(number);
	begin(2 + random_below(THREADS - 1));
	for (uint32_t b = 0; b < BARRIERS; b++)
		barrier[b + 1].initial = 1 + random_below(b + 3);
	for (lh_thread_id t = 1; t <= THREADS && number % 4 == 0; t++)
		LH_THREADS[t].flags |= random_below(4) ? 0 : LH_THREAD_TEAM;
	uint32_t kinds = 9 + random_below(3), steps = 20 + random_below(800);
	for (uint32_t i = 0; ok && i < steps; i++) {
		step(kinds);
		if (random_below(200) == 0)
			ok = compare("meanwhile");
	}
	return ok && compare("at the end");
}

/* ---- programs with regular rounds ---- */

/* All threads pass barrier 0; between its rounds the threads from `inner` on pass barrier 1 so many
 * times. */
static uint32_t loop(uint32_t iterations, uint32_t inner, uint32_t times, bool other)
{
	begin(THREADS);
	barrier[1].initial = THREADS;
	barrier[2].initial = THREADS - inner + 1;
	barrier[3].initial = inner; /* an overlapping set, if `other` */
	for (uint32_t i = 0; i < iterations; i++) {
		for (lh_thread_id t = 1; t <= THREADS; t++) {
			visit(t, 0);
			if (i < 3)
				visit(t, 1 + i);
		}
		for (lh_thread_id t = 1; t <= THREADS; t++)
			arrive(t, 0);
		for (uint32_t k = 0; k < times + (times && i % 7 == 3); k++) {
			for (lh_thread_id t = inner; t <= THREADS; t++)
				arrive(t, 1);
			visit(THREADS, 4);
			if (k == 1)
				visit(inner, 5);
		}
		for (lh_thread_id t = 1; other && t <= inner; t++)
			arrive(t, 2);
		visit(1, 6);
	}
	visit(2, 7);
	CHECK(compare("regular rounds"));
	return used[LH_T_HB_EDGE];
}

static void regular(void)
{
	uint32_t few = loop(1000, 1, 0, false);

	CHECK_EQ(few, 2 * THREADS + 1);
	CHECK_EQ(loop(3000000, 1, 0, false), few);
	CHECK(loop(200000, 2, 3, false) < 400);
	loop(500, 3, 2, true);
	may_add = true; /* sets that overlap have 512 ranges, and then one of them grows */
	loop(3000, 3, 2, true);
	may_add = false;
}

/* Nothing is seen between the rounds: they take no phases. */
static void idle(void)
{
	begin(2);
	barrier[1].initial = 2;
	visit(1, 0);
	for (int i = 0; i < 100; i++) {
		arrive(1, 0);
		arrive(2, 0);
	}
	visit(2, 0);
	CHECK(last_phase <= 2);
	compare("idle rounds");
}

int main(void)
{
	lh_own_ledger.table[LH_T_THREAD] = calloc(ROWS, sizeof(struct lh_thread));
	lh_own_ledger.table[LH_T_HB_EDGE] = calloc(EDGES, sizeof(struct lh_hb_edge));
	lh_own_ledger.table[LH_T_VISIT] = calloc(ROWS, sizeof(struct lh_chain_visit));
	lh_own_ledger.table[LH_T_CHAIN] = calloc(4, sizeof(struct lh_chain));
	lh_own_ledger.table[LH_T_LOCK] = barrier;
	for (uint32_t i = 0; i < rounds(3000) && !unit_failed; i++)
		if (!random_round(i))
			printf("\tround %u\n", i);
	printf("\t%llu of %llu pairs of visits are ordered\n", (unsigned long long)ordered,
	       (unsigned long long)pairs);
	CHECK(ordered * 10 > pairs && ordered * 10 < 9 * pairs);
	idle();
	regular();
	return unit_done();
}
