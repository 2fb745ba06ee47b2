/*
 * bench_order_graph.c — measures the order graph: nanoseconds per dependency, in good and bad
 * orders of arrival, from 10^4 to 10^6 dependencies, and the check of a whole run at its end.
 *
 * LINKS: libcheck/order_graph/
 *
 * Locks have a hidden order that chains of depth 4 respect. The orders of arrival:
 *   sorted    chains in the hidden order: the topological order never changes
 *   random    chains at random, locks numbered by arrival
 *   backward  chains from the end of the hidden order first
 *   bridges   chains within each half of the locks first, then chains across, the longest first:
 *             each of these affects a large part of the graph
 *   cycle     as random, but one pair of locks is acquired in the wrong order after a tenth of the
 *             chains: all later dependencies lie on cycles
 *   gated     as cycle, but with one lock held all the time, so that every cycle is filtered
 */
#include "libcheck/order_graph/order_graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum order { SORTED, RANDOM, BACKWARD, BRIDGES, WITH_CYCLE, GATED, ORDERS };

static const char *const order_name[] = {"sorted",  "random", "backward",
					 "bridges", "cycle",  "gated"};

enum { DEPTH = 4, THREADS = 64 };

struct chain {
	uint32_t lock[DEPTH]; /* positions in the hidden order */
};

struct order_tables {
	struct lh_lock *lock;
	struct lh_thread *thread;
	struct lh_chain *chain;
	struct lh_chain_visit *visit;
	struct lh_hb_edge hb_edge[1];
	struct lh_order_input input;
	lh_lock_id *lock_id; /* by position in the hidden order */
	uint32_t *head;      /* hash of chains */
	uint32_t mask;
};

static uint64_t random_state = 88172645463325252u;

static uint32_t random_below(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 20) % n;
}

/* CPU time of this thread, because other processes may run. */
static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double clock_cost; /* of reading the clock, which every measurement contains */

static void measure_clock_cost(void)
{
	double begin = now();

	for (int i = 0; i < 10000; i++)
		now();
	clock_cost = (now() - begin) / 10001;
}

static void *map_zeros(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return p;
}

static void tables_init(struct order_tables *tables, uint32_t locks, uint32_t chains)
{
	memset(tables, 0, sizeof *tables);
	tables->lock = map_zeros(sizeof *tables->lock * (locks + 2));
	tables->thread = map_zeros(sizeof *tables->thread * (THREADS + 1));
	tables->chain = map_zeros(sizeof *tables->chain * (chains + 1));
	tables->visit = map_zeros(sizeof *tables->visit * (chains + 1));
	tables->lock_id = map_zeros(sizeof *tables->lock_id * (locks + 1));
	for (tables->mask = 1024; tables->mask < chains; tables->mask *= 2)
		;
	tables->head = map_zeros(sizeof *tables->head * tables->mask--);
	tables->input = (struct lh_order_input){.lock = tables->lock,
						.thread = tables->thread,
						.chain = tables->chain,
						.visit = tables->visit,
						.hb_edge = tables->hb_edge,
						.locks = 1,
						.threads = THREADS + 1,
						.chains = 1,
						.visits = 1,
						.hb_edges = 1};
}

static void tables_free(struct order_tables *tables, uint32_t locks, uint32_t chains)
{
	munmap(tables->lock, sizeof *tables->lock * (locks + 2));
	munmap(tables->thread, sizeof *tables->thread * (THREADS + 1));
	munmap(tables->chain, sizeof *tables->chain * (chains + 1));
	munmap(tables->visit, sizeof *tables->visit * (chains + 1));
	munmap(tables->lock_id, sizeof *tables->lock_id * (locks + 1));
	munmap(tables->head, sizeof *tables->head * (tables->mask + 1));
}

static lh_lock_id lock_at(struct order_tables *tables, uint32_t position)
{
	if (!tables->lock_id[position]) {
		tables->lock[tables->input.locks] = (struct lh_lock){.kind = LH_MUTEX};
		tables->lock_id[position] = LH_LOCK_ID(tables->input.locks, 0);
		tables->input.locks++;
	}
	return tables->lock_id[position];
}

