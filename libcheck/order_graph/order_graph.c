/*
 * order_graph.c — its memory, its findings, and the questions it answers. See order_graph.h.
 */
#include "libcheck/order_graph/order_graph_internal.h"

enum { EARN = 500, BURST = 1 << 18 }; /* a step is 5 to 10 ns */

const struct lh_lock lh_order_no_lock = {.kind = LH_NOTHING};

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

static size_t lay_out(struct lh_order_tables *t, char *memory, const struct lh_order_graph_size *r)
{
	size_t at = 0;
	uint32_t made = buckets(r->cycles);

	piece(memory, &at, sizeof(struct lh_order_graph), 1);
	t->known_mask = made - 1;
	t->vertex_head = piece(memory, &at, sizeof(uint32_t), r->locks);
	t->edge_head = piece(memory, &at, sizeof(uint32_t), r->edges);
	t->known_head = piece(memory, &at, sizeof(uint32_t), made);
	t->vertex = piece(memory, &at, sizeof *t->vertex, r->locks);
	t->edge = piece(memory, &at, sizeof *t->edge, r->edges);
	t->witness = piece(memory, &at, sizeof *t->witness, r->witnesses);
	t->known = piece(memory, &at, sizeof *t->known, r->cycles);
	t->thread = piece(memory, &at, sizeof *t->thread, r->threads);
	t->visit_next = piece(memory, &at, sizeof(uint32_t), r->visits);
	t->hb_edge_next = piece(memory, &at, sizeof(uint32_t), r->hb_edges);
	for (int i = 0; i < 2; i++)
		t->list[i] = piece(memory, &at, sizeof(uint32_t), r->locks);
	return at;
}

size_t lh_order_graph_bytes(const struct lh_order_graph_size *room)
{
	struct lh_order_tables at;

	return lay_out(&at, NULL, room);
}

struct lh_order_graph *lh_order_graph_init(void *memory, const struct lh_order_graph_size *room,
					   uint32_t flags)
{
	struct lh_order_graph *graph = memory;

	graph->size = *room;
	graph->flags = flags;
	if (!graph->size.refill)
		graph->size.refill = EARN;
	if (!graph->size.budget_max)
		graph->size.budget_max = BURST;
	graph->budget = graph->size.budget_max;
	graph->vertex_lists = graph->edge_lists = 1;
	lay_out(&graph->tables, memory, room);
	return graph;
}

/* ---- findings ---- */

uint64_t lh_hash_mix(uint64_t h, uint64_t v)
{
	h ^= v + 0x9e3779b97f4a7c15u + (h << 6) + (h >> 2);
	h *= 0xbf58476d1ce4e5b9u;
	return h ^ h >> 29;
}

static struct lh_known_cycle *find_known(const struct lh_order_graph *graph, uint64_t key)
{
	uint32_t i = graph->tables.known_head[(uint32_t)key & graph->tables.known_mask];

	while (i && graph->tables.known[i].key != key)
		i = graph->tables.known[i].hash_next;
	return i ? &graph->tables.known[i] : NULL;
}

static struct lh_known_cycle *new_known(struct lh_order_graph *graph, uint64_t key)
{
	uint32_t *head = &graph->tables.known_head[(uint32_t)key & graph->tables.known_mask],
		 i = graph->counts.cycles + 1;

	if (i >= graph->size.cycles) {
		graph->counts.refused++;
		return NULL;
	}
	graph->counts.cycles = i;
	graph->tables.known[i] = (struct lh_known_cycle){.key = key, .hash_next = *head};
	*head = i;
	return &graph->tables.known[i];
}

/* The later the test that failed, the nearer it is to happening. */
static uint32_t nearness(enum lh_filter filter)
{
	return filter == LH_F_NONE ? LH_FILTERS : filter;
}

struct lh_cycle *lh_order_finding_add(struct lh_order_graph *graph,
				      const struct lh_order_input *input, uint64_t key,
				      enum lh_filter filter)
{
	struct lh_known_cycle *m = find_known(graph, key);
	struct lh_cycle *out;

