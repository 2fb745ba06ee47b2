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
 *   circle    as random, but one pair of locks is acquired in the wrong order after a tenth of the
 *             chains: all later dependencies lie on cycles
 *   gated     as circle, but with one lock held all the time, so that every cycle is filtered
 */
#include "libcheck/order_graph/order_graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum order { SORTED, RANDOM, BACKWARD, BRIDGES, CIRCLE, GATED, ORDERS };

static const char *const order_name[] = {"sorted",  "random", "backward",
					 "bridges", "circle", "gated"};

enum { DEPTH = 4, THREADS = 64 };

struct chain {
	uint32_t lock[DEPTH]; /* positions in the hidden order */
};

struct book {
	struct lh_lock *lock;
	struct lh_thread *thread;
	struct lh_chain *node;
	struct lh_chain_visit *seen;
	struct lh_hb_edge event[1];
	struct lh_order_input f;
	lh_lock_id *name; /* by position in the hidden order */
	uint32_t *head;   /* hash of chains */
	uint32_t mask;
};

static uint64_t state = 88172645463325252u;

static uint32_t dice(uint32_t sides)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 20) % sides;
}

/* CPU time of this thread, because other processes may run. */
static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double clock_cost; /* of reading the clock, which every measurement contains */

static void clock_learn(void)
{
	double begin = now();

	for (int i = 0; i < 10000; i++)
		now();
	clock_cost = (now() - begin) / 10001;
}

static void *room_for(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return p;
}

static void book_make(struct book *b, uint32_t locks, uint32_t nodes)
{
	memset(b, 0, sizeof *b);
	b->lock = room_for(sizeof *b->lock * (locks + 2));
	b->thread = room_for(sizeof *b->thread * (THREADS + 1));
	b->node = room_for(sizeof *b->node * (nodes + 1));
	b->seen = room_for(sizeof *b->seen * (nodes + 1));
	b->name = room_for(sizeof *b->name * (locks + 1));
	for (b->mask = 1024; b->mask < nodes; b->mask *= 2)
		;
	b->head = room_for(sizeof *b->head * b->mask--);
	b->f = (struct lh_order_input){.lock = b->lock,
				       .thread = b->thread,
				       .chain = b->node,
				       .visit = b->seen,
				       .hb_edge = b->event,
				       .locks = 1,
				       .threads = THREADS + 1,
				       .chains = 1,
				       .visits = 1,
				       .hb_edges = 1};
}

static void book_free(struct book *b, uint32_t locks, uint32_t nodes)
{
	munmap(b->lock, sizeof *b->lock * (locks + 2));
	munmap(b->thread, sizeof *b->thread * (THREADS + 1));
	munmap(b->node, sizeof *b->node * (nodes + 1));
	munmap(b->seen, sizeof *b->seen * (nodes + 1));
	munmap(b->name, sizeof *b->name * (locks + 1));
	munmap(b->head, sizeof *b->head * (b->mask + 1));
}

static lh_lock_id name_of(struct book *b, uint32_t place)
{
	if (!b->name[place]) {
		b->lock[b->f.locks] = (struct lh_lock){.kind = LH_MUTEX};
		b->name[place] = LH_LOCK_ID(b->f.locks, 0);
		b->f.locks++;
	}
	return b->name[place];
}

/* Finds or adds a chain; *fresh: it was added. */
static lh_chain_id node_of(struct book *b, lh_chain_id parent, lh_lock_id lock, bool *fresh)
{
	uint64_t h = ((uint64_t)parent << 32 | lock) * 0x9e3779b97f4a7c15u;
	uint32_t *head = &b->head[(h >> 32) & b->mask], n;

	for (n = *head; n; n = b->node[n].hash_next)
		if (b->node[n].parent == parent && b->node[n].lock == lock)
			return n;
	n = b->f.chains++;
	b->node[n] = (struct lh_chain){.parent = parent,
				       .lock = lock,
				       .site = LH_SITE(1, LH_BLOCKING, 0),
				       .depth = b->node[parent].depth + 1,
				       .next = b->lock[LH_LOCK_ROW(lock)].chains,
				       .hash_next = *head,
				       .visit = n};
	b->lock[LH_LOCK_ROW(lock)].chains = n;
	b->seen[n] = (struct lh_chain_visit){.chain = n, .thread = 1 + n % THREADS};
	b->f.visits = n + 1;
	*head = n;
	*fresh = true;
	return n;
}

static int by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static struct chain random_chain(uint32_t low, uint32_t high)
{
	struct chain c;
	bool again;

	do {
		again = false;
		for (int i = 0; i < DEPTH; i++)
			c.lock[i] = low + dice(high - low);
		qsort(c.lock, DEPTH, sizeof c.lock[0], by_number);
		for (int i = 1; i < DEPTH; i++)
			again |= c.lock[i] == c.lock[i - 1];
	} while (again);
	return c;
}

static int by_chain(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct chain)) ? by_number(a, b) : 0;
}

static int by_chain_back(const void *a, const void *b)
{
	return -by_number(a, b);
}