/* Finds or adds a chain; *fresh: it was added. */
static lh_chain_id chain_of(struct order_tables *tables, lh_chain_id parent, lh_lock_id lock,
			    bool *added)
{
	uint64_t h = ((uint64_t)parent << 32 | lock) * 0x9e3779b97f4a7c15u;
	uint32_t *head = &tables->head[(h >> 32) & tables->mask], n;

	for (n = *head; n; n = tables->chain[n].hash_next)
		if (tables->chain[n].parent == parent && tables->chain[n].lock == lock)
			return n;
	n = tables->input.chains++;
	tables->chain[n] = (struct lh_chain){.parent = parent,
					     .lock = lock,
					     .site = LH_SITE(1, LH_BLOCKING, 0),
					     .depth = tables->chain[parent].depth + 1,
					     .next = tables->lock[LH_LOCK_ROW(lock)].chains,
					     .hash_next = *head,
					     .visit = n};
	tables->lock[LH_LOCK_ROW(lock)].chains = n;
	tables->visit[n] = (struct lh_chain_visit){.chain = n, .thread = 1 + n % THREADS};
	tables->input.visits = n + 1;
	*head = n;
	*added = true;
	return n;
}

static int by_number(const void *a, const void *tables)
{
	const uint32_t *x = a, *y = tables;

	return *x < *y ? -1 : *x > *y;
}

static struct chain random_chain(uint32_t low, uint32_t high)
{
	struct chain c;
	bool again;

	do {
		again = false;
		for (int i = 0; i < DEPTH; i++)
			c.lock[i] = low + random_below(high - low);
		qsort(c.lock, DEPTH, sizeof c.lock[0], by_number);
		for (int i = 1; i < DEPTH; i++)
			again |= c.lock[i] == c.lock[i - 1];
	} while (again);
	return c;
}

static int by_chain(const void *a, const void *tables)
{
	return memcmp(a, tables, sizeof(struct chain)) ? by_number(a, tables) : 0;
}

static int by_chain_back(const void *a, const void *tables)
{
	return -by_number(a, tables);
}

static int by_distance(const void *a, const void *tables)
{
	const struct chain *x = a, *y = tables;

	return (int)(y->lock[DEPTH - 1] - y->lock[0]) - (int)(x->lock[DEPTH - 1] - x->lock[0]);
}

static struct chain *chains_make(enum order order, uint32_t n, uint32_t locks)
{
	struct chain *c = malloc(sizeof *c * n);
	uint32_t half = locks / 2;

	for (uint32_t i = 0; i < n; i++)
		c[i] = order != BRIDGES || i >= n / 2 ? random_chain(0, locks)
		       : random_below(2)              ? random_chain(0, half)
						      : random_chain(half, locks);
	if (order == SORTED)
		qsort(c, n, sizeof *c, by_chain);
	if (order == BACKWARD)
		qsort(c, n, sizeof *c, by_chain_back);
	if (order == BRIDGES)
		qsort(c + n / 2, n - n / 2, sizeof *c, by_distance);
	return c;
}

struct result {
	double mean, worst, last; /* ns per dependency; `last`: the mean of the last tenth */
	uint32_t found;
	struct lh_order_counts counts;
};

struct run {
	struct order_tables tables;
	struct lh_order_graph *graph;
	struct result r;
	uint32_t dependencies, want;
	double spent, spent_before_last;
};

static lh_chain_id step(struct run *run, lh_chain_id parent, lh_lock_id lock)
{
	bool added = false;
	lh_chain_id n = chain_of(&run->tables, parent, lock, &added);
	double begin, ns;

	if (!added || !run->graph)
		return n;
	begin = now();
	run->r.found += lh_order_check_chain(run->graph, &run->tables.input, n);
	ns = now() - begin - clock_cost;
	run->spent += ns;
	if (ns > run->r.worst)
		run->r.worst = ns;
	if (parent && ++run->dependencies == run->want - run->want / 10)
		run->spent_before_last = run->spent;
	return n;
}

static void add_chain(struct run *run, const struct chain *c, lh_chain_id parent)
{
	for (int i = 0; i < DEPTH && run->dependencies < run->want; i++)
		parent = step(run, parent, lock_at(&run->tables, c->lock[i]));
}

