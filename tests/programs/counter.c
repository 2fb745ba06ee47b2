/*
 * counter — several threads add one to the same number, five ways.
 *
 * An increment is three steps: read, add, write. `unsafe` does them as three steps, and
 * updates get lost when another thread writes between the read and the write. The others
 * are the cures. No mode uses a lock wrongly, so the checker finds nothing, not even in
 * `unsafe`: it watches locks, not memory. If a mode uses no lock at all, the checker reports
 * that it saw none and ends with 125, a failure. (A race detector such as ThreadSanitizer
 * finds plain variables that no lock guards; see docs/course.md.)
 *
 * `unsafe` certainly loses updates: in its first increment each thread waits, between read
 * and write, until all have read. All read 0, so all write 1, and at least threads - 1 updates
 * are lost, on one core too: each write adds 1 to what was read, so the final number is the
 * length of a chain of increments, each of which read what the previous one wrote; of the
 * increments that read 0 only one can be in the chain. After that every thousandth increment
 * yields between read and write, which makes the loss large.
 * Reads and writes are relaxed atomics: in C a plain `counter++` of several threads is undefined,
 * and a compiler may turn the loop into one addition, which hides the loss.
 *
 * RUN: counter unsafe
 * EXPECT-MATCH: unsafe: [0-9]+ of 2000000, lost [1-9][0-9]*
 * EXPECT-STATUS: 125
 *
 * RUN: counter unsafe --threads 4
 * EXPECT-MATCH: unsafe: [0-9]+ of 4000000, lost [1-9][0-9]*
 * EXPECT-STATUS: 125
 *
 * RUN: counter mutex
 * EXPECT-OUTPUT: mutex: 2000000 of 2000000, lost 0
 *
 * RUN: counter mutex --threads 4
 * EXPECT-OUTPUT: mutex: 4000000 of 4000000, lost 0
 *
 * RUN: counter isolated
 * EXPECT-OUTPUT: isolated: 2000000 of 2000000, lost 0
 * EXPECT-STATUS: 125
 *
 * RUN: counter isolated --threads 4
 * EXPECT-OUTPUT: isolated: 4000000 of 4000000, lost 0
 * EXPECT-STATUS: 125
 *
 * RUN: counter atomic
 * EXPECT-OUTPUT: atomic: 2000000 of 2000000, lost 0
 * EXPECT-STATUS: 125
 *
 * RUN: counter atomic --threads 4
 * EXPECT-OUTPUT: atomic: 4000000 of 4000000, lost 0
 * EXPECT-STATUS: 125
 *
 * RUN: counter cas
 * EXPECT-OUTPUT: cas: 2000000 of 2000000, lost 0
 * EXPECT-MATCH: cas: [1-9][0-9]* retries
 * EXPECT-STATUS: 125
 *
 * RUN: counter cas --threads 4
 * EXPECT-OUTPUT: cas: 4000000 of 4000000, lost 0
 * EXPECT-MATCH: cas: [1-9][0-9]* retries
 * EXPECT-STATUS: 125
 *
 * RUN: counter table
 * EXPECT-MATCH: unsafe +no, lost [1-9][0-9]* +[0-9.]+ ns -> [0-9.]+ ns +none: no lock held
 * EXPECT-MATCH: mutex +yes +[0-9.]+ ns -> [0-9.]+ ns +only with a second lock: 1 held at once
 * EXPECT-MATCH: isolated +yes +[0-9.]+ ns -> [0-9.]+ ns +none: no lock held
 * EXPECT-MATCH: atomic +yes +[0-9.]+ ns -> [0-9.]+ ns +none: no lock held
 * EXPECT-MATCH: cas +yes +[0-9.]+ ns -> [0-9.]+ ns +none: no lock held
 *
 * RUN: counter --help
 * EXPECT-MATCH: usage: counter MODE.*
 */
#include "show.h"

static atomic_long shared;
static pthread_mutex_t counter_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int readers, losers; /* how many threads are in their first increment */
static atomic_long retries;
static atomic_int most_held; /* most locks that one thread held at once */
static long running;         /* threads in this round */

/* One cell per thread, each in its own cache line, so that threads do not slow each other down. */
static struct {
	_Alignas(64) long count;
} cells[THREADS_MAX];

static void *add_unsafe(void *unused)
{
	(void)unused;
	for (long i = 0; i < set.times; i++) {
		long seen = atomic_load_explicit(&shared, memory_order_relaxed);

		if (i == 0)
			meet(&readers, (int)running);
		else if (i % 1000 == 0)
			sched_yield();
		atomic_store_explicit(&shared, seen + 1, memory_order_relaxed);
	}
	return NULL;
}