static int by_distance(const void *a, const void *b)
{
	const struct chain *x = a, *y = b;

	return (int)(y->lock[DEPTH - 1] - y->lock[0]) - (int)(x->lock[DEPTH - 1] - x->lock[0]);
}

static struct chain *chains_make(enum order order, uint32_t n, uint32_t locks)
{
	struct chain *c = malloc(sizeof *c * n);
	uint32_t half = locks / 2;

	for (uint32_t i = 0; i < n; i++)
		c[i] = order != BRIDGES || i >= n / 2 ? random_chain(0, locks)
		       : dice(2)                      ? random_chain(0, half)
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
	struct book book;
	struct lh_order_graph *j;
	struct result r;
	uint32_t dependencies, want;
	double spent, spent_before_last;
};

static lh_chain_id step(struct run *run, lh_chain_id parent, lh_lock_id lock)
{
	bool fresh = false;
	lh_chain_id n = node_of(&run->book, parent, lock, &fresh);
	double begin, took;

	if (!fresh || !run->j)
		return n;
	begin = now();
	run->r.found += lh_order_check_chain(run->j, &run->book.f, n);
	took = now() - begin - clock_cost;
	run->spent += took;
	if (took > run->r.worst)
		run->r.worst = took;
	if (parent && ++run->dependencies == run->want - run->want / 10)
		run->spent_before_last = run->spent;
	return n;
}

static void take_chain(struct run *run, const struct chain *c, lh_chain_id parent)
{
	for (int i = 0; i < DEPTH && run->dependencies < run->want; i++)
		parent = step(run, parent, name_of(&run->book, c->lock[i]));
}

static struct lh_order_graph *judge_make(uint32_t nodes, uint32_t locks, uint32_t earn,
					 uint32_t burst)
{
	struct lh_order_graph_size room = {
		.locks = locks + 2,
		.edges = locks * locks + 8 < nodes * 4 ? locks * locks + 8 : nodes * 4,
		.witnesses = nodes * 5,
		.threads = THREADS + 1,
		.visits = nodes + 1,
		.hb_edges = 1,
		.cycles = 4096,
		.refill = earn,
		.budget_max = burst};

	return lh_order_graph_init(room_for(lh_order_graph_bytes(&room)), &room,
				   LH_ORDER_LOCK_LISTS);
}

static struct result bench(enum order order, uint32_t dependencies, uint32_t locks)
{
	uint32_t nodes = dependencies * 2 + 1024, n = dependencies;
	struct chain *chain = chains_make(order, n, locks);
	struct run run = {.want = dependencies};
	lh_chain_id root = 0;

	book_make(&run.book, locks, nodes);
	run.j = judge_make(nodes, locks, 0, 0);
	if (order == GATED)
		root = step(&run, 0, name_of(&run.book, locks));
	for (uint32_t i = 0; i < n && run.dependencies < dependencies; i++) {
		take_chain(&run, &chain[i], root);
		if (i == n / 10 && order >= CIRCLE) {
			struct chain wrong = {{locks - 2, 1, 0, locks - 1}};
			take_chain(&run, &wrong, root);
		}
	}
	run.r.mean = run.spent / run.dependencies;
	run.r.last = (run.spent - run.spent_before_last) / (run.want / 10);
	run.r.counts = lh_order_counts(run.j);
	book_free(&run.book, locks, nodes);
	free(chain);
	return run.r;
}

/* A run that has ended: all rows exist, and the front end checks each chain. */
static void whole(enum order order, uint32_t dependencies, uint32_t locks)
{
	uint32_t nodes = dependencies * 2 + 1024, found = 0;
	struct chain *chain = chains_make(order, dependencies, locks);
	struct run run = {.want = UINT32_MAX};
	struct lh_order_counts c;
	double begin;

	book_make(&run.book, locks, nodes);
	for (uint32_t i = 0; i < dependencies && run.book.f.chains < dependencies; i++) {
		take_chain(&run, &chain[i], 0);
		if (i == dependencies / 10 && order >= CIRCLE)
			take_chain(&run, &(struct chain){{locks - 2, 1, 0, locks - 1}}, 0);
	}
	begin = now();
	run.j = judge_make(nodes, locks, 0, 50u << 20);
	for (lh_chain_id i = 1; i < run.book.f.chains; i++)
		found += lh_order_check_chain(run.j, &run.book.f, i);
	c = lh_order_counts(run.j);
	printf("whole run, %-8s %8u nodes  %7.3f s   found %u, cut %u\n", order_name[order],
	       run.book.f.chains - 1, (now() - begin) / 1e9, found, c.cut);
	book_free(&run.book, locks, nodes);
	free(chain);
}

int main(int argc, char **argv)
{
	static const uint32_t sizes[] = {10000, 100000, 500000, 1000000};
	uint32_t locks = argc > 1 ? (uint32_t)atoi(argv[1]) : 1000;

	clock_learn();
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
	whole(RANDOM, 100000, locks);
	whole(CIRCLE, 100000, locks);
	return 0;
}
