/*
 * edges.c — which lock was wanted while which was held: vertices, edges, witnesses.
 *
 * Rows are only added. Vertices and edges have a hash table each, by linear hashing; an edge is in
 * a list of each of its two vertices.
 */
#include "libcheck/order_graph/order_graph_internal.h"
#include "libcheck/base/linear_hash.h"

static uint32_t hash_of(uint64_t v)
{
	v *= 0x9e3779b97f4a7c15u;
	return (uint32_t)(v >> 32);
}

/* ---- vertices and edges ---- */

static uint32_t *vertex_head(const struct lh_order_graph *graph, lh_lock_id lock)
{
	return &graph->tables
			.vertex_head[lh_linear_hash_bucket(hash_of(lock), graph->vertex_lists)];
}

uint32_t lh_order_vertex_find(struct lh_order_graph *graph, lh_lock_id lock)
{
	uint32_t v = *vertex_head(graph, lock);

	while (v && graph->tables.vertex[v].lock != lock)
		v = graph->tables.vertex[v].hash_next;
	return v;
}

/* Adds a hash list, and moves to it the vertices that belong there from the list that is split. */
static void split_vertices(struct lh_order_graph *graph)
{
	uint32_t new_list = graph->vertex_lists++;
	uint32_t *from = &graph->tables.vertex_head[lh_linear_hash_split_from(new_list)], v = *from,
		 next;

	for (*from = 0; v; v = next) {
		uint32_t *to = vertex_head(graph, graph->tables.vertex[v].lock);
		next = graph->tables.vertex[v].hash_next;
		graph->tables.vertex[v].hash_next = *to;
		*to = v;
	}
}

uint32_t lh_order_vertex_get(struct lh_order_graph *graph, lh_lock_id lock)
{
	uint32_t v = lh_order_vertex_find(graph, lock);

	if (v)
		return v;
	if (graph->counts.locks + 1 >= graph->size.locks) {
		graph->counts.refused++;
		return 0;
	}
	if (graph->vertex_lists <= graph->counts.locks)
		split_vertices(graph);
	uint32_t *head = vertex_head(graph, lock);
	v = ++graph->counts.locks;
	graph->tables.vertex[v] = (struct lh_vertex){
		.lock = lock, .parent = v, .next_member = v, .members = 1, .hash_next = *head};
	*head = v;
	lh_topo_insert(graph, v, graph->topo_last);
	return v;
}

static uint32_t *edge_head(const struct lh_order_graph *graph, uint32_t from, uint32_t to)
{
	uint32_t hash = hash_of((uint64_t)from << 32 | to);

	return &graph->tables.edge_head[lh_linear_hash_bucket(hash, graph->edge_lists)];
}

uint32_t lh_order_edge_find(const struct lh_order_graph *graph, uint32_t from, uint32_t to)
{
	uint32_t e = *edge_head(graph, from, to);

	while (e && (graph->tables.edge[e].from != from || graph->tables.edge[e].to != to))
		e = graph->tables.edge[e].hash_next;
	return e;
}

static void split_edges(struct lh_order_graph *graph)
{
	uint32_t new_list = graph->edge_lists++;
	uint32_t *from = &graph->tables.edge_head[lh_linear_hash_split_from(new_list)], e = *from,
		 next;

	for (*from = 0; e; e = next) {
		uint32_t *to =
			edge_head(graph, graph->tables.edge[e].from, graph->tables.edge[e].to);
		next = graph->tables.edge[e].hash_next;
		graph->tables.edge[e].hash_next = *to;
		*to = e;
	}
}

static uint32_t new_edge(struct lh_order_graph *graph, uint32_t from, uint32_t to)
{
	uint32_t e = graph->counts.edges + 1;

	if (e >= graph->size.edges)
		return 0;
	if (graph->edge_lists <= graph->counts.edges)
		split_edges(graph);
	uint32_t *head = edge_head(graph, from, to);
	graph->counts.edges = e;
	graph->tables.edge[e] = (struct lh_edge){.from = from,
						 .to = to,
						 .out_next = graph->tables.vertex[from].out,
						 .in_next = graph->tables.vertex[to].in,
						 .hash_next = *head};
	graph->tables.vertex[from].out = e;
	graph->tables.vertex[to].in = e;
	lh_component_edge_add(
		&graph->tables.vertex[lh_component_find(graph, from)].component_edges[LH_FORWARD],
		graph, LH_FORWARD, e);
	lh_component_edge_add(
		&graph->tables.vertex[lh_component_find(graph, to)].component_edges[LH_BACKWARD],
		graph, LH_BACKWARD, e);
	*head = e;
	return e;
}

static void witness_add(struct lh_order_graph *graph, uint32_t *head, lh_chain_id chain)
{
	uint32_t w = graph->counts.witnesses + 1;

	if (w >= graph->size.witnesses) {
		graph->counts.refused++;
		return;
	}
	graph->counts.witnesses = w;
	graph->tables.witness[w] = (struct lh_witness){chain, *head};
	*head = w;
}

void lh_order_writer_add(struct lh_order_graph *graph, uint32_t vertex, lh_chain_id witness)
{
	witness_add(graph, &graph->tables.vertex[vertex].writers, witness);
}

void lh_order_edge_add(struct lh_order_graph *graph, uint32_t from, uint32_t to,
		       lh_chain_id witness)
{
	uint32_t e;

	if (!from || !to)
		return;
	e = lh_order_edge_find(graph, from, to);
	if (!e) {
		e = new_edge(graph, from, to);
		if (!e) {
			graph->counts.refused++;
			return;
		}
		if (from != to)
			lh_topo_add_edge(graph, from, to);
	}
	witness_add(graph, &graph->tables.edge[e].witness, witness);
}