static void *add_mutex(void *unused)
{
	(void)unused;
	for (long i = 0; i < set.times; i++) {
		int held = 0;

		pthread_mutex_lock(&counter_lock);
		if (++held > atomic_load_explicit(&most_held, memory_order_relaxed))
			atomic_store(&most_held, held);
		atomic_store_explicit(&shared,
				      atomic_load_explicit(&shared, memory_order_relaxed) + 1,
				      memory_order_relaxed);
		pthread_mutex_unlock(&counter_lock);
	}
	return NULL;
}

static void *add_isolated(void *number_of_thread)
{
	long *mine = &cells[(long)number_of_thread].count;

	for (long i = 0; i < set.times; i++)
		*(volatile long *)mine +=
			1; /* volatile: without it the compiler makes one addition of the loop */
	return NULL;
}

static void *add_atomic(void *unused)
{
	(void)unused;
	for (long i = 0; i < set.times; i++)
		atomic_fetch_add(&shared, 1);
	return NULL;
}

/*
 * Reads, adds, and writes only if no thread wrote in between; otherwise tries again with the new
 * value. In the first increment the threads meet, as in add_unsafe, so that there are retries
 * on every machine: of the threads that read 0, only one may write.
 */
static void *add_cas(void *unused)
{
	(void)unused;
	for (long i = 0; i < set.times; i++) {
		long seen = atomic_load(&shared);

		if (i == 0)
			meet(&losers, (int)running);
		while (!atomic_compare_exchange_strong(&shared, &seen, seen + 1))
			atomic_fetch_add(&retries, 1);
	}
	return NULL;
}

struct approach {
	const char *name;
	void *(*body)(void *);
};

static const struct approach approaches[] = {{"unsafe", add_unsafe},
					     {"mutex", add_mutex},
					     {"isolated", add_isolated},
					     {"atomic", add_atomic},
					     {"cas", add_cas}};

struct result {
	long value, wanted;
	double ns; /* for one increment of one thread */
};

static struct result measure(const struct approach *a, long threads)
{
	struct result r = {0, threads * set.times, 0};
	double from;

	atomic_store(&shared, 0);
	atomic_store(&readers, 0);
	atomic_store(&losers, 0);
	atomic_store(&retries, 0);
	atomic_store(&most_held, 0);
	memset(cells, 0, sizeof(cells));
	running = threads;
	from = now();
	run_threads(threads, a->body);
	r.ns = (now() - from) * 1e9 / (double)set.times;
	r.value = atomic_load(&shared);
	for (long i = 0; i < threads; i++)
		r.value += cells[i].count;
	return r;
}

static void run_one(int which)
{
	const struct approach *a = &approaches[which];
	struct result r = measure(a, set.threads);

	say("%s: %ld of %ld, lost %ld", a->name, r.value, r.wanted, r.wanted - r.value);
	if (a->body == add_cas)
		say("%s: %ld retries", a->name, atomic_load(&retries));
}

static void run_unsafe(void)
{
	run_one(0);
}

static void run_mutex(void)
{
	run_one(1);
}

static void run_isolated(void)
{
	run_one(2);
}

static void run_atomic(void)
{
	run_one(3);
}

static void run_cas(void)
{
	run_one(4);
}

/* Correct: the result is right. Cost: of one increment, by one thread alone, and by all together.
 * Risk: a deadlock needs a thread that holds one lock and wants another. */
static void table_row(const struct approach *a)
{
	struct result alone = measure(a, 1), together = measure(a, set.threads);
	int held = atomic_load(&most_held);
	char correct[40] = "yes", cost[40], risk[60] = "none: no lock held";

	if (together.value != together.wanted)
		snprintf(correct, sizeof(correct), "no, lost %ld",
			 together.wanted - together.value);
	snprintf(cost, sizeof(cost), "%.1f ns -> %.1f ns", alone.ns, together.ns);
	if (held)
		snprintf(risk, sizeof(risk), "%s: %d held at once",
			 held > 1 ? "yes" : "only with a second lock", held);
	say("%-10s %-18s %-24s %s", a->name, correct, cost, risk);
}

static void run_table(void)
{
	say("%ld threads, %ld increments each", set.threads, set.times);
	say("%-10s %-18s %-24s %s", "approach", "correct", "cost alone -> together",
	    "deadlock risk");
	for (size_t i = 0; i < sizeof(approaches) / sizeof(*approaches); i++)
		table_row(&approaches[i]);
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{"unsafe", run_unsafe, "read, add, write as three steps: loses updates"},
		{"mutex", run_mutex, "the three steps under a lock"},
		{"isolated", run_isolated, "one cell a thread, summed at the end"},
		{"atomic", run_atomic, "one indivisible addition"},
		{"cas", run_cas, "compare and swap, again if another thread was faster"},
		{"table", run_table, "all of them: correct, cost, deadlock risk, as measured here"},
		{0}};

	(void)argc;
	return show_main(argv, "several threads add one to the same number", modes,
			 (struct settings){.threads = 2, .times = 1000000});
}