static struct lh_order_graph *graph_new(uint32_t chains, uint32_t locks, uint32_t refill,
					uint32_t budget_max)
{
	struct lh_order_graph_size size = {
		.locks = locks + 2,
		.edges = locks * locks + 8 < chains * 4 ? locks * locks + 8 : chains * 4,
		.witnesses = chains * 5,
		.threads = THREADS + 1,
		.visits = chains + 1,
		.hb_edges = 1,
		.cycles = 4096,
		.refill = refill,
		.budget_max = budget_max};

	return lh_order_graph_init(map_zeros(lh_order_graph_bytes(&size)), &size,
				   LH_ORDER_LOCK_LISTS);
}

static struct result bench(enum order order, uint32_t dependencies, uint32_t locks)
{
	uint32_t chains = dependencies * 2 + 1024, n = dependencies;
	struct chain *chain = chains_make(order, n, locks);
	struct run run = {.want = dependencies};
	lh_chain_id root = 0;

	tables_init(&run.tables, locks, chains);
	run.graph = graph_new(chains, locks, 0, 0);
	if (order == GATED)
		root = step(&run, 0, lock_at(&run.tables, locks));
	for (uint32_t i = 0; i < n && run.dependencies < dependencies; i++) {
		add_chain(&run, &chain[i], root);
		if (i == n / 10 && order >= WITH_CYCLE) {
			struct chain wrong = {{locks - 2, 1, 0, locks - 1}};
			add_chain(&run, &wrong, root);
		}
	}
	run.r.mean = run.spent / run.dependencies;
	run.r.last = (run.spent - run.spent_before_last) / (run.want / 10);
	run.r.counts = lh_order_counts(run.graph);
	tables_free(&run.tables, locks, chains);
	free(chain);
	return run.r;
}

/* A run that has ended: all rows exist, and the front end checks each chain. */
static void check_whole_run(enum order order, uint32_t dependencies, uint32_t locks)
{
	uint32_t chains = dependencies * 2 + 1024, found = 0;
	struct chain *chain = chains_make(order, dependencies, locks);
	struct run run = {.want = UINT32_MAX};
	struct lh_order_counts c;
	double begin;

	tables_init(&run.tables, locks, chains);
	for (uint32_t i = 0; i < dependencies && run.tables.input.chains < dependencies; i++) {
		add_chain(&run, &chain[i], 0);
		if (i == dependencies / 10 && order >= WITH_CYCLE)
			add_chain(&run, &(struct chain){{locks - 2, 1, 0, locks - 1}}, 0);
	}
	begin = now();
	run.graph = graph_new(chains, locks, 0, 50u << 20);
	for (lh_chain_id i = 1; i < run.tables.input.chains; i++)
		found += lh_order_check_chain(run.graph, &run.tables.input, i);
	c = lh_order_counts(run.graph);
	printf("whole run, %-8s %8u nodes  %7.3f s   found %u, cut %u\n", order_name[order],
	       run.tables.input.chains - 1, (now() - begin) / 1e9, found, c.cut);
	tables_free(&run.tables, locks, chains);
	free(chain);
}

int main(int argc, char **argv)
{
	static const uint32_t sizes[] = {10000, 100000, 500000, 1000000};
	uint32_t locks = argc > 1 ? (uint32_t)atoi(argv[1]) : 1000;

	measure_clock_cost();
	printf("%u locks, depth %d, distinct dependencies; ns each\n", locks, DEPTH);
	printf("%-9s %9s %9s %10s %12s %9s %8s %8s %8s\n", "arrival", "count", "mean", "last tenth",
	       "worst one", "edges", "found", "cut", "refused");
	for (int o = argc > 2 ? atoi(argv[2]) : 0; o < ORDERS; o++)
		for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
			struct result r = bench((enum order)o, sizes[i], locks);
			printf("%-9s %9u %9.0f %10.0f %12.0f %9u %8u %8u %8u\n", order_name[o],
			       sizes[i], r.mean, r.last, r.worst, r.counts.edges, r.found,
			       r.counts.cut, r.counts.refused);
		}
	check_whole_run(RANDOM, 100000, locks);
	check_whole_run(WITH_CYCLE, 100000, locks);
	return 0;
}
