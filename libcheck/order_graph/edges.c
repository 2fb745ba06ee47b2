/*
 * edges.c — which lock was wanted while which was held: vertices, edges, witnesses; and the index
 * that finds a row by its key.
 *
 * An edge is in a list of each of its two vertices. Removed rows are used again.
 */
#include "libcheck/order_graph/order_graph_internal.h"
#include "libcheck/base/linear_hash.h"

/* ---- index, by linear hashing ---- */

static struct lh_key *key_of(const struct lh_index *index, uint32_t row)
{
	return (struct lh_key *)(index->first + (size_t)row * index->row_size);
}

static uint32_t *list_of(const struct lh_index *index, uint32_t from, uint32_t to)
{
	uint64_t key = (uint64_t)from << 32 | to;
	uint32_t hash = (uint32_t)(key * 0x9e3779b97f4a7c15u >> 32);

	return &index->head[lh_linear_hash_bucket(hash, index->lists)];
}

uint32_t lh_index_find(const struct lh_index *index, uint32_t from, uint32_t to)
{
	uint32_t row = *list_of(index, from, to);

	for (const struct lh_key *key; row; row = key->next) {
		key = key_of(index, row);
		if (key->from == from && key->to == to)
			break;
	}
	return row;
}

static void insert(struct lh_index *index, uint32_t row)
{
	struct lh_key *key = key_of(index, row);
	uint32_t *head = list_of(index, key->from, key->to);

	key->next = *head;
	*head = row;
}

/* Adds a list, and moves to it the rows that belong there from the list that is split. */
static void split(struct lh_index *index)
{
	uint32_t *from = &index->head[lh_linear_hash_split_from(index->lists++)];
	uint32_t row = *from, next;

	for (*from = 0; row; row = next) {
		next = key_of(index, row)->next;
		insert(index, row);
	}
}

/* Is there room for the row after `used` of `size` rows, which may grow? False: full, counted. */
static bool has_room(struct lh_order_graph *graph, uint32_t used, const uint32_t *size)
{
	while (used + 1 >= *size)
		if (!graph->more || !graph->more()) {
			graph->counts.refused++;
			return false;
		}
	return true;
}

uint32_t lh_index_add(struct lh_order_graph *graph, struct lh_index *index, uint32_t from,
		      uint32_t to)
{
	uint32_t row = index->free;

	if (row)
		index->free = key_of(index, row)->next;
	else if (has_room(graph, index->rows, &index->size))
		row = ++index->rows;
	else
		return 0;
	if (index->lists < index->rows)
		split(index);
	*key_of(index, row) = (struct lh_key){.from = from, .to = to};
	insert(index, row);
	return row;
}

static void index_remove(struct lh_index *index, uint32_t row)
{
	struct lh_key *key = key_of(index, row);
	uint32_t *at = list_of(index, key->from, key->to);

	while (*at != row)
		at = &key_of(index, *at)->next;
	*at = key->next;
	__builtin_memset(key, 0, index->row_size);
	key->next = index->free;
	index->free = row;
}

/* ---- vertices and edges ---- */

/* Most locks have no vertex, and none of their row has one. */
uint32_t lh_order_vertex_find(const struct lh_order_graph *graph, lh_lock_id lock)
{
	if (LH_LOCK_ROW(lock) < graph->size.lock_rows && !graph->knows[LH_LOCK_ROW(lock)])
		return 0;
	return lh_index_find(&graph->vertex_by_lock, 0, lock);
}

/* A count that has reached its end stays there: then the index says which lock has a vertex. */
static void count_vertex(struct lh_order_graph *graph, lh_lock_id lock, int by)
{
	uint32_t row = LH_LOCK_ROW(lock);

	if (row < graph->size.lock_rows && graph->knows[row] != UINT8_MAX)
		__atomic_store_n(&graph->knows[row], (uint8_t)(graph->knows[row] + by),
				 __ATOMIC_RELEASE);
}

uint32_t lh_order_vertex_get(struct lh_order_graph *graph, lh_lock_id lock)
{
	uint32_t v = lh_order_vertex_find(graph, lock);

	if (v)
		return v;
	v = lh_index_add(graph, &graph->vertex_by_lock, 0, lock);
	if (!v)
		return 0;
	graph->counts.locks++;
	count_vertex(graph, lock, 1);
	graph->vertex[v].lock = lock;
	graph->vertex[v].parent = graph->vertex[v].next_member = v;
	graph->vertex[v].members = 1;
	lh_topo_insert(graph, v, graph->topo_last);
	return v;
}