	if (input->hb_edges_lost && nearness(filter) > nearness(LH_F_ORDERED))
		filter = LH_F_ORDERED;
	bool news = !m || nearness(filter) > nearness(m->filter);
	if (!m)
		m = new_known(graph, key);
	if (!m)
		return NULL;
	m->count++;
	if (!news || graph->found_n == LH_CYCLES_PER_CALL)
		return NULL;
	m->filter = filter;
	out = &graph->found[graph->found_n++];
	out->key = key;
	out->count = m->count;
	out->filter = (uint8_t)filter;
	out->severity = filter == LH_F_NONE ? LH_ERROR : LH_NOTE;
	return out;
}

uint32_t lh_order_counters(const struct lh_order_graph *graph, uint64_t key)
{
	const struct lh_known_cycle *m = find_known(graph, key);

	return m ? m->count : 0;
}

int lh_cycle_compare(const struct lh_cycle *a, const struct lh_cycle *b)
{
	if (a->filter != b->filter)
		return nearness(a->filter) > nearness(b->filter) ? -1 : 1;
	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	return a->key < b->key ? -1 : a->key > b->key;
}

/* ---- questions ---- */

static void earn(struct lh_order_graph *graph)
{
	if (graph->budget < 0)
		graph->budget = 0;
	graph->budget += graph->size.refill;
	if (graph->budget > graph->size.budget_max)
		graph->budget = graph->size.budget_max;
}

/* One more writer that may queue: the readers of this lock can wait for readers now. */
static void search_from_readers(struct lh_order_graph *graph, const struct lh_order_input *input,
				lh_chain_id chain)
{
	uint32_t v =
		lh_order_vertex_find(graph, lh_order_same_lock(input, input->chain[chain].lock));

	for (uint32_t e = v ? graph->tables.vertex[v].in : 0; e && graph->budget > 0;
	     e = graph->tables.edge[e].in_next)
		for (uint32_t w = graph->tables.edge[e].witness; w;
		     w = graph->tables.witness[w].next) {
			lh_chain_id reader = graph->tables.witness[w].chain;
			if (LH_SITE_MODE(input->chain[reader].site) == LH_SHARED)
				lh_cycle_search(graph, input, reader);
		}
}

static void search_from(struct lh_order_graph *graph, const struct lh_order_input *input,
			lh_chain_id chain)
{
	int64_t kept;

	earn(graph);
	kept = graph->budget / 2; /* no question may take it all */
	graph->budget -= kept;
	lh_semaphore_search(graph, input, chain);
	lh_cycle_search(graph, input, chain);
	if (lh_order_asks_as_writer(input, chain))
		search_from_readers(graph, input, chain);
	graph->budget += kept;
}

uint32_t lh_order_check_chain(struct lh_order_graph *graph, const struct lh_order_input *input,
			      lh_chain_id chain)
{
	graph->found_n = 0;
	if (!chain || chain >= input->chains)
		return 0;
	lh_order_add_chain(graph, input, chain);
	search_from(graph, input, chain);
	return graph->found_n;
}

uint32_t lh_order_check_lock(struct lh_order_graph *graph, const struct lh_order_input *input,
			     lh_lock_id lock)
{
	uint32_t left = input->chains;

	graph->found_n = 0;
	/* newest first but for rows that were used again; a list that goes in circles ends */
	for (lh_chain_id chain = lh_order_lock_row(input, lock)->chains;
	     chain && chain < input->chains && left--; chain = input->chain[chain].next)
		if (chain <= graph->chain_high && input->chain[chain].lock == lock)
			search_from(graph, input, chain);
	return graph->found_n;
}

const struct lh_cycle *lh_order_cycles(const struct lh_order_graph *graph)
{
	return graph->found;
}

struct lh_order_counts lh_order_counts(const struct lh_order_graph *graph)
{
	return graph->counts;
}
