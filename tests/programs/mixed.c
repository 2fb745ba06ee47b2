/*
 * mixed — the counter with a lock in one function and without it in another.
 *
 * The race is still there: a lock stops only threads that also acquire the lock. Both threads
 * read 0 in their first increment, one with the lock held and one without, so at least one
 * update is certainly lost (why: see counter.c). The checker has nothing to report: no lock call
 * shows that the second function needs the lock too.
 *
 * RUN: mixed half-locked
 * EXPECT-MATCH: counter [0-9]+ of 2000000, lost [1-9][0-9]*
 *
 * RUN: mixed locked
 * EXPECT-OUTPUT: counter 2000000 of 2000000, lost 0
 *
 * RUN: mixed --help
 * EXPECT-MATCH: usage: mixed MODE.*
 */
#include "show.h"

static pthread_mutex_t counter_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_long counter; /* relaxed reads and writes, see counter.c */
static atomic_int here;

static void read_add_write(bool first, bool often)
{
	long seen = atomic_load_explicit(&counter, memory_order_relaxed);

	if (first)
		meet(&here, 2);
	else if (often)
		sched_yield();
	atomic_store_explicit(&counter, seen + 1, memory_order_relaxed);
}

static void *add_with_lock(void *unused)
{
	(void)unused;
	for (long i = 0; i < set.times; i++) {
		pthread_mutex_lock(&counter_lock);
		read_add_write(i == 0, false);
		pthread_mutex_unlock(&counter_lock);
	}
	return NULL;
}

static void *add_without(void *unused)
{
	(void)unused;
	for (long i = 0; i < set.times; i++)
		read_add_write(i == 0, i % 1000 == 0);
	return NULL;
}

static void report(void)
{
	long wanted = 2 * set.times, got = atomic_load(&counter);

	say("counter %ld of %ld, lost %ld", got, wanted, wanted - got);
}

static void run_half(void)
{
	pthread_t one = start(add_with_lock, NULL), other = start(add_without, NULL);

	finish(one);
	finish(other);
	report();
}

static void run_locked(void)
{
	atomic_store(&here, 2); /* under the lock is only one thread: it cannot meet another */
	run_threads(2, add_with_lock);
	report();
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{"half-locked", run_half,
		 "one function locks, the other does not: updates are lost"},
		{"locked", run_locked, "both lock"},
		{0}};

	(void)argc;
	return show_main(argv, "a lock in one function and not in another", modes,
			 (struct settings){.times = 1000000});
}
