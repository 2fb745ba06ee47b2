/*
 * proof — two transfers in opposite directions: can they meet? A mode for each verdict of confirm.
 *
 * In every mode one thread acquires a's lock and then b's, another one b's and then a's, and in
 * practice they never meet, so the checker predicts the same deadlock each time. It cannot know
 * what, if anything, keeps the two apart. `lockhound confirm` runs the program again to find out
 * (docs/confirm.md): in `free` and `late` nothing does, in `in-turn` a condition and in `by-flag` a
 * flag do. `sorted` is the cure.
 *
 * RUN: proof free
 * EXPECT-OUTPUT: total 2000
 * EXPECT-FINDING: lock-order account_a.lock account_b.lock
 * EXPECT-STATUS: 66
 *
 * RUN: proof in-turn
 * EXPECT-OUTPUT: total 2000
 * EXPECT-FINDING: lock-order account_a.lock account_b.lock
 * EXPECT-STATUS: 66
 *
 * RUN: proof by-flag
 * EXPECT-OUTPUT: total 2000
 * EXPECT-FINDING: lock-order account_a.lock account_b.lock
 * EXPECT-STATUS: 66
 *
 * RUN: proof late
 * EXPECT-OUTPUT: total 2000
 * EXPECT-FINDING: lock-order account_a.lock account_b.lock
 * EXPECT-STATUS: 66
 *
 * RUN: proof sorted
 * EXPECT-OUTPUT: total 2000
 *
 * RUN: proof --help
 * EXPECT-MATCH: usage: proof MODE.*
 */
#include "show.h"

struct account {
	pthread_mutex_t lock; /* guards balance */
	long balance;
};

static struct account account_a = {PTHREAD_MUTEX_INITIALIZER, 1000};
static struct account account_b = {PTHREAD_MUTEX_INITIALIZER, 1000};

static NOINLINE void transfer(struct account *from, struct account *to, long amount)
{
	pthread_mutex_lock(&from->lock);
	pthread_mutex_lock(&to->lock);
	from->balance -= amount;
	to->balance += amount;
	pthread_mutex_unlock(&to->lock);
	pthread_mutex_unlock(&from->lock);
}

static NOINLINE void transfer_sorted(struct account *from, struct account *to, long amount)
{
	struct account *first = from < to ? from : to, *second = from < to ? to : from;

	pthread_mutex_lock(&first->lock);
	pthread_mutex_lock(&second->lock);
	from->balance -= amount;
	to->balance += amount;
	pthread_mutex_unlock(&second->lock);
	pthread_mutex_unlock(&first->lock);
}

/* in-turn: the second thread waits on a condition until the first one is done. */

static pthread_mutex_t turn_lock = PTHREAD_MUTEX_INITIALIZER; /* guards first_done */
static pthread_cond_t turn_changed = PTHREAD_COND_INITIALIZER;
static bool first_done;

static NOINLINE void end_turn(void)
{
	pthread_mutex_lock(&turn_lock);
	first_done = true;
	pthread_cond_signal(&turn_changed);
	pthread_mutex_unlock(&turn_lock);
}

static NOINLINE void await_turn(void)
{
	pthread_mutex_lock(&turn_lock);
	while (!first_done)
		pthread_cond_wait(&turn_changed, &turn_lock);
	pthread_mutex_unlock(&turn_lock);
}

/* by-flag: it polls a number. */

static atomic_int turn;

static NOINLINE void raise_flag(void)
{
	next_turn(&turn);
}

static NOINLINE void await_flag(void)
{
	while (!atomic_load(&turn))
		sleep_ms(1);
}

/* free, late, sorted: nothing keeps the second one back; it comes a little later, or much later. */

static NOINLINE void nothing(void)
{
}

static NOINLINE void come_soon(void)
{
	sleep_ms(20);
}

static NOINLINE void come_late(void)
{
	sleep_ms(1000);
}

static void (*move)(struct account *, struct account *, long) = transfer;
static void (*tell_second)(void), (*await_first)(void);

static void *first_thread(void *unused)
{
	(void)unused;
	begin(2);
	move(&account_a, &account_b, 100);
	tell_second();
	return NULL;
}

static void *second_thread(void *unused)
{
	(void)unused;
	begin(2);
	await_first();
	move(&account_b, &account_a, 100);
	return NULL;
}

static void run(void (*tell)(void), void (*await)(void))
{
	pthread_t first, second;

	tell_second = tell;
	await_first = await;
	first = start(first_thread, NULL);
	second = start(second_thread, NULL);
	begin(2);
	finish(first);
	finish(second);
	say("total %ld", account_a.balance + account_b.balance);
}

static void run_free(void)
{
	run(nothing, come_soon);
}

static void run_in_turn(void)
{
	run(end_turn, await_turn);
}

static void run_by_flag(void)
{
	run(raise_flag, await_flag);
}

static void run_late(void)
{
	run(nothing, come_late);
}

static void run_sorted(void)
{
	move = transfer_sorted;
	run(nothing, come_soon);
}

int main(int argc, char **argv)
{
	static const struct mode modes[] = {
		{"free", run_free, "nothing orders the two transfers"},
		{"in-turn", run_in_turn, "the second waits on a condition for the first"},
		{"by-flag", run_by_flag, "the second polls a flag that the first sets"},
		{"late", run_late, "the same, but the second comes a second later"},
		{"sorted", run_sorted, "the cure: the lock with the lower address first"},
		{0}};

	(void)argc;
	return show_main(argv, "transfers that may or may not meet", modes, (struct settings){0});
}
