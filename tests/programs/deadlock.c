/*
 * deadlock — threads that wait in a cycle: two, a ring of them, one alone, five philosophers.
 *
 * Without --hang the threads run one after the other: the lock orders form a cycle, and no
 * thread hangs. With --hang each thread acquires its first lock before any thread tries to
 * acquire its second, so all of them wait forever.
 *
 * RUN: deadlock two
 * EXPECT-OUTPUT: thread 0 has both
 * EXPECT-OUTPUT: thread 1 has both
 * EXPECT-FINDING: lock-order lock_A lock_B
 * EXPECT-STATUS: 66
 *
 * RUN: deadlock two --hang
 * EXPECT-OUTPUT: each of 2 threads holds one lock and wants the next
 * EXPECT-HANG: yes
 * EXPECT-FINDING: deadlock lock_A lock_B
 * EXPECT-STATUS: 66
 *
 * RUN: deadlock ring
 * EXPECT-OUTPUT: thread 2 has both
 * EXPECT-FINDING: lock-order ring* ring* ring*
 * EXPECT-STATUS: 66
 *
 * RUN: deadlock ring --hang
 * EXPECT-OUTPUT: each of 3 threads holds one lock and wants the next
 * EXPECT-HANG: yes
 * EXPECT-FINDING: deadlock ring* ring* ring*
 * EXPECT-STATUS: 66
 *
 * RUN: deadlock ring --threads 6
 * EXPECT-OUTPUT: thread 5 has both
 * EXPECT-FINDING: lock-order ring* ring* ring* ring* ring* ring*
 * EXPECT-STATUS: 66
 *
 * RUN: deadlock ring --threads 6 --hang
 * EXPECT-OUTPUT: each of 6 threads holds one lock and wants the next
 * EXPECT-HANG: yes
 * EXPECT-FINDING: deadlock ring* ring* ring* ring* ring* ring*
 * EXPECT-STATUS: 66
 *
 * RUN: deadlock self
 * EXPECT-OUTPUT: the audit asks for the balance
 * EXPECT-HANG: yes
 * EXPECT-FINDING: self-deadlock lock_A
 * EXPECT-STATUS: 66
 *
 * RUN: deadlock philosophers-wrong
 * EXPECT-OUTPUT: 5 philosophers have eaten
 * EXPECT-FINDING: lock-order fork* fork* fork* fork* fork*
 * EXPECT-STATUS: 66
 *
 * RUN: deadlock philosophers-wrong --hang
 * EXPECT-OUTPUT: each of 5 threads holds one lock and wants the next
 * EXPECT-HANG: yes
 * EXPECT-FINDING: deadlock fork* fork* fork* fork* fork*
 * EXPECT-STATUS: 66
 *
 * RUN: deadlock philosophers-right
 * EXPECT-OUTPUT: 5 philosophers have eaten
 *
 * RUN: deadlock --help
 * EXPECT-MATCH: usage: deadlock MODE.*
 */
#include "show.h"

#define PHILOSOPHERS 5

static pthread_mutex_t lock_A = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t lock_B = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t ring[THREADS_MAX];
static pthread_mutex_t forks[PHILOSOPHERS];

static atomic_int here, turn;
static long running; /* threads in this round */

static void make_locks(pthread_mutex_t *locks, long n)
{
	for (long i = 0; i < n; i++)
		must(pthread_mutex_init(&locks[i], NULL), "pthread_mutex_init");
}

/* All threads hold their first lock when they return from here: the hang is certain. The pause
 * is only for the report: the last thread always closes the cycle. */
static void hold_and_want(long me)
{
	next_turn(&turn);
	meet(&here, (int)running);
	if (me == 0)
		say("each of %ld threads holds one lock and wants the next", running);
	sleep_ms(20 * me);
}

/* Thread `me` waits for its turn and acquires both locks; --hang makes the threads meet between. */
static NOINLINE void take_both(long me, pthread_mutex_t *first, pthread_mutex_t *second)
{
	begin((int)running);
	wait_turn(&turn, (int)me);
	pthread_mutex_lock(first);
	if (set.hang)
		hold_and_want(me);
	pthread_mutex_lock(second);
	say("thread %ld has both", me);
	pthread_mutex_unlock(second);
	pthread_mutex_unlock(first);
	next_turn(&turn);
}

static void *a_then_b(void *unused)
{
	(void)unused;
	take_both(0, &lock_A, &lock_B);
	return NULL;
}

static void *b_then_a(void *unused)
{
	(void)unused;
	take_both(1, &lock_B, &lock_A);
	return NULL;
}

static void run_two(void)
{
	pthread_t first, second;

	running = 2;
	first = start(a_then_b, NULL);
	second = start(b_then_a, NULL);
	begin(2);
	finish(first);
	finish(second);
}

static void *in_ring(void *number_of_thread)
{
	long me = (long)number_of_thread;

	take_both(me, &ring[me], &ring[(me + 1) % running]);
	return NULL;
}

static void run_ring(void)
{
	running = set.threads;
	make_locks(ring, running);
	run_together(running, in_ring);
}

static long money = 100;

static NOINLINE long balance(void)
{
	long seen;

	pthread_mutex_lock(&lock_A);
	seen = money;
	pthread_mutex_unlock(&lock_A);
	return seen;
}

/* Holds the lock and calls a function that acquires the lock too. */
static NOINLINE void audit(void)
{
	pthread_mutex_lock(&lock_A);
	say("the audit asks for the balance");
	say("balance %ld", balance());
	pthread_mutex_unlock(&lock_A);
}

static void run_self(void)
{
	audit();
}

static void eat(long times, pthread_mutex_t *first, pthread_mutex_t *second)
{
	for (long i = 0; i < times; i++) {
		pthread_mutex_lock(first);
		pthread_mutex_lock(second);
		pthread_mutex_unlock(second);
		pthread_mutex_unlock(first);
	}
}

/* Each philosopher takes the left fork first. If all have a left fork, none gets a right one. */
static void *left_first(void *number)
{
	long left = (long)number;

	take_both(left, &forks[left], &forks[(left + 1) % PHILOSOPHERS]);
	return NULL;
}

/* Each philosopher takes the fork with the lower number first, so the last philosopher takes the
 * right fork first: the orders form no cycle, and all may eat at the same time. */
static void *lower_first(void *number)
{
	long left = (long)number, right = (left + 1) % PHILOSOPHERS;
	long low = left < right ? left : right, high = left < right ? right : left;

	begin(PHILOSOPHERS);
	eat(1000, &forks[low], &forks[high]);
	return NULL;
}

static void dinner(void *(*philosopher)(void *))
{
	running = PHILOSOPHERS;
	make_locks(forks, PHILOSOPHERS);
	run_together(PHILOSOPHERS, philosopher);
	say("%d philosophers have eaten", PHILOSOPHERS);
}

static void run_wrong(void)
{
	dinner(left_first);
}

static void run_right(void)
{
	dinner(lower_first);
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{"two", run_two, "A then B, B then A (--hang)"},
		{"ring", run_ring, "each holds its own and wants the next (--threads, --hang)"},
		{"self", run_self, "one thread, one plain lock, twice: hangs"},
		{"philosophers-wrong", run_wrong, "left fork first (--hang)"},
		{"philosophers-right", run_right, "fork with the lower number first"},
		{0}};

	(void)argc;
	return show_main(argv, "cycles of waits", modes, (struct settings){.threads = 3});
}
