/*
 * queue — a producer and two consumers on a condition, 5 items: right, and in three wrong ways.
 *
 * A wait on a condition has three parts: hold the mutex, test, and test again after each
 * wake-up. `if` leaves out the third, `lost-signal` the second, `wait-unlocked` the first.
 * The checker sees the lock calls, so it reports the missing mutex; a missing test shows only as
 * a wrong result or as a hang, which the checker reports once no thread is left that can end it.
 *
 * `if` certainly fails: both consumers wait before the first item comes, and the producer wakes
 * both for one item. The second consumer finds no item.
 *
 * RUN: queue right
 * EXPECT-OUTPUT: consumed 5 items, sum 15
 * EXPECT-OUTPUT: took from an empty queue: never
 *
 * RUN: queue if
 * EXPECT-OUTPUT: took from an empty queue: yes
 *
 * RUN: queue notify-outside
 * EXPECT-OUTPUT: consumed 5 items, sum 15
 * EXPECT-OUTPUT: took from an empty queue: never
 *
 * RUN: queue lost-signal
 * EXPECT-OUTPUT: signalled
 * EXPECT-OUTPUT: waited 100 ms: the signal was lost
 *
 * RUN: queue lost-signal --hang
 * WITH: --timeout=1s
 * EXPECT-OUTPUT: signalled
 * EXPECT-HANG: yes
 * EXPECT-FINDING: lost-signal something the_end_of_T2
 * EXPECT-STATUS: 124
 *
 * RUN: queue wait-unlocked
 * EXPECT-OUTPUT: waited 100 ms: the signal was lost
 * EXPECT-FINDING: cond-wait-unlocked queue_lock something
 * EXPECT-STATUS: 66
 *
 * RUN: queue event
 * EXPECT-OUTPUT: 3 threads saw the event
 * EXPECT-OUTPUT: one that came late did not wait
 *
 * RUN: queue --help
 * EXPECT-MATCH: usage: queue MODE.*
 */
#include "show.h"

#define ITEMS 5
#define CONSUMERS 2

static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER; /* guards all down to mistakes */
static pthread_cond_t something = PTHREAD_COND_INITIALIZER;    /* the queue has changed */
static int queue[ITEMS], first, count; /* items queue[first] to queue[first + count - 1] */
static bool done;                      /* no more items will come */
static int waits;                      /* how often a consumer began to wait */
static int taken, sum, mistakes;

static bool test_again = true; /* `while`, else `if` */
static bool notify_inside = true;

static atomic_int turn;

static void put(int item, bool wake_all)
{
	pthread_mutex_lock(&queue_lock);
	queue[first + count++] = item;
	if (notify_inside)
		wake_all ? pthread_cond_broadcast(&something) : pthread_cond_signal(&something);
	pthread_mutex_unlock(&queue_lock);
	/* A signal is allowed here too, if no thread can have destroyed the condition by now:
	 * items are put and taken under the mutex, so no wake-up is lost. */
	if (!notify_inside)
		wake_all ? pthread_cond_broadcast(&something) : pthread_cond_signal(&something);
}

static void wait_for_something(void)
{
	waits++;
	pthread_cond_wait(&something, &queue_lock);
}

static void take_one(void)
{
	if (count == 0) {
		if (!done)
			mistakes++;
		return;
	}
	sum += queue[first++];
	count--;
	taken++;
}

static void *consume(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&queue_lock);
	while (count || !done) {
		if (test_again) {
			while (!count && !done)
				wait_for_something();
		} else if (!count && !done) {
			wait_for_something();
		}
		take_one();
	}
	pthread_mutex_unlock(&queue_lock);
	return NULL;
}

/* Polls under the lock until the consumers have begun to wait n times. */
static void until_waits(int n)
{
	for (int seen = 0; seen < n; sched_yield()) {
		pthread_mutex_lock(&queue_lock);
		seen = waits;
		pthread_mutex_unlock(&queue_lock);
	}
}

/* Both consumers wait; the first item wakes both; the rest comes when both wait again. */
static void *produce(void *unused)
{
	(void)unused;
	until_waits(CONSUMERS);
	put(1, true);
	until_waits(2 * CONSUMERS);
	for (int item = 2; item <= ITEMS; item++)
		put(item, false);
	pthread_mutex_lock(&queue_lock);
	done = true;
	pthread_cond_broadcast(&something);
	pthread_mutex_unlock(&queue_lock);
	return NULL;
}