uint32_t lh_order_edge_find(const struct lh_order_graph *graph, uint32_t from, uint32_t to)
{
	return lh_index_find(&graph->edge_by_ends, from, to);
}

static uint32_t new_edge(struct lh_order_graph *graph, uint32_t from, uint32_t to)
{
	uint32_t e = lh_index_add(graph, &graph->edge_by_ends, from, to);

	if (!e)
		return 0;
	graph->counts.edges++;
	graph->edge[e].out_next = graph->vertex[from].out;
	graph->edge[e].in_next = graph->vertex[to].in;
	graph->edge[graph->vertex[from].out].out_prev = e;
	graph->edge[graph->vertex[to].in].in_prev = e;
	graph->vertex[from].out = e;
	graph->vertex[to].in = e;
	lh_component_edge_add(graph, from, LH_FORWARD, e);
	lh_component_edge_add(graph, to, LH_BACKWARD, e);
	if (from != to)
		lh_topo_add_edge(graph, from, to);
	return e;
}

void lh_order_witness_add(struct lh_order_graph *graph, uint32_t *head, lh_chain_id chain)
{
	uint32_t w = graph->free_witness;

	if (w)
		graph->free_witness = graph->witness[w].next;
	else if (has_room(graph, graph->counts.witnesses, &graph->size.witnesses))
		w = ++graph->counts.witnesses;
	else
		return;
	graph->witness[w] = (struct lh_witness){chain, *head};
	*head = w;
}

void lh_order_edge_add(struct lh_order_graph *graph, uint32_t from, uint32_t to, lh_chain_id chain)
{
	uint32_t e;

	if (!from || !to)
		return;
	e = lh_order_edge_find(graph, from, to);
	if (!e)
		e = new_edge(graph, from, to);
	if (e)
		lh_order_witness_add(graph, &graph->edge[e].witness, chain);
}

/* ---- removing ---- */

static void free_witness(struct lh_order_graph *graph, uint32_t w)
{
	graph->witness[w] = (struct lh_witness){0, graph->free_witness};
	graph->free_witness = w;
}

static void remove_edge(struct lh_order_graph *graph, uint32_t e)
{
	struct lh_edge *x = &graph->edge[e];

	for (uint32_t w = x->witness, next; w; w = next) {
		next = graph->witness[w].next;
		free_witness(graph, w);
	}
	lh_component_edge_remove(graph, x->key.from, LH_FORWARD, e);
	lh_component_edge_remove(graph, x->key.to, LH_BACKWARD, e);
	*(x->out_prev ? &graph->edge[x->out_prev].out_next : &graph->vertex[x->key.from].out) =
		x->out_next;
	*(x->in_prev ? &graph->edge[x->in_prev].in_next : &graph->vertex[x->key.to].in) =
		x->in_next;
	graph->edge[x->out_next].out_prev = x->out_prev;
	graph->edge[x->in_next].in_prev = x->in_prev;
	graph->counts.edges--;
	index_remove(&graph->edge_by_ends, e);
}

void lh_order_edge_withdraw(struct lh_order_graph *graph, uint32_t e, lh_chain_id chain)
{
	uint32_t *at = &graph->edge[e].witness, w;

	while (e && (w = *at)) {
		if (graph->witness[w].chain != chain) {
			at = &graph->witness[w].next;
			continue;
		}
		*at = graph->witness[w].next;
		free_witness(graph, w);
	}
	if (e && !graph->edge[e].witness)
		remove_edge(graph, e);
}

bool lh_order_vertex_remove(struct lh_order_graph *graph, uint32_t v)
{
	struct lh_vertex *x = &graph->vertex[v];

	if (x->members != 1 || x->parent != v || x->out || x->writers || x->thread_end)
		return false;
	while (x->in)
		remove_edge(graph, x->in);
	lh_topo_remove(graph, v);
	count_vertex(graph, x->lock, -1);
	graph->counts.locks--;
	index_remove(&graph->vertex_by_lock, v);
	return true;
}
