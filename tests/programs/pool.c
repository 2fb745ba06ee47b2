/*
 * pool — a counting semaphore lets a number of threads in and makes the others wait.
 *
 * `two-permits` shows how a pool deadlocks: users hold one permit and wait for another.
 * Without --hang the users come one after the other and finish. With --hang each of three
 * users holds one of three permits and waits for a second: all permits are held by threads
 * that wait for one, which the checker reports, and `check` ends the program.
 *
 * RUN: pool connections
 * EXPECT-OUTPUT: 8 users served, at most 3 at a time
 *
 * RUN: pool rate-limiter
 * EXPECT-OUTPUT: 12 requests in 3 periods, never ahead of 5 a period
 *
 * RUN: pool printer-queue
 * EXPECT-OUTPUT: 6 jobs printed, at most 2 at a time
 *
 * RUN: pool two-permits
 * EXPECT-OUTPUT: 3 users had two permits each
 * EXPECT-FINDING: pool-deadlock permits
 * EXPECT-STATUS: 66
 *
 * RUN: pool two-permits --hang
 * EXPECT-OUTPUT: each of 3 users holds a permit and wants another
 * EXPECT-HANG: yes
 * EXPECT-FINDING: pool-deadlock permits
 * EXPECT-STATUS: 66
 *
 * RUN: pool two-at-once
 * EXPECT-OUTPUT: 3 users had two permits each
 *
 * RUN: pool --help
 * EXPECT-MATCH: usage: pool MODE.*
 */
#include <semaphore.h>

#include "show.h"

#define PERMITS 3
#define PER_PERIOD 5
#define REQUESTS 12

static sem_t permits;
static pthread_mutex_t pool_lock = PTHREAD_MUTEX_INITIALIZER; /* guards free_one, served */
static bool taken[PERMITS];                                   /* which connection is in use */
static int served;
static atomic_int inside, most_inside, here, turn;
static int room; /* how many permits there are */

static void make_permits(int n)
{
	room = n;
	if (sem_init(&permits, 0, (unsigned int)n) == -1)
		must(errno, "sem_init");
}

static void take_permit(void)
{
	while (sem_wait(&permits) == -1)
		;
}

static void give_permit(void)
{
	sem_post(&permits);
}

/* Counts the users inside; the first `room` users meet here, so that the maximum is reached. */
static void come_in(void)
{
	int n = atomic_fetch_add(&inside, 1) + 1, most = atomic_load(&most_inside);

	while (n > most && !atomic_compare_exchange_weak(&most_inside, &most, n))
		;
	meet(&here, room);
}

static void go_out(void)
{
	atomic_fetch_sub(&inside, 1);
}

/* The caller holds a permit, so a connection is free. The mutex is held while a connection is
 * picked, not while it is used. */
static int pick_connection(void)
{
	int i = 0;

	pthread_mutex_lock(&pool_lock);
	while (taken[i])
		i++;
	taken[i] = true;
	pthread_mutex_unlock(&pool_lock);
	return i;
}

static void put_back(int connection)
{
	pthread_mutex_lock(&pool_lock);
	taken[connection] = false;
	served++;
	pthread_mutex_unlock(&pool_lock);
}

static void *use_connection(void *unused)
{
	int connection;

	(void)unused;
	take_permit();
	connection = pick_connection();
	come_in();
	go_out();
	put_back(connection);
	give_permit();
	return NULL;
}

static void run_connections(void)
{
	make_permits(PERMITS);
	run_threads(8, use_connection);
	say("%d users served, at most %d at a time", served, atomic_load(&most_inside));
}

static atomic_int periods, passed, too_early;

/* Makes three requests; a request passes when a permit is left in this period. */
static void *request(void *unused)
{
	(void)unused;
	for (int i = 0; i < REQUESTS / 4; i++) {
		take_permit();
		if (atomic_fetch_add(&passed, 1) + 1 > PER_PERIOD * atomic_load(&periods))
			atomic_fetch_add(&too_early, 1);
	}
	return NULL;
}

/* Posts new permits every 10 ms. Here the semaphore is no lock but a signal: the thread that
 * posts a permit is not the thread that waited for it. */
static void *clock_of_limiter(void *unused)
{
	(void)unused;
	while (atomic_load(&passed) < REQUESTS) {
		atomic_fetch_add(&periods, 1);
		for (int i = 0; i < PER_PERIOD; i++)
			give_permit();
		sleep_ms(10);
		while (atomic_load(&passed) < REQUESTS &&
		       atomic_load(&passed) < PER_PERIOD * atomic_load(&periods))
			sched_yield();
	}
	return NULL;
}

static void run_limiter(void)
{
	pthread_t ticking;

	make_permits(0);
	ticking = start(clock_of_limiter, NULL);
	run_threads(4, request);
	finish(ticking);
	say("%d requests in %d periods, %s ahead of %d a period", atomic_load(&passed),
	    atomic_load(&periods), atomic_load(&too_early) ? "sometimes" : "never", PER_PERIOD);
}

static void *print_job(void *unused)
{
	(void)unused;
	take_permit(); /* one of the printers */
	come_in();
	go_out();
	give_permit();
	next_turn(&turn);
	return NULL;
}

static void run_printers(void)
{
	make_permits(2);
	run_threads(6, print_job);
	say("%d jobs printed, at most %d at a time", atomic_load(&turn), atomic_load(&most_inside));
}

/* A user of two permits: takes one, and waits for another while it holds the first. */
static NOINLINE void take_two(long me)
{
	take_permit();
	if (set.hang) {
		next_turn(&turn);
		meet(&here, PERMITS);
		if (me == 0)
			say("each of %d users holds a permit and wants another", PERMITS);
		sleep_ms(20 * me); /* so that the report is the same each time */
	}
	take_permit();
	give_permit();
	give_permit();
}

static void *user_of_two(void *number_of_thread)
{
	long me = (long)number_of_thread;

	begin(PERMITS);
	wait_turn(&turn, (int)me);
	take_two(me);
	next_turn(&turn);
	return NULL;
}

static void run_two_permits(void)
{
	make_permits(PERMITS);
	run_together(PERMITS, user_of_two);
	say("%d users had two permits each", atomic_load(&turn));
}

static pthread_mutex_t taking_two = PTHREAD_MUTEX_INITIALIZER;

/* Only one user at a time is between its first and its second permit; a user that has both
 * needs no more and will release both. */
static void *user_at_once(void *unused)
{
	(void)unused;
	for (int i = 0; i < 1000; i++) {
		pthread_mutex_lock(&taking_two);
		take_permit();
		take_permit();
		pthread_mutex_unlock(&taking_two);
		give_permit();
		give_permit();
	}
	next_turn(&turn);
	return NULL;
}

static void run_at_once(void)
{
	make_permits(PERMITS);
	run_threads(PERMITS, user_at_once);
	say("%d users had two permits each", atomic_load(&turn));
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{"connections", run_connections, "3 connections, 8 users"},
		{"rate-limiter", run_limiter, "5 requests a period"},
		{"printer-queue", run_printers, "2 printers, 6 jobs"},
		{"two-permits", run_two_permits, "a user that takes a second permit (--hang)"},
		{"two-at-once", run_at_once, "the same, both taken in one step"},
		{0}};

	(void)argc;
	return show_main(argv, "a counting semaphore lets N in", modes, (struct settings){0});
}