static void five_items(void)
{
	pthread_t producer = start(produce, NULL);

	run_threads(CONSUMERS, consume);
	finish(producer);
	say("consumed %d items, sum %d", taken, sum);
	say("took from an empty queue: %s", mistakes ? "yes" : "never");
}

static void run_while(void)
{
	five_items();
}

static void run_if(void)
{
	test_again = false;
	five_items();
}

static void run_outside(void)
{
	notify_inside = false;
	five_items();
}

/* Waits without a test: after the signal it waits for a second signal that never comes. */
static int wait_blindly(void)
{
	struct timespec limit = in_ms(CLOCK_REALTIME, 100);

	if (set.hang)
		return pthread_cond_wait(&something, &queue_lock);
	return pthread_cond_timedwait(&something, &queue_lock, &limit);
}

static void *blind_consumer(void *unused)
{
	(void)unused;
	begin(2);
	wait_turn(&turn, 1); /* comes after the signal */
	pthread_mutex_lock(&queue_lock);
	if (wait_blindly() == ETIMEDOUT)
		say("waited 100 ms: the signal was lost");
	pthread_mutex_unlock(&queue_lock);
	return NULL;
}

static void *signaller(void *unused)
{
	(void)unused;
	begin(2);
	put(1, false);
	say("signalled");
	next_turn(&turn);
	return NULL;
}

static void run_lost(void)
{
	pthread_t consumer = start(blind_consumer, NULL), producer = start(signaller, NULL);

	begin(2);
	finish(producer);
	finish(consumer);
}

/* Tests and waits without the mutex: the signal comes in between and is lost. */
static NOINLINE void wait_unlocked(void)
{
	struct timespec limit = in_ms(CLOCK_REALTIME, 100);
	bool empty = true; /* the result of the test, a moment ago */

	next_turn(&turn);
	wait_turn(&turn, 2);
	if (empty && pthread_cond_timedwait(&something, &queue_lock, &limit) == ETIMEDOUT)
		say("waited 100 ms: the signal was lost");
	pthread_mutex_unlock(&queue_lock); /* the wait has acquired it */
}

static void *unlocked_consumer(void *unused)
{
	(void)unused;
	wait_unlocked();
	return NULL;
}

static void *late_producer(void *unused)
{
	(void)unused;
	wait_turn(&turn, 1);
	put(1, false);
	next_turn(&turn);
	return NULL;
}

static void run_unlocked(void)
{
	pthread_t consumer = start(unlocked_consumer, NULL), producer = start(late_producer, NULL);

	finish(producer);
	finish(consumer);
}

/* An event: set once, never unset, so setter and waiter may come in either order. */
struct event {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool happened;
};

static struct event opened = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
static atomic_int went_on;

static void event_set(struct event *e)
{
	pthread_mutex_lock(&e->lock);
	e->happened = true;
	pthread_cond_broadcast(&e->changed);
	pthread_mutex_unlock(&e->lock);
}

static void event_wait(struct event *e)
{
	pthread_mutex_lock(&e->lock);
	while (!e->happened)
		pthread_cond_wait(&e->changed, &e->lock);
	pthread_mutex_unlock(&e->lock);
}

static void *wait_for_event(void *unused)
{
	(void)unused;
	event_wait(&opened);
	atomic_fetch_add(&went_on, 1);
	return NULL;
}

static void *set_event(void *unused)
{
	(void)unused;
	event_set(&opened);
	return NULL;
}

static void run_event(void)
{
	pthread_t setter = start(set_event, NULL);

	run_threads(3, wait_for_event);
	finish(setter);
	say("%d threads saw the event", atomic_load(&went_on));
	event_wait(&opened);
	say("one that came late did not wait");
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{"right", run_while, "tests again after each wake-up: while"},
		{"if", run_if, "tests once: takes from an empty queue"},
		{"notify-outside", run_outside, "right, and signals after the unlock"},
		{"lost-signal", run_lost, "waits without a test: the signal came before (--hang)"},
		{"wait-unlocked", run_unlocked, "tests and waits without the mutex"},
		{"event", run_event, "one-way signalling that cannot be missed"},
		{0}};

	(void)argc;
	return show_main(argv, "a producer and consumers on a condition", modes,
			 (struct settings){0});
}
