/*
 * edges.c — which lock was asked for while which was held: vertices, edges, witnesses.
 *
 * Rows are only added. Each table has a hash of its keys; an edge is in its two ends' lists.
 */
#include "libcheck/order_graph/order_graph_internal.h"
#include "libcheck/base/linear_hash.h"

static uint32_t spread(uint64_t v)
{
	v *= 0x9e3779b97f4a7c15u;
	return (uint32_t)(v >> 32);
}

/* ---- vertices and edges ---- */

static uint32_t *vertex_head(const struct lh_order_graph *j, lh_lock_id lock)
{
	return &j->tables.vertex_head[lh_linear_hash_bucket(spread(lock), j->vertex_lists)];
}

uint32_t lh_order_vertex_find(struct lh_order_graph *j, lh_lock_id lock)
{
	uint32_t v = *vertex_head(j, lock);

	while (v && j->tables.vertex[v].lock != lock)
		v = j->tables.vertex[v].hash_next;
	return v;
}

/* One more list of vertices: it takes its half of the list that it was folded into. */
static void split_vertices(struct lh_order_graph *j)
{
	uint32_t fresh = j->vertex_lists++;
	uint32_t *from = &j->tables.vertex_head[lh_linear_hash_split_from(fresh)], v = *from, next;

	for (*from = 0; v; v = next) {
		uint32_t *to = vertex_head(j, j->tables.vertex[v].lock);
		next = j->tables.vertex[v].hash_next;
		j->tables.vertex[v].hash_next = *to;
		*to = v;
	}
}

uint32_t lh_order_vertex_get(struct lh_order_graph *j, lh_lock_id lock)
{
	uint32_t v = lh_order_vertex_find(j, lock);

	if (v)
		return v;
	if (j->counts.locks + 1 >= j->size.locks) {
		j->counts.refused++;
		return 0;
	}
	if (j->vertex_lists <= j->counts.locks)
		split_vertices(j);
	uint32_t *head = vertex_head(j, lock);
	v = ++j->counts.locks;
	j->tables.vertex[v] = (struct lh_vertex){
		.lock = lock, .parent = v, .next_member = v, .members = 1, .hash_next = *head};
	*head = v;
	lh_topo_insert(j, v, j->topo_last);
	return v;
}

static uint32_t *edge_head(const struct lh_order_graph *j, uint32_t from, uint32_t to)
{
	uint32_t hash = spread((uint64_t)from << 32 | to);

	return &j->tables.edge_head[lh_linear_hash_bucket(hash, j->edge_lists)];
}

uint32_t lh_order_edge_find(const struct lh_order_graph *j, uint32_t from, uint32_t to)
{
	uint32_t e = *edge_head(j, from, to);

	while (e && (j->tables.edge[e].from != from || j->tables.edge[e].to != to))
		e = j->tables.edge[e].hash_next;
	return e;
}

static void split_edges(struct lh_order_graph *j)
{
	uint32_t fresh = j->edge_lists++;
	uint32_t *from = &j->tables.edge_head[lh_linear_hash_split_from(fresh)], e = *from, next;

	for (*from = 0; e; e = next) {
		uint32_t *to = edge_head(j, j->tables.edge[e].from, j->tables.edge[e].to);
		next = j->tables.edge[e].hash_next;
		j->tables.edge[e].hash_next = *to;
		*to = e;
	}
}

static uint32_t edge_make(struct lh_order_graph *j, uint32_t from, uint32_t to)
{
	uint32_t e = j->counts.edges + 1;

	if (e >= j->size.edges)
		return 0;
	if (j->edge_lists <= j->counts.edges)
		split_edges(j);
	uint32_t *head = edge_head(j, from, to);
	j->counts.edges = e;
	j->tables.edge[e] = (struct lh_edge){.from = from,
					     .to = to,
					     .out_next = j->tables.vertex[from].out,
					     .in_next = j->tables.vertex[to].in,
					     .hash_next = *head};
	j->tables.vertex[from].out = e;
	j->tables.vertex[to].in = e;
	lh_component_edge_add(
		&j->tables.vertex[lh_component_find(j, from)].component_edges[LH_FORWARD], j,
		LH_FORWARD, e);
	lh_component_edge_add(
		&j->tables.vertex[lh_component_find(j, to)].component_edges[LH_BACKWARD], j,
		LH_BACKWARD, e);
	*head = e;
	return e;
}

static void witness_add(struct lh_order_graph *j, uint32_t *head, lh_chain_id node)
{
	uint32_t w = j->counts.witnesses + 1;

	if (w >= j->size.witnesses) {
		j->counts.refused++;
		return;
	}
	j->counts.witnesses = w;
	j->tables.witness[w] = (struct lh_witness){node, *head};
	*head = w;
}

void lh_order_writer_add(struct lh_order_graph *j, uint32_t vertex, lh_chain_id witness)
{
	witness_add(j, &j->tables.vertex[vertex].writers, witness);
}

void lh_order_edge_add(struct lh_order_graph *j, uint32_t from, uint32_t to, lh_chain_id witness)
{
	uint32_t e;

	if (!from || !to)
		return;
	e = lh_order_edge_find(j, from, to);
	if (!e) {
		e = edge_make(j, from, to);
		if (!e) {
			j->counts.refused++;
			return;
		}
		if (from != to)
			lh_topo_add_edge(j, from, to);
	}
	witness_add(j, &j->tables.edge[e].witness, witness);
}
